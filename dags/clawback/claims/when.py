"""A date of a text, and how an incomplete one is completed from the day of publication."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from clawback.claims.date_times import moment_of
from clawback.claims.relative_dates import month_end


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


def day_at(folded: str, year: int, month: int, day: int, start: int, end: int, kind: str) -> When | None:
    """The date of a year, month and day, with the time of day that stands beside it; None for no real day."""
    try:
        exact = date(year, month, day)
    except ValueError:
        return None
    moment, start, end = moment_of(folded, exact, start, end)
    exact = moment.date() if moment is not None else exact
    return When(start, end, exact, exact, moment, kind)


def year_of(
    month: int, day: int, published: date | None, years: list[int], last: str | None, named: list[int]
) -> int | None:
    """The year of a month or day that is written without one: the last one before publication.

    Args:
        month: 1 to 12.
        day: of the month, 0 where none is written.
        published: day of publication; without it the last year that was written counts.
        years: the years of days written so far.
        last: words such as "last year" beside it.
        named: the years of all dates so far, for "in June of that year".
    """
    if named and (last or "").lower().endswith(("that year", "same year")):
        return named[-1]
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
