"""Texts that say that nobody knows who did it."""

from __future__ import annotations

from typing import Final

from clawback.claims.finding import Finding
from clawback.claims.lexicon import word_set
from clawback.claims.reading import Sentence

_UNKNOWN_STATES: Final = word_set("culprits.unknown_states")
_THIEF_NOUNS: Final = word_set("culprits.thief_nouns")
_LINKS_STATE: Final = frozenset({"remain", "remains", "remained", "is", "are", "was", "were", "still"})
_NOT_YET: Final = frozenset({"not", "n't", "yet", "never"})
_FOUND: Final = frozenset(
    {"identified", "caught", "found", "disclosed", "known", "revealed", "named", "determined", "established"}
)
_CULPRIT_AFTER: Final = frozenset(
    {"suspect", "suspects", "culprit", "culprits", "attacker", "hacker", "responsible", "behind", "who"}
)


def unknown_culprit(sentence: Sentence) -> Finding | None:
    """The claim of a sentence that the culprit is unknown, or None."""
    words = sentence.words
    for place, word in enumerate(words):
        first = None
        left, right = words[max(0, place - 5) : place], words[place + 1 : place + 7]
        if word in _UNKNOWN_STATES:
            if _LINKS_STATE & set(left[-4:]):
                first = _thief_before(words, place)
                if first is None and "who" in right[:2]:
                    first = place
        elif word in _FOUND:
            if _NOT_YET & set(left):
                first = _thief_before(words, place)
                if first is None and _CULPRIT_AFTER & set(right):
                    first = max(0, place - 2)
        elif word in {"idea", "information", "clue", "clues"}:
            if "no" in left[-2:] and "who" in right[:4]:
                first = place - 1
        elif word in {"know", "knows", "knew"}:
            if {"not", "n't", "nobody", "one", "no"} & set(left[-4:]) and "who" in right[:2]:
                first = place - 1
        elif word == "responsibility" and "claimed" in left[-3:]:
            first = next(
                (at for at in range(max(0, place - 9), place) if words[at] in {"no", "nobody"}), None
            )
        if first is not None:
            return Finding(
                sentence, "attribution", first, place + 1, f"attribution.unknown:{word}",
                stance="unknown", label="unknown",
            )  # fmt: skip
    return None


def _thief_before(words: list[str], place: int) -> int | None:
    for at in range(place - 1, max(-1, place - 14), -1):
        if words[at] in _THIEF_NOUNS:
            first = at
            # "The identity of the attackers behind the hack"
            for earlier in range(at, max(-1, at - 8), -1):
                if words[earlier] in {"identity", "identities"}:
                    first = earlier
            return first - 1 if first > 0 and words[first - 1] in {"the", "true", "no"} else first
    return None
