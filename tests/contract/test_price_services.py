"""Daily closes from Binance and DefiLlama: answers served on loopback, and every way in which one can be bad.

The answers are constructed after the documentation, not recorded:
    https://developers.binance.com/docs/binance-spot-api-docs/rest-api (Kline/Candlestick data)
    https://defillama.com/docs/api (coins, prices/historical)
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from clawback.context import RunContext
from clawback.errors import ClawbackError
from clawback.lake.partition import read_manifest
from clawback.parquet import read_table
from clawback.schemas import ASSETS, PRICES
from clawback.sources.http import HttpClient
from clawback.sources.ingest import ingest
from clawback.tables.step import make_tables
from tests.contract.loopback import NOW, LoopbackServer, Scripted, context_for

DAY = date(2020, 9, 26)
OPENED = int(datetime(2020, 9, 26, tzinfo=UTC).timestamp()) * 1000
ENDED = OPENED // 1000 + 86_400
CONTRACT = "0xdac17f958d2ee523a2206206994597c13d831ec7"
REAL = Path(__file__).resolve().parents[3] / "shared" / "data" / "prices" / "binance_1d" / "ETHUSDT_1d.csv"


def candle(opened: int = OPENED, close: Any = "354.12000000", trades: int = 5) -> list[Any]:
    """A daily candle of twelve fields."""
    times = (opened, opened + 86_399_999)
    return [times[0], "349.0", "357.0", "345.0", close, "1", times[1], "1", trades, "1", "1", "0"]


def constructed_coin(**changes: Any) -> dict[str, Any]:
    """What the coins service says of one contract."""
    said = {"decimals": 6, "symbol": "USDT", "price": 1.0003, "timestamp": ENDED - 60, "confidence": 0.99}
    return {**said, **changes}


def context(folder: Path, connector: str, server: LoopbackServer, **options: Any) -> RunContext:
    """A run with one source of this connector."""
    found = {"url": f"{server.url}/api", **options}
    source = {"name": "closes", "connector": connector, "options": found}
    return context_for(folder, source, first_day=DAY.isoformat())


def fetched(ctx: RunContext, day: date = DAY) -> dict[str, Any]:
    """Ingests the day; gives the manifest's facts."""
    with HttpClient(allow_hosts=["127.0.0.1"], sleep=lambda _: None, clock=lambda: NOW) as http:
        return read_manifest(ctx.lake, ingest(ctx, "closes", day, NOW.date(), http)).meta


def tables(ctx: RunContext, name: str) -> list[dict[str, Any]]:
    """Rows of a typed table of the day."""
    record = json.loads(ctx.lake.read(make_tables(ctx, DAY)))
    part = read_manifest(ctx.lake, record["tables"][name]["manifest"]).parts[0]
    rows: list[dict[str, Any]] = read_table(
        ctx.lake.local_path(part.key), {"prices": PRICES, "assets": ASSETS}[name]
    ).to_pylist()
    return rows


def closes(ctx: RunContext) -> list[tuple[str, str, Decimal]]:
    """The day's prices."""
    return [(row["chain"], row["asset"], row["close_usd"]) for row in tables(ctx, "prices")]


def serving(*candles: list[Any]) -> LoopbackServer:
    """A server that gives these candles for every market."""
    return LoopbackServer(Scripted(json.dumps(candles).encode()))


def test_a_market_prices_the_contract_that_the_settings_name(tmp_path: Path) -> None:
    with serving(candle()) as server:
        ctx = context(tmp_path, "binance_klines", server, markets={"ETHUSDT": "ethereum/native"})
        meta = fetched(ctx)
        query = parse_qs(urlsplit(server.requests[0][1]).query)
    assert query["symbol"] == ["ETHUSDT"]
    assert query["interval"] == ["1d"]
    assert (query["startTime"], query["endTime"]) == ([str(OPENED)], [str(OPENED + 86_399_999)])
    assert meta["rows"] == {"prices": 1}
    assert closes(ctx) == [("ethereum", "native", Decimal("354.12"))]


def test_another_day_in_the_answer_is_no_price_of_this_one(tmp_path: Path) -> None:
    with serving(candle(), candle(OPENED + 86_400_000, "999.0")) as server:
        ctx = context(tmp_path, "binance_klines", server, markets={"ETHUSDT": "ethereum/native"})
        fetched(ctx)
    assert closes(ctx) == [("ethereum", "native", Decimal("354.12"))]


def test_a_day_that_is_not_over_is_not_asked_for(tmp_path: Path) -> None:
    with serving(candle()) as server:
        ctx = context(tmp_path, "binance_klines", server, markets={"ETHUSDT": "ethereum/native"})
        with pytest.raises(ClawbackError, match="is not over"):
            fetched(ctx, NOW.date())
        assert server.requests == []


@pytest.mark.parametrize("answer", [[], [candle(trades=0)]])
def test_a_market_without_trades_is_a_gap_that_is_told(tmp_path: Path, answer: list[Any]) -> None:
    with serving(*answer) as server:
        ctx = context(tmp_path, "binance_klines", server, markets={"ETHUSDT": "ethereum/native"})
        meta = fetched(ctx)
    assert [issue["code"] for issue in meta["issues"]] == ["price_gap"]
    assert closes(ctx) == []


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (candle(close=354.12), "no text"),
        (candle(close="0.00000000"), "not above zero"),
        (candle(close="1e30"), "too large"),
        (candle(close="NaN"), "not a number"),
        (candle(OPENED + 3_600_000), "not of one UTC day"),
        (candle()[:11], "12 fields"),
        (candle(close="354.12", trades=1)[:0], "12 fields"),
    ],
)
def test_a_bad_candle_is_turned_away_with_its_reason(tmp_path: Path, bad: list[Any], reason: str) -> None:
    with serving(bad) as server:
        ctx = context(tmp_path, "binance_klines", server, markets={"ETHUSDT": "ethereum/native"})
        assert fetched(ctx)["quarantined"] == 1
    assert closes(ctx) == []
    record = json.loads(ctx.lake.read(make_tables(ctx, DAY)))
    part = read_manifest(ctx.lake, record["tables"]["quarantine"]["manifest"]).parts[0]
    import pyarrow.parquet as pq

    reasons = pq.read_table(ctx.lake.local_path(part.key)).column("reason").to_pylist()
    assert len(reasons) == 1
    assert reason in reasons[0]


@pytest.mark.parametrize("body", [b"<html>down for maintenance</html>", b'{"code": -1121}', b"[" * 100_000])
def test_what_is_no_answer_completes_no_day(tmp_path: Path, body: bytes) -> None:
    with LoopbackServer(Scripted(body)) as server:
        ctx = context(tmp_path, "binance_klines", server, markets={"ETHUSDT": "ethereum/native"})
        with pytest.raises(ClawbackError, match="cannot be used"):
            fetched(ctx)
    assert not list(tmp_path.rglob("_manifest.json"))


@pytest.mark.skipif(not REAL.exists(), reason="the recorded candles are not part of the repository")
def test_recorded_candles_give_their_own_close(tmp_path: Path) -> None:
    with REAL.open(newline="") as text:
        rows = {int(row["open_time"]): row for row in csv.DictReader(text)}
    recorded = rows[OPENED]
    fields = [
        int(value) if name in ("open_time", "close_time", "trades") else value
        for name, value in recorded.items()
    ]
    with serving(fields) as server:
        ctx = context(tmp_path, "binance_klines", server, markets={"ETHUSDT": "ethereum/native"})
        fetched(ctx)
    assert closes(ctx) == [("ethereum", "native", Decimal(recorded["close"]))]


@pytest.mark.parametrize(
    ("markets", "problem"),
    [
        ({}, "no table of names"),
        ({"eth-usdt": "ethereum/native"}, "no market"),
        ({"ETHUSDT": "ethereum"}, "no asset"),
        ({"ETHUSDT": "nowhere/native"}, "no asset"),
        ({"ETHUSDT": "ethereum/native", "ETHBUSD": "ethereum/native"}, "two markets"),
    ],
)
def test_markets_are_checked_before_anything_is_asked(
    tmp_path: Path, markets: dict[str, str], problem: str
) -> None:
    with serving(candle()) as server:
        ctx = context(tmp_path, "binance_klines", server, markets=markets)
        with pytest.raises(ClawbackError, match=problem):
            fetched(ctx)


def coins(said: Callable[[str], dict[str, Any] | None]) -> LoopbackServer:
    """A coins service: what it says of each coin that is asked for."""

    def answer(path: str, _: bytes) -> Scripted:
        names = unquote(urlsplit(path).path).rpartition("/")[2].split(",")
        found = {name: told for name in names if (told := said(name)) is not None}
        return Scripted(json.dumps({"coins": found}).encode())

    return LoopbackServer(answering=answer)


def test_a_contract_has_its_price_and_decimals_under_its_own_key(tmp_path: Path) -> None:
    native = constructed_coin(decimals=18, symbol="ETH", price=354.123456789012345678)
    said = {f"ethereum:{CONTRACT}": constructed_coin(), "ethereum:0x" + "0" * 40: native}
    with coins(said.get) as server:
        ctx = context(
            tmp_path, "defillama_prices", server, assets=[f"ethereum/{CONTRACT}", "ethereum/native"]
        )
        fetched(ctx)
        path, query = urlsplit(server.requests[0][1]).path, urlsplit(server.requests[0][1]).query
    assert path.startswith(f"/api/prices/historical/{ENDED}/")
    assert query == "searchWidth=240m"
    assert closes(ctx) == [
        ("ethereum", CONTRACT, Decimal("1.0003")),
        ("ethereum", "native", Decimal(json.dumps(354.123456789012345678))),
    ]
    decimals = {row["asset"]: row["decimals"] for row in tables(ctx, "assets")}
    assert decimals == {CONTRACT: 6, "native": 18}


def test_many_contracts_are_asked_in_several_requests(tmp_path: Path) -> None:
    assets = [f"ethereum/0x{number:040x}" for number in range(1, 121)]
    with coins(lambda name: constructed_coin(price=int(name[-4:], 16))) as server:
        ctx = context(tmp_path, "defillama_prices", server, assets=assets)
        fetched(ctx)
        assert len(server.requests) == 3
    assert [(asset, int(price)) for _, asset, price in closes(ctx)] == [
        (f"0x{number:040x}", number) for number in range(1, 121)
    ]


def test_digits_beyond_the_table_are_cut_off_not_rounded(tmp_path: Path) -> None:
    body = json.dumps({"coins": {f"ethereum:{CONTRACT}": constructed_coin(price=7)}}).replace(
        '"price": 7', '"price": 0.0000000000000000019999'
    )
    with LoopbackServer(Scripted(body.encode())) as server:
        ctx = context(tmp_path, "defillama_prices", server, assets=[f"ethereum/{CONTRACT}"])
        fetched(ctx)
    assert closes(ctx) == [("ethereum", CONTRACT, Decimal("0.000000000000000001"))]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"timestamp": ENDED - 4 * 3600 - 60}, "from the end of"),
        ({"timestamp": ENDED + 4 * 3600 + 60}, "from the end of"),
        ({"timestamp": str(ENDED)}, "no time"),
        ({"confidence": 0.79}, "less than 80 percent"),
        ({"confidence": None}, "no confidence"),
        ({"price": 0}, "not above zero"),
        ({"price": "1.0"}, "no number"),
        ({"price": True}, "no number"),
    ],
)
def test_a_price_that_is_far_unsure_or_none_is_turned_away(
    tmp_path: Path, changes: dict[str, Any], reason: str
) -> None:
    with coins(lambda _: constructed_coin(**changes)) as server:
        ctx = context(tmp_path, "defillama_prices", server, assets=[f"ethereum/{CONTRACT}"])
        assert fetched(ctx)["quarantined"] == 1
    record = json.loads(ctx.lake.read(make_tables(ctx, DAY)))
    part = read_manifest(ctx.lake, record["tables"]["quarantine"]["manifest"]).parts[0]
    import pyarrow.parquet as pq

    assert reason in pq.read_table(ctx.lake.local_path(part.key)).column("reason").to_pylist()[0]
    assert closes(ctx) == []


def test_an_unknown_contract_is_a_gap_and_a_hostile_symbol_no_symbol(tmp_path: Path) -> None:
    other = "0x" + "ab" * 20
    said = {f"ethereum:{CONTRACT}": constructed_coin(symbol="\u202eTDSU\x00", decimals=10**6)}
    with coins(said.get) as server:
        ctx = context(
            tmp_path, "defillama_prices", server, assets=[f"ethereum/{CONTRACT}", f"ethereum/{other}"]
        )
        meta = fetched(ctx)
    assert [(issue["code"], issue["sample"]) for issue in meta["issues"]] == [
        ("price_gap", f"ethereum/{other}")
    ]
    assert [(row["symbol"], row["decimals"]) for row in tables(ctx, "assets")] == [(None, None)]


def test_the_same_answer_later_adds_nothing(tmp_path: Path) -> None:
    with coins(lambda _: constructed_coin()) as server:
        ctx = context(tmp_path, "defillama_prices", server, assets=[f"ethereum/{CONTRACT}"])
        fetched(ctx)
        before = ctx.lake.list("raw/")
        fetched(ctx)
    assert ctx.lake.list("raw/") == before
