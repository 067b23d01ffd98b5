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
EIGHT: Final = 8
WORDS: Final = 4
"""Words of eight bytes that hold all limbs."""
BITS: Final = 32
MASK: Final = (1 << BITS) - 1

Limbs = np.ndarray[Any, np.dtype[np.int64]]
Longs = Limbs
Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Words = np.ndarray[Any, np.dtype[np.uint32]]


def zeros(count: int) -> Limbs:
    """So many rows of 0."""
    return np.zeros((count, WIDTH), np.int64)


def normalised(limbs: Limbs) -> Limbs:
    """Moves what is beyond 32 bits, and what is below 0, into the next limb; in place."""
    for place in range(limbs.shape[1] - 1):
        limbs[:, place + 1] += limbs[:, place] >> BITS
        limbs[:, place] &= MASK
    return limbs


def amounts_of(column: pa.Array) -> Words:
    """The four words of each number of a decimal128 column, none below 0: what its limbs are, unwidened."""
    raw = np.frombuffer(column.buffers()[1], np.uint32).reshape(-1, 4)
    return raw[column.offset : column.offset + len(column)]


def to_bytes(limbs: Limbs) -> tuple[Longs, Bytes]:
    """Normalised rows as the fewest bytes that hold each number, lowest first; 0 has none.

    Returns:
        Where each number begins, one more than rows, and all bytes.
    """
    raw = np.empty((len(limbs), WIDTH + 1), np.uint32)
    raw[:, : WIDTH - 1] = limbs[:, : WIDTH - 1]
    raw[:, WIDTH - 1 :] = np.ascontiguousarray(limbs[:, WIDTH - 1]).view(np.uint32).reshape(-1, 2)
    letters = raw.view(np.uint8)
    sign = (limbs[:, WIDTH - 1] >> 63).astype(np.uint8)
    # The last byte that says more than the sign, and one more where its own sign would be another.
    says = letters != sign[:, None]
    lengths = np.where(says.any(axis=1), letters.shape[1] - np.argmax(says[:, ::-1], axis=1), 0)
    top = letters[np.arange(len(letters)), np.maximum(lengths - 1, 0)]
    lengths += np.where(lengths > 0, top >> 7 != sign & 1, sign != 0)
    offsets = np.zeros(len(limbs) + 1, np.int64)
    np.cumsum(lengths, out=offsets[1:])
    widest = int(lengths.max(initial=0))
    return offsets, letters[:, :widest][np.arange(widest) < lengths[:, None]]


def from_bytes(offsets: Longs, letters: Bytes) -> Limbs:
    """Limbs of numbers written by `to_bytes`."""
    begins, lengths = offsets[:-1], np.diff(offsets)
    padded = np.concatenate([letters, np.zeros(EIGHT * WORDS, np.uint8)])
    # Eight bytes from any place on.
    from_place = np.ndarray((len(padded) - EIGHT + 1,), "<i8", padded, strides=(1,))
    widest = int(lengths.max(initial=0))
    words = np.empty((WORDS, len(lengths)), np.int64)
    sign = np.zeros(len(lengths), np.int64)
    for number in range(WORDS):
        words[number] = sign
        if EIGHT * number < widest:
            here = np.clip(lengths - EIGHT * number, 0, EIGHT)
            empty = EIGHT * (EIGHT - np.maximum(here, 1))
            # To the top and back again: what is above takes the sign of the last byte.
            found = from_place[begins + EIGHT * number] << empty >> empty
            words[number] = np.where(here > 0, found, sign)
            sign = words[number] >> 63
    limbs = np.empty((len(lengths), WIDTH), np.int64)
    for place in range(WIDTH):
        limbs[:, place] = words[place // 2] >> BITS * (place % 2) & MASK
    limbs[:, WIDTH - 1] |= words[WORDS - 1] << BITS
    return limbs


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
