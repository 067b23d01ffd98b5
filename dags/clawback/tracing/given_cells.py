"""Cells of one column at once: their values, and which of them are written the usual way."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Final

from clawback.schemas import NATIVE, TRANSFERS
from clawback.tables.addresses import EVM_CHAINS

if TYPE_CHECKING:
    pass


USUAL_ADDRESS: Final = "^0x[0-9a-f]{40}$"

USUAL_ASSET: Final = f"^(0x[0-9a-f]{{40}}|{NATIVE})$"

USUAL_HASH: Final = "^0x[0-9a-f]{64}$"

USUAL_TIME: Final = r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,6})?(Z|\+00:00)?$"

ZONE: Final = r"(Z|\+00:00)$"

USUAL_QUALITIES: Final = ("", "exact", "time")

FIRST_TIME: Final = datetime(2009, 1, 1, tzinfo=UTC)

TIME_BEHIND_LAST: Final = datetime(2101, 1, 1, tzinfo=UTC)


Row = dict[str, Any]


@dataclass(frozen=True)
class Form:
    """How the cells of a file mean transfers."""

    names: Mapping[str, str]
    """Our column -> the file's."""
    fixed: Mapping[str, Any]
    """What holds for every row."""
    kinds: frozenset[str]
    """Kinds of rows that can be usual."""
    decimals: int
    """Of the amounts."""
    is_positioned: bool
    needs_receiver: bool
    read: Callable[[dict[str, str]], Row]
    """Reads any row, or raises ValueError."""


def read_cells(name: str, cells: Any, count: int, form: Form) -> tuple[Any, Any]:
    """Reads one of our columns.

    Args:
        name: of our column.
        cells: of the file's; None where it has none.
        count: how many rows there are.
        form: what the cells mean.

    Returns:
        The values, and of which rows they are usual.

    Raises:
        pa.ArrowException: the cells are of a type that is never usual.
    """
    return _READERS[name](cells, count, form)


def text_of(cells: Any, count: int) -> Any:
    """Cells as text, unknown ones empty."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if cells is None:
        return pa.repeat(pa.scalar(""), count)
    if pa.types.is_dictionary(cells.type):
        cells = cells.dictionary_decode()
    if not (
        pa.types.is_string(cells.type) or pa.types.is_large_string(cells.type) or pa.types.is_null(cells.type)
    ):
        raise pa.ArrowTypeError("no text")
    return pc.fill_null(cells.cast(pa.string()), "")


def _matching(pattern: str, *, may_lack: bool = False) -> Callable[[Any, int, Form], tuple[Any, Any]]:
    def read(cells: Any, count: int, form: Form) -> tuple[Any, Any]:
        import pyarrow as pa
        import pyarrow.compute as pc

        text = text_of(cells, count)
        right = pc.match_substring_regex(text, pattern)
        if may_lack:
            lacks = pc.equal(text, "")
            return pc.if_else(lacks, pa.scalar(None, pa.string()), text), pc.or_(right, lacks)
        return text, right

    return read


def _among(words: Callable[[Form], Iterable[str]]) -> Callable[[Any, int, Form], tuple[Any, Any]]:
    def read(cells: Any, count: int, form: Form) -> tuple[Any, Any]:
        import pyarrow as pa
        import pyarrow.compute as pc

        text = text_of(cells, count)
        return text, pc.is_in(text, value_set=pa.array(sorted(words(form)), pa.string()))

    return read


def whole_numbers(digits: int, most: int, *, may_lack: bool) -> Callable[[Any, int, Form], tuple[Any, Any]]:
    """Reads whole numbers of so many digits, from 0 to a largest one."""

    def read(cells: Any, count: int, form: Form) -> tuple[Any, Any]:
        import pyarrow as pa
        import pyarrow.compute as pc

        if cells is not None and pa.types.is_integer(cells.type):
            numbers = cells.cast(pa.int64())
            lacks = numbers.is_null()
            right = pc.fill_null(pc.and_(pc.greater_equal(numbers, 0), pc.less_equal(numbers, most)), False)
        else:
            text = text_of(cells, count)
            lacks = pc.equal(text, "")
            right = pc.match_substring_regex(text, f"^[0-9]{{1,{digits}}}$")
            numbers = pc.if_else(right, text, pa.scalar(None, pa.string())).cast(pa.int64())
        kept = pc.if_else(right, numbers, pa.scalar(None, pa.int64()))
        return kept, pc.or_(right, lacks) if may_lack else right

    return read


def _narrow(read: Callable[[Any, int, Form], tuple[Any, Any]]) -> Callable[[Any, int, Form], tuple[Any, Any]]:
    def narrow(cells: Any, count: int, form: Form) -> tuple[Any, Any]:
        import pyarrow as pa

        numbers, right = read(cells, count, form)
        return numbers.cast(pa.int32()), right

    return narrow


def _time(cells: Any, count: int, form: Form) -> tuple[Any, Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    if cells is not None and pa.types.is_timestamp(cells.type):
        times = cells.cast(pa.timestamp("us", cells.type.tz))
        times = (
            pc.assume_timezone(times, "UTC")
            if cells.type.tz is None
            else times.cast(pa.timestamp("us", "UTC"))
        )
    else:
        text = text_of(cells, count)
        right = pc.match_substring_regex(text, USUAL_TIME)
        plain = pc.replace_substring_regex(text, ZONE, "")
        plain = pc.if_else(right, plain, pa.scalar(None, pa.string()))
        times = pc.assume_timezone(plain.cast(pa.timestamp("us")), "UTC")
    kind = pa.timestamp("us", "UTC")
    right = pc.and_(
        pc.greater_equal(times, pa.scalar(FIRST_TIME, kind)),
        pc.less(times, pa.scalar(TIME_BEHIND_LAST, kind)),
    )
    return times, right


def _amount(cells: Any, count: int, form: Form) -> tuple[Any, Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = TRANSFERS.field("amount").type
    if cells is not None and (pa.types.is_integer(cells.type) or pa.types.is_decimal(cells.type)):
        if form.decimals or (pa.types.is_decimal(cells.type) and cells.type.scale != 0):
            raise pa.ArrowTypeError("no whole amounts")
        amounts = cells.cast(kind)
        return amounts, pc.greater_equal(amounts, pa.scalar(0, pa.int64()).cast(kind))
    text = text_of(cells, count)
    if not form.decimals:
        right = pc.match_substring_regex(text, "^[0-9]{1,38}$")
        return pc.if_else(right, text, pa.scalar(None, pa.string())).cast(kind), right
    right = pc.match_substring_regex(
        text, f"^[0-9]{{1,{38 - form.decimals}}}([.][0-9]{{1,{form.decimals}}})?$"
    )
    scaled = pc.if_else(right, text, pa.scalar(None, pa.string())).cast(pa.decimal128(38, form.decimals))
    # The same 128 bits, counted in the smallest units.
    return pa.Array.from_buffers(kind, len(scaled), scaled.buffers(), offset=scaled.offset), right


def _outpoint(cells: Any, count: int, form: Form) -> tuple[Any, Any]:
    import pyarrow as pa
    import pyarrow.compute as pc

    return pa.nulls(count, pa.string()), pc.equal(text_of(cells, count), "")


_READERS: Final = {
    "chain": _among(lambda form: EVM_CHAINS),
    "block_number": whole_numbers(18, 2**62, may_lack=True),
    "block_time": _time,
    "tx_hash": _matching(USUAL_HASH),
    "tx_index": _narrow(whole_numbers(9, 2**31 - 1, may_lack=True)),
    "position": whole_numbers(18, 2**62, may_lack=False),
    "kind": _among(lambda form: form.kinds),
    "from_address": _matching(USUAL_ADDRESS),
    "to_address": _matching(USUAL_ADDRESS, may_lack=True),
    "asset": _matching(USUAL_ASSET),
    "amount": _amount,
    "outpoint": _outpoint,
    "order_quality": _among(lambda form: USUAL_QUALITIES),
}
"""How each column is read: the values, and of which rows they are usual."""
