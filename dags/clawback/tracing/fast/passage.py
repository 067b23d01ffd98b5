"""The kernel: moves the transfers of a day, one transaction and asset after the other.

Rules:
    Those of `clawback.tracing.transaction`, to the unit. A transaction of one transfer needs no arrivals:
    what its receiver gets stays there.
    The kernel stops before a group for which something may be too small, says what, and goes on from there.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from clawback.tracing.fast.clean import may_move_taint, transaction_end
from clawback.tracing.fast.compiled import compiled, whole
from clawback.tracing.fast.delivery import advance_hand, book_hand, count_hand, write_flows
from clawback.tracing.fast.desk import Desk, Past, asset_of, make_known
from clawback.tracing.fast.index import BEGINS
from clawback.tracing.fast.labels import steal
from clawback.tracing.fast.lots import LIVE, begin, drop_hand, forget, hand_over
from clawback.tracing.fast.passing import pass_clean
from clawback.tracing.fast.payment import clean_in_hand, pay
from clawback.tracing.fast.plan import Quotes, plan
from clawback.tracing.fast.several import move_several
from clawback.tracing.fast.stops import EXCHANGE, FINISHED, MORE_CELLS, MORE_FLOWS, MORE_GROUPS, MORE_SUMS
from clawback.tracing.fast.sums import FIRST_SINK, MEASURE_COUNT, MEASURES
from clawback.tracing.fast.swapped import move_trades, room_for_trades, sums_fit
from clawback.tracing.fast.trades import Trades
from clawback.tracing.fast.wide import ZERO, grow
from clawback.tracing.sinks import BURNED, FEE, UNSEEN_OUTFLOW


@compiled
def _move_one(desk: Desk, row: int, claim: int, claims: int) -> None:
    lots, rows = desk.lots, desk.rows
    payer, receiver = whole(rows.payer[row]), whole(rows.receiver[row])
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
def _know(desk: Desk, past: Past, first: int, last: int) -> None:
    # Taint may reach these holdings now: what they have before this transaction is worked out.
    for row in range(first, last):
        payer, receiver = whole(desk.rows.payer[row]), whole(desk.rows.receiver[row])
        if payer >= 0 and (last > first + 1 or payer == receiver):
            make_known(desk, past, payer, first)
        if receiver >= 0:
            make_known(desk, past, receiver, first)


@compiled
def _exchange(
    desk: Desk, past: Past, trades: Trades, quotes: Quotes, first: int, last: int, stolen: bool
) -> int:
    # Moves a transaction in which assets may be exchanged and taint moves; gives `FINISHED`, or why not.
    rows, lots = desk.rows, desk.lots
    is_planned = not stolen and plan(
        rows, lots, desk.mark, desk.asset_of, past.keys, trades, quotes, first, last
    )
    _know(desk, past, first, last)
    if not is_planned or not sums_fit(desk, trades, first, last):
        return EXCHANGE
    lacking = whole(room_for_trades(desk, trades, first, last))
    if lacking == FINISHED:
        move_trades(desk, trades, first, last)
        desk.done[4] += 1
    return lacking


@compiled
def run(desk: Desk, past: Past, trades: Trades, quotes: Quotes) -> int:
    """Moves transfers from `done[0]` on, to the end of the day or until something is too small."""
    rows, lots, claimed = desk.rows, desk.lots, desk.claims.row
    row, claim = desk.done[0], desk.done[1]
    count = len(rows.payer)
    while True:
        stolen = whole(claimed[claim]) if claim < len(claimed) else count
        row = pass_clean(lots, rows, desk.mark, whole(row), stolen)
        desk.done[0], desk.done[1] = row, claim
        if row == count:
            return FINISHED
        if rows.first[row] & BEGINS:
            last = whole(transaction_end(rows.first, row))
            if stolen < last or may_move_taint(rows, lots, row, last):
                lacking = _exchange(desk, past, trades, quotes, row, last, stolen < last)
                if lacking != FINISHED:
                    return lacking
                row = last
                continue
        last = row + 1
        while last < count and rows.first[last] == 0:
            last += 1
        claims = 0
        while claim + claims < len(claimed) and claimed[claim + claims] < last:
            claims += 1
        if claims > 0 or may_move_taint(rows, lots, row, last):
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


SINK_FACTS: Final = (MEASURES.index(FEE), MEASURES.index(BURNED), MEASURES.index(UNSEEN_OUTFLOW))
"""Facts from 3 on: the measures of receivers -1, -2 and -3."""

assert SINK_FACTS[0] >= FIRST_SINK  # noqa: S101 - outcomes below are no sinks; a changed schema must not pass
