"""What each row of a transfer file says: value, fee, time, address, asset, position."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tests.contract.transfer_rows import (
    COLUMNS,
    DAY,
    NATIVE,
    NATIVE_HEADER,
    TOKEN,
    TX,
    ZERO,
    A,
    B,
    C,
    native_row,
    read,
    reason,
    token_row,
    transfers,
)


def test_a_transaction_is_its_value_and_its_fee() -> None:
    fee, value = transfers(read(NATIVE, NATIVE_HEADER, native_row()))
    assert (fee["kind"], fee["position"], fee["to_address"], fee["amount"]) == ("fee", 0, None, 63_000)
    assert (value["kind"], value["position"], value["to_address"], value["amount"]) == ("native", 1, B, 1000)
    for row in (fee, value):
        assert (row["asset"], row["from_address"], row["order_quality"]) == ("native", A, "exact")
        assert (row["block_number"], row["tx_index"], row["tx_hash"]) == (100, 7, TX)
        assert row["block_time"] == datetime(2020, 9, 26, 10, tzinfo=UTC)


def test_a_failed_transaction_moves_its_fee_only() -> None:
    (fee,) = transfers(read(NATIVE, NATIVE_HEADER, native_row(status="failed")))
    assert fee["kind"] == "fee"


def test_an_unknown_status_is_turned_away_where_the_good_ones_are_named() -> None:
    named = {**NATIVE, "ok_values": ["ok"]}
    assert "unknown status 'maybe'" in reason(read(named, NATIVE_HEADER, native_row(status="maybe")))


def test_no_value_is_no_transfer_and_no_receiver_is_no_guess() -> None:
    assert [row["kind"] for row in transfers(read(NATIVE, NATIVE_HEADER, native_row(value="0")))] == ["fee"]
    assert "without a receiver" in reason(read(NATIVE, NATIVE_HEADER, native_row(to="")))


def test_without_block_or_index_the_order_is_by_time() -> None:
    rows = transfers(read(NATIVE, NATIVE_HEADER, native_row(index="")))
    assert {row["order_quality"] for row in rows} == {"time"}


def test_a_token_row_without_log_index_has_no_true_position() -> None:
    (row,) = transfers(read(TOKEN, COLUMNS, token_row()))
    assert (row["kind"], row["asset"], row["amount"]) == ("token", C, 5)
    assert (row["order_quality"], row["_positioned"]) == ("time", False)


def test_a_log_index_is_a_position_that_no_other_source_changes() -> None:
    columns = {**TOKEN["columns"], "log_index": "log", "block_number": "block", "tx_index": "index"}  # type: ignore[dict-item]  # TOKEN is loosely typed
    lines = COLUMNS + ",log,block,index", token_row() + ",42,100,7"
    (row,) = transfers(read({**TOKEN, "columns": columns}, *lines))
    assert (row["position"], row["order_quality"], row["_positioned"]) == (1_000_042, "exact", True)


@pytest.mark.parametrize(
    ("sender", "receiver", "kind"),
    [(ZERO, B, "mint"), (A, ZERO, "burn"), (A, B, "token"), (ZERO, ZERO, "mint")],
)
def test_the_zero_address_mints_and_burns(sender: str, receiver: str, kind: str) -> None:
    (row,) = transfers(read(TOKEN, COLUMNS, token_row(**{"from": sender, "to": receiver})))
    assert row["kind"] == kind


def test_assets_are_written_down_with_their_first_day() -> None:
    later = token_row(time="2020-09-27T00:00:00Z")
    earlier = token_row(time="2020-09-26T23:59:59Z")
    parsed = read(TOKEN, COLUMNS, later, earlier, day=None)
    assert parsed.rows["assets"] == [
        {"chain": "ethereum", "asset": C, "symbol": "USDT", "decimals": 6, "_day": DAY}
    ]


def test_a_symbol_that_no_terminal_shows_is_not_kept_but_the_transfer_is() -> None:
    parsed = read(TOKEN, COLUMNS, token_row(symbol="\x1b[31mFREE"))
    assert len(transfers(parsed)) == 1
    assert parsed.rows["assets"][0]["symbol"] is None


@pytest.mark.parametrize(
    ("value", "decimals", "amount"),
    [
        ("1.5", "18", 1_500_000_000_000_000_000),
        ("0.000000000000000001", "18", 1),
        ("1e18", "0", 10**18),
        ("1.23E+3", "2", 123_000),
        ("12345678901234567890.123456789012345678", "18", 12345678901234567890123456789012345678),
        ("7.500", "1", 75),
        ("99999999999999999999999999999999999999", "0", 10**38 - 1),
    ],
)
def test_decimal_amounts_are_exact(value: str, decimals: str, amount: int) -> None:
    mapping = {**TOKEN, "amount_unit": "decimal"}
    (row,) = transfers(read(mapping, COLUMNS, token_row(value=value, decimals=decimals)))
    assert row["amount"] == amount


@pytest.mark.parametrize(
    ("value", "decimals", "says"),
    [
        ("0.0000000000000000001", "18", "more fractional digits than the asset's 18"),
        ("1.005", "2", "more fractional digits"),
        ("1", "38", "wider than DECIMAL(38,0): 1"),
        ("1e9999", "0", "wider than"),
        ("1e-9999", "18", "more fractional digits"),
        ("-1", "0", "negative"),
        ("NaN", "0", "not a number"),
        ("1,5", "0", "not a number"),
        ("0x10", "0", "not a number"),
        ("", "0", "not a number"),
        ("9" * 200, "0", "not a number"),
        ("1", "78", "decimals is not a whole number from 0 to 77"),
        ("1", "-1", "decimals is not"),
        ("1", "", "without decimals"),
    ],
)
def test_amounts_that_are_none_are_turned_away(value: str, decimals: str, says: str) -> None:
    mapping = {**TOKEN, "amount_unit": "decimal"}
    assert says in reason(read(mapping, COLUMNS, token_row(value=f'"{value}"', decimals=decimals)))


def test_a_hostile_amount_keeps_its_text() -> None:
    huge = str(2**256 - 1)
    parsed = read(TOKEN, COLUMNS, token_row(value=huge), token_row())
    assert huge in reason(parsed)
    assert len(parsed.rows["transfers"]) == 1


def test_base_units_have_no_fraction_but_may_be_scientific() -> None:
    assert "fraction of a base unit" in reason(read(TOKEN, COLUMNS, token_row(value="1.5")))
    (row,) = transfers(read(TOKEN, COLUMNS, token_row(value="1.5E3")))
    assert row["amount"] == 1500


@pytest.mark.parametrize(
    ("text", "time_format", "expected"),
    [
        ("2020-09-26T10:00:00Z", "iso8601", datetime(2020, 9, 26, 10, tzinfo=UTC)),
        ("2020-09-26 10:00:00.250 UTC", "iso8601", datetime(2020, 9, 26, 10, 0, 0, 250_000, tzinfo=UTC)),
        ("2020-09-26T12:00:00+02:00", "iso8601", datetime(2020, 9, 26, 10, tzinfo=UTC)),
        ("1601114400", "unix_seconds", datetime(2020, 9, 26, 10, tzinfo=UTC)),
        ("1601114400123", "unix_milliseconds", datetime(2020, 9, 26, 10, 0, 0, 123_000, tzinfo=UTC)),
        ("26.09.2020 10:00", "%d.%m.%Y %H:%M", datetime(2020, 9, 26, 10, tzinfo=UTC)),
    ],
)
def test_times_are_utc(text: str, time_format: str, expected: datetime) -> None:
    (row,) = transfers(read({**TOKEN, "time_format": time_format}, COLUMNS, token_row(time=text)))
    assert row["block_time"] == expected


@pytest.mark.parametrize(
    ("text", "time_format"),
    [
        ("2020-09-26", "iso8601"),
        ("yesterday", "iso8601"),
        ("", "iso8601"),
        ("1601114400123", "unix_seconds"),
        ("1601114400", "unix_milliseconds"),
        ("1601114400.5", "unix_seconds"),
        ("1999-01-01T00:00:00Z", "iso8601"),
    ],
)
def test_times_that_are_none_are_turned_away_on_every_day(text: str, time_format: str) -> None:
    parsed = read({**TOKEN, "time_format": time_format}, COLUMNS, token_row(time=text))
    assert "bad time" in reason(parsed)
    assert parsed.quarantined[0].day is None


def test_the_file_is_cut_to_the_utc_day() -> None:
    lines = [token_row(time=f"2020-09-{time}") for time in (
        "25T23:59:59.999999Z", "26T00:00:00Z", "26T23:59:59Z", "27T00:00:00Z", "27T01:00:00+02:00",
    )]  # fmt: skip
    assert len(transfers(read(TOKEN, COLUMNS, *lines))) == 3
    assert len(transfers(read(TOKEN, COLUMNS, *lines, day=None))) == 5


CHECKSUMMED = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"


@pytest.mark.parametrize("address", [CHECKSUMMED, CHECKSUMMED.lower(), "0x" + CHECKSUMMED[2:].upper()])
def test_evm_addresses_are_stored_in_lower_case(address: str) -> None:
    (row,) = transfers(read(TOKEN, COLUMNS, token_row(**{"from": address})))
    assert row["from_address"] == CHECKSUMMED.lower()


@pytest.mark.parametrize(
    ("address", "says"),
    [
        ("0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD", "EIP-55 checksum"),
        ("0x1234", "40 hex digits"),
        ("", "empty address"),
        ("0xf519e276958c3ef2dff£d9b6b2d87d2685952650", "40 hex digits"),
    ],
)
@pytest.mark.parametrize("column", ["from", "to", "token"])
def test_bad_addresses_are_turned_away(column: str, address: str, says: str) -> None:
    assert says in reason(read(TOKEN, COLUMNS, token_row(**{column: address})))


@pytest.mark.parametrize("text", ["", "0x12", "0x" + "zz" * 32])
def test_a_missing_or_broken_hash_is_turned_away(text: str) -> None:
    assert "transaction hash" in reason(read(TOKEN, COLUMNS, token_row(hash=text)))


def test_other_forms_of_address() -> None:
    tron = "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"
    mapping = {**TOKEN, "chain": "tron", "address_form": "base58check"}
    good = token_row(**{"from": tron, "to": tron, "token": tron})
    (row,) = transfers(read(mapping, COLUMNS, good))
    assert (row["from_address"], row["tx_hash"]) == (tron, TX.removeprefix("0x"))
    bad = token_row(**{"from": tron[:-1] + "u", "to": tron, "token": tron})
    assert "base58 checksum" in reason(read(mapping, COLUMNS, bad))


EXPLORER_HEADER = (
    '"Transaction Hash","Blockno","UnixTimestamp","DateTime (UTC)","From","To","ContractAddress",'
    '"Value_IN(ETH)","Value_OUT(ETH)","TxnFee(ETH)","Status","ErrCode","Method"'
)
EXPLORER = {
    "version": "1",
    "chain": "ethereum",
    "rows": "native_transactions",
    "columns": {
        "tx_hash": "Transaction Hash",
        "block_number": "Blockno",
        "block_time": "UnixTimestamp",
        "from_address": "From",
        "to_address": "To",
        "contract_address": "ContractAddress",
        "amount": "Value_IN(ETH)",
        "amount_out": "Value_OUT(ETH)",
        "fee": "TxnFee(ETH)",
        "status": "Status",
    },
    "amount_unit": "decimal",
    "time_format": "unix_seconds",
    "address_form": "evm",
    "failed_values": ["Error(0)"],
    "ignore": ["DateTime (UTC)", "ErrCode", "Method"],
}


def explorer_row(came: str, went: str, fee: str = "0.000000000000063", status: str = "") -> str:
    return f'"{TX}","100","1601114400","x","{A}","{B}","","{came}","{went}","{fee}","{status}","",""'


def test_an_explorers_export_has_two_amounts_and_one_fee() -> None:
    for cells in (("1.5", "0"), ("0", "1.5"), ("", "1.5"), ("1.5", "1.5")):
        fee, value = transfers(read(EXPLORER, EXPLORER_HEADER, explorer_row(*cells)))
        assert (fee["kind"], fee["amount"], fee["from_address"]) == ("fee", 63_000, A)
        assert (value["kind"], value["amount"]) == ("native", 15 * 10**17)
    (fee,) = transfers(read(EXPLORER, EXPLORER_HEADER, explorer_row("0", "2", status="Error(0)")))
    assert fee["kind"] == "fee"
    assert "two amounts" in reason(read(EXPLORER, EXPLORER_HEADER, explorer_row("1", "2")))
    assert "not a number" in reason(read(EXPLORER, EXPLORER_HEADER, explorer_row("1", "0", fee="")))


def test_a_fee_is_said_once() -> None:
    columns = {**NATIVE["columns"], "fee": "fee"}
    parsed = read({**NATIVE, "columns": columns}, NATIVE_HEADER + ",fee", native_row() + ",1")
    assert "map one of the two" in str(parsed.broken)


def test_inner_calls_of_one_transaction_have_no_true_position() -> None:
    columns = {
        name: NATIVE["columns"][name] for name in ("tx_hash", "block_time", "from_address", "to_address")
    }
    inner = {**NATIVE, "rows": "internal_transfers", "columns": {**columns, "amount": "value"}}
    del inner["failed_values"]
    inner["ignore"] = ["block", "index", "gas", "price", "status"]
    rows = transfers(read(inner, NATIVE_HEADER, native_row(value="5"), native_row(value="5")))
    assert [(row["kind"], row["amount"], row["_positioned"]) for row in rows] == [("internal", 5, False)] * 2
    assert {row["order_quality"] for row in rows} == {"time"}


def test_a_file_of_coins_and_tokens_says_which_words_mean_the_coin() -> None:
    mixed = {**TOKEN, "amount_unit": "decimal", "native_values": ["", "0x" + "EE" * 20], "decimals": "18"}
    for word in ("", "0x" + "ee" * 20):
        coin, token = transfers(
            read(mixed, COLUMNS, token_row(token=word, value="2", decimals=""), token_row(value="2"))
        )
        assert (coin["asset"], coin["kind"], coin["amount"]) == ("native", "native", 2 * 10**18)
        assert (token["asset"], token["kind"], token["amount"]) == (C, "token", 2 * 10**6)
    assert "bad asset" in reason(read(TOKEN, COLUMNS, token_row(token="")))


def test_decimals_of_single_assets_come_before_all_others() -> None:
    known = {**TOKEN, "amount_unit": "decimal", "decimals_of": {C.upper().replace("X", "x", 1): "3"}}
    (row,) = transfers(read(known, COLUMNS, token_row(value="1.5")))
    assert row["amount"] == 1500


@pytest.mark.parametrize(
    ("text", "amount"), [("1,234.5", 1_234_500_000), ("12,345,678", 12_345_678_000_000), ("7", 7_000_000)]
)
def test_thousands_are_grouped_where_the_mapping_says_so(text: str, amount: int) -> None:
    grouped = {**TOKEN, "amount_unit": "decimal", "thousands": ","}
    (row,) = transfers(read(grouped, COLUMNS, token_row(value=f'"{text}"')))
    assert row["amount"] == amount


@pytest.mark.parametrize("text", ["1,23", "1234,567", ",123", "1,2345.5", "1.5,000"])
def test_digits_that_are_grouped_otherwise_are_no_guess(text: str) -> None:
    grouped = {**TOKEN, "amount_unit": "decimal", "thousands": ","}
    assert "not grouped by thousands" in reason(read(grouped, COLUMNS, token_row(value=f'"{text}"')))


def test_identical_rows_are_two_transfers_unless_the_mapping_says_unique() -> None:
    lines = COLUMNS, token_row(), token_row()
    assert len(transfers(read(TOKEN, *lines))) == 2
    assert len(transfers(read({**TOKEN, "unique": "true"}, *lines))) == 1
