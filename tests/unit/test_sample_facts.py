"""The sample against the public facts that it was made from, key by key; skipped where they are absent."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from tests.unit.sample_files import THIEF, in_window, read_rows, sample_rows

FIRST = int(datetime(2020, 9, 25, tzinfo=UTC).timestamp())
END = int(datetime(2020, 11, 14, tzinfo=UTC).timestamp())
SERIES = {
    "ETH": "ETH", "USDT": "USDT", "ANKR": "ANKR", "COMP": "COMP1", "CRO": "CRO", "ENJ": "ENJ", "FET": "FET",
    "LINK": "LINK", "MANA": "MANA", "MKR": "MKR", "OMG": "OMG", "SNX": "SNX", "YFI": "YFI",
}  # fmt: skip


def moment(seconds: str) -> str:
    return datetime.fromtimestamp(int(seconds), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def test_native_transactions_are_the_public_ones(shared_facts: Path) -> None:
    folder = shared_facts / "data" / "kucoin"
    expected = {}
    for name in ("eth_transactions.csv", "eth_transactions_0x34a1.csv"):
        for row in in_window(read_rows(folder / name), FIRST, END):
            expected[row["tx_hash"]] = (
                row["block_number"], row["tx_index"], moment(row["timestamp"]), row["from_address"],
                row["to_address"], row["value_wei"], row["gas_used"], row["gas_price"],
                "failed" if row["is_error"] == "1" else "ok",
            )  # fmt: skip
    found = {row["tx_hash"]: tuple(list(row.values())[1:]) for row in sample_rows("transfers/native.csv")}
    assert found == expected


def test_token_transfers_are_the_public_ones(shared_facts: Path) -> None:
    rows = in_window(read_rows(shared_facts / "data" / "kucoin" / "erc20_transfers.csv"), FIRST, END)
    expected = sorted(
        (
            row["tx_hash"], row["block_number"], moment(row["timestamp"]), row["from_address"],
            row["to_address"], row["token_address"], row["token_decimals"], row["value_raw"],
        )
        for row in rows
    )  # fmt: skip
    found = sorted(
        (
            row["tx_hash"], row["block_number"], row["block_time"], row["from_address"],
            row["to_address"], row["token_address"], row["token_decimals"], row["value_raw"],
        )
        for row in sample_rows("transfers/tokens.csv")
    )  # fmt: skip
    assert found == expected
    symbols = {(row["token_address"], row["token_symbol"]) for row in rows}
    assert {
        (row["token_address"], row["token_symbol"])
        for row in sample_rows("transfers/tokens.csv")
        if row["token_symbol"]
    } <= symbols
    assert any(row["from_address"] == THIEF for row in rows)


@pytest.mark.parametrize("symbol", sorted(SERIES))
def test_prices_are_the_public_closes(symbol: str, shared_facts: Path) -> None:
    series = read_rows(shared_facts / "data" / "prices" / "yahoo_1d" / f"{SERIES[symbol]}-USD-1d.csv")
    expected = {
        row["Date"]: Decimal(row["Close"])
        for row in series
        if "2020-09-25" <= row["Date"] <= "2020-11-13" and row["Close"]
    }
    rows = [row for row in sample_rows("prices/prices.csv") if row["symbol"] == symbol]
    assert {row["day"] for row in rows} == set(expected)
    for row in rows:
        assert abs(Decimal(row["close_usd"]) - expected[row["day"]]) <= Decimal("0.000000005"), row
