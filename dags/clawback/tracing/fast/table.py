"""The bulk table: a day's transfers of one chain as raw bytes and exact integers, in travel order.

Layout:
    `transfers-NNNNN.parquet`: block_number, tx_index, position, block_time, from_address, to_address, asset
    (20 raw bytes each; to_address may be unknown), amount DECIMAL(38,0), and where they are known kind and
    tx_hash (32 raw bytes), in travel order (see `bulk_day`). Beside it the day's index as arrays (`amount`,
    `payer`, `receiver`, `asset` of each holding, and the balances with which it began; a trace looks at the
    few that taint touches), the word that stands for each transaction's hash, sorted, with its first row and
    one behind the last, and the runs of nets that the day completes. NNNNN counts days, which are written one
    after the other. A folder is one chain.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

import numpy as np

from clawback.errors import ClawbackError
from clawback.schemas import MAX_AMOUNT
from clawback.tracing.fast.balances import add_day, opened, read_run, write_openings
from clawback.tracing.fast.bulk_day import BURN, FEE, KINDS, MINT, BulkDay, in_travel_order
from clawback.tracing.fast.compiled import Bytes, Limbs, compiled
from clawback.tracing.fast.desk import sink_place
from clawback.tracing.fast.index import FIRST, DayIndex, Rows, index_day, words_of
from clawback.tracing.fast.possible import mark_possible
from clawback.tracing.sinks import BURNED, UNSEEN_OUTFLOW
from clawback.tracing.sinks import FEE as FEE_SINK

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP: Final = 491_520
"""Four DuckDB row groups: large enough to read fast, small enough to share among threads."""

ADDRESS: Final = 20
"""Bytes of an address."""
HEX_DIGITS: Final = np.full(256, 255, np.uint8)
for _digit, _value in zip(b"0123456789abcdefABCDEF", [*range(16), *range(10, 16)], strict=True):
    HEX_DIGITS[_digit] = _value
MAX_HIGH: Final = np.uint64(MAX_AMOUNT >> 64)
MAX_LOW: Final = np.uint64(MAX_AMOUNT & ((1 << 64) - 1))


@compiled
def _from_hex(text: Bytes, digits: Bytes, found: Bytes) -> int:
    # Gives the first wrong row, -1 if all are right.
    size = found.shape[1]
    for row in range(len(found)):
        begin = row * (2 + 2 * size)
        if text[begin] != 48 or text[begin + 1] != 120:
            return row
        for place in range(size):
            high = digits[text[begin + 2 + 2 * place]]
            low = digits[text[begin + 3 + 2 * place]]
            if high > 15 or low > 15:
                return row
            found[row, place] = high << 4 | low
    return -1


def bytes_of_hex(column: pa.Array, size: int = ADDRESS) -> Bytes:
    """Addresses written as 0x and 40 hex digits, as 20 bytes each; or hashes, which have another size."""
    offsets = np.frombuffer(column.buffers()[1], np.int32)[column.offset : column.offset + len(column) + 1]
    wrong = np.diff(offsets) != 2 + 2 * size
    if column.null_count:
        wrong |= ~column.is_valid().to_numpy(zero_copy_only=False)
    if wrong.any():
        raise _not_bytes(int(np.argmax(wrong)), size)
    text = (
        np.frombuffer(column.buffers()[2], np.uint8)[offsets[0] :] if len(column) else np.zeros(0, np.uint8)
    )
    found = np.empty((len(column), size), np.uint8)
    first_wrong = _from_hex(text, HEX_DIGITS, found)
    if first_wrong >= 0:
        raise _not_bytes(first_wrong, size)
    return found


def _not_bytes(row: int, size: int) -> ClawbackError:
    what = "an address" if size == ADDRESS else "a hash"
    return ClawbackError(
        f"{what} is not 0x and {2 * size} hex digits, and the compiled engine knows no other ones",
        where=f"row {row + 1}",
        remedy="trace these transfers with the plain engine (clawback trace), or leave such rows out",
    )


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


def _fixed(values: Bytes, absent: Bytes | None = None) -> pa.Array:
    import pyarrow as pa

    buffer = pa.py_buffer(np.ascontiguousarray(values))
    known = None if absent is None else pa.py_buffer(np.packbits(~absent, bitorder="little"))
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(values.shape[1]), len(values), [known, buffer])


def table_of(day: BulkDay) -> pa.Table:
    """The day as a table."""
    import pyarrow as pa

    amount = pa.py_buffer(np.ascontiguousarray(day.amount))
    columns = {
        "block_number": pa.array(day.block_number),
        "tx_index": pa.array(day.tx_index),
        "position": pa.array(day.position),
        "block_time": pa.array(day.block_time).cast(pa.timestamp("us", tz="UTC")),
        "from_address": _fixed(day.from_address),
        "to_address": _fixed(day.to_address, day.no_receiver),
        "asset": pa.DictionaryArray.from_arrays(pa.array(day.asset_of), _fixed(day.assets)),
        "amount": pa.Decimal128Array.from_buffers(pa.decimal128(38, 0), len(day.amount), [None, amount]),
    }
    if day.kind is not None:
        columns["kind"] = pa.DictionaryArray.from_arrays(pa.array(day.kind), pa.array(KINDS))
    if day.tx_hash is not None:
        columns["tx_hash"] = _fixed(day.tx_hash)
    return pa.table(columns)


def write_day(day: BulkDay, folder: Path, number: int) -> DayIndex:
    """Writes a day, its index, and the runs of nets that it completes; gives the index.

    The days before it are there.
    """
    import pyarrow.parquet as pq

    day = in_travel_order(day)
    pq.write_table(
        table_of(day),
        folder / f"transfers-{number:05d}.parquet",
        compression="zstd",
        compression_level=1,
        row_group_size=ROW_GROUP,
        use_dictionary=["block_number", "block_time", "asset", "position", "kind"],
        write_statistics=["block_number", "block_time"],
    )
    index = index_bulk(day)
    arrays: dict[str, Bytes] = {
        "amount": index.rows.amount,
        "payer": index.rows.payer,
        "receiver": index.rows.receiver,
        "assets": index.assets,
        "asset_of": index.asset_of,
        "touch_start": index.touch_start,
        "touches": index.touches,
    }
    if not (index.rows.first == FIRST).all():
        arrays["first"] = index.rows.first
    if day.tx_hash is not None:
        begins = day.begins
        parts = np.ascontiguousarray(day.tx_hash[begins[:-1]]).view(">u8").astype(np.uint64)
        words = np.bitwise_xor.reduce(parts, axis=1)
        order = np.argsort(words, kind="stable")
        arrays |= {
            "hash_words": words[order],
            "hash_rows": begins[:-1][order],
            "hash_ends": begins[1:][order],
        }
    for stale in folder.glob(f"index-{number:05d}-*.npy"):
        stale.unlink()
    for name, array in arrays.items():
        np.save(folder / f"index-{number:05d}-{name}.npy", array)
    write_openings(folder, number, index.balances.keys)
    add_day(folder, number, index.balances)
    return index


def index_bulk(day: BulkDay) -> DayIndex:
    """Indexes a day in travel order; the zero address is no account."""
    count, kinds, unreceived = len(day.amount), day.kinds, day.unreceived
    payer, receiver = np.zeros(count, np.int32), np.zeros(count, np.int32)
    payer[~day.from_address.any(axis=1) | (kinds == MINT)] = -1
    receiver[~day.to_address.any(axis=1)] = sink_place(BURNED)
    receiver[unreceived] = sink_place(UNSEEN_OUTFLOW)
    receiver[kinds == BURN] = sink_place(BURNED)
    receiver[kinds == FEE] = sink_place(FEE_SINK)
    begins = day.begins
    first = np.zeros(count, np.uint8)
    first[begins[:-1]] = FIRST
    first[1:][np.diff(day.asset_of) != 0] = FIRST
    rows = Rows(payer, receiver, day.amount, first)
    index = index_day(rows, day.from_address, day.to_address, day.assets, day.asset_of)
    mark_possible(rows, index.balances.keys, words_of(day.assets), day.asset_of, kinds == FEE, begins)
    return index


def read_index(folder: Path, number: int) -> DayIndex:
    """The index of a day; of it only what is looked at is read."""
    amount, payer, receiver, assets, asset_of, touch_start, touches = (
        opened(folder / f"index-{number:05d}-{name}.npy")
        for name in ("amount", "payer", "receiver", "assets", "asset_of", "touch_start", "touches")
    )
    marks, longest = folder / f"index-{number:05d}-first.npy", 1
    first = np.full(len(payer), FIRST, np.uint8)
    if marks.exists():
        first = opened(marks)
        longest = int(np.diff(np.flatnonzero(first), append=len(first)).max())
    rows = Rows(payer, receiver, amount, first)
    balances = read_run(folder, number, 1)
    return DayIndex(balances, rows, assets, asset_of, touch_start, touches, longest)
