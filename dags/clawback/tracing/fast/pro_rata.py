"""The share of haircut, exactly: floor(payment x tainted / balance), in 32-bit digits.

Layout:
    Long multiplication and long division (Knuth, The Art of Computer Programming, volume 2, 4.3.1, algorithm
    D) on a scratch array of 64-bit words that hold one digit each: the product from `PRODUCT` on, the divisor
    from `DIVISOR` on, lowest digit first.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from clawback.tracing.fast.compiled import Limbs, compiled
from clawback.tracing.fast.wide import ONE, ZERO

DIGIT: Final = np.uint64(32)
LARGEST: Final = np.uint64(0xFFFFFFFF)
BASE: Final = np.uint64(1 << 32)
TOP_BIT: Final = np.uint64(1 << 31)
SIGN: Final = np.uint64(63)
PRODUCT: Final = 0
DIVISOR: Final = 16
WORK: Final = 24
"""Words that the scratch array has."""


@compiled
def _multiply(work: Limbs, one: tuple[np.uint64, np.uint64], other: tuple[np.uint64, np.uint64]) -> int:
    # The product of two numbers of two limbs (high limb first); gives its number of digits.
    for place in range(10):
        work[PRODUCT + place] = ZERO
    for place in range(4):
        limb = one[1 - (place >> 1)]
        digit = (limb >> DIGIT) if place & 1 else (limb & LARGEST)
        if digit == ZERO:
            continue
        carry = ZERO
        for second in range(4):
            limb = other[1 - (second >> 1)]
            factor = (limb >> DIGIT) if second & 1 else (limb & LARGEST)
            total = work[PRODUCT + place + second] + digit * factor + carry
            work[PRODUCT + place + second] = total & LARGEST
            carry = total >> DIGIT
        work[PRODUCT + place + 4] = carry
    count = 8
    while count > 0 and work[PRODUCT + count - 1] == ZERO:
        count -= 1
    return count


@compiled
def _load_divisor(work: Limbs, sums: Limbs, place: int) -> int:
    # The number of three limbs at a place as digits; gives how many there are.
    for limb in range(3):
        work[DIVISOR + 2 * limb] = sums[place, limb] & LARGEST
        work[DIVISOR + 2 * limb + 1] = sums[place, limb] >> DIGIT
    count = 6
    while count > 0 and work[DIVISOR + count - 1] == ZERO:
        count -= 1
    return count


@compiled
def _normalise(work: Limbs, digits: int, size: int) -> None:
    # Shifts both so that the divisor's highest digit is at least half the base.
    shift = ZERO
    while (work[DIVISOR + size - 1] << shift) & TOP_BIT == ZERO:
        shift += ONE
    if shift == ZERO:
        return
    back = DIGIT - shift
    for place in range(size - 1, 0, -1):
        work[DIVISOR + place] = (work[DIVISOR + place] << shift | work[DIVISOR + place - 1] >> back) & LARGEST
    work[DIVISOR] = (work[DIVISOR] << shift) & LARGEST
    for place in range(digits, 0, -1):
        work[PRODUCT + place] = (work[PRODUCT + place] << shift | work[PRODUCT + place - 1] >> back) & LARGEST
    work[PRODUCT] = (work[PRODUCT] << shift) & LARGEST


@compiled
def _next_digit(work: Limbs, place: int, size: int) -> np.uint64:
    # One digit of the quotient; what it stands for is taken off the product.
    highest = work[DIVISOR + size - 1]
    head = work[PRODUCT + place + size] << DIGIT | work[PRODUCT + place + size - 1]
    guess = head // highest
    rest = head - guess * highest
    while guess >= BASE or (
        size > 1 and guess * work[DIVISOR + size - 2] > (rest << DIGIT | work[PRODUCT + place + size - 2])
    ):
        guess -= ONE
        rest += highest
        if rest >= BASE:
            break
    carry, borrow = ZERO, ZERO
    for digit in range(size):
        part = guess * work[DIVISOR + digit] + carry
        carry = part >> DIGIT
        left = work[PRODUCT + place + digit] - (part & LARGEST) - borrow
        borrow = left >> SIGN
        work[PRODUCT + place + digit] = left & LARGEST
    left = work[PRODUCT + place + size] - carry - borrow
    work[PRODUCT + place + size] = left & LARGEST
    if left >> SIGN == ZERO:
        return np.uint64(guess)
    carry = ZERO
    for digit in range(size):
        total = work[PRODUCT + place + digit] + work[DIVISOR + digit] + carry
        work[PRODUCT + place + digit] = total & LARGEST
        carry = total >> DIGIT
    work[PRODUCT + place + size] = (work[PRODUCT + place + size] + carry) & LARGEST
    return np.uint64(guess - ONE)


@compiled
def share_of(
    work: Limbs,
    amount: tuple[np.uint64, np.uint64],
    tainted: tuple[np.uint64, np.uint64],
    balances: Limbs,
    place: int,
) -> tuple[np.uint64, np.uint64]:
    """The tainted units of a payment, rounded down.

    Args:
        work: scratch of `WORK` words.
        amount: paid, high limb first; at most the balance.
        tainted: units of the holding, high limb first; at most the balance.
        balances: numbers of three limbs.
        place: of the holding's balance among them; more than 0.

    Returns:
        High and low limb.
    """
    digits = _multiply(work, amount, tainted)
    size = _load_divisor(work, balances, place)
    if digits < size:
        return ZERO, ZERO
    _normalise(work, digits, size)
    high, low = ZERO, ZERO
    for quotient_place in range(digits - size, -1, -1):
        digit = _next_digit(work, quotient_place, size)
        high = high << DIGIT | low >> DIGIT
        low = low << DIGIT | digit
    return high, low
