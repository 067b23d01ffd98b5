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

from clawback.tracing.fast.balances import carry_all, carry_runs
from clawback.tracing.fast.compiled import Bytes, Limbs, Longs, Places, compiled
from clawback.tracing.fast.index import PAYS, Balances, DayIndex, Rows
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
MANY_OPENINGS: Final = 64
"""One in so many of the day's holdings: looking up as many costs about what going through all runs does."""


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
    `start` is what a holding had when the day began, where `started` says that it has been looked up; it
    serves all methods. `openings` counts those looked up one by one.
    """

    keys: Limbs
    runs: tuple[Balances, ...]
    touch_start: Longs
    touches: Places
    start: Limbs
    started: Bytes
    openings: Longs


class Desk(NamedTuple):
    """All of it.

    `facts`: incidents, hop limit, source of row 0; from 3 on see `passage`. `done`: next row, next claim,
    flows, scratch of a group, transactions with possible exchanges in which taint moved.
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


def past_of(index: DayIndex, runs: tuple[Balances, ...]) -> Past:
    """Nothing looked up yet."""
    count = len(index.balances.keys)
    return Past(
        index.balances.keys,
        runs,
        index.touch_start,
        index.touches,
        np.zeros((count, 3), np.uint64),
        np.zeros(count, np.uint8),
        np.zeros(1, np.int64),
    )


@compiled
def look_up(past: Past, holding: int) -> None:
    """Finds what a holding had when the day began; after many single ones, all of them at once."""
    if past.started[holding]:
        return
    if past.openings[0] * MANY_OPENINGS >= len(past.started):
        carry_all(past.runs, past.keys, past.start)
        for place in range(len(past.started)):
            past.started[place] = 1
        return
    past.openings[0] += 1
    past.started[holding] = 1
    carry_runs(past.runs, past.keys, holding, past.start)


@compiled
def make_known(desk: Desk, past: Past, holding: int, row: int) -> None:
    """Works out what a holding has before a transfer, and keeps it from then on."""
    if desk.mark[holding] & KNOWN:
        return
    desk.mark[holding] |= KNOWN
    units, amount = desk.rows.amount, desk.lots.amount
    look_up(past, holding)
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
