"""Lots as one incident sees them, for the methods under which incidents take different units.

Invariants:
    Under haircut, dirty_first, clean_first and poison the units that a payment takes depend on what the
    incident calls tainted. So each incident has a pile of lots of its own in each holding that carries its
    taint. The balance of a holding is the same for all of them.
    In a pile tainted and clean lots lie in queues of their own, oldest first, each lot with its place in the
    order of both: a method that takes one kind first never looks through the other.

Layout:
    Cells are those of `lots`, and the tag of a tainted one is (incident + 1) << 32 | hop + 1 there as here.
    `place` is by cell, all else by pile. `ends`: head and tail of the tainted queue, then of the clean one.
    `last` is the place of the newest lot. `amount` and `tainted` are three limbs. `control`: first free pile
    (linked by the first of `ends`), piles ever used, piles in use.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from clawback.tracing.fast.compiled import Limbs, Longs, Places, compiled, whole
from clawback.tracing.fast.lots import (
    HIGH,
    LOW,
    SOURCE,
    TAG,
    Lots,
    free_cell,
    new_cell,
)
from clawback.tracing.fast.wide import ZERO, add2, grow, less2

TAINTED: Final = 0
CLEAN: Final = 2
FREE_PILE: Final = 0
USED_PILES: Final = 1
LIVE_PILES: Final = 2


class Piles(NamedTuple):
    """All piles."""

    ends: Places
    last: Longs
    amount: Limbs
    tainted: Limbs
    place: Longs
    control: Longs


def empty_piles(piles: int, cells: int) -> Piles:
    """Room for so many piles and cells."""
    return Piles(
        np.zeros((piles, 4), np.int32),
        np.zeros(piles, np.int64),
        np.zeros((piles, 3), np.uint64),
        np.zeros((piles, 3), np.uint64),
        np.zeros(cells, np.int64),
        np.array([-1, 0, 0], np.int64),
    )


def more_piles(piles: Piles) -> Piles:
    """The same piles with twice the room."""
    larger = empty_piles(2 * len(piles.last), 0)
    for name in ("ends", "last", "amount", "tainted"):
        getattr(larger, name)[: len(piles.last)] = getattr(piles, name)
    return larger._replace(place=piles.place, control=piles.control)


def with_places(piles: Piles, cells: int) -> Piles:
    """The piles, with room for the places of so many cells."""
    if cells <= len(piles.place):
        return piles
    place = np.zeros(cells, np.int64)
    place[: len(piles.place)] = piles.place
    return piles._replace(place=place)


@compiled
def new_pile(piles: Piles) -> int:
    """An empty pile; the caller has made sure that there is room."""
    pile = whole(piles.control[FREE_PILE])
    if pile >= 0:
        piles.control[FREE_PILE] = piles.ends[pile, 0]
    else:
        pile = whole(piles.control[USED_PILES])
        piles.control[USED_PILES] = pile + 1
    piles.control[LIVE_PILES] += 1
    for end in range(4):
        piles.ends[pile, end] = -1
    piles.last[pile] = 0
    for limb in range(3):
        piles.amount[pile, limb] = ZERO
        piles.tainted[pile, limb] = ZERO
    return pile


@compiled
def free_pile(piles: Piles, lots: Lots, pile: int) -> None:
    """Gives a pile and its cells back."""
    for kind in (TAINTED, CLEAN):
        cell = piles.ends[pile, kind]
        while cell >= 0:
            following = lots.after[cell]
            free_cell(lots, cell)
            cell = following
    piles.ends[pile, 0] = piles.control[FREE_PILE]
    piles.control[FREE_PILE] = pile
    piles.control[LIVE_PILES] -= 1


@compiled
def put(piles: Piles, lots: Lots, pile: int, cell: int) -> None:
    """Makes a cell the newest of a pile; neighbours that no rule can tell apart become one."""
    cells = lots.cells
    high, low, tag = cells[cell, HIGH], cells[cell, LOW], cells[cell, TAG]
    grow(piles.amount, pile, high, low)
    kind = CLEAN
    if tag != ZERO:
        kind = TAINTED
        grow(piles.tainted, pile, high, low)
    tail = piles.ends[pile, kind + 1]
    if (
        tail >= 0
        and piles.place[tail] == piles.last[pile]
        and cells[tail, TAG] == tag
        and cells[tail, SOURCE] == cells[cell, SOURCE]
    ):
        sum_high, sum_low = add2(cells[tail, HIGH], cells[tail, LOW], high, low)
        if not less2(sum_high, sum_low, high, low):
            cells[tail, HIGH] = sum_high
            cells[tail, LOW] = sum_low
            free_cell(lots, cell)
            return
    piles.last[pile] += 1
    piles.place[cell] = piles.last[pile]
    lots.after[cell] = -1
    if tail >= 0:
        lots.after[tail] = cell
    else:
        piles.ends[pile, kind] = cell
    piles.ends[pile, kind + 1] = cell


@compiled
def put_units(piles: Piles, lots: Lots, pile: int, high: np.uint64, low: np.uint64, tag: np.uint64) -> None:
    """Puts units that no transfer brought behind a pile: clean ones, or such as have lost their source."""
    if high != ZERO or low != ZERO:
        put(piles, lots, pile, new_cell(lots, high, low, tag, ZERO))


@compiled
def put_wide(piles: Piles, lots: Lots, pile: int, units: Limbs, place: int, tag: np.uint64) -> None:
    """Puts a number of three limbs behind a pile, as several lots where one does not hold it."""
    top, largest = units[place, 2], ~ZERO
    while top != ZERO:
        # 2**128 is one more than a lot holds.
        put_units(piles, lots, pile, largest, largest, tag)
        put_units(piles, lots, pile, ZERO, np.uint64(1), tag)
        top -= np.uint64(1)
    put_units(piles, lots, pile, units[place, 1], units[place, 0], tag)
