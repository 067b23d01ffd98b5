"""Says whether transfers move clean units only.

Single arrays are given here: compiled calls copy what they are given.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from clawback.tracing.fast.compiled import Bytes, Limbs, Places, compiled, whole
from clawback.tracing.fast.index import BEGINS, FIRST, Rows
from clawback.tracing.fast.lots import (
    HIGH,
    LOW,
    TAG,
    Lots,
)
from clawback.tracing.fast.wide import ZERO, add2, less2, sub2

MANY: Final = 64
"""Transfers of a group beyond which nobody counts whether each payer pays clean units only."""


@compiled
def transaction_end(first: Bytes, begin: int) -> int:
    """One behind the last transfer of the transaction with possible exchanges that begins at a row."""
    last = begin + 1
    while last < len(first) and first[last] & BEGINS == 0 and first[last] != FIRST:
        last += 1
    return last


@compiled
def carries(cells: Limbs, after: Places, head: int, high: np.uint64, low: np.uint64) -> bool:
    """Whether the first units of a queue, which begins with a cell, hold tainted ones."""
    cell = whole(head)
    while cell >= 0 and (high != ZERO or low != ZERO):
        if cells[cell, TAG] != ZERO:
            return True
        if less2(high, low, cells[cell, HIGH], cells[cell, LOW]):
            return False
        high, low = sub2(high, low, cells[cell, HIGH], cells[cell, LOW])
        cell = whole(after[cell])
    return False


@compiled
def own_and_left(
    payer: Places, receiver: Places, amount: Limbs, first: int, last: int, holding: int
) -> tuple[np.uint64, np.uint64, np.uint64, np.uint64]:
    """What a holding pays in a group beside what it received before, and what is left of its receipts.

    Returns:
        High and low limb of both; the amounts of the group must fit two limbs together.
    """
    own_high, own_low, left_high, left_low = ZERO, ZERO, ZERO, ZERO
    for row in range(first, last):
        low, high = amount[row, 0], amount[row, 1]
        if payer[row] == holding:
            if less2(left_high, left_low, high, low):
                more_high, more_low = sub2(high, low, left_high, left_low)
                own_high, own_low = add2(own_high, own_low, more_high, more_low)
                left_high, left_low = ZERO, ZERO
            else:
                left_high, left_low = sub2(left_high, left_low, high, low)
        if receiver[row] == holding:
            left_high, left_low = add2(left_high, left_low, high, low)
    return own_high, own_low, left_high, left_low


@compiled
def fit_together(amount: Limbs, first: int, last: int) -> bool:
    """Whether the amounts of a group fit two limbs together."""
    high, low = ZERO, ZERO
    for row in range(first, last):
        high, low = add2(high, low, amount[row, 1], amount[row, 0])
        if less2(high, low, amount[row, 1], amount[row, 0]):
            return False
    return True


@compiled
def pays_clean_units(
    payer: Places,
    receiver: Places,
    amount: Limbs,
    stained: Places,
    head: Places,
    cells: Limbs,
    after: Places,
    first: int,
    last: int,
) -> bool:
    """Whether every account of a group pays clean units alone; False where that takes long to say."""
    if last == first + 1:
        holding = whole(payer[first])
        if holding < 0 or stained[holding] == 0:
            return True
        return not carries(cells, after, whole(head[holding]), amount[first, 1], amount[first, 0])
    if last - first > MANY or not fit_together(amount, first, last):
        return False
    for row in range(first, last):
        holding = whole(payer[row])
        if holding < 0 or stained[holding] == 0:
            continue
        high, low, _, _ = own_and_left(payer, receiver, amount, first, last, holding)
        if carries(cells, after, whole(head[holding]), high, low):
            return False
    return True


@compiled
def may_move_taint(rows: Rows, lots: Lots, first: int, last: int) -> bool:
    """Whether some account may pay tainted units of its own in a transaction."""
    begin = first
    while begin < last:
        end, followed = begin, False
        while end < last and (end == begin or rows.first[end] == 0):
            followed = followed or (rows.payer[end] >= 0 and lots.stained[rows.payer[end]] > 0)
            end += 1
        if followed and not pays_clean_units(
            rows.payer,
            rows.receiver,
            rows.amount,
            lots.stained,
            lots.head,
            lots.cells,
            lots.after,
            begin,
            end,
        ):
            return True
        begin = end
    return False
