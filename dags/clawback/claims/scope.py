"""Whether a text is about a theft at all: losses on a market, in a bankruptcy or of a key are none.

Points speak for and against it. What thieves are called, what they do, what is said of it in the headline
speak for a theft; denials, drills, advice, prices, bankruptcies, fines and ransoms speak against it.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.figure_moves import is_taken
from clawback.claims.layout import Kind
from clawback.claims.lexicon import LANGUAGES, word_set
from clawback.claims.other_scope import is_about_theft
from clawback.claims.points import Points, points
from clawback.claims.reading import Reading, Sentence
from clawback.claims.text_cues import length_of, ruled_cues, text_cues

_STRONG: Final = word_set("amounts.strong")
_INCIDENT: Final = word_set("scope.incident")
_SURE: Final = 9
_THEFT: Final = 2
_TOLD: Final = 3
_RUMOURED: Final = 4
"""Denials that a headline counts for which calls it a rumour."""

_NEAR: Final = 4
_IMAGINED: Final = -6
"""Points of a text that tells of an exercise, a game or a novel."""

_SHORT: Final = 100
"""Words of a text that has too few for them to be weighed."""

_ABOUT_SOMETHING_ELSE: Final = 80
"""Points up to which the words of a text tell of no theft."""

_STEP: Final = 50
"""Points that make a text surer by one."""

_ELSEWHERE: Final = 4
"""Strength of a text in another language, in which a theft is told of."""

MERE: Final = word_set("scope.mere")
"""Words of loss that also mean a bad trade."""

_DENIAL: Final = word_set("scope.denial")
_RUMOUR: Final = word_set("scope.rumour")
_STORES: Final = frozenset(
    {"bridge", "protocol", "wallet", "wallets", "vault", "pool", "pools", "custodian", "dex"}
)
_SUBJECT: Final = 4
_NONE: Final = frozenset({"no", "nothing", "nobody"})
_HAPPENED: Final = frozenset({"lost", "stolen", "taken", "hack", "breach", "left"})
_GANGS: Final = frozenset({"gang", "gangs", "burglars", "kidnappers"})
_POSSIBLE: Final = word_set("scope.possible")
_AGAINST: Final = {
    "market": (1, 2),
    "bankruptcy": (2, 4),
    "law": (1, 2),
    "drill": (3, 9),
    "advice": (2, 6),
    "ransom": (3, 6),
    "elsewhere": (3, 9),
}
"""Tags of the family `against`: points for each of its phrases, and at most."""

_MARKET_WITHOUT_THIEF: Final = 5


def theft_strength(reading: Reading, language: str, table: Points | None = None) -> int:
    """How sure it is that a text is about a theft: 0 for one about something else, from 2 on one that is.

    The words of an English text are weighed; a short one is judged by the rules alone. A text in a language
    that has a lexicon is weighed by kinds of phrases (see `other_scope`); in any other one word says so.

    Args:
        reading: the text.
        language: tag such as `en`.
        table: points of words, where others than the learned ones are tried.
    """
    if not language.startswith("en"):
        told = any(
            sentence.of("event") or sentence.of("thief") or _takes(sentence)
            for sentence in (reading.title, *reading.sentences)
        )
        if language[:2] in LANGUAGES and not is_about_theft(reading):
            return 0
        return _ELSEWHERE if told else 1
    ruled = points_of(reading)
    strength = ruled_strength(ruled)
    if ruled["drill"] <= _IMAGINED or length_of(reading) < _SHORT:
        return strength
    cues = text_cues(reading) | ruled_cues(ruled, strength)
    total = (table or points("theft")).total(cues)
    return max(0, min(_SURE, (total - _ABOUT_SOMETHING_ELSE) // _STEP + 1))


def ruled_strength(ruled: dict[str, int]) -> int:
    """The same by the rules alone, out of what `points_of` gives."""
    if ruled["drill"] <= _IMAGINED:
        return 0
    total = sum(ruled.values())
    if total < _THEFT and total >= -1 and sum(max(0, part) for part in ruled.values()) >= _TOLD:
        # Much speaks against a theft, but one is told of: only plain words count.
        return 1
    return max(0, min(_SURE, total))


def points_of(reading: Reading) -> dict[str, int]:
    """What speaks for a theft, and with negative points against it."""
    told = thieves = taken = sums = undone = denied = 0
    words: set[str] = set()
    against: dict[str, set[str]] = {name: set() for name in _AGAINST}
    for sentence in (reading.title, *reading.sentences):
        for hit in sentence.of("against"):
            against[hit.tag].add(hit.phrase)
    for sentence in reading.sentences:
        own = set(sentence.words)
        words |= own
        if _is_denial(sentence):
            denied += 1
            continue
        if own & _POSSIBLE:
            continue
        told += bool(own & _STRONG) or _in_figure(reading, sentence)
        thieves += bool(sentence.of("thief") or own & _GANGS)
        takes = _takes(sentence) or _store_loses(sentence)
        taken += takes
        sums += bool(sentence.figures) and (takes or bool(own & _STRONG))
        undone += any(
            hit.tag.startswith(("returned", "frozen", "recovered")) for hit in sentence.of("role")
        ) and bool(sentence.figures)
    title = reading.title
    own = set(title.words)
    words |= own
    points = {
        "told": min(4, told),
        "thieves": min(4, 2 * thieves),
        "taken": min(6, 2 * taken),
        "sums": min(4, 2 * sums),
        "undone": min(1, undone),
        "culprits": min(1, sum(len(sentence.of("actor")) for sentence in reading.sentences)),
        "incident": min(2, len(words & _INCIDENT)),
    }
    if own & _STRONG or _takes(title) or _store_loses(title):
        points["headline"] = 2
    if _is_denial(title):
        denied += _RUMOURED if _RUMOUR & own or _DENIAL & own else 2
    points["denied"] = -2 * min(5, denied)
    for name, (each, most) in _AGAINST.items():
        if name == "market" and not thieves and "headline" not in points:
            most = _MARKET_WITHOUT_THIEF
        points[name] = -min(most, each * len(against[name]))
    return points


def _in_figure(reading: Reading, sentence: Sentence) -> bool:
    """Whether a figure has the word in it: "4,000 of the stolen ETH"."""
    return any("stolen" in reading.folded[figure.start : figure.end] for figure in sentence.figures.values())


def tells_theft(sentence: Sentence) -> bool:
    """Whether a sentence has a word that means theft and nothing else."""
    return bool(_STRONG & set(sentence.words))


def _takes(sentence: Sentence) -> bool:
    """Whether something is taken, by a phrase that says no mere loss or by a move that is a theft."""
    if any(
        hit.tag.startswith("move")
        and any(
            -_NEAR <= word - hit.first <= hit.last - hit.first + _NEAR and is_taken(sentence, hit, word, word)
            for word in sentence.figures
        )
        for hit in sentence.of("role")
    ):
        return True
    return sentence.span.kind is not Kind.ITEM and any(
        hit.tag in {"loss>", "loss="} and sentence.words[hit.first] not in MERE for hit in sentence.of("role")
    )


def _store_loses(sentence: Sentence) -> bool:
    """Whether a store of coins loses a sum: "the bridge lost $80 million" is no loss on a market."""
    words = sentence.words
    return any(
        hit.phrase.startswith("~lose|")
        and _STORES & set(words[max(0, hit.first - _SUBJECT) : hit.first])
        and any(hit.last <= word <= hit.last + _SUBJECT for word in sentence.figures)
        for hit in sentence.of("role")
    )


def _is_denial(sentence: Sentence) -> bool:
    words = sentence.words
    if _RUMOUR & set(words):
        return True
    for place, word in enumerate(words):
        if word in _DENIAL and _STRONG & set(words[place : place + 8]):
            return not sentence.of("actor")
        if word in _NONE and _HAPPENED & set(words[place + 1 : place + 6]):
            return True
    return False
