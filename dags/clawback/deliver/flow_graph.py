"""Gather the transfers of one incident into the few places and ways that a picture can show.

Layout:
    A layer is a hop: the theft's sources stand on layer 0, who received on hop h stands on layer h + 1. A
    place is an address on its layer; services of one name are one place. The smallest places of a layer
    become one "other (n)".

Invariants:
    Worth is exact and conserved: every asset is valued at one price, that of its own theft (or of its
    first priced transfer), so what leaves a place is comparable with what came in. Prices of later days
    would make money appear.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any, Final

from clawback.deliver.wording import counted, plain, short_address, units, words
from clawback.schemas import SINKS

PLACES_PER_LAYER: Final = 8
MAX_LAYERS: Final = 7
ENDS: Final = frozenset(SINKS)
"""Outcomes at which a trail ends; `victim` is a return."""

_NAMELESS: Final = {
    "fee": "network fees",
    "dust": "below the dust limit",
    "unseen_outflow": "left unseen",
}

Asset = tuple[str, str]


@dataclass(frozen=True)
class Way:
    """All transfers between two places: worth for the width, exact amounts for the words beside it."""

    start: str
    end: str
    worth: Fraction
    unpriced: bool
    transfers: int
    amounts: tuple[str, ...]


@dataclass
class Place:
    """One address, one service, or the rest of a layer."""

    name: str
    layer: int
    title: str
    note: str
    kind: str
    addresses: set[str] = field(default_factory=set)
    inflow: Fraction = Fraction(0)
    outflow: Fraction = Fraction(0)
    unpriced: bool = False

    @property
    def size(self) -> Fraction:
        """What passed through it or stays in it."""
        return max(self.inflow, self.outflow)


@dataclass(frozen=True)
class FlowGraph:
    """Places in order of layer and size, and the ways between them."""

    places: tuple[Place, ...]
    ways: tuple[Way, ...]
    unpriced_assets: int
    cut_transfers: int
    unit: str


def flow_graph(flows: Sequence[Mapping[str, Any]]) -> FlowGraph | None:
    """Gather the flow rows of one incident and one method; None where there is nothing to draw.

    Args:
        flows: Rows of `fct_fund_flows`.
    """
    shown = [row for row in flows if row["hop"] + 1 < MAX_LAYERS]
    if not shown:
        return None
    prices = _prices(shown)
    unit = "USD"
    if not prices:
        # Units of different assets cannot be added, so the asset with most transfers is drawn alone.
        busiest = _busiest(shown)
        shown = [row for row in shown if _asset(row) == busiest]
        prices = {busiest: Fraction(1)}
        unit = plain(shown[0]["asset_symbol"] or shown[0]["asset"], 20)
    places = _places(shown, prices)
    renamed = _fold_small(places)
    ways = _ways(shown, prices, renamed)
    drawn = {way.start for way in ways} | {way.end for way in ways}
    unpriced = {_asset(row) for row in shown} - set(prices)
    order = sorted((place for place in places.values() if place.name in drawn), key=_place_order)
    return FlowGraph(tuple(order), ways, len(unpriced), len(flows) - len(shown), unit)


def _asset(row: Mapping[str, Any]) -> Asset:
    return (str(row["chain"]), str(row["asset"]))


def _prices(flows: Iterable[Mapping[str, Any]]) -> dict[Asset, Fraction]:
    worth: dict[Asset, tuple[tuple[int, str], Fraction, int]] = {}
    for row in flows:
        amount = int(row["tainted_amount"])
        if row["tainted_usd"] is None or amount == 0:
            continue
        # The theft itself first, else the first day that has a price.
        moment = (0 if row["hop"] == 0 else 1, "" if row["hop"] == 0 else str(row["flow_date"]))
        known = worth.get(_asset(row))
        usd = Fraction(row["tainted_usd"])
        if known is None or moment < known[0]:
            worth[_asset(row)] = (moment, usd, amount)
        elif moment == known[0]:
            worth[_asset(row)] = (moment, known[1] + usd, known[2] + amount)
    return {asset: usd / amount for asset, (_, usd, amount) in worth.items() if usd > 0}


def _busiest(flows: Iterable[Mapping[str, Any]]) -> Asset:
    counts: dict[Asset, int] = defaultdict(int)
    for row in flows:
        counts[_asset(row)] += 1
    return min(counts, key=lambda asset: (-counts[asset], asset))


def _start_name(row: Mapping[str, Any]) -> str:
    return f"{row['hop']}|{row['chain']}|{row['from_address']}"


def _end_name(row: Mapping[str, Any]) -> str:
    layer = row["hop"] + 1
    if row["outcome"] in ENDS and (row["to_entity"] or row["to_address"] is None):
        return f"{layer}|{row['outcome']}|{row['to_entity'] or ''}"
    return f"{layer}|{row['chain']}|{row['to_address']}"


def _places(flows: Sequence[Mapping[str, Any]], prices: Mapping[Asset, Fraction]) -> dict[str, Place]:
    places: dict[str, Place] = {}
    # Receivers first: who received and then paid is named by what was received.
    for row in flows:
        place = places.setdefault(_end_name(row), _receiver(row, _end_name(row)))
        place.inflow += _worth(row, prices)
        place.unpriced = place.unpriced or _asset(row) not in prices
        if row["to_address"] is not None:
            place.addresses.add(str(row["to_address"]))
    for row in flows:
        place = places.setdefault(_start_name(row), _sender(row, _start_name(row)))
        place.outflow += _worth(row, prices)
    for place in places.values():
        if len(place.addresses) > 1:
            place.note = counted(len(place.addresses), "address", "addresses")
    return places


def _worth(row: Mapping[str, Any], prices: Mapping[Asset, Fraction]) -> Fraction:
    return int(row["tainted_amount"]) * prices.get(_asset(row), Fraction(0))


def _sender(row: Mapping[str, Any], name: str) -> Place:
    address = str(row["from_address"])
    kind = "source" if row["hop"] == 0 else "held"
    title = plain(row["from_entity"], 40) or short_address(address)
    note = short_address(address) if row["from_entity"] else ("theft source" if row["hop"] == 0 else "")
    return Place(name, row["hop"], title, note, kind, {address})


def _receiver(row: Mapping[str, Any], name: str) -> Place:
    entity, outcome, address = plain(row["to_entity"], 40), str(row["outcome"]), row["to_address"]
    kind = outcome if outcome in ENDS else "held"
    title = entity or (
        short_address(address) if address is not None else _NAMELESS.get(outcome, words(outcome))
    )
    if row["hop"] == 0:
        note = "theft address" if not entity else short_address(address)
    elif kind in _NAMELESS and not entity:
        note = ""
    elif kind != "held":
        note = "returned" if outcome == "victim" else words(outcome)
    else:
        note = short_address(address) if entity else ""
    return Place(name, row["hop"] + 1, title, note if note != title else "", kind)


def _place_order(place: Place) -> tuple[int, bool, Fraction, str]:
    return (place.layer, place.name.endswith("|other"), -place.size, place.name)


def _fold_small(places: dict[str, Place]) -> dict[str, str]:
    """Joins the smallest places of each layer into one and tells their new names."""
    renamed: dict[str, str] = {}
    layers: dict[int, list[Place]] = defaultdict(list)
    for place in places.values():
        layers[place.layer].append(place)
    for layer, members in sorted(layers.items()):
        small = sorted(members, key=_place_order)[PLACES_PER_LAYER - 1 :]
        if len(small) < 2:
            continue
        other = Place(f"{layer}|other", layer, f"other ({len(small):,})", "", _common_kind(small))
        other.note = (
            "held" if other.kind == "held" else words(other.kind) if other.kind != "mixed_kinds" else ""
        )
        for place in small:
            other.inflow += place.inflow
            other.outflow += place.outflow
            other.unpriced = other.unpriced or place.unpriced
            other.addresses |= place.addresses
            renamed[place.name] = other.name
        places[other.name] = other
    return renamed


def _common_kind(members: Iterable[Place]) -> str:
    kinds = {place.kind for place in members}
    return kinds.pop() if len(kinds) == 1 else "mixed_kinds"


def _ways(
    flows: Iterable[Mapping[str, Any]], prices: Mapping[Asset, Fraction], renamed: Mapping[str, str]
) -> tuple[Way, ...]:
    gathered: dict[tuple[str, str, bool], list[Mapping[str, Any]]] = defaultdict(list)
    for row in flows:
        start, end = _start_name(row), _end_name(row)
        unpriced = _asset(row) not in prices
        gathered[renamed.get(start, start), renamed.get(end, end), unpriced].append(row)
    ways = []
    for (start, end, unpriced), rows in sorted(gathered.items()):
        worth = sum((_worth(row, prices) for row in rows), Fraction(0))
        ways.append(Way(start, end, worth, unpriced, len(rows), _amounts(rows)))
    return tuple(ways)


def _amounts(rows: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    sums: dict[tuple[str, str, str, int | None], int] = defaultdict(int)
    for row in rows:
        # An unknown symbol is named by its contract: two assets may share a symbol.
        symbol = plain(row["asset_symbol"] or short_address(row["asset"]), 20)
        sums[symbol, str(row["chain"]), str(row["asset"]), row["asset_decimals"]] += int(
            row["tainted_amount"]
        )
    return tuple(
        f"{units(amount, decimals)} {symbol}"
        for (symbol, _, _, decimals), amount in sorted(sums.items(), key=_by_symbol)
    )


def _by_symbol(item: tuple[tuple[str, str, str, int | None], int]) -> tuple[str, str, str]:
    return item[0][:3]
