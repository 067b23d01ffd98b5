"""The USD and percent macros against exact fractions."""

# ruff: noqa: S608 - the SQL is made of names of the project and of this test

from __future__ import annotations

from decimal import Context, Decimal
from fractions import Fraction
from typing import Any

import duckdb
import jinja2
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from clawback.resources import dbt_project_dir

LIMIT = 10**20
CONTEXT = Context(prec=60)


def render(macro: str, *arguments: str) -> str:
    text = (dbt_project_dir() / "macros" / f"{macro}.sql").read_text()
    module = jinja2.Environment().from_string(text).module  # noqa: S701 - makes SQL, no HTML
    return str(getattr(module, macro)(*arguments))


USD_SQL = (
    f"select {render('usd', 'amount', 'scale', 'price')} from (select ?::decimal(38, 0) as amount,"
    " ?::hugeint as scale, ?::decimal(38, 18) as price)"
)
SHARE = "(select ?::decimal(38, 2) as part, ?::decimal(38, 2) as whole)"
PCT_SQL = f"select {render('pct', 'part', 'whole')} from {SHARE}"


@pytest.fixture(scope="module")
def connection() -> duckdb.DuckDBPyConnection:
    return duckdb.connect()


def one(connection: duckdb.DuckDBPyConnection, sql: str, *values: Any) -> Decimal | None:
    found = connection.execute(sql, list(values)).fetchone()
    assert found is not None
    value: Decimal | None = found[0]
    return value


def half_up(value: Fraction, places: int) -> Decimal:
    scaled = value * 10**places
    return Decimal((2 * scaled.numerator + scaled.denominator) // (2 * scaled.denominator)).scaleb(-places)


@given(
    amount=st.integers(0, 10**38 - 1) | st.integers(0, 10**24),
    decimals=st.integers(0, 28),
    price=st.integers(0, 10**38 - 1) | st.integers(0, 10**23),
)
@example(amount=1, decimals=0, price=1_005_000_000_000_000_000)
@example(amount=5 * 10**32, decimals=0, price=10**18)
@example(amount=10**38 - 1, decimals=28, price=10**28 - 1)
@example(amount=10**28 - 1, decimals=28, price=10**28 - 1)
@example(amount=11_520 * 10**18, decimals=18, price=352_123_456_789_012_345_678)
@settings(max_examples=1500, deadline=None)
def test_usd_is_the_exact_value_rounded_half_up(
    connection: duckdb.DuckDBPyConnection, amount: int, decimals: int, price: int
) -> None:
    found = one(connection, USD_SQL, str(amount), str(10**decimals), str(Decimal(price).scaleb(-18, CONTEXT)))
    exact = Fraction(amount, 10**decimals) * Fraction(price, 10**18)
    if found is None:
        # NULL only for what is out of range: by value, by price, or close to it by the test's own rounding.
        whole = amount // 10**decimals
        assert price // 10**18 >= 10**10 or whole >= LIMIT // (price // 10**18 + 1)
    else:
        assert found == half_up(exact, 2)
        assert exact < 2 * LIMIT


@pytest.mark.parametrize(
    ("amount", "scale", "price"), [(None, "1", "1"), ("1", None, "1"), ("1", "1", None), ("-1", "1", "1")]
)
def test_unknown_is_null_and_never_zero(
    connection: duckdb.DuckDBPyConnection, amount: str | None, scale: str | None, price: str | None
) -> None:
    assert one(connection, USD_SQL, amount, scale, price) is None


def test_ordinary_figures_are_never_out_of_range(connection: duckdb.DuckDBPyConnection) -> None:
    # All ether there is at a million dollars each.
    assert one(connection, USD_SQL, str(130_000_000 * 10**18), str(10**18), "1000000") == Decimal(
        "130000000000000.00"
    )


@given(part=st.integers(0, 10**16), whole=st.integers(0, 10**16))
@example(part=1, whole=0)
@example(part=2, whole=3)
@settings(max_examples=300, deadline=None)
def test_pct_is_the_exact_share_rounded_half_up(
    connection: duckdb.DuckDBPyConnection, part: int, whole: int
) -> None:
    found = one(connection, PCT_SQL, str(Decimal(part).scaleb(-2)), str(Decimal(whole).scaleb(-2)))
    if whole == 0 or part // whole >= 1000:
        assert found is None
    else:
        assert found == half_up(Fraction(100 * part, whole), 4)
