"""Arrow arrays of Python's values, made of buffers.

Arrow's own way imports pandas with the first list, scalar or flag that it is given: 48 MiB for which a
process that makes tables has no other use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence, Sized
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    import pyarrow as pa


def array_of(values: Sequence[Any], kind: pa.DataType) -> pa.Array:
    """Values as an array; None is unknown.

    Args:
        values: texts, bytes of one width, whole numbers, decimals, flags, days or moments, as the type asks,
            or lists of them.
        kind: of the array.

    Raises:
        pa.ArrowInvalid: a value does not fit the type.
        pa.ArrowTypeError: a value is of another kind than the type.
    """
    import pyarrow as pa

    if pa.types.is_list(kind):
        lists = [[] if value is None else value for value in values]
        inner = array_of([item for items in lists for item in items], kind.value_type)
        buffers = [_known(values), pa.py_buffer(_ends(lists).astype(np.int32))]
        return pa.Array.from_buffers(kind, len(lists), buffers, children=[inner])
    if pa.types.is_fixed_size_binary(kind) and not pa.types.is_decimal(kind):
        return _of_bytes(values, kind)
    written = next((how for is_kind, how in _WRITTEN if getattr(pa.types, is_kind)(kind)), None)
    if written is None:
        raise pa.ArrowTypeError(f"no values of Python are made {kind}")
    try:
        texts = [b"" if value is None else written(value) for value in values]
    except (AttributeError, TypeError, UnicodeEncodeError) as error:
        raise pa.ArrowTypeError(f"a value is no {kind}: {error}") from error
    buffers = [_known(values), pa.py_buffer(_ends(texts)), pa.py_buffer(b"".join(texts))]
    return pa.Array.from_buffers(pa.large_string(), len(texts), buffers).cast(kind)


def repeated(value: Any, kind: pa.DataType, count: int) -> pa.Array:
    """One value, so many times."""
    import pyarrow as pa

    return pa.repeat(scalar_of(value, kind), count)


def scalar_of(value: Any, kind: pa.DataType) -> pa.Scalar:
    """One value, to compare a column with."""
    return array_of([value], kind)[0]


def numbers_of(values: NDArray[Any], kind: pa.DataType) -> pa.Array:
    """Numbers that lie as Arrow keeps them.

    Args:
        values: of the width of the type; shape (rows,), or (rows, bytes).
        kind: of the array.
    """
    import pyarrow as pa

    return pa.Array.from_buffers(kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))])


def flags_of(values: NDArray[np.bool_]) -> pa.Array:
    """Flags."""
    import pyarrow as pa

    return pa.Array.from_buffers(pa.bool_(), len(values), [None, _bits(values)])


def _of_bytes(values: Sequence[bytes | None], kind: pa.DataType) -> pa.Array:
    """Bytes of one width."""
    import pyarrow as pa

    absent = bytes(kind.byte_width)
    pieces = [absent if value is None else value for value in values]
    if any(not isinstance(piece, bytes) for piece in pieces):
        raise pa.ArrowTypeError(f"a value is no {kind}")
    if any(len(piece) != kind.byte_width for piece in pieces):
        raise pa.ArrowInvalid(f"a value is not {kind.byte_width} bytes wide")
    return pa.Array.from_buffers(kind, len(pieces), [_known(values), pa.py_buffer(b"".join(pieces))])


def _known(values: Sequence[Any]) -> pa.Buffer | None:
    known = [value is not None for value in values]
    return None if all(known) else _bits(np.array(known, np.bool_))


def _ends(pieces: Sequence[Sized]) -> NDArray[np.int64]:
    ends = np.zeros(len(pieces) + 1, np.int64)
    np.cumsum([len(piece) for piece in pieces], out=ends[1:])
    return ends


def _bits(values: NDArray[np.bool_]) -> pa.Buffer:
    import pyarrow as pa

    return pa.py_buffer(np.packbits(values, bitorder="little"))


def _text(value: Any) -> bytes:
    encoded: bytes = value.encode("utf-8")
    return encoded


def _whole(value: Any) -> bytes:
    if isinstance(value, bool) or not isinstance(value, int | np.integer):
        raise TypeError(f"{value!r:.40}")
    return b"%d" % value


def _decimal(value: Any) -> bytes:
    return format(value, "f").encode("ascii") if isinstance(value, Decimal) else _whole(value)


def _flag(value: Any) -> bytes:
    if not isinstance(value, bool):
        raise TypeError(f"{value!r:.40}")
    return b"true" if value else b"false"


def _day(value: Any) -> bytes:
    if not isinstance(value, date):
        raise TypeError(f"{value!r:.40}")
    return b"%04d-%02d-%02d" % (value.year, value.month, value.day)


def _moment(value: Any) -> bytes:
    if not isinstance(value, datetime):
        raise TypeError(f"{value!r:.40}")
    known: datetime = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return known.isoformat().encode("ascii")


_WRITTEN: Final[Sequence[tuple[str, Callable[[Any], bytes]]]] = (
    ("is_string", _text),
    ("is_integer", _whole),
    ("is_decimal", _decimal),
    ("is_boolean", _flag),
    ("is_date", _day),
    ("is_timestamp", _moment),
)
"""By the test of a type: how its values are written for Arrow to read."""
