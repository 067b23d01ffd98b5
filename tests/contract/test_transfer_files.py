"""Exported files of transfers: units, times, addresses, and every way in which a row can be wrong."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clawback.errors import ClawbackError
from clawback.lake.partition import read_manifest
from clawback.sources.base import ParsedPart
from clawback.sources.ingest import ingest
from clawback.sources.tabular import BrokenFile, open_table
from clawback.sources.transfer_files.parse import parse
from tests.contract.loopback import context_for

A, B, C = "0x" + "a1" * 20, "0x" + "b2" * 20, "0x" + "c3" * 20
ZERO = "0x" + "0" * 40
TX = "0x" + "12" * 32
DAY = date(2020, 9, 26)

NATIVE = {
    "version": "1",
    "chain": "ethereum",
    "rows": "native_transactions",
    "columns": {
        "tx_hash": "hash",
        "block_number": "block",
        "tx_index": "index",
        "block_time": "time",
        "from_address": "from",
        "to_address": "to",
        "amount": "value",
        "gas_used": "gas",
        "gas_price": "price",
        "status": "status",
    },
    "amount_unit": "base",
    "time_format": "iso8601",
    "address_form": "evm",
    "failed_values": ["failed"],
}
NATIVE_HEADER = "hash,block,index,time,from,to,value,gas,price,status"
TOKEN = {
    "version": "1",
    "chain": "ethereum",
    "rows": "token_transfers",
    "columns": {
        "tx_hash": "hash",
        "block_time": "time",
        "from_address": "from",
        "to_address": "to",
        "asset": "token",
        "amount": "value",
        "decimals": "decimals",
        "symbol": "symbol",
    },
    "amount_unit": "base",
    "time_format": "iso8601",
    "address_form": "evm",
}
COLUMNS = "hash,time,from,to,token,value,decimals,symbol"


def token_row(**changed: str) -> str:
    cells = {
        "hash": TX,
        "time": "2020-09-26T10:00:00Z",
        "from": A,
        "to": B,
        "token": C,
        "value": "5",
        "decimals": "6",
        "symbol": "USDT",
    }
    return ",".join((cells | changed).values())


def native_row(**changed: str) -> str:
    cells = {
        "hash": TX,
        "block": "100",
        "index": "7",
        "time": "2020-09-26T10:00:00Z",
        "from": A,
        "to": B,
        "value": "1000",
        "gas": "21000",
        "price": "3",
        "status": "ok",
    }
    return ",".join((cells | changed).values())


def read(mapping: dict[str, Any], *lines: str, day: date | None = DAY) -> ParsedPart:
    return parse("\n".join(lines).encode(), {"mappings": {"file": mapping}}, "file", day)


def transfers(parsed: ParsedPart) -> list[dict[str, Any]]:
    assert parsed.broken is None
    assert parsed.quarantined == []
    return parsed.rows.get("transfers", [])


def reason(parsed: ParsedPart) -> str:
    assert parsed.broken is None
    (turned_away,) = parsed.quarantined
    assert turned_away.table == "transfers"
    return turned_away.reason


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


def test_rows_with_too_few_cells_or_broken_letters_are_turned_away() -> None:
    assert "1 cells where the header has 8" in reason(read(TOKEN, COLUMNS, "x"))
    data = f"{COLUMNS}\n{token_row(symbol='@')}".encode().replace(b"@", b"\xff\xfe")
    parsed = parse(data, {"mappings": {"file": TOKEN}}, "file", DAY)
    assert reason(parsed) == "not UTF-8"
    parsed.quarantined[0].sample.encode()  # fit for every table


def test_bom_crlf_gzip_and_semicolons() -> None:
    text = "\r\n".join([COLUMNS, token_row(), token_row(), ""]).replace(",", ";")
    data = gzip.compress(b"\xef\xbb\xbf" + text.encode())
    parsed = parse(data, {"mappings": {"file": {**TOKEN, "delimiter": ";"}}}, "file", DAY)
    assert len(transfers(parsed)) == 2


def test_two_gzip_members_are_one_file() -> None:
    data = gzip.compress(f"{COLUMNS}\n".encode()) + gzip.compress(f"{token_row()}\n".encode())
    assert len(transfers(parse(data, {"mappings": {"file": TOKEN}}, "file", DAY))) == 1


def test_a_truncated_gzip_is_no_file() -> None:
    data = gzip.compress("\n".join([COLUMNS, *[token_row()] * 1000]).encode())[:-12]
    parsed = parse(data, {"mappings": {"file": TOKEN}}, "file", DAY)
    assert parsed.broken is not None
    assert "before its end mark" in parsed.broken


def test_a_gzip_bomb_stops_at_the_limit() -> None:
    table = open_table(gzip.compress(b"a,b\n" + b"1,2\n" * 1_000_000), max_inflated=1_000_000)
    with pytest.raises(BrokenFile, match="more than 1000000 bytes"):
        list(table.records)


@pytest.mark.parametrize(("data", "says"), [(b"", "empty"), (b"\n", "empty"), (b"a,a\n1,2", "stands twice")])
def test_a_file_without_a_header_is_broken(data: bytes, says: str) -> None:
    parsed = parse(data, {"mappings": {"file": TOKEN}}, "file", DAY)
    assert parsed.broken is not None
    assert says in parsed.broken


def test_a_column_that_nobody_maps_is_named() -> None:
    parsed = read(TOKEN, COLUMNS + ",Method", token_row() + ",approve")
    assert parsed.broken is not None
    assert "'Method'" in parsed.broken
    assert len(transfers(read({**TOKEN, "ignore": ["Method"]}, COLUMNS + ",Method", token_row() + ",x"))) == 1


def test_a_renamed_column_is_named() -> None:
    parsed = read(TOKEN, COLUMNS.replace("value", "amount"), token_row())
    assert parsed.broken is not None
    assert "no column 'value'" in parsed.broken


def parquet(**columns: pa.Array) -> bytes:
    sink = io.BytesIO()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue()


def parquet_columns() -> dict[str, pa.Array]:
    return {
        "hash": pa.array([bytes.fromhex(TX[2:])]),
        "time": pa.array([datetime(2020, 9, 26, 10)], pa.timestamp("us")),  # noqa: DTZ001 - as exports have it
        "from": pa.array([bytes.fromhex(A[2:])]),
        "to": pa.array([B]),
        "token": pa.array([C]),
        "value": pa.array([Decimal(12345678901234567890123)], pa.decimal128(38, 0)),
        "decimals": pa.array([6], pa.int8()),
        "symbol": pa.array(["USDT"]),
    }


def test_parquet_as_dune_exports_it() -> None:
    parsed = parse(parquet(**parquet_columns()), {"mappings": {"file": TOKEN}}, "file", DAY)
    (row,) = transfers(parsed)
    assert (row["from_address"], row["tx_hash"]) == (A, TX)
    assert row["amount"] == 12345678901234567890123
    assert row["block_time"] == datetime(2020, 9, 26, 10, tzinfo=UTC)


def test_amounts_in_a_float_column_are_refused() -> None:
    data = parquet(**{**parquet_columns(), "value": pa.array([1.5])})
    parsed = parse(data, {"mappings": {"file": TOKEN}}, "file", DAY)
    assert parsed.broken is not None
    assert "'value' is floating point" in parsed.broken


def test_a_damaged_parquet_file_is_broken() -> None:
    data = parquet(**parquet_columns())
    for damaged in (data[:-30], data[:20] + b"\0" * 40 + data[60:]):
        assert parse(damaged, {"mappings": {"file": TOKEN}}, "file", DAY).broken is not None


def test_the_projects_own_rows_are_read_as_they_are() -> None:
    names = ["tx_hash", "block_time", "from_address", "to_address", "asset", "amount", "kind", "position"]
    mapping = {**TOKEN, "rows": "transfers", "columns": {name: name for name in names}}
    time = "2020-09-26T10:00:00Z"
    lines = [
        ",".join(names),
        ",".join([TX, time, A, "", "native", "9", "fee", "0"]),
        ",".join([TX, time, A, B, "native", "8", "internal", "2"]),
    ]
    fee, internal = transfers(read(mapping, *lines))
    assert (fee["kind"], fee["position"], fee["to_address"]) == ("fee", 0, None)
    assert (internal["kind"], internal["position"], internal["asset"]) == ("internal", 2, "native")
    wrong = ",".join([TX, time, A, B, "native", "8", "gift", "2"])
    assert "'gift' is no kind" in reason(read(mapping, lines[0], wrong))


MAPPING_TEXT = """\
version: 1
chain: ethereum
rows: token_transfers
columns: {tx_hash: hash, block_time: time, from_address: from, to_address: to, asset: token, amount: value,
  decimals: decimals, symbol: symbol}
amount_unit: base
time_format: iso8601
address_form: evm
"""


def source_in(folder: Path, rows: list[str], mapping: str = MAPPING_TEXT) -> dict[str, Any]:
    (folder / "rows.csv").write_text("\n".join([COLUMNS, *rows]) + "\n")
    (folder / "rows.yml").write_text(mapping)
    return {
        "name": "tokens",
        "connector": "transfer_files",
        "options": {"path": "rows.csv", "mapping": "rows.yml"},
    }


def test_a_file_lands_once_for_all_its_days(tmp_path: Path) -> None:
    ctx = context_for(tmp_path, source_in(tmp_path, [token_row()]))
    keys = [ingest(ctx, "tokens", date(2020, 9, day), date(2026, 9, 15)) for day in (25, 26, 27)]
    files = [key for key in ctx.lake.list("raw/") if key.endswith("rows.csv")]
    assert len(files) == 1
    assert files[0].startswith("raw/tokens/transfers/files/")
    assert [read_manifest(ctx.lake, key).meta["rows"].get("transfers", 0) for key in keys] == [0, 1, 0]


def test_a_changed_mapping_is_a_new_manifest(tmp_path: Path) -> None:
    ctx = context_for(tmp_path, source_in(tmp_path, [token_row()]))
    first = ingest(ctx, "tokens", DAY, date(2026, 9, 15))
    assert ingest(ctx, "tokens", DAY, date(2026, 9, 16)) == first
    (tmp_path / "rows.yml").write_text(MAPPING_TEXT + "unique: true\n")
    assert "known=2026-09-16/" in ingest(ctx, "tokens", DAY, date(2026, 9, 16))


def test_an_older_run_adds_its_bytes_once(tmp_path: Path) -> None:
    ctx = context_for(tmp_path, source_in(tmp_path, [token_row()]))
    newest = ingest(ctx, "tokens", DAY, date(2026, 9, 20))
    (tmp_path / "rows.yml").write_text(MAPPING_TEXT + "unique: true\n")
    for _ in range(3):
        assert ingest(ctx, "tokens", DAY, date(2026, 9, 15)) == newest
    manifests = [key for key in ctx.lake.list("raw/") if key.endswith("_manifest.json")]
    assert len(manifests) == 2


def test_a_broken_file_leaves_its_bytes_and_no_manifest(tmp_path: Path) -> None:
    ctx = context_for(
        tmp_path, source_in(tmp_path, [], MAPPING_TEXT.replace("asset: token", "asset: contract"))
    )
    with pytest.raises(ClawbackError) as caught:
        ingest(ctx, "tokens", DAY, date(2026, 9, 15))
    assert "no column 'contract'" in str(caught.value)
    assert any(key.endswith("rows.csv") for key in ctx.lake.list("raw/"))
    assert not any(key.endswith("_manifest.json") for key in ctx.lake.list("raw/"))


def test_one_hostile_row_does_not_stop_its_day_but_a_wrong_mapping_does(tmp_path: Path) -> None:
    ctx = context_for(tmp_path, source_in(tmp_path, [token_row(value=str(2**256 - 1))]))
    key = ingest(ctx, "tokens", DAY, date(2026, 9, 15))
    assert read_manifest(ctx.lake, key).meta["quarantined"] == 1
    source_in(tmp_path, [token_row()] * 12, MAPPING_TEXT.replace("iso8601", "unix_seconds"))
    with pytest.raises(ClawbackError, match="12 of 12 rows were turned away"):
        ingest(ctx, "tokens", DAY, date(2026, 9, 15))


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("version: 1", "version: 2", "version must be 1"),
        ("chain: ethereum", "chain: moon", "chain must be one of"),
        ("chain: ethereum", "chain: [ethereum]", "chain must be one of"),
        ("rows: token_transfers", "rows: {all: yes}", "rows must be one of"),
        ("address_form: evm", "address_form: [evm]", "address_form must be"),
        ("rows: token_transfers", "rows: all", "rows must be one of"),
        ("amount_unit: base", "amount_unit: wei", "amount_unit must be base or decimal"),
        ("time_format: iso8601", "time_format: swatch", "time_format must be"),
        ("address_form: evm", "address_form: hex", "address_form must be"),
        ("asset: token, ", "", "columns lacks asset"),
        ("asset: token", "asset: token, gas_used: x", "knows no gas_used"),
        ("address_form: evm", "address_form: evm\ncolour: red", "unknown key 'colour'"),
        ("address_form: evm", "address_form: evm\nfailed_values: [x]", "need a status column"),
        ("version: 1", "version: 1\nversion: 1", "stands twice"),
        ("version: 1", "version: 1\nthousands: '.'", "thousands must be"),
        ("version: 1", "version: 1\nnative_values: eth", "native_values must be a list"),
        ("version: 1", "version: 1\ndecimals_of: {nothing: 6}", "decimals_of 'nothing'"),
        ("version: 1", f"version: 1\ndecimals_of: {{'{C}': 99}}", "decimals is not a whole number"),
    ],
)
def test_a_wrong_mapping_is_said_before_anything_is_fetched(
    tmp_path: Path, old: str, new: str, says: str
) -> None:
    ctx = context_for(tmp_path, source_in(tmp_path, [token_row()], MAPPING_TEXT.replace(old, new)))
    with pytest.raises(ClawbackError) as caught:
        ingest(ctx, "tokens", DAY, date(2026, 9, 15))
    assert says in str(caught.value)
    assert "rows.yml" in str(caught.value)
    assert ctx.lake.list("raw/") == []
