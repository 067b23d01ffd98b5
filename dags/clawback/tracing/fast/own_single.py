"""Moves a transfer that is alone in its transaction, where that needs no lots in hand: as most do.

Rules:
    Those of `own_passage`, to the unit. Under haircut and poison a holding is what its stake says of it, so
    the units go from stake to stake. Under dirty_first and clean_first so do clean ones.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from clawback.tracing.fast.compiled import compiled, whole
from clawback.tracing.fast.delivery import DUST_MEASURE
from clawback.tracing.fast.desk import EXIT, HELD_CODE, Desk, Past, asset_of, exit_of, make_known
from clawback.tracing.fast.lots import Lots
from clawback.tracing.fast.own_desk import Own, within_limit
from clawback.tracing.fast.own_lots import drop_clean, put_units
from clawback.tracing.fast.pro_rata import share_of
from clawback.tracing.fast.stakes import (
    CLEAN_FIRST,
    HAIRCUT,
    INCIDENT,
    NEXT,
    VALUE,
    Stakes,
    add_stake,
    drop_stake,
    is_blend,
)
from clawback.tracing.fast.sums import UNSEEN_MEASURE, book
from clawback.tracing.fast.wide import ZERO, add2, covers, shrink, sub2


class Paid(NamedTuple):
    """A payment: the transfer, its amount, and whether it leaves its holding empty."""

    row: int
    high: np.uint64
    low: np.uint64
    empties: bool


@compiled
def _has_clean(stakes: Stakes, pile: int, high: np.uint64, low: np.uint64) -> bool:
    # Whether a pile has so many clean units.
    units, piles = stakes.units, stakes.piles
    for limb in range(3):
        units[0, limb] = piles.amount[pile, limb]
    shrink(units, 0, piles.tainted[pile, 1], piles.tainted[pile, 0])
    return covers(units, 0, high, low)


@compiled
def moved_clean(desk: Desk, stakes: Stakes, row: int) -> bool:
    """Moves a transfer between piles, if all that it moves is clean for every incident.

    Args:
        desk: there are free cells, one for each stake of the receiver.
        stakes: under dirty_first or clean_first.
        row: the transfer; balances are not moved.

    Returns:
        Whether it was moved.
    """
    lots, piles = desk.lots, stakes.piles
    payer, receiver = desk.rows.payer[row], desk.rows.receiver[row]
    low, high = desk.rows.amount[row, 0], desk.rows.amount[row, 1]
    if payer >= 0 and lots.stained[payer] > 0:
        if stakes.rule != CLEAN_FIRST:
            return False
        stake = whole(lots.head[payer])
        while stake >= 0:
            if not _has_clean(stakes, whole(stakes.node[stake, VALUE]), high, low):
                return False
            stake = whole(stakes.node[stake, NEXT])
        stake = whole(lots.head[payer])
        while stake >= 0:
            drop_clean(piles, lots, whole(stakes.node[stake, VALUE]), high, low)
            stake = whole(stakes.node[stake, NEXT])
    if receiver >= 0 and lots.stained[receiver] > 0:
        stake = whole(lots.head[receiver])
        while stake >= 0:
            put_units(piles, lots, whole(stakes.node[stake, VALUE]), high, low, ZERO)
            stake = whole(stakes.node[stake, NEXT])
    return True


@compiled
def _write_flow(
    desk: Desk, row: int, incident: int, hop: int, high: np.uint64, low: np.uint64, code: int
) -> None:
    flow = desk.done[2]
    desk.done[2] = flow + 1
    desk.flows[flow, 0] = np.uint64(row)
    desk.flows[flow, 1] = np.uint64(incident)
    desk.flows[flow, 2] = np.uint64(hop)
    desk.flows[flow, 3] = low
    desk.flows[flow, 4] = high
    desk.flows[flow, 5] = np.uint64(code)
    for column in range(6, desk.flows.shape[1]):
        desk.flows[flow, column] = ZERO


@compiled
def _carried(desk: Desk, stakes: Stakes, stake: int, payer: int, paid: Paid) -> tuple[np.uint64, np.uint64]:
    # The tainted units of a payment.
    if stakes.rule != HAIRCUT:
        return paid.high, paid.low
    tainted = (stakes.tainted[stake, 1], stakes.tainted[stake, 0])
    if paid.empties:
        return tainted
    return share_of(stakes.work, (paid.high, paid.low), tainted, desk.lots.amount, payer)


@compiled
def _lessen(
    desk: Desk,
    own: Own,
    payer: int,
    before: int,
    stake: int,
    units: tuple[np.uint64, np.uint64],
    empties: bool,
) -> int:
    # Takes units off the payer's stake; gives the last stake that is left up to here.
    stakes = own.stakes
    if stakes.rule == HAIRCUT:
        high, low = sub2(stakes.tainted[stake, 1], stakes.tainted[stake, 0], units[0], units[1])
        stakes.tainted[stake, 1] = high
        stakes.tainted[stake, 0] = low
        if not within_limit(own.dust, desk.asset_of[payer], stakes.tainted, stake):
            return stake
        incident = whole(stakes.node[stake, INCIDENT])
        book(desk.sums, incident, asset_of(desk, payer), DUST_MEASURE, high, low)
    elif not empties:
        return stake
    drop_stake(stakes, desk.lots, payer, before, stake)
    return before


@compiled
def _ends_at(
    desk: Desk,
    row: int,
    receiver: int,
    incident: int,
    hop: int,
    asset: int,
    units: tuple[np.uint64, np.uint64],
) -> int:
    # Books units that are not followed beyond the transfer; gives the code of its flow, -1 where they are.
    if receiver < 0:
        sink = whole(desk.facts[2 - receiver])
        book(desk.sums, incident, asset, sink, units[0], units[1])
        return sink
    if desk.mark[receiver] & EXIT:
        found = whole(exit_of(desk.exits, desk.facts[0], row, receiver, incident))
        if found >= 0:
            sink = whole(desk.exits.sink[found])
            book(desk.sums, incident, asset, sink, units[0], units[1])
            return sink | (found + 1) << 16
    if desk.facts[1] > 0 and hop > desk.facts[1]:
        book(desk.sums, incident, asset, DUST_MEASURE, units[0], units[1])
        return DUST_MEASURE
    return -1


@compiled
def _reach(
    desk: Desk,
    past: Past,
    own: Own,
    row: int,
    before: int,
    incident: int,
    hop: int,
    units: tuple[np.uint64, np.uint64],
) -> int:
    # Adds units to the receiver's stake that follows another one; gives that stake, -1 if they are dust.
    stakes, lots = own.stakes, desk.lots
    receiver = whole(desk.rows.receiver[row])
    high, low = units
    stake = whole(lots.head[receiver] if before < 0 else stakes.node[before, NEXT])
    if stake < 0 or stakes.node[stake, INCIDENT] != incident:
        if stakes.rule == HAIRCUT:
            stakes.units[0, 0] = low
            stakes.units[0, 1] = high
            if within_limit(own.dust, desk.asset_of[receiver], stakes.units, 0):
                return -1
        make_known(desk, past, receiver, row)
        stake = add_stake(stakes, lots, receiver, before, incident)
        stakes.node[stake, VALUE] = hop
        if stakes.rule == HAIRCUT:
            stakes.tainted[stake, 0] = low
            stakes.tainted[stake, 1] = high
        return stake
    stakes.node[stake, VALUE] = min(whole(stakes.node[stake, VALUE]), hop)
    if stakes.rule == HAIRCUT:
        high, low = add2(stakes.tainted[stake, 1], stakes.tainted[stake, 0], high, low)
        stakes.tainted[stake, 0] = low
        stakes.tainted[stake, 1] = high
    return stake


@compiled
def move_blend(desk: Desk, past: Past, own: Own, row: int) -> None:
    """Moves a transfer under haircut or poison; balances are not moved.

    Args:
        desk: there is room for a flow, and sums, for each stake of the payer.
        past: what tells balances.
        own: there is room for as many stakes.
        row: the transfer; it has a payer, which is not its receiver, and no claim.
    """
    stakes, lots = own.stakes, desk.lots
    payer, receiver = whole(desk.rows.payer[row]), whole(desk.rows.receiver[row])
    low, high = desk.rows.amount[row, 0], desk.rows.amount[row, 1]
    asset = asset_of(desk, payer)
    balance = lots.amount
    is_unseen = not covers(balance, payer, high, low)
    same = balance[payer, 2] == ZERO and balance[payer, 1] == high and balance[payer, 0] == low
    paid = Paid(row, high, low, is_unseen or same)
    left, before = whole(-1), whole(-1)
    stake = whole(lots.head[payer])
    while stake >= 0:
        following = whole(stakes.node[stake, NEXT])
        incident, hop = whole(stakes.node[stake, INCIDENT]), whole(stakes.node[stake, VALUE])
        if is_unseen:
            unseen_high, unseen_low = sub2(high, low, balance[payer, 1], balance[payer, 0])
            desk.unseen[incident] += 1
            book(desk.sums, incident, asset, UNSEEN_MEASURE, unseen_high, unseen_low)
        units = _carried(desk, stakes, stake, payer, paid)
        if units[0] == ZERO and units[1] == ZERO:
            left = stake
        else:
            left = _lessen(desk, own, payer, left, stake, units, paid.empties)
            code = _ends_at(desk, row, receiver, incident, hop, asset, units)
            if code < 0:
                before = _before(stakes, lots, receiver, before, incident)
                reached = _reach(desk, past, own, row, before, incident, hop + 1, units)
                code = HELD_CODE
                if reached < 0:
                    book(desk.sums, incident, asset, DUST_MEASURE, units[0], units[1])
                    code = DUST_MEASURE
                else:
                    before = reached
            _write_flow(desk, row, incident, hop, units[0], units[1], code)
        stake = following


@compiled
def _before(stakes: Stakes, lots: Lots, holding: int, before: int, incident: int) -> int:
    # The last stake of a holding, from one on (-1: from the first), that is of an incident before this one.
    stake = whole(lots.head[holding] if before < 0 else stakes.node[before, NEXT])
    while stake >= 0 and stakes.node[stake, INCIDENT] < incident:
        before = stake
        stake = whole(stakes.node[stake, NEXT])
    return before


@compiled
def moved_single(desk: Desk, past: Past, own: Own, row: int) -> bool:
    """Moves a transfer that is alone in its transaction and has no claim, unless that needs lots in hand.

    Args:
        desk: there is room for what the transfer can make.
        past: what tells balances.
        own: likewise.
        row: the transfer; balances are not moved.
    """
    payer, receiver = desk.rows.payer[row], desk.rows.receiver[row]
    if payer == receiver:
        return False
    if desk.rows.amount[row, 0] == ZERO and desk.rows.amount[row, 1] == ZERO:
        return True
    if not is_blend(own.stakes.rule):
        return moved_clean(desk, own.stakes, row)
    if payer >= 0 and desk.lots.stained[payer] > 0:
        move_blend(desk, past, own, row)
    return True
