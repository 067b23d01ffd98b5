"""The generated transfers as bulk days: each on its own, or grouped into transactions with swaps."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clawback.tracing.fast.bulk_day import BulkDay
from clawback.tracing.fast.table import amounts_of, bytes_of_hex, write_day

POOL_COUNT: Final = 300
SIZES: Final = ((1, 0.48), (2, 0.24), (3, 0.08), (2, 0.16), (3, 0.04))
"""Transfers of a transaction and how often it is drawn; the last two are swaps, through one pool or two."""
DIRECT, ROUTED = 3, 4


def pools() -> NDArray[np.uint8]:
    """Addresses of the pools that swaps go through."""
    return np.random.default_rng(3).integers(1, 256, (POOL_COUNT, 20), dtype=np.uint8)


def grouped(day: BulkDay) -> BulkDay:
    """The same transfers grouped into transactions, every fifth of them a swap; always the same ones.

    A swap takes the sender of its first transfer to a pool (some to a second one, which the first one pays)
    and back; half of them pay out first. Assets of what goes in and what comes out differ.
    """
    count = len(day.amount)
    random = np.random.default_rng(int(day.block_number[0]))
    shapes = random.choice(len(SIZES), count, p=[share for _, share in SIZES]).astype(np.int8)
    sizes = np.array([size for size, _ in SIZES])[shapes]
    begin = np.concatenate(([0], np.cumsum(sizes)))
    begin, shapes = begin[begin < count], shapes[: int((begin < count).sum())]
    first = np.zeros(count, bool)
    first[begin] = True
    first[1:] |= np.diff(day.block_number) != 0
    starts = np.flatnonzero(first)
    number = np.cumsum(first) - 1
    block_first = np.searchsorted(day.block_number, day.block_number[starts])
    tx_index = (number - number[block_first][number]).astype(np.int32)
    position = (np.arange(count) - starts[number]).astype(np.int32)
    payers, receivers, asset_of = day.from_address.copy(), day.to_address.copy(), day.asset_of.copy()
    whole = np.append(starts, count)
    for shape, size in ((DIRECT, 2), (ROUTED, 3)):
        # Those that the end of their block did not cut.
        rows = begin[shapes == shape]
        rows = rows[rows + size == whole[np.minimum(number[rows] + 1, len(whole) - 1)]]
        _swap(random, day, rows, size, (payers, receivers, asset_of))
        late = rows[random.random(len(rows)) < 0.5]
        for place in range(size):
            position[late + place] = size - 1 - place
    return replace(
        day,
        tx_index=tx_index,
        position=position,
        from_address=payers,
        to_address=receivers,
        asset_of=asset_of,
    )


def _swap(
    random: np.random.Generator,
    day: BulkDay,
    rows: NDArray[np.int64],
    size: int,
    made: tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int32]],
) -> None:
    payers, receivers, asset_of = made
    trader, known, assets = day.from_address[rows], pools(), len(day.assets)
    through = (POOL_COUNT * random.random(len(rows)) ** 2).astype(int)
    at = trader
    for place in range(size):
        to = trader if place == size - 1 else known[(through + place) % POOL_COUNT]
        payers[rows + place], receivers[rows + place] = at, to
        asset_of[rows + place] = (day.asset_of[rows] + place) % assets
        at = to


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


def convert(file: Path, folder: Path, number: int, *, swaps: bool = False) -> None:
    """Writes a generated day as the project's own table, with its index and runs."""
    day = read_generated(file)
    write_day(grouped(day) if swaps else day, folder, number)
