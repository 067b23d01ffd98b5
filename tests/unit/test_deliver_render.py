"""Rows come out exact, and no cell becomes a formula or a tag."""

from __future__ import annotations

import csv
import io
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from clawback.deliver.marts import Mart, read_mart
from clawback.deliver.render import csv_cell, render
from clawback.errors import ClawbackError


def mart(*values: Any) -> Mart:
    return Mart("fct_claims", ("value",), tuple({"value": value} for value in values))


@pytest.mark.parametrize(
    "formula",
    [
        "=1+1",
        "+1",
        "-1+1",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "=cmd|' /C calc'!A0",
        "  =1",
        "\uff1d1",
        "--1",
        "-",
        "-1e5x",
    ],
)
def test_a_text_is_never_a_formula(formula: str) -> None:
    assert csv_cell(formula) == f"'{formula}"
    assert csv_cell([formula]) == f"'{formula}"


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (Decimal("-5.20"), "-5.20"),
        (-7, "-7"),
        ("-7.5", "-7.5"),
        ("a=b", "a=b"),
        (Decimal("1E+3"), "1000"),
        (None, ""),
        (True, "true"),
        (date(2020, 9, 26), "2020-09-26"),
        (datetime(2020, 9, 26, 3, tzinfo=UTC), "2020-09-26T03:00:00Z"),
    ],
)
def test_figures_and_plain_text_stay(value: Any, told: str) -> None:
    assert csv_cell(value) == told


def test_csv_reads_back() -> None:
    hostile = 'a,"b"\r\nc'
    rows = list(csv.reader(io.StringIO(render(mart(hostile, "=x"), "csv", "r").decode(), newline="")))
    assert rows == [["value"], [hostile], ["'=x"]]


def test_json_is_exact() -> None:
    amount = Decimal("99999999999999999999999999999999999999")
    found = json.loads(render(mart(amount, 2**53 + 1, 7, None, Decimal("0.10")), "json", "r"))
    assert [row["value"] for row in found["rows"]] == [str(amount), str(2**53 + 1), 7, None, "0.10"]
    assert found["columns"] == ["value"]


def test_html_escapes() -> None:
    html = render(mart("<script>alert(1)</script>", "a\u202eb", "{title}"), "html", "2020<b>").decode()
    assert "<script>" not in html
    assert "\u202e" not in html
    assert "2020<b>" not in html
    assert "{title}" in html


@pytest.mark.parametrize("form", ["csv", "json", "html"])
def test_same_rows_same_bytes(form: str) -> None:
    assert render(mart("a", Decimal(1)), form, "r") == render(mart("a", Decimal(1)), form, "r")


@pytest.fixture
def claims(tmp_path: Path) -> Path:
    path = tmp_path / "fct_claims.parquet"
    rows = [{"id": "a'; drop table x; --", "n": 1, 'od"d': "x"}, {"id": "b", "n": 2, 'od"d': "y"}]
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def test_filter_values_are_bound(claims: Path) -> None:
    assert [row["n"] for row in read_mart(claims, {"id": ["a'; drop table x; --"]}).rows] == [1]
    assert read_mart(claims, {"id": ["' or 1=1 --"]}).rows == ()
    assert [row["n"] for row in read_mart(claims, {"n": ["2", "3"], 'od"d': ["y"]}).rows] == [2]


@pytest.mark.parametrize("column", ["nope", "id\" = 'b' or \"n", "1) or (1=1"])
def test_filter_columns_must_exist(claims: Path, column: str) -> None:
    with pytest.raises(ClawbackError, match="no column"):
        read_mart(claims, {column: ["b"]})


def test_a_missing_column_is_named(claims: Path) -> None:
    with pytest.raises(ClawbackError, match="has no column hop"):
        read_mart(claims).require("id", "hop")
