"""Which holdings of a day taint can reach, in time order: all that it does reach, and maybe more."""

from __future__ import annotations

import numpy as np

from clawback.tracing.fast.balances import order_of
from clawback.tracing.fast.compiled import Bytes, Limbs, Longs, Places, compiled
from clawback.tracing.fast.desk import REACHED, Rows


@compiled
def spread(rows: Rows, mark: Bytes, theft_rows: Longs) -> None:
    """Marks receivers of payments by marked holdings, and all receivers of transactions with thefts.

    Args:
        rows: in travel order.
        mark: by holding; those that carry taint already are marked.
        theft_rows: sorted rows on which there are claims.
    """
    theft, row, count = 0, 0, len(rows.payer)
    while row < count:
        last = row + 1
        while last < count and rows.first[last] == 0:
            last += 1
        stolen = False
        while theft < len(theft_rows) and theft_rows[theft] < last:
            stolen = True
            theft += 1
        for place in range(row, last):
            payer, receiver = rows.payer[place], rows.receiver[place]
            if receiver >= 0 and (stolen or (payer >= 0 and mark[payer] & REACHED)):
                mark[receiver] |= REACHED
        row = last


@compiled
def longest(rows: Rows) -> int:
    """Transfers of the largest group."""
    most, size = 0, 0
    for row in range(len(rows.first)):
        size = 1 if rows.first[row] else size + 1
        most = max(most, size)
    return most


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
        end = min(place + stride, count)
        while place < end:
            middle = (place + end) >> 1
            if order_of(day_keys, middle, keys, number) < 0:
                place = middle + 1
            else:
                end = middle
        if place == count:
            break
        if order_of(day_keys, place, keys, number) == 0:
            found[number] = place
    return found


@compiled
def touching(rows: Rows, mark: Bytes, wanted: np.uint8) -> Longs:
    """First rows of the groups that touch a holding with the wanted mark."""
    found = np.empty(len(rows.payer), np.int64)
    count, first, taken = 0, 0, False
    for row in range(len(rows.payer)):
        if rows.first[row]:
            first, taken = row, False
        payer, receiver = rows.payer[row], rows.receiver[row]
        if not taken and (
            (payer >= 0 and mark[payer] & wanted) or (receiver >= 0 and mark[receiver] & wanted)
        ):
            found[count] = first
            count += 1
            taken = True
    return found[:count].copy()


@compiled
def group_end(rows: Rows, first: int) -> int:
    """One behind the last row of the group that begins at a row."""
    last = first + 1
    while last < len(rows.first) and rows.first[last] == 0:
        last += 1
    return last
