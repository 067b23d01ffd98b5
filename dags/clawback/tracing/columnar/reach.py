"""Which transactions taint touches: the others never become records.

Rules:
    A transaction is touched where it pays or fills a followed holding, where a theft role speaks of it, and
    where it must be seen for another reason: it makes or spends outpoints, or a balance was seen before it.
    All others change no ledger (see `engine`): what they do to balances is asked of the columns.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from heapq import heapify, heappop, heappush

import numpy as np

from clawback.tracing.columnar.holdings import HoldingNames, Holdings, RunningBalances
from clawback.tracing.columnar.order import Flags
from clawback.tracing.columnar.transfers import Columns, day_of, number_of
from clawback.tracing.engine import Book
from clawback.tracing.order import Transaction
from clawback.tracing.records import SOURCE, THEFT_ADDRESS, HoldingKey, Role, Transfer
from clawback.tracing.seen import SeenBalance


@dataclass
class Scene:
    """Transfers with their holdings, and what is known of them beforehand."""

    columns: Columns
    holdings: Holdings
    balances: RunningBalances
    claimed: Flags
    """Of each transaction, whether a theft role speaks of it."""
    names: HoldingNames


def scene_of(columns: Columns, holdings: Holdings, roles: Iterable[Role]) -> Scene:
    """Sets the scene."""
    names = HoldingNames(columns, holdings)
    balances = RunningBalances(columns, holdings, names)
    return Scene(columns, holdings, balances, _claimed(columns, roles), names)


@dataclass
class Touched:
    """The touched transactions of a span, in order, while ledgers change by them."""

    scene: Scene
    books: Sequence[Book]
    begin: int
    end: int
    must_see: Flags
    keep: list[Transfer] | None = None
    """Where set, given every touched transfer."""
    count: int = 0
    """How many there were."""
    rows: int = 0
    """How many transfers they have."""

    def __iter__(self) -> Iterator[Transaction]:
        """Goes through them; what a transaction does to the ledgers decides which is the next one."""
        scene, columns = self.scene, self.scene.columns
        seen = self.must_see | scene.claimed
        waiting = iter([*(self.begin + np.flatnonzero(seen[self.begin : self.end])).tolist(), self.end])
        must = next(waiting)
        # Each followed holding waits for the next transaction that touches it.
        coming = self._first_touches()
        queued = {holding for _, holding in coming}
        heapify(coming)
        while True:
            place = min(must, coming[0][0]) if coming else must
            if place >= self.end:
                break
            if must == place:
                must = next(waiting)
            while coming and coming[0][0] == place:
                queued.discard(heappop(coming)[1])
            scene.balances.now = place
            self.count += 1
            self.rows += int(columns.first[place + 1] - columns.first[place])
            parties = self._parties(place)
            transaction = columns.transaction(place)
            if self.keep is not None:
                self.keep += transaction.transfers()
            yield transaction
            for holding, key in parties.items():
                if holding not in queued and any(key in book.watch for book in self.books):
                    later = self._touch(holding, place + 1)
                    if later < self.end:
                        heappush(coming, (later, holding))
                        queued.add(holding)
        scene.balances.now = self.end

    def _first_touches(self) -> list[tuple[int, int]]:
        keys = list({key for book in self.books for key in book.watch})
        places = {place for place in self.scene.names.know(keys).tolist() if place >= 0}
        found = [(self._touch(place, self.begin), place) for place in sorted(places)]
        return [(place, holding) for place, holding in found if place < self.end]

    def _touch(self, holding: int, begin: int) -> int:
        # The first transaction from `begin` on that touches it; behind all where none does.
        columns, holdings = self.scene.columns, self.scene.holdings
        first, last = int(holdings.first[holding]), int(holdings.first[holding + 1])
        touch = bisect_left(holdings.touches, int(columns.travel_first[begin]) << 1, first, last)
        if touch == last:
            return len(columns)
        return int(columns.transactions.of_row[columns.travel[holdings.touches[touch] >> 1]])

    def _parties(self, place: int) -> dict[int, HoldingKey]:
        # Named before the transaction is worked off, for the engine asks for them by name.
        columns, holdings = self.scene.columns, self.scene.holdings
        span = slice(columns.travel_first[place], columns.travel_first[place + 1])
        those = {*holdings.payer[span].tolist(), *holdings.receiver[span].tolist()} - {-1}
        return {holding: self.scene.names.note(holding) for holding in those}


def balances_to_see(columns: Columns, balances: Iterable[SeenBalance]) -> Flags:
    """The first transaction behind each block at whose end a balance was seen.

    Where a chain has transactions without a block, all of that chain: they are compared by time.
    """
    known = columns.transactions
    blocks: dict[str, set[int]] = defaultdict(set)
    for balance in balances:
        blocks[balance.chain].add(balance.block_number)
    must = np.zeros(len(columns), bool)
    for chain, numbers in blocks.items():
        of_chain = np.flatnonzero(known.chain == columns.codes.chains.numbers([chain])[0])
        if (known.block_number[of_chain] < 0).any():
            must[of_chain] = True
            continue
        behind = np.searchsorted(known.block_number[of_chain], sorted(numbers), "right")
        must[of_chain[behind[behind < len(of_chain)]]] = True
    return must


def _claimed(columns: Columns, roles: Iterable[Role]) -> Flags:
    claimed = np.zeros(len(columns), bool)
    by_address: dict[tuple[str, str], list[Role]] = defaultdict(list)
    for role in roles:
        if role.role in (THEFT_ADDRESS, SOURCE):
            by_address[role.chain, role.address].append(role)
    keys = list(by_address)
    chains = columns.codes.chains.numbers([chain for chain, _ in keys])
    addresses = columns.codes.addresses.numbers([address for _, address in keys])
    present = {
        (chain, address): by_address[key]
        for key, chain, address in zip(keys, chains.tolist(), addresses.tolist(), strict=True)
        if chain >= 0 and address >= 0
    }
    among = np.array(sorted({address for _, address in present}), np.int32)
    rows = np.flatnonzero(np.isin(columns.sender, among) | np.isin(columns.receiver, among))
    for row in rows.tolist():
        place = int(columns.transactions.of_row[row])
        if not claimed[place]:
            claimed[place] = _is_covered(columns, row, place, present)
    return claimed


def _is_covered(columns: Columns, row: int, place: int, present: dict[tuple[int, int], list[Role]]) -> bool:
    chain = int(columns.facts.chain[row])
    tx_hash = columns.facts.tx_hash[row]
    time = columns.time_of(place)
    return any(
        role.covers(tx_hash, time)
        for address in (int(columns.sender[row]), int(columns.receiver[row]))
        for role in present.get((chain, address), ())
    )


def days_of(
    columns: Columns, quiet: Iterable[date], *, after: date, is_last: bool
) -> Iterator[tuple[date, int, int]]:
    """The days, each with its first transaction and the one behind its last.

    Args:
        columns: of some whole days.
        quiet: days that count even where nothing moved on them.
        after: quiet days up to this one are done.
        is_last: whether quiet days behind all transactions are among them.
    """
    moving = columns.transactions.day
    known = {day_of(int(day)) for day in np.unique(moving)}
    known |= {day for day in quiet if day > after and (is_last or day <= max(known, default=after))}
    for day in sorted(known):
        begin, end = np.searchsorted(moving, [number_of(day), number_of(day) + 1])
        yield day, int(begin), int(end)
