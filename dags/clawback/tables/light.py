"""Rows of sources that give rows, beside a source of whole blocks: which block each of them belongs to.

Rules:
    A row belongs to the block that holds its transaction, whatever the row itself says; else to the block
    that it names; else to the last one that is not younger. So rows that are about one transaction always
    meet, and a source that errs about the block is seen to disagree.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from clawback.sources.stretches import Places

Row = dict[str, Any]


@dataclass
class Homes:
    """Blocks of a chain's day, and where the transactions that somebody asks about are in them."""

    numbers: list[int] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)
    of_transactions: dict[str, int] = field(default_factory=dict)

    def add(self, places: Places, wanted: set[str]) -> None:
        """Take some blocks, of their transactions the wanted ones."""
        for number, time, hashes in places.blocks:
            self.numbers.append(number)
            self.times.append(time)
            self.of_transactions.update((tx_hash, number) for tx_hash in wanted.intersection(hashes))

    def sort(self) -> None:
        """Put the blocks in order, once all are there: several sources may have given them."""
        blocks = sorted(set(zip(self.numbers, self.times, strict=True)))
        self.numbers = [number for number, _ in blocks]
        self.times = [time for _, time in blocks]

    def block_of(self, row: Row) -> int:
        """The block that a transfer or an event belongs to."""
        known = self.of_transactions.get(row["tx_hash"], row["block_number"])
        if known is not None:
            return int(known)
        before = bisect_right(self.times, row["block_time"])
        return self.numbers[before - 1] if before else 0


@dataclass
class LightRows:
    """Rows of one table with their source and block, taken in the order of blocks."""

    rows: list[tuple[int, str, Row]] = field(default_factory=list)
    """(block, source, row), ascending by block; rows of one block in the order of sources and rows."""
    _taken: int = 0

    @classmethod
    def of(cls, found: Iterable[tuple[str, Row]], homes: Homes) -> LightRows:
        """Rows with their source, in rank order."""
        placed = [(homes.block_of(row), source, row) for source, row in found]
        return cls(sorted(placed, key=lambda one: one[0]))

    def up_to(self, block: int | None) -> list[tuple[str, Row]]:
        """Rows of blocks up to that one that were not given yet; of all blocks where it is None."""
        begin = self._taken
        while self._taken < len(self.rows) and (block is None or self.rows[self._taken][0] <= block):
            self._taken += 1
        return [(source, row) for _, source, row in self.rows[begin : self._taken]]
