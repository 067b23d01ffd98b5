"""Shares, exactly: floor(amount x part / whole), in 32-bit digits; of haircut, and of what was exchanged.

Layout:
    Long multiplication and long division (Knuth, The Art of Computer Programming, volume 2, 4.3.1, algorithm
    D) on a scratch array of 64-bit words that hold one digit each: the product from `PRODUCT` on, the divisor
    from `DIVISOR` on, lowest digit first. `SIZE` holds the number of digits of the divisor, `SHIFT` by how
    many bits it is shifted so that its highest digit is at least half the base.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from clawback.tracing.fast.compiled import Limbs, compiled, whole
from clawback.tracing.fast.wide import ONE, ZERO

DIGIT: Final = np.uint64(32)
LARGEST: Final = np.uint64(0xFFFFFFFF)
BASE: Final = np.uint64(1 << 32)
TOP_BIT: Final = np.uint64(1 << 31)
SIGN: Final = np.uint64(63)
PRODUCT: Final = 0
DIVISOR: Final = 16
SIZE: Final = 22
SHIFT: Final = 23
WORK: Final = 24
"""Words that the scratch array has."""


@compiled
def multiply(work: Limbs, high: np.uint64, low: np.uint64, by_high: np.uint64, by_low: np.uint64) -> int:
    """Makes the product of two numbers of two limbs; gives its number of digits."""
    for place in range(10):
        work[PRODUCT + place] = ZERO
    factors = 4
    if by_high == ZERO:
        factors = 2 if by_low > LARGEST else 1
    for place in range(4):
        limb = low if place < 2 else high
        digit = limb >> DIGIT if place & 1 else limb & LARGEST
        if digit == ZERO:
            continue
        carry = ZERO
        for second in range(factors):
            limb = by_low if second < 2 else by_high
            factor = limb >> DIGIT if second & 1 else limb & LARGEST
            total = work[PRODUCT + place + second] + digit * factor + carry
            work[PRODUCT + place + second] = total & LARGEST
            carry = total >> DIGIT
        work[PRODUCT + place + factors] = carry
    count = 8
    while count > 0 and work[PRODUCT + count - 1] == ZERO:
        count -= 1
    return count


@compiled
def set_balance(work: Limbs, balances: Limbs, place: int) -> None:
    """Makes a number of three limbs, which is not 0, the balance of the shares that are asked for next."""
    for limb in range(3):
        work[DIVISOR + 2 * limb] = balances[place, limb] & LARGEST
        work[DIVISOR + 2 * limb + 1] = balances[place, limb] >> DIGIT
    size = 6
    while work[DIVISOR + size - 1] == ZERO:
        size -= 1
    shift = ZERO
    while (work[DIVISOR + size - 1] << shift) & TOP_BIT == ZERO:
        shift += ONE
    work[SIZE] = np.uint64(size)
    work[SHIFT] = shift
    _shift(work, DIVISOR, size - 1, shift)


@compiled
def _shift(work: Limbs, first: int, last: int, shift: np.uint64) -> None:
    # Shifts digits up; nothing may leave the last one.
    if shift == ZERO:
        return
    back = DIGIT - shift
    for place in range(first + last, first, -1):
        work[place] = (work[place] << shift | work[place - 1] >> back) & LARGEST
    work[first] = (work[first] << shift) & LARGEST


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
    work: Limbs, high: np.uint64, low: np.uint64, tainted_high: np.uint64, tainted_low: np.uint64
) -> tuple[np.uint64, np.uint64]:
    """The tainted units of a payment, rounded down.

    Args:
        work: scratch of `WORK` words, with the balance (see `set_balance`).
        high: of the amount paid, which is at most the balance.
        low: of the amount paid.
        tainted_high: of the tainted units of the holding, at most the balance too.
        tainted_low: of the tainted units of the holding.

    Returns:
        High and low limb.
    """
    digits, size = multiply(work, high, low, tainted_high, tainted_low), whole(work[SIZE])
    share_high, share_low = ZERO, ZERO
    if digits < size:
        return share_high, share_low
    _shift(work, PRODUCT, digits, work[SHIFT])
    for place in range(digits - size, -1, -1):
        digit = _next_digit(work, place, size)
        share_high = share_high << DIGIT | share_low >> DIGIT
        share_low = share_low << DIGIT | digit
    return share_high, share_low
