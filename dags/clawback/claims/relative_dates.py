"""Dates that are told from another day: yesterday, on Friday, last week, three days ago, the day after."""

from __future__ import annotations

import re
from bisect import bisect_right, insort
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

from clawback.claims.date_words import (
    COUNTS,
    DAYS_BACK,
    ENGLISH_DAYS_BACK,
    ENGLISH_WEEKDAYS,
    WEEKDAYS,
    alternatives,
)

Known = list[tuple[int, date, date]]
"""The dates named so far: where each ends, its first and its last day."""

_COUNT: Final = rf"[0-9]{{1,3}}|{alternatives(COUNTS)}"
_UNIT: Final = r"day|week|month|year"
_HALF_A_YEAR: Final = 6
_ENGLISH: Final = (
    rf"(?P<yearsback>{_COUNT}) years? and (?P<daysback>{_COUNT}) days? ago|(?P<half>half a year ago)"
    rf"|(?P<count>{_COUNT}) (?P<ago>hour|minute|{_UNIT})s? ago"
    rf"|(?:(?P<before>{_COUNT}) (?P<beforeunit>{_UNIT})s? (?:earlier|before|previously)"
    r"|the (?:day|night) before(?! yesterday)|the previous (?:day|night|evening)|the (?P<eve>eve))"
    r"|(?P<same>(?:on )?(?:the|that) (?:very )?same (?:day|evening|night)|later that (?:day|evening|night)"
    r"|that (?:day|night|evening|morning)|hours (?:later|after))"
    rf"|(?P<following>(?:the )?(?:following|next) (?:{_UNIT}|morning|evening|night)"
    rf"|(?P<later>{_COUNT}) (?P<laterunit>{_UNIT})s? later)"
)
_RELATIVE = re.compile(
    rf"\b(?:(?P<word>{alternatives(ENGLISH_DAYS_BACK)})|{_ENGLISH}"
    r"|(?P<lastunit>(?:last|this|past|earlier this|later this|the past) (?:week|month|year))"
    rf"|(?P<ofweek>(?:on )?(?P<dayofweek>{alternatives(ENGLISH_WEEKDAYS)}) (?:of )?last week)"
    rf"|(?P<beforelast>(?:on )?(?:the )?(?P<dayoflast>{alternatives(ENGLISH_WEEKDAYS)})"
    r" (?:before last|a week ago))"
    r"|(?:(?:late|early|the|in the night to|to) )?(?:on |this |last |past )?"
    rf"(?P<weekday>{alternatives(ENGLISH_WEEKDAYS)})\b(?! the 13)"
    r")\b"
)
_BACK_ELSEWHERE: Final = {name: days for name, days in DAYS_BACK.items() if name != "hier"}
"""In German "hier" is a place; in French it is yesterday."""

_ELSEWHERE = re.compile(
    rf"\b(?:(?P<word>{alternatives(_BACK_ELSEWHERE)})|{_ENGLISH}"
    r"|(?P<lastunit>(?:last|this|\u0432 \u043f\u0440\u043e\u0448\u043b\u043e\u043c|letztes|letzten|el|l')"
    r" ?(?:week|month|year|\u0433\u043e\u0434\u0443|jahr|monat|a\u00f1o pasado|mes pasado))"
    r"|(?P<ofweek>(?!))|(?P<beforelast>(?!))"
    r"|(?:(?:in der nacht zum|in der nacht auf|nacht zum) )?"
    r"(?:am |vergangenen |letzten |el pasado |el |le |la |lo scorso |scorso |na |no |nesta |neste "
    r"|\u0432\u043e? |\u0432 \u043f\u0440\u043e\u0448\u043b\u0443\u044e "
    r"|\u0432 \u043f\u0440\u043e\u0448\u043b\u044b\u0439 )?"
    rf"(?P<weekday>{alternatives(WEEKDAYS)})"
    r"(?:morgen|abend|nacht|nachmittag|vormittag|mittag|fr\u00fch)?\b"
    r"(?: (?:dernier|pasado|pasada|passada|passado|scorso|scorsa))?"
    r")\b"
)
_FRENCH = re.compile(r"\bhier\b")
_SIGNS = re.compile(
    rf"(?P<word>{alternatives(DAYS_BACK, signs=True)})"
    rf"|(?:\u672c|\u8fd9|\u4e0a)?(?P<weekday>{alternatives(WEEKDAYS, signs=True)})"
)


def relative_dates(
    folded: str, published: date | None, language: str, known: Known
) -> Iterator[tuple[int, int, date | None, date | None]]:
    """Start, end, first and last day of each relative date; None for days that cannot be told.

    Args:
        folded: from `fold.fold`, in lower case.
        published: day of publication.
        language: tag such as `en`.
        known: the other dates of the text, in order.
    """
    pattern = _RELATIVE if language == "en" else _ELSEWHERE
    known = list(known)
    for match in pattern.finditer(folded):
        start, end = match.span()
        if match.group("following"):
            first, last = _following(match, start, known)
        elif (
            match.group("same")
            or match.group("before")
            or match.group("eve")
            or (" before" in match.group().lower() and not match.group("beforelast"))
            or "previous" in match.group().lower()
        ):
            first, last = _from_the_last(match, start, known)
        elif published is None:
            first = last = None
        else:
            first, last = _resolved(match, published)
        if first is not None and last is not None:
            # "Sable confirmed on Thursday that it had left the day before"
            insort(known, (end, first, last))
        yield start, end, first, last
    if language == "fr":
        for match in _FRENCH.finditer(folded):
            day = None if published is None else published - timedelta(days=1)
            yield match.start(), match.end(), day, day
    if folded.isascii():
        return
    for match in _SIGNS.finditer(folded):
        day = None
        if published is not None:
            word = match.group("word")
            back = DAYS_BACK[word] if word else (published.weekday() - WEEKDAYS[match.group("weekday")]) % 7
            day = published - timedelta(days=back)
        yield match.start(), match.end(), day, day


def month_end(first: date) -> date:
    """The last day of the month of this day."""
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def _resolved(match: re.Match[str], published: date) -> tuple[date | None, date | None]:
    if match.group("word"):
        day = published - timedelta(days=DAYS_BACK[" ".join(match.group("word").lower().split())])
        return day, day
    if match.group("ofweek"):
        wanted = WEEKDAYS[match.group("dayofweek").lower()]
        day = published - timedelta(days=published.weekday() + 7 - wanted)
        return day, day
    if match.group("beforelast"):
        wanted = WEEKDAYS[match.group("dayoflast").lower()]
        day = published - timedelta(days=(published.weekday() - wanted) % 7 + 7)
        return day, day
    if match.group("half"):
        return _months_on(published, -_HALF_A_YEAR)
    if match.group("yearsback"):
        return _years_and_days(match, published)
    if match.group("weekday"):
        wanted = WEEKDAYS[match.group("weekday").lower()]
        day = published - timedelta(days=(published.weekday() - wanted) % 7)
        if match.group().lower().startswith("last ") and day == published:
            day -= timedelta(days=7)
        return day, day
    if match.group("lastunit"):
        words = match.group("lastunit").lower().replace("l'", "l' ").split()
        back = words[0] in ("last", "past", "el", "letztes", "letzten", "\u0432", "l'") or words[:2] == [
            "the",
            "past",
        ]
        return _unit(" ".join(words), published, back=back)
    return _ago(match.group("ago").lower(), _number(match.group("count")), published)


def _number(written: str) -> int:
    word = " ".join(written.lower().split())
    return int(word) if word.isdigit() else COUNTS[word]


def _unit(words: str, published: date, *, back: bool) -> tuple[date, date]:
    if "week" in words:
        monday = published - timedelta(days=published.weekday() + (7 if back else 0))
        return monday, monday + timedelta(days=6) if back else published
    if "month" in words or "monat" in words or "mes" in words:
        first = published.replace(day=1)
        if back:
            last = first - timedelta(days=1)
            return last.replace(day=1), last
        return first, month_end(first)
    year = published.year - 1 if back else published.year
    return date(year, 1, 1), date(year, 12, 31)


def _ago(unit: str, count: int, published: date) -> tuple[date | None, date | None]:
    try:
        if unit in ("day", "week"):
            day = published - timedelta(days=count * (7 if unit == "week" else 1))
            return day, day
        if unit == "month":
            return _months_on(published, -count)
        if unit == "year":
            return date(published.year - count, 1, 1), date(published.year - count, 12, 31)
    except (ValueError, OverflowError):
        return None, None
    return published, published


def _years_and_days(match: re.Match[str], published: date) -> tuple[date | None, date | None]:
    """The day of "a year and three days ago"."""
    back = published - timedelta(days=_number(match.group("daysback")))
    try:
        day = back.replace(year=back.year - _number(match.group("yearsback")))
    except ValueError:
        return None, None
    return day, day


def _months_on(base: date, count: int) -> tuple[date, date]:
    months = base.year * 12 + base.month - 1 + count
    first = date(months // 12, months % 12 + 1, 1)
    return first, month_end(first)


def _last_named(start: int, known: Known) -> tuple[date, date] | None:
    place = bisect_right(known, start, key=lambda one: one[0])
    return known[place - 1][1:] if place else None


def _from_the_last(match: re.Match[str], start: int, known: Known) -> tuple[date | None, date | None]:
    """The same day as the last date named, or so long before it."""
    base = _last_named(start, known)
    if base is None or base[0] != base[1]:
        return None, None
    if match.group("same"):
        return base
    if not match.group("before"):
        day = base[0] - timedelta(days=1)
        return day, day
    return _ago(match.group("beforeunit").lower(), _number(match.group("before")), base[0])


def _following(match: re.Match[str], start: int, known: Known) -> tuple[date | None, date | None]:
    """The day, week or month after the last date named before."""
    base = _last_named(start, known)
    if base is None:
        return None, None
    if match.group("later"):
        count, unit = _number(match.group("later")), match.group("laterunit").lower()
    else:
        count, unit = 1, match.group("following").lower().split()[-1]
    first, last = base
    try:
        if unit in ("day", "morning", "evening", "night", "week") and first == last:
            if unit == "week" and not match.group("later"):
                return first + timedelta(days=1), first + timedelta(days=7)
            day = first + timedelta(days=count * (7 if unit == "week" else 1))
            return day, day
        if unit == "month":
            return _months_on(last, count)
        if unit == "year":
            return date(last.year + count, 1, 1), date(last.year + count, 12, 31)
    except (ValueError, OverflowError):
        return None, None
    return None, None
