"""What a source of whole blocks gives in place of rows: columns, a few blocks at a time.

A day of a large chain has millions of rows. As mappings they would take gigabytes; as columns of some
blocks they are made, merged and written while the next ones are read.

Layout:
    Beside `parse`, the `parse.py` of such a connector has the functions of `StretchFunctions`. They raise
    `BrokenPart` where a part cannot be used.

Invariants:
    Stretches come in the order of the chain, and so do the rows in each of them. They are the rows that
    `parse` gives.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, Final, Protocol

from clawback.arrays import scalar_of
from clawback.lake import Lake
from clawback.lake.partition import Part, read_part
from clawback.sources.base import Options, QuarantinedRow, Row
from clawback.sources.landing import OPTIONS_NAME

if TYPE_CHECKING:
    import pyarrow as pa

OF_THE_LAKE: Final = ("source", "known_date")
"""Columns that only whoever reads a source knows."""


class BrokenPart(ValueError):
    """A landed part cannot be used; the message says why."""


@dataclass(frozen=True)
class Stretch:
    """Consecutive blocks of one chain, checked.

    `transfers` has the columns of `schemas.TRANSFERS` but `OF_THE_LAKE`, `numbered` likewise those of
    `schemas.NFT_TRANSFERS`; `events` are rows of `chain_events`.
    """

    first_block: int
    last_block: int
    first_parent: str
    last_hash: str
    transfers: pa.Table
    numbered: pa.Table
    events: Sequence[Row]
    quarantined: Sequence[QuarantinedRow]


@dataclass(frozen=True)
class Places:
    """Where transactions are: for each block its number, its time and the hashes in it."""

    blocks: Sequence[tuple[int, datetime, Sequence[str]]]


class StretchFunctions(Protocol):
    """The module of a connector that gives stretches."""

    def stretches(self, data: bytes, options: Options, day: date | None) -> Iterator[Stretch]:
        """The blocks of one landed part; with a day, rows of this day alone."""

    def facts(self, options: Options) -> list[Row]:
        """Rows of `assets` that are known without any block."""

    def places(self, data: bytes) -> Iterator[Places]:
        """Where the transactions of one landed part are, without reading what they did."""


@dataclass(frozen=True)
class BlockParts:
    """The landed parts of a day of one source of whole blocks; each is in memory only while it is read."""

    lake: Lake
    module: StretchFunctions
    parts: tuple[Part, ...]
    options: Options

    @property
    def chain(self) -> str:
        """Name of the chain; empty where nothing was landed."""
        return str(self.options.get("chain", ""))

    def stretches(self, day: date | None) -> Iterator[tuple[str, Stretch]]:
        """Key of the part and what it holds, in the order of the chain.

        Raises:
            BrokenPart: a part cannot be used, or does not follow on the one before.
        """
        last: tuple[int, str] | None = None
        for part in self._in_order():
            for stretch in self._of_part(part, day):
                if last is not None and last != (stretch.first_block - 1, stretch.first_parent):
                    raise BrokenPart(
                        f"{part.key}: block {stretch.first_block} does not follow on block {last[0]}"
                    )
                last = stretch.last_block, stretch.last_hash
                given = part.key, stretch
                # Rows of one block may be a good part of what may be held.
                del stretch
                yield given
                del given

    def _of_part(self, part: Part, day: date | None) -> Iterator[Stretch]:
        try:
            yield from self.module.stretches(read_part(self.lake, part), self.options, day)
        except BrokenPart as error:
            raise BrokenPart(f"{part.key}: {error}") from error

    def places(self) -> Iterator[Places]:
        """Where all transactions of the parts are. Raises BrokenPart."""
        for part in self._in_order():
            yield from self.module.places(read_part(self.lake, part))

    def _in_order(self) -> list[Part]:
        named = [(part.key.rpartition("/")[2], part) for part in self.parts]
        return [part for name, part in sorted(named, key=lambda pair: pair[0]) if name != OPTIONS_NAME]


def cut_at(stretch: Stretch, block: int) -> tuple[Stretch, Stretch]:
    """A stretch up to a block, and the rest of it; what was turned away goes with the former."""
    import pyarrow as pa
    import pyarrow.compute as pc

    transfers, numbered = stretch.transfers, stretch.numbered
    last = scalar_of(block, pa.int64())
    early = pc.less_equal(transfers["block_number"], last)
    early_numbered = pc.less_equal(numbered["block_number"], last)
    return (
        replace(
            stretch,
            last_block=block,
            transfers=transfers.filter(early),
            numbered=numbered.filter(early_numbered),
            events=[row for row in stretch.events if row["block_number"] <= block],
        ),
        replace(
            stretch,
            first_block=block + 1,
            transfers=transfers.filter(pc.invert(early)),
            numbered=numbered.filter(pc.invert(early_numbered)),
            events=[row for row in stretch.events if row["block_number"] > block],
            quarantined=[],
        ),
    )


def rows_of(transfers: pa.Table) -> list[dict[str, Any]]:
    """Columns of transfers as rows, amounts as integers; what only the lake knows comes last."""
    from clawback.parquet import table_to_rows

    rows = table_to_rows(transfers)
    for row in rows:
        row["amount"] = int(row["amount"])
        row["_positioned"] = True
        row.update({name: row.pop(name) for name in OF_THE_LAKE if name in row})
    return rows
