"""What taint that reached an exchange becomes: the image of what was received on what was given.

Rules:
    The cut after cumulative input c of the total t lies at floor(c x out / t). Several assets given: each is
    cut so. Several received: each stands for its share of every asset given. Own taint of the exchange on
    what it gave moves the other way, to what it keeps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from clawback.tracing.exchanges import Exchange, shares
from clawback.tracing.flows import CONVERTED, Flow, Turned, arrival_of
from clawback.tracing.kept import Conversion, Kept, Reached, cut, lay_over, take_off
from clawback.tracing.ledger import CONVERTED_IN, CONVERTED_OUT, Ledger
from clawback.tracing.lots import Lot, tainted_amount
from clawback.tracing.outlets import Piece, SetAside
from clawback.tracing.records import Arrival

Aside = Mapping[str, Sequence[SetAside]]
"""Asset given -> own taint of the exchange on it."""

Moved = dict[tuple[str, Arrival, str], int]
"""(asset given, transfer that gave it, asset kept) -> units on which own taint of the exchange lies now."""


def convert(ledgers: Mapping[str, Ledger], chain: str, reached: Reached) -> Conversion | None:
    """Maps the taint that arrived on what was given; None where the sums would not fit their column."""
    images: dict[str, list[Piece]] = defaultdict(list)
    inputs: list[tuple[Arrival | None, int, dict[str, int]]] = [
        (piece.lot.arrival, piece.lot.amount, {}) for piece in reached.pieces
    ]
    for asset, given in reached.exchange.given:
        begin, end = reached.exchange.share_of_given(reached.asset, given)
        for piece, (_, _, image) in zip(reached.pieces, inputs, strict=True):
            cuts = [begin + place * (end - begin) // reached.net for place in (piece.begin, piece.end)]
            image[asset] = cuts[1] - cuts[0]
            if image[asset]:
                images[asset].append(Piece(cuts[0], cuts[1], piece.lot))
        if ledgers[asset].would_overflow(chain, asset, sum(image[asset] for *_, image in inputs)):
            return None
    return Conversion(sum(amount for _, amount, _ in inputs), inputs, dict(images))


def settle_kept(
    ledger: Ledger, chain: str, kept: Kept, conversion: Conversion | None, aside: Aside, moved: Moved
) -> dict[tuple[str, Arrival], list[Turned]]:
    """Takes converted taint off what the exchange keeps, and puts its own taint from the other side on it.

    Returns:
        What each transfer's taint became; `moved` is added to.
    """
    own = _images_of_own(kept, aside)
    if conversion is None and not own:
        return {}
    lots, taken = take_off(kept.lots, conversion, kept.exchange.account)
    placed, found = lay_over(lots, own)
    for piece, units in found:
        if piece.by is not None:
            name = (piece.given, piece.by, kept.asset)
            moved[name] = moved.get(name, 0) + units
    arrived = kept.passage.arrived.get(kept.exchange.account)
    whole = [*kept.before, *placed]
    in_holding = arrived.amount if arrived is not None else 0
    standing, burnt = cut(whole, in_holding)
    if arrived is not None:
        arrived.replace_lots(standing)
    if kept.passage.contract == kept.exchange.account:
        kept.passage.burnt.replace_lots(burnt)
    ledger.book(chain, kept.asset, CONVERTED_IN, tainted_amount(placed) - tainted_amount(lots))
    turned: dict[tuple[str, Arrival], list[Turned]] = {}
    if conversion is not None:
        ledger.book(chain, kept.asset, CONVERTED_OUT, conversion.tainted)
        for asset, _ in kept.exchange.given:
            ledger.book(chain, asset, CONVERTED_IN, sum(image[asset] for *_, image in conversion.inputs))
        for arrival, amount, image in _attributed(taken, conversion):
            parts = shares(amount, kept.exchange.given_weights)
            turned[kept.exchange.account, arrival] = [
                Turned(asset, part, image[asset], kept.exchange.basis)
                for (asset, _), part in zip(kept.exchange.given, parts, strict=True)
            ]
    return turned


def swap_rows(ledger: Ledger, exchange: Exchange, aside: Aside, moved: Moved) -> dict[str, list[Flow]]:
    """Rows of own taint of an exchange that moved from what it gave to what it kept; books it as gone."""
    rows: dict[str, list[Flow]] = defaultdict(list)
    for given, spots in aside.items():
        by_row: dict[Arrival, list[SetAside]] = defaultdict(list)
        for spot in spots:
            by_row[arrival_of(spot.row)].append(spot)
        for arrival, together in by_row.items():
            row = together[0].row
            tainted = sum(spot.lot.amount for spot in together)
            ledger.book(row.chain, given, CONVERTED_OUT, tainted)
            parts = shares(tainted, exchange.received_weights)
            for (asset, _), part in zip(exchange.received, parts, strict=True):
                rows[given].append(
                    Flow(
                        ledger.incident_id,
                        ledger.method.name,
                        row,
                        min(spot.lot.hop or 0 for spot in together),
                        part,
                        CONVERTED,
                        converted_asset=asset,
                        converted_amount=moved.get((given, arrival, asset), 0),
                        basis=exchange.basis,
                    )
                )
    return rows


def _images_of_own(kept: Kept, aside: Aside) -> list[Piece]:
    found: list[Piece] = []
    for given, spots in aside.items():
        net = dict(kept.exchange.given)[given]
        for spot in spots:
            begin, end = _own_span(kept.exchange, given, net, spot, kept.asset, kept.net)
            if begin < end:
                found.append(Piece(begin, end, spot.lot, given, arrival_of(spot.row)))
    return found


def _own_span(
    exchange: Exchange, given: str, net: int, spot: SetAside, asset: str, received: int
) -> tuple[int, int]:
    begin, end = exchange.share_of_received(given, received)
    width = end - begin
    return (
        begin + spot.begin * width // net,
        begin + (spot.begin + spot.lot.amount) * width // net,
    )


def _attributed(
    taken: Sequence[Lot], conversion: Conversion
) -> Iterable[tuple[Arrival, int, dict[str, int]]]:
    images: dict[Arrival | None, dict[str, int]] = {}
    for arrival, _, image in conversion.inputs:
        known = images.setdefault(arrival, dict.fromkeys(image, 0))
        for asset, amount in image.items():
            known[asset] += amount
    units: dict[Arrival, int] = defaultdict(int)
    for lot in taken:
        if lot.arrival is not None:
            units[lot.arrival] += lot.amount
    # What was brought otherwise in the end stands in the row of the first transfer that brought any.
    homeless = [image for arrival, image in images.items() if arrival not in units]
    for place, (arrival, amount) in enumerate(units.items()):
        image = dict(images.get(arrival, dict.fromkeys(conversion.inputs[0][2], 0)))
        for other in homeless if place == 0 else ():
            for asset in image:
                image[asset] += other[asset]
        yield arrival, amount, image
