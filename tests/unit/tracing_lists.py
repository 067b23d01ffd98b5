"""Traces long files of plain payments with lists of lots: slow, and plain enough to be checked by reading.

One transfer is one transaction, so nothing is handed on inside of one and nothing is exchanged. A lot is
(units, hop); the hop of clean units is None. Shares no code with the tracer.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

Spot = tuple[str, str]
"""(account, asset)."""
Lot = tuple[int, int | None]
ZERO = "0x" + "0" * 40


class Payment(NamedTuple):
    """One transfer."""

    tx_hash: str
    payer: str
    receiver: str
    asset: str
    amount: int


class Seen(NamedTuple):
    """A payment that carried stolen units."""

    place: int
    incident: str
    method: str
    hop: int
    tainted: int
    outcome: str


@dataclass
class Trail:
    """One incident under one method."""

    incident: str
    method: str
    dust: Mapping[str, int]
    lots: dict[Spot, list[Lot]] = field(default_factory=dict)
    sums: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(asset, measure) -> units."""

    def move(self, place: int, payment: Payment, had: int, has: int, stolen: bool, sink: str) -> Seen | None:
        """Moves a payment.

        Args:
            place: number of the payment.
            payment: itself.
            had: what the payer holds before it.
            has: what the receiver holds before it.
            stolen: whether what it carries is stolen by it.
            sink: where the trail ends at its receiver, or nothing.
        """
        asset, amount = payment.asset, payment.amount
        paid_from, paid_to = (payment.payer, asset), (payment.receiver, asset)
        own = self.lots.get(paid_from) or [(had, None)]
        short = amount - sum(units for units, _ in own)
        if payment.payer == ZERO:
            own = [(amount, None)]
        elif short > 0:
            self.sums[asset, "unseen_inflow"] += short if paid_from in self.lots else 0
            own = [*own, (short, None)]
            if self.method == "poison":
                own = poisoned(own)
        taken, left = TAKE[self.method](own, amount)
        if payment.payer != ZERO:
            self._keep(paid_from, left)
        if stolen:
            self.sums[asset, "stolen"] += sum(units for units, hop in taken if hop is None)
            taken = [(units, -1 if hop is None else hop) for units, hop in taken]
        moved = [(units, None if hop is None else hop + 1) for units, hop in taken]
        tainted, hop = amount_of(moved), smallest(moved)
        outcome = sink or ("burned" if payment.receiver == ZERO else "held")
        if outcome != "held":
            self.sums[asset, outcome] += tainted
            moved = [(amount, None)]
        there = self.lots.get(paid_to)
        if payment.receiver != ZERO and (there is not None or amount_of(moved)):
            # What a payment to oneself leaves behind is all that lies there.
            before = has if payment.payer != payment.receiver else sum(units for units, _ in left)
            arrived = (there or [(before, None)]) + moved
            self._keep(paid_to, poisoned(arrived) if self.method == "poison" else arrived)
        if self._cut_dust({paid_from, paid_to}, paid_to) and outcome == "held":
            outcome = "dust"
        return Seen(place, self.incident, self.method, hop, tainted, outcome) if tainted else None

    def _keep(self, spot: Spot, lots: list[Lot]) -> None:
        if amount_of(lots) == 0:
            self.lots.pop(spot, None)
        elif self.method == "haircut":
            clean = sum(units for units, hop in lots if hop is None)
            self.lots[spot] = [(amount_of(lots), smallest(lots)), (clean, None)]
        else:
            self.lots[spot] = joined(lots)

    def _cut_dust(self, spots: set[Spot], received: Spot) -> bool:
        cut = False
        for spot in spots if self.method == "haircut" else ():
            tainted = amount_of(self.lots.get(spot, []))
            if 0 < tainted <= self.dust.get(spot[1], 0):
                self.sums[spot[1], "dust"] += tainted
                del self.lots[spot]
                cut = cut or spot == received
        return cut


def amount_of(lots: Iterable[Lot]) -> int:
    """Stolen units."""
    return sum(units for units, hop in lots if hop is not None)


def smallest(lots: Iterable[Lot]) -> int:
    """The smallest hop of stolen units."""
    return min((hop for units, hop in lots if hop is not None and units), default=0)


def joined(lots: Iterable[Lot]) -> list[Lot]:
    """Neighbours of one hop as one lot."""
    result: list[Lot] = []
    for units, hop in lots:
        if result and result[-1][1] == hop:
            units += result.pop()[0]
        if units:
            result.append((units, hop))
    return result


def poisoned(lots: list[Lot]) -> list[Lot]:
    """All units stolen, if any is."""
    total = sum(units for units, _ in lots)
    return [(total, smallest(lots))] if amount_of(lots) else lots


def oldest(lots: list[Lot], amount: int) -> tuple[list[Lot], list[Lot]]:
    """What is taken from the old end, in order, and what is left."""
    taken: list[Lot] = []
    for place, (units, hop) in enumerate(lots):
        if units > amount:
            return [*taken, (amount, hop)], [(units - amount, hop), *lots[place + 1 :]]
        taken.append((units, hop))
        amount -= units
    return taken, []


def newest(lots: list[Lot], amount: int) -> tuple[list[Lot], list[Lot]]:
    """What is taken from the new end, newest first, and what is left."""
    taken, left = oldest(lots[::-1], amount)
    return taken, left[::-1]


def parts(lots: list[Lot], tainted: int, clean: int) -> tuple[list[Lot], list[Lot]]:
    """So many stolen and so many clean units, of each the oldest, in the order in which they lay."""
    taken: list[Lot] = []
    left: list[Lot] = []
    for units, hop in lots:
        wanted = min(units, clean if hop is None else tainted)
        if hop is None:
            clean -= wanted
        else:
            tainted -= wanted
        taken.append((wanted, hop))
        left.append((units - wanted, hop))
    return taken, left


def dirty_first(lots: list[Lot], amount: int) -> tuple[list[Lot], list[Lot]]:
    """Stolen units as long as there are any."""
    tainted = min(amount, amount_of(lots))
    return parts(lots, tainted, amount - tainted)


def clean_first(lots: list[Lot], amount: int) -> tuple[list[Lot], list[Lot]]:
    """Clean units as long as there are any."""
    clean = min(amount, sum(units for units, hop in lots if hop is None))
    return parts(lots, amount - clean, clean)


def haircut(lots: list[Lot], amount: int) -> tuple[list[Lot], list[Lot]]:
    """Stolen units in the proportion in which they lie there."""
    total = sum(units for units, _ in lots)
    tainted = amount * amount_of(lots) // total if total else 0
    return parts(lots, tainted, amount - tainted)


TAKE: Mapping[str, Callable[[list[Lot], int], tuple[list[Lot], list[Lot]]]] = {
    "fifo": oldest,
    "lifo": newest,
    "dirty_first": dirty_first,
    "clean_first": clean_first,
    "haircut": haircut,
    "poison": oldest,
}


@dataclass
class Trails:
    """Incidents of one theft each, under some methods, and what everybody holds."""

    thefts: Mapping[str, tuple[str, str]]
    """Transaction -> incident and thief; what it brings the thief is stolen."""
    sinks: Mapping[str, str]
    methods: Iterable[str]
    dust: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Begins all trails."""
        self.trails = {
            (incident, method): Trail(incident, method, self.dust)
            for incident, _ in sorted(self.thefts.values())
            for method in self.methods
        }
        self.balances: dict[Spot, int] = defaultdict(int)
        self._followers: dict[Spot, set[tuple[str, str]]] = {}
        self._thieves = set(self.thefts.values())

    def run(self, payments: Iterable[Payment]) -> Iterator[Seen]:
        """Moves all payments, in order; a thief is no sink of the own incident."""
        for place, payment in enumerate(payments):
            spots = ((payment.payer, payment.asset), (payment.receiver, payment.asset))
            followers = set[tuple[str, str]]()
            for spot in spots:
                followers |= self._followers.get(spot, set())
            theft, _ = self.thefts.get(payment.tx_hash, ("", ""))
            if theft:
                followers |= {(theft, method) for method in self.methods}
            had, has = (self.balances[spot] for spot in spots)
            for name in sorted(followers):
                is_thief = (name[0], payment.receiver) in self._thieves
                sink = "" if is_thief else self.sinks.get(payment.receiver, "")
                seen = self.trails[name].move(place, payment, had, has, theft == name[0], sink)
                if seen is not None:
                    yield seen
                self._follow(name, spots)
            if payment.payer != ZERO:
                self.balances[spots[0]] = max(0, had - payment.amount)
            if payment.receiver != ZERO:
                self.balances[spots[1]] += payment.amount

    def _follow(self, name: tuple[str, str], spots: Iterable[Spot]) -> None:
        for spot in spots:
            if spot in self.trails[name].lots:
                self._followers.setdefault(spot, set()).add(name)
            elif spot in self._followers:
                self._followers[spot].discard(name)

    def held(self) -> dict[tuple[str, str, str, str], int]:
        """(incident, method, account, asset) -> stolen units."""
        return {
            (*name, *spot): amount_of(lots)
            for name, trail in self.trails.items()
            for spot, lots in trail.lots.items()
        }
