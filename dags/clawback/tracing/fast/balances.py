"""Balances before a day, from the nets of the days before: few sorted runs, however many days there were.

Layout:
    Runs cover spans of days like the bits of the number of days: after day n (from 1), for every k with 2**k
    dividing n there is a run of the last 2**k days, merged of two of half the span. The days before day n + 1
    are the runs for the bits of n, oldest first. So a day reads at most log2(n) runs, and each day's nets are
    merged log2(n) times at most, whoever makes them.
    What the holdings of a day had when it began is worked out from those runs once, when the day is written:
    three limbs each, in the order of the day's keys. A trace looks into that one array.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np

from clawback.errors import ClawbackError
from clawback.tracing.fast.compiled import Limbs, compiled
from clawback.tracing.fast.index import WORDS, Balances
from clawback.tracing.fast.wide import ZERO

OPENINGS: Final = "index-{:05d}-openings.npy"


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
def carry_run(run: Balances, keys: Limbs, amounts: Limbs) -> int:
    """Carries what holdings have over the span of a run; gives how many keys of the run were looked at.

    Each holding is looked for from where the one before it was found, in steps that double: a run may be as
    long as all days before, the day decides how much of it is looked at.
    """
    looked, place = 0, 0
    for holding in range(len(keys)):
        step, low, high = 1, place, place
        while high < len(run.keys):
            looked += 1
            if order_of(run.keys, high, keys, holding) >= 0:
                break
            low = high + 1
            high += step
            step += step
        high = min(high, len(run.keys))
        while low < high:
            looked += 1
            middle = (low + high) >> 1
            if order_of(run.keys, middle, keys, holding) < 0:
                low = middle + 1
            else:
                high = middle
        place = low
        if place == len(run.keys):
            break
        if order_of(run.keys, place, keys, holding) == 0:
            if _less3(amounts, holding, run.lowest, place):
                for limb in range(3):
                    amounts[holding, limb] = run.lowest[place, limb]
            _add3(amounts, holding, run.net, place)
    return looked


def openings_of(keys: Limbs, runs: Sequence[Balances]) -> Limbs:
    """What holdings have after the spans of all runs.

    Args:
        keys: sorted.
        runs: oldest first.

    Returns:
        Three limbs for each holding.
    """
    amounts = np.zeros((len(keys), 3), np.uint64)
    for run in runs:
        carry_run(run, keys, amounts)
    return amounts


def write_openings(folder: Path, day: int, keys: Limbs) -> None:
    """Writes what the holdings of a day had when it began; the days before it are there."""
    runs = [read_run(folder, last, span) for last, span in runs_before(day)]
    np.save(folder / OPENINGS.format(day), openings_of(keys, runs))


def read_openings(folder: Path, day: int) -> Limbs:
    """What the holdings of a day had when it began; only what is looked at is read.

    Raises:
        ClawbackError: The day was written by a version that did not keep it.
    """
    file = folder / OPENINGS.format(day)
    if not file.exists():
        raise ClawbackError(
            "the balances with which a bulk day begins are missing",
            where=str(file),
            remedy="write the day's table again",
        )
    found: Limbs = opened(file)
    return found
