"""Which figures of a sentence share one phrase: other forms of one sum, and the members of a list."""

from __future__ import annotations

from typing import Final

from clawback.claims.lexicon import word_set
from clawback.claims.reading import Sentence

_SAME: Final = word_set("amounts.same")
_SAME_MARKS: Final = word_set("amounts.same_marks")
_FINITE: Final = frozenset({"has", "have", "had", "was", "were", "is", "are", "will"})
_BESIDE: Final = 3
_LIST: Final = word_set("amounts.list")


def brings_total(sentence: Sentence, word: int) -> bool:
    """Whether a figure goes on with the one before: "bringing the total to", or its parts after a colon."""
    left = sentence.words[max(0, word - 7) : word]
    before = [place for place in sentence.figures if place < word]
    if ":" in left[-3:] and before and sentence.figures[before[-1]].unit != "%":
        return True
    return (
        bool({"bringing", "brings", "brought", "taking", "takes", "raising"} & set(left)) and "total" in left
    )


def groups_of(sentence: Sentence) -> list[list[int]]:
    """The figures of a sentence by the number of their word, those together that share one phrase."""
    groups: list[list[int]] = []
    for word in sentence.figures:
        if groups and _belongs(sentence, groups[-1][-1], word):
            groups[-1].append(word)
        else:
            groups.append([word])
    return groups


def _has_own_verb(sentence: Sentence, before: int, word: int) -> bool:
    """Whether a second clause begins: "froze $2 million and $500,000 has been recovered"."""
    if sentence.words[word - 1] != "and" or not _FINITE & set(sentence.words[word + 1 : word + 2]):
        return False
    hits = sentence.of("role")
    return any(0 <= before - hit.last <= _BESIDE for hit in hits) and any(
        word < hit.first <= word + _BESIDE for hit in hits
    )


def _belongs(sentence: Sentence, before: int, word: int) -> bool:
    between = sentence.words[before + 1 : word]
    if sentence.words[word + 1 : word + 3] == ["of", "which"] or _has_own_verb(sentence, before, word):
        return False
    if (
        sentence.figures[word].unit == "%"
        and between not in ([",", "or"], [","], ["or"])
        and between[:1] != ["("]
    ):
        return False
    if sentence.figures[before].unit == "%" and sentence.figures[word].unit != "%" and between[:1] != ["("]:
        # "the remaining 16%, about $45.55 million"
        return between[:1] == [","] and len(between) == 2 and between[1] in _SAME
    if len(between) <= 8 and all(part in _SAME for part in between) and _SAME_MARKS & set(between):
        return True
    if len(between) > 6 or sentence.figures[word].unit == "%":
        return False
    if between in (["of", "the"], ["of"], []):
        return False
    if all(part in _LIST for part in between):
        return True
    if between[0] == "\u3001" and len(between) <= 6:
        # A Chinese or Japanese list names a chain before each figure.
        return True
    if between[0] in {",", "and"} and between[-1] == "for" and len(between) <= 5:
        # "against WazirX for $235 million and Radiant Capital for $50 million"
        return True
    # "$273 million from Ethereum, $253 million from BNB Chain and $85 million from Polygon"
    return (
        between[0] in {"from", "on", "in", "via"} and between[-1] in {",", "and", ";"} and len(between) <= 5
    )
