"""Dates of a text: as fine as their words, resolved against publication, never filled in."""

from __future__ import annotations

from datetime import date

import pytest

from clawback.claims.dates import find_dates
from clawback.claims.fold import fold
from clawback.claims.when import When

PUBLISHED = date(2021, 2, 10)  # a Wednesday


def dates(text: str, published: date | None = PUBLISHED) -> list[When]:
    return find_dates(fold(text), published)


@pytest.mark.parametrize(
    ("text", "resolved"),
    [
        ("On September 19, 2012, it", "2012-09-19"),
        ("the 2nd of August 2016", "2016-08-02"),
        ("on 2020-09-26", "2020-09-26"),
        ("in September 2020", "2020-09"),
        ("in September last year", "2020-09"),
        ("last September", "2020-09"),
        ("in October, it", "2020-10"),
        ("on January 5", "2021-01-05"),
        ("on March 5", "2020-03-05"),
        ("in November '19", "2019-11"),
        ("on Friday", "2021-02-05"),
        ("on Wednesday", "2021-02-10"),
        ("last Wednesday", "2021-02-03"),
        ("yesterday", "2021-02-09"),
        ("three days ago", "2021-02-07"),
        ("last week", "2021-02-01/2021-02-07"),
        ("last month", "2021-01"),
        ("last year", "2020"),
        ("in 2019", "2019"),
    ],
)
def test_a_date_is_resolved_against_publication(text: str, resolved: str) -> None:
    (when,) = dates(text)
    assert when.text() == resolved


def test_a_time_of_day_with_its_zone_becomes_utc() -> None:
    first, second = dates("Around 02:51 UTC+8 on September 26, 2020 (or 18:51 UTC on September 25, 2020)")
    assert first.minute == second.minute
    assert (first.text(), second.text()) == ("2020-09-25", "2020-09-25")


def test_the_following_day_counts_from_the_date_before() -> None:
    _, after = dates("It fell on September 25, 2020, and came back the following day.")
    assert after.text() == "2020-09-26"
    _, week = dates("It fell on September 25, 2020, and the following week it came back.")
    assert week.text() == "2020-09-26/2020-10-02"


def test_without_a_day_of_publication_a_relative_date_stays_unresolved() -> None:
    assert [when.text() for when in dates("yesterday and on Friday", None)] == [None, None]


@pytest.mark.parametrize(
    "text", ["he may 5 times", "a march 3 miles long", "2,020 coins", "on 2020-13-45", "February 30, 2020"]
)
def test_other_words_are_no_dates(text: str) -> None:
    assert not [when for when in dates(text) if when.is_day]
