"""Numbers and times out of text, exactly: never through a float, never guessed."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final

from clawback.schemas import MAX_AMOUNT

MAX_DECIMALS: Final = 77
"""10**77 is the widest power of ten in 256 bits; more decimals are a lie or a mistake."""

_MAX_TEXT: Final = 120
_NUMBER = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_INTEGER = re.compile(r"\d{1,19}", re.ASCII)
_FIRST_YEAR: Final = 2009  # Bitcoin's first block: no chain is older, so anything before is a wrong unit
_LAST_YEAR: Final = 2100


def parse_number(text: str) -> Decimal:
    """A plain or scientific number, exact.

    Raises:
        ValueError: no number, or too long to be one that anybody means.
    """
    text = text.strip()
    if len(text) > _MAX_TEXT or not _NUMBER.fullmatch(text):
        raise ValueError("not a number")
    # Built of text, Decimal is exact at any length; arithmetic would round to 28 digits, so none is done.
    return Decimal(text)


def to_base_units(number: Decimal, decimals: int) -> int:
    """The number x 10^decimals as an integer.

    Raises:
        ValueError: negative, more fractional digits than decimals, or wider than DECIMAL(38,0).
    """
    sign, digits, exponent = number.as_tuple()
    if not isinstance(exponent, int):
        raise ValueError("not a number")
    whole: int = int("".join(map(str, digits)))
    if whole == 0:
        return 0
    if sign:
        raise ValueError("the amount is negative")
    shift = exponent + decimals
    if shift >= 0:
        if len(digits) + shift > 400:
            raise ValueError("the amount is wider than DECIMAL(38,0)")
        whole *= int(10**shift)
    else:
        whole, rest = divmod(whole, int(10**-shift))
        if rest:
            raise ValueError(
                "the amount has a fraction of a base unit"
                if decimals == 0
                else f"the amount has more fractional digits than the asset's {decimals} decimals"
            )
    if whole > MAX_AMOUNT:
        raise ValueError("the amount is wider than DECIMAL(38,0)")
    return whole


def parse_integer(text: str, name: str, most: int) -> int:
    """A whole number from 0 to most.

    Raises:
        ValueError: anything else.
    """
    text = text.strip()
    if not _INTEGER.fullmatch(text) or int(text) > most:
        raise ValueError(f"{name} is not a whole number from 0 to {most}")
    return int(text)


def parse_time(text: str, time_format: str) -> datetime:
    """A moment in UTC; a time without zone is UTC.

    Args:
        text: as the source writes it.
        time_format: `iso8601`, `unix_seconds`, `unix_milliseconds`, or a strptime pattern.

    Raises:
        ValueError: not of that format, or a year that no chain has.
    """
    text = text.strip()
    if not text or len(text) > 64:
        raise ValueError("bad time")
    try:
        moment = _moment(text, time_format)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"bad time: not {time_format}") from error
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    if not _FIRST_YEAR <= moment.year <= _LAST_YEAR:
        raise ValueError(f"bad time: year {moment.year}, is time_format right?")
    return moment


def _moment(text: str, time_format: str) -> datetime:
    if time_format in ("unix_seconds", "unix_milliseconds"):
        if not _INTEGER.fullmatch(text):
            raise ValueError("not a whole number")
        seconds, thousandths = (int(text), 0) if time_format == "unix_seconds" else divmod(int(text), 1000)
        if seconds > 4_200_000_000:
            raise ValueError("beyond the year 2100")
        return datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=thousandths * 1000)
    if time_format == "iso8601":
        # Dune writes '2020-09-25 18:51:00.000 UTC'; a bare date would silently mean midnight.
        if len(text) <= 10:
            raise ValueError("no time of day")
        return datetime.fromisoformat(text.removesuffix(" UTC"))
    return datetime.strptime(text, time_format)  # noqa: DTZ007 - the caller sets the zone where there is none
