"""Figures of Chinese, Japanese and Korean texts: scales that add up, counters, units without spaces.

Invariants:
    Two scales of one number ("2 oku 8100 man") are one figure. A unit stands behind its number, with or
    without a counter, or an asset before it. Values are exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Final

from clawback.claims.figure import Figure
from clawback.claims.lexicon import table
from clawback.claims.numbers import MAX_DIGITS, plain, scaled
from clawback.claims.units import GLUED, SIGNS, ticker_unit

_POWERS: Final = {way: int(power) for way, power in table("sign_figures.scale").items()}
_QUALIFIERS: Final = table("sign_figures.qualifier")
_AFTER: Final = table("sign_figures.qualifier_after")
_ASSETS: Final = {**GLUED, **table("sign_figures.asset")}
_SCALES: Final = "".join(_POWERS)
_NUMBER: Final = r"[0-9][0-9,]*(?:\.[0-9]+)?"
_ONE: Final = rf"{_NUMBER}[ ]?[{_SCALES}]{{0,2}}"
_WRITTEN = re.compile(
    rf"(?P<sign>(?:US|HK|NT|A|C|S)?[$]|[\u20ac\u00a3\u00a5\u20a9])?[ ]?"
    rf"(?P<number>{_ONE}(?:[ ]?[0-9][0-9,]*[{_SCALES}]{{1,2}}){{0,3}}"
    r"(?:(?<=[\u4e07\ub9cc\u842c])[0-9]{1,4}(?![0-9.]))?)"
    rf"(?:[ ]?[~\uff5e-][ ]?(?P<second>{_ONE}))?"
)
_PART = re.compile(rf"({_NUMBER})[ ]?([{_SCALES}]{{0,2}})")
_COUNTER: Final = (
    r"[ ]?(?:\u591a|\u4f59|\uc5ec)?[ ]?(?:[\u679a\u4e2a\u500b\uac1c]|\uc5ec \uac1c)?[ ]?(?:\uc758[ ]|\u306e)?"
)
_NAMES: Final = "|".join(re.escape(name) for name in sorted(_ASSETS, key=len, reverse=True))
_HOLDERS: Final = (
    "\u94b1\u5305|\u7528\u6237|\u5730\u5740|\u8d26\u6237|\u30a6\u30a9\u30ec|\uc9c0\uac11|\uacc4\uc815"
)
"""Wallets, users and addresses of an asset are no amounts of it."""

_UNIT_AFTER = re.compile(
    rf"{_COUNTER}(?:(?P<name>{_NAMES})|(?P<ticker>[A-Za-z]{{2,10}})(?![A-Za-z0-9]| ?(?:{_HOLDERS}))"
    r"|(?P<percent>[%\uff05]|\ud37c\uc13c\ud2b8))"
)
_COUNTED = re.compile(r"[ ]?(?:\u591a|\u4f59|\uc5ec)?[ ]?[\u679a\u4e2a\u500b\uac1c]")
_ASSET_BEFORE = re.compile(
    rf"(?:(?P<name>{_NAMES})|(?P<ticker>[A-Z]{{2,10}}))[ ]?(?:\u7d04|\uc57d|\u7ea6)?[ ]?$"
)
_QUALIFIER = re.compile(rf"(?P<phrase>{'|'.join(sorted(_QUALIFIERS, key=len, reverse=True))})[ ]?$")
_QUALIFIER_AFTER = re.compile(rf"[ ]?(?P<phrase>{'|'.join(sorted(_AFTER, key=len, reverse=True))})")
_LEFT: Final = 14


def sign_figures(folded: str) -> Iterator[Figure]:
    """All figures with a unit, in order."""
    position = 0
    while (found := _WRITTEN.search(folded, position)) is not None:
        position = max(found.end(), found.start() + 1)
        figure = _figure(folded, found)
        if figure is not None:
            position = max(position, figure.end)
            yield figure


def _figure(folded: str, found: re.Match[str]) -> Figure | None:
    number = _value(found.group("number"))
    before = folded[found.start() - 1 : found.start()]
    if number is None or (before and before.isascii() and (before.isalnum() or before in "._#/@")):
        return None
    start, end = found.span()
    second = found.group("second")
    high = None if second is None else _value(second)
    low = number
    if (
        second is not None
        and high is not None
        and not _has_power(found.group("number"))
        and _has_power(second)
    ):
        # "20~30\uc5b5": the scale of the second is that of both.
        low = scaled(number, _power(second))
    unit, start, end = _unit(folded, found, start, end)
    if unit is None:
        return None
    qualifier, phrase = _quantity(folded, start, found.start(), end)
    if phrase is not None:
        # Without spaces the words of quantity are part of the figure.
        start, end = min(start, phrase[0]), max(end, phrase[1])
    if high is not None and low < high:
        return Figure(start, end, None, low, high, unit, "range", phrase)
    return Figure(start, end, number, None, None, unit, qualifier, phrase)


def _unit(folded: str, found: re.Match[str], start: int, end: int) -> tuple[str | None, int, int]:
    after = _UNIT_AFTER.match(folded, end, end + 24)
    if found.group("sign"):
        return SIGNS.get(found.group("sign").lower(), "USD"), start, end
    if after is not None:
        unit = _named(after)
        if unit is not None:
            return unit, start, after.end()
    left = folded[max(0, start - _LEFT) : start]
    asset = _ASSET_BEFORE.search(left)
    counted = _COUNTED.match(folded, end, end + 5)
    if (
        asset is not None
        and (unit := _named(asset)) is not None
        and (counted is not None or asset.group("name"))
    ):
        return unit, start - (len(left) - asset.start()), end if counted is None else counted.end()
    return None, start, end


def _named(found: re.Match[str]) -> str | None:
    if found.group("name"):
        return _ASSETS[found.group("name")]
    if found.groupdict().get("percent"):
        return "%"
    return ticker_unit(found.group("ticker")) or ticker_unit(found.group("ticker").upper())


def _quantity(folded: str, start: int, number: int, end: int) -> tuple[str, tuple[int, int] | None]:
    for at in dict.fromkeys((start, number)):
        left = folded[max(0, at - _LEFT) : at]
        found = _QUALIFIER.search(left)
        if found is not None:
            first = at - len(left) + found.start("phrase")
            return _QUALIFIERS[found.group("phrase")], (first, first + len(found.group("phrase")))
    after = _QUALIFIER_AFTER.match(folded, end, end + 6)
    if after is not None:
        return _AFTER[after.group("phrase")], (after.start("phrase"), after.end("phrase"))
    return "exact", None


def _value(written: str) -> Decimal | None:
    """The sum of its parts: 2\u5104 8100\u4e07."""
    if sum(sign.isdigit() for sign in written) > MAX_DIGITS:
        return None
    total = Decimal(0)
    for number, scale in _PART.findall(written):
        total += scaled(Decimal(number.replace(",", "")), sum(_POWERS[sign] for sign in scale))
    return plain(total)


def _has_power(written: str) -> bool:
    return any(sign in _POWERS for sign in written)


def _power(written: str) -> int:
    return sum(_POWERS[sign] for sign in written if sign in _POWERS)
