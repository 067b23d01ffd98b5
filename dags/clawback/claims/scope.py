"""Whether a text is about a theft at all: losses on a market, in a bankruptcy or of a key are none."""

from __future__ import annotations

from typing import Final

from clawback.claims.lexicon import word_set
from clawback.claims.reading import Reading, Sentence

_STRONG: Final = word_set("amounts.strong")
_INCIDENT: Final = word_set("scope.incident")
_SURE: Final = 9
MERE: Final = frozenset(
    {"lost", "lose", "loses", "losing", "loss", "losses", "damage", "damages", "hit", "fell", "net", "total"}
    | {
        "short",
        "down",
        "cost",
        "costing",
        "costs",
        "is",
        "poorer",
        "profit",
        "taken",
        "took",
        "take",
        "amount",
    }
)
_DENIAL: Final = word_set("scope.denial")
_RANSOM: Final = frozenset({"ransom", "ransomware"})
_STOLEN: Final = frozenset({"stolen", "stole", "theft", "thefts", "heist", "hacked", "exploited", "drained"})


def theft_strength(reading: Reading, language: str) -> int:
    """In how many sentences a theft is told of; the headline counts twice; 0 for a text about something else.

    A sentence that denies a theft or calls it possible does not count; a text that denies a rumour needs two
    others. Texts in other languages than English are taken to be about what their words say.
    """
    if not language.startswith("en"):
        return _SURE
    told = 0
    denied = 0
    words: set[str] = set()
    for sentence in (reading.title, *reading.sentences):
        own = set(sentence.words)
        words |= own
        if _is_denial(sentence):
            denied += 1
        elif (own & _STRONG and not _is_possible(own)) or _takes(sentence) or _in_figure(reading, sentence):
            told += 2 if sentence.number < 0 else 1
    if words & _RANSOM and not words & _STOLEN:
        return 0
    if denied and told < 2:
        return 0
    return told + min(2, len(words & _INCIDENT))


def _in_figure(reading: Reading, sentence: Sentence) -> bool:
    """Whether a figure has the word in it: "4,000 of the stolen ETH"."""
    return any("stolen" in reading.folded[figure.start : figure.end] for figure in sentence.figures.values())


def tells_theft(sentence: Sentence) -> bool:
    """Whether a sentence has a word that means theft and nothing else."""
    return bool(_STRONG & set(sentence.words))


def _takes(sentence: Sentence) -> bool:
    """Whether something is taken, by a phrase that says no mere loss."""
    return any(
        hit.tag in {"loss>", "loss="} and sentence.words[hit.first] not in MERE for hit in sentence.of("role")
    )


def _is_denial(sentence: Sentence) -> bool:
    words = sentence.words
    if {"rumour", "rumours", "rumor", "rumors", "hoax"} & set(words):
        return True
    for place, word in enumerate(words):
        if word in _DENIAL and _STRONG & set(words[place : place + 8]):
            return not sentence.of("actor")
        if word == "no" and {"lost", "stolen", "taken", "hack", "breach"} & set(words[place + 1 : place + 6]):
            return True
    return False


def _is_possible(words: set[str]) -> bool:
    return "could" in words and "have" in words
