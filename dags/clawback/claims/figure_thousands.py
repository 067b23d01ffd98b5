"""Dots between thousands: "5.966 BTC" that means 5,966, where the text itself proves it."""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal
from typing import Final

from clawback.claims.figure import Figure

_HIGHEST_PRICE: Final = Decimal(1_000_000)
"""US dollars for one coin; a figure that would make a coin dearer has its dot between thousands."""

_BITCOIN_PRICE: Final = Decimal(200_000)


def dots_between_thousands(folded: str, figures: list[Figure]) -> list[Figure]:
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
