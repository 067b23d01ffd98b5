"""Whether a way is that of a thief: not of those who got coins back, not what somebody advises or fears."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from clawback.claims.finding import Finding
from clawback.claims.lexicon import word_set

_RESCUE: Final = word_set("ways.rescue")
_RESCUING: Final = frozenset({"was", "is", "by", "operation", "operations", "mission", "of"})
_COUNTERED: Final = frozenset({"exploit", "exploited", "hack", "hacked", "hacking", "attack", "exploiting"})
_ADVISING: Final = word_set("ways.advising")
_PREVENTING: Final = word_set("ways.preventing")
_ANSWERING: Final = word_set("ways.answering")
_TELLING: Final = word_set("ways.telling")
_QUESTIONS: Final = frozenset({"how", "what", "which", "any"})
_UNKNOWN: Final = frozenset({"unknown", "unclear", "undisclosed"})
_NEAR: Final = 8
_WEIGHED: Final = "weighed"


def ways_of_thieves(ways: Iterable[Finding]) -> list[Finding]:
    """The ways that a thief went, of those that rules and points found."""
    return [
        way
        for way in ways
        if not _gets_back(way)
        and not _is_advised(way)
        and not _is_guarded_against(way)
        and not _is_answer(way)
        and not _is_untold(way)
    ]


def _gets_back(way: Finding) -> bool:
    """Whether those act who got coins back: "the recovery was made possible by", "a counter-exploit"."""
    words = way.sentence.words
    for place, word in enumerate(words[: way.last]):
        after = words[place + 1 : place + 2]
        if (word in _RESCUE and _RESCUING & set(after)) or (word == "counter" and _COUNTERED & set(after)):
            return not way.sentence.has("thief", 0, place)
    return False


def _is_advised(way: Finding) -> bool:
    """Whether somebody is told to do it."""
    words = way.sentence.words
    return any(
        words[place] in _ADVISING and "to" in words[place + 1 : place + 4]
        for place in range(max(0, way.first - _NEAR), way.last)
    )


def _is_guarded_against(way: Finding) -> bool:
    """Whether it is what people are trained, or fail, to see: "training on recognising phishing"."""
    words = way.sentence.words
    return bool(_PREVENTING & set(words[max(0, way.first - _NEAR) : way.first + 2]))


def _is_answer(way: Finding) -> bool:
    """Whether points alone found it where a firm tells what it does after the theft."""
    sentence = way.sentence
    if not way.rule.startswith(_WEIGHED) or sentence.of("thief"):
        return False
    return bool(_ANSWERING & set(sentence.words))


def _is_untold(way: Finding) -> bool:
    """Whether it is not told how or by whom: "it has not announced what allowed the thieves in"."""
    words = way.sentence.words[: way.last]
    if "identity" in words and _UNKNOWN & set(words):
        return True
    return any(
        word in {"not", "n't", "never"}
        and _TELLING & set(words[place + 1 : place + 4])
        and _QUESTIONS & set(words[place + 2 : place + 7])
        for place, word in enumerate(words)
    )
