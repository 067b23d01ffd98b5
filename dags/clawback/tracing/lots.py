"""Holdings as ordered lists of lots, oldest first.

Invariants:
    Every lot is positive. `amount` and `tainted` of a holding are the sums over its lots. Neighbours that
    no rule can tell apart are one lot, so the same history always gives the same list.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, replace
from heapq import merge
from typing import Final

from clawback.tracing.records import Arrival, Step

JUST_STOLEN: Final = -1
"""Hop of units on their way out of the theft; the transfer that carries them makes it 0."""


@dataclass(frozen=True, slots=True)
class Lot:
    """Units that arrived together; clean ones have no hop."""

    amount: int
    hop: int | None = None
    came_by: Arrival | None = None
    unknown: bool = False
    """An opening balance that rests on the transfers read, not on a balance that was seen."""
    start: str | None = None
    """Inside one transaction with exchanges: the account whose holding these units left."""

    @property
    def arrival(self) -> Arrival | None:
        """The transfer that brought it, without the way before that."""
        return Arrival(*self.came_by) if isinstance(self.came_by, Step) else self.came_by

    @property
    def tainted(self) -> bool:
        """Whether these units were stolen in the incident that the ledger traces."""
        return self.hop is not None


class Holding:
    """Lots of one account in one asset, oldest first.

    Tainted and clean lots lie in queues of their own, each lot with its place in the order of both: so a
    method that takes one kind first never looks through the other.
    """

    __slots__ = ("_clean", "_end", "_tainted", "amount", "tainted")

    def __init__(self, lots: Iterable[Lot] = ()) -> None:
        self._tainted: _Queue = deque()
        self._clean: _Queue = deque()
        self._end = 0
        self.amount = 0
        self.tainted = 0
        self.extend(lots)

    @property
    def lots(self) -> list[Lot]:
        """All lots, oldest first."""
        return [lot for _, lot in merge(self._tainted, self._clean, key=_place)]

    def append(self, lot: Lot) -> None:
        """Puts a lot behind those already there; nothing of it is nothing."""
        if lot.amount == 0:
            return
        self.amount += lot.amount
        queue = self._clean
        if lot.hop is not None:
            self.tainted += lot.amount
            queue = self._tainted
        if queue and queue[-1][0] == self._end and _alike(queue[-1][1], lot):
            lot = replace(lot, amount=queue.pop()[1].amount + lot.amount)
        else:
            self._end += 1
        queue.append((self._end, lot))

    def extend(self, lots: Iterable[Lot]) -> None:
        """Puts lots behind those already there, in the order given."""
        for lot in lots:
            self.append(lot)

    def take_oldest(self, amount: int) -> list[Lot]:
        """Takes `amount` units from the old end, cutting the last lot touched.

        Raises:
            ValueError: The holding has fewer units.
        """
        self._require(amount)
        taken: list[Lot] = []
        left = amount
        while left > 0:
            tainted, clean = self._tainted, self._clean
            queue = tainted if tainted and (not clean or tainted[0][0] < clean[0][0]) else clean
            place, lot = queue.popleft()
            if lot.amount > left:
                queue.appendleft((place, replace(lot, amount=lot.amount - left)))
                lot = replace(lot, amount=left)
            taken.append(lot)
            left -= lot.amount
        self._less(taken)
        return taken

    def take_newest(self, amount: int) -> list[Lot]:
        """Takes `amount` units from the new end, newest first, cutting the last lot touched.

        Raises:
            ValueError: The holding has fewer units.
        """
        self._require(amount)
        taken: list[Lot] = []
        left = amount
        while left > 0:
            tainted, clean = self._tainted, self._clean
            queue = tainted if tainted and (not clean or tainted[-1][0] > clean[-1][0]) else clean
            place, lot = queue.pop()
            if lot.amount > left:
                queue.append((place, replace(lot, amount=lot.amount - left)))
                lot = replace(lot, amount=left)
            taken.append(lot)
            left -= lot.amount
        # A new lot goes behind the newest that is left, as if what was taken had never been there.
        self._end = max((queue[-1][0] for queue in (self._tainted, self._clean) if queue), default=0)
        self._less(taken)
        return taken

    def take_shares(self, tainted: int, clean: int) -> list[Lot]:
        """Takes so many tainted and so many clean units, of each the oldest, in the order of the holding.

        Raises:
            ValueError: The holding has fewer of one of them.
        """
        if tainted > self.tainted or clean > self.amount - self.tainted:
            raise ValueError(f"cannot take {tainted} tainted and {clean} clean units")
        parts = (_take_from(self._tainted, tainted), _take_from(self._clean, clean))
        taken = [lot for _, lot in merge(*parts, key=_place)]
        self._end = max((queue[-1][0] for queue in (self._tainted, self._clean) if queue), default=0)
        self._less(taken)
        return taken

    def copy(self) -> Holding:
        """The same lots in a holding of its own."""
        twin = Holding()
        twin._tainted, twin._clean, twin._end = self._tainted.copy(), self._clean.copy(), self._end
        twin.amount, twin.tainted = self.amount, self.tainted
        return twin

    def replace_lots(self, lots: Iterable[Lot]) -> None:
        """Puts other lots in the place of all that are there."""
        self._tainted.clear()
        self._clean.clear()
        self._end = self.amount = self.tainted = 0
        self.extend(lots)

    def smallest_hop(self) -> int | None:
        """Hop of the shortest way by which taint came here."""
        return min((lot.hop for _, lot in self._tainted if lot.hop is not None), default=None)

    def has_unknown(self) -> bool:
        """Whether some clean units rest on the transfers read, not on a balance that was seen."""
        return any(lot.unknown for _, lot in self._clean)

    def _require(self, amount: int) -> None:
        if amount > self.amount:
            raise ValueError(f"cannot take {amount} of {self.amount}")

    def _less(self, taken: Iterable[Lot]) -> None:
        for lot in taken:
            self.amount -= lot.amount
            if lot.hop is not None:
                self.tainted -= lot.amount


class SummedHolding(Holding):
    """A holding of which the sums are known and no lot: what is left of it when nothing more will happen."""

    __slots__ = ("_hop",)

    def __init__(self, amount: int, tainted: int, hop: int) -> None:
        """Takes what it has, how much of that is tainted, and the smallest hop."""
        self.amount = amount
        self.tainted = tainted
        self._hop = hop

    @property
    def lots(self) -> list[Lot]:
        """One lot of what is tainted, and one of the rest."""
        return [Lot(self.tainted, self._hop), Lot(self.amount - self.tainted)]

    def smallest_hop(self) -> int | None:
        """Hop of the shortest way by which taint came here."""
        return self._hop


_Queue = deque[tuple[int, Lot]]


def _place(entry: tuple[int, Lot]) -> int:
    return entry[0]


def _take_from(queue: _Queue, amount: int) -> list[tuple[int, Lot]]:
    taken: list[tuple[int, Lot]] = []
    while amount > 0:
        place, lot = queue.popleft()
        if lot.amount > amount:
            queue.appendleft((place, replace(lot, amount=lot.amount - amount)))
            lot = replace(lot, amount=amount)
        taken.append((place, lot))
        amount -= lot.amount
    return taken


def tainted_amount(lots: Iterable[Lot]) -> int:
    """Stolen units among the lots."""
    return sum(lot.amount for lot in lots if lot.hop is not None)


def steal_last(lots: Iterable[Lot], units: int) -> list[Lot]:
    """Marks the clean ones among the last `units` units as stolen; a tainted unit is not stolen again."""
    ordered = list(lots)
    untouched = sum(lot.amount for lot in ordered) - units
    marked: list[Lot] = []
    for lot in ordered:
        before = min(max(untouched, 0), lot.amount)
        untouched -= lot.amount
        if lot.hop is not None or before == lot.amount:
            marked.append(lot)
            continue
        if before > 0:
            marked.append(replace(lot, amount=before))
        marked.append(Lot(lot.amount - before, hop=JUST_STOLEN))
    return marked


def _alike(one: Lot, other: Lot) -> bool:
    return (
        one.hop == other.hop
        and one.came_by == other.came_by
        and one.unknown == other.unknown
        and one.start == other.start
    )
