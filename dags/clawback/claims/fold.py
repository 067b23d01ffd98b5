"""One spelling of a text for the rules to read, sign by sign as long as the text itself.

Invariants:
    `fold(text)` has the length of `text`; an offset in one is an offset in the other. Typographic quotation
    marks, dashes and spaces become their plain forms; control characters, half characters and the marks that
    turn the direction of writing become spaces, so that nothing invisible takes part in a rule. Lower case is
    made of ASCII letters only: other letters may change their number when they change case.
"""

from __future__ import annotations

import string
import sys
import unicodedata
from functools import cache
from typing import Final

from clawback.claims.lexicon import word_set

_SINGLE_QUOTES: Final = "\u2018\u2019\u201a\u201b\u02bc\u2032\u00b4\u0060\uff07"
_DOUBLE_QUOTES: Final = "\u201c\u201d\u201e\u201f\u00ab\u00bb\u2033\uff02\u300c\u300d"
_DASHES: Final = "\u2010\u2011\u2012\u2013\u2212\ufe63\uff0d"
_INVISIBLE: Final = word_set("fold.invisible")
_KEPT: Final = "\n"
_LOWER: Final = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)


def fold(text: str) -> str:
    """The text with plain quotation marks, dashes and spaces."""
    if text.isascii() and text.isprintable():
        return text
    return text.translate(_table())


def lower(folded: str) -> str:
    """The folded text in lower case, as long as before."""
    return folded.translate(_LOWER)


@cache
def _table() -> dict[int, str]:
    table = {
        code: " "
        for code in range(sys.maxunicode + 1)
        if unicodedata.category(chr(code)) in _INVISIBLE and chr(code) not in _KEPT
    }
    table |= dict.fromkeys(map(ord, _SINGLE_QUOTES), "'")
    table |= dict.fromkeys(map(ord, _DOUBLE_QUOTES), '"')
    table |= dict.fromkeys(map(ord, _DASHES), "-")
    # Full-width forms of what figures are written with; other scripts' digits stay what they are: no figure.
    table |= {
        ord("\uff04"): "$",
        ord("\uff0c"): ",",
        ord("\uff0e"): ".",
        ord("\uff05"): "%",
        ord("\uffe5"): "\u00a5",
    }
    return table
