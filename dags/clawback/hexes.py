"""Many texts of hex digits as raw bytes and back, eight digits at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

if TYPE_CHECKING:
    import pyarrow as pa

Bytes = np.ndarray[Any, np.dtype[np.uint8]]
Flags = np.ndarray[Any, np.dtype[np.bool_]]
Words = np.ndarray[Any, np.dtype[np.uint64]]

ROWS_AT_ONCE: Final = 1 << 13
"""So many rows and what is made of them on the way stay in the processor's cache."""
LONG_TEXT: Final = 1 << 30
"""Bytes beyond which texts may not fit 32-bit offsets."""
PREFIX: Final = b"0x"
WORD: Final = 8
_ODD: Final = np.uint64(0x9E3779B97F4A7C15)
_PAIRS: Final = np.frombuffer(b"".join(f"{byte:02x}".encode("ascii") for byte in range(256)), np.uint16)


def _each(byte: int) -> np.uint64:
    return np.uint64(int.from_bytes(bytes([byte]) * WORD, "little"))


_LOW, _ONE, _SIX, _OVER, _DIGIT = _each(0x0F), _each(0x01), _each(0x06), _each(0x10), _each(0x30)
_PAIR, _FOUR = np.uint64(0x00FF00FF00FF00FF), np.uint64(0x0000FFFF0000FFFF)


def letters_of(text: pa.Array, width: int) -> Bytes | None:
    """The bytes of texts, a row each; None where one has another length or is unknown."""
    import pyarrow as pa

    if text.null_count:
        return None
    raw = text.cast(pa.large_binary())
    offsets = np.frombuffer(raw.buffers()[1], np.int64)[raw.offset : raw.offset + len(raw) + 1]
    if not len(raw) or (np.diff(offsets) != width).any():
        return None
    return np.frombuffer(raw.buffers()[2], np.uint8)[offsets[0] : offsets[-1]].reshape(len(raw), width)


def from_hex(letters: Bytes) -> tuple[Bytes, Flags]:
    """Raw bytes of lower-case hex digits.

    Args:
        letters: the digits, a row each; a multiple of eight.

    Returns:
        The bytes, and which rows are such digits; the bytes of the others mean nothing.
    """
    count, digits = letters.shape
    raw, good = np.empty((count, digits // 2), np.uint8), np.empty(count, bool)
    words = raw.view(np.uint32)
    for begin in range(0, count, ROWS_AT_ONCE):
        span = slice(begin, begin + ROWS_AT_ONCE)
        text = np.ascontiguousarray(letters[span]).view(np.uint64)
        # A letter has the bit 6, and its low half is 9 less than what it stands for.
        values = ((text >> np.uint64(6)) & _ONE) * np.uint64(9) + (text & _LOW)
        above = ((values + _SIX) >> np.uint64(4)) & _ONE
        wrong = ((values + _DIGIT + above * np.uint64(0x27)) ^ text) | (values & _OVER)
        good[span] = ~wrong.any(axis=1)
        values = ((values << np.uint64(4)) | (values >> np.uint64(8))) & _PAIR
        values = (values | (values >> np.uint64(8))) & _FOUR
        words[span] = values | (values >> np.uint64(16))
    return raw, good


def mixed(words: np.ndarray[Any, Any]) -> Words:
    """64 bits of each row of words: equal for equal rows, and hardly ever for others."""
    found = np.zeros(len(words), np.uint64)
    for begin in range(0, len(words), ROWS_AT_ONCE):
        part = found[begin : begin + ROWS_AT_ONCE]
        for column in range(words.shape[1]):
            part ^= words[begin : begin + ROWS_AT_ONCE, column]
            part *= _ODD
            part ^= part >> np.uint64(29)
    return found


def to_text(raw: Bytes, prefix: bytes) -> pa.Array:
    """Texts of raw bytes: a prefix and two lower-case digits for each byte."""
    import pyarrow as pa

    letters = letters_of_hex(raw, prefix)
    count = len(letters)
    offsets = np.arange(count + 1, dtype=np.int64) * letters.shape[1]
    made = pa.LargeStringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(letters))
    return made if letters.size > LONG_TEXT else made.cast(pa.string())


def letters_of_hex(raw: Bytes, prefix: bytes) -> Bytes:
    """The letters of such texts, a row each."""
    count, size = raw.shape
    letters = np.empty((count, len(prefix) + 2 * size), np.uint8)
    letters[:, : len(prefix)] = np.frombuffer(prefix, np.uint8)
    letters[:, len(prefix) :] = _PAIRS[raw].view(np.uint8)
    return letters
