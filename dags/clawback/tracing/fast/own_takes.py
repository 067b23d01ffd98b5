"""Takes lots out of piles, and puts those in hand, or of another pile, behind one."""

from __future__ import annotations

import numpy as np

from clawback.tracing.fast.compiled import compiled, whole
from clawback.tracing.fast.lots import (
    HIGH,
    LOW,
    OUT_HEAD,
    OUT_TAIL,
    SOURCE,
    TAG,
    Lots,
    free_cell,
    into_hand,
    new_cell,
)
from clawback.tracing.fast.own_lots import CLEAN, TAINTED, Piles, free_pile, put
from clawback.tracing.fast.wide import ZERO, less2, shrink, sub2


@compiled
def older_kind(piles: Piles, pile: int) -> int:
    """Which of the two queues, one of them maybe empty, begins with the older lot."""
    tainted, clean = piles.ends[pile, TAINTED], piles.ends[pile, CLEAN]
    if tainted >= 0 and (clean < 0 or piles.place[tainted] < piles.place[clean]):
        return TAINTED
    return CLEAN


@compiled
def unlink(piles: Piles, lots: Lots, pile: int, kind: int) -> int:
    """Takes the oldest cell out of one of the two queues, which is not empty."""
    cell = whole(piles.ends[pile, kind])
    following = lots.after[cell]
    piles.ends[pile, kind] = following
    if following < 0:
        piles.ends[pile, kind + 1] = -1
    return cell


@compiled
def take_shares(
    piles: Piles,
    lots: Lots,
    pile: int,
    tainted: tuple[np.uint64, np.uint64],
    clean: tuple[np.uint64, np.uint64],
) -> None:
    """Takes so many tainted and clean units, which there must be, into the hand: of each kind the oldest.

    The lots taken keep the order in which they lay. Numbers are given high limb first.
    """
    cells = lots.cells
    tainted_high, tainted_low = tainted
    clean_high, clean_low = clean
    shrink(piles.amount, pile, tainted_high, tainted_low)
    shrink(piles.amount, pile, clean_high, clean_low)
    shrink(piles.tainted, pile, tainted_high, tainted_low)
    while True:
        more_tainted = tainted_high != ZERO or tainted_low != ZERO
        more_clean = clean_high != ZERO or clean_low != ZERO
        if more_tainted and more_clean:
            kind = older_kind(piles, pile)
        elif more_tainted:
            kind = TAINTED
        elif more_clean:
            kind = CLEAN
        else:
            break
        high, low = (tainted_high, tainted_low) if kind == TAINTED else (clean_high, clean_low)
        cell = piles.ends[pile, kind]
        lot_high, lot_low = cells[cell, HIGH], cells[cell, LOW]
        if less2(high, low, lot_high, lot_low):
            left_high, left_low = sub2(lot_high, lot_low, high, low)
            cells[cell, HIGH] = left_high
            cells[cell, LOW] = left_low
            into_hand(lots, new_cell(lots, high, low, cells[cell, TAG], cells[cell, SOURCE]))
            high, low = ZERO, ZERO
        else:
            into_hand(lots, unlink(piles, lots, pile, kind))
            high, low = sub2(high, low, lot_high, lot_low)
        if kind == TAINTED:
            tainted_high, tainted_low = high, low
        else:
            clean_high, clean_low = high, low
    set_last(piles, pile)


@compiled
def drop_clean(piles: Piles, lots: Lots, pile: int, high: np.uint64, low: np.uint64) -> None:
    """Lets the oldest clean units go, which there must be."""
    cells = lots.cells
    shrink(piles.amount, pile, high, low)
    while high != ZERO or low != ZERO:
        cell = whole(piles.ends[pile, CLEAN])
        lot_high, lot_low = cells[cell, HIGH], cells[cell, LOW]
        if less2(high, low, lot_high, lot_low):
            left_high, left_low = sub2(lot_high, lot_low, high, low)
            cells[cell, HIGH] = left_high
            cells[cell, LOW] = left_low
            break
        high, low = sub2(high, low, lot_high, lot_low)
        free_cell(lots, unlink(piles, lots, pile, CLEAN))
    set_last(piles, pile)


@compiled
def set_last(piles: Piles, pile: int) -> None:
    """Lets a new lot go behind the newest that is left, as if what was taken had never been there."""
    newest = whole(0)
    for kind in (TAINTED, CLEAN):
        tail = piles.ends[pile, kind + 1]
        if tail >= 0:
            newest = max(newest, piles.place[tail])
    piles.last[pile] = newest


@compiled
def put_hand(piles: Piles, lots: Lots, pile: int) -> None:
    """Puts the lots in hand behind a pile."""
    cell = lots.control[OUT_HEAD]
    while cell >= 0:
        following = lots.after[cell]
        put(piles, lots, pile, cell)
        cell = following
    lots.control[OUT_HEAD] = -1
    lots.control[OUT_TAIL] = -1


@compiled
def pour(piles: Piles, lots: Lots, pile: int, other: int) -> None:
    """Puts all lots of another pile, in their order, behind a pile; the other is given back, empty."""
    while piles.ends[other, TAINTED] >= 0 or piles.ends[other, CLEAN] >= 0:
        put(piles, lots, pile, unlink(piles, lots, other, older_kind(piles, other)))
    free_pile(piles, lots, other)
