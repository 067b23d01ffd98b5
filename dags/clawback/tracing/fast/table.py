"""The bulk table: a day's transfers of one chain as raw bytes and exact integers, in travel order.

Layout:
    `transfers-NNNNN.parquet`: block_number, tx_index, position, block_time, from_address, to_address, asset
    (20 raw bytes each), amount DECIMAL(38,0), sorted by (block_number, tx_index, position). Beside it the
    day's index (`payer`, `receiver`, `asset` of each holding, as arrays) and the runs of nets that the day
    completes. NNNNN counts days. A folder is one chain.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from clawback.errors import ClawbackError
from clawback.schemas import MAX_AMOUNT
from clawback.tracing.fast.balances import add_day, opened, read_run
from clawback.tracing.fast.compiled import Bytes, Limbs, Longs, Places, compiled
from clawback.tracing.fast.index import DayIndex, Rows, index_day

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP: Final = 491_520
"""Four DuckDB row groups: large enough to read fast, small enough to share among threads."""

ADDRESS_CHARACTERS: Final = 42
HEX_DIGITS: Final = np.full(256, 255, np.uint8)
for _digit, _value in zip(b"0123456789abcdefABCDEF", [*range(16), *range(10, 16)], strict=True):
    HEX_DIGITS[_digit] = _value
MAX_HIGH: Final = np.uint64(MAX_AMOUNT >> 64)
MAX_LOW: Final = np.uint64(MAX_AMOUNT & ((1 << 64) - 1))


@dataclass(frozen=True)
class BulkDay:
    """A day as arrays. Amounts are limbs, low first; assets are few, and named by place."""

    block_number: Longs
    tx_index: Places
    position: Places
    block_time: Longs
    from_address: Bytes
    to_address: Bytes
    asset_of: Places
    assets: Bytes
    amount: Limbs


@compiled
def _from_hex(text: Bytes, digits: Bytes, found: Bytes) -> int:
    # Gives the first wrong row, -1 if all are right.
    for row in range(len(found)):
        begin = row * ADDRESS_CHARACTERS
        if text[begin] != 48 or text[begin + 1] != 120:
            return row
        for place in range(20):
            high = digits[text[begin + 2 + 2 * place]]
            low = digits[text[begin + 3 + 2 * place]]
            if high > 15 or low > 15:
                return row
            found[row, place] = high << 4 | low
    return -1


def bytes_of_hex(column: pa.Array) -> Bytes:
    """Addresses written as 0x and 40 hex digits, as 20 bytes each."""
    offsets = np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + len(column) + 1]
    if len(column) and (column.null_count or (np.diff(offsets) != ADDRESS_CHARACTERS).any()):
        raise ClawbackError("an address is not 0x and 40 hex digits", remedy="leave such rows out")
    text = (
        np.frombuffer(column.buffers()[2], np.uint8)[offsets[0] :] if len(column) else np.zeros(0, np.uint8)
    )
    found = np.empty((len(column), 20), np.uint8)
    wrong = _from_hex(text, HEX_DIGITS, found)
    if wrong >= 0:
        raise ClawbackError(f"row {wrong + 1}: an address is not hex", remedy="leave such rows out")
    return found


@compiled
def _narrow(wide: Limbs, amount: Limbs) -> int:
    for row in range(len(wide)):
        high, low = wide[row, 2], wide[row, 3]
        if wide[row, 0] or wide[row, 1] or high > MAX_HIGH or (high == MAX_HIGH and low > MAX_LOW):
            return row
        amount[row, 0] = low
        amount[row, 1] = high
    return -1


def amounts_of(column: pa.Array) -> Limbs:
    """Amounts of 32 big-endian bytes as two limbs."""
    raw = np.frombuffer(column.buffers()[1], ">u8").reshape(-1, 4)
    raw = raw[column.offset : column.offset + len(column)]
    amount = np.empty((len(column), 2), np.uint64)
    wrong = _narrow(raw.astype(np.uint64), amount)
    if wrong >= 0:
        raise ClawbackError(
            f"row {wrong + 1}: an amount is wider than DECIMAL(38,0)", remedy="leave such rows out"
        )
    return amount


def _fixed(values: Bytes) -> pa.Array:
    import pyarrow as pa

    buffer = pa.py_buffer(np.ascontiguousarray(values))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(20), len(values), [None, buffer])


def table_of(day: BulkDay) -> pa.Table:
    """The day as a table."""
    import pyarrow as pa

    amount = pa.py_buffer(np.ascontiguousarray(day.amount))
    return pa.table(
        {
            "block_number": pa.array(day.block_number),
            "tx_index": pa.array(day.tx_index),
            "position": pa.array(day.position),
            "block_time": pa.array(day.block_time).cast(pa.timestamp("us", tz="UTC")),
            "from_address": _fixed(day.from_address),
            "to_address": _fixed(day.to_address),
            "asset": pa.DictionaryArray.from_arrays(pa.array(day.asset_of), _fixed(day.assets)),
            "amount": pa.Decimal128Array.from_buffers(pa.decimal128(38, 0), len(day.amount), [None, amount]),
        }
    )


def write_day(day: BulkDay, folder: Path, number: int) -> None:
    """Writes a day, its index, and the runs of nets that it completes."""
    import pyarrow.parquet as pq

    pq.write_table(
        table_of(day),
        folder / f"transfers-{number:05d}.parquet",
        compression="zstd",
        compression_level=1,
        row_group_size=ROW_GROUP,
        use_dictionary=["block_number", "block_time", "asset", "position"],
        write_statistics=["block_number", "block_time"],
    )
    index = index_bulk(day)
    arrays = {
        "payer": index.rows.payer,
        "receiver": index.rows.receiver,
        "assets": index.assets,
        "asset_of": index.asset_of,
        "touch_start": index.touch_start,
        "touches": index.touches,
    }
    if index.longest > 1:
        arrays["first"] = index.rows.first
    for name, array in arrays.items():
        np.save(folder / f"index-{number:05d}-{name}.npy", array)
    add_day(folder, number, index.balances)


def index_bulk(day: BulkDay) -> DayIndex:
    """Indexes a day; the zero address is no account."""
    count = len(day.amount)
    payer, receiver = np.zeros(count, np.int32), np.zeros(count, np.int32)
    payer[~day.from_address.any(axis=1)] = -1
    receiver[~day.to_address.any(axis=1)] = -2
    first = np.ones(count, np.uint8)
    if count:
        same = (np.diff(day.block_number) == 0) & (np.diff(day.tx_index) == 0)
        if (same & (np.diff(day.asset_of) != 0)).any():
            raise ClawbackError(
                "a transaction moves more than one asset: the compiled engine does not follow exchanges",
                remedy="trace this day with the plain engine",
            )
        first[1:] = ~same
    rows = Rows(payer, receiver, day.amount, first)
    return index_day(rows, day.from_address, day.to_address, day.assets, day.asset_of)


def read_index(folder: Path, number: int, amount: Limbs) -> DayIndex:
    """The index of a day whose amounts have been read."""
    payer, receiver, assets, asset_of, touch_start, touches = (
        opened(folder / f"index-{number:05d}-{name}.npy")
        for name in ("payer", "receiver", "assets", "asset_of", "touch_start", "touches")
    )
    several, longest = folder / f"index-{number:05d}-first.npy", 1
    first = np.ones(len(payer), np.uint8)
    if several.exists():
        first = opened(several)
        longest = int(np.diff(np.flatnonzero(first), append=len(first)).max())
    rows = Rows(payer, receiver, amount, first)
    balances = read_run(folder, number, 1)
    return DayIndex(balances, rows, assets, asset_of, touch_start, touches, longest)
