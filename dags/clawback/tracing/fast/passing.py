"""Moves the transfers in which every account pays clean units: no lot in hand, no arrivals, no flow.

Rules:
    An account passes on first what it received in this transaction. So all that a group does to a holding is
    to take what it pays of its own off the lots that are taken next, and to put what is left of its receipts
    behind them.
    Nearly all transfers are such, and compiled calls copy what they are given: what most of them need is
    written out in `pass_clean`.
"""

from __future__ import annotations

import numpy as np

from clawback.tracing.fast.clean import carries, may_move_taint, own_and_left
from clawback.tracing.fast.compiled import Bytes, Limbs, Places, compiled, whole
from clawback.tracing.fast.desk import KNOWN
from clawback.tracing.fast.index import BEGINS, FIRST, Rows
from clawback.tracing.fast.lots import FREE, HIGH, LIVE, LOW, NEWEST_FIRST, TAG, Lots, push_clean
from clawback.tracing.fast.wide import ZERO, add2, grow, less2, shrink, shrink_floored, sub2


@compiled
def _take(lots: Lots, queue: int, high: np.uint64, low: np.uint64) -> None:
    # Takes units off the head of a queue and lets them go.
    cells, after, control = lots.cells, lots.after, lots.control
    shrink(lots.amount, queue, high, low)
    while high != ZERO or low != ZERO:
        cell = lots.head[queue]
        lot_high, lot_low = cells[cell, HIGH], cells[cell, LOW]
        if less2(high, low, lot_high, lot_low):
            left_high, left_low = sub2(lot_high, lot_low, high, low)
            cells[cell, HIGH] = left_high
            cells[cell, LOW] = left_low
            return
        high, low = sub2(high, low, lot_high, lot_low)
        lots.head[queue] = after[cell]
        if after[cell] < 0:
            lots.tail[queue] = -1
        control[LIVE] -= 1
        after[cell] = control[FREE]
        control[FREE] = cell


@compiled
def _put(lots: Lots, queue: int, high: np.uint64, low: np.uint64) -> None:
    cells = lots.cells
    newest = lots.head[queue] if lots.control[NEWEST_FIRST] == 1 else lots.tail[queue]
    if newest >= 0 and cells[newest, TAG] == ZERO:
        sum_high, sum_low = add2(cells[newest, HIGH], cells[newest, LOW], high, low)
        if not less2(sum_high, sum_low, high, low):
            cells[newest, HIGH] = sum_high
            cells[newest, LOW] = sum_low
            grow(lots.amount, queue, high, low)
            return
    push_clean(lots, queue, high, low)


@compiled
def _is_met(payer: Places, receiver: Places, first: int, row: int, holding: int) -> bool:
    for place in range(first, row):  # noqa: SIM110 - a generator is not compiled
        if payer[place] == holding or receiver[place] == holding:
            return True
    return False


@compiled
def _move_of(
    lots: Lots, payer: Places, receiver: Places, amount: Limbs, first: int, last: int, holding: int
) -> None:
    own_high, own_low, left_high, left_low = own_and_left(payer, receiver, amount, first, last, holding)
    _take(lots, holding, own_high, own_low)
    _put(lots, holding, left_high, left_low)


@compiled
def move_clean(lots: Lots, rows: Rows, mark: Bytes, first: int, last: int) -> None:
    """Moves a group in which every account pays clean units; there is a free cell for each transfer.

    A holding of which nobody asked for the balance yet is left alone.
    """
    payer, receiver, amount = rows.payer, rows.receiver, rows.amount
    for row in range(first, last):
        low, high = amount[row, 0], amount[row, 1]
        giver, taker = whole(payer[row]), whole(receiver[row])
        if giver >= 0 and mark[giver] & KNOWN:
            if lots.stained[giver] == 0:
                shrink_floored(lots.amount, giver, high, low)
            elif last == first + 1:
                _take(lots, giver, high, low)
            elif not _is_met(payer, receiver, first, row, giver):
                _move_of(lots, payer, receiver, amount, first, last, giver)
        if taker >= 0 and mark[taker] & KNOWN:
            if lots.stained[taker] == 0:
                grow(lots.amount, taker, high, low)
            elif last == first + 1:
                _put(lots, taker, high, low)
            elif taker != giver and not _is_met(payer, receiver, first, row, taker):
                _move_of(lots, payer, receiver, amount, first, last, taker)


@compiled
def pass_clean(lots: Lots, rows: Rows, mark: Bytes, begin: int, claimed: int) -> int:
    """Moves transfers from a row on as long as they move clean units; gives the row at which that ends.

    Args:
        lots: all.
        rows: of the day.
        mark: of its holdings. One of which nobody asked for the balance yet is left alone.
        begin: the first transfer of a group.
        claimed: the first transfer on which there is a claim.
    """
    payer, receiver, amount, first = rows.payer, rows.receiver, rows.amount, rows.first
    cells, control, head, tail, stained = lots.cells, lots.control, lots.head, lots.tail, lots.stained
    newest_first, count, row = control[NEWEST_FIRST] == 1, len(payer), whole(begin)
    while row < count:
        last = row + 1
        while last < count and first[last] == 0:
            last += 1
        if claimed < last:
            return row
        if first[row] & BEGINS:
            end, followed = row, False
            while end < count and (end == row or (first[end] & BEGINS == 0 and first[end] != FIRST)):
                giver = payer[end]
                followed = followed or (giver >= 0 and mark[giver] & KNOWN != 0 and stained[giver] > 0)
                end += 1
            if claimed < end or (followed and may_move_taint(rows, lots, row, end)):
                return row
        if last == row + 1:
            giver, taker = payer[row], receiver[row]
            gives = giver >= 0 and mark[giver] & KNOWN != 0
            takes = taker >= 0 and mark[taker] & KNOWN != 0
            if not gives and not takes:
                row = last
                continue
            if len(cells) - control[LIVE] < 1:
                return row
            low, high = amount[row, 0], amount[row, 1]
            if gives and stained[giver] == 0:
                shrink_floored(lots.amount, giver, high, low)
            elif gives:
                cell = head[giver]
                if cells[cell, TAG] == ZERO and less2(high, low, cells[cell, HIGH], cells[cell, LOW]):
                    left_high, left_low = sub2(cells[cell, HIGH], cells[cell, LOW], high, low)
                    cells[cell, HIGH] = left_high
                    cells[cell, LOW] = left_low
                    shrink(lots.amount, giver, high, low)
                elif carries(cells, lots.after, whole(cell), high, low):
                    return row
                else:
                    _take(lots, whole(giver), high, low)
            if takes and stained[taker] == 0:
                grow(lots.amount, taker, high, low)
            elif takes:
                cell = head[taker] if newest_first else tail[taker]
                sum_high, sum_low = add2(cells[cell, HIGH], cells[cell, LOW], high, low)
                if cells[cell, TAG] == ZERO and not less2(sum_high, sum_low, high, low):
                    cells[cell, HIGH] = sum_high
                    cells[cell, LOW] = sum_low
                    grow(lots.amount, taker, high, low)
                else:
                    push_clean(lots, whole(taker), high, low)
        else:
            touched, followed = False, False
            for place in range(row, last):
                giver, taker = payer[place], receiver[place]
                if giver >= 0 and mark[giver] & KNOWN != 0:
                    touched = True
                    followed = followed or stained[giver] > 0
                touched = touched or (taker >= 0 and mark[taker] & KNOWN != 0)
            if touched:
                if len(cells) - control[LIVE] < last - row:
                    return row
                if followed and may_move_taint(rows, lots, row, last):
                    return row
                move_clean(lots, rows, mark, row, last)
        row = last
    return row
