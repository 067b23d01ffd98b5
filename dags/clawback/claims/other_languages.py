"""Culprits, and recoveries without a figure, in texts that are not English.

The word order of nine languages is not told apart: what belongs together stands in one clause. A group is a
culprit where a word of blame stands near it; a person where the law names him; who is unknown is so by a
phrase. A recovery without a figure needs its verb, a word of quantity and the goods, or those who are paid.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.finding import Finding
from clawback.claims.layout import Kind
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE, Hit
from clawback.claims.reading import DATE, Reading, Sentence

_WORDS: Final = 9
_SIGNS: Final = 26
"""How far off a word may stand that belongs to another: in words, and in signs of Chinese and its like."""

_ENDS: Final = frozenset({";", ".", "?", "!", "\u3002", ":"})
_CLAUSE_ENDS: Final = frozenset({",", ";", ".", "?", "!", "(", ")", '"', "\u3002", "\u3001", ":"})
_NOT_YET: Final = word_set("other_languages.not_yet")
_AS: Final = frozenset({"als", "como", "comme", "come"})
_EVERYTHING: Final = word_set("other_languages.everything")
_RECOVERIES: Final = ("made_whole", "insured", "recovered", "returned", "frozen")


def is_signed(language: str) -> bool:
    """Whether each sign of the language is a word."""
    return language[:2] in {"zh", "ja", "ko"}


def recoveries(reading: Reading, language: str, used: set[tuple[int, str]]) -> list[Finding]:
    """Recoveries without a figure.

    Args:
        reading: the text.
        language: its tag.
        used: sentences and the roles that a figure of theirs has already.
    """
    reach = _SIGNS if is_signed(language) else _WORDS
    found = []
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING:
            continue
        finding = _recovery(sentence, reach, used)
        if finding is not None:
            found.append(finding)
    return found


def _recovery(sentence: Sentence, reach: int, used: set[tuple[int, str]]) -> Finding | None:
    for hit in sentence.of("role"):
        role = hit.tag.rstrip("<>=")
        if role not in _RECOVERIES or (sentence.number, role) in used or _hindered(sentence, hit):
            continue
        if role == "insured":
            needed = [("f.quantity",) if sentence.of("f.quantity") else ("f.paid",)]
        elif role == "made_whole":
            needed = [("f.paid",)]
        else:
            needed = [("f.quantity",), ("f.goods",)]
        near = [nearest(sentence, hit, sentence.of(family), reach) for (family,) in needed]
        beside = [one for one in near if one is not None]
        whole = near[0] is not None and sentence.words[near[0].first] in _EVERYTHING
        if len(beside) < len(near) and not whole:
            continue
        first = min([hit.first, *(one.first for one in beside)])
        last = max([hit.last, *(one.last for one in beside)])
        first, last = clause_around(sentence, first, last, signed=reach == _SIGNS)
        return Finding(sentence, role, first, last, f"words.{role}:{hit.phrase.split('|')[0]}", label=role)
    return None


def _hindered(sentence: Sentence, hit: Hit) -> bool:
    """Whether it is not so, or only if something else is."""
    return bool(_NOT_YET & set(sentence.words[max(0, hit.first - 6) : hit.first]))


def nearest(sentence: Sentence, hit: Hit, others: list[Hit], reach: int) -> Hit | None:
    """The nearest of the others within reach in the same clause."""
    words = sentence.words
    best: tuple[int, Hit] | None = None
    for other in others:
        if other.first < hit.last and hit.first < other.last:
            continue
        between = words[hit.last : other.first] if other.first >= hit.last else words[other.last : hit.first]
        if len(between) <= reach and not _ENDS & set(between) and (best is None or len(between) < best[0]):
            best = (len(between), other)
    return None if best is None else best[1]


def clause_around(sentence: Sentence, first: int, last: int, *, signed: bool) -> tuple[int, int]:
    """A few words to each side within the clause, for articles, subjects and verbs at the end."""
    words = sentence.words
    before, after = (10, 8) if signed else (4, 6)
    start = first
    while (
        start > 0
        and first - start < before
        and words[start - 1] not in _CLAUSE_ENDS
        and words[start - 1] not in (FIGURE, DATE)
    ):
        start -= 1
    end = last
    while end < len(words) and end - last < after and words[end] not in _CLAUSE_ENDS:
        end += 1
    return start, end
