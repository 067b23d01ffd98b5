"""Figures are exact, foreign text is harmless."""

from __future__ import annotations

from decimal import Decimal

import pytest

from clawback.deliver import wording


@pytest.mark.parametrize(
    ("amount", "decimals", "told"),
    [
        (11_500 * 10**18, 18, "11,500"),
        (8_709_033_245_265_668_362_041, 18, "8,709.033245265668362041"),
        (1, 18, "0.000000000000000001"),
        (10**38 - 1, 0, "99,999,999,999,999,999,999,999,999,999,999,999,999"),
        (0, 6, "0"),
        (123, None, "123 base units"),
        (None, 18, "\u2013"),
    ],
)
def test_units_are_written_without_rounding(amount: int | None, decimals: int | None, told: str) -> None:
    assert wording.units(amount, decimals) == told
    if amount is not None:
        assert wording.units(Decimal(amount), decimals) == told


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        (11_500 * 10**18, "11,500"),
        (99_840_255_062_043_056_735, "99.84…"),
        (10**15, "0.001"),
        (1, "0.000000…"),
    ],
)
def test_short_units_say_that_they_are_cut(amount: int, told: str) -> None:
    assert wording.units_short(amount, 18) == told


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("281000000", "$281.0M"),
        ("999960", "$1.0M"),
        ("0.004", "$0.00"),
        ("999.99", "$1.0k"),
        ("-1500", "\u2212$1.5k"),
        ("2000000000", "$2.0B"),
    ],
)
def test_headline_dollars(value: str, told: str) -> None:
    assert wording.usd_short(Decimal(value)) == told


def test_dollars_beyond_a_floats_reach_keep_their_cents() -> None:
    assert wording.usd(Decimal("123456789012345678901234567890123456.78")) == (
        "123,456,789,012,345,678,901,234,567,890,123,456.78"
    )


def test_unknown_is_never_zero() -> None:
    assert (
        wording.usd(None)
        == wording.share(None, Decimal(1))
        == wording.share(Decimal(1), Decimal(0))
        == "\u2013"
    )


def test_a_share_that_exists_is_not_rounded_away() -> None:
    assert wording.share(Decimal("0.01"), Decimal("1000000")) == "<0.1%"
    assert wording.share(Decimal(0), Decimal(5)) == "0.0%"


@pytest.mark.parametrize(
    ("hostile", "told"),
    [
        ("US\u202eDT", "US[U+202E]DT"),
        ("a\u2066b\u2069", "a[U+2066]b[U+2069]"),
        ("a\u200bb\ufeff", "a[U+200B]b[U+FEFF]"),
        ("a\x00b\x1b[31m", "a[U+0000]b[U+001B][31m"),
        ("two\nlines\ttab", "two lines tab"),
        ("e" + "\u0301" * 40, "e" + "\u0301" * 3),
        ("\ud800", "[U+D800]"),
        (None, ""),
    ],
)
def test_hidden_and_turning_characters_are_seen(hostile: str | None, told: str) -> None:
    assert wording.plain(hostile) == told


def test_long_text_is_cut() -> None:
    assert wording.plain("x" * 10**6, 20) == "x" * 20 + "…"


@pytest.mark.parametrize("good", ["https://example.org/a?b=c#d", "http://127.0.0.1:8000/"])
def test_web_addresses_are_linked(good: str) -> None:
    assert wording.safe_url(good) == good


@pytest.mark.parametrize(
    "bad",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "//example.org",
        "https://user:pass@example.org/",
        "https:\\\\example.org",
        "https://exa\u202emple.org",
        "https://[::1",
        "file:///etc/passwd",
        "",
        None,
        5,
    ],
)
def test_anything_else_is_not(bad: object) -> None:
    assert wording.safe_url(bad) is None
