"""Moves transfers that are alone in their transaction, under haircut or poison, from stake to stake.

Rules:
    Those of `own_passage`, to the unit. Under these methods a holding is what its stake says of it, and what
    its balance says of the rest.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clawback.tracing.fast.clean import transaction_end
from clawback.tracing.fast.compiled import Bytes, Limbs, Longs, Places, compiled, whole
from clawback.tracing.fast.delivery import DUST_MEASURE
from clawback.tracing.fast.desk import (
    EXIT,
    HELD_CODE,
    KNOWN,
    MANY_KNOWN,
    Desk,
    Exits,
    Past,
    exit_of,
    make_all_known,
    open_holding,
)
from clawback.tracing.fast.index import BEGINS, Rows
from clawback.tracing.fast.own_desk import Own
from clawback.tracing.fast.pro_rata import set_balance, share_of
from clawback.tracing.fast.stakes import (
    HAIRCUT,
    INCIDENT,
    LIVE_STAKES,
    NEXT,
    VALUE,
    add_stake,
    drop_stake,
)
from clawback.tracing.fast.stops import FINISHED, MORE_FLOWS, MORE_STAKES, MORE_SUMS, NOT_SIMPLE
from clawback.tracing.fast.sums import MEASURE_COUNT, UNSEEN_MEASURE, Sums, book
from clawback.tracing.fast.wide import ZERO, add2, covers, grow, less2, shrink_floored, sub2


class Blend(NamedTuple):
    """What such transfers need of the desk and the stakes."""

    rows: Rows
    mark: Bytes
    head: Places
    stained: Places
    amount: Limbs
    node: Places
    tainted: Limbs
    control: Longs
    work: Limbs
    dust: Limbs
    asset_of: Places
    asset_number: Places
    flows: Limbs
    done: Longs
    facts: Longs
    unseen: Longs
    sums: Sums
    exits: Exits
    rule: int


@compiled
def blend_of(desk: Desk, own: Own) -> Blend:
    """The parts of both."""
    stakes, lots = own.stakes, desk.lots
    return Blend(
        desk.rows,
        desk.mark,
        lots.head,
        lots.stained,
        lots.amount,
        stakes.node,
        stakes.tainted,
        stakes.control,
        stakes.work,
        own.dust,
        desk.asset_of,
        desk.asset_number,
        desk.flows,
        desk.done,
        desk.facts,
        desk.unseen,
        desk.sums,
        desk.exits,
        stakes.rule,
    )


@compiled
def write_flow(
    flows: Limbs,
    done: Longs,
    row: int,
    incident: int,
    hop: int,
    units: tuple[np.uint64, np.uint64],
    code: int,
) -> None:
    """Writes a flow; there is room for it, and units come high limb first."""
    flow = done[2]
    done[2] = flow + 1
    flows[flow, 0] = np.uint64(row)
    flows[flow, 1] = np.uint64(incident)
    flows[flow, 2] = np.uint64(hop)
    flows[flow, 3] = units[1]
    flows[flow, 4] = units[0]
    flows[flow, 5] = np.uint64(code)
    for column in range(6, flows.shape[1]):
        flows[flow, column] = ZERO


@compiled
def _ended(
    blend: Blend,
    row: int,
    receiver: int,
    incident: int,
    hop: int,
    asset: int,
    units: tuple[np.uint64, np.uint64],
) -> int:
    # Books units that are followed no further than this transfer; gives the code of its flow, -1 for others.
    code = -1
    if receiver < 0:
        code = whole(blend.facts[2 - receiver])
    elif blend.mark[receiver] & EXIT:
        place = whole(exit_of(blend.exits, blend.facts[0], row, receiver, incident))
        if place >= 0:
            sink = whole(blend.exits.sink[place])
            book(blend.sums, incident, asset, sink, units[0], units[1])
            return sink | (place + 1) << 16
    if code < 0 and blend.facts[1] > 0 and hop > blend.facts[1]:
        code = DUST_MEASURE
    if code >= 0:
        book(blend.sums, incident, asset, code, units[0], units[1])
    return code


@compiled
def _lacks(blend: Blend, most: int) -> int:
    # What may be too small for a transfer that so many incidents follow.
    if len(blend.flows) - blend.done[2] < most:
        return MORE_FLOWS
    if len(blend.node) - blend.control[LIVE_STAKES] < most:
        return MORE_STAKES
    if len(blend.sums.keys) < 2 * (blend.sums.used[0] + most * MEASURE_COUNT):
        return MORE_SUMS
    return FINISHED


@compiled
def _pays_tainted(payer: Places, stained: Places, first: int, last: int) -> bool:
    for row in range(first, last):  # noqa: SIM110 - a generator is not compiled
        if payer[row] >= 0 and stained[payer[row]] > 0:
            return True
    return False


@compiled
def pass_blends(blend: Blend, past: Past, begin: int, claimed: int) -> int:
    """Moves transfers from a row on, as long as taint moves in such as are alone in their transaction.

    All of it is one function on single arrays: compiled calls copy what they are given, and under poison
    most transfers of a day come by here.

    Args:
        blend: what is needed.
        past: what tells balances.
        begin: the first transfer of a group.
        claimed: the next transfer with a claim; one behind the last where there is none.

    Returns:
        `FINISHED` before the group of the claimed transfer, `NOT_SIMPLE` before one that needs all rules, or
        what is too small. `done[0]` is the row that comes next.
    """
    mark, head, stained, amount, done = blend.mark, blend.head, blend.stained, blend.amount, blend.done
    payers, receivers, paid, first = (
        blend.rows.payer,
        blend.rows.receiver,
        blend.rows.amount,
        blend.rows.first,
    )
    node, tainted, control, sums, flows = blend.node, blend.tainted, blend.control, blend.sums, blend.flows
    is_haircut, hop_limit = blend.rule == HAIRCUT, whole(blend.facts[1])
    row, count = begin, len(payers)
    while row < claimed:
        done[0] = row
        last = row + 1
        if first[row] & BEGINS:
            last = whole(transaction_end(first, row))
        else:
            while last < count and first[last] == 0:
                last += 1
        if last > claimed:
            return NOT_SIMPLE
        if done[5] >= 0 and done[5] * MANY_KNOWN >= len(mark):
            make_all_known(mark, blend.rows, amount, past, done, row)
        payer, receiver = whole(payers[row]), whole(receivers[row])
        low, high = paid[row, 0], paid[row, 1]
        if last > row + 1 or payer == receiver:
            if _pays_tainted(payers, stained, row, last):
                return NOT_SIMPLE
        elif payer >= 0 and stained[payer] > 0 and (low != ZERO or high != ZERO):
            lacking = whole(_lacks(blend, whole(stained[payer])))
            if lacking != FINISHED:
                return lacking
            day_asset = whole(blend.asset_of[payer])
            asset = whole(blend.asset_number[day_asset])
            limit_low, limit_high = blend.dust[day_asset, 0], blend.dust[day_asset, 1]
            own_low, own_high = amount[payer, 0], amount[payer, 1]
            is_unseen = not covers(amount, payer, high, low)
            empties = is_unseen or (amount[payer, 2] == ZERO and own_high == high and own_low == low)
            ends = receiver < 0 or mark[receiver] & EXIT != 0 or hop_limit > 0
            if is_haircut and not empties:
                set_balance(blend.work, amount, payer)
            left, before = whole(-1), whole(-1)
            stake = whole(head[payer])
            while stake >= 0:
                following = whole(node[stake, NEXT])
                incident, hop = whole(node[stake, INCIDENT]), whole(node[stake, VALUE])
                if is_unseen:
                    unseen_high, unseen_low = sub2(high, low, own_high, own_low)
                    blend.unseen[incident] += 1
                    book(sums, incident, asset, UNSEEN_MEASURE, unseen_high, unseen_low)
                units_high, units_low, drops = high, low, empties
                if is_haircut:
                    units_high, units_low = tainted[stake, 1], tainted[stake, 0]
                    if not empties:
                        units_high, units_low = share_of(blend.work, high, low, units_high, units_low)
                        if units_high == ZERO and units_low == ZERO:
                            left = stake
                            stake = following
                            continue
                    left_high, left_low = sub2(tainted[stake, 1], tainted[stake, 0], units_high, units_low)
                    tainted[stake, 0] = left_low
                    tainted[stake, 1] = left_high
                    drops = not less2(limit_high, limit_low, left_high, left_low)
                    if drops:
                        book(sums, incident, asset, DUST_MEASURE, left_high, left_low)
                if drops:
                    drop_stake(node, control, head, stained, payer, left, stake)
                else:
                    left = stake
                code = whole(-1)
                if ends:
                    code = _ended(blend, row, receiver, incident, hop, asset, (units_high, units_low))
                if code < 0:
                    code = whole(HELD_CODE)
                    reached = whole(head[receiver]) if before < 0 else whole(node[before, NEXT])
                    while reached >= 0 and node[reached, INCIDENT] < incident:
                        before = reached
                        reached = whole(node[reached, NEXT])
                    if reached >= 0 and node[reached, INCIDENT] == incident:
                        node[reached, VALUE] = min(whole(node[reached, VALUE]), hop + 1)
                        if is_haircut:
                            sum_high, sum_low = add2(
                                tainted[reached, 1], tainted[reached, 0], units_high, units_low
                            )
                            tainted[reached, 0] = sum_low
                            tainted[reached, 1] = sum_high
                        before = reached
                    elif is_haircut and not less2(limit_high, limit_low, units_high, units_low):
                        book(sums, incident, asset, DUST_MEASURE, units_high, units_low)
                        code = whole(DUST_MEASURE)
                    else:
                        before = add_stake(node, control, head, stained, receiver, before, incident)
                        node[before, VALUE] = hop + 1
                        if is_haircut:
                            tainted[before, 0] = units_low
                            tainted[before, 1] = units_high
                write_flow(flows, done, row, incident, hop, (units_high, units_low), code)
                stake = following
            if receiver >= 0 and stained[receiver] > 0 and not mark[receiver] & KNOWN:
                open_holding(mark, paid, amount, past, done, receiver, row)
        for place in range(row, last):
            low, high = paid[place, 0], paid[place, 1]
            payer, receiver = whole(payers[place]), whole(receivers[place])
            if payer >= 0 and mark[payer] & KNOWN:
                shrink_floored(amount, payer, high, low)
            if receiver >= 0 and mark[receiver] & KNOWN:
                grow(amount, receiver, high, low)
        row = last
    done[0] = row
    return FINISHED
