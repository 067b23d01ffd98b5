"""Thefts for the generated days, always the same ones, spread over the first day, and labels of the pools."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from clawback.tracing.fast.bulk import DayBook, read_day
from clawback.tracing.fast.index import POSSIBLE
from clawback.tracing.records import Label, Role
from tests.bench.generated import pools


def thefts_of(folder: Path, count: int) -> list[Role]:
    """Random transfers of the first day, each an incident whose receiver is the thief's address."""
    read = read_day(folder, 0)
    book = DayBook("ethereum", read)
    # Nobody steals by trading.
    plain = np.flatnonzero((read.index.rows.first & POSSIBLE == 0) & (read.index.rows.first != 0))
    rows = np.sort(np.random.default_rng(count).choice(plain, count, replace=False))
    moved = [book.transfers(row, row + 1)[0] for row in rows.tolist()]
    return [
        Role(f"K{number:04d}", "ethereum", row.to_address or "", "theft_address", row.tx_hash)
        for number, row in enumerate(moved)
    ]


def pool_labels() -> list[Label]:
    """What proves the swaps of the grouped days."""
    return [Label("ethereum", "0x" + raw.tobytes().hex(), "Pool", "dex", 90, "generated") for raw in pools()]
