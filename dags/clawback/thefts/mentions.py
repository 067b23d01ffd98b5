"""A theft as one source mentions it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Final

_YEAR: Final = re.compile(r"(\d{4})", re.ASCII)
_MONTH: Final = re.compile(r"(\d{4})-(\d{2})", re.ASCII)


@dataclass(frozen=True)
class When:
    """The days on which it may have happened, first and last."""

    first: date
    last: date

    @property
    def is_day(self) -> bool:
        """Whether the source names a day."""
        return self.first == self.last

    def days_from(self, other: When) -> int:
        """Days between two, 0 where they overlap."""
        if self.first > other.last:
            return (self.first - other.last).days
        return max(0, (other.first - self.last).days)


def when_of(text: str) -> When:
    """YYYY, YYYY-MM, YYYY-MM-DD, or a moment with its offset, whose UTC day counts.

    Raises:
        ValueError: anything else.
    """
    text = text.strip()
    if _YEAR.fullmatch(text):
        return When(date(int(text), 1, 1), date(int(text), 12, 31))
    if found := _MONTH.fullmatch(text):
        first = date(int(found[1]), int(found[2]), 1)
        after = date(first.year + first.month // 12, first.month % 12 + 1, 1)
        return When(first, after - timedelta(days=1))
    if "T" in text:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is None:
            raise ValueError(f"{text} has no offset")
        day = moment.astimezone(UTC).date()
    else:
        day = date.fromisoformat(text)
    return When(day, day)


@dataclass(frozen=True)
class Mention:
    """One row of a feed, or what one document says about one theft.

    Attributes:
        key: names it for ever, e.g. in overrides.
        source: who says it. One source does not list one theft twice.
        name: of the victim, as written; None where it is not named.
        when: None where no day is given.
        loss: as figures of one unit; None where none is given.
        unit: of the loss.
    """

    key: str
    source: str
    name: str | None
    when: When | None
    loss: Decimal | None = None
    unit: str = "USD"
