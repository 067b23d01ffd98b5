"""A day of a chain whose blocks come as columns, merged a few blocks at a time.

Rules:
    They are the rules of `tables.transfers`, `tables.chain_facts` and `chain_events.transfers`, which decide
    within a transaction: a transaction of which one source alone speaks goes through as columns; the rows of
    one of which others speak too, or of which an event tells what no transfer says, are merged as rows.
    Rows without a block stand behind all blocks that are not younger.

Invariants:
    A few blocks of each source are in memory, whatever the day's size.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any, Final

import pyarrow as pa
import pyarrow.compute as pc

from clawback.arrays import array_of, repeated, scalar_of
from clawback.chain_events.transfers import WrappedCoin, event_transfers, transfer_of
from clawback.days import day_bounds
from clawback.identifiers import bytes_of, text_of
from clawback.parquet import rows_to_table, table_to_rows
from clawback.schemas import CHAIN_EVENTS, TIME, TRANSFERS
from clawback.sources.base import QuarantinedRow
from clawback.sources.stretches import BlockParts, Stretch, cut_at, rows_of
from clawback.tables.chain_facts import merge_events
from clawback.tables.light import Homes, LightRows
from clawback.tables.numbered import TABLE as NUMBERED
from clawback.tables.numbered import LightNumbered, complete, in_rank_order, merge_numbered
from clawback.tables.transfers import merge_transfers, public

Row = dict[str, Any]

_ORDER: Final = [
    (name, "ascending") for name in ("block_time", "block_number", "tx_index", "tx_hash", "position", "kind")
]
_TOLD_KINDS: Final = ("mint", "burn")
_MOVED: Final = ("kind", "from_address", "to_address", "asset", "amount")


@dataclass(frozen=True)
class BlockSource:
    """A source of whole blocks on one day."""

    source: str
    known: date
    parts: BlockParts


@dataclass(frozen=True)
class Window:
    """Some blocks, merged: rows in the order of the chain, and what was turned away.

    `rejected` are (table, source, row, reason); `quarantined` are (source, part, record).
    """

    transfers: pa.Table
    numbered: pa.Table
    events: pa.Table
    rejected: Sequence[tuple[str, str, Row, str]]
    quarantined: Sequence[tuple[str, str, QuarantinedRow]]


@dataclass
class _Reader:
    """One source's stretches; one is held until its blocks have had their turn."""

    source: BlockSource
    coming: Iterator[tuple[str, Stretch]]
    part: str = ""
    held: Stretch | None = None

    def fill(self) -> Stretch | None:
        """The stretch whose turn it is; None after the last."""
        if self.held is None and (found := next(self.coming, None)) is not None:
            self.part, self.held = found
        return self.held

    def take(self, bound: int) -> Stretch | None:
        """What is held up to that block."""
        held = self.held
        if held is None or held.first_block > bound:
            return None
        if held.last_block <= bound:
            self.held = None
            return held
        taken, self.held = cut_at(held, bound)
        return taken


def windows(
    sources: Sequence[BlockSource],
    rank: Sequence[str],
    transfers: Sequence[tuple[str, Row]],
    events: Sequence[tuple[str, Row]],
    numbered: Sequence[tuple[str, Row]],
    day: date,
    wrapped: Collection[WrappedCoin],
    *,
    is_first: bool,
) -> Iterator[Window]:
    """Merge what all sources say of one chain on a day.

    Args:
        sources: those of whole blocks, all of the same chain, in rank order.
        rank: names of all sources, in rank order.
        transfers: rows of the other sources for this chain with their source, complete with `source` and
            `known_date`.
        events: rows of `chain_events` likewise.
        numbered: rows of `nft_transfers` likewise.
        day: the UTC day.
        wrapped: contracts of chains' own coins in token form.
        is_first: whether events of before the day are taken too.

    Raises:
        BrokenPart: a landed part cannot be used.
    """
    homes = _homes(sources, {row["tx_hash"] for _, row in (*transfers, *events)})
    light_transfers, light_events = LightRows.of(transfers, homes), LightRows.of(events, homes)
    light_numbered = LightNumbered(numbered)
    readers = [_Reader(one, one.parts.stretches(None if is_first else day)) for one in sources]
    while True:
        # The least last block: up to there everything that any source says is at hand.
        bound = min((held.last_block for one in readers if (held := one.fill()) is not None), default=None)
        found = _Found(list(rank), day, wrapped)
        for reader in readers:
            taken = None if bound is None else reader.take(bound)
            if taken is not None:
                found.take_blocks(reader.source, reader.part, taken, is_first=is_first)
        found.take_rows(light_transfers.up_to(bound), light_events.up_to(bound))
        found.take_numbered(light_numbered.up_to(bound))
        yield found.merged()
        if bound is None:
            return
        # Not while the next blocks are read: a single one may be most of what may be held.
        del found
        taken = None


def _homes(sources: Sequence[BlockSource], wanted: set[str]) -> Homes:
    homes = Homes()
    if wanted:
        for source in sources:
            for places in source.parts.places():
                homes.add(places, wanted)
        homes.sort()
    return homes


@dataclass
class _Found:
    """What all sources say about some blocks."""

    rank: list[str]
    day: date
    wrapped: Collection[WrappedCoin]
    columns: list[tuple[str, pa.Table]] = field(default_factory=list)
    numbered: dict[str, list[pa.Table]] = field(default_factory=dict)
    transfers: list[tuple[str, Row]] = field(default_factory=list)
    events: list[tuple[str, Row]] = field(default_factory=list)
    quarantined: list[tuple[str, str, QuarantinedRow]] = field(default_factory=list)

    def take_blocks(self, source: BlockSource, part: str, stretch: Stretch, *, is_first: bool) -> None:
        """Take blocks as columns."""
        own = {"source": source.source, "known_date": source.known}
        table, numbered = stretch.transfers, stretch.numbered
        if is_first:
            table, numbered = _of_day(table, self.day), _of_day(numbered, self.day)
        self.columns.append((source.source, _complete(table, own)))
        self.take_numbered({source.source: complete(numbered, source.source, source.known)})
        for row in stretch.events:
            moment = row["block_time"].date()
            if moment == self.day:
                self.events.append((source.source, {**row, **own}))
            elif is_first and moment < self.day:
                self.events.append((source.source, {**row, **own, "_before": True}))
        self.quarantined += [
            (source.source, part, record) for record in stretch.quarantined if record.day in (None, self.day)
        ]

    def take_rows(self, transfers: Sequence[tuple[str, Row]], events: Sequence[tuple[str, Row]]) -> None:
        """Take rows of sources that give rows."""
        self.transfers += transfers
        self.events += events

    def take_numbered(self, found: Mapping[str, pa.Table]) -> None:
        """Take transfers of numbered tokens, by source."""
        for source, table in found.items():
            self.numbered.setdefault(source, []).append(table)

    def merged(self) -> Window:
        """All of it, merged."""
        place = {name: number for number, name in enumerate(self.rank)}
        self.events.sort(key=lambda one: place[one[0]])
        events, wrong_events = merge_events(row for _, row in self.events)
        told = {row["tx_hash"] for row in events if self._says_more(row)}
        mixed = told | {row["tx_hash"] for _, row in self.transfers}
        whole, by_source = self._parted(mixed)
        rows, wrong = merge_transfers(sorted(by_source.items(), key=lambda one: place[one[0]]))
        more, contradicting = event_transfers(
            (row for row in events if row["tx_hash"] in told), rows, self.wrapped
        )
        numbered, wrong_numbered = merge_numbered(in_rank_order(self.numbered, self.rank))
        rejected = [
            *((NUMBERED, row["source"], row, reason) for row, reason in wrong_numbered),
            *(("chain_events", row["source"], row, reason) for row, reason in wrong_events),
            *(("transfers", source, row, reason) for source, row, reason in wrong),
            *(("transfers", row["source"], row, reason) for row, reason in contradicting),
        ]
        merged = rows_to_table([public(row) for row in (*rows, *more)], TRANSFERS)
        table = pa.concat_tables([*whole, merged])
        return Window(
            # Columns of one source are in order already.
            _in_order(table) if merged.num_rows else table,
            numbered,
            rows_to_table([public(row) for row in events], CHAIN_EVENTS),
            rejected,
            self.quarantined,
        )

    def _says_more(self, event: Row) -> bool:
        """Whether an event tells of a transfer that does not stand at its own place."""
        if event.get("_before", False):
            return False
        told = transfer_of(event, self.wrapped)
        return told is not None and self._at_places.get((told["tx_hash"], told["position"])) != _moved(told)

    @cached_property
    def _at_places(self) -> dict[tuple[str, int], tuple[Any, ...]]:
        """Mints and burns that blocks themselves show, by their place."""
        found = {}
        for _, table in self.columns:
            some = table.filter(pc.is_in(table["kind"], array_of(_TOLD_KINDS, pa.string())))
            for row in table_to_rows(some.select(["tx_hash", "position", *_MOVED])):
                found[row["tx_hash"], row["position"]] = _moved(row)
        return found

    def _parted(self, mixed: set[str]) -> tuple[list[pa.Table], dict[str, list[Row]]]:
        """Columns of transactions that one source alone speaks of, and all other rows by source."""
        by_source: dict[str, list[Row]] = {}
        for source, row in self.transfers:
            by_source.setdefault(source, []).append(row)
        whole = []
        several = sum(table.num_rows > 0 for _, table in self.columns) > 1
        named = bytes_of(array_of(sorted(mixed), pa.string()))
        for source, table in self.columns:
            is_mixed = pc.is_in(table["tx_hash"], named)
            taken = table if several else table.filter(is_mixed)
            by_source.setdefault(source, []).extend(rows_of(taken))
            if not several:
                whole.append(table.filter(pc.invert(is_mixed)) if mixed else table)
        return whole, by_source


def _in_order(table: pa.Table) -> pa.Table:
    # Hashes of other forms do not sort like their texts.
    hashes = pa.chunked_array([text_of(chunk) for chunk in table["tx_hash"].chunks], pa.string())
    place = table.column_names.index("tx_hash")
    return table.take(pc.sort_indices(table.set_column(place, "tx_hash", hashes), sort_keys=_ORDER))


def _of_day(table: pa.Table, day: date) -> pa.Table:
    begin, end = (scalar_of(moment, TIME) for moment in day_bounds(day))
    times = table["block_time"]
    return table.filter(pc.and_(pc.greater_equal(times, begin), pc.less(times, end)))


def _moved(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in _MOVED)


def _complete(table: pa.Table, own: Mapping[str, Any]) -> pa.Table:
    values = {
        name: repeated(value, TRANSFERS.field(name).type, table.num_rows) for name, value in own.items()
    }
    columns = [values[name] if name in values else table[name] for name in TRANSFERS.names]
    return pa.Table.from_arrays(columns, schema=TRANSFERS)
