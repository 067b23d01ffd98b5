"""Checked blocks as columns of the lake's `transfers`: made a column at a time, never a row."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from clawback.arrays import array_of, flags_of, numbers_of, repeated
from clawback.chains.evm.columns import Flags, Integers, is_zero
from clawback.chains.evm.read import Reading
from clawback.chains.evm.transfers import FEE_KIND, KINDS, TOKEN_KIND
from clawback.days import day_bounds
from clawback.identifiers import bytes_of, raw_column
from clawback.schemas import NATIVE, TRANSFERS
from clawback.schemas.columns import AMOUNT, TIME
from clawback.sources.stretches import OF_THE_LAKE

COLUMNS: Final = pa.schema([field for field in TRANSFERS if field.name not in OF_THE_LAKE])
_MICROSECONDS: Final = 1_000_000
_COIN: Final = bytes_of(array_of([NATIVE], pa.string()))[0]


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
        "chain": repeated(chain, pa.string(), count),
        "block_number": numbers_of(batch.numbers[block], pa.int64()),
        "block_time": numbers_of(batch.times[block] * _MICROSECONDS, TIME),
        "block_hash": raw_column(batch.hashes[block]),
        "tx_hash": raw_column(batch.tx_hashes[tx]),
        "tx_index": numbers_of(batch.tx_index[tx].astype(np.int32), pa.int32()),
        "position": numbers_of(rows.position[places], pa.int64()),
        "kind": array_of(KINDS, pa.string()).take(numbers_of(kind, pa.uint8())),
        "from_address": raw_column(rows.sender[places]),
        "to_address": raw_column(rows.receiver[places], kind != FEE_KIND),
        "asset": pc.if_else(flags_of(is_token), raw_column(rows.asset[places]), _COIN),
        "amount": numbers_of(reading.amounts[places], AMOUNT),
        "outpoint": pa.nulls(count, pa.string()),
        "order_quality": repeated("exact", pa.string(), count),
    }
    return pa.Table.from_arrays([columns[name] for name in COLUMNS.names], schema=COLUMNS)


def blocks_of_day(times: Integers, day: date) -> Flags:
    """Whether blocks, by their times in seconds, are of a UTC day."""
    begin, end = (_second(moment) for moment in day_bounds(day))
    return (times >= begin) & (times < end)


def _second(moment: datetime) -> int:
    return int(moment.timestamp())
