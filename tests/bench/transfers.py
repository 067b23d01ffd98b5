"""The generated transfers as rows of the transfers table."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from clawback.identifiers import bytes_of, raw_column
from clawback.schemas import AMOUNT, IDENTIFIER, NATIVE, TIME, TRANSFERS

COIN = "0x" + "0" * 40
"""How the generator names a chain's own coin."""


def transfers_table(file: Path) -> pa.Table:
    """Reads a generated file; every transfer is a transaction of its own."""
    table = pq.read_table(file, partitioning=None)
    count = table.num_rows
    number = table.column("block_number").to_numpy()
    index = table.column("log_index").to_numpy()
    constant = {
        "chain": "ethereum",
        "kind": "token",
        "source": "generated",
        "order_quality": "exact",
    }
    columns = {name: pa.repeat(pa.scalar(value), count) for name, value in constant.items()} | {
        "block_number": table.column("block_number"),
        "block_time": pa.array(table.column("time").to_numpy() * 1_000_000).cast(TIME),
        "block_hash": pa.nulls(count, IDENTIFIER),
        "tx_hash": _hashes(number, index),
        "tx_index": pa.array(index, pa.int32()),
        "position": pa.repeat(pa.scalar(1_000_000, pa.int64()), count),
        "from_address": _identifiers(table.column("from")),
        "to_address": _identifiers(table.column("to")),
        "asset": _identifiers(_assets(table.column("asset"))),
        "amount": _amounts(table.column("amount").combine_chunks()),
        "outpoint": pa.nulls(count, pa.string()),
        "known_date": pa.repeat(pa.scalar(date(2024, 1, 1), pa.date32()), count),
    }
    return pa.table({name: columns[name] for name in TRANSFERS.names}, schema=TRANSFERS)


def _hashes(number: np.ndarray, index: np.ndarray) -> pa.Array:
    raw = np.zeros((len(number), 4), ">u8")
    # The block, and the place in it.
    raw[:, 2] = number << 32
    raw[:, 3] = index
    return raw_column(raw.view(np.uint8))


def _identifiers(texts: pa.ChunkedArray) -> pa.ChunkedArray:
    return pa.chunked_array([bytes_of(chunk) for chunk in texts.chunks], IDENTIFIER)


def _assets(column: pa.ChunkedArray) -> pa.ChunkedArray:
    encoded = column.dictionary_encode().unify_dictionaries()
    names = [NATIVE if name == COIN else name for name in encoded.chunk(0).dictionary.to_pylist()]
    indices = pa.chunked_array([chunk.indices for chunk in encoded.chunks]).combine_chunks()
    return pa.chunked_array([pa.DictionaryArray.from_arrays(indices, pa.array(names)).cast(pa.string())])


def _amounts(column: pa.Array) -> pa.Array:
    words = np.frombuffer(column.buffers()[1], ">u8").reshape(-1, 4)[column.offset :][: len(column)]
    little = np.ascontiguousarray(words[:, [3, 2]].astype(np.uint64))
    return pa.Array.from_buffers(AMOUNT, len(column), [None, pa.py_buffer(little)])
