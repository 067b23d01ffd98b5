"""What a proven exchange gives of one asset: the units that carry the image of what it received.

Invariants:
    Net amounts count. Of all units that the account pays of its own, the last `net` ones are what it gave in
    exchange; what it paid before those came back to it in the same transaction.
    While the outlet is open, those units carry the image and nothing else: the account's own taint on them is
    set aside, to move to what it keeps.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

from clawback.tracing.lots import Holding, Lot
from clawback.tracing.methods import Method
from clawback.tracing.records import Arrival, Transfer


@dataclass(frozen=True, slots=True)
class Piece:
    """Tainted units at a place among the units that were given (or received)."""

    begin: int
    end: int
    lot: Lot
    given: str = ""
    by: Arrival | None = None
    """Of own taint of an exchange: the asset that it lay on, and the transfer that gave that away."""


@dataclass(frozen=True, slots=True)
class SetAside:
    """Own taint of the exchange on units that it gave: where among them, and by which transfer."""

    begin: int
    lot: Lot
    row: Transfer


@dataclass(slots=True)
class Outlet:
    """One asset that one exchange gives in one transaction."""

    method: Method
    skip: int
    net: int
    image: Holding | None = None
    """None while nothing was exchanged: then the account pays like any other."""
    set_aside: list[SetAside] = field(default_factory=list)
    pays_own_taint: bool = False
    _seen: int = 0

    def open(self, pieces: list[Piece]) -> None:
        """Lays the image over the units that will be given."""
        ordered = sorted(pieces, key=lambda piece: (piece.begin, piece.end))
        lots: list[Lot] = []
        place = 0
        for piece in ordered:
            lots.append(Lot(piece.begin - place))
            lots.append(replace(piece.lot, amount=piece.end - piece.begin))
            place = piece.end
        lots.append(Lot(self.net - place))
        self.image = Holding()
        self.method.receive(self.image, lots)

    def give(self, own: list[Lot], row: Transfer) -> list[Lot]:
        """Units of a payment that the account could not pay out of what it received before."""
        given: list[Lot] = []
        for lot in own:
            before = min(lot.amount, max(0, self.skip - self._seen))
            if before:
                given.append(replace(lot, amount=before))
            amount = lot.amount - before
            if amount:
                given += self._exchanged(replace(lot, amount=amount), self._seen + before - self.skip, row)
            self._seen += lot.amount
        return given

    def _exchanged(self, lot: Lot, begin: int, row: Transfer) -> list[Lot]:
        if self.image is None:
            self.pays_own_taint = self.pays_own_taint or lot.tainted
            return [lot]
        if lot.tainted:
            self.set_aside.append(SetAside(begin, lot, row))
        if self.method.blends:
            return self.method.take(self.image, lot.amount)
        return self.image.take_oldest(lot.amount)
