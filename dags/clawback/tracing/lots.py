"""Holdings as ordered lists of lots, oldest first.

Invariants:
    Every lot is positive. `amount` and `tainted` of a holding are the sums over its lots. Neighbours that
    no rule can tell apart are one lot, so the same history always gives the same list.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
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
    """Lots of one account in one asset, oldest first."""

    __slots__ = ("amount", "lots", "tainted")

    def __init__(self, lots: Iterable[Lot] = ()) -> None:
        self.lots: deque[Lot] = deque()
        self.amount = 0
        self.tainted = 0
        self.extend(lots)

    def append(self, lot: Lot) -> None:
        """Puts a lot behind those already there; nothing of it is nothing."""
        if lot.amount == 0:
            return
        self.amount += lot.amount
        if lot.hop is not None:
            self.tainted += lot.amount
        if self.lots and _alike(self.lots[-1], lot):
            lot = replace(lot, amount=self.lots.pop().amount + lot.amount)
        self.lots.append(lot)

    def extend(self, lots: Iterable[Lot]) -> None:
        """Puts lots behind those already there, in the order given."""
        for lot in lots:
            self.append(lot)

    def take_oldest(self, amount: int) -> list[Lot]:
        """Takes `amount` units from the old end, cutting the last lot touched.

        Raises:
            ValueError: The holding has fewer units.
        """
        return self._take(amount, self.lots.popleft, self.lots.appendleft)

    def take_newest(self, amount: int) -> list[Lot]:
        """Takes `amount` units from the new end, newest first, cutting the last lot touched.

        Raises:
            ValueError: The holding has fewer units.
        """
        return self._take(amount, self.lots.pop, self.lots.append)

    def _take(self, amount: int, take_lot: Callable[[], Lot], put_back: Callable[[Lot], None]) -> list[Lot]:
        if amount > self.amount:
            raise ValueError(f"cannot take {amount} of {self.amount}")
        taken: list[Lot] = []
        left = amount
        while left > 0:
            lot = take_lot()
            if lot.amount > left:
                put_back(replace(lot, amount=lot.amount - left))
                lot = replace(lot, amount=left)
            taken.append(lot)
            left -= lot.amount
            if lot.hop is not None:
                self.tainted -= lot.amount
        self.amount -= amount
        return taken

    def take_shares(self, tainted: int, clean: int) -> list[Lot]:
        """Takes so many tainted and so many clean units, of each the oldest, in the order of the holding.

        Raises:
            ValueError: The holding has fewer of one of them.
        """
        if tainted > self.tainted or clean > self.amount - self.tainted:
            raise ValueError(f"cannot take {tainted} tainted and {clean} clean units")
        taken: list[Lot] = []
        kept: list[Lot] = []
        left = {True: tainted, False: clean}
        while self.lots and (left[True] or left[False]):
            lot = self.lots.popleft()
            part = min(lot.amount, left[lot.tainted])
            left[lot.tainted] -= part
            if part > 0:
                taken.append(lot if part == lot.amount else replace(lot, amount=part))
            if part < lot.amount:
                kept.append(lot if part == 0 else replace(lot, amount=lot.amount - part))
        self.lots.extendleft(reversed(kept))
        self.tainted -= tainted
        self.amount -= tainted + clean
        return taken

    def copy(self) -> Holding:
        """The same lots in a holding of its own."""
        twin = Holding()
        twin.lots, twin.amount, twin.tainted = self.lots.copy(), self.amount, self.tainted
        return twin

    def replace_lots(self, lots: Iterable[Lot]) -> None:
        """Puts other lots in the place of all that are there."""
        self.lots.clear()
        self.amount = self.tainted = 0
        self.extend(lots)

    def smallest_hop(self) -> int | None:
        """Hop of the shortest way by which taint came here."""
        return min((lot.hop for lot in self.lots if lot.hop is not None), default=None)


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
