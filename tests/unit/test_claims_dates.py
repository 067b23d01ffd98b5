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
        ("on 22nd January 2021", "2021-01-22"),
        ("December's heist", "2020-12"),
        ("the September theft", "2020-09"),
        ("Bellows, August. Gone", "2020-08"),
        ("on the last day of May", "2020-05-31"),
        ("on Friday the 5th", "2021-02-05"),
        ("on Friday last week", "2021-02-05"),
        ("on the Monday before last", "2021-02-01"),
        ("on Saturday a week ago", "2021-01-30"),
        ("a year and three days ago", "2020-02-07"),
        ("half a year ago", "2020-08"),
        ("about twenty minutes ago", "2021-02-10"),
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


def test_a_month_of_that_year_is_of_the_year_named_last() -> None:
    assert [when.text() for when in dates("A customer in 2018 got nothing; in June of that year")][
        1
    ] == "2018-06"


def test_the_day_before_counts_from_a_relative_date_too() -> None:
    said, before = dates("It confirmed on Friday that it had left the day before.")
    assert (said.text(), before.text()) == ("2021-02-05", "2021-02-04")


def test_a_zone_behind_the_day_is_that_of_the_time_before_it() -> None:
    (when,) = dates("At about 03:10 on 27 May 2020 (KST) it fell")
    assert when.minute is not None
    assert f"{when.minute:%Y-%m-%dT%H:%M}" == "2020-05-26T18:10"


def test_without_a_day_of_publication_a_relative_date_stays_unresolved() -> None:
    assert [when.text() for when in dates("yesterday and on Friday", None)] == [None, None]


@pytest.mark.parametrize(
    "text", ["he may 5 times", "a march 3 miles long", "2,020 coins", "on 2020-13-45", "February 30, 2020"]
)
def test_other_words_are_no_dates(text: str) -> None:
    assert not [when for when in dates(text) if when.is_day]
