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
from datetime import date, datetime, timedelta
from typing import Final

from clawback.claims.lexicon import table

_MONTHS: Final = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_MONTH_OF: Final = {name: place for place, name in enumerate(_MONTHS, start=1)} | {
    name[:3]: place for place, name in enumerate(_MONTHS, start=1)
} | {"sept": 9} | {
    name: int(number) for name, number in table("dates.month").items()
}  # fmt: skip
_WEEKDAYS: Final = {
    name: place
    for place, name in enumerate(
        ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]
    )
} | {name: int(place) for name, place in table("dates.weekday").items()}
_COUNTS: Final = {
    name: place
    for place, name in enumerate(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"], 1
    )
} | {"a": 1, "an": 1, "several": 0, "a few": 0, "couple": 2}

_MONTH = rf"(?P<month>{'|'.join(sorted(_MONTH_OF, key=len, reverse=True))})\.?"
_DAY = r"(?P<day>[0-3]?[0-9])(?:st|nd|rd|th|er|\.|\u00ba)?"
_YEAR = r"(?P<year>(?:19|20)[0-9]{2})"
_ABSOLUTE: Final = (
    re.compile(rf"\b{_YEAR}-(?P<month>[01][0-9])-(?P<day>[0-3][0-9])(?![0-9])", re.IGNORECASE),
    re.compile(rf"\b{_MONTH} {_DAY}(?:-[0-3]?[0-9])?(?:,? of)?,? {_YEAR}\b", re.IGNORECASE),
    re.compile(rf"\b{_DAY}(?: day)?(?: of| de)? {_MONTH},?(?: de)? {_YEAR}\b", re.IGNORECASE),
    re.compile(rf"\b{_MONTH},?(?: of)? (?:{_YEAR}\b|'(?P<short>[0-9]{{2}})\b)", re.IGNORECASE),
    re.compile(
        rf"\b{_MONTH} {_DAY}(?![0-9.,%]*[0-9%]|[ ]?(?:million|billion|thousand|k\b|m\b))\b", re.IGNORECASE
    ),
    re.compile(rf"\b{_DAY}(?: of| de)? {_MONTH}(?![a-z])", re.IGNORECASE),
    re.compile(rf"\b(?P<last>last|this past|this) {_MONTH}(?![a-z])", re.IGNORECASE),
    re.compile(
        rf"\b(?:in|during|since|of|early|late|mid) (?P<bare>{_MONTH})"
        r"(?: (?P<last>last year|of last year|this year))?(?![a-z]|,? ?(?:of )?(?:[0-9]|'[0-9]))",
        re.IGNORECASE,
    ),
    re.compile(rf"\b(?:in|since|of|during|early|late|by|from) {_YEAR}(?![0-9]|[.,][0-9])", re.IGNORECASE),
    re.compile(
        r"(?P<year>20[0-9]{2}) ?[\u5e74\ub144] ?(?P<month>[01]?[0-9]) ?[\u6708\uc6d4] ?"
        r"(?P<day>[0-3]?[0-9]) ?[\u65e5\uc77c]"
    ),
    re.compile(r"(?P<month>[01]?[0-9]) ?[\u6708\uc6d4] ?(?P<day>[0-3]?[0-9]) ?[\u65e5\uc77c]"),
)  # fmt: skip
_MONTHS_BY_LENGTH: Final = "|".join(sorted(_MONTH_OF, key=len, reverse=True))
_FIRST_SIGN = re.compile(
    rf"\b(?=(?:19|20)[0-9]{{2}}[- \u5e74\ub144]|(?:{_MONTHS_BY_LENGTH})\b"
    rf"|[0-3]?[0-9](?:st|nd|rd|th|er|\.|\u00ba)?(?: day)?(?: of| de)? (?:{_MONTHS_BY_LENGTH})"
    r"|[01]?[0-9] ?[\u6708\uc6d4]|(?:last|this|past|in|during|since|of|early|late|mid|by|from) )",
    re.IGNORECASE,
)
_RELATIVE = re.compile(
    r"\b(?:"
    r"(?P<yesterday>yesterday)"
    r"|(?P<today>today|tonight|this morning|this afternoon|this evening|earlier today|hours ago)"
    r"|(?:(?:late|early) )?(?:on |this |last |am |el |\u0432 )?"
    rf"(?P<weekday>{'|'.join(sorted(_WEEKDAYS, key=len, reverse=True))})\b(?! the 13)"
    r"|(?P<lastunit>(?:last|this|past|earlier this|the past) (?:week|month|year))"
    r"|(?P<count>[0-9]{1,3}|a|an|one|two|three|four|five|six|seven|eight|nine|ten) "
    r"(?P<ago>day|week|month|year|hour)s? (?:ago|earlier)"
    r"|(?P<following>(?:the )?(?:following|next) (?:day|week|month|year|morning)"
    r"|(?:a|one) (?:day|week|month|year) later"
    r"|(?:two|three|four|five|six|seven|eight|nine|ten|[0-9]{1,3}) (?:days|weeks|months|years) later)"
    r")\b",
    re.IGNORECASE,
)
_TIME_AFTER = re.compile(
    r",? (?:at )?(?:around |about |approximately )?"
    r"(?P<hour>[0-2]?[0-9]):(?P<minute>[0-5][0-9])(?::[0-5][0-9])? ?"
    r"(?P<half>[ap]\.?m\.?)?,? ?\(?(?P<zone>\+?utc|gmt)?(?P<shift>[+-][01]?[0-9])?\)?",
    re.IGNORECASE,
)
_TIME_BEFORE = re.compile(
    r"(?P<hour>[0-2]?[0-9]):(?P<minute>[0-5][0-9])(?::[0-5][0-9])? ?(?P<half>[ap]\.?m\.?)?,? ?"
    r"\(?(?P<zone>utc|gmt)(?P<shift>[+-][01]?[0-9])?\)?,? (?:on )?$",
    re.IGNORECASE,
)
_YEAR_ONLY: Final = 8
_LEFT: Final = 30


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
        if self.first.day == 1 and _month_end(self.first) == self.last:
            return f"{self.first:%Y-%m}"
        if self.first == date(self.last.year, 1, 1) and self.last == date(self.last.year, 12, 31):
            return str(self.first.year)
        return f"{self.first.isoformat()}/{self.last.isoformat()}"


def find_dates(folded: str, published: date | None) -> list[When]:
    """All dates of a folded text, in order, without overlap.

    Args:
        folded: from `fold.fold`.
        published: day of publication, against which relative dates are resolved.
    """
    found: list[When] = []
    years: list[int] = []
    position = 0
    while (sign := _FIRST_SIGN.search(folded, position)) is not None:
        position = sign.start() + 1
        for number, pattern in enumerate(_ABSOLUTE):
            match = pattern.match(folded, sign.start(), sign.start() + 40)
            if match is None:
                continue
            when = _absolute(folded, match, number, published, years)
            if when is not None:
                found.append(when)
                position = max(position, when.end)
                break
    taken = {place for when in found for place in (when.start, when.end - 1)}
    relative = [
        when
        for when in _relative(folded, published, found)
        if not any(place in taken for place in (when.start, when.end - 1))
    ]
    return sorted([*found, *relative], key=lambda when: (when.start, when.end))


def _absolute(
    folded: str, match: re.Match[str], number: int, published: date | None, years: list[int]
) -> When | None:
    parts = match.groupdict()
    month_name = parts.get("month")
    month = None
    if month_name is not None:
        month = int(month_name) if month_name.isdigit() else _MONTH_OF[month_name.lower()]
        if month_name.lower() in {"may", "march", "mar", "dec"} and not month_name[0].isupper():
            return None
    year = int(parts["year"]) if parts.get("year") else None
    if parts.get("short"):
        year = 2000 + int(parts["short"])
    day = int(parts["day"]) if parts.get("day") else None
    start, end = match.span()
    if number in (7, _YEAR_ONLY):
        start = match.start("bare") if number == 7 else match.start("year")
    if number == _YEAR_ONLY:
        if year is None or (published is not None and year > published.year):
            return None
        return When(start, end, date(year, 1, 1), date(year, 12, 31), None, "absolute")
    if month is None or not 1 <= month <= 12:
        return None
    kind = "absolute" if year is not None else "incomplete"
    if year is None:
        year = _year_of(month, day, published, years, parts.get("last"))
    elif day is not None:
        years.append(year)
    if year is None:
        return When(start, end, None, None, None, "incomplete")
    if day is None:
        first = date(year, month, 1)
        return When(start, end, first, _month_end(first), None, kind)
    try:
        exact = date(year, month, day)
    except ValueError:
        return None
    moment, start, end = _moment(folded, exact, start, end)
    exact = moment.date() if moment is not None else exact
    return When(start, end, exact, exact, moment, kind)


def _year_of(
    month: int, day: int | None, published: date | None, years: list[int], last: str | None
) -> int | None:
    if published is None:
        return years[-1] if years else None
    word = (last or "").lower()
    if word.endswith("last year"):
        return published.year - 1
    if word == "this year":
        return published.year
    if day is None and word in ("last", "this past"):
        return published.year if month < published.month else published.year - 1
    ahead = month > published.month or (day is not None and month == published.month and day > published.day)
    return published.year - 1 if ahead else published.year


def _moment(folded: str, day: date, start: int, end: int) -> tuple[datetime | None, int, int]:
    after = _TIME_AFTER.match(folded, end, end + 50)
    if after is not None and (after.group("zone") or after.group("shift")):
        moment = _utc(day, after)
        return moment, start, end
    left = folded[max(0, start - _LEFT) : start]
    before = _TIME_BEFORE.search(left)
    if before is not None:
        return _utc(day, before), start - (len(left) - before.start()), end
    return None, start, end


def _utc(day: date, match: re.Match[str]) -> datetime | None:
    hour, minute = int(match.group("hour")), int(match.group("minute"))
    half = (match.group("half") or "").lower().replace(".", "")
    if half == "pm" and hour < 12:
        hour += 12
    elif half == "am" and hour == 12:
        hour = 0
    if hour > 23:
        return None
    shift = int(match.group("shift") or 0)
    # A plain local moment: the text's zone is taken off, what is left is UTC.
    return datetime(day.year, day.month, day.day, hour, minute) - timedelta(hours=shift)  # noqa: DTZ001


def _relative(folded: str, published: date | None, known: list[When]) -> Iterator[When]:
    for match in _RELATIVE.finditer(folded):
        start, end = match.span()
        if match.group("following") is not None:
            first, last = _following(match.group("following").lower(), start, known)
        elif published is None:
            first = last = None
        else:
            first, last = _resolved(match, published)
        yield When(start, end, first, last, None, "relative")


def _resolved(match: re.Match[str], published: date) -> tuple[date | None, date | None]:
    if match.group("yesterday"):
        day = published - timedelta(days=1)
        return day, day
    if match.group("today"):
        return published, published
    if match.group("weekday"):
        wanted = _WEEKDAYS[match.group("weekday").lower()]
        day = published - timedelta(days=(published.weekday() - wanted) % 7)
        if match.group().lower().startswith("last ") and day == published:
            day -= timedelta(days=7)
        return day, day
    if match.group("lastunit"):
        words = match.group("lastunit").lower().split()
        back = words[0] in ("last", "past") or words[:2] == ["the", "past"]
        return _unit(words[-1], published, back=back)
    count_word = match.group("count").lower()
    count = int(count_word) if count_word.isdigit() else _COUNTS[count_word]
    return _ago(match.group("ago").lower(), count, published)


def _unit(unit: str, published: date, *, back: bool) -> tuple[date, date]:
    if unit == "week":
        monday = published - timedelta(days=published.weekday() + (7 if back else 0))
        return monday, monday + timedelta(days=6) if back else published
    if unit == "month":
        first = published.replace(day=1)
        if back:
            last = first - timedelta(days=1)
            return last.replace(day=1), last
        return first, _month_end(first)
    year = published.year - 1 if back else published.year
    return date(year, 1, 1), date(year, 12, 31)


def _ago(unit: str, count: int, published: date) -> tuple[date | None, date | None]:
    try:
        if unit in ("day", "week"):
            day = published - timedelta(days=count * (7 if unit == "week" else 1))
            return day, day
        if unit == "month":
            months = published.year * 12 + published.month - 1 - count
            first = date(months // 12, months % 12 + 1, 1)
            return first, _month_end(first)
        if unit == "year":
            return date(published.year - count, 1, 1), date(published.year - count, 12, 31)
    except (ValueError, OverflowError):
        return None, None
    return published, published


def _following(words: str, start: int, known: list[When]) -> tuple[date | None, date | None]:
    """The day, week or month after the last date named before."""
    before = [when for when in known if when.end <= start and when.first is not None]
    if not before:
        return None, None
    base = before[-1]
    if base.first is None or base.last is None:
        return None, None
    if words.endswith(" later"):
        count_word, unit = words.split()[:2]
        count = int(count_word) if count_word.isdigit() else _COUNTS[count_word]
        unit = unit.rstrip("s")
    else:
        count, unit = 1, words.split()[-1]
    if unit in ("day", "morning", "week") and base.is_day:
        day = base.first + timedelta(days=count * (7 if unit == "week" else 1))
        if words.endswith("week"):
            return base.first + timedelta(days=1), base.first + timedelta(days=7)
        return day, day
    if unit == "month":
        months = base.last.year * 12 + base.last.month - 1 + count
        first = date(months // 12, months % 12 + 1, 1)
        return first, _month_end(first)
    if unit == "year":
        return date(base.last.year + count, 1, 1), date(base.last.year + count, 12, 31)
    return None, None


def _month_end(first: date) -> date:
    return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
