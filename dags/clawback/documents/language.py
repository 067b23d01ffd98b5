"""Which language a text is in, by a model that ships with its library and needs no chance."""

from __future__ import annotations

from typing import Final

UNKNOWN: Final = "und"
"""ISO 639-2 for a language that nobody determined."""

_LEAST_LETTERS: Final = 40
_READ: Final = 20_000


def detect_language(text: str) -> str:
    """The ISO 639-1 code of a text's language, `und` where there is too little of it to tell."""
    import py3langid

    part = text[:_READ]
    if sum(sign.isalpha() for sign in part) < _LEAST_LETTERS:
        return UNKNOWN
    return str(py3langid.classify(part)[0])
