"""Balances before a day, from the nets of the days before: few sorted runs, however many days there were.

Layout:
    Runs cover spans of days like the bits of the number of days: after day n (from 1), for every k with 2**k
    dividing n there is a run of the last 2**k days, merged of two of half the span. The days before day n + 1
    are the runs for the bits of n, oldest first. So a day reads at most log2(n) runs, and each day's nets are
    merged log2(n) times at most, whoever makes them.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from clawback.tracing.fast.compiled import Limbs, compiled, whole
from clawback.tracing.fast.index import WORDS, Balances
from clawback.tracing.fast.wide import ZERO

MOST_RUNS: Final = 20
"""Enough for a million days."""
FIRST_STRIDE: Final = 256
"""Keys; five pages are some hundred."""


def runs_before(day: int) -> list[tuple[int, int]]:
    """Runs that cover the days 0 .. day - 1, oldest first, as (last day, days)."""
    runs, end, left = [], 0, day
    while left:
        span = 1 << (left.bit_length() - 1)
        end += span
        left -= span
        runs.append((end - 1, span))
    return runs


def runs_after(day: int) -> list[int]:
    """Spans of the runs to make when a day's nets are known, after that of the day alone."""
    spans, span = [], 2
    while (day + 1) % span == 0:
        spans.append(span)
        span *= 2
    return spans


@compiled
def order_of(one: Limbs, place: int, other: Limbs, other_place: int) -> int:
    """Below 0 where the first key sorts first, above 0 where the second does, 0 where they are equal."""
    for word in range(WORDS):
        if one[place, word] != other[other_place, word]:
            return -1 if one[place, word] < other[other_place, word] else 1
    return 0


@compiled
def _less3(one: Limbs, place: int, other: Limbs, other_place: int) -> bool:
    for limb in range(2, -1, -1):
        if one[place, limb] != other[other_place, limb]:
            return bool(one[place, limb] < other[other_place, limb])
    return False


@compiled
def _add3(target: Limbs, place: int, other: Limbs, other_place: int) -> None:
    carry = ZERO
    for limb in range(3):
        before = target[place, limb]
        total = before + other[other_place, limb]
        over = np.uint64(1) if total < before else ZERO
        total += carry
        if total < carry:
            over = np.uint64(1)
        target[place, limb] = total
        carry = over


@compiled
def _negate3(target: Limbs, place: int) -> None:
    carry = np.uint64(1)
    for limb in range(3):
        target[place, limb] = ~target[place, limb] + carry
        carry = np.uint64(1) if carry == np.uint64(1) and target[place, limb] == ZERO else ZERO


@compiled
def _copy(
    keys: Limbs,
    net: Limbs,
    lowest: Limbs,
    place: int,
    from_keys: Limbs,
    from_net: Limbs,
    from_lowest: Limbs,
    other: int,
) -> None:
    for word in range(WORDS):
        keys[place, word] = from_keys[other, word]
    for limb in range(3):
        net[place, limb] = from_net[other, limb]
        lowest[place, limb] = from_lowest[other, limb]


@compiled
def _merge(
    keys: Limbs,
    net: Limbs,
    lowest: Limbs,
    old_keys: Limbs,
    old_net: Limbs,
    old_lowest: Limbs,
    new_keys: Limbs,
    new_net: Limbs,
    new_lowest: Limbs,
) -> int:
    old, new, count = 0, 0, 0
    while old < len(old_keys) or new < len(new_keys):
        if old == len(old_keys):
            order = 1
        elif new == len(new_keys):
            order = -1
        else:
            order = order_of(old_keys, old, new_keys, new)
        if order <= 0:
            _copy(keys, net, lowest, count, old_keys, old_net, old_lowest, old)
            old += 1
            if order == 0:
                # The later span falls from where the earlier one ended: max(L, l - N).
                _negate3(net, count)
                _add3(net, count, new_lowest, new)
                if np.int64(net[count, 2]) >= 0 and _less3(lowest, count, net, count):
                    for limb in range(3):
                        lowest[count, limb] = net[count, limb]
                for limb in range(3):
                    net[count, limb] = old_net[old - 1, limb]
                _add3(net, count, new_net, new)
                new += 1
        else:
            _copy(keys, net, lowest, count, new_keys, new_net, new_lowest, new)
            new += 1
        count += 1
    return count


def merge(old: Balances, new: Balances) -> Balances:
    """The run of two spans that follow each other."""
    size = len(old.keys) + len(new.keys)
    keys = np.empty((size, WORDS), np.uint64)
    net, lowest = np.empty((size, 3), np.uint64), np.empty((size, 3), np.uint64)
    count = _merge(keys, net, lowest, old.keys, old.net, old.lowest, new.keys, new.net, new.lowest)
    return Balances(keys[:count], net[:count], lowest[:count])


def write_run(balances: Balances, folder: Path, day: int, span: int) -> None:
    """Writes a run as arrays that are looked into without being read whole."""
    for name in ("keys", "net", "lowest"):
        np.save(folder / f"run-{day:05d}-{span}-{name}.npy", getattr(balances, name))


def read_run(folder: Path, day: int, span: int) -> Balances:
    """Opens a run."""
    return Balances(
        *(opened(folder / f"run-{day:05d}-{span}-{name}.npy") for name in ("keys", "net", "lowest"))
    )


def opened(file: Path) -> Any:
    """An array of which only the pages that are looked at are read."""
    return np.asarray(np.load(file, mmap_mode="c"))


def add_day(folder: Path, day: int, balances: Balances) -> None:
    """Writes a day's nets and the runs that they complete."""
    write_run(balances, folder, day, 1)
    for span in runs_after(day):
        balances = merge(read_run(folder, day - span // 2, span // 2), balances)
        write_run(balances, folder, day, span)


@compiled
def _carry(run: Balances, place: int, holding: int, amount: Limbs) -> None:
    if _less3(amount, holding, run.lowest, place):
        for limb in range(3):
            amount[holding, limb] = run.lowest[place, limb]
    _add3(amount, holding, run.net, place)


@compiled
def first_between(keys: Limbs, low: int, high: int, others: Limbs, other: int) -> int:
    """Place from low to high of the first of the sorted keys that is not below a key of others."""
    while low < high:
        middle = (low + high) >> 1
        if order_of(keys, middle, others, other) < 0:
            low = middle + 1
        else:
            high = middle
    return low


@compiled
def _guess(count: int, word: np.uint64) -> int:
    # Where a key would lie if keys were spread evenly, as those are that begin with bytes of a hash.
    return whole((word >> np.uint64(32)) * np.uint64(count) >> np.uint64(32))


@compiled
def first_not_below(keys: Limbs, others: Limbs, other: int) -> int:
    """Place of the first of the sorted keys that is not below a key of others, or how many there are.

    Looks where the key should be, then in ever longer strides: a few pages of a mapped file are read instead
    of one for each halving. Keys that are spread unevenly cost twice the halvings.
    """
    count = len(keys)
    low, high = 0, count
    if count == 0:
        return 0
    place, stride = _guess(count, others[other, 0]), FIRST_STRIDE
    if order_of(keys, place, others, other) < 0:
        low = place + 1
        while low + stride < count and order_of(keys, low + stride, others, other) < 0:
            low += stride + 1
            stride *= 2
        high = min(low + stride, count)
    else:
        high = place
        while high - stride >= 0 and order_of(keys, high - stride, others, other) >= 0:
            high -= stride
            stride *= 2
        low = max(high - stride + 1, 0)
    return first_between(keys, whole(low), whole(high), others, other)


@compiled
def carry_runs(runs: tuple[Balances, ...], keys: Limbs, holding: int, amount: Limbs) -> None:
    """Makes `amount` of a holding its balance after the spans of all runs, oldest first."""
    for limb in range(3):
        amount[holding, limb] = ZERO
    for number in range(len(runs)):
        run = runs[number]
        place = first_not_below(run.keys, keys, holding)
        if place < len(run.keys) and order_of(run.keys, place, keys, holding) == 0:
            _carry(run, place, holding, amount)


@compiled
def carry_all(runs: tuple[Balances, ...], keys: Limbs, amounts: Limbs) -> None:
    """Makes `amounts` the balances of all holdings after the spans of all runs, oldest first."""
    for holding in range(len(keys)):
        for limb in range(3):
            amounts[holding, limb] = ZERO
    for number in range(len(runs)):
        run = runs[number]
        holding, place = 0, 0
        while holding < len(keys) and place < len(run.keys):
            order = order_of(run.keys, place, keys, holding)
            if order == 0:
                _carry(run, place, holding, amounts)
            place += 1 if order <= 0 else 0
            holding += 1 if order >= 0 else 0


def padded(runs: Sequence[Balances]) -> tuple[Balances, ...]:
    """Always as many runs, so that the kernel is compiled once: the rest is empty."""
    none = Balances(np.zeros((0, WORDS), np.uint64), np.zeros((0, 3), np.uint64), np.zeros((0, 3), np.uint64))
    return (*runs, *[none] * (MOST_RUNS - len(runs)))
