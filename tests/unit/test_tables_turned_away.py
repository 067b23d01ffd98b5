"""Records that are turned away: every one of them, in order, whatever they come in."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from clawback.parquet import rows_to_table, table_to_bytes
from clawback.schemas import QUARANTINE
from clawback.tables import turned_away
from clawback.tables.turned_away import TurnedAway

Row = dict[str, Any]
ORDER = QUARANTINE.names


def records(count: int, seed: int = 1) -> list[Row]:
    drawn = random.Random(seed)  # noqa: S311 - a test's data
    return [
        {
            "source": drawn.choice(["node", "file"]),
            "table": drawn.choice(["transfers", "nft_transfers"]),
            "part": f"raw/part-{drawn.randrange(9)}",
            "row": drawn.randrange(50),
            "reason": drawn.choice(["zu groß", "zu klein", "z" * 300, "\U0001f600 no", "\uffff no"]),
            "sample": drawn.choice(["", "a", "b"]),
        }
        for _ in range(count)
    ]


def in_order(rows: list[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: tuple(row[name] for name in ORDER))


@pytest.mark.parametrize("count", [0, 1, 7, 3_000])
@pytest.mark.parametrize("run_bytes", [1, 5_000, 1 << 30])
def test_they_are_all_there_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, count: int, run_bytes: int
) -> None:
    """Also where there are many runs, of one record or of some, and runs of runs."""
    monkeypatch.setattr(turned_away, "_RUN_BYTES", run_bytes)
    monkeypatch.setattr(turned_away, "_AT_ONCE", 5)
    monkeypatch.setattr(turned_away, "_BATCH", 3)
    rows = records(count)
    taking = TurnedAway(tmp_path)
    for start in range(0, count, 4):
        taking.add(rows_to_table(rows[start : start + 4], QUARANTINE))
    assert taking.write(tmp_path / "it.parquet") == count
    wanted = rows_to_table(in_order(rows), QUARANTINE)
    assert (tmp_path / "it.parquet").read_bytes() == table_to_bytes(wanted)
    most = max(Counter(tuple(row.values()) for row in rows).values(), default=0)
    assert most > 1 or count < 3_000  # equal ones are not one
    assert len(list(tmp_path.glob("run-*"))) < 5 * 7


def test_its_row_groups_are_small(tmp_path: Path) -> None:
    taking = TurnedAway(tmp_path)
    taking.add(rows_to_table(records(40_000), QUARANTINE))
    taking.write(tmp_path / "it.parquet")
    groups = pq.ParquetFile(tmp_path / "it.parquet").metadata
    assert [groups.row_group(number).num_rows for number in range(groups.num_row_groups)] == [
        turned_away.ROWS_PER_GROUP,
        turned_away.ROWS_PER_GROUP,
        40_000 - 2 * turned_away.ROWS_PER_GROUP,
    ]
