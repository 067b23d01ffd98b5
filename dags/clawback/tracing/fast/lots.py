"""Lots of all holdings in flat arrays: one queue a holding, shared by all incidents.

Invariants:
    Under FIFO and LIFO every incident takes the same units in the same order; incidents differ only in which
    units they call stolen. So one queue serves all of them: a lot carries the label of an incident and its
    hop, or a group of them where a later theft took units already stolen. What one incident sees alone is the
    queue with all other labels wiped off.
    A queue gives from its head. FIFO puts what arrives behind the tail; LIFO puts it before the head, so its
    queues are read from the newest lot to the oldest and their tails mean nothing.

Layout:
    `cells` row: low limb, high limb, tag, source. The tag of a clean lot is 0, else label << 32 | hop + 1;
    so paying on adds 1, and units on their way out of a theft have hop + 1 = 0. Labels up to the number of
    incidents are incident + 1, those above it are groups. The source is the transfer that brought the lot
    (day << 32 | row + 1), 0 where clean. `after` links a lot to the one taken next; -1 ends a queue.
    `head`, `tail`, `stained` (number of tainted lots) and `amount` (three limbs) are by queue. A queue
    without tainted lots is not kept: `amount` alone is its balance.
    Lots are two limbs; clean ones that would grow wider stay two lots.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from clawback.tracing.fast.compiled import Limbs, Longs, Places, compiled
from clawback.tracing.fast.wide import ZERO, add2, grow, less2, shrink, sub2

LOW: Final = 0
HIGH: Final = 1
TAG: Final = 2
SOURCE: Final = 3
LABEL_SHIFT: Final = np.uint64(32)
HOP_MASK: Final = np.uint64(0xFFFFFFFF)

FREE: Final = 0
USED: Final = 1
OUT_HEAD: Final = 2
OUT_TAIL: Final = 3
LIVE: Final = 4
NEWEST_FIRST: Final = 5


class Lots(NamedTuple):
    """All lots and queues.

    `control`: first free cell, cells ever used, head and tail of the lots in hand, cells in use, and whether
    the newest lots are taken first.
    """

    cells: Limbs
    after: Places
    control: Longs
    head: Places
    tail: Places
    stained: Places
    amount: Limbs


@compiled
def new_cell(lots: Lots, high: np.uint64, low: np.uint64, tag: np.uint64, source: np.uint64) -> int:
    """A cell with this lot; the caller has made sure that there is one."""
    cell = lots.control[FREE]
    if cell >= 0:
        lots.control[FREE] = lots.after[cell]
    else:
        cell = lots.control[USED]
        lots.control[USED] = cell + 1
    lots.control[LIVE] += 1
    lots.cells[cell, LOW] = low
    lots.cells[cell, HIGH] = high
    lots.cells[cell, TAG] = tag
    lots.cells[cell, SOURCE] = source
    lots.after[cell] = -1
    return cell


@compiled
def free_cell(lots: Lots, cell: int) -> None:
    """Gives a cell back."""
    lots.control[LIVE] -= 1
    lots.after[cell] = lots.control[FREE]
    lots.control[FREE] = cell


@compiled
def into_hand(lots: Lots, cell: int) -> None:
    """Puts a cell behind the lots in hand."""
    lots.after[cell] = -1
    tail = lots.control[OUT_TAIL]
    if tail >= 0:
        lots.after[tail] = cell
    else:
        lots.control[OUT_HEAD] = cell
    lots.control[OUT_TAIL] = cell


@compiled
def push(lots: Lots, queue: int, cell: int) -> None:
    """Makes a cell the newest of a queue; lots that no incident can tell apart become one."""
    cells, after = lots.cells, lots.after
    high, low, tag = cells[cell, HIGH], cells[cell, LOW], cells[cell, TAG]
    grow(lots.amount, queue, high, low)
    newest_first = lots.control[NEWEST_FIRST] == 1
    newest = lots.head[queue] if newest_first else lots.tail[queue]
    if newest >= 0 and cells[newest, TAG] == tag and cells[newest, SOURCE] == cells[cell, SOURCE]:
        sum_high, sum_low = add2(cells[newest, HIGH], cells[newest, LOW], high, low)
        if not less2(sum_high, sum_low, high, low):
            cells[newest, HIGH] = sum_high
            cells[newest, LOW] = sum_low
            free_cell(lots, cell)
            return
    if newest_first:
        after[cell] = newest
        lots.head[queue] = cell
    else:
        after[cell] = -1
        if newest >= 0:
            after[newest] = cell
        else:
            lots.head[queue] = cell
        lots.tail[queue] = cell
    if tag != ZERO:
        lots.stained[queue] += 1


@compiled
def push_clean(lots: Lots, queue: int, high: np.uint64, low: np.uint64) -> None:
    """Puts clean units behind a queue."""
    if high != ZERO or low != ZERO:
        push(lots, queue, new_cell(lots, high, low, ZERO, ZERO))


@compiled
def take(lots: Lots, queue: int, high: np.uint64, low: np.uint64) -> None:
    """Takes units, which the queue must have, from its head into the hand."""
    cells, after = lots.cells, lots.after
    shrink(lots.amount, queue, high, low)
    while high != ZERO or low != ZERO:
        cell = lots.head[queue]
        lot_high, lot_low = cells[cell, HIGH], cells[cell, LOW]
        if less2(high, low, lot_high, lot_low):
            left_high, left_low = sub2(lot_high, lot_low, high, low)
            cells[cell, HIGH] = left_high
            cells[cell, LOW] = left_low
            into_hand(lots, new_cell(lots, high, low, cells[cell, TAG], cells[cell, SOURCE]))
            return
        following = after[cell]
        lots.head[queue] = following
        if following < 0:
            lots.tail[queue] = -1
        if cells[cell, TAG] != ZERO:
            lots.stained[queue] -= 1
        high, low = sub2(high, low, lot_high, lot_low)
        into_hand(lots, cell)


@compiled
def oldest_first(lots: Lots, queue: int) -> int:
    """Links the lots of a queue from the oldest to the newest; gives the oldest, -1 where there is none."""
    cell = lots.head[queue]
    if lots.control[NEWEST_FIRST] == 0:
        return cell
    oldest = -1
    while cell >= 0:
        older = lots.after[cell]
        lots.after[cell] = oldest
        oldest = cell
        cell = older
    return oldest


@compiled
def hand_over(lots: Lots, queue: int) -> None:
    """Puts the lots in hand behind a queue."""
    cell = lots.control[OUT_HEAD]
    while cell >= 0:
        following = lots.after[cell]
        push(lots, queue, cell)
        cell = following
    lots.control[OUT_HEAD] = -1
    lots.control[OUT_TAIL] = -1


@compiled
def drop_hand(lots: Lots) -> None:
    """Lets the lots in hand go: they left all accounts."""
    cell = lots.control[OUT_HEAD]
    while cell >= 0:
        following = lots.after[cell]
        free_cell(lots, cell)
        cell = following
    lots.control[OUT_HEAD] = -1
    lots.control[OUT_TAIL] = -1


@compiled
def begin(lots: Lots, queue: int) -> None:
    """Makes the balance of a holding its oldest lot, clean; wider than two limbs, several lots."""
    top = lots.amount[queue, 2]
    high, low = lots.amount[queue, 1], lots.amount[queue, 0]
    lots.amount[queue, 0] = ZERO
    lots.amount[queue, 1] = ZERO
    lots.amount[queue, 2] = ZERO
    largest = ~ZERO
    while top != ZERO:
        # 2**128 is one more than a lot holds.
        push_clean(lots, queue, largest, largest)
        push_clean(lots, queue, ZERO, np.uint64(1))
        top -= np.uint64(1)
    push_clean(lots, queue, high, low)


@compiled
def forget(lots: Lots, queue: int) -> None:
    """Keeps of a queue without taint only its balance."""
    cell = lots.head[queue]
    while cell >= 0:
        following = lots.after[cell]
        free_cell(lots, cell)
        cell = following
    lots.head[queue] = -1
    lots.tail[queue] = -1
    lots.stained[queue] = 0
