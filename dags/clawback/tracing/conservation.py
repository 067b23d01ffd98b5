"""Checks that no unit was lost or made: per incident, chain and asset, to the base unit."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from clawback.errors import ClawbackError
from clawback.schemas import SINKS
from clawback.tracing.ledger import CONVERTED_IN, CONVERTED_OUT, STOLEN, Ledger


@dataclass(frozen=True, slots=True)
class Violation:
    """An asset of an incident whose two sides differ."""

    incident_id: str
    chain: str
    asset: str
    came: int
    accounted: int

    def __str__(self) -> str:
        return (
            f"{self.incident_id} {self.chain} {self.asset}: stolen and converted in {self.came}, "
            f"held, converted out and in sinks {self.accounted}"
        )


def violations(ledgers: Iterable[Ledger]) -> list[Violation]:
    """Every asset for which stolen + converted_in = held + converted_out + sinks does not hold.

    Held is counted anew from the lots, not from the sums that the ledger keeps of them.
    """
    found = []
    for ledger in ledgers:
        if not ledger.method.conserves:
            continue
        came: dict[tuple[str, str], int] = defaultdict(int)
        accounted: dict[tuple[str, str], int] = defaultdict(int)
        for (chain, asset, measure), amount in ledger.sums.items():
            if measure in (STOLEN, CONVERTED_IN):
                came[chain, asset] += amount
            elif measure in SINKS or measure == CONVERTED_OUT:
                accounted[chain, asset] += amount
        for (chain, _, asset), holding in ledger.holdings.items():
            accounted[chain, asset] += sum(lot.amount for lot in holding.lots if lot.tainted)
        for chain, asset in sorted(came.keys() | accounted.keys()):
            pair = came[chain, asset], accounted[chain, asset]
            if pair[0] != pair[1]:
                found.append(Violation(ledger.incident_id, chain, asset, *pair))
    return found


def require_conserved(ledgers: Iterable[Ledger], where: str) -> None:
    """Refuses figures that do not add up; see `refuse`."""
    refuse(violations(ledgers), where)


def refuse(broken: Sequence[Violation], where: str) -> None:
    """Refuses figures that are said to be broken.

    Raises:
        ClawbackError: Some asset of some incident is not conserved; names the first ten.
    """
    if broken:
        raise ClawbackError(
            f"tracing lost or made units of {len(broken)} assets",
            where=where,
            cause="; ".join(str(violation) for violation in broken[:10]),
            remedy="this is a fault of the tracer: nothing was written; report the day and the incident",
        )
