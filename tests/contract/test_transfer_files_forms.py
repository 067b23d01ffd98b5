"""Forms of transfer files: broken lines, gzip, Parquet, columns that nobody maps."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, datetime
from decimal import Decimal

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clawback.sources.tabular import BrokenFile, open_table
from clawback.sources.transfer_files.parse import parse
from tests.contract.transfer_rows import COLUMNS, DAY, TOKEN, TX, A, B, C, read, reason, token_row, transfers


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
