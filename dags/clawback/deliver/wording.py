"""Write figures, addresses and foreign text for people to read.

Invariants:
    Exact: money and units are formatted from Decimal and int, never through a float.
    Safe: text from outside comes out without characters that hide, reorder or break what stands around
    it. Escaping for HTML is the template's part, for CSV that of `clawback.deliver.render`.
"""

from __future__ import annotations

import unicodedata
from decimal import ROUND_HALF_EVEN, Context, Decimal
from typing import Final
from urllib.parse import urlsplit

NOTHING: Final = "\u2013"
"""Shown where a figure is unknown: an unknown is never written as 0."""

MINUS: Final = "\u2212"
"""As wide as the plus sign, so that columns stand."""

MAX_TEXT: Final = 400
_HIDDEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_WIDE: Final = Context(prec=60, rounding=ROUND_HALF_EVEN)
_SCALES: Final = ((Decimal(10**9), "B"), (Decimal(10**6), "M"), (Decimal(10**3), "k"))
_MAX_MARKS: Final = 3


def plain(text: object, limit: int = MAX_TEXT) -> str:
    """Give foreign text on one line, hidden and direction-changing characters made visible, and cut."""
    if text is None:
        return ""
    written: list[str] = []
    marks = 0
    for letter in str(text)[: limit + 1]:
        kind = unicodedata.category(letter)
        # Stacked combining marks paint over the neighbouring lines.
        marks = marks + 1 if kind in {"Mn", "Me"} else 0
        if letter in "\t\n\r":
            written.append(" ")
        elif kind in _HIDDEN:
            written.append(f"[U+{ord(letter):04X}]")
        elif marks <= _MAX_MARKS:
            written.append(letter)
    cut = len(str(text)) > limit
    return ("".join(written[:limit]) + "…") if cut else "".join(written)


def safe_url(text: object) -> str | None:
    """Give a web address if a page may link to it: http or https, with a host, without a login."""
    if not isinstance(text, str) or any(
        unicodedata.category(letter) in _HIDDEN or letter.isspace() for letter in text
    ):
        return None
    try:
        parts = urlsplit(text)
        host = parts.hostname
    except ValueError:
        return None
    if parts.scheme not in {"http", "https"} or not host or "@" in parts.netloc or "\\" in text:
        return None
    return text


def usd(value: Decimal | None) -> str:
    """Give dollars to the cent, such as 204,000,000.00."""
    return NOTHING if value is None else f"{_WIDE.quantize(value, Decimal('0.01')):,f}"


def usd_change(value: Decimal | None) -> str:
    """Give a change in dollars with its sign; no change is ±0."""
    if value is None:
        return NOTHING
    if value == 0:
        return "±0"
    return f"{'+' if value > 0 else MINUS}{usd(abs(value))}"


def usd_short(value: Decimal | None) -> str:
    """Give dollars for a headline, such as $281.0M; rounded, the exact figure stands beside it."""
    if value is None:
        return NOTHING
    sign = MINUS if value < 0 else ""
    for scale, letter in _SCALES:
        # Compared after rounding, so 999,960 is 1.0M and not 1,000.0k.
        shown = _WIDE.quantize(abs(value) / scale, Decimal("0.1"))
        if shown >= 1:
            return f"{sign}${shown:,f}{letter}"
    return f"{sign}${_WIDE.quantize(abs(value), Decimal('0.01')):,f}"


def share(part: Decimal | None, whole: Decimal | None) -> str:
    """Give a part of a whole in percent to one decimal."""
    if part is None or whole is None or whole == 0:
        return NOTHING
    return pct(part * 100 / whole)


def pct(value: Decimal | None) -> str:
    """Give a percentage to one decimal; what is there but rounds to nothing is <0.1%."""
    if value is None:
        return NOTHING
    shown = _WIDE.quantize(value, Decimal("0.1"))
    if shown == 0 and value > 0:
        return "<0.1%"
    return f"{shown:,f}%"


def units(amount: Decimal | int | None, decimals: int | None) -> str:
    """Give base units as a decimal number without rounding, or say that they are base units."""
    if amount is None:
        return NOTHING
    whole = int(amount)
    if decimals is None or not 0 <= decimals <= 77:
        return counted(whole, "base unit")
    sign, digits = (MINUS if whole < 0 else ""), str(abs(whole)).rjust(decimals + 1, "0")
    head, tail = (digits[:-decimals], digits[-decimals:].rstrip("0")) if decimals else (digits, "")
    return f"{sign}{int(head):,}" + (f".{tail}" if tail else "")


def units_short(amount: Decimal | int | None, decimals: int | None) -> str:
    """Give base units to at most two decimals; the exact amount stands in the title beside it."""
    exact = units(amount, decimals)
    head, point, tail = exact.partition(".")
    if not point:
        return exact
    if head in {"0", f"{MINUS}0"} and not tail[:2].strip("0"):
        return f"{head}.{tail[:6]}…" if len(tail) > 6 else exact
    return f"{head}.{tail[:2]}" + ("…" if len(tail) > 2 else "")


def short_address(address: object) -> str:
    """Give the ends of an address, enough to tell it from its neighbours."""
    text = plain(address, 100)
    return text if len(text) <= 15 else f"{text[:6]}…{text[-4:]}"


def words(name: object) -> str:
    """Give a column or category name as words."""
    return plain(name).replace("_", " ")


def counted(number: int, one: str, many: str | None = None) -> str:
    """Give a number with its noun in the right form."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"
