"""What the kernel works with beside the lots: the day's transfers, claims, endings, and what it writes.

Layout:
    `Rows`: payer and receiver are holdings of the day (places in its sorted table of holdings); a payer of -1
    is none (minted units are clean), a receiver below 0 is the sink -1 - place among `NO_RECEIVER`. `first`
    is not 0 on the first transfer of an asset in a transaction (see `index`); `amount` is low, high limb.
    `Claims`: what case files call stolen, sorted by row, then incident.
    `Exits`: receivers that end a trail. `holding` is sorted; `usual` is the exit for every incident (-1 for
    none) but those in `special` (sorted holding place * incidents + incident) and, before all, those in
    `returns` (sorted row * incidents + incident). `sink` tells the measure of an exit.
    A flow: row, incident, hop, tainted low and high limb, outcome | theft role << 8 | exit + 1 << 16, and
    of a conversion: asset of the day + 1 | basis << 32 (0 for none), converted low and high limb.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from clawback.tracing.fast.compiled import Bytes, Limbs, Longs, Places, compiled
from clawback.tracing.fast.index import PAYS, DayIndex, Rows
from clawback.tracing.fast.labels import Groups
from clawback.tracing.fast.lots import Lots
from clawback.tracing.fast.sums import MEASURE_COUNT, Sums
from clawback.tracing.fast.wide import grow, shrink_floored
from clawback.tracing.sinks import BURNED, FEE, UNSEEN_OUTFLOW

NO_RECEIVER: Final = (FEE, BURNED, UNSEEN_OUTFLOW)
HELD_CODE: Final = 0
PASSED_CODE: Final = 1
"""Outcomes of flows; a sink is its measure's number, which begins at 2."""
CONVERTED_CODE: Final = MEASURE_COUNT
UNPROVEN_CODE: Final = MEASURE_COUNT + 1
FLOW_WIDTH: Final = 9
BASIS_SHIFT: Final = 32

KNOWN: Final = np.uint8(1)
"""The balance of the holding is kept: taint reached it, today or before."""
EXIT: Final = np.uint8(2)
MANY_KNOWN: Final = 16
"""One in so many of the day's holdings: once taint has reached as many, all balances are kept."""


def sink_place(sink: str) -> int:
    """What stands for the receiver of units that reach no account but a sink."""
    return -1 - NO_RECEIVER.index(sink)


class Claims(NamedTuple):
    """Thefts of one day."""

    row: Longs
    incident: Places
    units: Limbs
    role: Bytes


class Exits(NamedTuple):
    """Endings of one day."""

    holding: Longs
    usual: Places
    special: Longs
    special_exit: Places
    returns: Longs
    returns_exit: Places
    sink: Places


class Scratch(NamedTuple):
    """By incident: stolen units of the transfer in hand, smallest hop + 1, exit; and those met, in order.

    By party of a transaction of several transfers: its holding, whether it was followed before, all it pays.
    `party` finds the party of a holding, -1 where it is none; `flow` the first flow of a transfer.
    `follower` lists party * incidents + incident for parties that may pay more than they have.
    """

    carried: Limbs
    hop: Longs
    exit: Places
    kept: Bytes
    met: Places
    party: Places
    holding: Places
    followed: Bytes
    paid: Limbs
    flow: Longs
    follower: Longs


class Past(NamedTuple):
    """By what the balance of a holding is known when taint first reaches it.

    Apart from the desk: compiled calls copy what they are given, and only opening a holding needs this.
    `start` is what a holding had when the day began. Nothing in it changes, so it serves all methods.
    """

    keys: Limbs
    touch_start: Longs
    touches: Places
    start: Limbs


class Desk(NamedTuple):
    """All of it.

    `facts`: incidents, hop limit, source of row 0; from 3 on see `passage`. `done`: next row, next claim,
    flows, scratch of a group, transactions with possible exchanges in which taint moved, holdings whose
    balance is kept (-1: all).
    """

    lots: Lots
    groups: Groups
    sums: Sums
    rows: Rows
    claims: Claims
    exits: Exits
    scratch: Scratch
    mark: Bytes
    asset_of: Places
    asset_number: Places
    facts: Longs
    done: Longs
    flows: Limbs
    too_wide: Limbs
    unseen: Longs


@compiled
def asset_of(desk: Desk, holding: int) -> int:
    """The number of a holding's asset."""
    return np.int64(desk.asset_number[desk.asset_of[holding]])


def past_of(index: DayIndex, openings: Limbs) -> Past:
    """What is known of the holdings of a day that began with these balances."""
    return Past(index.balances.keys, index.touch_start, index.touches, openings)


@compiled
def make_known(desk: Desk, past: Past, holding: int, row: int) -> None:
    """Works out what a holding has before a transfer, and keeps it from then on."""
    if not desk.mark[holding] & KNOWN:
        open_holding(desk.mark, desk.rows.amount, desk.lots.amount, past, desk.done, holding, row)


@compiled
def open_holding(
    mark: Bytes, units: Limbs, amount: Limbs, past: Past, done: Longs, holding: int, row: int
) -> None:
    """The same for a holding that is not known, given single arrays."""
    mark[holding] |= KNOWN
    if done[5] >= 0:
        done[5] += 1
    for limb in range(3):
        amount[holding, limb] = past.start[holding, limb]
    for place in range(past.touch_start[holding], past.touch_start[holding + 1]):
        touch = past.touches[place] >> 1
        if touch >= row:
            break
        if past.touches[place] & PAYS:
            shrink_floored(amount, holding, units[touch, 1], units[touch, 0])
        else:
            grow(amount, holding, units[touch, 1], units[touch, 0])


@compiled
def make_all_known(mark: Bytes, rows: Rows, amount: Limbs, past: Past, done: Longs, row: int) -> None:
    """Works out what all other holdings have before a transfer, and keeps it from then on.

    One by one each is a look at all its transfers of the day; all of them at once go through the day once.
    """
    for holding in range(len(mark)):
        if not mark[holding] & KNOWN:
            for limb in range(3):
                amount[holding, limb] = past.start[holding, limb]
    for place in range(row):
        low, high = rows.amount[place, 0], rows.amount[place, 1]
        payer, receiver = rows.payer[place], rows.receiver[place]
        if payer >= 0 and not mark[payer] & KNOWN:
            shrink_floored(amount, payer, high, low)
        if receiver >= 0 and not mark[receiver] & KNOWN:
            grow(amount, receiver, high, low)
    for holding in range(len(mark)):
        mark[holding] |= KNOWN
    done[5] = -1


@compiled
def find(values: Longs, wanted: int) -> int:
    """Place of a value in a sorted array, -1 where it is not."""
    low, high = 0, len(values)
    while low < high:
        middle = (low + high) >> 1
        if values[middle] < wanted:
            low = middle + 1
        else:
            high = middle
    if low < len(values) and values[low] == wanted:
        return low
    return -1


@compiled
def exit_of(exits: Exits, incidents: int, row: int, holding: int, incident: int) -> int:
    """The exit that a receiver is for an incident's units, -1 for none."""
    found = find(exits.returns, np.int64(row) * incidents + incident)
    if found >= 0:
        return exits.returns_exit[found]
    place = find(exits.holding, np.int64(holding))
    if place < 0:
        return -1
    found = find(exits.special, np.int64(place) * incidents + incident)
    if found >= 0:
        return exits.special_exit[found]
    return exits.usual[place]
