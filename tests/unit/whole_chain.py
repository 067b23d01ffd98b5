"""Files of many plain payments, always the same ones for the same numbers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tests.unit.tracing_lists import ZERO, Payment

ROWS_OF_A_BLOCK = 400
ROWS_OF_A_DAY = 1_000_000
BATCH = 250_000
ASSETS = np.array(["native", "0x" + "ef" * 20])
LARGEST = (2**62, 2**40)
"""Amounts of the second asset go beyond 64 bits."""


def write_payments(file: Path, rows: int, accounts: int, seed: int = 1) -> None:
    """Payments between accounts of which few pay and are paid often, with some mints and burns.

    Amounts are products of two random numbers, so that most are small beside the largest.
    """
    random = np.random.default_rng(seed)
    names = np.array([ZERO, *(f"0x{number:040x}" for number in range(1, accounts))])
    start = np.datetime64("2024-01-01T00:00:00", "us")
    writer = None
    for first in range(0, rows, BATCH):
        count = min(BATCH, rows - first)
        numbers = np.arange(first, first + count)
        sides = [names[(accounts * random.random(count) ** 3).astype(np.int64)] for _ in range(2)]
        asset = random.integers(0, 2, count)
        small, large = random.integers(1, 1000, count), random.integers(1, LARGEST[0], count)
        amounts = [
            int(a) * int(b) * (LARGEST[1] if which else 1)
            for a, b, which in zip(small, large, asset, strict=True)
        ]
        block = numbers // ROWS_OF_A_BLOCK
        table = pa.table(
            {
                "chain": pa.array(["ethereum"] * count),
                "block_number": pa.array(block),
                "block_time": pa.array(
                    start + (numbers * 86_400 // ROWS_OF_A_DAY).astype("timedelta64[s]"),
                    pa.timestamp("us", tz="UTC"),
                ),
                "tx_hash": pa.array([f"0x{number:064x}" for number in numbers.tolist()]),
                "tx_index": pa.array(numbers % ROWS_OF_A_BLOCK, pa.int32()),
                "position": pa.array(np.zeros(count, np.int64)),
                "kind": pa.array(np.where(asset == 1, "token", "native").tolist()),
                "from_address": pa.array(sides[0].tolist()),
                "to_address": pa.array(sides[1].tolist()),
                "asset": pa.array(ASSETS[asset].tolist()),
                "amount": pa.array([str(amount) for amount in amounts]).cast(pa.decimal128(38, 0)),
            }
        )
        writer = writer or pq.ParquetWriter(file, table.schema, compression="zstd")
        writer.write_table(table)
    if writer is not None:
        writer.close()


def read_payments(file: Path) -> Iterator[Payment]:
    """The same payments, one after the other."""
    columns = ["tx_hash", "from_address", "to_address", "asset", "amount"]
    for batch in pq.ParquetFile(file).iter_batches(BATCH, columns=columns):
        values = [batch.column(name).to_pylist() for name in columns]
        for tx_hash, payer, receiver, asset, amount in zip(*values, strict=True):
            yield Payment(tx_hash, payer, receiver, asset, int(amount))
