"""What a transaction did with taint, transfer by transfer, and how each transfer ended.

Layout:
    Usually one flow per transfer. Where an exchange gave several assets, or turned only a part of what a
    transfer brought, the transfer has several, numbered by `leg`: their tainted amounts add up to what it
    carried, and those that say `converted` add up to `converted_out`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from typing import Final

from clawback.tracing.lots import Lot
from clawback.tracing.records import Arrival, Label, Transfer
from clawback.tracing.sinks import BURNED, DUST

HELD: Final = "held"
PASSED: Final = "passed"
CONVERTED: Final = "converted"
EXCHANGE_UNPROVEN: Final = "exchange_unproven"


@dataclass(slots=True)
class Flow:
    """One transfer that carried taint of one incident, or the part of it that ended in one way.

    `hop` is 0 where units are stolen by this transfer; else the smallest hop among the tainted lots
    taken, plus 1. `tainted` counts all stolen units in it, those stolen before included.
    """

    incident_id: str
    method: str
    transfer: Transfer
    hop: int
    tainted: int
    outcome: str
    theft_role: str | None = None
    label: Label | None = None
    converted_asset: str | None = None
    converted_amount: int | None = None
    basis: str | None = None
    leg: int = 0
    fresh: int = 0
    """Of `tainted`, the units that this very transfer stole."""

    @property
    def arrival(self) -> Arrival:
        """How the lots that it brought name it."""
        return arrival_of(self.transfer)


@dataclass(frozen=True, slots=True)
class Turned:
    """What became of taint that one transfer brought to an exchange: tainted units of it, and their image."""

    asset: str
    tainted: int
    amount: int
    basis: str


TurnedBy = Mapping[tuple[str, Arrival], Sequence[Turned]]
"""(exchange, arrival) -> one entry per asset that the exchange gave."""


def arrival_of(row: Transfer) -> Arrival:
    """The name of a transfer within its chain."""
    return Arrival(row.tx_hash, row.kind, row.position)


def name_outcomes(
    flows: Iterable[Flow],
    lying: Mapping[str, Iterable[Lot]],
    unproven: Set[str],
    turned: TurnedBy,
    contract: str | None,
) -> list[Flow]:
    """Says how each flow ended that did not end in a sink.

    Args:
        flows: of one asset.
        lying: lots that lie with each receiver when the transaction is over.
        unproven: accounts that received this asset and gave another one without proof.
        turned: what proven exchanges made of it.
        contract: whose legs mints and burns are, where that is proven.
    """
    remains: dict[tuple[str, Arrival | None], bool] = {}
    for address, lots in lying.items():
        for lot in lots:
            if lot.hop is not None:
                key = (address, lot.arrival)
                # The account whose own taint comes back to it is no exchange of itself.
                remains[key] = remains.get(key, False) or lot.start != address
    named: list[Flow] = []
    for flow in flows:
        burned_leg = flow.outcome == BURNED and contract is not None
        if flow.outcome != HELD and not burned_leg:
            named.append(flow)
            continue
        receiver = contract if burned_leg else flow.transfer.receiver
        key = (receiver or "", flow.arrival)
        parts = _legs(flow, turned.get(key, ()))
        rest = flow.tainted - sum(part.tainted for part in parts)
        if rest > 0 or not parts:
            outcome = BURNED if burned_leg else PASSED
            if key in remains and not burned_leg:
                outcome = EXCHANGE_UNPROVEN if receiver in unproven and remains[key] else HELD
            parts.insert(0, replace(flow, tainted=rest, outcome=outcome))
        named += [replace(part, leg=leg, fresh=0) if leg else part for leg, part in enumerate(parts)]
    return named


def one_per_transfer(flows: Iterable[Flow]) -> list[Flow]:
    """Puts the legs of each transfer together: the daily table has one row per transfer.

    The parts of its taint are summed. Where an exchange gave several assets the row names the first; the sums
    of all of them stand in the totals.
    """
    whole: dict[tuple[str, str, Arrival], Flow] = {}
    for flow in flows:
        key = (flow.incident_id, flow.transfer.chain, flow.arrival)
        known = whole.get(key)
        if known is None:
            whole[key] = flow
            continue
        first, other = (known, flow) if known.outcome == CONVERTED else (flow, known)
        if first.outcome != CONVERTED:
            first = known
        whole[key] = replace(
            first,
            tainted=known.tainted + flow.tainted,
            hop=min(known.hop, flow.hop),
            fresh=known.fresh + flow.fresh,
            theft_role=first.theft_role or other.theft_role,
            leg=0,
        )
    return list(whole.values())


def name_dust(flows: Iterable[Flow], cut_off: Set[str]) -> None:
    """Says of what was brought to holdings whose taint was too little to follow that it is dust."""
    for flow in flows:
        if flow.outcome in (HELD, EXCHANGE_UNPROVEN) and flow.transfer.receiver in cut_off:
            flow.outcome = DUST


def _legs(flow: Flow, turned: Sequence[Turned]) -> list[Flow]:
    legs = []
    left = flow.tainted
    for part in turned:
        # Poison may turn more than a transfer brought: what lay beside it counts as stolen there.
        tainted = min(part.tainted, left)
        left -= tainted
        legs.append(
            replace(
                flow,
                tainted=tainted,
                outcome=CONVERTED,
                converted_asset=part.asset,
                converted_amount=part.amount,
                basis=part.basis,
            )
        )
    return legs
