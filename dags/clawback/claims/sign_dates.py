"""Dates in Chinese, Japanese and Korean: a year, month or day is left out where it goes without saying."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from typing import Final

from clawback.claims.lexicon import table
from clawback.claims.relative_dates import month_end
from clawback.claims.when import When, day_at, year_of

_YEARS: Final = {name: int(back) for name, back in table("dates.sign_year").items()}
_MONTHS: Final = {name: int(back) for name, back in table("dates.sign_month").items()}
_YEAR_NAMES: Final = "|".join(_YEARS)
_MONTH_NAMES: Final = "|".join(sorted(_MONTHS, key=len, reverse=True))
_SIGNS = re.compile(
    rf"(?:(?P<year>20[0-9]{{2}}) ?[\u5e74\ub144]|(?P<yearname>{_YEAR_NAMES}))? ?"
    rf"(?:(?P<month>[01]?[0-9]) ?[\u6708\uc6d4](?![\uac1c\u9593\u95f4])|(?P<monthname>{_MONTH_NAMES}))? ?"
    r"(?:(?P<day>[0-3]?[0-9]) ?[\u65e5\uc77c\u53f7](?![\uac04\u9593\u95f4\u672c]))?"
)
_FIRST_OF_SIGNS = re.compile(
    r"20[0-9]{2} ?[\u5e74\ub144]|"
    rf"[0-9]{{1,2}} ?[\u6708\uc6d4\u65e5\uc77c\u53f7]|{_YEAR_NAMES}|{_MONTH_NAMES}"
)


def dates_in_signs(folded: str, published: date | None) -> Iterator[When]:
    """All dates of a folded text, in order."""
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
        month is None and not day and match.group("monthname") is None
    ):
        return None
    kind = "absolute" if year is not None else "incomplete"
    if published is not None and match.group("yearname"):
        year = published.year + _YEARS[match.group("yearname")]
    if month is None:
        if base is None:
            return None
        named = _MONTHS.get(match.group("monthname"))
        month = published.month if published is not None and named == 0 else base.month
        year = year or base.year
        back = published is not None and base == published and day > published.day
        if back or (published is not None and named == -1):
            month, year = (month - 1, year) if month > 1 else (12, year - 1)
    if not 1 <= month <= 12:
        return None
    if year is None:
        year = year_of(month, day, published, [base.year] if base is not None else [], None, [])
    if year is None:
        return When(start, end, None, None, None, "incomplete")
    if not day:
        first = date(year, month, 1)
        return When(start, end, first, month_end(first), None, kind)
    return day_at(folded, year, month, day, start, end, kind)
