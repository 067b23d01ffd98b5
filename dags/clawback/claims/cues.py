"""Cues for and against a claim: words around a figure or a date, those of a sentence, and where it stands.

A cue is a short text: `<stole` is a word before the figure, `>from` one behind it, `<4 stole` one of the four
words before it, `<1 stole` the word beside it, `stole` a word of the sentence, `stole_from` two of them that
follow each other. `is ...` tells of the place and of what the rules made of it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from clawback.claims.figure import Figure
from clawback.claims.layout import Kind
from clawback.claims.phrases import DATE, FIGURE
from clawback.claims.reading import Reading, Sentence
from clawback.claims.when import When

_ENDS: Final = frozenset({";", ".", "but", "while"})
_AROUND: Final = 10
_PAIRS: Final = 5
_NEAR: Final = 4
_EARLY: Final = 2
_LEADING: Final = 12
_DAYS_BEFORE: Final = (0, 1, 3, 7, 31, 366)
WRITTEN: Final = {FIGURE: "#", DATE: "@"}
"""How the places of figures and dates are written in cues."""

_SCENES: Final = (
    "event",
    "thief",
    "actor",
    "technique",
    "laundering_service",
    "laundering_verb",
    "victim_kind",
)


def place_cues(reading: Reading, sentence: Sentence, strength: int) -> set[str]:
    """Where a sentence stands and how sure it is that its text is about a theft."""
    cues = {f"is theft {points}" for points in range(1, strength + 1)}
    cues.add("is early" if sentence.number < _EARLY else "is later")
    if sentence.span.kind is not Kind.PROSE:
        cues.add(f"is {sentence.span.kind.name.lower()}")
    cues |= {f"is with {family}" for family in _SCENES if sentence.of(family)}
    lead = reading.lead(sentence)
    if lead is not None and sentence.span.kind is Kind.ITEM:
        cues |= {f"lead {word}" for word in lead.words[:_LEADING]}
    return cues


def word_cues(sentence: Sentence) -> set[str]:
    """The words of a sentence, and each two that follow each other."""
    words = [WRITTEN.get(word, word) for word in sentence.words]
    return {*words, *(f"{one}_{other}" for one, other in pairwise(words))}


def cues_around(sentence: Sentence, word: int) -> set[str]:
    """The words of the clause around a figure or a date, with their side and distance."""
    words = sentence.words
    first = next((at + 1 for at in range(word - 1, -1, -1) if words[at] in _ENDS), 0)
    last = next((at for at in range(word + 1, len(words)) if words[at] in _ENDS), len(words))
    cues = set()
    for at in range(max(first, word - _AROUND), min(last, word + _AROUND)):
        if at == word:
            continue
        own = WRITTEN.get(words[at], words[at])
        side, distance = ("<", word - at) if at < word else (">", at - word)
        cues.add(f"{side}{own}")
        if distance <= _NEAR:
            cues.add(f"{side}4 {own}")
        if distance == 1:
            cues.add(f"{side}1 {own}")
        if distance <= _PAIRS and at + 1 < len(words) and at + 1 != word:
            cues.add(f"{side}{own}_{WRITTEN.get(words[at + 1], words[at + 1])}")
    return cues


def figure_cues(reading: Reading, figure: Figure, *, is_first: bool) -> set[str]:
    """What a figure is: its unit, its word of quantity, whether the headline has it or it is the first."""
    cues = {f"is unit {figure.unit if figure.unit in {'USD', '%'} else 'other'}"}
    cues.add(f"is {figure.qualifier}")
    if any(
        (other.value, other.unit) == (figure.value, figure.unit) for other in reading.title.figures.values()
    ):
        cues.add("is in headline")
    if is_first:
        cues.add("is first")
    return cues


def date_cues(reading: Reading, when: When) -> set[str]:
    """What a date is: how fine, how long before publication, how often it is told, whether as the first."""
    text = when.text()
    cues = {f"is {when.kind}", "is day" if when.is_day else "is coarser"}
    if when.minute is not None:
        cues.add("is minute")
    if text is not None and len(text) == len("2024"):
        cues.add("is year")
    told = [other.text() for other in reading.dates]
    if told[:1] == [text]:
        cues.add("is first")
    if told.count(text) > 1:
        cues.add("is repeated")
    if reading.published is not None and when.last is not None:
        days = (reading.published - when.last).days
        cues.add(f"is before {next((most for most in _DAYS_BEFORE if days <= most), 'long')}")
    return cues
