"""Ends a transaction in the eyes of one incident: names outcomes, and lets what arrived join the piles."""

from __future__ import annotations

import numpy as np

from clawback.tracing.fast.compiled import compiled, whole
from clawback.tracing.fast.delivery import DUST_MEASURE
from clawback.tracing.fast.desk import HELD_CODE, PASSED_CODE, Desk, asset_of
from clawback.tracing.fast.lots import SOURCE
from clawback.tracing.fast.own_desk import Own, within_limit
from clawback.tracing.fast.own_lots import TAINTED, free_pile, new_pile, put_wide
from clawback.tracing.fast.own_takes import pour
from clawback.tracing.fast.several import OUTCOME_MASK, REMAINS
from clawback.tracing.fast.stakes import add_stake, drop_stake, fold, spread
from clawback.tracing.fast.sums import book
from clawback.tracing.fast.wide import ZERO


@compiled
def name_passed(desk: Desk, own: Own, first: int, last: int, count: int) -> None:
    """Says of flows of which nothing tainted is left where they arrived that they were handed straight on."""
    flows, parties, lots = desk.flows, own.parties, desk.lots
    for party in range(count):
        arrived = parties.arrived[party]
        cell = whole(-1) if arrived < 0 else whole(own.stakes.piles.ends[arrived, TAINTED])
        while cell >= 0:
            row = whole(lots.cells[cell, SOURCE]) - desk.facts[2] - 1
            flows[parties.flow[row - first], 5] |= REMAINS
            cell = whole(lots.after[cell])
    for flow in range(parties.flow[0], parties.flow[last - first]):
        code = flows[flow, 5]
        if code & REMAINS:
            flows[flow, 5] = code & ~REMAINS
        elif whole(code & OUTCOME_MASK) == HELD_CODE:
            flows[flow, 5] = code | np.uint64(PASSED_CODE)


@compiled
def _cut_off(desk: Desk, own: Own, first: int, last: int, party: int) -> None:
    # Says of what was brought to a holding whose taint was too little to follow that it is dust.
    flows = desk.flows
    for row in range(first, last):
        receiver = desk.rows.receiver[row]
        flow = own.parties.flow[row - first]
        if receiver < 0 or own.parties.party[receiver] != party or flow == own.parties.flow[row - first + 1]:
            continue
        if whole(flows[flow, 5] & OUTCOME_MASK) == HELD_CODE:
            flows[flow, 5] |= np.uint64(DUST_MEASURE)


@compiled
def _settle(desk: Desk, own: Own, incident: int, first: int, last: int, party: int) -> None:
    # Forgets a stake whose taint has fallen to 0, or to no more than the dust limit of its asset.
    stakes, parties, piles = own.stakes, own.parties, own.stakes.piles
    home, stake = whole(parties.home[party]), whole(parties.stake[party])
    holding = whole(parties.holding[party])
    limit = desk.asset_of[holding]
    if piles.tainted[home, 2] != ZERO or not within_limit(own.dust, limit, piles.tainted, home):
        fold(stakes, desk.lots, stake, home)
        parties.previous[party] = stake
        return
    high, low = piles.tainted[home, 1], piles.tainted[home, 0]
    if high != ZERO or low != ZERO:
        book(desk.sums, incident, asset_of(desk, holding), DUST_MEASURE, high, low)
        _cut_off(desk, own, first, last, party)
    free_pile(piles, desk.lots, home)
    previous, lots = whole(parties.previous[party]), desk.lots
    drop_stake(stakes.node, stakes.control, lots.head, lots.stained, holding, previous, stake)


@compiled
def join(desk: Desk, own: Own, incident: int, first: int, last: int, count: int) -> None:
    """Lets what is left of the arrivals join the piles, and forgets stakes without taint."""
    lots, stakes, parties = desk.lots, own.stakes, own.parties
    piles = stakes.piles
    for party in range(count):
        arrived = whole(parties.arrived[party])
        if arrived >= 0:
            if parties.home[party] < 0 and piles.ends[arrived, TAINTED] >= 0:
                holding, before = whole(parties.holding[party]), whole(parties.previous[party])
                parties.stake[party] = add_stake(
                    stakes.node, stakes.control, lots.head, lots.stained, holding, before, incident
                )
                parties.home[party] = new_pile(piles)
                put_wide(piles, lots, whole(parties.home[party]), parties.own, party, ZERO)
            if parties.home[party] >= 0:
                pour(piles, lots, whole(parties.home[party]), arrived)
                spread(stakes, lots, whole(parties.home[party]))
            else:
                free_pile(piles, lots, arrived)
        if parties.home[party] >= 0:
            _settle(desk, own, incident, first, last, party)
