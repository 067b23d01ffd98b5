"""What a figure counts: currencies by sign and word, assets by ticker and name, percent, and scales.

An asset is named by its ticker in capitals. A wrapped asset keeps its own ticker: its issuer answers for it.
"""

from __future__ import annotations

import re
from typing import Final

from clawback.claims.lexicon import table, word_set

SIGNS: Final = table("units.sign")

CODES: Final = word_set("units.codes")
_SAME_CODE: Final = {"rmb": "CNY"}

WORDS: Final = table("units.word")
"""Names in lower case. A name followed by a ticker in brackets yields to the ticker."""

GLUED: Final = table("units.glued")
"""Units that follow their number without a space."""

PHRASES: Final = {tuple(way.split()): unit for way, unit in table("units.phrase").items()}

NO_TICKERS: Final = word_set("units.no_tickers")
"""Capitals after a number that name no asset."""

SCALES: Final = {way: int(power) for way, power in table("units.scale").items()}
"""Powers of ten by word."""

SHORT_SCALES: Final = word_set("units.short_scales")

PERCENT: Final = frozenset({"%", "percent", "pct", "prozent", "percents"})

TICKER = re.compile(
    r"\$?(?:[A-Z][A-Z0-9]{1,9}|[a-z]{1,3}[A-Z][A-Z0-9]{1,7}|[A-Z]{2,6}[a-z]{1,2}|[A-Z]{3,5}\.[a-z])"
)


def code_unit(word: str) -> str | None:
    """The currency of a code in lower case, or None."""
    if word in CODES:
        return _SAME_CODE.get(word, word.upper())
    return None


def ticker_unit(written: str) -> str | None:
    """The ticker in capitals of what may be an asset's sign as written, or None."""
    bare = written.removeprefix("$")
    if not TICKER.fullmatch(written) or bare.upper() in NO_TICKERS:
        return None
    return bare.upper()
