"""Unsigned and two's-complement integers of two and three 64-bit limbs, in compiled code.

Layout:
    Arrays hold the lowest limb first. Numbers on their own are passed highest limb first, as arguments.
    Amounts fit two limbs (10**38 - 1 < 2**127); sums over a holding's history may need the third.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from clawback.tracing.fast.compiled import Limbs, compiled

ZERO: Final = np.uint64(0)
ONE: Final = np.uint64(1)
MASK: Final = (1 << 64) - 1


@compiled
def add2(ah: np.uint64, al: np.uint64, bh: np.uint64, bl: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Sum of two limbs each, modulo 2**128."""
    low = al + bl
    carry = ONE if low < al else ZERO
    return ah + bh + carry, low


@compiled
def sub2(ah: np.uint64, al: np.uint64, bh: np.uint64, bl: np.uint64) -> tuple[np.uint64, np.uint64]:
    """Difference of two limbs each, modulo 2**128."""
    borrow = ONE if al < bl else ZERO
    return ah - bh - borrow, al - bl


@compiled
def less2(ah: np.uint64, al: np.uint64, bh: np.uint64, bl: np.uint64) -> bool:
    """Whether a < b."""
    return bool(ah < bh or (ah == bh and al < bl))


@compiled
def grow(sums: Limbs, place: int, high: np.uint64, low: np.uint64) -> None:
    """Adds two limbs to the three-limb number at a place."""
    before = sums[place, 0]
    sums[place, 0] = before + low
    carry = ONE if sums[place, 0] < before else ZERO
    middle = sums[place, 1]
    total = middle + high
    over = ONE if total < middle else ZERO
    total += carry
    if carry == ONE and total == ZERO:
        over = ONE
    sums[place, 1] = total
    sums[place, 2] += over


@compiled
def shrink(sums: Limbs, place: int, high: np.uint64, low: np.uint64) -> None:
    """Subtracts two limbs from the three-limb number at a place, modulo 2**192."""
    before = sums[place, 0]
    sums[place, 0] = before - low
    borrow = ONE if before < low else ZERO
    middle = sums[place, 1]
    under = ONE if (middle < high or (middle == high and borrow == ONE)) else ZERO
    sums[place, 1] = middle - high - borrow
    sums[place, 2] -= under


@compiled
def covers(sums: Limbs, place: int, high: np.uint64, low: np.uint64) -> bool:
    """Whether the number at a place is at least the two limbs given."""
    if sums[place, 2] != ZERO or sums[place, 1] > high:
        return True
    return bool(sums[place, 1] == high and sums[place, 0] >= low)


@compiled
def shrink_floored(sums: Limbs, place: int, high: np.uint64, low: np.uint64) -> None:
    """Subtracts, but never goes below 0."""
    if covers(sums, place, high, low):
        shrink(sums, place, high, low)
    else:
        sums[place, 0] = ZERO
        sums[place, 1] = ZERO
        sums[place, 2] = ZERO


def to_int(limbs: Limbs) -> int:
    """The unsigned number of some limbs."""
    return sum(int(limb) << (64 * place) for place, limb in enumerate(limbs))


def split2(number: int) -> tuple[int, int]:
    """Low and high limb of an amount."""
    return number & MASK, number >> 64
