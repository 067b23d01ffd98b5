"""The kernel: moves the transfers of a day, one transaction and asset after the other.

Rules:
    Those of `clawback.tracing.transaction`, to the unit. A transaction of one transfer needs no arrivals:
    what its receiver gets stays there.
    The kernel stops before a group for which something may be too small, says what, and goes on from there.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from clawback.tracing.fast.compiled import Limbs, compiled
from clawback.tracing.fast.delivery import advance_hand, book_hand, count_hand, write_flows
from clawback.tracing.fast.desk import KNOWN, Desk, Past, asset_of, make_known
from clawback.tracing.fast.index import BEGINS, FIRST, Rows
from clawback.tracing.fast.labels import steal
from clawback.tracing.fast.lots import (
    HIGH,
    LIVE,
    LOW,
    TAG,
    Lots,
    begin,
    drop_hand,
    forget,
    hand_over,
    push_clean,
)
from clawback.tracing.fast.payment import clean_in_hand, pay
from clawback.tracing.fast.several import move_several
from clawback.tracing.fast.sums import FIRST_SINK, MEASURE_COUNT, MEASURES
from clawback.tracing.fast.wide import ZERO, grow, less2, shrink, shrink_floored, sub2
from clawback.tracing.sinks import BURNED, FEE, UNSEEN_OUTFLOW

FINISHED: Final = 0
MORE_CELLS: Final = 1
MORE_GROUPS: Final = 2
MORE_SUMS: Final = 3
MORE_FLOWS: Final = 4
EXCHANGE: Final = 5
"""Taint moves in a transaction in which assets may have been exchanged: see `exchanged`."""
MANY: Final = 64
"""Transfers of a transaction beyond which nobody counts whether each payer pays clean units only."""


@compiled
def _moved_clean(lots: Lots, payer: int, receiver: int, high: np.uint64, low: np.uint64) -> bool:
    # Moves clean units where that needs no flow and cuts at most the oldest lot: most transfers are such.
    if payer >= 0:
        if lots.stained[payer] > 0:
            cell = lots.head[payer]
            if lots.cells[cell, TAG] != ZERO or not less2(
                high, low, lots.cells[cell, HIGH], lots.cells[cell, LOW]
            ):
                return False
            left_high, left_low = sub2(lots.cells[cell, HIGH], lots.cells[cell, LOW], high, low)
            lots.cells[cell, HIGH] = left_high
            lots.cells[cell, LOW] = left_low
            shrink(lots.amount, payer, high, low)
        else:
            shrink_floored(lots.amount, payer, high, low)
    if receiver >= 0:
        if lots.stained[receiver] > 0:
            push_clean(lots, receiver, high, low)
        else:
            grow(lots.amount, receiver, high, low)
    return True


@compiled
def _move_one(desk: Desk, row: int, claim: int, claims: int) -> None:
    lots, rows = desk.lots, desk.rows
    payer, receiver = rows.payer[row], rows.receiver[row]
    low, high = rows.amount[row, 0], rows.amount[row, 1]
    if (high == ZERO and low == ZERO) or (payer < 0 and receiver < 0):
        return
    if payer < 0:
        clean_in_hand(desk, high, low)
    else:
        pay(desk, payer, lots.stained[payer] > 0, -1, high, low)
    claim_thefts(desk, claim, claims, payer if payer >= 0 else receiver, high, low)
    met = count_hand(desk)
    if receiver < 0:
        sink = desk.facts[2 - receiver]
        book_hand(desk, asset_of(desk, payer), met, sink)
        write_flows(desk, row, met, claim, sink)
        drop_hand(lots)
    else:
        advance_hand(desk, row, receiver, met)
        stays = False
        for place in range(met):
            stays = stays or desk.scratch.kept[desk.scratch.met[place]] == 1
        write_flows(desk, row, met, claim, -1)
        if stays or lots.stained[receiver] > 0:
            if lots.head[receiver] < 0:
                begin(lots, receiver)
            hand_over(lots, receiver)
        else:
            drop_hand(lots)
            grow(lots.amount, receiver, high, low)
            if lots.head[receiver] >= 0:
                forget(lots, receiver)
    if payer >= 0 and lots.stained[payer] == 0 and lots.head[payer] >= 0:
        forget(lots, payer)


@compiled
def claim_thefts(desk: Desk, claim: int, claims: int, holding: int, high: np.uint64, low: np.uint64) -> None:
    """Marks the units in hand that the claims on their transfer call stolen."""
    units = desk.claims.units
    for place in range(claim, claim + claims):
        steal(
            desk.lots,
            desk.groups,
            desk.sums,
            desk.too_wide,
            desk.facts[0],
            (
                np.int64(desk.claims.incident[place]),
                np.int64(asset_of(desk, holding)),
                np.int64(desk.claims.role[place]),
            ),
            (high, low),
            (units[place, 1], units[place, 0]),
        )


@compiled
def _lacks(desk: Desk, first: int, last: int, claims: int) -> int:
    # What may be too small for the transfers from first to last.
    lots, incidents, count = desk.lots, desk.facts[0], last - first
    if len(desk.flows) - desk.done[2] < count * incidents:
        return MORE_FLOWS
    cells, stained = 16 * count + 2 * claims, 0
    for row in range(first, last):
        if desk.rows.payer[row] >= 0:
            stained += lots.stained[desk.rows.payer[row]]
            cells += 2 * np.int64(lots.amount[desk.rows.payer[row], 2])
        if desk.rows.receiver[row] >= 0:
            cells += 2 * np.int64(lots.amount[desk.rows.receiver[row], 2])
    if len(lots.cells) - lots.control[LIVE] < cells:
        return MORE_CELLS
    if claims > 0 or desk.groups.counts[0] > 0:
        made = (stained + 2 * claims + 2 * count) * (claims + count)
        groups = desk.groups
        if len(groups.start) - 1 - groups.counts[0] < made:
            return MORE_GROUPS
        if len(groups.member) - groups.counts[1] < made * (groups.counts[2] + claims + 1):
            return MORE_GROUPS
    if len(desk.sums.keys) < 2 * (desk.sums.used[0] + incidents * MEASURE_COUNT):
        return MORE_SUMS
    return FINISHED


@compiled
def _carries(lots: Lots, payer: int, high: np.uint64, low: np.uint64) -> bool:
    # Whether a payment takes tainted lots: most payments of a large holding do not.
    cell = lots.head[payer]
    while cell >= 0 and (high != ZERO or low != ZERO):
        if lots.cells[cell, TAG] != ZERO:
            return True
        if less2(high, low, lots.cells[cell, HIGH], lots.cells[cell, LOW]):
            return False
        high, low = sub2(high, low, lots.cells[cell, HIGH], lots.cells[cell, LOW])
        cell = lots.after[cell]
    return False


@compiled
def transaction_end(rows: Rows, first: int) -> int:
    """One behind the last transfer of the transaction with possible exchanges that begins at a row."""
    last = first + 1
    while last < len(rows.first) and rows.first[last] & BEGINS == 0 and rows.first[last] != FIRST:
        last += 1
    return last


@compiled
def _moves_taint(rows: Rows, lots: Lots, paid: Limbs, first: int, last: int) -> bool:
    # Whether some account may pay tainted units of its own. It pays in one go what it pays in all.
    for row in range(first, last):
        payer = rows.payer[row]
        if payer < 0 or lots.stained[payer] == 0:
            continue
        if last == first + 1:
            return _carries(lots, payer, rows.amount[row, 1], rows.amount[row, 0])
        if last - first > MANY:
            return True
        for limb in range(3):
            paid[0, limb] = ZERO
        for other in range(first, last):
            if rows.payer[other] == payer:
                grow(paid, 0, rows.amount[other, 1], rows.amount[other, 0])
        if paid[0, 2] != ZERO or _carries(lots, payer, paid[0, 1], paid[0, 0]):
            return True
    return False


@compiled
def _know(desk: Desk, past: Past, first: int, last: int) -> None:
    # Taint may reach these holdings now: what they have before this transaction is worked out.
    for row in range(first, last):
        payer, receiver = desk.rows.payer[row], desk.rows.receiver[row]
        if payer >= 0 and (last > first + 1 or payer == receiver):
            make_known(desk, past, payer, first)
        if receiver >= 0:
            make_known(desk, past, receiver, first)


@compiled
def run(desk: Desk, past: Past) -> int:
    """Moves transfers from `done[0]` on, to the end of the day or until something is too small."""
    rows, mark, lots = desk.rows, desk.mark, desk.lots
    row, claim = desk.done[0], desk.done[1]
    count = len(rows.payer)
    while row < count:
        last = row + 1
        while last < count and rows.first[last] == 0:
            last += 1
        if rows.first[row] & BEGINS:
            # Most of them move no taint: that is seen here, for calls copy what they are given.
            end, pays = row, False
            while end < count and (
                end == row or (rows.first[end] & BEGINS == 0 and rows.first[end] != FIRST)
            ):
                payer = rows.payer[end]
                pays = pays or (payer >= 0 and mark[payer] & KNOWN != 0 and lots.stained[payer] > 0)
                end += 1
            stolen = claim < len(desk.claims.row) and desk.claims.row[claim] < end
            if stolen or (pays and _moves_taint(rows, lots, desk.scratch.paid, row, end)):
                desk.done[0], desk.done[1] = row, claim
                for place in range(row, end):
                    if rows.payer[place] >= 0:
                        make_known(desk, past, rows.payer[place], row)
                    if rows.receiver[place] >= 0:
                        make_known(desk, past, rows.receiver[place], row)
                return EXCHANGE
        touched, tainted = False, False
        for place in range(row, last):
            payer, receiver = rows.payer[place], rows.receiver[place]
            if payer >= 0 and mark[payer] & KNOWN:
                touched = True
                tainted = tainted or desk.lots.stained[payer] > 0
            if receiver >= 0 and mark[receiver] & KNOWN:
                touched = True
        claims = 0
        while claim + claims < len(desk.claims.row) and desk.claims.row[claim + claims] < last:
            claims += 1
        if (
            touched
            and claims == 0
            and (last == row + 1 or not tainted)
            and len(lots.cells) - lots.control[LIVE] >= last - row
        ):
            # Several transfers of clean units, of which no followed account pays any, need no arrivals.
            for place in range(row, last):
                low, high = rows.amount[place, 0], rows.amount[place, 1]
                touched = not _moved_clean(lots, rows.payer[place], rows.receiver[place], high, low)
        if touched or claims > 0:
            desk.done[0], desk.done[1] = row, claim
            if claims > 0 or (tainted and _moves_taint(rows, lots, desk.scratch.paid, row, last)):
                _know(desk, past, row, last)
            lacking = _lacks(desk, row, last, claims)
            if lacking != FINISHED:
                return lacking
            if last == row + 1:
                _move_one(desk, row, claim, claims)
            else:
                move_several(desk, row, last, claim)
        row = last
        claim += claims
    desk.done[0], desk.done[1] = row, claim
    return FINISHED


SINK_FACTS: Final = (MEASURES.index(FEE), MEASURES.index(BURNED), MEASURES.index(UNSEEN_OUTFLOW))
"""Facts from 3 on: the measures of receivers -1, -2 and -3."""

assert SINK_FACTS[0] >= FIRST_SINK  # noqa: S101 - outcomes below are no sinks; a changed schema must not pass
