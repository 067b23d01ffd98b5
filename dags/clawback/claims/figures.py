"""The figures of a text: exact value or range, unit, words of quantity, and what is doubtful in the writing.

Invariants:
    A figure is a span of the text. A number without a currency, an asset or a percent sign is no figure; with
    a word of scale ("another 64 million") it takes the unit of the figure before it, and says so.
    The search is linear: every pattern is anchored at a digit and looks a bounded number of signs to each
    side.
"""

from __future__ import annotations

import re
from typing import Final

from clawback.claims.figure import Figure
from clawback.claims.figure_digits import LEFT, OF_WHOLE, Raw, in_digits, is_money
from clawback.claims.figure_thousands import dots_between_thousands
from clawback.claims.figure_words import in_words
from clawback.claims.lexicon import table
from clawback.claims.numbers import scaled
from clawback.claims.sign_figures import sign_figures
from clawback.claims.units import (
    SIGNS,
)

_NEXT: Final = 12
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
    raws = sorted([*in_digits(folded, continental), *in_words(folded)], key=lambda raw: raw.start)
    unit_before: tuple[int, str] | None = None
    for place, raw in enumerate(raws):
        unit, marks = raw.unit, raw.marks
        if unit is None and OF_WHOLE.match(folded, raw.end) is not None:
            whole = next((other for other in raws[place + 1 : place + 2] if other.unit is not None), None)
            if whole is None or whole.start - raw.end > _NEXT:
                continue
            unit, marks = whole.unit, (*marks, "unit taken from the whole that it is a part of")
        if unit is None:
            if unit_before is not None and raw.start - unit_before[0] <= 400:
                unit, marks = unit_before[1], (*marks, "unit taken from the figure before")
            elif is_money(folded, folded[max(0, raw.start - LEFT) : raw.start], raw.end):
                unit, marks = "USD", (*marks, "no currency is written; US dollars are meant")
            else:
                continue
        elif raw.power >= 6 and unit in _CURRENCIES:
            unit_before = (raw.end, unit)
        if unit in _SHARED:
            unit = _of_country(folded, unit, continental)
        figures.append(_figure(folded, raw, unit, marks))
    return dots_between_thousands(folded, figures)


def _of_country(folded: str, unit: str, continental: bool) -> str:
    """Which peso or crown a text means: that of the country it names most.

    Where it names none, a peso is Argentina's in a text of the continent, and else what its name is read as.
    """
    low = folded.lower()
    named = {other: sum(map(low.count, ways)) for other, ways in _SHARED[unit].items()}
    most = max(named, key=lambda other: named[other])
    return most if named[most] or continental else unit


def _figure(folded: str, raw: Raw, unit: str, marks: tuple[str, ...]) -> Figure:
    value = scaled(raw.number.value, raw.power)
    qualifier, phrase = _qualifier(folded, raw.start, raw.end)
    written = raw.written if raw.number.dot_may_group and raw.power == 0 else None
    if raw.low is None:
        return Figure(raw.start, raw.end, value, None, None, unit, qualifier, phrase, written, marks)
    low = scaled(raw.low.value, raw.low_power)
    return Figure(raw.start, raw.end, None, low, value, unit, "range", phrase, None, marks)


def _qualifier(folded: str, start: int, end: int) -> tuple[str, tuple[int, int] | None]:
    left = folded[max(0, start - LEFT) : start].replace("\n", " ")
    found = _QUALIFIER.search(left)
    if found is not None:
        at = start - len(left)
        return _QUALIFIER_OF[found.group(1).lower()], (at + found.start(1), at + found.end(1))
    plus = _PLUS.match(folded, end)
    if plus is not None:
        name = _QUALIFIER_OF[plus.group().strip().lower()]
        return name, (plus.end() - len(plus.group().strip()), plus.end())
    return "exact", None
