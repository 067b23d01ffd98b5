"""Hands the lots of one transfer to its receiver, and writes the flows that say so."""

from __future__ import annotations

import numpy as np

from clawback.tracing.fast.compiled import compiled
from clawback.tracing.fast.desk import EXIT, FLOW_WIDTH, HELD_CODE, Desk, asset_of, exit_of
from clawback.tracing.fast.labels import add_member, close_group
from clawback.tracing.fast.lots import HIGH, HOP_MASK, LABEL_SHIFT, LOW, OUT_HEAD, SOURCE, TAG
from clawback.tracing.fast.sums import MEASURES, book
from clawback.tracing.fast.wide import ONE, ZERO, add2
from clawback.tracing.sinks import DUST

DUST_MEASURE = MEASURES.index(DUST)


@compiled
def meet(desk: Desk, incident: int, hop: int, high: np.uint64, low: np.uint64, met: int) -> int:
    """Counts stolen units of an incident in the transfer; gives how many incidents were met."""
    scratch = desk.scratch
    if scratch.hop[incident] < 0:
        scratch.hop[incident] = hop
        scratch.carried[incident, 0] = low
        scratch.carried[incident, 1] = high
        scratch.exit[incident] = -1
        scratch.kept[incident] = 0
        scratch.met[met] = incident
        return met + 1
    scratch.hop[incident] = min(scratch.hop[incident], hop)
    sum_high, sum_low = add2(scratch.carried[incident, 1], scratch.carried[incident, 0], high, low)
    scratch.carried[incident, 0] = sum_low
    scratch.carried[incident, 1] = sum_high
    return met


@compiled
def count_hand(desk: Desk) -> int:
    """Counts the stolen units in hand by incident; gives how many incidents were met."""
    cells, after = desk.lots.cells, desk.lots.after
    incidents = desk.facts[0]
    met = 0
    cell = desk.lots.control[OUT_HEAD]
    while cell >= 0:
        tag = cells[cell, TAG]
        if tag != ZERO:
            label, hop = np.int64(tag >> LABEL_SHIFT), np.int64(tag & HOP_MASK)
            high, low = cells[cell, HIGH], cells[cell, LOW]
            if label <= incidents:
                met = meet(desk, label - 1, hop, high, low, met)
            else:
                number = label - incidents - 1
                for place in range(desk.groups.start[number], desk.groups.start[number + 1]):
                    member_hop = desk.groups.member[place, 1] + hop
                    met = meet(desk, desk.groups.member[place, 0], member_hop, high, low, met)
        cell = after[cell]
    return met


@compiled
def _stays(desk: Desk, incident: int, hop: int, asset: int, high: np.uint64, low: np.uint64) -> bool:
    # Whether units of an incident go on being followed at the receiver; else they are booked.
    exit_place = desk.scratch.exit[incident]
    if exit_place >= 0:
        book(desk.sums, incident, asset, desk.exits.sink[exit_place], high, low)
        return False
    if desk.facts[1] > 0 and hop > desk.facts[1]:
        book(desk.sums, incident, asset, DUST_MEASURE, high, low)
        return False
    desk.scratch.kept[incident] = 1
    return True


@compiled
def _tag_there(desk: Desk, cell: int, asset: int) -> np.uint64:
    # The tag that a lot has at its receiver; what ends there is booked.
    tag = desk.lots.cells[cell, TAG]
    high, low = desk.lots.cells[cell, HIGH], desk.lots.cells[cell, LOW]
    incidents = desk.facts[0]
    label, hop = np.int64(tag >> LABEL_SHIFT), np.int64(tag & HOP_MASK)
    if label <= incidents:
        return tag + ONE if _stays(desk, label - 1, hop, asset, high, low) else ZERO
    groups = desk.groups
    number = label - incidents - 1
    begun = groups.counts[1]
    first, last = groups.start[number], groups.start[number + 1]
    for place in range(first, last):
        incident, member_hop = groups.member[place, 0], groups.member[place, 1] + hop
        if _stays(desk, incident, member_hop, asset, high, low):
            add_member(groups, incident, member_hop + 1)
    left = groups.counts[1] - begun
    if left == last - first or left <= 1:
        groups.counts[1] = begun
        if left == 0:
            return ZERO
        if left > 1:
            return tag + ONE
        only = np.uint64(groups.member[begun, 0] + 1) << LABEL_SHIFT
        return only | np.uint64(groups.member[begun, 1])
    return close_group(groups, incidents)


@compiled
def advance_hand(desk: Desk, row: int, holding: int, met: int) -> None:
    """Counts the hop of the lots in hand and books what ends at the receiver."""
    if desk.mark[holding] & EXIT:
        for place in range(met):
            incident = desk.scratch.met[place]
            desk.scratch.exit[incident] = exit_of(desk.exits, desk.facts[0], row, holding, incident)
    step_hand(desk, row, asset_of(desk, holding))


@compiled
def step_hand(desk: Desk, row: int, asset: int) -> None:
    """Counts the hop of the lots in hand, whose exits are known."""
    cells, after = desk.lots.cells, desk.lots.after
    source = np.uint64(desk.facts[2] + row + 1)
    cell = desk.lots.control[OUT_HEAD]
    while cell >= 0:
        if cells[cell, TAG] != ZERO:
            tag = _tag_there(desk, cell, asset)
            cells[cell, TAG] = tag
            cells[cell, SOURCE] = source if tag != ZERO else ZERO
        cell = after[cell]


@compiled
def write_flows(desk: Desk, row: int, met: int, first_claim: int, sink: int) -> None:
    """Writes one flow for each incident met, and clears what was counted.

    Args:
        desk: its flows have room.
        row: the transfer.
        met: how many incidents were met.
        first_claim: the first claim of this or a later row.
        sink: the measure of a transfer without receiver, -1 where there is one.
    """
    scratch, claims = desk.scratch, desk.claims
    for place in range(met):
        incident = scratch.met[place]
        hop = scratch.hop[incident]
        exit_place = scratch.exit[incident]
        if sink >= 0:
            outcome = sink
        elif exit_place >= 0:
            outcome = desk.exits.sink[exit_place]
        else:
            outcome = HELD_CODE if scratch.kept[incident] else DUST_MEASURE
        role = 0
        if hop == 0:
            claim = first_claim
            while claim < len(claims.row) and claims.row[claim] == row:
                if claims.incident[claim] == incident:
                    role = np.int64(claims.role[claim])
                claim += 1
        flow = desk.done[2]
        desk.done[2] = flow + 1
        desk.flows[flow, 0] = np.uint64(row)
        desk.flows[flow, 1] = np.uint64(incident)
        desk.flows[flow, 2] = np.uint64(hop)
        desk.flows[flow, 3] = scratch.carried[incident, 0]
        desk.flows[flow, 4] = scratch.carried[incident, 1]
        desk.flows[flow, 5] = np.uint64(outcome | role << 8 | (exit_place + 1) << 16)
        for column in range(6, FLOW_WIDTH):
            desk.flows[flow, column] = ZERO
        scratch.hop[incident] = -1


@compiled
def book_hand(desk: Desk, asset: int, met: int, sink: int) -> None:
    """Books all stolen units in hand at a sink that is no account."""
    for place in range(met):
        incident = desk.scratch.met[place]
        high, low = desk.scratch.carried[incident, 1], desk.scratch.carried[incident, 0]
        book(desk.sums, incident, asset, sink, high, low)
