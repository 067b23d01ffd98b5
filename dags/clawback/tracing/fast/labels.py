"""Whose stolen units a lot is: one incident and its hop, or a group of them.

Layout:
    A group is a run of (incident, hop + 1) in `member`, by incident. The hop + 1 of a member is the one kept
    there plus the one in the tag of the lot: so a group travels on like a single label, by adding 1.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from clawback.schemas import MAX_AMOUNT
from clawback.tracing.fast.compiled import Limbs, Longs, compiled
from clawback.tracing.fast.lots import (
    HIGH,
    HOP_MASK,
    LABEL_SHIFT,
    LOW,
    OUT_HEAD,
    SOURCE,
    TAG,
    Lots,
    into_hand,
    new_cell,
)
from clawback.tracing.fast.sums import (
    BY_SOURCE_MEASURE,
    CONVERTED_IN_MEASURE,
    STOLEN_MEASURE,
    Sums,
    book,
    sum_place,
)
from clawback.tracing.fast.wide import ONE, ZERO, add2, grow, less2, sub2

MAX_LOW: Final = np.uint64(MAX_AMOUNT & ((1 << 64) - 1))
MAX_HIGH: Final = np.uint64(MAX_AMOUNT >> 64)
SOURCE_CODE: Final = 2
"""What stands for the role `source` in compiled code."""


class Groups(NamedTuple):
    """All groups; group g is `member[start[g]:start[g + 1]]`.

    `counts`: number of groups, number of members, size of the largest group.
    """

    start: Longs
    member: Longs
    counts: Longs


def empty_groups(groups: int, members: int) -> Groups:
    """Room for so many groups and members."""
    return Groups(np.zeros(groups + 1, np.int64), np.zeros((members, 2), np.int64), np.zeros(3, np.int64))


def roomy_groups(groups: Groups, more_groups: int, more_members: int) -> Groups:
    """The groups, or a larger copy, with room for so many more."""
    used_groups, used_members = int(groups.counts[0]), int(groups.counts[1])
    needed, needed_members = used_groups + more_groups, used_members + more_members
    if needed < len(groups.start) and needed_members <= len(groups.member):
        return groups
    larger = empty_groups(2 * needed, 2 * needed_members)
    larger.start[: used_groups + 1] = groups.start[: used_groups + 1]
    larger.member[:used_members] = groups.member[:used_members]
    larger.counts[:] = groups.counts
    return larger


@compiled
def close_group(groups: Groups, incidents: int) -> np.uint64:
    """Makes the members put behind the last group one of their own; gives its label, at hop + 1 = 0."""
    number = groups.counts[0]
    groups.counts[0] = number + 1
    groups.start[number + 1] = groups.counts[1]
    groups.counts[2] = max(groups.counts[2], groups.counts[1] - groups.start[number])
    return np.uint64(incidents + 1 + number) << LABEL_SHIFT


@compiled
def add_member(groups: Groups, incident: int, hop: int) -> None:
    """Puts a member behind those of the group being made."""
    place = groups.counts[1]
    groups.member[place, 0] = incident
    groups.member[place, 1] = hop
    groups.counts[1] = place + 1


@compiled
def has_label(groups: Groups, incidents: int, tag: np.uint64, incident: int) -> bool:
    """Whether a lot is stolen in the eyes of an incident."""
    if tag == ZERO:
        return False
    label = np.int64(tag >> LABEL_SHIFT)
    if label <= incidents:
        return bool(label == incident + 1)
    number = label - incidents - 1
    for place in range(groups.start[number], groups.start[number + 1]):
        if groups.member[place, 0] == incident:
            return True
    return False


@compiled
def with_label(groups: Groups, incidents: int, tag: np.uint64, incident: int) -> np.uint64:
    """The tag of a lot that an incident's theft takes now (hop + 1 = 0), beside the labels that it has."""
    if tag == ZERO:
        return np.uint64(incident + 1) << LABEL_SHIFT
    label, hop = np.int64(tag >> LABEL_SHIFT), np.int64(tag & HOP_MASK)
    placed = False
    if label <= incidents:
        if incident < label - 1:
            add_member(groups, incident, 0)
            placed = True
        add_member(groups, label - 1, hop)
    else:
        number = label - incidents - 1
        for place in range(groups.start[number], groups.start[number + 1]):
            if not placed and incident < groups.member[place, 0]:
                add_member(groups, incident, 0)
                placed = True
            add_member(groups, groups.member[place, 0], groups.member[place, 1] + hop)
    if not placed:
        add_member(groups, incident, 0)
    return close_group(groups, incidents)


@compiled
def steal(
    lots: Lots,
    groups: Groups,
    sums: Sums,
    too_wide: Limbs,
    incidents: int,
    claim: tuple[int, int, int],
    amount: tuple[np.uint64, np.uint64],
    units: tuple[np.uint64, np.uint64],
) -> None:
    """Marks those of the last units in hand that are not the incident's already as stolen by it.

    Args:
        lots: the lots in hand are those of the transfer.
        groups: new ones may be made.
        sums: the stolen sum grows.
        too_wide: by incident, what is left clean because the sum would not fit an amount.
        incidents: how many there are.
        claim: incident, asset and role.
        amount: of the transfer, high limb first.
        units: how many of the last units, high limb first; at most the amount.
    """
    cells, after = lots.cells, lots.after
    incident, asset, role = claim
    fresh_high, fresh_low = ZERO, ZERO
    skip_high, skip_low = sub2(amount[0], amount[1], units[0], units[1])
    first_high, first_low = skip_high, skip_low
    cell = lots.control[OUT_HEAD]
    while cell >= 0:
        high, low = cells[cell, HIGH], cells[cell, LOW]
        if not less2(skip_high, skip_low, high, low):
            skip_high, skip_low = sub2(skip_high, skip_low, high, low)
        else:
            if not has_label(groups, incidents, cells[cell, TAG], incident):
                part_high, part_low = sub2(high, low, skip_high, skip_low)
                fresh_high, fresh_low = add2(fresh_high, fresh_low, part_high, part_low)
            skip_high, skip_low = ZERO, ZERO
        cell = after[cell]
    if fresh_high == ZERO and fresh_low == ZERO:
        return
    stolen = sum_place(sums, incident, asset, STOLEN_MEASURE)
    total_high, total_low = add2(sums.values[stolen, 1], sums.values[stolen, 0], fresh_high, fresh_low)
    came = sum_place(sums, incident, asset, CONVERTED_IN_MEASURE)
    total_high, total_low = add2(total_high, total_low, sums.values[came, 1], sums.values[came, 0])
    if less2(MAX_HIGH, MAX_LOW, total_high, total_low):
        grow(too_wide, incident, fresh_high, fresh_low)
        return
    book(sums, incident, asset, STOLEN_MEASURE, fresh_high, fresh_low)
    if role == SOURCE_CODE:
        book(sums, incident, asset, BY_SOURCE_MEASURE, fresh_high, fresh_low)
    skip_high, skip_low = first_high, first_low
    cell = lots.control[OUT_HEAD]
    lots.control[OUT_HEAD] = -1
    lots.control[OUT_HEAD + 1] = -1
    while cell >= 0:
        following = after[cell]
        high, low, tag = cells[cell, HIGH], cells[cell, LOW], cells[cell, TAG]
        if not less2(skip_high, skip_low, high, low):
            skip_high, skip_low = sub2(skip_high, skip_low, high, low)
        else:
            if not has_label(groups, incidents, tag, incident):
                if skip_high != ZERO or skip_low != ZERO:
                    kept = new_cell(lots, skip_high, skip_low, tag, cells[cell, SOURCE])
                    into_hand(lots, kept)
                    high, low = sub2(high, low, skip_high, skip_low)
                    cells[cell, HIGH] = high
                    cells[cell, LOW] = low
                cells[cell, TAG] = with_label(groups, incidents, tag, incident)
            skip_high, skip_low = ZERO, ZERO
        into_hand(lots, cell)
        cell = following


@compiled
def next_hop(tag: np.uint64) -> np.uint64:
    """The tag of a lot after one more transfer."""
    return tag + ONE
