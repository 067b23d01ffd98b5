"""The generated transfers as bulk days."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from clawback.tracing.fast.table import BulkDay, amounts_of, bytes_of_hex, write_day


def read_generated(file: Path) -> BulkDay:
    """Reads a generated file: hex strings, amounts of 32 bytes; every transfer a transaction of its own."""
    import pyarrow.parquet as pq

    table = pq.read_table(file, partitioning=None, read_dictionary=["asset"])
    sides = {name: bytes_of_hex(table.column(name).combine_chunks()) for name in ("from", "to")}
    asset = table.column("asset").unify_dictionaries().combine_chunks()
    number = table.column("block_number").to_numpy()
    index = table.column("log_index").to_numpy().astype(np.int32)
    if not ((np.diff(number) > 0) | ((np.diff(number) == 0) & (np.diff(index) > 0))).all():
        raise ValueError(f"{file} is not sorted by block and index")
    return BulkDay(
        number,
        index,
        np.zeros(len(index), np.int32),
        table.column("time").to_numpy() * 1_000_000,
        sides["from"],
        sides["to"],
        asset.indices.to_numpy().astype(np.int32),
        bytes_of_hex(asset.dictionary),
        amounts_of(table.column("amount").combine_chunks()),
    )


def convert(file: Path, folder: Path, number: int) -> None:
    """Writes a generated day as the project's own table, with its index and runs."""
    write_day(read_generated(file), folder, number)
