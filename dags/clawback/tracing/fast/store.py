"""Followed holdings between days: sorted keys, and where their lots are."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from clawback.tracing.fast.balances import order_of
from clawback.tracing.fast.compiled import Bytes, Limbs, Places, compiled
from clawback.tracing.fast.index import WORDS
from clawback.tracing.fast.lots import Lots

FIRST_CELLS = 1 << 12


@dataclass(frozen=True)
class Store:
    """Holdings with taint, by key. `lots` carries the cells of all; its queues are those of a day."""

    keys: Limbs
    head: Places
    tail: Places
    stained: Places
    amount: Limbs
    lots: Lots


def empty_store(newest_first: bool = False) -> Store:
    """No holding at all."""
    control = np.array([-1, 0, -1, -1, 0, newest_first], np.int64)
    lots = Lots(
        np.zeros((FIRST_CELLS, 4), np.uint64), np.zeros(FIRST_CELLS, np.int32), control, *queues(0, 0)
    )
    return Store(np.zeros((0, WORDS), np.uint64), lots.head, lots.tail, lots.stained, lots.amount, lots)


def queues(holdings: int, arrivals: int) -> tuple[Places, Places, Places, Limbs]:
    """Empty queues for the holdings of a day and the arrivals of a transaction."""
    count = holdings + arrivals
    return (
        np.full(count, -1, np.int32),
        np.full(count, -1, np.int32),
        np.zeros(count, np.int32),
        np.zeros((count, 3), np.uint64),
    )


def more_cells(lots: Lots, more: int) -> Lots:
    """The same lots with more room."""
    size = max(2 * len(lots.cells), len(lots.cells) + more)
    cells, after = np.zeros((size, 4), np.uint64), np.zeros(size, np.int32)
    cells[: len(lots.cells)] = lots.cells
    after[: len(lots.after)] = lots.after
    return lots._replace(cells=cells, after=after)


def queues_of(store: Store) -> Lots:
    """The lots with the queues of the store's own holdings."""
    return store.lots._replace(head=store.head, tail=store.tail, stained=store.stained, amount=store.amount)


def to_day(store: Store, found: Places, holdings: int, arrivals: int) -> Lots:
    """Lots with the queues of a day: `found` tells the day's place of each stored holding."""
    head, tail, stained, amount = queues(holdings, arrivals)
    here = np.flatnonzero(found >= 0)
    there = found[here]
    head[there] = store.head[here]
    tail[there] = store.tail[here]
    stained[there] = store.stained[here]
    amount[there] = store.amount[here]
    return store.lots._replace(head=head, tail=tail, stained=stained, amount=amount)


@compiled
def _merge_places(one: Limbs, one_places: Places, other: Limbs, other_places: Places) -> Places:
    # For each holding of both together, in order: place + 1 in the first, or -(place + 1) in the second.
    merged = np.empty(len(one_places) + len(other_places), np.int32)
    left, right, count = 0, 0, 0
    while left < len(one_places) or right < len(other_places):
        if right == len(other_places) or (
            left < len(one_places) and order_of(one, one_places[left], other, other_places[right]) < 0
        ):
            merged[count] = one_places[left] + 1
            left += 1
        else:
            merged[count] = -other_places[right] - 1
            right += 1
        count += 1
    return merged


@compiled
def _collect(merged: Places, one: Limbs, other: Limbs) -> Limbs:
    made = np.empty((len(merged), one.shape[1]), np.uint64)
    for place in range(len(merged)):
        if merged[place] > 0:
            for word in range(one.shape[1]):
                made[place, word] = one[merged[place] - 1, word]
        else:
            for word in range(one.shape[1]):
                made[place, word] = other[-merged[place] - 1, word]
    return made


def from_day(store: Store, found: Places, keys: Limbs, lots: Lots) -> Store:
    """The store after a day: its followed holdings, and those that no transfer of it touched."""
    followed = np.flatnonzero(lots.stained[: len(keys)] > 0).astype(np.int32)
    parked = np.flatnonzero(found < 0).astype(np.int32)
    merged = _merge_places(keys, followed, store.keys, parked)
    new = merged > 0
    here, there = merged[new] - 1, -merged[~new] - 1
    columns: list[Places] = []
    for name in ("head", "tail", "stained"):
        column = np.empty(len(merged), np.int32)
        column[new] = getattr(lots, name)[here]
        column[~new] = getattr(store, name)[there]
        columns.append(column)
    head, tail, stained = columns
    kept, amount = _collect(merged, keys, store.keys), _collect(merged, lots.amount, store.amount)
    return Store(kept, head, tail, stained, amount, lots)


def without(store: Store, kept: Bytes) -> Store:
    """The store without the holdings that are not kept."""
    return replace(
        store,
        keys=store.keys[kept],
        head=store.head[kept],
        tail=store.tail[kept],
        stained=store.stained[kept],
        amount=store.amount[kept],
    )
