"""Ends trails at holdings whose address was recognised as a service after taint reached it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

import numpy as np

from clawback.tracing.fast.cases import holdings_of, spoken_of
from clawback.tracing.fast.compiled import Limbs, Places, compiled
from clawback.tracing.fast.labels import Groups, add_member, close_group, roomy_groups
from clawback.tracing.fast.lots import HIGH, HOP_MASK, LABEL_SHIFT, LOW, SOURCE, TAG, Lots, free_cell
from clawback.tracing.fast.own_services import end_stakes
from clawback.tracing.fast.stakes import Stakes
from clawback.tracing.fast.store import Store, queues_of, without
from clawback.tracing.fast.sums import MEASURE_COUNT, MEASURES, Sums, book, roomy
from clawback.tracing.fast.wide import ZERO
from clawback.tracing.records import Label, Role
from clawback.tracing.sinks import Ending, Endings


@compiled
def _end(lots: Lots, groups: Groups, sums: Sums, measures: Places, head: int, asset: int) -> int:
    # Wipes the labels of ended incidents off a queue; gives how many tainted lots are left.
    incidents, left, cell = len(measures), 0, head
    while cell >= 0:
        tag = lots.cells[cell, TAG]
        if tag != ZERO:
            high, low = lots.cells[cell, HIGH], lots.cells[cell, LOW]
            label, hop = np.int64(tag >> LABEL_SHIFT), np.int64(tag & HOP_MASK)
            begun = groups.counts[1]
            if label <= incidents:
                if measures[label - 1] >= 0:
                    book(sums, label - 1, asset, measures[label - 1], high, low)
                else:
                    add_member(groups, label - 1, hop)
            else:
                number = label - incidents - 1
                for place in range(groups.start[number], groups.start[number + 1]):
                    incident = groups.member[place, 0]
                    if measures[incident] >= 0:
                        book(sums, incident, asset, measures[incident], high, low)
                    else:
                        add_member(groups, incident, groups.member[place, 1] + hop)
            kept = groups.counts[1] - begun
            if kept == 0:
                lots.cells[cell, TAG] = ZERO
                lots.cells[cell, SOURCE] = ZERO
            elif kept == 1:
                only = np.uint64(groups.member[begun, 0] + 1) << LABEL_SHIFT
                lots.cells[cell, TAG] = only | np.uint64(groups.member[begun, 1])
                groups.counts[1] = begun
            else:
                lots.cells[cell, TAG] = close_group(groups, incidents)
            left += 1 if kept else 0
        cell = lots.after[cell]
    return left


@compiled
def _free_all(lots: Lots, head: int) -> None:
    cell = head
    while cell >= 0:
        following = lots.after[cell]
        free_cell(lots, cell)
        cell = following


def _measure(ending: Ending | None) -> int:
    return -1 if ending is None else MEASURES.index(ending.sink)


def end_at_services(
    store: Store,
    groups: Groups,
    sums: Sums,
    labels: Iterable[Label],
    roles: Sequence[Role],
    endings: Endings,
    incidents: Mapping[str, int],
    chain: str,
    asset_number: Callable[[Limbs], int],
    stakes: Stakes | None = None,
) -> tuple[Store, Groups, Sums]:
    """Books what lies at services when a day begins.

    Args:
        store: holdings at the end of the day before.
        groups: may grow.
        sums: may grow.
        labels: of the day.
        roles: of the day.
        endings: of the day.
        incidents: numbers by name.
        chain: all of this is about.
        asset_number: the number of the asset of a key, given as a table of one row.
        stakes: where each incident has lots of its own.
    """
    said = spoken_of(labels, roles, incidents)
    kept = np.ones(len(store.keys), bool)
    for address, (first, last) in zip(said, holdings_of(store.keys, list(said)), strict=True):
        if first == last:
            continue
        measures = np.full(len(incidents), _measure(endings.of_holding("", chain, address)), np.int32)
        for name in said[address]:
            measures[incidents[name]] = _measure(endings.of_holding(name, chain, address))
        if (measures < 0).all():
            continue
        for place in range(first, last):
            sums = roomy(sums, MEASURE_COUNT * len(incidents))
            stained = int(store.stained[place])
            groups = roomy_groups(groups, stained + 1, (stained + 1) * (int(groups.counts[2]) + 1))
            head = int(store.head[place])
            asset = asset_number(store.keys[place : place + 1])
            if stakes is not None:
                kept[place] = end_stakes(stakes, queues_of(store), sums, measures, place, asset) > 0
                continue
            store.stained[place] = _end(store.lots, groups, sums, measures, head, asset)
            if store.stained[place] == 0:
                _free_all(store.lots, head)
                kept[place] = False
    return (store if kept.all() else without(store, kept)), groups, sums
