"""Checks that a day lost or made no unit: per incident and asset, to the base unit, counted from the lots."""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from clawback.schemas import SINKS
from clawback.tracing.conservation import Violation
from clawback.tracing.fast.compiled import Places, compiled, whole
from clawback.tracing.fast.index import asset_bytes
from clawback.tracing.fast.labels import Groups
from clawback.tracing.fast.lots import HIGH, LABEL_SHIFT, LIVE, LOW, TAG, Lots
from clawback.tracing.fast.stakes import HAIRCUT, INCIDENT, LIVE_STAKES, NEXT, VALUE, Stakes
from clawback.tracing.fast.store import queues_of
from clawback.tracing.fast.sums import Sums, book, empty_sums, read_sums, roomy
from clawback.tracing.fast.tracer import Tracer
from clawback.tracing.fast.wide import ZERO
from clawback.tracing.ledger import CONVERTED_IN, CONVERTED_OUT, STOLEN
from clawback.tracing.methods import method_named

HELD_PLACE = 0
"""The measure under which held units are counted here."""


@compiled
def _count_shared(held: Sums, lots: Lots, groups: Groups, incidents: int, assets: Places) -> None:
    cells = lots.cells
    for holding in range(len(lots.head)):
        asset = whole(assets[holding])
        cell = whole(lots.head[holding])
        while cell >= 0:
            high, low = cells[cell, HIGH], cells[cell, LOW]
            label = whole(cells[cell, TAG] >> LABEL_SHIFT)
            if cells[cell, TAG] != ZERO and label <= incidents:
                book(held, label - 1, asset, HELD_PLACE, high, low)
            elif cells[cell, TAG] != ZERO:
                number = label - incidents - 1
                for place in range(groups.start[number], groups.start[number + 1]):
                    book(held, whole(groups.member[place, 0]), asset, HELD_PLACE, high, low)
            cell = whole(lots.after[cell])


@compiled
def _count_stakes(held: Sums, lots: Lots, stakes: Stakes, assets: Places) -> None:
    cells = lots.cells
    for holding in range(len(lots.head)):
        asset = whole(assets[holding])
        stake = whole(lots.head[holding])
        while stake >= 0:
            incident = whole(stakes.node[stake, INCIDENT])
            if stakes.rule == HAIRCUT:
                high, low = stakes.tainted[stake, 1], stakes.tainted[stake, 0]
                book(held, incident, asset, HELD_PLACE, high, low)
            else:
                # From the lots, not from the sum that the pile keeps of them.
                cell = whole(stakes.piles.ends[stakes.node[stake, VALUE], 0])
                while cell >= 0:
                    book(held, incident, asset, HELD_PLACE, cells[cell, HIGH], cells[cell, LOW])
                    cell = whole(lots.after[cell])
            stake = whole(stakes.node[stake, NEXT])


def violations(tracer: Tracer) -> list[Violation]:
    """Every asset for which stolen and converted in = held, converted out and sinks does not hold.

    Under a method that does not conserve units there is none.
    """
    if not method_named(tracer.method).conserves:
        return []
    store, incidents = tracer.store, len(tracer.incidents)
    raw = asset_bytes(store.keys).tobytes()
    places = [tracer.assets[raw[begin : begin + 20]] for begin in range(0, len(raw), 20)]
    assets = np.array(places, np.int32)
    if tracer.stakes is None:
        lots = int(store.lots.control[LIVE]) * max(1, int(tracer.groups.counts[2]))
    else:
        lots = int(tracer.stakes.control[LIVE_STAKES])
    held = roomy(empty_sums(16), min(lots, incidents * len(tracer.assets)))
    if tracer.stakes is None:
        _count_shared(held, queues_of(store), tracer.groups, incidents, assets)
    else:
        _count_stakes(held, queues_of(store), tracer.stakes, assets)
    came: dict[tuple[int, int], int] = defaultdict(int)
    accounted: dict[tuple[int, int], int] = defaultdict(int)
    for (incident, asset, _), amount in read_sums(held).items():
        accounted[incident, asset] += amount
    for (incident, asset, measure), amount in read_sums(tracer.sums).items():
        if measure in (STOLEN, CONVERTED_IN):
            came[incident, asset] += amount
        elif measure in SINKS or measure == CONVERTED_OUT:
            accounted[incident, asset] += amount
    names = list(tracer.assets)
    return [
        Violation(
            tracer.incidents[incident], tracer.chain, "0x" + names[asset].hex(), came[pair], accounted[pair]
        )
        for pair in sorted(came.keys() | accounted.keys())
        for incident, asset in [pair]
        if came[pair] != accounted[pair]
    ]
