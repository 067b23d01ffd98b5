"""Plain text: which characters a document's text may hold, and how it ends up the same every time.

Invariants:
    The text of a document is what `plain_text` gives. Offsets of quotations count its characters (Unicode
    code points) from 0. Letters are never changed into others: no case folding, no normalisation of accents.
"""

from __future__ import annotations

import re
from typing import Final

MAX_TEXT: Final = 4_000_000
"""Characters of one document: four times the longest report of a panel of experts that we know of."""

_LINE_ENDS = re.compile(r"\r\n?|[\x0b\x0c\x85\u2028\u2029]")
_REFUSED = re.compile(r"[\x00-\x08\x0e-\x1f\x7f\ud800-\udfff\ufeff]")
_TRAILING = re.compile(r"[ \t]+\n")
_BLANK_LINES = re.compile(r"\n{3,}")


def plain_text(text: str) -> str:
    """Text with line feeds only, without control characters, halves of characters and runs of blank lines."""
    text = _REFUSED.sub("", _LINE_ENDS.sub("\n", text))
    return _BLANK_LINES.sub("\n\n", _TRAILING.sub("\n", text)).strip()


def one_line(text: str, limit: int) -> str:
    """A title or a name: one line without control characters, cut at the limit."""
    return " ".join(plain_text(text).split())[:limit].strip()
