"""Price files: exact decimals above zero, cut by day."""

from __future__ import annotations

import io
from datetime import date
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clawback.sources.base import ParsedPart
from clawback.sources.price_files.parse import parse

HEADER = "chain,asset,symbol,day,close_usd"
DAY = date(2020, 9, 26)
USDT = "0xdac17f958d2ee523a2206206994597c13d831ec7"


def read(*lines: str, day: date | None = DAY) -> ParsedPart:
    return parse("\n".join([HEADER, *lines]).encode(), {}, "prices.csv", day)


@pytest.mark.parametrize(
    ("text", "price"),
    [
        ("354.03", Decimal("354.03")),
        ("0.000000000000000001", Decimal("1E-18")),
        ("1.20000000000000000000000", Decimal("1.2")),
        ("5e-7", Decimal("0.0000005")),
        ("99999999999999999999.5", Decimal("99999999999999999999.5")),
    ],
)
def test_a_price_is_exact(text: str, price: Decimal) -> None:
    parsed = read(f"ethereum,native,ETH,2020-09-26,{text}")
    assert parsed.quarantined == []
    (row,) = parsed.rows["prices"]
    assert row == {"chain": "ethereum", "asset": "native", "day": DAY, "close_usd": price}


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("ethereum,native,ETH,2020-09-26,0", "not above zero"),
        ("ethereum,native,ETH,2020-09-26,-3", "not above zero"),
        ("ethereum,native,ETH,2020-09-26,", "not a number"),
        ("ethereum,native,ETH,2020-09-26,null", "not a number"),
        ("ethereum,native,ETH,2020-09-26,1e20", "too large"),
        ("ethereum,native,ETH,2020-09-26,0.0000000000000000001", "more than 18 fractional"),
        ("ethereum,native,ETH,26/09/2020,1", "bad day"),
        ("ethereum,ETH,ETH,2020-09-26,1", "bad asset"),
        ("moon,native2,M,2020-09-26,1", "bad asset"),
        ("ethereum,native,ETH,2020-09-26", "4 cells"),
    ],
)
def test_a_wrong_price_is_turned_away_and_the_others_go_on(line: str, says: str) -> None:
    parsed = read(line, f"ethereum,{USDT},USDT,2020-09-26,1.001")
    (turned_away,) = parsed.quarantined
    assert (turned_away.table, turned_away.row) == ("prices", 1)
    assert says in turned_away.reason
    assert len(parsed.rows["prices"]) == 1


def test_the_file_is_cut_by_day() -> None:
    lines = [f"ethereum,native,ETH,2020-09-{day},1" for day in (25, 26, 27)]
    assert len(read(*lines).rows["prices"]) == 1
    assert len(read(*lines, day=None).rows["prices"]) == 3


def test_a_renamed_column_breaks_the_file() -> None:
    parsed = parse(b"chain,asset,symbol,date,close_usd\n", {}, "prices.csv", DAY)
    assert parsed.broken is not None
    assert "date" in parsed.broken


def test_prices_that_went_through_a_float_are_refused() -> None:
    sink = io.BytesIO()
    text = pa.array(["x"])
    columns = {name: text for name in ("chain", "asset", "symbol", "day")}
    pq.write_table(pa.table({**columns, "close_usd": pa.array([1.1])}), sink)
    parsed = parse(sink.getvalue(), {}, "prices.parquet", DAY)
    assert parsed.broken is not None
    assert "floating point" in parsed.broken
