"""What all days so far say about a chain beside its transfers: part of the state, the same for all methods.

Layout:
    facts.parquet, one row per fact, ordered by (fact, chain, address, asset, other):
    `created`: `address` was created by the contract `other`, which some label calls an exchange;
    `frozen`, `released`: the newest word of the issuer about the holding, and its `day`;
    `balance`: a holding that was seen once has `amount` at the end of the day.

Rules:
    Any contract can emit any event. So a creation counts for every contract that claims it, and Market asks
    which of them is labelled; a contract freezes its own units alone. An issuer's newest word goes before its
    earlier ones, and before a case file's freeze of the same day or of one before.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Final

from clawback.tracing.exchanges import EXCHANGE_LABELS
from clawback.tracing.records import ChainEvent, Freeze, HoldingKey, Label

if TYPE_CHECKING:
    import pyarrow as pa

CREATED: Final = "created"
FREEZE: Final = "freeze"
UNFREEZE: Final = "unfreeze"
KINDS: Final = frozenset({CREATED, FREEZE, UNFREEZE})
"""Kinds of events that the tracer asks for; burns and wrapped coins come as transfers."""


@dataclass
class ChainFacts:
    """Facts at the end of a day."""

    created_by: dict[tuple[str, str], tuple[str, ...]] = field(default_factory=dict)
    """(chain, address) -> contracts that say they created it, of those that a label calls an exchange."""
    words: dict[HoldingKey, tuple[bool, date]] = field(default_factory=dict)
    """Of holdings that an issuer froze or released: whether it is frozen, and the day of that word."""
    balances: Mapping[HoldingKey, int] = field(default_factory=dict)
    """What holdings have that were seen once."""

    def learn(self, events: Iterable[ChainEvent], factories: Set[tuple[str, str]]) -> None:
        """Takes in the events of a day, in any order."""
        for event in sorted(events):
            if event.kind == CREATED:
                if (event.chain, event.emitter) in factories:
                    known = self.created_by.get((event.chain, event.address), ())
                    self.created_by[event.chain, event.address] = tuple(sorted({*known, event.emitter}))
            elif event.kind in KINDS:
                self.words[event.chain, event.address, event.emitter] = (event.kind == FREEZE, event.day)

    def frozen(self, freezes: Iterable[Freeze], day: date) -> set[HoldingKey]:
        """Holdings that are frozen at the end of a day, by case files and by their issuers."""
        found = {key for key, (is_frozen, _) in self.words.items() if is_frozen}
        for freeze in freezes:
            key = (freeze.chain, freeze.address, freeze.asset)
            is_frozen, since = self.words.get(key, (True, date.min))
            if freeze.day <= day and (is_frozen or since < freeze.day):
                found.add(key)
        return found

    def table(self) -> pa.Table:
        """All facts, in the order of the file."""
        from clawback.parquet import rows_to_table

        rows: list[dict[str, Any]] = [
            _row("balance", chain, address, asset, amount=amount)
            for (chain, address, asset), amount in self.balances.items()
        ]
        rows += [
            _row(CREATED, chain, address, other=factory)
            for (chain, address), factories in self.created_by.items()
            for factory in factories
        ]
        rows += [
            _row("frozen" if is_frozen else "released", chain, address, asset, day=day)
            for (chain, address, asset), (is_frozen, day) in self.words.items()
        ]
        order = ("fact", "chain", "address", "asset", "other")
        rows.sort(key=lambda row: tuple(row[name] or "" for name in order))
        return rows_to_table(rows, facts_schema())


def factories_of(labels: Iterable[Label]) -> frozenset[tuple[str, str]]:
    """Addresses that any label calls an exchange: creations by others can prove nothing."""
    return frozenset((label.chain, label.address) for label in labels if label.category in EXCHANGE_LABELS)


def facts_schema() -> pa.Schema:
    """Columns of facts.parquet."""
    import pyarrow as pa

    return pa.schema(
        [
            pa.field("fact", pa.string(), nullable=False),
            pa.field("chain", pa.string(), nullable=False),
            pa.field("address", pa.string(), nullable=False),
            pa.field("asset", pa.string()),
            pa.field("other", pa.string()),
            pa.field("day", pa.date32()),
            # What hostile tokens add up to can be more than one amount.
            pa.field("amount", pa.decimal256(76, 0)),
        ]
    )


def read_facts(table: pa.Table) -> ChainFacts:
    """The facts of a facts.parquet."""
    facts = ChainFacts()
    balances: dict[HoldingKey, int] = {}
    for row in table.to_pylist():
        key = (row["chain"], row["address"], row["asset"])
        if row["fact"] == CREATED:
            known = facts.created_by.get(key[:2], ())
            facts.created_by[key[:2]] = (*known, row["other"])
        elif row["fact"] == "balance":
            balances[key] = int(row["amount"])
        else:
            facts.words[key] = (row["fact"] == "frozen", row["day"])
    facts.balances = balances
    return facts


def _row(fact: str, chain: str, address: str, asset: str | None = None, **more: Any) -> dict[str, Any]:
    return {"fact": fact, "chain": chain, "address": address, "asset": asset} | {
        "other": None,
        "day": None,
        "amount": None,
        **more,
    }
