"""Moves one asset through a transaction of several transfers.

Rules:
    An account passes on first what it received in this transaction; what is left of it joins its holding at
    the end. Arrivals are queues of their own, behind those of the day's holdings.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from clawback.tracing.fast.compiled import compiled, whole
from clawback.tracing.fast.delivery import advance_hand, book_hand, count_hand, write_flows
from clawback.tracing.fast.desk import HELD_CODE, PASSED_CODE, Desk, asset_of
from clawback.tracing.fast.labels import steal
from clawback.tracing.fast.lots import (
    LABEL_SHIFT,
    SOURCE,
    TAG,
    begin,
    drop_hand,
    forget,
    hand_over,
    oldest_first,
    push,
    take,
)
from clawback.tracing.fast.payment import clean_in_hand, followers, pay
from clawback.tracing.fast.wide import ZERO, covers, grow, sub2

REMAINS: Final = np.uint64(1 << 63)
OUTCOME_MASK: Final = np.uint64(0xFF)


@compiled
def _party(desk: Desk, holding: int, parties: int) -> int:
    # Makes a holding a party of the transaction; gives how many there are then.
    scratch = desk.scratch
    if scratch.party[holding] >= 0:
        return parties
    scratch.party[holding] = parties
    scratch.holding[parties] = holding
    scratch.followed[parties] = 1 if desk.lots.stained[holding] > 0 else 0
    for limb in range(3):
        scratch.paid[parties, limb] = ZERO
    return parties + 1


@compiled
def gather(desk: Desk, first: int, last: int) -> int:
    """Lists the parties, and the followers of those that may pay more than they have."""
    scratch, rows, amount = desk.scratch, desk.rows, desk.lots.amount
    parties = whole(0)
    for row in range(first, last):
        if rows.payer[row] >= 0:
            parties = whole(_party(desk, whole(rows.payer[row]), parties))
            grow(scratch.paid, scratch.party[rows.payer[row]], rows.amount[row, 1], rows.amount[row, 0])
        if rows.receiver[row] >= 0:
            parties = whole(_party(desk, whole(rows.receiver[row]), parties))
    desk.done[3] = 0
    for party in range(parties):
        holding = whole(scratch.holding[party])
        if scratch.followed[party] == 0:
            continue
        if scratch.paid[party, 2] == ZERO and covers(
            amount, holding, scratch.paid[party, 1], scratch.paid[party, 0]
        ):
            continue
        for place in range(followers(desk, holding)):
            incident = scratch.met[place]
            scratch.hop[incident] = -1
            scratch.follower[desk.done[3]] = np.int64(party) * desk.facts[0] + incident
            desk.done[3] += 1
    return parties


@compiled
def _take_for(desk: Desk, row: int, arrivals: int) -> None:
    # Puts the units of a transfer in hand: from what arrived first, then from the payer's own lots.
    lots, scratch = desk.lots, desk.scratch
    payer = whole(desk.rows.payer[row])
    low, high = desk.rows.amount[row, 0], desk.rows.amount[row, 1]
    if payer < 0:
        clean_in_hand(desk, high, low)
        return
    party = whole(scratch.party[payer])
    queue = arrivals + party
    if covers(lots.amount, queue, high, low):
        take(lots, queue, high, low)
        return
    passed_high, passed_low = lots.amount[queue, 1], lots.amount[queue, 0]
    take(lots, queue, passed_high, passed_low)
    high, low = sub2(high, low, passed_high, passed_low)
    pay(desk, payer, scratch.followed[party] == 1, party, high, low)


@compiled
def name_passed(desk: Desk, first: int, last: int, parties: int, arrivals: int) -> None:
    """Says of flows of which nothing tainted is left where they arrived that they were handed straight on."""
    lots, groups, flows, scratch = desk.lots, desk.groups, desk.flows, desk.scratch
    incidents = desk.facts[0]
    for party in range(parties):
        cell = lots.head[arrivals + party]
        while cell >= 0:
            tag = lots.cells[cell, TAG]
            if tag != ZERO:
                row = np.int64(lots.cells[cell, SOURCE]) - desk.facts[2] - 1
                label = np.int64(tag >> LABEL_SHIFT)
                flow, end = scratch.flow[row - first], scratch.flow[row - first + 1]
                if label <= incidents:
                    _mark_remains(desk, flow, end, label - 1)
                else:
                    number = label - incidents - 1
                    for place in range(groups.start[number], groups.start[number + 1]):
                        _mark_remains(desk, flow, end, groups.member[place, 0])
            cell = lots.after[cell]
    for flow in range(scratch.flow[0], scratch.flow[last - first]):
        code = flows[flow, 5]
        if code & REMAINS:
            flows[flow, 5] = code & ~REMAINS
        elif np.int64(code & OUTCOME_MASK) == HELD_CODE:
            flows[flow, 5] = code | np.uint64(PASSED_CODE)


@compiled
def _mark_remains(desk: Desk, flow: int, end: int, incident: int) -> None:
    for place in range(flow, end):
        if desk.flows[place, 1] == np.uint64(incident):
            desk.flows[place, 5] |= REMAINS
            return


@compiled
def join(desk: Desk, parties: int, arrivals: int) -> None:
    """Lets what is left of the arrivals join the holdings; those without taint are forgotten."""
    lots, scratch = desk.lots, desk.scratch
    for party in range(parties):
        holding, queue = scratch.holding[party], arrivals + party
        scratch.party[holding] = -1
        followed = scratch.followed[party] == 1
        if followed or lots.stained[queue] > 0:
            if not followed:
                begin(lots, holding)
            cell = oldest_first(lots, queue)
            while cell >= 0:
                following = lots.after[cell]
                push(lots, holding, cell)
                cell = following
            lots.head[queue] = -1
        else:
            grow(lots.amount, holding, lots.amount[queue, 1], lots.amount[queue, 0])
            lots.amount[holding, 2] += lots.amount[queue, 2]
            forget(lots, queue)
        lots.tail[queue] = -1
        lots.stained[queue] = 0
        for limb in range(3):
            lots.amount[queue, limb] = ZERO
        if lots.stained[holding] == 0 and lots.head[holding] >= 0:
            forget(lots, holding)


@compiled
def move_several(desk: Desk, first: int, last: int, claim: int) -> None:
    """Moves the transfers of one asset in one transaction, in travel order.

    Args:
        desk: everything in it has room for them.
        first: the first transfer.
        last: one behind the last.
        claim: the first claim on any of them.
    """
    lots, rows, claims, facts = desk.lots, desk.rows, desk.claims, desk.facts
    arrivals = len(desk.mark)
    parties = gather(desk, first, last)
    for row in range(first, last):
        desk.scratch.flow[row - first] = desk.done[2]
        low, high = rows.amount[row, 0], rows.amount[row, 1]
        own_claim = claim
        while claim < len(claims.row) and claims.row[claim] == row:
            claim += 1
        payer, receiver = whole(rows.payer[row]), whole(rows.receiver[row])
        if (high == ZERO and low == ZERO) or (payer < 0 and receiver < 0):
            continue
        asset = asset_of(desk, payer if payer >= 0 else receiver)
        _take_for(desk, row, arrivals)
        for place in range(own_claim, claim):
            steal(
                lots,
                desk.groups,
                desk.sums,
                desk.too_wide,
                facts[0],
                (np.int64(claims.incident[place]), np.int64(asset), np.int64(claims.role[place])),
                (high, low),
                (claims.units[place, 1], claims.units[place, 0]),
            )
        met = count_hand(desk)
        if receiver < 0:
            sink = facts[2 - receiver]
            book_hand(desk, asset, met, sink)
            write_flows(desk, row, met, own_claim, sink)
            drop_hand(lots)
        else:
            advance_hand(desk, row, receiver, met)
            write_flows(desk, row, met, own_claim, -1)
            hand_over(lots, arrivals + desk.scratch.party[receiver])
    desk.scratch.flow[last - first] = desk.done[2]
    name_passed(desk, first, last, parties, arrivals)
    join(desk, parties, arrivals)
