"""Figures and numbers: read exactly, with unit and words of quantity, whatever way they are written."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clawback.claims.figure import Figure
from clawback.claims.figures import find_figures
from clawback.claims.fold import fold
from clawback.claims.numbers import MAX_DIGITS, read_number, scaled


def figures(text: str, *, continental: bool = False) -> list[Figure]:
    return find_figures(fold(text), continental=continental)


def one(text: str) -> Figure:
    (figure,) = figures(text)
    return figure


@pytest.mark.parametrize(
    ("text", "value", "unit", "qualifier"),
    [
        ("stole $ 281 million from it", "281000000", "USD", "exact"),
        ("stole $2.83bn from it", "2830000000", "USD", "exact"),
        ("got 84% back", "84", "%", "exact"),
        ("more than 80 per cent came back", "80", "%", "at_least"),
        ("lost 1,008 BTC then", "1008", "BTC", "exact"),
        ("as high as $150m", "150000000", "USD", "up_to"),
        ("at least 12.9K ETH", "12900", "ETH", "at_least"),
        ("nearly half a million dollars", "500000", "USD", "about"),
        ("seized Rp 31 billion, two villas", "31000000000", "IDR", "exact"),
        ("seized 60 million Norwegian crowns of it", "60000000", "NOK", "exact"),
        ("took 13.7 million in aUSDC from it", "13700000", "AUSDC", "exact"),
        ("took 2.2 million in BNB from it", "2200000", "USD", "exact"),
        ("| ETH | 2,118.4 | of it", "2118.4", "ETH", "exact"),
        ("- USDT: 3,050,000", "3050000", "USDT", "exact"),
        ("342,000 ETH\uac00", "342000", "ETH", "exact"),
        ("about a quarter of a million dollars", "250000", "USD", "about"),
        ("two hundred and eighty-one million dollars", "281000000", "USD", "exact"),
        ("94,48M euros", "94480000", "EUR", "exact"),
        ("35,000,000,000 KRW", "35000000000", "KRW", "exact"),
        ("35 billion won", "35000000000", "KRW", "exact"),
        ("S$372 million", "372000000", "SGD", "exact"),
        ("2.2 million in BNB", "2200000", "USD", "exact"),
        ("~33M $USDt on it", "33000000", "USDT", "about"),
        ("120,000 wrapped ETH (wETH) tokens", "120000", "WETH", "exact"),
        ("273,900 Binance Coin (BNB)", "273900", "BNB", "exact"),
        ("recovered 200,000 of the stolen Bitcoins", "200000", "BTC", "exact"),
        ("1'000'000 CHF", "1000000", "CHF", "exact"),
        ("281 000 000 USD", "281000000", "USD", "exact"),
        ("1.234.567,89 EUR", "1234567.89", "EUR", "exact"),
        ("$50M+ is gone", "50000000", "USD", "at_least"),
        ("an estimated 20k ETH", "20000", "ETH", "about"),
        ("0.000000000000000001 ETH", "0.000000000000000001", "ETH", "exact"),
    ],
)
def test_a_figure_is_exact_and_keeps_how_it_is_meant(
    text: str, value: str, unit: str, qualifier: str
) -> None:
    figure = one(text)
    assert figure.value == Decimal(value)
    assert (figure.unit, figure.qualifier) == (unit, qualifier)
    assert figure.low is None


@pytest.mark.parametrize(
    ("text", "low", "high", "unit"),
    [
        ("between $45 and $55 million", "45000000", "55000000", "USD"),
        ("$45.3-54.7M", "45300000", "54700000", "USD"),
        ("$1.4bn to $1.5bn", "1400000000", "1500000000", "USD"),
        ("between 24 and 34 million dollars", "24000000", "34000000", "USD"),
    ],
)
def test_a_range_has_two_ends_and_no_value(text: str, low: str, high: str, unit: str) -> None:
    figure = one(text)
    assert (figure.value, figure.low, figure.high) == (None, Decimal(low), Decimal(high))
    assert (figure.unit, figure.qualifier) == (unit, "range")


def test_from_one_price_to_another_is_no_range() -> None:
    assert [figure.value for figure in figures("fell from US$600 to US$400")] == [600, 400]


@pytest.mark.parametrize("text", ["all 2FA codes", "- ERC20: 0x2c6900b24221de2b", "3AC: insolvent"])
def test_letters_beside_a_number_are_not_always_an_asset(text: str) -> None:
    assert figures(text) == []


def test_shares_of_a_pool_of_two_coins_are_coins_of_neither() -> None:
    assert figures("It held 1.6 million LUSD-WETH pool shares.") == []
    assert one("It held 1.6 million LUSD.").unit == "LUSD"


@pytest.mark.parametrize(
    "proof",
    [
        "5.966 BTC, that is 5,966 coins",
        "5.966 BTC (worth $60 million)",
        "5.966 BTC and 6.236.000 other coins",
    ],
)
def test_a_dot_between_thousands_is_read_as_such_where_the_text_proves_it_and_is_marked(proof: str) -> None:
    figure = figures(f"The haul includes {proof}.")[0]
    assert figure.value == 5966
    assert figure.written == "5.966"
    assert any("thousands" in mark for mark in figure.marks)


def test_a_dot_without_proof_is_a_decimal_point() -> None:
    figure = one("It holds 5.966 BTC today.")
    assert figure.value == Decimal("5.966")
    assert figure.written is None


def test_a_bare_million_takes_the_currency_before_it_and_says_so() -> None:
    first, second = figures("It lost $281 million and got another 64 million in assets back.")
    assert (first.unit, second.unit, second.value) == ("USD", "USD", 64_000_000)
    assert second.marks == ("unit taken from the figure before",)


@pytest.mark.parametrize(
    "text",
    ["On May 7, 2019, 500 users", "version 2.1", "over 140 transactions", "2 million users", "APT38",
     "0x12345678", "block 18123456", "in 2020", "two-factor", "\u0662\u0668\u0661 USD"],
)  # fmt: skip
def test_other_numbers_are_no_figures(text: str) -> None:
    assert figures(text) == []


@given(st.decimals(min_value=0, max_value=10**20, places=6), st.sampled_from(["", "k", "m", "bn"]))
def test_any_dollar_amount_is_read_without_loss(value: Decimal, scale: str) -> None:
    power = {"": 0, "k": 3, "m": 6, "bn": 9}[scale]
    figure = one(f"lost ${value:f}{scale} then")
    assert figure.value == value.scaleb(power)
    grouped = one(f"lost ${value:,f}{scale} then")
    assert grouped.value == figure.value


@given(st.text(alphabet="0123456789.,' $%BTCkm-", max_size=80))
def test_whatever_signs_follow_each_other_figures_lie_in_order_inside_the_text(text: str) -> None:
    found = figures(text)
    places = [(figure.start, figure.end) for figure in found]
    assert all(0 <= start < end <= len(text) for start, end in places)
    assert all(before[1] <= after[0] for before, after in pairwise(places))
    for figure in found:
        assert figure.value is None or figure.value.is_finite()


def test_a_number_with_too_many_digits_is_none() -> None:
    assert read_number("9" * MAX_DIGITS) is not None
    assert read_number("9" * (MAX_DIGITS + 1)) is None
    assert scaled(Decimal("9" * MAX_DIGITS), 12) == Decimal("9" * MAX_DIGITS + "0" * 12)
