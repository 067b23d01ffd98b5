"""The figures of a text: exact value or range, unit, words of quantity, and what is doubtful in the writing.

Invariants:
    A figure is a span of the text. A number without a currency, an asset or a percent sign is no figure; with
    a word of scale ("another 64 million") it takes the unit of the figure before it, and says so.
    The search is linear: every pattern is anchored at a digit and looks a bounded number of signs to each
    side.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from text_to_num import text2num

from clawback.claims.figure import Figure
from clawback.claims.figure_units import (
    asset_before_number,
    end_of_same_unit,
    unit_after_number,
    unit_before_number,
)
from clawback.claims.lexicon import table
from clawback.claims.numbers import Number, read_number, scaled
from clawback.claims.sign_figures import sign_figures
from clawback.claims.units import (
    SCALES,
    SHORT_SCALES,
    SIGNS,
)

_MAX_WRITTEN: Final = 60
_OF_WHOLE = re.compile(r"[ ]of[ ](?:the|his|her|its|their|our|those|these)[ ](?=[$\u20ac\u00a3]?[0-9])")
"""A part without a unit: "sent back 3,000 of the 4,450 ETH"."""

_NEXT: Final = 12
_LEFT: Final = 40
_HIGHEST_PRICE: Final = Decimal(1_000_000)
"""US dollars for one coin; a figure that would make a coin dearer has its dot between thousands."""

_BITCOIN_PRICE: Final = Decimal(200_000)

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
_PLUS = re.compile(r"[ ]?\+|[ ]or[ ](?:more|so|less)\b", re.IGNORECASE)

_CURRENCIES: Final = frozenset(SIGNS.values()) - {"BTC", "ETH"} | {"CNY", "CHF"}

_COUNTRIES: Final = tuple(
    {
        unit: tuple(way for way, other in table(f"units.{name}").items() if other == unit)
        for unit in dict.fromkeys(table(f"units.{name}").values())
    }
    for name in ("peso", "crown", "rupee", "shilling")
)
"""Currencies with one name in several countries, by how a text in lower case names the country."""

_SHARED: Final = {
    unit: countries for unit, countries in zip(("PHP", "NOK", "INR", "KES"), _COUNTRIES, strict=True)
}
"""By the currency that such a name is read as."""

_QUALIFIER_OF: Final = table("figures.qualifier")
_QUALIFIER = re.compile(
    r"(?:(?<![\w])|(?<=[~<>\u2248]))("
    + "|".join(
        re.escape(phrase) for phrase in sorted(_QUALIFIER_OF, key=len, reverse=True) if phrase not in "+"
    )
    + r")[ ]?(?:a[ ](?:total|combined|whopping|staggering|further|record)[ ](?:of[ ])?"
    r"|the[ ]sum[ ]of[ ]|the[ ]equivalent[ ]of[ ]|another[ ]|an[ ]additional[ ])?$",
    re.IGNORECASE,
)
_NUMBER_WORDS = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
    "twenty",
    "thirty",
    "forty",
    "fifty",
    "sixty",
    "seventy",
    "eighty",
    "ninety",
    "hundred",
    "thousand",
    "million",
    "billion",
]
_IN_WORDS = re.compile(
    r"\b((?:half an?|a quarter of a|an?|(?:une?|uma?|ein|eine|einer|eine halbe|un demi|medio|meio|mezzo)|(?:"
    + "|".join(_NUMBER_WORDS)
    + r")(?:(?:[ -]|[ ]and[ ])(?:"
    + "|".join(_NUMBER_WORDS)
    + r")){0,8})"
    r"[ -](?:hundred|thousand|million|billion|trillion|"
    r"mill\u00f3n|milione|milh\u00e3o|milliard|milliarde|miliardo|bilh\u00e3o))\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class _Raw:
    start: int
    end: int
    number: Number
    low: Number | None
    power: int
    low_power: int
    unit: str | None
    written: str
    marks: tuple[str, ...]


def find_figures(folded: str, *, continental: bool = False, in_signs: bool = False) -> list[Figure]:
    """All figures of a folded text, in order, without overlap.

    Args:
        folded: from `fold.fold`.
        continental: the text is in a language that groups by dots and has decimal commas.
        in_signs: the text is Chinese, Japanese or Korean.
    """
    if in_signs:
        return list(sign_figures(folded))
    figures: list[Figure] = []
    raws = sorted([*_written(folded, continental), *_in_words(folded)], key=lambda raw: raw.start)
    unit_before: tuple[int, str] | None = None
    for place, raw in enumerate(raws):
        unit, marks = raw.unit, raw.marks
        if unit is None and _OF_WHOLE.match(folded, raw.end) is not None:
            whole = next((other for other in raws[place + 1 : place + 2] if other.unit is not None), None)
            if whole is None or whole.start - raw.end > _NEXT:
                continue
            unit, marks = whole.unit, (*marks, "unit taken from the whole that it is a part of")
        if unit is None:
            if unit_before is not None and raw.start - unit_before[0] <= 400:
                unit, marks = unit_before[1], (*marks, "unit taken from the figure before")
            elif _is_money(folded, folded[max(0, raw.start - _LEFT) : raw.start], raw.end):
                unit, marks = "USD", (*marks, "no currency is written; US dollars are meant")
            else:
                continue
        elif raw.power >= 6 and unit in _CURRENCIES:
            unit_before = (raw.end, unit)
        if unit in _SHARED:
            unit = _of_country(folded, unit, continental)
        figures.append(_figure(folded, raw, unit, marks))
    return _dots_between_thousands(folded, figures)


def _of_country(folded: str, unit: str, continental: bool) -> str:
    """Which peso or crown a text means: that of the country it names most.

    Where it names none, a peso is Argentina's in a text of the continent, and else what its name is read as.
    """
    low = folded.lower()
    named = {other: sum(map(low.count, ways)) for other, ways in _SHARED[unit].items()}
    most = max(named, key=lambda other: named[other])
    return most if named[most] or continental else unit


def _figure(folded: str, raw: _Raw, unit: str, marks: tuple[str, ...]) -> Figure:
    value = scaled(raw.number.value, raw.power)
    qualifier, phrase = _qualifier(folded, raw.start, raw.end)
    written = raw.written if raw.number.dot_may_group and raw.power == 0 else None
    if raw.low is None:
        return Figure(raw.start, raw.end, value, None, None, unit, qualifier, phrase, written, marks)
    low = scaled(raw.low.value, raw.low_power)
    return Figure(raw.start, raw.end, None, low, value, unit, "range", phrase, None, marks)


def _is_money(folded: str, left: str, end: int) -> bool:
    """Whether a number without a currency is money by the words before it or behind it."""
    return _MONEY_BEFORE.search(left) is not None or _MONEY_AFTER.match(folded, end) is not None


def _qualifier(folded: str, start: int, end: int) -> tuple[str, tuple[int, int] | None]:
    left = folded[max(0, start - _LEFT) : start].replace("\n", " ")
    found = _QUALIFIER.search(left)
    if found is not None:
        at = start - len(left)
        return _QUALIFIER_OF[found.group(1).lower()], (at + found.start(1), at + found.end(1))
    plus = _PLUS.match(folded, end)
    if plus is not None:
        name = _QUALIFIER_OF[plus.group().strip().lower()]
        return name, (plus.end() - len(plus.group().strip()), plus.end())
    return "exact", None


def _written(folded: str, continental: bool) -> Iterator[_Raw]:
    position = 0
    while (found := _NUMBER.search(folded, position)) is not None:
        position = found.end()
        raw = _one(folded, found, continental)
        if raw is not None:
            position = raw.end
            yield raw


def _one(folded: str, found: re.Match[str], continental: bool) -> _Raw | None:
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
    left = folded[max(0, start - _LEFT) : start]
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
        elif _OF_WHOLE.match(folded, after) is not None or (
            continental and power >= 6 and _FOLLOWS_FOREIGN.match(folded, after) is not None
        ):
            pass
        elif _FOLLOWS_SCALE.match(folded, after) is None or not (
            power >= 6 or (power == 3 and _is_money(folded, left, after))
        ):
            return None
    else:
        after = end_of_same_unit(folded, after, unit)
    return _Raw(figure_start, after, number, low, power, low_power, unit, written, marks)


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


def _in_words(folded: str) -> Iterator[_Raw]:
    for found in _IN_WORDS.finditer(folded):
        if folded[max(0, found.start() - 2) : found.start()].strip(" -")[-1:].isdigit():
            continue
        words = found.group(1).lower()
        scale = re.split("[ -]", words)[-1]
        head = words[: -len(scale)].strip(" -")
        power = SCALES.get(scale, 2)
        if head in ("a", "an", "un", "une", "um", "uma", "ein", "eine", "einer"):
            number = Number(Decimal(1), False)
        elif head in ("half a", "half an", "eine halbe", "un demi", "medio", "meio", "mezzo"):
            number = Number(Decimal("0.5"), False)
        elif head == "a quarter of a":
            number = Number(Decimal("0.25"), False)
        else:
            try:
                number, power = Number(Decimal(text2num(words, "en")), False), 0
            except ValueError:
                continue
        suffix = unit_after_number(folded, found.end(), 6)
        if suffix is None:
            continue
        unit, end, marks = suffix
        yield _Raw(
            found.start(), end, number, None, power, power, unit, found.group(1), (*marks, "number in words")
        )


def _dots_between_thousands(folded: str, figures: list[Figure]) -> list[Figure]:
    """Reads "5.966 BTC" as 5,966 where the text itself proves it, and marks it."""
    result = list(figures)
    for place, figure in enumerate(figures):
        if figure.written is None or figure.value is None:
            continue
        digits = figure.written.replace(".", "")
        as_thousands = Decimal(digits)
        if figure.value == as_thousands:
            result[place] = replace(figure, marks=(*figure.marks, "dot read as grouping thousands"))
            continue
        reason = _proof_of_thousands(folded, figures, place, digits)
        if reason is None:
            result[place] = replace(figure, written=None)
        else:
            mark = f"dot read as grouping thousands: {reason}"
            result[place] = replace(figure, value=as_thousands, marks=(*figure.marks, mark))
    return result


def _proof_of_thousands(folded: str, figures: list[Figure], place: int, digits: str) -> str | None:
    figure = figures[place]
    if figure.value is None or figure.unit == "%":
        return None
    grouped = f"{int(digits):,}"
    if re.search(rf"(?<![0-9.,]){grouped}(?![0-9]|[.,][0-9])", folded):
        return f"the text also writes {grouped}"
    if re.search(r"(?<![0-9.,])[0-9]{1,3}(?:\.[0-9]{3}){2,6}(?![0-9])", folded):
        return "the text groups thousands by dots elsewhere"
    if digits.endswith("000") and figure.value == figure.value.to_integral_value():
        return "nobody writes three decimals of nothing"
    if figure.unit == "BTC":
        largest = max(
            (other.value for other in figures if other.unit == "USD" and other.value is not None),
            default=None,
        )
        if largest is not None and 20 * _BITCOIN_PRICE * figure.value < largest:
            return "else it would be next to nothing of the sum that the text is about"
    neighbours = figures[place + 1 : place + 2] + figures[max(0, place - 1) : place]
    for other in neighbours:
        gap = folded[min(figure.end, other.end) : max(figure.start, other.start)]
        beside = len(gap) <= 40 and re.search(r"\(|worth|valued|equivalent|equal", gap)
        if other.unit == "USD" and other.value is not None and figure.unit != "USD" and beside:
            if other.value > _HIGHEST_PRICE * figure.value:
                return "else one coin would cost more than a million dollars"
            return None
    return None
