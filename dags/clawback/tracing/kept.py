"""What an exchange has received of one asset when all transfers of a transaction are done.

Rules:
    Of the units that arrived at the exchange and stayed, the last `net` ones are what it received. Taint that
    started at this very account is no part of an exchange: its path came back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from clawback.tracing.exchanges import Exchange
from clawback.tracing.lots import Lot
from clawback.tracing.outlets import Piece
from clawback.tracing.records import Arrival
from clawback.tracing.transaction import Passage


@dataclass(frozen=True)
class Reached:
    """Taint that arrived at an exchange, as it lies among the units received."""

    exchange: Exchange
    asset: str
    net: int
    pieces: list[Piece]
    arrivals: list[tuple[Arrival | None, int]]

    @property
    def first(self) -> tuple[int, str]:
        """Where in the transaction it arrived first."""
        return min(
            (-1, "") if arrival is None else (arrival.position, arrival.kind) for arrival, _ in self.arrivals
        )


@dataclass(frozen=True)
class Conversion:
    """A conversion that is decided: so much taint of one asset, and its images."""

    tainted: int
    inputs: list[tuple[Arrival | None, int, dict[str, int]]]
    """In order: what brought them, tainted units, and by asset given how many stand for them."""
    images: dict[str, list[Piece]] = field(default_factory=dict)


@dataclass
class Kept:
    """The units of one asset that lie with the exchange when all transfers are done."""

    passage: Passage
    exchange: Exchange
    asset: str
    net: int
    before: list[Lot]
    """Units that are not part of what was received in exchange."""
    lots: list[Lot]
    """The last `net` units."""

    def reached(self) -> Reached | None:
        """The taint among them that can be converted: all but what started at this very account."""
        place = 0
        pieces: list[Piece] = []
        for lot in self._in_order():
            if _convertible(lot, self.exchange.account):
                pieces.append(Piece(place, place + lot.amount, lot))
            place += lot.amount
        if not pieces:
            return None
        arrivals = [(piece.lot.arrival, piece.lot.amount) for piece in pieces]
        return Reached(self.exchange, self.asset, self.net, pieces, arrivals)

    def _in_order(self) -> list[Lot]:
        if not self.passage.ledger.method.blends:
            return self.lots
        # A mixture has no order. Tainted units first: so the whole image is rounded down.
        mine = [lot for lot in self.lots if _convertible(lot, self.exchange.account)]
        return mine + [lot for lot in self.lots if not _convertible(lot, self.exchange.account)]


def kept_units(passage: Passage, exchange: Exchange, asset: str, net: int) -> Kept:
    """What an exchange kept of an asset, when all transfers are done."""
    arrived = passage.arrived.get(exchange.account)
    lots = list(arrived.lots) if arrived is not None else []
    if passage.contract == exchange.account:
        lots += passage.burnt.lots
    skip = sum(lot.amount for lot in lots) - net
    before, rest = cut(lots, skip)
    if passage.ledger.method.blends and skip > 0 and arrived is not None and arrived.amount > skip:
        twin = arrived.copy()
        before = passage.ledger.method.take(twin, skip)
        rest = list(twin.lots) + list(passage.burnt.lots if passage.contract == exchange.account else ())
    return Kept(passage, exchange, asset, net, before, rest)


def take_off(lots: Sequence[Lot], conversion: Conversion | None, account: str) -> tuple[list[Lot], list[Lot]]:
    """Makes the converted taint clean; gives all lots and, apart, those that were converted."""
    # A path may come back to an exchange: what was converted is then the taint that had come first, so units
    # are matched by the transfer that brought them before any other is taken.
    wanted: dict[Arrival | None, int] = defaultdict(int)
    for arrival, amount, _ in conversion.inputs if conversion is not None else ():
        wanted[arrival] += amount
    cleaned, taken = _take_wanted(lots, wanted, account, matched=True)
    left = sum(wanted.values())
    if left:
        cleaned, more = _take_wanted(cleaned, {None: left}, account, matched=False)
        taken += more
    return cleaned, taken


def _take_wanted(
    lots: Iterable[Lot], wanted: dict[Arrival | None, int], account: str, *, matched: bool
) -> tuple[list[Lot], list[Lot]]:
    cleaned: list[Lot] = []
    taken: list[Lot] = []
    for lot in lots:
        name = lot.arrival if matched else None
        part = min(lot.amount, wanted.get(name, 0)) if _convertible(lot, account) else 0
        if part:
            wanted[name] -= part
            taken.append(replace(lot, amount=part))
            cleaned.append(Lot(part))
        if part < lot.amount:
            cleaned.append(replace(lot, amount=lot.amount - part))
    return cleaned, taken


def lay_over(lots: Sequence[Lot], pieces: Iterable[Piece]) -> tuple[list[Lot], list[tuple[Piece, int]]]:
    """Puts pieces at their places; where a unit has a claim already, the next clean unit takes it.

    Returns:
        The lots, and how many units of each piece found a place: no unit carries two claims.
    """
    laid = list(lots)
    found: list[tuple[Piece, int]] = []
    for piece in sorted(pieces, key=lambda piece: (piece.begin, piece.end)):
        left = piece.end - piece.begin
        for begin in (piece.begin, 0):
            laid, left = _lay(laid, begin, left, piece.lot)
        found.append((piece, piece.end - piece.begin - left))
    return laid, found


def _lay(lots: Iterable[Lot], begin: int, amount: int, mark: Lot) -> tuple[list[Lot], int]:
    laid: list[Lot] = []
    place = 0
    for lot in lots:
        before = min(lot.amount, max(0, begin - place))
        part = 0 if lot.tainted else min(lot.amount - before, amount)
        amount -= part
        after = lot.amount - before - part
        for piece in (
            replace(lot, amount=before),
            Lot(part, hop=mark.hop, came_by=mark.came_by),
            replace(lot, amount=after),
        ):
            if piece.amount:
                laid.append(piece)
        place += lot.amount
    return laid, amount


def _convertible(lot: Lot, account: str) -> bool:
    return lot.hop is not None and lot.start != account


def cut(lots: Iterable[Lot], amount: int) -> tuple[list[Lot], list[Lot]]:
    """Cuts lots behind so many units."""
    before: list[Lot] = []
    after: list[Lot] = []
    for lot in lots:
        part = min(lot.amount, amount)
        amount -= part
        if part:
            before.append(replace(lot, amount=part))
        if part < lot.amount:
            after.append(replace(lot, amount=lot.amount - part))
    return before, after
