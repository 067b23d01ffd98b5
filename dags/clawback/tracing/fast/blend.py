"""Moves a transfer that is alone in its transaction, under haircut or poison, from stake to stake.

Rules:
    Those of `own_passage`, to the unit. Under these methods a holding is what its stake says of it, and what
    its balance says of the rest.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clawback.tracing.fast.compiled import Bytes, Limbs, Longs, Places, compiled, whole
from clawback.tracing.fast.delivery import DUST_MEASURE
from clawback.tracing.fast.desk import EXIT, HELD_CODE, Desk, Exits, exit_of
from clawback.tracing.fast.index import Rows
from clawback.tracing.fast.own_desk import Own
from clawback.tracing.fast.pro_rata import set_balance, share_of
from clawback.tracing.fast.stakes import HAIRCUT, INCIDENT, NEXT, VALUE, add_stake, drop_stake
from clawback.tracing.fast.sums import UNSEEN_MEASURE, Sums, book
from clawback.tracing.fast.wide import ZERO, add2, covers, less2, sub2


class Blend(NamedTuple):
    """What such a transfer needs of the desk and the stakes, and no more: it is called for most transfers."""

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
def move_blend(blend: Blend, row: int) -> None:
    """Moves a transfer for all incidents that its payer has stakes of; balances are not moved.

    Args:
        blend: there is room for a flow, a stake, and sums, for each stake of the payer.
        row: the transfer; its payer is followed and not its receiver, its amount is not 0, no claim is on it.
    """
    node, tainted, sums = blend.node, blend.tainted, blend.sums
    payer, receiver = whole(blend.rows.payer[row]), whole(blend.rows.receiver[row])
    low, high = blend.rows.amount[row, 0], blend.rows.amount[row, 1]
    is_haircut = blend.rule == HAIRCUT
    day_asset = whole(blend.asset_of[payer])
    asset = whole(blend.asset_number[day_asset])
    limit_low, limit_high = blend.dust[day_asset, 0], blend.dust[day_asset, 1]
    own_low, own_high = blend.amount[payer, 0], blend.amount[payer, 1]
    is_unseen = not covers(blend.amount, payer, high, low)
    empties = is_unseen or (blend.amount[payer, 2] == ZERO and own_high == high and own_low == low)
    ends = receiver < 0 or blend.mark[receiver] & EXIT != 0 or blend.facts[1] > 0
    if is_haircut and not empties:
        set_balance(blend.work, blend.amount, payer)
    left, before = whole(-1), whole(-1)
    stake = whole(blend.head[payer])
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
            drop_stake(node, blend.control, blend.head, blend.stained, payer, left, stake)
        else:
            left = stake
        code = -1
        if ends:
            code = _ended(blend, row, receiver, incident, hop, asset, (units_high, units_low))
        if code < 0:
            code = HELD_CODE
            reached = whole(blend.head[receiver]) if before < 0 else whole(node[before, NEXT])
            while reached >= 0 and node[reached, INCIDENT] < incident:
                before = reached
                reached = whole(node[reached, NEXT])
            if reached >= 0 and node[reached, INCIDENT] == incident:
                node[reached, VALUE] = min(whole(node[reached, VALUE]), hop + 1)
                if is_haircut:
                    sum_high, sum_low = add2(tainted[reached, 1], tainted[reached, 0], units_high, units_low)
                    tainted[reached, 0] = sum_low
                    tainted[reached, 1] = sum_high
                before = reached
            elif is_haircut and not less2(limit_high, limit_low, units_high, units_low):
                book(sums, incident, asset, DUST_MEASURE, units_high, units_low)
                code = DUST_MEASURE
            else:
                before = add_stake(node, blend.control, blend.head, blend.stained, receiver, before, incident)
                node[before, VALUE] = hop + 1
                if is_haircut:
                    tainted[before, 0] = units_low
                    tainted[before, 1] = units_high
        write_flow(blend.flows, blend.done, row, incident, hop, (units_high, units_low), code)
        stake = following
