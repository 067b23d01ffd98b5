"""Exact sums of many amounts at once: integers as rows of limbs.

Layout:
    A row has `WIDTH` int64 limbs, lowest first. All but the last hold 32 bits of the number, the last one
    the rest with its sign: 224 bits in all, room for more days of the widest amounts than there will be. Rows
    that were added up have carries left in their limbs until `normalised`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

WIDTH: Final = 6
BITS: Final = 32
MASK: Final = (1 << BITS) - 1
WORDS: Final = 8
"""32-bit words of a decimal256."""

Limbs = np.ndarray[Any, np.dtype[np.int64]]


def zeros(count: int) -> Limbs:
    """So many rows of 0."""
    return np.zeros((count, WIDTH), np.int64)


def normalised(limbs: Limbs) -> Limbs:
    """Moves what is beyond 32 bits, and what is below 0, into the next limb; in place."""
    for place in range(limbs.shape[1] - 1):
        limbs[:, place + 1] += limbs[:, place] >> BITS
        limbs[:, place] &= MASK
    return limbs


def amounts_of(column: pa.Array) -> Limbs:
    """Limbs of a decimal128 column: four are enough, and half the memory."""
    raw = np.frombuffer(column.buffers()[1], np.uint32).reshape(-1, 4)
    return raw[column.offset : column.offset + len(column)].astype(np.int64)


def from_decimals(column: pa.Array) -> Limbs:
    """Limbs of a decimal256 column."""
    words = np.frombuffer(column.buffers()[1], np.uint32).reshape(-1, WORDS)
    words = words[column.offset : column.offset + len(column)]
    limbs = np.empty((len(column), WIDTH), np.int64)
    limbs[:, : WIDTH - 1] = words[:, : WIDTH - 1]
    top = np.ascontiguousarray(words[:, WIDTH - 1 : WIDTH + 1]).view(np.int64)
    limbs[:, WIDTH - 1] = top[:, 0]
    return limbs


def to_decimals(limbs: Limbs) -> pa.Array:
    """A decimal256 column of normalised limbs."""
    import pyarrow as pa

    words = np.empty((len(limbs), WORDS), np.uint32)
    words[:, : WIDTH - 1] = limbs[:, : WIDTH - 1]
    top = np.ascontiguousarray(limbs[:, WIDTH - 1])
    words[:, WIDTH - 1 : WIDTH + 1] = top.view(np.uint32).reshape(-1, 2)
    words[:, WIDTH + 1] = (top >> 63).astype(np.uint32)
    return pa.Array.from_buffers(pa.decimal256(76, 0), len(limbs), [None, pa.py_buffer(words)])


def to_int(row: Limbs) -> int:
    """The number of one row."""
    number = 0
    for limb in row[::-1].tolist():
        number = (number << BITS) + limb
    return number


def is_less(one: Limbs, other: Limbs) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Row by row, whether the first number is the smaller one; both normalised."""
    less = np.zeros(len(one), bool)
    for place in range(one.shape[1]):
        less = np.where(one[:, place] == other[:, place], less, one[:, place] < other[:, place])
    return less


def smallest_of_spans(limbs: Limbs, starts: np.ndarray[Any, np.dtype[np.int64]]) -> Limbs:
    """The smallest number of each span of normalised rows.

    Args:
        limbs: any number of limbs a row.
        starts: where the spans begin, the first at 0; each has a row.
    """
    lengths = np.diff(np.append(starts, len(limbs)))
    smallest = np.empty((len(starts), limbs.shape[1]), np.int64)
    alive = np.ones(len(limbs), bool)
    for place in range(limbs.shape[1] - 1, -1, -1):
        # Rows that lost by a higher limb are out of the running.
        column = np.where(alive, limbs[:, place], np.iinfo(np.int64).max)
        smallest[:, place] = np.minimum.reduceat(column, starts)
        alive &= column == np.repeat(smallest[:, place], lengths)
    return smallest


def widened(limbs: Limbs) -> Limbs:
    """Normalised rows of fewer limbs, with all of them."""
    wide = zeros(len(limbs))
    wide[:, : limbs.shape[1]] = limbs
    return normalised(wide)
