"""Moves a planned transaction: its assets in the order in which taint reaches them.

Rules:
    Each asset goes through as in `several`, but that an exchange gives the image of what it received, and
    keeps what it received clean. An asset that is exchanged further comes after all assets that it is
    exchanged for; those that are not exchanged further come last.
    Flows end up in the order of transfers, what was converted of one behind what was not.
"""

from __future__ import annotations

import numpy as np

from clawback.tracing.fast.compiled import compiled, whole
from clawback.tracing.fast.conversions import LEG, OUTCOME_MASK, burn, convert, give_image, pay_unseen
from clawback.tracing.fast.delivery import advance_hand, book_hand, count_hand, step_hand, write_flows
from clawback.tracing.fast.desk import CONVERTED_CODE, HELD_CODE, UNPROVEN_CODE, Desk, asset_of
from clawback.tracing.fast.lots import LABEL_SHIFT, LIVE, TAG, drop_hand, hand_over, take
from clawback.tracing.fast.payment import clean_in_hand, pay
from clawback.tracing.fast.several import gather, join, name_passed
from clawback.tracing.fast.stops import EXCHANGE, FINISHED, MORE_CELLS, MORE_FLOWS, MORE_GROUPS, MORE_SUMS
from clawback.tracing.fast.sums import CONVERTED_IN_MEASURE, MEASURE_COUNT, STOLEN_MEASURE, add_sum
from clawback.tracing.fast.trades import (
    ACCOUNTS,
    BURNT,
    GROUPS,
    NARROW,
    NOBODY,
    START,
    TAKEN,
    Trades,
    received,
)
from clawback.tracing.fast.wide import ZERO, covers, sub2


@compiled
def room_for_trades(desk: Desk, trades: Trades, first: int, last: int) -> int:
    """What is too small for a planned transaction; `EXCHANGE` where it must be handed over."""
    lots, incidents, count = desk.lots, desk.facts[0], last - first
    if 2 * count * incidents > len(desk.flows):
        return EXCHANGE
    if len(desk.flows) - desk.done[2] < 2 * count * incidents:
        return MORE_FLOWS
    # Cut at each transfer; an image has a gap before each lot.
    most = trades.counts[TAKEN] + 2 * count
    cells = 16 * count + (2 * most + 2) * (trades.counts[ACCOUNTS] + 1)
    for row in range(first, last):
        if desk.rows.payer[row] >= 0:
            cells += 2 * np.int64(lots.amount[desk.rows.payer[row], 2])
        if desk.rows.receiver[row] >= 0:
            cells += 2 * np.int64(lots.amount[desk.rows.receiver[row], 2])
    if len(lots.cells) - lots.control[LIVE] < cells:
        return MORE_CELLS
    groups = desk.groups
    if groups.counts[0] > 0:
        if len(groups.start) - 1 - groups.counts[0] < most * count:
            return MORE_GROUPS
        if len(groups.member) - groups.counts[1] < most * count * (groups.counts[2] + 1):
            return MORE_GROUPS
    met = min(incidents, most * max(groups.counts[2], 1))
    if len(desk.sums.keys) < 2 * (desk.sums.used[0] + met * MEASURE_COUNT * trades.counts[GROUPS]):
        return MORE_SUMS
    return FINISHED


@compiled
def _fits(desk: Desk, trades: Trades, incident: int, asset: int) -> bool:
    wide = trades.wide
    for limb in range(3):
        wide[0, limb] = ZERO
    add_sum(desk.sums, incident, asset, STOLEN_MEASURE, wide)
    add_sum(desk.sums, incident, asset, CONVERTED_IN_MEASURE, wide)
    return bool(wide[0, 2] == ZERO and wide[0, 1] < NARROW)


@compiled
def sums_fit(desk: Desk, trades: Trades, first: int, last: int) -> bool:
    """Whether what an incident has of each asset is far from too much, with all that may be converted."""
    incidents = desk.facts[0]
    for row in range(first, last):
        payer = whole(desk.rows.payer[row])
        if trades.giver[row - first] != trades.counts[START] or payer < 0:
            continue
        cell = whole(desk.lots.head[payer])
        while cell >= 0:
            label = whole(desk.lots.cells[cell, TAG] >> LABEL_SHIFT)
            begin, end = whole(0), whole(1)
            if label > incidents:
                begin, end = desk.groups.start[label - incidents - 1], desk.groups.start[label - incidents]
            for account in range(trades.counts[ACCOUNTS] if label > 0 else 0):
                given = trades.gives[account]
                if given < 0:
                    continue
                asset = asset_of(desk, trades.holding[given])
                for place in range(begin, end):
                    incident = label - 1 if label <= incidents else desk.groups.member[place, 0]
                    if not _fits(desk, trades, incident, asset):
                        return False
            cell = whole(desk.lots.after[cell])
    return True


@compiled
def _take_for(desk: Desk, trades: Trades, row: int, place: int, arrivals: int) -> None:
    # Puts the units of a transfer in hand: from what arrived first, then from the payer's own lots.
    lots, scratch = desk.lots, desk.scratch
    payer, account = whole(desk.rows.payer[row]), trades.giver[place]
    low, high = desk.rows.amount[row, 0], desk.rows.amount[row, 1]
    gives = account >= 0 and trades.image[account] >= 0 and trades.gives[account] == trades.group[place]
    if payer >= 0:
        party = whole(scratch.party[payer])
        queue = arrivals + party
        if covers(lots.amount, queue, high, low):
            take(lots, queue, high, low)
            return
        passed_high, passed_low = lots.amount[queue, 1], lots.amount[queue, 0]
        take(lots, queue, passed_high, passed_low)
        high, low = sub2(high, low, passed_high, passed_low)
        if not gives:
            pay(desk, payer, scratch.followed[party] == 1, party, high, low)
            return
        pay_unseen(desk, payer, party, high, low)
    if gives:
        give_image(desk, trades, account, high, low)
    else:
        clean_in_hand(desk, high, low)


@compiled
def _move_row(desk: Desk, trades: Trades, row: int, place: int, burnt: int) -> None:
    rows, lots, arrivals = desk.rows, desk.lots, len(desk.mark)
    payer, receiver, taker = whole(rows.payer[row]), whole(rows.receiver[row]), trades.taker[place]
    _take_for(desk, trades, row, place, arrivals)
    met = count_hand(desk)
    if receiver >= 0:
        advance_hand(desk, row, receiver, met)
        write_flows(desk, row, met, desk.done[1], -1)
        hand_over(lots, arrivals + desk.scratch.party[receiver])
        return
    sink, asset = desk.facts[2 - receiver], asset_of(desk, payer)
    if taker >= 0 and trades.takes[taker] != NOBODY:
        # Burned units are received by the contract where that is an exchange.
        step_hand(desk, row, asset)
        write_flows(desk, row, met, desk.done[1], sink)
        hand_over(lots, burnt)
    else:
        book_hand(desk, asset, met, sink)
        write_flows(desk, row, met, desk.done[1], sink)
        drop_hand(lots)


@compiled
def _name_unproven(desk: Desk, trades: Trades, first: int, begin: int, end: int, group: int) -> None:
    # Of what is left with an account that gave something else for it without proof.
    for row in range(begin, end):
        taker = trades.taker[row - first]
        if taker < 0 or trades.unproven[taker] == 0 or not received(trades, taker, group):
            continue
        for flow in range(desk.scratch.flow[row - begin], desk.scratch.flow[row - begin + 1]):
            if whole(desk.flows[flow, 5] & OUTCOME_MASK) == HELD_CODE:
                desk.flows[flow, 5] |= np.uint64(UNPROVEN_CODE)


@compiled
def _move_asset(desk: Desk, trades: Trades, first: int, group: int) -> None:
    begin, end = first + trades.begin[group], first + trades.begin[group + 1]
    rows, arrivals = desk.rows, len(desk.mark)
    trades.moved[group] = 1
    parties = whole(gather(desk, begin, end))
    for row in range(begin, end):
        desk.scratch.flow[row - begin] = desk.done[2]
        moves = rows.amount[row, 0] != ZERO or rows.amount[row, 1] != ZERO
        if moves and (rows.payer[row] >= 0 or rows.receiver[row] >= 0):
            _move_row(desk, trades, row, row - first, arrivals + parties)
    desk.scratch.flow[end - begin] = desk.done[2]
    for account in range(trades.counts[ACCOUNTS]):
        if trades.takes[account] == group and trades.gives[account] >= 0:
            for row in range(begin, end):
                # What it received lies with its holding in this asset, or was burned.
                if trades.taker[row - first] == account:
                    queue = arrivals + parties
                    if rows.receiver[row] >= 0:
                        queue = arrivals + desk.scratch.party[rows.receiver[row]]
                    convert(desk, trades, account, begin, queue)
                    break
    name_passed(desk, begin, end, parties, arrivals)
    _name_unproven(desk, trades, first, begin, end, group)
    if desk.lots.head[arrivals + parties] >= 0:
        burn(desk, asset_of(desk, trades.holding[group]), arrivals + parties, desk.facts[2 - BURNT])
    join(desk, parties, arrivals)


@compiled
def _is_exchanged(trades: Trades, group: int) -> bool:
    for account in range(trades.counts[ACCOUNTS]):
        if trades.takes[account] != NOBODY and received(trades, account, group):
            return True
    return False


@compiled
def _put_in_order(desk: Desk, begun: int, first: int, last: int) -> None:
    # By transfer; of flows that were converted whole only what they became is left.
    made, flows = desk.flows[begun : desk.done[2]].copy(), desk.flows
    place = begun
    for row in range(first, last):
        for flow in range(len(made)):
            if made[flow, 0] != np.uint64(row):
                continue
            is_leg = whole(made[flow, 5] & OUTCOME_MASK) == CONVERTED_CODE
            if not is_leg and made[flow, LEG] != ZERO:
                if made[flow, 3] == ZERO and made[flow, 4] == ZERO:
                    continue
                made[flow, LEG] = ZERO
            for column in range(made.shape[1]):
                flows[place, column] = made[flow, column]
            place += 1
    desk.done[2] = place


@compiled
def move_trades(desk: Desk, trades: Trades, first: int, last: int) -> None:
    """Moves a planned transaction.

    Args:
        desk: everything in it has room.
        trades: the plan.
        first: the first transfer.
        last: one behind the last.
    """
    begun, groups = desk.done[2], trades.counts[GROUPS]
    for depth in range(groups):
        for group in range(groups):
            if trades.depth[group] == depth and _is_exchanged(trades, group):
                _move_asset(desk, trades, first, whole(group))
    for group in range(groups):
        if trades.moved[group] == 0:
            _move_asset(desk, trades, first, whole(group))
    _put_in_order(desk, begun, first, last)
