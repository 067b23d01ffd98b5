"""Columns of hex text to arrays, a whole column at a time.

Invariants:
    Strict: 0x and exactly the digits that fit, or a Lie.
"""

from __future__ import annotations

from binascii import Error as HexError
from binascii import unhexlify
from collections.abc import Sequence
from functools import reduce
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clawback.chains.evm.failures import Lie
from clawback.chains.evm.quantities import quantities
from clawback.schemas import MAX_AMOUNT

Bytes = NDArray[np.uint8]
"""Shape (rows, width)."""
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

ADDRESS: Final = 20
HASH: Final = 32
AMOUNT: Final = 16
"""Width of an amount: little endian, as Arrow's decimal128 keeps it."""

_PREFIX: Final = np.frombuffer(b"0x", np.uint16)[0]
_ZEROS: Final = np.frombuffer(b"00", np.uint16)[0]
_SMALL: Final = {hex(number): number for number in range(4_096)}
"""Looking up an index is three times as quick as reading it."""
_LIMB: Final = 64
_MAX_HIGH: Final = np.uint64(MAX_AMOUNT >> _LIMB)
_MAX_LOW: Final = np.uint64(MAX_AMOUNT & ((1 << _LIMB) - 1))


def fixed_bytes(texts: Sequence[str], width: int, name: str) -> Bytes:
    """Text of one width, 0x and 2 x width digits each. Shape (len(texts), width). Raises Lie."""
    count = len(texts)
    digits = 2 * width + 2
    if not count:
        return np.empty((0, width), np.uint8)
    try:
        letters = bytearray("".join(texts), "ascii")
        if len(letters) != count * digits:
            raise Lie(f"{name} is not always 0x and {2 * width} digits")
        # An x is no digit, so only texts that join to a column of that width pass.
        prefixes = np.frombuffer(letters, _PREFIX.dtype).reshape(count, width + 1)[:, 0]
        if (prefixes != _PREFIX).any():
            raise Lie(f"{name} does not always begin with 0x")
        prefixes[:] = _ZEROS
        found = unhexlify(letters)
    except (HexError, UnicodeEncodeError) as error:
        raise Lie(f"{name} is not always hex") from error
    return np.ascontiguousarray(np.frombuffer(found, np.uint8).reshape(count, width + 1)[:, 1:])


def small_integers(texts: Sequence[str], name: str) -> Integers:
    """Quantities that must fit 63 bits. Raises Lie."""
    try:
        return np.fromiter(map(_SMALL.__getitem__, texts), np.int64, len(texts))
    except KeyError:
        pass  # not one of the many small ones: read strictly
    try:
        return np.array(quantities(texts, name), np.int64)
    except OverflowError as error:
        raise Lie(f"{name} does not fit 63 bits") from error


def words_of(values: Sequence[int]) -> Bytes:
    """Integers below 2^256 as big-endian words. Shape (len(values), 32)."""
    found = b"".join([value.to_bytes(HASH, "big") for value in values])
    return np.frombuffer(found, np.uint8).reshape(len(values), HASH)


def amounts_of(words: Bytes) -> tuple[Bytes, Flags]:
    """Big-endian words as amounts.

    Args:
        words: shape (rows, 32).

    Returns:
        Amounts of shape (rows, 16), and a flag for each that DECIMAL(38,0) does not hold.
    """
    low_end = np.ascontiguousarray(words[:, :15:-1])
    limbs = low_end.view("<u8")
    too_wide = ~is_zero(words[:, :AMOUNT])
    too_wide |= (limbs[:, 1] > _MAX_HIGH) | ((limbs[:, 1] == _MAX_HIGH) & (limbs[:, 0] > _MAX_LOW))
    return low_end, too_wide


def is_address(words: Bytes) -> Flags:
    """Whether words of shape (rows, 32) are addresses padded with zeros."""
    return is_zero(words[:, : HASH - ADDRESS])


def is_zero(values: Bytes) -> Flags:
    """Whether rows, of a width that four divides, are all zero."""
    # Four bytes at once and a column at a time: NumPy takes ten times as long along short rows.
    zero: Flags = reduce(np.bitwise_or, np.ascontiguousarray(values).view(np.uint32).T) == 0
    return zero
