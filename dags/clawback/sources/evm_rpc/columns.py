"""Checked blocks as columns of the lake's `transfers`: made a column at a time, never a row."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from clawback.chains.evm.columns import AMOUNT as AMOUNT_WIDTH
from clawback.chains.evm.columns import Flags, Integers, is_zero
from clawback.chains.evm.read import Reading
from clawback.chains.evm.transfers import FEE_KIND, KINDS, TOKEN_KIND
from clawback.days import day_bounds
from clawback.identifiers import raw_column
from clawback.schemas import NATIVE, TRANSFERS
from clawback.schemas.columns import AMOUNT, TIME
from clawback.sources.stretches import OF_THE_LAKE

COLUMNS: Final = pa.schema([field for field in TRANSFERS if field.name not in OF_THE_LAKE])
_MICROSECONDS: Final = 1_000_000


def transfer_columns(
    chain: str, reading: Reading, day: date | None, only: Collection[str] | None = None
) -> pa.Table:
    """The transfers of checked blocks that move something, in the order of the chain.

    Args:
        chain: its name.
        reading: checked answers.
        day: only this day, or all.
        only: hashes of the transactions that are taken; all by default.
    """
    batch, rows = reading.batch, reading.rows
    wanted: Flags = np.logical_not(is_zero(reading.amounts))
    if day is not None:
        wanted &= blocks_of_day(batch.times, day)[batch.tx_block][rows.tx]
    if only is not None:
        named = [transaction.hash in only for transaction in batch.transactions]
        wanted &= np.array(named, np.bool_)[rows.tx]
    places = np.flatnonzero(wanted)
    tx = rows.tx[places]
    block = batch.tx_block[tx]
    kind = rows.kind[places]
    count = len(places)
    is_token = kind >= TOKEN_KIND
    columns = {
        "chain": _repeated(chain, count),
        "block_number": _plain(pa.int64(), batch.numbers[block]),
        "block_time": _plain(TIME, batch.times[block] * _MICROSECONDS),
        "block_hash": raw_column(batch.hashes[block]),
        "tx_hash": raw_column(batch.tx_hashes[tx]),
        "tx_index": _plain(pa.int32(), batch.tx_index[tx].astype(np.int32)),
        "position": _plain(pa.int64(), rows.position[places]),
        "kind": pa.array(KINDS).take(_plain(pa.uint8(), kind)),
        "from_address": raw_column(rows.sender[places]),
        "to_address": raw_column(rows.receiver[places], kind != FEE_KIND),
        "asset": pc.if_else(_flags(is_token), raw_column(rows.asset[places]), NATIVE.encode()),
        "amount": _plain(AMOUNT, np.ascontiguousarray(reading.amounts[places])),
        "outpoint": pa.nulls(count, pa.string()),
        "order_quality": _repeated("exact", count),
    }
    return pa.Table.from_arrays([columns[name] for name in COLUMNS.names], schema=COLUMNS)


def blocks_of_day(times: Integers, day: date) -> Flags:
    """Whether blocks, by their times in seconds, are of a UTC day."""
    begin, end = (_second(moment) for moment in day_bounds(day))
    return (times >= begin) & (times < end)


def _second(moment: datetime) -> int:
    return int(moment.timestamp())


def _plain(kind: pa.DataType, values: NDArray[Any]) -> pa.Array:
    count = len(values) if kind != AMOUNT else values.size // AMOUNT_WIDTH
    return pa.Array.from_buffers(kind, count, [None, pa.py_buffer(np.ascontiguousarray(values))])


def _flags(values: Flags) -> pa.Array:
    return pa.Array.from_buffers(
        pa.bool_(), len(values), [None, pa.py_buffer(np.packbits(values, bitorder="little"))]
    )


def _repeated(text: str, count: int) -> pa.Array:
    return pa.repeat(pa.scalar(text), count)
