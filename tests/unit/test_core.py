"""Errors, days, hashes, Parquet: the ground that every room stands on."""

from __future__ import annotations

import pickle
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clawback.days import day_before, day_bounds, day_range, parse_day
from clawback.errors import ClawbackError
from clawback.hashing import canonical_json, file_sha256_hex, sha256_hex, short_hash
from clawback.parquet import read_table, rows_to_table, table_to_bytes
from clawback.resources import dbt_project_dir, expectations_dir, resolve, sample_dir
from clawback.schemas import MAX_AMOUNT, PRICES, TABLES, TRANSFERS


def test_an_error_says_where_why_and_what_to_do() -> None:
    error = ClawbackError(
        "it broke", where="file.csv row 7", cause="a letter in a number", remedy="mend row 7"
    )
    assert str(error).splitlines() == [
        "it broke",
        "  where:  file.csv row 7",
        "  cause:  a letter in a number",
        "  remedy: mend row 7",
    ]
    assert str(pickle.loads(pickle.dumps(error))) == str(error)  # noqa: S301 -- our own bytes


class _Special(ClawbackError):
    pass


def test_an_error_keeps_its_kind_across_processes() -> None:
    assert type(pickle.loads(pickle.dumps(_Special("x", remedy="y")))) is _Special  # noqa: S301 -- our own bytes


@pytest.mark.parametrize(
    "text", ["2020-02-30", "2020-1-01", "20200101", "2020-01-01T00:00", "", "١٩٩٩-01-01x"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(ClawbackError, match="not a day"):
        parse_day(text)


def test_days_are_walked_with_both_ends() -> None:
    assert list(day_range(date(2020, 2, 28), date(2020, 3, 1))) == [
        date(2020, 2, 28),
        date(2020, 2, 29),
        date(2020, 3, 1),
    ]
    assert list(day_range(date(2020, 3, 1), date(2020, 2, 1))) == []
    assert day_before(date(2021, 1, 1)) == date(2020, 12, 31)
    start, end = day_bounds(date(2020, 9, 25))
    assert start == datetime(2020, 9, 25, tzinfo=UTC)
    assert (end - start).total_seconds() == 86_400


def test_canonical_json_has_one_form_and_no_floats() -> None:
    assert canonical_json({"b": [1, None], "a": "ü"}) == '{"a":"ü","b":[1,null]}\n'.encode()
    with pytest.raises(TypeError, match="float"):
        canonical_json({"deep": [{"x": 0.1}]})


@given(st.dictionaries(st.text(), st.integers() | st.text()))
def test_a_hash_does_not_depend_on_order(value: dict[str, int | str]) -> None:
    assert short_hash(value) == short_hash(dict(reversed(value.items())))


def test_a_file_hashes_as_its_bytes(tmp_path: Path) -> None:
    path = tmp_path / "f"
    path.write_bytes(b"x" * 3_000_000)
    assert file_sha256_hex(path) == sha256_hex(b"x" * 3_000_000)


def _transfer(**changes: object) -> dict[str, object]:
    row: dict[str, object] = {
        "chain": "ethereum",
        "block_time": datetime(2020, 9, 25, 18, 48, 59, tzinfo=UTC),
        "tx_hash": "0x1",
        "position": 1,
        "kind": "native",
        "from_address": "0xa",
        "to_address": "0xb",
        "asset": "native",
        "amount": Decimal(MAX_AMOUNT),
        "source": "s",
        "order_quality": "exact",
        "known_date": date(2020, 9, 26),
    }
    return row | changes


def test_a_table_goes_through_parquet_unchanged_and_to_the_same_bytes(tmp_path: Path) -> None:
    table = rows_to_table([_transfer(), _transfer(position=2, amount=Decimal(0))], TRANSFERS)
    data = table_to_bytes(table)
    assert data == table_to_bytes(table)
    assert read_table(data, TRANSFERS).equals(table)
    path = tmp_path / "t.parquet"
    path.write_bytes(data)
    assert read_table(path, TRANSFERS).column("amount").to_pylist() == [Decimal(MAX_AMOUNT), Decimal(0)]


@pytest.mark.parametrize("name", sorted(TABLES))
def test_every_table_survives_being_empty(name: str) -> None:
    empty = rows_to_table([], TABLES[name])
    assert read_table(table_to_bytes(empty), TABLES[name]).equals(empty)


def test_rows_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ClawbackError, match="unknown columns: extra"):
        rows_to_table([_transfer(extra=1)], TRANSFERS)
    with pytest.raises(ClawbackError, match="row 2 has no value for the column 'chain'"):
        rows_to_table([_transfer(), _transfer(chain=None)], TRANSFERS)
    with pytest.raises(ClawbackError, match="amount"):
        rows_to_table([_transfer(amount=Decimal(MAX_AMOUNT + 1))], TRANSFERS)


def test_another_tables_parquet_is_refused(tmp_path: Path) -> None:
    data = table_to_bytes(rows_to_table([], PRICES))
    with pytest.raises(ClawbackError, match="other columns"):
        read_table(data, TRANSFERS)
    path = tmp_path / "broken.parquet"
    path.write_bytes(b"PAR1 nothing")
    with pytest.raises(ClawbackError, match="no readable Parquet") as caught:
        read_table(path, TRANSFERS)
    assert "broken.parquet" in str(caught.value)


def test_amounts_are_decimals_never_floats() -> None:
    for name, schema in TABLES.items():
        for field in schema:
            assert not pa.types.is_floating(field.type), f"{name}.{field.name}"


def test_packaged_files_are_found() -> None:
    assert (dbt_project_dir() / "dbt_project.yml").is_file()
    assert expectations_dir().is_dir()
    assert resolve("sample:clawback.toml", Path("/x")) == sample_dir() / "clawback.toml"
    assert resolve("a/b", Path("/x")) == Path("/x/a/b")
    assert resolve("/a/b", Path("/x")) == Path("/a/b")
