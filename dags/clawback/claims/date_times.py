"""The time of day beside a date: read only where its zone is written, and turned into UTC.

Invariants:
    A time without a zone, or with one that is not known, tells nothing; the day stays as it is written.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from typing import Final

from clawback.claims.date_words import ZONES, alternatives
from clawback.claims.lexicon import table

_BEFORE: Final = 48
_AFTER: Final = 80

_ZONE: Final = (
    rf"(?:(?P<zone>\+?(?:{alternatives(ZONES)}))(?![a-z])|(?P<signs>{alternatives(ZONES, signs=True)}))?"
    r"[ ]?\(?(?P<shift>[+-] ?[01]?[0-9])?(?::?(?P<minutes>[03]0)(?![0-9]))?\)?"
)
_HOUR: Final = (
    r"(?:(?P<hour>[0-2]?[0-9])(?:[:.h]|[ ]?uhr[ ]?)(?P<minute>[0-5][0-9])?(?:(?<=[0-9])[:.][0-5][0-9])?"
    r"|(?P<plain>[01]?[0-9])(?= ?[ap]\.?m\b)|(?P<four>[0-2][0-9][0-5][0-9])(?= (?:utc|gmt)\b))"
    r"[ ]?(?P<half>[ap]\.?m\b\.?)?"
)
_LEADS: Final = (
    r"(?:[ ,]|at|around|about|approximately|roughly|shortly|just|after|before|exactly|circa|ca\.|a las|las|"
    r"alrededor|de|\u00e0|vers|gegen|um|\u00e0s|por volta|alle|intorno|"
    r"\u043e\u043a\u043e\u043b\u043e|\u0432|[(]|T|"
    r"(?:in the )?(?:early )?(?:morning|evening|afternoon|night)){0,6}"
)
_TIME_AFTER = re.compile(rf"{_LEADS}{_HOUR}[ ,]*\(?(?:hora de [a-z]+,? ?)?{_ZONE}", re.IGNORECASE)
_TIME_BEFORE = re.compile(
    rf"(?<![0-9:.]){_HOUR}[ ,]*\(?{_ZONE}[ ,]*(?:on|del|am|le|em|do dia|of|the|early|late|\)|[ ,])*$",
    re.IGNORECASE,
)
_HALVES: Final = {name: half == "12" for name, half in table("dates.half_of_day").items()}
"""Whether a word for a part of the day means the hours after noon."""

_SIGN_TIME = re.compile(
    rf" ?(?P<half>{'|'.join(sorted(_HALVES, key=len, reverse=True))})? ?"
    r"(?P<hour>[0-2]?[0-9]) ?[\u70b9\u9ede\u65f6\u6642\uc2dc:] ?(?:(?P<minute>[0-5]?[0-9]) ?[\u5206\ubd84]?)?"
)
_ZONE_AFTER = re.compile(rf"[ ]?[,(] ?{_ZONE}", re.IGNORECASE)
"""The zone of a time that stands before its day: "at 03:10 on 27 May (KST)"."""

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
            behind = _ZONE_AFTER.match(folded, end, end + _BEFORE)
            if shift is None and behind is not None:
                shift = _shift(behind)
            if shift is not None:
                moment = _moment(day, before, shift)
                if moment is not None:
                    return moment, start - (len(left) - before.start()), end
    return None, start, end


def _signed_moment(folded: str, day: date, start: int, end: int) -> tuple[datetime, int] | None:
    """The moment where, as in Chinese, the zone stands before the day and the time after it."""
    found = _SIGN_TIME.match(folded, end, end + 16)
    if found is None:
        return None
    around = folded[max(0, start - 8) : start] + " " + folded[found.end() : found.end() + 8]
    shifts = [minutes for name, minutes in ZONES.items() if not name.isascii() and name in around]
    if not shifts:
        return None
    hour, half = int(found.group("hour")), found.group("half") or ""
    if hour < 12 and _HALVES.get(half, False):
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
