"""Moves one asset through one transaction in the eyes of one incident after the other.

Rules:
    Those of `clawback.tracing.transaction`, to the unit, for the methods under which each incident has lots
    of its own. An account passes on first what it received in this transaction, and takes from its own pile
    only what is missing; what is left of the arrivals joins its pile at the end.
"""

from __future__ import annotations

from clawback.tracing.fast.compiled import compiled, whole
from clawback.tracing.fast.delivery import advance_hand, book_hand, count_hand, write_flows
from clawback.tracing.fast.desk import Desk, asset_of
from clawback.tracing.fast.labels import steal
from clawback.tracing.fast.lots import drop_hand
from clawback.tracing.fast.own_desk import NO_INCIDENT, Own, enter, next_incident, unfold_all
from clawback.tracing.fast.own_join import join, name_passed
from clawback.tracing.fast.own_lots import new_pile
from clawback.tracing.fast.payment import clean_in_hand
from clawback.tracing.fast.stakes import receive_clean, receive_hand, take_by_rule
from clawback.tracing.fast.sums import UNSEEN_MEASURE, book
from clawback.tracing.fast.wide import ZERO, covers, shrink_floored, sub2


@compiled
def _take(desk: Desk, own: Own, incident: int, row: int) -> None:
    # Puts the units of a transfer in hand: from what arrived first, then from the payer's own pile.
    lots, stakes, parties = desk.lots, own.stakes, own.parties
    payer = desk.rows.payer[row]
    low, high = desk.rows.amount[row, 0], desk.rows.amount[row, 1]
    if payer < 0:
        clean_in_hand(desk, high, low)
        return
    piles = stakes.piles
    party = parties.party[payer]
    arrived = whole(parties.arrived[party])
    if arrived >= 0:
        if covers(piles.amount, arrived, high, low):
            take_by_rule(stakes, lots, arrived, high, low)
            return
        passed_high, passed_low = piles.amount[arrived, 1], piles.amount[arrived, 0]
        take_by_rule(stakes, lots, arrived, passed_high, passed_low)
        high, low = sub2(high, low, passed_high, passed_low)
    home = whole(parties.home[party])
    if home < 0:
        shrink_floored(parties.own, party, high, low)
        clean_in_hand(desk, high, low)
        return
    if not covers(piles.amount, home, high, low):
        unseen_high, unseen_low = sub2(high, low, piles.amount[home, 1], piles.amount[home, 0])
        desk.unseen[incident] += 1
        book(desk.sums, incident, asset_of(desk, payer), UNSEEN_MEASURE, unseen_high, unseen_low)
        receive_clean(stakes, lots, home, unseen_high, unseen_low)
    take_by_rule(stakes, lots, home, high, low)


@compiled
def _claim(desk: Desk, incident: int, row: int, claim: int, asset: int) -> None:
    # Marks the units in hand that the incident's claim on their transfer calls stolen.
    claims, units, place = desk.claims, desk.claims.units, claim
    amount = (desk.rows.amount[row, 1], desk.rows.amount[row, 0])
    while place < len(claims.row) and claims.row[place] == row:
        if claims.incident[place] == incident:
            steal(
                desk.lots,
                desk.groups,
                desk.sums,
                desk.too_wide,
                desk.facts[0],
                (whole(incident), whole(asset), whole(claims.role[place])),
                amount,
                (units[place, 1], units[place, 0]),
            )
        place += 1


@compiled
def _move_row(desk: Desk, own: Own, incident: int, row: int, claim: int) -> None:
    lots, stakes, parties = desk.lots, own.stakes, own.parties
    payer, receiver = desk.rows.payer[row], desk.rows.receiver[row]
    asset = asset_of(desk, payer if payer >= 0 else receiver)
    _take(desk, own, incident, row)
    _claim(desk, incident, row, claim, asset)
    met = count_hand(desk)
    if receiver < 0:
        sink = desk.facts[2 - receiver]
        book_hand(desk, asset, met, sink)
        write_flows(desk, row, met, claim, sink)
        drop_hand(lots)
        return
    advance_hand(desk, row, receiver, met)
    write_flows(desk, row, met, claim, -1)
    party = parties.party[receiver]
    if parties.arrived[party] < 0:
        parties.arrived[party] = new_pile(stakes.piles)
    receive_hand(stakes, lots, whole(parties.arrived[party]))


@compiled
def move_own(desk: Desk, own: Own, first: int, last: int, claim: int, claims: int) -> None:
    """Moves the transfers of one asset in one transaction, in travel order, for every incident concerned.

    Args:
        desk: everything in it has room for them.
        own: likewise.
        first: the first transfer.
        last: one behind the last.
        claim: the first claim on any of them.
        claims: how many there are. Balances are not moved.
    """
    rows, parties = desk.rows, own.parties
    count = 0
    for row in range(first, last):
        if rows.payer[row] >= 0:
            count = enter(desk, parties, rows.payer[row], count)
        if rows.receiver[row] >= 0:
            count = enter(desk, parties, rows.receiver[row], count)
    incident = next_incident(desk, own, count, claim, claims, -1)
    while incident < NO_INCIDENT:
        unfold_all(desk, own, count, incident)
        own_claim = claim
        for row in range(first, last):
            parties.flow[row - first] = desk.done[2]
            while own_claim < claim + claims and desk.claims.row[own_claim] < row:
                own_claim += 1
            moves = rows.amount[row, 0] != ZERO or rows.amount[row, 1] != ZERO
            if moves and (rows.payer[row] >= 0 or rows.receiver[row] >= 0):
                _move_row(desk, own, incident, row, own_claim)
        parties.flow[last - first] = desk.done[2]
        name_passed(desk, own, first, last, count)
        join(desk, own, incident, first, last, count)
        incident = next_incident(desk, own, count, claim, claims, incident)
    for party in range(count):
        parties.party[parties.holding[party]] = -1
