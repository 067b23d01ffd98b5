"""The dates of a text: absolute ones read, incomplete and relative ones resolved against publication.

Invariants:
    A date is as fine as its words: a year, a month, a day or a minute. Nothing is filled in: "in October"
    never becomes the first of October. "On Friday" is the last Friday before or on publication, "last
    September" the last one that is over, "last year" the calendar year before. Without a day of publication
    a relative date stays unresolved.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from clawback.claims.date_patterns import BARE, IN_MONTH, LAST_DAY, SLASHED, YEAR_ONLY, ways_of_writing
from clawback.claims.date_times import moment_of
from clawback.claims.date_words import FEASTS, MONTH_OF
from clawback.claims.fold import lower
from clawback.claims.relative_dates import month_end, relative_dates
from clawback.claims.sign_dates import dates_in_signs
from clawback.claims.when import When, day_at, year_of

_LONGEST: Final = 48
_CAPITAL_NEEDED: Final = frozenset({"may", "march", "mar", "dec", "mars", "mai"})


def find_dates(
    folded: str, published: date | None, language: str = "en", latest: date | None = None
) -> list[When]:
    """All dates of a folded text, in order, without overlap.

    Args:
        folded: from `fold.fold`.
        published: day of publication, against which relative dates are resolved.
        language: tag such as `en`; it tells 5/3 of March from 5/3 of May.
        latest: last day on which it may have been published, where the day is not known; it tells the year
            of a day or month without one.
    """
    low = folded.lower()
    if len(low) != len(folded):
        low = lower(folded)
    found = [*_written(folded, low, published, language, latest), *dates_in_signs(folded, published)]
    found.sort(key=lambda when: when.start)
    days = {when.start for when in found if when.is_day}
    taken = {place for when in found for place in range(when.start, when.end)}
    known = [
        (when.end, when.first, when.last)
        for when in found
        if when.first is not None and when.last is not None
    ]
    for start, end, first, last in relative_dates(low, published, language, known):
        if start in taken or end - 1 in taken:
            continue
        if {end + 1, end + 2} & days:
            # "today, May 7": the written day counts.
            continue
        moment = None
        if first is not None and first == last:
            moment, start, end = moment_of(folded, first, start, end)
            if moment is not None:
                first = last = moment.date()
        found.append(When(start, end, first, last, moment, "relative"))
    return _without_overlap(sorted(found, key=lambda when: (when.start, when.end)))


def _without_overlap(found: list[When]) -> list[When]:
    kept: list[When] = []
    for when in found:
        if not kept or when.start >= kept[-1].end:
            kept.append(when)
    return kept


def _written(
    folded: str, low: str, published: date | None, language: str, written_by: date | None
) -> Iterator[When]:
    ways = ways_of_writing(language)
    years: list[int] = []
    named: list[int] = []
    position = 0
    latest = published
    while (sign := ways.signs.search(low, position)) is not None:
        position = sign.start() + 1 if sign.lastgroup != "digit" else sign.end()
        for number in ways.by_sign[sign.lastgroup or "word"]:
            match = ways.patterns[number].match(low, sign.start(), sign.start() + _LONGEST)
            if match is None:
                continue
            when = (
                _day_of_month(int(match.group("day")), match, published, latest)
                if match.groupdict().get("nth")
                else _absolute(folded, match, number, published or written_by, years, named, language)
            )
            if when is not None:
                position = max(position, when.end)
                if when.last is not None:
                    named.append(when.last.year)
                latest = when.last if when.is_day else latest
                yield when
                break


def _absolute(
    folded: str,
    match: re.Match[str],
    number: int,
    published: date | None,
    years: list[int],
    named: list[int],
    language: str,
) -> When | None:
    parts = match.groupdict()
    start, end = match.span()
    year = int(parts["year"]) if parts.get("year") else None
    if parts.get("short"):
        if number == IN_MONTH and not match.group().startswith("in "):
            # "since June 17" names a day, "in June 17" a year.
            return None
        year = 2000 + int(parts["short"])
    if parts.get("feast"):
        month, day = FEASTS[parts["feast"]]
    elif number == SLASHED:
        month, day = _slashed(int(parts["first"]), int(parts["second"]), language)
    elif number == YEAR_ONLY:
        if year is None or (published is not None and year > published.year):
            return None
        start = match.start("year")
        return When(start, end, date(year, 1, 1), date(year, 12, 31), None, "absolute")
    else:
        name = parts.get("month") or ""
        month = int(name) if name.isdigit() else MONTH_OF[name]
        day = int(parts["day"]) if parts.get("day") else 0
        if name in _CAPITAL_NEEDED and language == "en" and not folded[match.start("month")].isupper():
            return None
    if number in BARE:
        start = match.start("bare")
        if not folded[start].isupper() and number != IN_MONTH and language in ("en", "de"):
            return None
        year = year or _year_after(folded, match.end("bare"), language)
    if not 1 <= month <= 12:
        return None
    kind = "absolute" if year is not None else "incomplete"
    if year is None:
        year = year_of(month, day, published, years, parts.get("last"), named)
    elif day:
        years.append(year)
    if year is None:
        return When(start, end, None, None, None, "incomplete")
    if number == LAST_DAY:
        day = month_end(date(year, month, 1)).day
    if not day:
        first = date(year, month, 1)
        return When(start, end, first, month_end(first), None, kind)
    return day_at(folded, year, month, day, start, end, kind)


def _slashed(first: int, second: int, language: str) -> tuple[int, int]:
    """Month and day of "3/5/2024": English writes the month first unless it cannot be one."""
    if second > 12 or (language == "en" and first <= 12):
        return first, second
    return second, first


def _year_after(folded: str, end: int, language: str) -> int | None:
    """The year of "July" in "in February and July 2017" counts for February too."""
    found = ways_of_writing(language).year_after.match(folded[end : end + 30].lower())
    return None if found is None else int(found.group(1))


def _day_of_month(day: int, match: re.Match[str], published: date | None, latest: date | None) -> When | None:
    """The day of "on the 13th": of the month of the last date named, or of publication."""
    base = latest or published
    if base is None or not 1 <= day <= 31:
        return None
    year, month = base.year, base.month
    if published is not None and base == published and day > published.day:
        year, month = (year, month - 1) if month > 1 else (year - 1, 12)
    try:
        exact = date(year, month, day)
    except ValueError:
        return None
    return When(match.start("nth"), match.end("nth"), exact, exact, None, "incomplete")
