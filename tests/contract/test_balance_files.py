"""Balance files: exact base units at the end of a block, cut by day."""

from __future__ import annotations

import io
from datetime import UTC, date, datetime
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clawback.sources.balance_files.parse import parse
from clawback.sources.base import ParsedPart

HEADER = "chain,address,asset,block_number,block_time,amount"
DAY = date(2020, 9, 26)
THIEF = "0xeb31973e0febf3e3d7058234a5ebbae1ab4b8c23"
GOOD = f"ethereum,{THIEF},native,10935000,2020-09-26T12:00:00Z,{10**38 - 1}"


def read(*lines: str, header: str = HEADER, day: date | None = DAY) -> ParsedPart:
    return parse("\n".join([header, *lines]).encode(), {}, "balances.csv", day)


def test_a_balance_is_exact() -> None:
    parsed = read(GOOD)
    assert parsed.quarantined == []
    assert parsed.rows["balances"] == [
        {
            "chain": "ethereum",
            "address": THIEF,
            "asset": "native",
            "block_number": 10_935_000,
            "block_time": datetime(2020, 9, 26, 12, tzinfo=UTC),
            "amount": 10**38 - 1,
        }
    ]


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        (str(10**38 - 1), str(10**38), "wider than DECIMAL(38,0)"),
        (str(10**38 - 1), "-1", "negative"),
        (str(10**38 - 1), "1.5", "fraction"),
        (str(10**38 - 1), "", "not a number"),
        (THIEF, THIEF[:-1], "40 hex digits"),
        ("native", "ETH", "40 hex digits"),
        ("10935000", "-1", "block_number"),
        ("2020-09-26T12:00:00Z", "2020-09-26", "bad time"),
        ("ethereum", "moon", "no address form"),
    ],
)
def test_a_wrong_balance_is_turned_away_and_the_others_go_on(old: str, new: str, says: str) -> None:
    parsed = read(GOOD.replace(old, new), GOOD)
    (turned_away,) = parsed.quarantined
    assert (turned_away.table, turned_away.row) == ("balances", 1)
    assert says in turned_away.reason
    assert len(parsed.rows["balances"]) == 1


def test_the_file_is_cut_by_day() -> None:
    lines = [GOOD.replace("09-26", f"09-{day}") for day in (25, 26, 27)]
    assert len(read(*lines).rows["balances"]) == 1
    assert len(read(*lines, day=None).rows["balances"]) == 3


def test_a_renamed_column_or_a_float_breaks_the_file() -> None:
    assert "expected chain" in str(read(header=HEADER.replace("amount", "balance")).broken)
    sink = io.BytesIO()
    columns: dict[str, list[Any]] = {name: ["x"] for name in HEADER.split(",")}
    pq.write_table(pa.table(columns | {"amount": [1.5]}), sink)
    assert "floating point" in str(parse(sink.getvalue(), {}, "balances.parquet", DAY).broken)
