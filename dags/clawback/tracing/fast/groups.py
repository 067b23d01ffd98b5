"""Finds holdings among those of a day, and the groups of transfers that touch them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clawback.tracing.fast.balances import first_between, order_of
from clawback.tracing.fast.compiled import Bytes, Limbs, Longs, Places, compiled, whole
from clawback.tracing.fast.index import DayIndex, Rows


@compiled
def join_keys(keys: Limbs, day_keys: Limbs) -> Places:
    """Place of each of the sorted keys among the day's sorted keys, -1 where it is not there."""
    found = np.full(len(keys), -1, np.int32)
    place, count = 0, len(day_keys)
    for number in range(len(keys)):
        stride = 1
        while place + stride < count and order_of(day_keys, place + stride, keys, number) < 0:
            place += stride
            stride *= 2
        place = first_between(day_keys, whole(place), whole(min(place + stride, count)), keys, number)
        if place == count:
            break
        if order_of(day_keys, place, keys, number) == 0:
            found[number] = place
    return found


def touching(index: DayIndex, ranges: Sequence[tuple[int, int]]) -> Longs:
    """First rows of the groups that touch the holdings of some ranges."""
    start = index.touch_start
    rows = [index.touches[start[first] : start[last]] for first, last in ranges if first < last]
    if not rows:
        return np.zeros(0, np.int64)
    found = np.unique(np.concatenate(rows) >> 1).astype(np.int64)
    return found if index.longest == 1 else np.unique(first_rows(index.rows.first, found))


@compiled
def first_rows(first: Bytes, rows: Longs) -> Longs:
    """First rows of the groups of some rows."""
    found = np.empty(len(rows), np.int64)
    for place in range(len(rows)):
        row = rows[place]
        while first[row] == 0:
            row -= 1
        found[place] = row
    return found


@compiled
def group_end(rows: Rows, first: int) -> int:
    """One behind the last row of the group that begins at a row."""
    last = first + 1
    while last < len(rows.first) and rows.first[last] == 0:
        last += 1
    return last
