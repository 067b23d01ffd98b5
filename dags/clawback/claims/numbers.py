"""A number as reports write it, read exactly.

Invariants:
    Every value is a Decimal made of the digits that stand in the text; no float takes part. A number with
    more than `MAX_DIGITS` digits is no figure of a report and is not read.
"""

from __future__ import annotations

import re
from decimal import Context, Decimal
from typing import Final, NamedTuple

MAX_DIGITS: Final = 30

# Enough for the longest number times the largest scale; nothing is ever rounded.
_EXACT: Final = Context(prec=2 * MAX_DIGITS + 40)

_ENGLISH = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?")
_INDIAN = re.compile(r"[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}(?:\.[0-9]+)?")
_CONTINENTAL = re.compile(r"[0-9]{1,3}(?:\.[0-9]{3})+,[0-9]+|[0-9]{1,3}(?:\.[0-9]{3}){2,}")
_SWISS = re.compile(r"[0-9]{1,3}(?:'[0-9]{3})+(?:[.,][0-9]+)?")
_SPACED = re.compile(r"[0-9]{1,3}(?: [0-9]{3})+(?:[.,][0-9]+)?")
_DECIMAL_COMMA = re.compile(r"[0-9]+,[0-9]{1,2}|[0-9]+,[0-9]{4,}")
_PLAIN = re.compile(r"[0-9]+(?:\.[0-9]+)?")
_THOUSANDS_BY_DOT = re.compile(r"[1-9][0-9]{0,2}\.[0-9]{3}")
_DIGITS = re.compile(r"[0-9]")


class Number(NamedTuple):
    """A value, and whether its single dot may group thousands ("5.966" for 5,966)."""

    value: Decimal
    dot_may_group: bool


def read_number(written: str, *, continental: bool = False) -> Number | None:
    """The value of a written number, or None where it is no number in any usual way of writing.

    Args:
        written: digits with dots, commas, apostrophes or spaces between them.
        continental: the text groups by dots and has decimal commas.
    """
    if len(_DIGITS.findall(written)) > MAX_DIGITS:
        return None
    if _ENGLISH.fullmatch(written) and not (continental and written.count(",") == 1):
        return Number(Decimal(written.replace(",", "")), False)
    if _INDIAN.fullmatch(written):
        return Number(Decimal(written.replace(",", "")), False)
    if _CONTINENTAL.fullmatch(written):
        return Number(Decimal(written.replace(".", "").replace(",", ".")), False)
    if _SWISS.fullmatch(written) or _SPACED.fullmatch(written):
        plain = written.replace("'", "").replace(" ", "").replace(",", ".")
        return Number(Decimal(plain), False)
    if _DECIMAL_COMMA.fullmatch(written) or (continental and re.fullmatch(r"[0-9]+,[0-9]+", written)):
        return Number(Decimal(written.replace(",", ".")), False)
    if _PLAIN.fullmatch(written):
        grouped = bool(_THOUSANDS_BY_DOT.fullmatch(written))
        if grouped and continental:
            return Number(Decimal(written.replace(".", "")), True)
        return Number(Decimal(written), grouped)
    return None


def scaled(value: Decimal, power: int) -> Decimal:
    """The value times ten to the power, exactly and without trailing zeros."""
    return plain(_EXACT.scaleb(value, power))


def plain(value: Decimal) -> Decimal:
    """The same value in the shortest form without an exponent: 60.80 is 60.8, 2E+6 is 2000000."""
    if value == value.to_integral_value():
        return value.quantize(Decimal(1), context=_EXACT)
    return value.normalize(_EXACT)
