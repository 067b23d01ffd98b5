"""Addresses, hashes and assets as the bytes that the lake's tables of chain data hold, and back as text.

Layout:
    0x and forty lower-case hex digits  20 raw bytes
    0x and 64 lower-case hex digits     32 raw bytes
    any other text                      its UTF-8; behind a byte 0xFF where that is 20 or 32 bytes long

Invariants:
    Each text has bytes of its own, for no UTF-8 begins with 0xFF. Bytes sort like their texts only where all
    of them are addresses, or all hashes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np

from clawback.arrays import flags_of, scalar_of
from clawback.hexes import PREFIX, Bytes, Flags, from_hex, letters_of, letters_of_hex

if TYPE_CHECKING:
    import pyarrow as pa

Longs = np.ndarray[Any, np.dtype[np.int64]]

WIDTHS: Final = (20, 32)
"""Of an address and of a hash."""
MARK: Final = 0xFF


def bytes_of(text: pa.Array) -> pa.Array:
    """Texts as bytes, of type binary; unknown ones stay unknown. Dictionaries stay dictionaries."""
    import pyarrow as pa

    if pa.types.is_dictionary(text.type):
        return pa.DictionaryArray.from_arrays(text.indices, bytes_of(text.dictionary))
    found = text.cast(pa.binary())
    for width in WIDTHS:
        # The four lengths differ, so none is changed twice.
        places, letters = raw_rows(text, len(PREFIX) + 2 * width)
        raw, usual = from_hex(letters[:, len(PREFIX) :])
        usual &= (letters[:, : len(PREFIX)] == np.frombuffer(PREFIX, np.uint8)).all(axis=1)
        found = _replaced(found, places[usual], raw[usual])
        places, letters = raw_rows(text, width)
        found = _replaced(found, places, np.insert(letters, 0, MARK, axis=1))
    return found


def text_of(raw: pa.Array) -> pa.Array:
    """Bytes as the texts that they were made of, of type string. Dictionaries stay dictionaries.

    Raises:
        pa.ArrowInvalid: bytes that no text has.
    """
    import pyarrow as pa

    if pa.types.is_dictionary(raw.type):
        return pa.DictionaryArray.from_arrays(raw.indices, text_of(raw.dictionary))
    found = raw
    for width in WIDTHS:
        places, letters = raw_rows(raw, width)
        found = _replaced(found, places, letters_of_hex(letters, PREFIX))
        places, letters = raw_rows(raw, width + 1)
        marked = letters[:, 0] == MARK
        found = _replaced(found, places[marked], letters[marked, 1:])
    return found.cast(pa.string())


def sql_text(column: str) -> str:
    """DuckDB's expression for the text of a column; `identifier_text` in the dbt project is the same."""
    return (
        f"case when octet_length({column}) in (20, 32) then '0x' || lower(hex({column}))"
        f" when {column}[1:1] = '\\xFF'::blob then decode({column}[2:])"
        f" else decode({column}) end"
    )


def raw_column(raw: Bytes, present: Flags | None = None) -> pa.Array:
    """Rows of bytes of one width as a column of type binary.

    Args:
        raw: shape (rows, width).
        present: which rows are known; all by default.
    """
    import pyarrow as pa

    count, width = raw.shape
    ends = np.arange(count + 1, dtype=np.int32) * np.int32(width)
    valid = None if present is None else pa.py_buffer(np.packbits(present, bitorder="little"))
    content = pa.py_buffer(np.ascontiguousarray(raw))
    return pa.Array.from_buffers(pa.binary(), count, [valid, pa.py_buffer(ends), content])


def raw_rows(raw: pa.Array, width: int) -> tuple[Longs, Bytes]:
    """Places of the values of one width, and their bytes, a row each."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if (letters := letters_of(raw, width)) is not None:
        return np.arange(len(raw)), letters
    alike = pc.equal(pc.binary_length(raw), scalar_of(width, pa.int32()))
    found = pc.indices_nonzero(alike)
    some = letters_of(raw.take(found), width)
    places = np.frombuffer(found.buffers()[1], np.uint64, len(found)).astype(np.int64)
    return places, np.empty((0, width), np.uint8) if some is None else some


def _replaced(values: pa.Array, places: Longs, raw: Bytes) -> pa.Array:
    import pyarrow.compute as pc

    if not len(places):
        return values
    if len(places) == len(values):
        return raw_column(raw)
    mask = np.zeros(len(values), bool)
    mask[places] = True
    return pc.replace_with_mask(values, flags_of(mask), raw_column(raw))
