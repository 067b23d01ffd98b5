"""Numbers in digits as they stand in a text, with their scale, range and unit.

Invariants:
    The search is linear: every pattern is anchored at a digit and looks a bounded number of signs to each
    side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from clawback.claims.figure_units import (
    asset_before_number,
    end_of_same_unit,
    unit_after_number,
    unit_before_number,
)
from clawback.claims.numbers import Number, read_number, scaled
from clawback.claims.units import (
    SCALES,
    SHORT_SCALES,
    SIGNS,
)

_MAX_WRITTEN: Final = 60

OF_WHOLE = re.compile(r"[ ]of[ ](?:the|his|her|its|their|our|those|these)[ ](?=[$\u20ac\u00a3]?[0-9])")
"""A part without a unit: "sent back 3,000 of the 4,450 ETH"."""

LEFT: Final = 40
"""Signs before a number that say what it is."""


_NUMBER = re.compile(r"[0-9](?:[0-9]|[.,'](?=[0-9]))*")
_SPACED_GROUPS = re.compile(r"(?: [0-9]{3}){1,6}(?![0-9.,])")
_SCALE = re.compile(
    r"[ -]?(?:([\u4e07\u4ebf\u5104\ub9cc\uc5b5\u5146\uc870\u5343\u842c])"
    r"|([A-Za-z\u00c0-\u024f\u0400-\u04ff]{1,11})\.?(?![A-Za-z0-9\u00c0-\u024f\u0400-\u04ff]))"
)
_SECOND = re.compile(
    r"(?P<link>[ ]?-[ ]?|[ ](?:to|and|bis|und|y|et|e|a|\u00e0|\u0434\u043e|\u0438)[ ])"
    r"(?P<sign>[A-Za-z]{0,3}[$\u20ac\u00a3\u00a5\u20a9]?[ ]?)(?=[0-9])"
)
_FOLLOWS_SCALE = re.compile(
    r"""[ ]*(?:$|[.,;:)"'\]-]|(?:was|were|is|are|has|had|have|in|of|from|at|on|to|by|for|and|or|worth|came|
    out|stolen|lost|recovered|frozen|taken|through|via|with|that|which|when|after|while|more|back|gone|missing|
    hack|theft|heist|exploit|attack|breach|loss|haul|drained|total|so|remained|remains|into|using|cyber\w*|
    yeeted|rescued|returned|locked|siphoned|seized)\b)""",
    re.VERBOSE,
)
_FOLLOWS_FOREIGN = re.compile(
    r"[ ]*(?:$|[.,;:)\"'\n]|(?:solo|s\u00f3lo|en|in|im|von|vom|aus|dans|sur|na|no|em|nel|nella|da|del|des|"
    r"desde|\u0438\u0437|\u0432|\u0441|\u043d\u0430|"
    r"gestohlen|erbeutet|robados|vol\u00e9s|roubados|rubati|abgezogen)\b)"
)

_MONEY_BEFORE = re.compile(
    r"(?:\b(?:for|of|lost|lose|loses|losing|stole|steal|stealing|drained|about|around|nearly|over|and|took|taking"
    r"|down|out|some|worth|than|just|another|it was|(?:estimate|damage|loss) is|froze|frozen|locked|recovered"
    r"|rescued|clawed back|sent back|gave back|returned|refunded|reimbursed|covered|added|put in"
    r"|hold on)|~) ?$",
    re.IGNORECASE,
)
_MONEY_AFTER = re.compile(
    r"[ ](?:of (?:it|that|this) )?"
    r"(?:gone|stolen|lost|taken|drained|rescued|recovered|returned|back|frozen|missing)\b"
)
"""Behind a number with a scale and without a currency: "7.9M of it back"."""

_ANDS: Final = frozenset({"and", "und", "y", "et", "e", "\u0438"})
_BETWEENS: Final = ("between", "zwischen", "entre", "tra", "fra", "\u043c\u0435\u0436\u0434\u0443")
_TOS: Final = frozenset({"a", "\u00e0", "\u0434\u043e"})
_FROMS: Final = ("de", "da", "entre", "\u043e\u0442")


@dataclass(frozen=True)
class Raw:
    """A number as it is written: the upper one of a range, what scales it, and the unit that stands by it."""

    start: int
    end: int
    number: Number
    low: Number | None
    power: int
    low_power: int
    unit: str | None
    written: str
    marks: tuple[str, ...]


def in_digits(folded: str, continental: bool) -> Iterator[Raw]:
    """Numbers in digits that may be figures, in order, without overlap."""
    position = 0
    while (found := _NUMBER.search(folded, position)) is not None:
        position = found.end()
        raw = _one(folded, found, continental)
        if raw is not None:
            position = raw.end
            yield raw


def _one(folded: str, found: re.Match[str], continental: bool) -> Raw | None:
    start, end = found.span()
    before = folded[start - 1 : start]
    if (
        end - start > _MAX_WRITTEN
        or (before.isalpha() and before < "\u2e80")
        or before in ("_", "#", "@", "/", ".")
    ):
        return None
    if before == "-" and folded[start - 2 : start - 1].isalnum():
        return None
    left = folded[max(0, start - LEFT) : start]
    unit, figure_start = unit_before_number(left, start)
    spaced = _SPACED_GROUPS.match(folded, end) if end - start <= 3 else None
    written = found.group()
    if spaced is not None and (unit is not None or unit_after_number(folded, spaced.end(), 0) is not None):
        end = spaced.end()
        written = folded[start:end]
    number = read_number(written, continental=continental)
    if number is None:
        return None
    power, after = _scale(folded, end, signed=unit is not None)
    if continental and power == 6 and folded[end:after].strip(" -").lower() == "mil":
        power = 6 if folded[after : after + 9].lower() == " millones" else 3
        if power == 6:
            power, after = 9, after + 9
    second = _second(folded, figure_start, after, unit, continental)
    low, low_power = None, power
    if second is not None:
        higher, higher_power, second_end, second_unit = second
        low, low_power = number, power if power else higher_power
        number, power, after = higher, higher_power, second_end
        unit = unit or second_unit
        if scaled(low.value, low_power) >= scaled(number.value, power):
            return None
    marks: tuple[str, ...] = ()
    if unit is None:
        suffix = unit_after_number(folded, after, power)
        named = (
            asset_before_number(left, start, folded[after : after + 2], written) if suffix is None else None
        )
        if suffix is not None:
            unit, after, marks = suffix
        elif named is not None:
            unit, figure_start = named
        elif OF_WHOLE.match(folded, after) is not None or (
            continental and power >= 6 and _FOLLOWS_FOREIGN.match(folded, after) is not None
        ):
            pass
        elif _FOLLOWS_SCALE.match(folded, after) is None or not (
            power >= 6 or (power == 3 and is_money(folded, left, after))
        ):
            return None
    else:
        after = end_of_same_unit(folded, after, unit)
    return Raw(figure_start, after, number, low, power, low_power, unit, written, marks)


def _scale(folded: str, end: int, *, signed: bool) -> tuple[int, int]:
    found = _SCALE.match(folded, end, end + 14)
    if found is None:
        return 0, end
    if found.group(1) is not None:
        return SCALES[found.group(1)], found.end(1)
    word = found.group(2).lower()
    power = SCALES.get(word)
    if power is None:
        return 0, end
    if word in SHORT_SCALES and len(word) == 1:
        glued = found.start(2) == end
        # "5 m" is a length and "12.9 K" an amount only where a currency says so.
        if not glued and not signed and not found.group(2).isupper():
            return 0, end
    after = found.end(2)
    if (
        word
        in {
            "\u043c\u043b\u043d",
            "\u043c\u043b\u0440\u0434",
            "\u0442\u044b\u0441",
            "mio",
            "mrd",
            "mln",
            "tsd",
        }
        and folded[after : after + 1] == "."
    ):
        after += 1
    return power, after


def _second(
    folded: str, start: int, end: int, unit: str | None, continental: bool
) -> tuple[Number, int, int, str | None] | None:
    link = _SECOND.match(folded, end, end + 12)
    if link is None:
        return None
    word = link.group("link").strip()
    left = folded[max(0, start - 12) : start].lower().rstrip()
    if word in _ANDS and not left.endswith(_BETWEENS):
        return None
    if word in _TOS and not (continental and left.endswith(_FROMS)):
        return None
    if word == "to" and left.endswith("from"):
        return None
    found = _NUMBER.match(folded, link.end())
    if found is None or found.end() - found.start() > _MAX_WRITTEN:
        return None
    number = read_number(found.group(), continental=continental)
    if number is None:
        return None
    sign = link.group("sign").strip().lower()
    second_unit = SIGNS.get(sign) if sign else None
    if sign and second_unit is None:
        return None
    power, after = _scale(folded, found.end(), signed=unit is not None or second_unit is not None)
    if unit is None and second_unit is None and unit_after_number(folded, after, power) is None:
        return None
    return number, power, after, second_unit


def is_money(folded: str, left: str, end: int) -> bool:
    """Whether a number without a currency is money by the words before it or behind it."""
    return _MONEY_BEFORE.search(left) is not None or _MONEY_AFTER.match(folded, end) is not None
