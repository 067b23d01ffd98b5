"""Draw where the stolen units went, as an SVG that stands inside the page.

Layout:
    One column a hop, from the theft on the left to the ends of the trail. The height of a place and the
    width of a way are their worth. What a place still holds is the coloured part of its bar. Ways without
    a price are dashed lines of one width. Each place and way carries its full addresses and exact amounts
    in a title.

Invariants:
    Deterministic: coordinates are exact fractions rounded to a tenth, the same rows draw the same bytes.
    No style, no script: classes only, the page's own style sheet colours them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from markupsafe import Markup

from clawback.deliver.flow_graph import FlowGraph, Place, Way
from clawback.deliver.wording import counted, plain, usd, usd_short

WIDTH: Final = 1080
_BAR: Final = 13
_LEFT: Final = 4
_LABEL: Final = 186
_LETTER: Final = Fraction(39, 5)
"""Width of a bold letter at the size of names, with something to spare."""
_TOP: Final = 34
_BODY: Final = 300
_SLOT: Final = 36
_GAP: Final = 14
_LINE: Final = 14
_THINNEST: Final = Fraction(5, 4)
_MAX_TITLE_ADDRESSES: Final = 12


@dataclass
class _Box:
    place: Place
    x: Fraction
    y: Fraction
    height: Fraction
    room: Fraction
    used_in: Fraction = Fraction(0)
    used_out: Fraction = Fraction(0)


def draw_flows(graph: FlowGraph, title: str) -> Markup:
    """Draw a graph of flows.

    Args:
        graph: From `clawback.deliver.flow_graph.flow_graph`.
        title: Name of the picture for those who cannot see it.
    """
    columns: dict[int, list[Place]] = defaultdict(list)
    for place in graph.places:
        columns[place.layer].append(place)
    scale = _scale(columns.values())
    boxes, height = _layout(columns, graph.ways, scale)
    parts = [
        Markup('<svg class="flow" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(
            WIDTH, _tenth(height), plain(title)
        )
    ]
    parts += _headings(columns)
    ways = sorted(
        graph.ways, key=lambda way: (boxes[way.start].y, boxes[way.end].y, way.start, way.end, way.unpriced)
    )
    parts += [_draw_way(way, boxes, scale, graph.unit) for way in ways]
    parts += [_draw_place(box, scale, graph.unit) for box in boxes.values()]
    parts.append(Markup("</svg>"))
    return Markup("\n").join(parts)


def _scale(columns: Iterable[Sequence[Place]]) -> Fraction:
    tallest = max(sum((place.size for place in places), Fraction(0)) for places in columns)
    return Fraction(_BODY) / tallest if tallest else Fraction(0)


def _layout(
    columns: dict[int, list[Place]], ways: Sequence[Way], scale: Fraction
) -> tuple[dict[str, _Box], Fraction]:
    boxes: dict[str, _Box] = {}
    bottom = Fraction(0)
    layers = sorted(columns)
    step = Fraction(WIDTH - _LABEL - _LEFT - _BAR, max(len(layers) - 1, 1))
    for index, layer in enumerate(layers):
        top = Fraction(_TOP)
        for place in _near_their_givers(columns[layer], ways, boxes):
            bar = max(place.size * scale, Fraction(3))
            room = Fraction(_LABEL) if layer == layers[-1] else step
            boxes[place.name] = _Box(place, _LEFT + index * step, top, bar, room - _BAR - 6)
            top += max(bar + _GAP, Fraction(_SLOT))
        bottom = max(bottom, top)
    return boxes, bottom


def _near_their_givers(places: Sequence[Place], ways: Sequence[Way], boxes: dict[str, _Box]) -> list[Place]:
    """Orders a column by where its givers stand, so that ways cross less; the rest comes last."""

    def height_of_givers(place: Place) -> Fraction:
        giving = [
            (boxes[way.start].y, max(way.worth, Fraction(1)))
            for way in ways
            if way.end == place.name and way.start in boxes
        ]
        weight = sum((worth for _, worth in giving), Fraction(0))
        return sum((y * worth for y, worth in giving), Fraction(0)) / weight if weight else Fraction(0)

    return sorted(
        places,
        key=lambda place: (place.name.endswith("|other"), height_of_givers(place), -place.size, place.name),
    )


def _headings(columns: dict[int, list[Place]]) -> list[Markup]:
    layers = sorted(columns)
    step = Fraction(WIDTH - _LABEL - _LEFT - _BAR, max(len(layers) - 1, 1))
    names = {0: "Theft source", 1: "Theft, hop 0"}
    return [
        Markup('<text class="hop" x="{}" y="14">{}</text>').format(
            _tenth(_LEFT + index * step), names.get(layer, f"Hop {layer - 1}")
        )
        for index, layer in enumerate(layers)
    ]


def _draw_way(way: Way, boxes: dict[str, _Box], scale: Fraction, unit: str) -> Markup:
    start, end = boxes[way.start], boxes[way.end]
    wide = Fraction(0) if way.unpriced else max(way.worth * scale, _THINNEST)
    x0, x1 = start.x + _BAR, end.x
    y0 = min(start.y + start.used_out, start.y + max(start.height - wide, Fraction(0)))
    y1 = min(end.y + end.used_in, end.y + max(end.height - wide, Fraction(0)))
    start.used_out += wide
    end.used_in += wide
    title = _way_title(way, start.place, end.place, unit)
    if way.unpriced:
        curve = _curve("M", x0, start.y + start.height / 2, x1, end.y + end.height / 2)
        return Markup('<path class="way unpriced" d="{}"><title>{}</title></path>').format(curve, title)
    outline = f"{_curve('M', x0, y0, x1, y1)}{_curve('L', x1, y1 + wide, x0, y0 + wide)}Z"
    return Markup('<path class="way {}k-{}" d="{}"><title>{}</title></path>').format(
        "thin " if wide <= 2 else "", end.place.kind, outline, title
    )


def _curve(begin: str, x0: Fraction, y0: Fraction, x1: Fraction, y1: Fraction) -> str:
    middle = _tenth((x0 + x1) / 2)
    return (
        f"{begin}{_tenth(x0)} {_tenth(y0)}"
        f"C{middle} {_tenth(y0)} {middle} {_tenth(y1)} {_tenth(x1)} {_tenth(y1)}"
    )


def _draw_place(box: _Box, scale: Fraction, unit: str) -> Markup:
    place = box.place
    kept = min(max((place.inflow - place.outflow) * scale, Fraction(0)), box.height)
    # A sink keeps all; what an address passed on is drawn neutral, what stays in its colour.
    passed = Fraction(0) if place.outflow == 0 else box.height - kept
    bars = []
    if passed > 0:
        kind = "source" if place.kind == "source" else "passed"
        bars.append(_bar(box.x, box.y, passed, kind))
    if box.height - passed >= Fraction(1, 2):
        bars.append(_bar(box.x, box.y + passed, box.height - passed, place.kind))
    labels = [
        Markup('<text class="name" x="{}" y="{}">{}</text>').format(
            _tenth(box.x + _BAR + 6), _tenth(box.y + 12), plain(place.title, int(box.room / _LETTER))
        ),
        Markup('<text class="note" x="{}" y="{}">{}</text>').format(
            _tenth(box.x + _BAR + 6),
            _tenth(box.y + 26),
            " · ".join(filter(None, (_worth(place, unit), place.note))),
        ),
    ]
    if passed > 0 and kept >= _LINE and passed + kept >= 3 * _LINE and unit == "USD":
        # At the foot of the bar, where the thin ways that leave its head do not cross it.
        y = box.y + box.height - 3
        stays = f"{usd_short(_cents(place.inflow - place.outflow))} still there"
        labels.append(
            Markup('<text class="note" x="{}" y="{}">{}</text>').format(
                _tenth(box.x + _BAR + 6), _tenth(y), stays
            )
        )
    return Markup('<g class="place"><title>{}</title>{}{}</g>').format(
        _place_title(place, unit), Markup("").join(bars), Markup("").join(labels)
    )


def _bar(x: Fraction, y: Fraction, height: Fraction, kind: str) -> Markup:
    return Markup('<rect class="bar k-{}" x="{}" y="{}" width="{}" height="{}"/>').format(
        kind, _tenth(x), _tenth(y), _BAR, _tenth(height)
    )


def _worth(place: Place, unit: str) -> str:
    if place.size == 0:
        return "no price" if place.unpriced else ""
    return usd_short(_cents(place.size)) if unit == "USD" else ""


def _place_title(place: Place, unit: str) -> str:
    lines = [place.title]
    if unit == "USD" and place.size:
        lines.append(f"received {usd(_cents(place.inflow))} USD, passed on {usd(_cents(place.outflow))} USD")
    addresses = sorted(place.addresses)
    lines += [plain(address, 100) for address in addresses[:_MAX_TITLE_ADDRESSES]]
    if len(addresses) > _MAX_TITLE_ADDRESSES:
        lines.append(f"and {len(addresses) - _MAX_TITLE_ADDRESSES:,} more")
    return "\n".join(lines)


def _way_title(way: Way, start: Place, end: Place, unit: str) -> str:
    lines = [
        f"{start.title} → {end.title}",
        counted(way.transfers, "transfer"),
        *way.amounts[:_MAX_TITLE_ADDRESSES],
    ]
    if len(way.amounts) > _MAX_TITLE_ADDRESSES:
        lines.append(f"and {counted(len(way.amounts) - _MAX_TITLE_ADDRESSES, 'more asset')}")
    if way.unpriced:
        lines.append("no price")
    elif unit == "USD":
        lines.append(f"{usd(_cents(way.worth))} USD at the price of the theft")
    return "\n".join(lines)


def _cents(worth: Fraction) -> Decimal:
    return Decimal(round(worth * 100)).scaleb(-2)


def _tenth(value: Fraction | int) -> str:
    tenths = round(Fraction(value) * 10)
    whole, rest = divmod(abs(tenths), 10)
    return f"{'-' if tenths < 0 else ''}{whole}" + (f".{rest}" if rest else "")
