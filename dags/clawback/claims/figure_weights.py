"""Weighs whether a sum that no phrase explains is the loss: what speaks for it, what against it.

A report of a theft is about a sum. Its authors call it by ever new words, but what a thief does next, what
is offered, priced, owed or owned is called by few. So a sum in such a report is taken for a loss where
enough speaks for it (the headline has it, it stands beside a word of counting, something is taken from
somebody) and nothing against it. Each reason has points; the rule names the reasons.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from clawback.claims.figure import Figure
from clawback.claims.figure_doubts import is_passed_on
from clawback.claims.figure_roles import MAYBE, NOTHING, Governed
from clawback.claims.lexicon import word_set
from clawback.claims.reading import Sentence

_ENOUGH: Final = {2: 4, 3: 4, 4: 2}
"""Points from which a sum is a loss, by the strength of the text; none are needed where it is higher."""

_PRICED: Final = word_set("weights.priced")

_AROUND: Final = 7
_COUNTING: Final = word_set("weights.counting")
_NEUTRAL: Final = word_set("weights.neutral")
_UNREAL: Final = word_set("weights.unreal")
_EQUIVALENT: Final = word_set("weights.equivalent")
_ENDS: Final = frozenset({";", ".", "but", "while", "although"})
_GOES: Final = frozenset({"to", "into", "through", "via", "onto"})
_EACH: Final = frozenset({"a", "an", "per", "each", "apiece"})
_SMALL: Final = Decimal(5_000)
_NEAR: Final = Decimal("0.01")


class Weights:
    """What a text has told so far: the sums of its headline and those known as lost.

    Args:
        headline: figures that the headline calls lost.
        strength: of `scope.theft_strength`.
    """

    def __init__(self, headline: list[Figure], strength: int) -> None:
        self.enough = _ENOUGH.get(strength, 0)
        self._headline = headline
        self._lost: list[Figure] = []
        self._told = False

    def remember(self, found: list[Governed]) -> None:
        """Take in what a sentence tells."""
        self._lost.extend(item.figure for item in found if item.role == "loss")
        self._told = self._told or bool(found)

    def reasons(self, sentence: Sentence, word: int) -> list[tuple[str, int]]:
        """What speaks for and against a loss, each with its points."""
        figure = sentence.figures[word]
        words = sentence.words
        first, last = _clause(words, word)
        near = set(words[max(first, word - _AROUND) : min(last, word + _AROUND)])
        clause = set(words[first:last])
        after = words[word + 1 : min(last, word + 5)]
        found = []
        if any(_same(figure, other) for other in self._headline):
            found.append(("in the headline", 6))
        elif any(_same(figure, other) for other in self._lost):
            found.append(("told before", 4))
        if not self._told:
            found.append(("the first sum", 2))
        if (self._lost and words[word - 2 : word] == ["that", "is"]) or (
            self._lost and _EQUIVALENT & set(words[max(0, word - 5) : word])
        ):
            found.append(("its equivalent", 2))
        if near & _COUNTING:
            found.append(("counted", 2))
        if sentence.of("event"):
            found.append(("of a theft", 1))
        if sentence.of("thief"):
            found.append(("by a thief", 1))
        if {"from", "out"} & set(after) and any(
            word < kind.first <= word + 8 for kind in sentence.of("victim_kind")
        ):
            found.append(("from a victim", 3))
        if words[word - 1 : word] == ["("] and words[word + 1 : word + 2] == [")"]:
            found.append(("in brackets", 3))
        if near & _NEUTRAL and not any(name == "its equivalent" for name, _ in found):
            found.append(("another sum", -3))
        if any(
            hit.tag.startswith(NOTHING) and -2 <= word - hit.last <= 5
            for hit in sentence.of("role")
            if first <= hit.first < last
        ):
            found.append(("another verb", -4))
        if any(
            words[place] in _UNREAL and words[place + 1 : place + 2] not in (["less"], ["more"])
            for place in range(first, last)
        ):
            found.append(("not real", -3))
        if is_passed_on(sentence, word):
            found.append(("passed on", -5))
        if after[:1] and after[0] in _EACH and figure.unit != "%":
            found.append(("a price", -5))
        if words[word - 1 : word] == ["into"]:
            found.append(("goes on", -4))
        if after[:1] and after[0] in _GOES:
            found.append(("goes on", -4))
        if figure.unit == "%" or (figure.unit == "USD" and (figure.value or _SMALL) < _SMALL):
            found.append(("small", -9))
        if words[word - 1 : word] == ["at"] and _PRICED & set(words[max(0, word - 6) : word]):
            found.append(("a price", -5))
        if "?" in clause:
            found.append(("asked", -3))
        return found


def weighed(sentence: Sentence, found: list[Governed], weights: Weights) -> list[Governed]:
    """The figures of a sentence with those that are weighed as lost, in order."""
    result = [item for item in found if item.role != MAYBE]
    known = {item.word for item in result}
    moved = {item.word for item in found if item.role == MAYBE and item.rule.startswith("figure.move")}
    for word, figure in sentence.figures.items():
        if word in known:
            continue
        reasons = weights.reasons(sentence, word)
        after = sentence.words[word + 1 : word + 6]
        if word in moved and {"from", "out"} & set(after) and "turned" not in after:
            reasons.append(("moved from somewhere", 2))
        if sum(points for _, points in reasons) >= weights.enough:
            names = ", ".join(name for name, _ in reasons)
            result.append(Governed(sentence, word, figure, "loss", None, f"weighed.loss: {names}"))
    return sorted(result, key=lambda item: item.word)


def _clause(words: list[str], word: int) -> tuple[int, int]:
    first = next((at + 1 for at in range(word - 1, -1, -1) if words[at] in _ENDS), 0)
    last = next((at for at in range(word + 1, len(words)) if words[at] in _ENDS), len(words))
    return first, last


def _same(one: Figure, other: Figure) -> bool:
    if one.unit != other.unit or one.value is None or other.value is None:
        return False
    return abs(one.value - other.value) <= other.value * _NEAR
