"""The sample's files as the tests read them."""

from __future__ import annotations

import csv
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from clawback.cases.load import case_paths, load_case
from clawback.cases.model import Case
from clawback.resources import sample_dir

THIEF: Final = "0xeb31973e0febf3e3d7058234a5ebbae1ab4b8c23"
NEXT_HOP: Final = "0x34a17418cec67b82d08cf77a987941f99dc87c6b"
TORNADO_100: Final = "0xa160cdab225685da1d56aa342ad8841c3b53f291"
KUCOIN_SENDERS: Final = frozenset(
    {"0x2b5634c42055806a59e9107ed44d43c426e58258", "0x689c56aef474df92d44a1b70850f808488f9769c"}
)
Row = dict[str, str]


def sample_cases() -> list[Case]:
    return [load_case(path) for path in case_paths(sample_dir() / "cases")]


def sample_rows(name: str) -> list[Row]:
    return read_rows(sample_dir() / name)


def read_rows(path: Path) -> list[Row]:
    with path.open(newline="", encoding="utf-8") as stream:
        return list(csv.DictReader(stream))


def in_window(rows: Iterable[Row], first: int, end: int) -> list[Row]:
    return [row for row in rows if first <= int(row["timestamp"]) < end]
