"""The time of day beside a date: read only where its zone is written, and turned into UTC.

Invariants:
    A time without a zone, or with one that is not known, tells nothing; the day stays as it is written.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Final

from clawback.claims.date_words import ZONES, alternatives

_BEFORE: Final = 48
_AFTER: Final = 80

_ZONE: Final = (
    rf"(?:(?P<zone>\+?(?:{alternatives(ZONES)}))(?![a-z])|(?P<signs>{alternatives(ZONES, signs=True)}))?"
    r"[ ]?\(?(?P<shift>[+-] ?[01]?[0-9])?(?::?(?P<minutes>[03]0)(?![0-9]))?\)?"
)
_HOUR: Final = (
    r"(?:(?P<hour>[0-2]?[0-9])(?:[:.h\u6642\u65f6\u70b9]|[ ]?uhr[ ]?|\uc2dc ?)(?P<minute>[0-5][0-9])?[\u5206\ubd84]?(?:(?<=[0-9])[:.][0-5][0-9])?"
    r"|(?P<plain>[01]?[0-9])(?= ?[ap]\.?m\b)|(?P<four>[0-2][0-9][0-5][0-9])(?= (?:utc|gmt)\b))"
    r"[ ]?(?P<half>[ap]\.?m\b\.?)?"
)
_LEADS: Final = (
    r"(?:[ ,]|at|around|about|approximately|roughly|shortly|just|after|before|exactly|circa|ca\.|a las|las|alrededor|de|"
    r"\u00e0|vers|gegen|um|\u00e0s|por volta|alle|intorno|\u043e\u043a\u043e\u043b\u043e|\u0432|[(]|T|"
    r"(?:in the )?(?:early )?(?:morning|evening|afternoon|night)){0,6}"
)
_TIME_AFTER = re.compile(rf"{_LEADS}{_HOUR}[ ,]*\(?(?:hora de [a-z]+,? ?)?{_ZONE}", re.IGNORECASE)
_TIME_BEFORE = re.compile(
    rf"(?<![0-9:.]){_HOUR}[ ,]*\(?{_ZONE}[ ,]*(?:on|del|am|le|em|do dia|of|the|early|late|\)|[ ,])*$",
    re.IGNORECASE,
)
_SIGN_TIME = re.compile(
    r" ?(?P<half>\u51cc\u6668|\u65e9\u4e0a|\u65e9\u6668|\u4e0a\u5348|\uc624\uc804|\u5348\u524d|\u4e2d\u5348|\u4e0b\u5348|\u665a\u4e0a?|\u5348\u5f8c|\uc624\ud6c4|\u591c)? ?"
    r"(?P<hour>[0-2]?[0-9]) ?[\u70b9\u9ede\u65f6\u6642\uc2dc:] ?(?:(?P<minute>[0-5]?[0-9]) ?[\u5206\ubd84]?)?"
)
_SECOND_HALF: Final = frozenset("\u4e0b\u665a\u591c") | {"\u5348\u5f8c", "\uc624\ud6c4"}
_ISO_TIME = re.compile(
    r"[T ](?P<hour>[0-2][0-9]):(?P<minute>[0-5][0-9])(?::[0-5][0-9](?:\.[0-9]+)?)?(?P<zulu>Z)\b"
)


def moment_of(folded: str, day: date, start: int, end: int) -> tuple[datetime | None, int, int]:
    """The moment in UTC of a date that stands at `start` to `end`, and the stretch with its time of day."""
    iso = _ISO_TIME.match(folded, end, end + 24)
    if iso is not None:
        return _utc(day, int(iso.group("hour")), int(iso.group("minute")), "", 0), start, iso.end()
    after = _TIME_AFTER.match(folded, end, end + _AFTER)
    if after is not None:
        shift = _shift(after)
        if shift is not None:
            moment = _moment(day, after, shift)
            if moment is not None:
                return moment, start, after.end()
    signs = _signed_moment(folded, day, start, end)
    if signs is not None:
        return signs[0], start, signs[1]
    left = folded[max(0, start - _BEFORE) : start]
    if any(sign.isdigit() for sign in left[-24:]):
        before = _TIME_BEFORE.search(left)
        if before is not None:
            shift = _shift(before)
            if shift is not None:
                moment = _moment(day, before, shift)
                if moment is not None:
                    return moment, start - (len(left) - before.start()), end
    return None, start, end


def _signed_moment(folded: str, day: date, start: int, end: int) -> tuple[datetime, int] | None:
    """The moment of "\u5317\u4eac\u65f6\u95f43\u67085\u65e5\u51cc\u66682\u70b9": the zone stands before the day, the time after it."""
    found = _SIGN_TIME.match(folded, end, end + 16)
    if found is None:
        return None
    around = folded[max(0, start - 8) : start] + " " + folded[found.end() : found.end() + 8]
    shifts = [minutes for name, minutes in ZONES.items() if not name.isascii() and name in around]
    if not shifts:
        return None
    hour, half = int(found.group("hour")), found.group("half") or ""
    if hour < 12 and (half in _SECOND_HALF or half[:1] in _SECOND_HALF):
        hour += 12
    moment = _utc(day, hour, int(found.group("minute") or 0), "", shifts[0])
    return None if moment is None else (moment, found.end())


def _shift(match: re.Match[str]) -> int | None:
    """Minutes ahead of UTC, None where no zone is written."""
    zone = (match.group("zone") or match.group("signs") or "").lower().lstrip("+")
    written = match.group("shift")
    if not zone and written is None:
        return None
    minutes = ZONES.get(" ".join(zone.split()), 0) if zone else 0
    if written is not None:
        hours = int(written.replace(" ", ""))
        more = int(match.group("minutes") or 0)
        minutes = hours * 60 + (more if hours >= 0 else -more)
    return minutes


def _moment(day: date, match: re.Match[str], shift: int) -> datetime | None:
    if match.group("four") is not None:
        hour, minute = int(match.group("four")[:2]), int(match.group("four")[2:])
    elif match.group("plain") is not None:
        hour, minute = int(match.group("plain")), 0
    else:
        hour, minute = int(match.group("hour")), int(match.group("minute") or 0)
    return _utc(day, hour, minute, (match.group("half") or "").lower().replace(".", ""), shift)


def _utc(day: date, hour: int, minute: int, half: str, shift: int) -> datetime | None:
    if half == "pm" and hour < 12:
        hour += 12
    elif half == "am" and hour == 12:
        hour = 0
    if hour > 23:
        return None
    # A plain local moment: the text's zone is taken off, what is left is UTC.
    return datetime(day.year, day.month, day.day, hour, minute) - timedelta(minutes=shift)  # noqa: DTZ001
