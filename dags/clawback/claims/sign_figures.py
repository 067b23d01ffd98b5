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
_ONE: Final = rf"{_NUMBER}[ ]?[\u4f59\u9918\u591a\uc5ec]?[{_SCALES}]{{0,2}}"
_WRITTEN = re.compile(
    rf"(?P<sign>(?:US|HK|NT|A|C|S)?[$]|[\u20ac\u00a3\u00a5\u20a9])?[ ]?"
    rf"(?P<number>{_ONE}(?:[ ]?[0-9][0-9,]*[{_SCALES}]{{1,2}}){{0,3}}"
    r"(?:(?<=[\u4e07\ub9cc\u842c])[0-9]{1,4}(?![0-9.]))?)"
    rf"(?:[ ]?[~\uff5e-][ ]?(?P<second>{_ONE}))?"
)
_PART = re.compile(rf"({_NUMBER})[ ]?[\u4f59\u9918\u591a\uc5ec]?([{_SCALES}]{{0,2}})")
_MANY: Final = r"(?:\u591a|\u4f59|\uc5ec)?"
_ONES: Final = r"[\u679a\u4e2a\u500b\uac1c\u9846\u9897]"
_COUNTER: Final = rf"[ ]?{_MANY}[ ]?(?:{_ONES}|\uc5ec \uac1c)?[ ]?(?:\uc758[ ]|\u306e)?"
_NAMES: Final = "|".join(re.escape(name) for name in sorted(_ASSETS, key=len, reverse=True))
_HOLDERS: Final = (
    "\u94b1\u5305|\u7528\u6237|\u5730\u5740|\u8d26\u6237|\u30a6\u30a9\u30ec|\uc9c0\uac11|\uacc4\uc815"
)
"""Wallets, users and addresses of an asset are no amounts of it."""

_UNIT_AFTER = re.compile(
    rf"{_COUNTER}(?:(?P<name>{_NAMES})|(?P<ticker>[A-Za-z]{{2,10}})(?![A-Za-z0-9]| ?(?:{_HOLDERS}))"
    r"|(?P<percent>[%\uff05]|\ud37c\uc13c\ud2b8))"
)
_COUNTED = re.compile(rf"[ ]?{_MANY}[ ]?{_ONES}")
_COINS = re.compile(r"[ ]?[\u679a\u9846\u9897]")
"""Counters that only coins have."""

_BACK: Final = 400
"""Signs between a figure without a unit and the one whose unit it has."""

_ASSET_BEFORE = re.compile(
    rf"(?:(?P<name>{_NAMES})|(?<![A-Za-z0-9])"
    r"(?P<ticker>(?:[a-z]{1,3}[A-Z]{3,6}|[A-Z]{2,10})))[ ]?(?:\u7d04|\uc57d|\u7ea6)?[ ]?$"
)
_QUALIFIER = re.compile(rf"(?P<phrase>{'|'.join(sorted(_QUALIFIERS, key=len, reverse=True))})[ ]?$")
_QUALIFIER_AFTER = re.compile(rf"[ ]?(?P<phrase>{'|'.join(sorted(_AFTER, key=len, reverse=True))})")
_LEFT: Final = 14
_MYRIAD: Final = 4
_DOLLARS: Final = frozenset({"TWD", "HKD", "SGD"})
_MONEY: Final = frozenset({"%", *SIGNS.values(), "CNY", "CHF"}) - {"BTC", "ETH"}


def sign_figures(folded: str) -> Iterator[Figure]:
    """All figures with a unit, in order."""
    position = 0
    coin: tuple[int, str] | None = None
    while (found := _WRITTEN.search(folded, position)) is not None:
        position = max(found.end(), found.start() + 1)
        figure = _figure(folded, found, coin)
        if figure is not None:
            if figure.unit not in _MONEY:
                coin = (figure.end, figure.unit)
            position = max(position, figure.end)
            yield figure


def _figure(folded: str, found: re.Match[str], coin: tuple[int, str] | None) -> Figure | None:
    number = _value(found.group("number"))
    first = found.start("number") if found.group("sign") is None else found.start()
    before = folded[first - 1 : first]
    if number is None or (before and before.isascii() and (before.isalnum() or before in "._#/@")):
        return None
    start, end = first, found.end()
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
    marks: tuple[str, ...] = ()
    if unit is None:
        counted = _counted(folded, found)
        if counted is None or coin is None or start - coin[0] > _BACK:
            return None
        unit, end, marks = coin[1], counted, ("unit taken from the figure before",)
    qualifier, phrase = _quantity(folded, start, found.start(), end)
    if phrase is not None:
        # Without spaces the words of quantity are part of the figure.
        start, end = min(start, phrase[0]), max(end, phrase[1])
    if high is not None and low < high:
        return Figure(start, end, None, low, high, unit, "range", phrase, None, marks)
    return Figure(start, end, number, None, None, unit, qualifier, phrase, None, marks)


def _unit(folded: str, found: re.Match[str], start: int, end: int) -> tuple[str | None, int, int]:
    after = _UNIT_AFTER.match(folded, end, end + 24)
    if found.group("sign"):
        return SIGNS.get(found.group("sign").lower(), "USD"), start, end
    left = folded[max(0, start - _LEFT) : start]
    asset = _ASSET_BEFORE.search(left)
    if after is not None:
        unit = _named(after)
        before = None if asset is None else _named(asset)
        if unit == "CNY" and before in _DOLLARS and asset is not None:
            # The name of the currency stands before the number, and its bare counter behind.
            return before, start - (len(left) - asset.start()), after.end()
        if unit is not None:
            return unit, start, after.end()
    counted = _COUNTED.match(folded, end, end + 5)
    if (
        asset is not None
        and (unit := _named(asset)) is not None
        and (counted is not None or asset.group("name") or _is_amount(found.group("number")))
    ):
        return unit, start - (len(left) - asset.start()), end if counted is None else counted.end()
    return None, start, end


def _counted(folded: str, found: re.Match[str]) -> int | None:
    """Where the counter of a number without a unit ends, if coins are counted: "froze 19", "2 million"."""
    number = found.group("number")
    counter = _COINS.match(folded, found.end(), found.end() + 3)
    if counter is None and _has_power(number):
        counter = _COUNTED.match(folded, found.end(), found.end() + 5)
    return None if counter is None else counter.end()


def _is_amount(number: str) -> bool:
    """Whether a number is written as amounts are, with a scale, a fraction or groups."""
    return _has_power(number) or "." in number or "," in number


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
    total = small = Decimal(0)
    for number, scale in _PART.findall(written):
        power = sum(_POWERS[sign] for sign in scale)
        value = Decimal(number.replace(",", ""))
        if 0 < power < _MYRIAD:
            # "2\ucc9c100\uc5b5": thousands and hundreds of the scale that follows.
            small += scaled(value, power)
            continue
        total += scaled(small + value, power)
        small = Decimal(0)
    return plain(total + small)


def _has_power(written: str) -> bool:
    return any(sign in _POWERS for sign in written)


def _power(written: str) -> int:
    return sum(_POWERS[sign] for sign in written if sign in _POWERS)
