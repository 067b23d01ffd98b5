"""Which transactions taint touches: the others never become records.

Rules:
    A transaction is touched where it pays or fills a followed holding, where a theft role speaks of it, and
    where it must be seen for another reason: it makes or spends outpoints, or a balance was seen before it.
    All others change no ledger (see `engine`): what they do to balances is asked of the columns.
    `reachable` looks ahead: it names the holdings whose balance may be asked for, and maybe more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import numpy as np

from clawback.tracing.columnar.holdings import Holdings, RunningBalances
from clawback.tracing.columnar.names import Places
from clawback.tracing.columnar.order import Flags
from clawback.tracing.columnar.transfers import Columns, day_of, number_of
from clawback.tracing.engine import Book
from clawback.tracing.order import Transaction
from clawback.tracing.records import SOURCE, THEFT_ADDRESS, HoldingKey, Role, Transfer
from clawback.tracing.seen import SeenBalance

CHUNK: Final = 1 << 16
"""Rows that are looked at in one go."""


@dataclass
class Scene:
    """Transfers with their holdings, and what is known of them beforehand."""

    columns: Columns
    holdings: Holdings
    balances: RunningBalances
    claimed: Flags
    """Of each transaction, whether a theft role speaks of it."""
    _places: dict[HoldingKey, int] = field(default_factory=dict)

    def place_of(self, key: HoldingKey) -> int:
        """The place of a holding, -1 where no transfer touches it."""
        place = self._places.get(key)
        if place is None:
            self.know([key])
            place = self._places[key]
        return place

    def know(self, keys: Sequence[HoldingKey]) -> Places:
        """The places of many holdings at once."""
        places = self.holdings.find(self.columns.codes.of_texts(keys))
        self._places.update(zip(keys, places.tolist(), strict=True))
        return places

    def note(self, place: int) -> HoldingKey:
        """The name of a holding, which is then known by it."""
        key = self.columns.key(int(self.holdings.codes[place]))
        self._places[key] = place
        return key


def scene_of(columns: Columns, holdings: Holdings, roles: Iterable[Role]) -> Scene:
    """Sets the scene."""
    scene: Scene

    def place_of(key: HoldingKey) -> int:
        return scene.place_of(key)

    scene = Scene(columns, holdings, RunningBalances(columns, holdings, place_of), _claimed(columns, roles))
    return scene


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
        watched = self._watched()
        for place in self._places(watched):
            scene.balances.now = place
            self.count += 1
            self.rows += int(columns.first[place + 1] - columns.first[place])
            parties = self._parties(place)
            transaction = columns.transaction(place)
            if self.keep is not None:
                self.keep += transaction.transfers()
            yield transaction
            for holding, key in parties.items():
                watched[holding] = any(key in book.watch for book in self.books)
        scene.balances.now = self.end

    def _places(self, watched: bytearray) -> Iterator[int]:
        columns, holdings = self.scene.columns, self.scene.holdings
        seen = self.must_see | self.scene.claimed
        first, last = columns.travel_first[self.begin], columns.travel_first[self.end]
        waiting = iter([*(self.begin + np.flatnonzero(seen[self.begin : self.end])).tolist(), self.end])
        following = next(waiting)
        done = self.begin - 1
        for begin in range(int(first), int(last), CHUNK):
            span = slice(begin, min(begin + CHUNK, int(last)))
            parties = (holdings.payer[span].tolist(), holdings.receiver[span].tolist())
            places = columns.transactions.of_row[columns.travel[span]].tolist()
            for place, payer, receiver in zip(places, *parties, strict=True):
                while following < place:
                    yield following
                    done, following = following, next(waiting)
                if (watched[payer] or watched[receiver]) and place > done:
                    if following == place:
                        following = next(waiting)
                    done = place
                    yield place
        while following < self.end:
            yield following
            following = next(waiting)

    def _watched(self) -> bytearray:
        # One more, which is never watched: the place -1 of nobody.
        watched = bytearray(len(self.scene.holdings.codes) + 1)
        keys = list({key for book in self.books for key in book.watch})
        for place in self.scene.know(keys).tolist():
            if place >= 0:
                watched[place] = 1
        return watched

    def _parties(self, place: int) -> dict[int, HoldingKey]:
        # Named before the transaction is worked off, for the engine asks for them by name.
        columns, holdings = self.scene.columns, self.scene.holdings
        span = slice(columns.travel_first[place], columns.travel_first[place + 1])
        those = {*holdings.payer[span].tolist(), *holdings.receiver[span].tolist()} - {-1}
        return {holding: self.scene.note(holding) for holding in those}


def reachable(scene: Scene, followed: Iterable[HoldingKey]) -> Places:
    """Holdings whose balance may be asked for: those that carry taint, and those that it may reach."""
    columns, holdings = scene.columns, scene.holdings
    reached = bytearray(len(holdings.codes) + 1)
    for place in scene.know(list(followed)).tolist():
        if place >= 0:
            reached[place] = 1
    of_travel = columns.transactions.of_row[columns.travel]
    several = _of_several_assets(columns, of_travel)[of_travel]
    claimed = scene.claimed[of_travel]
    for begin in range(0, len(of_travel), CHUNK):
        span = slice(begin, begin + CHUNK)
        columns_of_span = (holdings.payer, holdings.receiver, claimed, several, of_travel)
        for payer, receiver, is_claimed, is_several, place in zip(
            *(column[span].tolist() for column in columns_of_span), strict=True
        ):
            if reached[payer] or is_claimed:
                if is_several:
                    # An exchange may carry taint from any asset of the transaction to any other.
                    all_of_it = slice(columns.travel_first[place], columns.travel_first[place + 1])
                    for other in holdings.receiver[all_of_it].tolist():
                        if other >= 0:
                            reached[other] = 1
                elif receiver >= 0:
                    reached[receiver] = 1
    return np.flatnonzero(np.frombuffer(reached, np.uint8)[:-1]).astype(np.int32)


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


def _of_several_assets(columns: Columns, of_travel: Places) -> Flags:
    found = np.zeros(len(columns), bool)
    asset = columns.asset[columns.travel]
    changes = (np.diff(of_travel) == 0) & (np.diff(asset) != 0)
    found[of_travel[1:][changes]] = True
    return found


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
    tx_hash = columns.facts.tx_hash[row].as_py()
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
