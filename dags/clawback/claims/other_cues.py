"""Cues for claims in texts that are not English: kinds of phrases by side and distance, and stems.

What carries over from one language to another is the kind of a phrase: "a verb of theft behind the figure, in
the same clause" is the same cue in nine languages. Stems of words (pairs of signs in Chinese, Japanese and
Korean) carry the name of their language.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from clawback.claims.layout import Kind
from clawback.claims.phrases import DATE, FIGURE, Hit
from clawback.claims.reading import Reading, Sentence

ENDS: Final = frozenset({",", ";", ".", "?", "!", "(", ")", ":", "\u3002", "\u3001", "\u2014", "\uff0c"})
"""Where a clause ends."""

_SIGNED: Final = frozenset({"zh", "ja", "ko"})
_VERB_LAST: Final = frozenset({"ja", "ko", "tr"})
_SIGNS_OF_WORD: Final = 2
_BINS: Final = (0, 1, 3, 6, 12)
_FAR: Final = 30
_AROUND: Final = 6
_STEM: Final = 6
_WRITTEN: Final = {FIGURE: "#", DATE: "@"}
_PLAIN: Final = frozenset({"event", "thief", "actor", "technique", "say", "victim_kind"})
"""Families whose tags say nothing more here."""

_NEAR_FIRST: Final = 2


def is_signed(language: str) -> bool:
    """Whether each sign of the language is a word."""
    return language[:2] in _SIGNED


def order_of(language: str) -> str:
    """How a language orders its words: signs alone, verbs at the end, or verbs in the middle."""
    if language[:2] in _VERB_LAST:
        return "last"
    return "zh" if language[:2] == "zh" else "mid"


def concept(hit: Hit) -> str:
    """The kind of a phrase in the words of the cues."""
    if hit.family == "role":
        return hit.tag.rstrip("<>=")
    return hit.family if hit.family in _PLAIN else f"{hit.family} {hit.tag}"


def concepts(sentence: Sentence) -> list[tuple[int, int, str]]:
    """All phrases of a sentence in order: first word, word behind the last, kind."""
    if sentence.kinds is None:
        sentence.kinds = sorted(
            (hit.first, hit.last, concept(hit)) for hits in sentence.hits.values() for hit in hits
        )
    return sentence.kinds


def cues_beside(
    sentence: Sentence, first: int, last: int, kinds: list[tuple[int, int, str]], language: str
) -> set[str]:
    """Kinds of phrases and stems around the words `first` up to `last`.

    Args:
        sentence: that of the words.
        first: the first word.
        last: the word behind the last.
        kinds: of `concepts` for the sentence.
        language: tag such as `de`.
    """
    words = sentence.words
    per_word = _SIGNS_OF_WORD if is_signed(language) else 1
    order = order_of(language)
    cues: set[str] = set()
    nearest: dict[str, tuple[int, str]] = {}
    for start, end, kind in kinds:
        if start < last and first < end:
            cues.add(f"at {kind}")
            continue
        side = "<" if end <= first else ">"
        distance = (first - end if side == "<" else start - last) // per_word
        if distance > _FAR:
            continue
        between = words[end:first] if side == "<" else words[last:start]
        barrier = "|" if ENDS.intersection(between) else ""
        size = next((most for most in _BINS if distance <= most), _FAR)
        cues.add(f"{side}{barrier} {kind}")
        cues.add(f"{order}{side}{barrier} {kind}")
        cues.add(f"{side}{barrier}{size} {kind}")
        cues.add(f"in {kind}")
        known = nearest.get(side + barrier)
        if known is None or distance < known[0]:
            nearest[side + barrier] = (distance, kind)
    cues |= {f"{place}first {kind}" for place, (_, kind) in nearest.items()}
    return cues | stems_beside(words, first, last, language)


def stems_beside(words: list[str], first: int, last: int, language: str) -> set[str]:
    """Stems of the words around, with their side, or pairs of signs."""
    name = language[:2]
    cues: set[str] = set()
    if is_signed(language):
        reach = _AROUND * 2
        left, right = words[max(0, first - reach) : first], words[last : last + reach]
        cues |= {f"{name}<{one}{two}" for one, two in pairwise(left)}
        cues |= {f"{name}>{one}{two}" for one, two in pairwise(right)}
        cues |= {f"{name}<1{sign}" for sign in left[-1:]} | {f"{name}>1{sign}" for sign in right[:1]}
        return cues
    for at in range(max(0, first - _AROUND), min(len(words), last + _AROUND)):
        if first <= at < last:
            continue
        side = "<" if at < first else ">"
        distance = first - at if at < first else at - last + 1
        word = _WRITTEN.get(words[at], words[at][:_STEM])
        cues.add(f"{name}{side}{word}")
        if distance <= _NEAR_FIRST:
            cues.add(f"{name}{side}{distance}{word}")
    return cues


def cues_inside(sentence: Sentence, kinds: list[tuple[int, int, str]], language: str) -> set[str]:
    """Kinds of phrases of a sentence, which follows which, which share a clause, and its stems."""
    words = sentence.words
    cues = {f"in {kind}" for _, _, kind in kinds}
    cues |= {f"{one} then {two}" for (_, _, one), (_, _, two) in pairwise(kinds) if one != two}
    clause = 0
    at = 0
    clauses: dict[int, set[str]] = {}
    for start, _, kind in kinds:
        while at < start:
            clause += words[at] in ENDS
            at += 1
        clauses.setdefault(clause, set()).add(kind)
    for own in clauses.values():
        ranked = sorted(own)
        cues |= {f"{one} with {two}" for place, one in enumerate(ranked) for two in ranked[place + 1 :]}
    return cues | stems_of(words, language)


def stems_of(words: list[str], language: str) -> set[str]:
    """Stems of words, or pairs of signs."""
    name = language[:2]
    if is_signed(language):
        return {f"{name} {one}{two}" for one, two in pairwise(words)}
    return {f"{name} {_WRITTEN.get(word, word[:_STEM])}" for word in words}


def cues_of_place(reading: Reading, sentence: Sentence) -> set[str]:
    """Where a sentence stands, what leads it, and what the one before tells."""
    cues = {"is first" if sentence.number == 0 else "is early" if sentence.number < 3 else "is later"}
    if sentence.span.kind is not Kind.PROSE:
        cues.add(f"is {sentence.span.kind.name.lower()}")
    lead = reading.lead(sentence)
    if lead is not None:
        cues |= {f"lead {kind}" for _, _, kind in concepts(lead)}
    if sentence.number > 0:
        cues |= {f"before {kind}" for _, _, kind in concepts(reading.sentences[sentence.number - 1])}
    cues.add("has figures" if sentence.figures else "has no figures")
    if sentence.dates:
        cues.add("has dates")
    return cues
