"""UTC days: the one way to write, read and walk them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Final

from clawback.errors import ClawbackError

DAY_FORMAT: Final = "%Y-%m-%d"
"""How a day is written everywhere: settings, lake keys, partition keys, columns."""

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def parse_day(text: str, *, where: str | None = None) -> date:
    """Read a day written YYYY-MM-DD.

    Raises:
        ClawbackError: the text is no such day.
    """
    if _DAY.fullmatch(text):
        try:
            return date.fromisoformat(text)
        except ValueError:
            pass
    raise ClawbackError(
        f"'{text}' is not a day", where=where, remedy="write a UTC day as YYYY-MM-DD, e.g. 2020-09-25"
    )


def day_range(first: date, last: date) -> Iterator[date]:
    """Every day from first to last, both included; nothing when last lies before first."""
    for offset in range((last - first).days + 1):
        yield first + timedelta(days=offset)


def day_before(day: date) -> date:
    """The day before."""
    return day - timedelta(days=1)


def day_bounds(day: date) -> tuple[datetime, datetime]:
    """First moment of the day and first moment of the next, both UTC."""
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    return start, start + timedelta(days=1)
