"""Cues of a whole text: the words of its headline, of its beginning, and all of it.

One phrase seldom tells a report of a theft from one about a fund, a fine or an outage with words of theft in
it; all of its words together do.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.cues import WRITTEN
from clawback.claims.reading import Reading

RULE: Final = "is found by rule"
_BEGINNING: Final = 60
"""Words of a text that say what it is about."""


def text_cues(reading: Reading) -> set[str]:
    """The words of a text, those of its headline and its beginning once more."""
    words = [WRITTEN.get(word, word) for sentence in reading.sentences for word in sentence.words]
    cues = set(words)
    cues |= {f"early {word}" for word in words[:_BEGINNING]}
    cues |= {f"headline {WRITTEN.get(word, word)}" for word in reading.title.words}
    return cues


def ruled_cues(points: dict[str, int], strength: int) -> set[str]:
    """What the rules say of a text: each of their points is a cue of its own."""
    cues = {f"{RULE} to be {each}" for each in range(1, strength + 1)}
    for name, worth in points.items():
        sign = "+" if worth > 0 else "-"
        cues |= {f"{RULE} {name} {sign}{each}" for each in range(1, abs(worth) + 1)}
    return cues


def length_of(reading: Reading) -> int:
    """Words of a text."""
    return sum(len(sentence.words) for sentence in reading.sentences)
