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
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from typing import Final

from clawback.claims.date_times import moment_of
from clawback.claims.date_words import ENGLISH_FEASTS, ENGLISH_MONTHS, FEASTS, MONTH_OF, alternatives
from clawback.claims.fold import lower
from clawback.claims.relative_dates import month_end, relative_dates

_NTH: Final = r"(?:st|nd|rd|th|er|\.|\u00ba|\u00aa)?"
_DAY: Final = rf"(?P<day>[0-3]?[0-9]){_NTH}(?![0-9])"
_MORE_DAYS: Final = (
    r"(?:(?:[ ]?(?:-|/|&)[ ]?|[ ](?:to|and|or|bis|al|au|y|et|e|und|\u0438)[ ](?:the )?)"
    rf"[0-3]?[0-9]{_NTH}(?![0-9]))?"
)
_OF: Final = r"(?:[ ](?:day of|of|de|del|do))?"
_YEAR: Final = r"(?P<year>(?:19|20)[0-9]{2})(?![0-9])"
_NO_NUMBER: Final = (
    r"(?![0-9.,%]*[0-9%]|[ ]?(?:million|billion|thousand|percent|k\b|m\b|[a-z]{0,2}(?:btc|eth)\b))"
)
_WHICH_YEAR: Final = r"(?:,? (?P<last>(?:of )?(?:last|this) year))?"
_NO_ORDINAL: Final = (
    r"(?! (?:largest|biggest|time|century|hack|attack|exploit|of |floor|anniversary|month|year|district|circuit|"
    r"hour|place|amendment|such|most))"
)
_SLASHED: Final = 2
_YEAR_ONLY: Final = 11
_BARE: Final = frozenset({10, 14, 15, 16})
_IN_MONTH: Final = 10
_LONGEST: Final = 48
_CAPITAL_NEEDED: Final = frozenset({"may", "march", "mar", "dec", "mars", "mai"})


class _Ways:
    """The ways of writing a date in English, or in the other languages, on text in lower case.

    `patterns` are tried in their order; `by_sign` tells which of them may begin with a digit, with the name of
    a month, or with another word; `signs` finds where one may begin.
    """

    def __init__(self, months: str, feasts: str, words: str, ins: str, ons: str) -> None:
        month = rf"(?P<month>{months})\b\.?"
        self.months = months
        self.patterns = tuple(
            re.compile(pattern)
            for pattern in (
                rf"\b{_YEAR}[-/.](?P<month>[01]?[0-9])[-/.](?P<day>[0-3]?[0-9])(?![0-9])",
                rf"\b(?P<day>[0-3]?[0-9])\.[ ]?(?P<month>[01]?[0-9])\.[ ]?{_YEAR}",
                rf"\b(?P<first>[0-3]?[0-9])/(?P<second>[0-3]?[0-9])/{_YEAR}",
                rf"\b{_DAY}-{month}-{_YEAR}",
                rf"\b{month}(?: the)? {_DAY}{_MORE_DAYS}(?:,? of)?,? {_YEAR}",
                rf"\b{_DAY}{_MORE_DAYS}{_OF} {month},?(?:[ ](?:of|de|del|do))? {_YEAR}",
                rf"\b{month},?(?: of| de| del)? (?:{_YEAR}|'(?P<short>[0-9]{{2}})\b)",
                rf"\b{month}(?: the)? {_DAY}{_NO_NUMBER}{_MORE_DAYS}\b{_WHICH_YEAR}",
                rf"\b{_DAY}{_MORE_DAYS}{_OF} {month}(?![a-z]){_WHICH_YEAR}",
                rf"\b(?P<last>last|this past|this|earlier this) {month}(?![a-z])",
                rf"\b(?:{ins})[ -](?P<bare>{month})(?: (?P<short>[12][0-9])(?![0-9.,]*[0-9])| (?P<last>(?:of )?(?:last|this) year))?"
                r"(?![a-z]|,? ?(?:of )?(?:[0-9]|'[0-9]))",
                rf"\b(?:{ins}) {_YEAR}(?![.,][0-9])",
                rf"\b(?P<feast>{feasts})\b(?:,? (?:of )?{_YEAR})?",
                rf"\b(?:{ons}) (?P<nth>(?:the )?(?P<day>[0-3]?[0-9])(?:st|nd|rd|th))\b{_NO_ORDINAL}",
                rf"(?<=[,(:] )(?P<bare>{month})(?= ?[:,;)(])",
                rf"(?<=[(])(?P<bare>{month})(?=[,;:)])",
                rf"(?:(?<=and )|(?<=, ))(?P<bare>{month})(?= \(| and | (?:(?:19|20)[0-9]{{2}}))",
            )
        )
        self.by_sign = {
            "digit": (0, 1, 2, 3, 5, 8),
            "month": (4, 6, 7, 14, 15, 16),
            "word": (9, 10, 11, 13),
            "feast": (12,),
        }
        self.signs = re.compile(
            rf"\b(?:(?P<digit>[0-9]{{1,4}})(?=[-./ a-z&\u00ba\u00aa])|(?P<feast>{feasts})\b|(?P<month>{months})\b"
            rf"|(?P<word>{words}|{ins}|{ons})[ -])"
        )
        self.year_after = re.compile(rf" (?:(?:and|to|or|y|et|und) (?:{months}) )?((?:19|20)[0-9]{{2}})")


_LASTS: Final = "last|this past|this|earlier this"
_IN: Final = "in|during|since|of|early|late|mid|until|by|from|to"
_ON: Final = "on|of|since|by|until|from"
_ENGLISH: Final = _Ways(alternatives(ENGLISH_MONTHS), alternatives(ENGLISH_FEASTS), _LASTS, _IN, _ON)


@cache
def _ways_of(language: str) -> _Ways:
    if language == "en":
        return _ENGLISH
    return _Ways(
        alternatives(MONTH_OF),
        alternatives(FEASTS),
        _LASTS,
        f"{_IN}|en|im jahr|im|em|nel|del|a|au|de|d'|\u0432",
        f"{_ON}|am|der|den|el|il|le|em|no dia|dia|d\u00eda",
    )


_SIGNS = re.compile(
    r"(?:(?P<year>20[0-9]{2}) ?[\u5e74\ub144]|(?P<last>\u53bb\u5e74|\u6628\u5e74|\uc9c0\ub09c\ud574|\uc791\ub144)|(?P<this>\u4eca\u5e74|\uc62c\ud574|\ub3d9\ub144|\u540c\u5e74))? ?"
    r"(?:(?P<month>[01]?[0-9]) ?[\u6708\uc6d4](?![\uac1c\u9593\u95f4])|(?P<lastmonth>\u4e0a\u6708|\u4e0a\u4e2a\u6708|\u5148\u6708|\uc9c0\ub09c\ub2ec)|(?P<thismonth>\u672c\u6708|\u4eca\u6708|\u540c\u6708|\uc774\ub2ec|\uc774\ubc88 ?\ub2ec))? ?"
    r"(?:(?P<day>[0-3]?[0-9]) ?[\u65e5\uc77c\u53f7](?![\uac04\u9593\u95f4\u672c]))?"
)
_FIRST_OF_SIGNS = re.compile(
    r"20[0-9]{2} ?[\u5e74\ub144]|[0-9]{1,2} ?[\u6708\uc6d4\u65e5\uc77c\u53f7]|[\u53bb\u6628\u4eca\u672c\u540c\u4e0a\u5148][\u5e74\u6708\u4e2a]|\uc9c0\ub09c[\ud574\ub2ec]|\uc62c\ud574|\uc791\ub144|\uc774\ub2ec"
)


@dataclass(frozen=True)
class When:
    """A date of the text.

    `first` and `last` are the days that it may be (equal for a day), None where it could not be resolved.
    `minute` is the moment in UTC where a time of day with a zone stands beside it. `kind` is absolute,
    incomplete or relative.
    """

    start: int
    end: int
    first: date | None
    last: date | None
    minute: datetime | None
    kind: str

    @property
    def is_day(self) -> bool:
        """Whether it names one day."""
        return self.first is not None and self.first == self.last

    def text(self) -> str | None:
        """The date as YYYY, YYYY-MM, YYYY-MM-DD or an interval A/B; None where unresolved."""
        if self.first is None or self.last is None:
            return None
        if self.first == self.last:
            return self.first.isoformat()
        if self.first.day == 1 and month_end(self.first) == self.last:
            return f"{self.first:%Y-%m}"
        if self.first == date(self.last.year, 1, 1) and self.last == date(self.last.year, 12, 31):
            return str(self.first.year)
        return f"{self.first.isoformat()}/{self.last.isoformat()}"


def find_dates(folded: str, published: date | None, language: str = "en") -> list[When]:
    """All dates of a folded text, in order, without overlap.

    Args:
        folded: from `fold.fold`.
        published: day of publication, against which relative dates are resolved.
        language: tag such as `en`; it tells 5/3 of March from 5/3 of May.
    """
    low = folded.lower()
    if len(low) != len(folded):
        low = lower(folded)
    found = [*_written(folded, low, published, language), *_in_signs(folded, published)]
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


def _written(folded: str, low: str, published: date | None, language: str) -> Iterator[When]:
    ways = _ways_of(language)
    years: list[int] = []
    position = 0
    latest = published
    while (sign := ways.signs.search(low, position)) is not None:
        position = sign.start() + 1 if sign.lastgroup != "digit" else sign.end()
        for number in ways.by_sign[sign.lastgroup or "word"]:
            match = ways.patterns[number].match(low, sign.start(), sign.start() + _LONGEST)
            if match is None:
                continue
            when = _absolute(folded, match, number, published, years, language, latest)
            if when is not None:
                position = max(position, when.end)
                latest = when.last if when.is_day else latest
                yield when
                break


def _absolute(
    folded: str,
    match: re.Match[str],
    number: int,
    published: date | None,
    years: list[int],
    language: str,
    latest: date | None,
) -> When | None:
    parts = match.groupdict()
    start, end = match.span()
    year = int(parts["year"]) if parts.get("year") else None
    if parts.get("short"):
        year = 2000 + int(parts["short"])
    if parts.get("feast"):
        month, day = FEASTS[parts["feast"]]
    elif parts.get("nth"):
        return _day_of_month(int(parts["day"]), match, published, latest)
    elif number == _SLASHED:
        month, day = _slashed(int(parts["first"]), int(parts["second"]), language)
    elif number == _YEAR_ONLY:
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
    if number in _BARE:
        start = match.start("bare")
        if not folded[start].isupper() and number != _IN_MONTH and language in ("en", "de"):
            return None
        year = year or _year_after(folded, match.end("bare"), language)
    if not 1 <= month <= 12:
        return None
    kind = "absolute" if year is not None else "incomplete"
    if year is None:
        year = _year_of(month, day, published, years, parts.get("last"))
    elif day:
        years.append(year)
    if year is None:
        return When(start, end, None, None, None, "incomplete")
    if not day:
        first = date(year, month, 1)
        return When(start, end, first, month_end(first), None, kind)
    return _with_moment(folded, year, month, day, start, end, kind)


def _with_moment(
    folded: str, year: int, month: int, day: int, start: int, end: int, kind: str
) -> When | None:
    try:
        exact = date(year, month, day)
    except ValueError:
        return None
    moment, start, end = moment_of(folded, exact, start, end)
    exact = moment.date() if moment is not None else exact
    return When(start, end, exact, exact, moment, kind)


def _slashed(first: int, second: int, language: str) -> tuple[int, int]:
    """Month and day of "3/5/2024": English writes the month first unless it cannot be one."""
    if second > 12 or (language == "en" and first <= 12):
        return first, second
    return second, first


def _year_after(folded: str, end: int, language: str) -> int | None:
    """The year of "July" in "in February and July 2017" counts for February too."""
    found = _ways_of(language).year_after.match(folded[end : end + 30].lower())
    return None if found is None else int(found.group(1))


def _day_of_month(day: int, match: re.Match[str], published: date | None, latest: date | None) -> When | None:
    """ "On the 13th": of the month of the last date named, or of publication."""
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


def _year_of(month: int, day: int, published: date | None, years: list[int], last: str | None) -> int | None:
    if published is None:
        return years[-1] if years else None
    word = (last or "").lower()
    if word.endswith("last year"):
        return published.year - 1
    if word.endswith("this year"):
        return published.year
    if not day and word in ("last", "this past"):
        return published.year if month < published.month else published.year - 1
    ahead = month > published.month or (day and month == published.month and day > published.day)
    return published.year - 1 if ahead else published.year


def _in_signs(folded: str, published: date | None) -> Iterator[When]:
    """Dates in Chinese, Japanese and Korean: a year, month or day is left out where it goes without saying."""
    if folded.isascii():
        return
    position = 0
    latest: date | None = published
    while (sign := _FIRST_OF_SIGNS.search(folded, position)) is not None:
        position = sign.end()
        match = _SIGNS.match(folded, sign.start(), sign.start() + 40)
        if match is None or match.end() == match.start():
            continue
        when = _signed(folded, match, published, latest)
        if when is None:
            continue
        position = max(position, when.end)
        latest = when.last or latest
        yield when


def _signed(folded: str, match: re.Match[str], published: date | None, latest: date | None) -> When | None:
    start, end = match.start(), match.end()
    while folded[end - 1] == " ":
        end -= 1
    base = latest or published
    year = int(match.group("year")) if match.group("year") else None
    month = int(match.group("month")) if match.group("month") else None
    day = int(match.group("day")) if match.group("day") else 0
    if folded[start - 1 : start].isdigit() or (
        month is None and not day and match.group("lastmonth") is None
    ):
        return None
    kind = "absolute" if year is not None else "incomplete"
    if published is not None and match.group("last"):
        year = published.year - 1
    elif published is not None and match.group("this"):
        year = published.year
    if month is None:
        if base is None:
            return None
        month = published.month if published is not None and match.group("thismonth") else base.month
        year = year or base.year
        back = published is not None and base == published and day > published.day
        if (match.group("lastmonth") and published is not None) or back:
            month, year = (month - 1, year) if month > 1 else (12, year - 1)
    if not 1 <= month <= 12:
        return None
    if year is None:
        year = _year_of(month, day, published, [base.year] if base is not None else [], None)
    if year is None:
        return When(start, end, None, None, None, "incomplete")
    if not day:
        first = date(year, month, 1)
        return When(start, end, first, month_end(first), None, kind)
    return _with_moment(folded, year, month, day, start, end, kind)
