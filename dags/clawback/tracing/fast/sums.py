"""Sums by incident, asset and measure in an open-addressing table that compiled code can fill.

Layout:
    `keys` holds (incident * assets + asset) * measures + measure, -1 where free; `values` three limbs each.
    `used[0]` is the number of keys. The owner keeps it at most half full (see `roomy`).
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from clawback.schemas import SINKS
from clawback.tracing.fast.compiled import Limbs, Longs, compiled
from clawback.tracing.fast.wide import ZERO, grow, to_int
from clawback.tracing.ledger import CONVERTED_IN, CONVERTED_OUT, STOLEN, UNSEEN_INFLOW

BY_SOURCE: Final = "stolen_by_source_alone"
"""Of the stolen units, those that rest on the role `source` alone: a memo, which no ledger keeps."""
MEASURES: Final = (STOLEN, UNSEEN_INFLOW, *SINKS, CONVERTED_IN, CONVERTED_OUT, BY_SOURCE)
"""Measures by their number in compiled code; sinks keep the order of the schema."""

STOLEN_MEASURE: Final = 0
UNSEEN_MEASURE: Final = 1
FIRST_SINK: Final = 2
CONVERTED_IN_MEASURE: Final = MEASURES.index(CONVERTED_IN)
CONVERTED_OUT_MEASURE: Final = MEASURES.index(CONVERTED_OUT)
BY_SOURCE_MEASURE: Final = MEASURES.index(BY_SOURCE)
MEASURE_COUNT: Final = len(MEASURES)
ASSET_SPAN: Final = 1 << 32


class Sums(NamedTuple):
    """The table."""

    keys: Longs
    values: Limbs
    used: Longs


def empty_sums(capacity: int) -> Sums:
    """A table without sums; the capacity is a power of two."""
    return Sums(np.full(capacity, -1, np.int64), np.zeros((capacity, 3), np.uint64), np.zeros(1, np.int64))


@compiled
def _slot(key: int, mask: int) -> int:
    return np.int64((np.uint64(key) * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(33)) & mask


@compiled
def sum_place(sums: Sums, incident: int, asset: int, measure: int) -> int:
    """Where a sum is kept; it is put there if it is not yet."""
    key = (np.int64(incident) * ASSET_SPAN + asset) * MEASURE_COUNT + measure
    mask = len(sums.keys) - 1
    place = _slot(key, mask)
    while sums.keys[place] != key:
        if sums.keys[place] < 0:
            sums.keys[place] = key
            sums.used[0] += 1
            break
        place = (place + 1) & mask
    return place


@compiled
def add_sum(sums: Sums, incident: int, asset: int, measure: int, target: Limbs) -> None:
    """Adds a sum, if there is one, to the first row of `target`."""
    key = (np.int64(incident) * ASSET_SPAN + asset) * MEASURE_COUNT + measure
    mask = len(sums.keys) - 1
    place = _slot(key, mask)
    while sums.keys[place] >= 0:
        if sums.keys[place] == key:
            grow(target, 0, sums.values[place, 1], sums.values[place, 0])
            target[0, 2] += sums.values[place, 2]
            return
        place = (place + 1) & mask


@compiled
def book(sums: Sums, incident: int, asset: int, measure: int, high: np.uint64, low: np.uint64) -> None:
    """Adds to a sum; nothing is nothing."""
    if high != ZERO or low != ZERO:
        grow(sums.values, sum_place(sums, incident, asset, measure), high, low)


@compiled
def _refill(old: Sums, new: Sums) -> None:
    for place in range(len(old.keys)):
        key = old.keys[place]
        if key >= 0:
            measure = key % MEASURE_COUNT
            pair = key // MEASURE_COUNT
            found = sum_place(new, pair // ASSET_SPAN, pair % ASSET_SPAN, measure)
            for limb in range(3):
                new.values[found, limb] = old.values[place, limb]


def roomy(sums: Sums, more: int) -> Sums:
    """The table, or a larger copy, with room for so many more sums."""
    needed = 2 * (int(sums.used[0]) + more)
    if needed <= len(sums.keys):
        return sums
    larger = empty_sums(1 << needed.bit_length())
    _refill(sums, larger)
    return larger


def read_sums(sums: Sums) -> dict[tuple[int, int, str], int]:
    """All sums by (incident, asset, measure)."""
    found = {}
    for place in np.flatnonzero(sums.keys >= 0):
        pair, measure = divmod(int(sums.keys[place]), MEASURE_COUNT)
        incident, asset = divmod(pair, ASSET_SPAN)
        found[incident, asset, MEASURES[measure]] = to_int(sums.values[place])
    return found


def write_sum(sums: Sums, incident: int, asset: int, measure: str, amount: int) -> Sums:
    """Puts a sum of the day before into the table."""
    sums = roomy(sums, 1)
    place = sum_place(sums, incident, asset, MEASURES.index(measure))
    for limb in range(3):
        sums.values[place, limb] = np.uint64((amount >> (64 * limb)) & ((1 << 64) - 1))
    return sums
