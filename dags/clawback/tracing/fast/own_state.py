"""Stakes between days: as flat arrays for the state's file, and as plain numbers for a report.

Layout:
    `stakes`: one row a stake, holding after holding, in the order of incidents: incident, and hop + 1 or the
    number of lots. `stake_tainted`: their tainted units, under haircut. `stake_lots`: cells (see `lots`) of
    all piles, oldest first; tainted and clean ones lie in one order.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from clawback.tracing.fast.compiled import Limbs, Longs, Places, compiled, whole
from clawback.tracing.fast.lots import HIGH, LABEL_SHIFT, LOW, SOURCE, TAG, Lots, new_cell
from clawback.tracing.fast.own_lots import CLEAN, TAINTED, Piles, empty_piles, new_pile, put
from clawback.tracing.fast.stakes import (
    HAIRCUT,
    INCIDENT,
    LIVE_STAKES,
    NEXT,
    VALUE,
    Stakes,
    add_stake,
    empty_stakes,
    is_blend,
)
from clawback.tracing.fast.store import Store, queues_of
from clawback.tracing.fast.wide import to_int


@compiled
def copy_pile(piles: Piles, lots: Lots, pile: int, found: Limbs, count: int) -> int:
    """Writes the lots of a pile, oldest first, behind so many others; gives how many there are then."""
    tainted, clean = whole(piles.ends[pile, TAINTED]), whole(piles.ends[pile, CLEAN])
    while tainted >= 0 or clean >= 0:
        if tainted >= 0 and (clean < 0 or piles.place[tainted] < piles.place[clean]):
            cell, tainted = tainted, whole(lots.after[tainted])
        else:
            cell, clean = clean, whole(lots.after[clean])
        for column in range(4):
            found[count, column] = lots.cells[cell, column]
        count += 1
    return count


@compiled
def _flatten(stakes: Stakes, lots: Lots, rows: Places, tainted: Limbs, found: Limbs) -> int:
    count, place = 0, 0
    for holding in range(len(lots.head)):
        stake = lots.head[holding]
        while stake >= 0:
            rows[place, 0] = stakes.node[stake, INCIDENT]
            rows[place, 1] = stakes.node[stake, VALUE]
            if not is_blend(stakes.rule):
                after = copy_pile(stakes.piles, lots, whole(stakes.node[stake, VALUE]), found, count)
                rows[place, 1] = after - count
                count = after
            elif stakes.rule == HAIRCUT:
                tainted[place, 0] = stakes.tainted[stake, 0]
                tainted[place, 1] = stakes.tainted[stake, 1]
            place += 1
            stake = stakes.node[stake, NEXT]
    return count


def flat_stakes(store: Store, stakes: Stakes) -> dict[str, Any]:
    """The stakes as arrays."""
    count, cells = int(stakes.control[LIVE_STAKES]), int(store.lots.control[4])
    rows, tainted = np.zeros((count, 2), np.int32), np.zeros((count, 2), np.uint64)
    found = np.zeros((cells, 4), np.uint64)
    used = _flatten(stakes, queues_of(store), rows, tainted, found)
    return {"stakes": rows, "stake_tainted": tainted[: len(stakes.tainted)], "stake_lots": found[:used]}


@compiled
def _build(
    stakes: Stakes, lots: Lots, sizes: Places, rows: Places, tainted: Limbs, found: Limbs, moved: Longs
) -> None:
    count, place = 0, 0
    for holding in range(len(sizes)):
        before = whole(-1)
        for _ in range(sizes[holding]):
            incident = whole(moved[rows[place, 0]])
            stake = add_stake(stakes.node, stakes.control, lots.head, lots.stained, holding, before, incident)
            stakes.node[stake, VALUE] = rows[place, 1]
            if not is_blend(stakes.rule):
                pile = new_pile(stakes.piles)
                stakes.node[stake, VALUE] = pile
                for _ in range(rows[place, 1]):
                    tag = found[count, TAG]
                    if tag != np.uint64(0):
                        hop = tag & ((np.uint64(1) << LABEL_SHIFT) - np.uint64(1))
                        tag = np.uint64(incident + 1) << LABEL_SHIFT | hop
                    source = found[count, SOURCE]
                    put(
                        stakes.piles,
                        lots,
                        pile,
                        new_cell(lots, found[count, HIGH], found[count, LOW], tag, source),
                    )
                    count += 1
            elif stakes.rule == HAIRCUT:
                stakes.tainted[stake, 0] = tainted[place, 0]
                stakes.tainted[stake, 1] = tainted[place, 1]
            before = stake
            place += 1


def built_stakes(
    empty: Stakes, store: Store, sizes: Places, found: dict[str, Any], moved: Longs
) -> tuple[Store, Stakes]:
    """Puts the stakes of a file into a store.

    Args:
        empty: stakes of the same method.
        store: its holdings have no stakes yet, and its cells are unused.
        sizes: number of stakes of each holding.
        found: what `flat_stakes` gave.
        moved: the number that each incident has now; their order is kept.
    """
    rows, cells = found["stakes"], len(found["stake_lots"])
    room, spare = max(len(rows), 1) * 2, len(store.lots.cells) + cells
    lots = store.lots._replace(cells=np.zeros((spare, 4), np.uint64), after=np.zeros(spare, np.int32))
    piles = empty_piles(1024 if is_blend(empty.rule) else room, spare)
    stakes = empty_stakes(empty.rule, room, piles)
    queues = lots._replace(head=store.head, tail=store.tail, stained=store.stained, amount=store.amount)
    _build(stakes, queues, sizes, rows, found["stake_tainted"], found["stake_lots"], moved)
    return Store(store.keys, store.head, store.tail, store.stained, store.amount, lots), stakes


def stake_lots(store: Store, stakes: Stakes) -> Iterator[tuple[int, int, list[tuple[int, int, int]]]]:
    """Place of a holding, incident, and its lots there, oldest first: amount, tag, source."""
    lots = queues_of(store)
    found = np.zeros((int(lots.control[4]) + 1, 4), np.uint64)
    for place in range(len(store.keys)):
        stake = int(store.head[place])
        while stake >= 0:
            incident, stake_after, value = (int(number) for number in stakes.node[stake])
            amount = to_int(store.amount[place])
            tag = incident + 1 << int(LABEL_SHIFT) | value
            if not is_blend(stakes.rule):
                count = copy_pile(stakes.piles, lots, value, found, 0)
                cells = [tuple(int(number) for number in cell) for cell in found[:count]]
                made = [(cell[LOW] + (cell[HIGH] << 64), cell[TAG], cell[SOURCE]) for cell in cells]
            elif stakes.rule == HAIRCUT:
                tainted = to_int(stakes.tainted[stake])
                made = [(tainted, tag, 0), (amount - tainted, 0, 0)]
            else:
                made = [(amount, tag, 0)]
            yield place, incident, [lot for lot in made if lot[0]]
            stake = stake_after
