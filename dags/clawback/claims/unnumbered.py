"""What happened to the money where no figure says how much: "most of the funds were returned".

A claim needs a word of quantity ("all", "most", "a portion"), or, where losses are made good, those who are
paid ("users will be compensated in full").
"""

from __future__ import annotations

from typing import Final

from clawback.claims.figure_doubts import RECOVERY, is_offer
from clawback.claims.finding import Finding
from clawback.claims.layout import Kind
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE, Hit, name_of
from clawback.claims.reading import Reading, Sentence

_REACH: Final = 9
_QUANTITY: Final = word_set("unnumbered.quantity")
_GOODS: Final = word_set("unnumbered.goods")
_PAID: Final = word_set("unnumbered.paid")
_SURE: Final = frozenset(["made_whole", "insured"])
_NO_PROMISE: Final = word_set("unnumbered.no_promise")


_OF_GOODS: Final = (
    "restore",
    "replace",
    "inject",
    "contribute",
    "honour",
    "back|",
    "buy|",
    "plug",
    "replenish",
    "guarantee",
)
"""Beginnings of phrases that need money as their object: a service is restored too."""

_BALANCES: Final = frozenset({"balance", "balances", "losses", "loss", "deposits", "holdings"})


def unnumbered(reading: Reading, used: set[tuple[int, str]]) -> list[Finding]:
    """Recoveries without a figure.

    Args:
        reading: the text.
        used: sentences and the roles that a figure of theirs has already.
    """
    found = []
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING:
            continue
        finding = _finding(sentence, used)
        if finding is not None:
            found.append(finding)
    return found


def _finding(sentence: Sentence, used: set[tuple[int, str]]) -> Finding | None:
    words = sentence.words
    for hit in sentence.of("role"):
        role = hit.tag.rstrip("<>=")
        if (
            role not in RECOVERY
            or (sentence.number, role) in used
            or hit.phrase.startswith(
                (
                    "block|",
                    "lock|",
                    "procure|",
                    "inject|",
                    "halt|",
                    "suspend|",
                    "stopped",
                    "secured|",
                    "insurance fund",
                    "pay|",
                )
            )
        ):
            continue
        if _hindered(sentence, hit, role) or is_offer(sentence):
            continue
        first, last = max(0, hit.first - _REACH), min(len(words), hit.last + _REACH)
        left = _clause_left(words, first, hit.first)
        right = _clause_right(words, hit.last, last)
        near = set(words[left:right])
        if role in _SURE:
            if not near & _PAID or (hit.phrase.startswith(_OF_GOODS) and not near & _GOODS | _BALANCES):
                continue
        elif not (near & _QUANTITY and near & _GOODS) and "everything" not in near:
            continue
        start, end = _trim(words, hit, left, right, role)
        return Finding(sentence, role, start, end, f"words.{role}:{name_of(hit)}", label=role)
    return None


def _hindered(sentence: Sentence, hit: Hit, role: str) -> bool:
    words = sentence.words
    left = words[max(0, hit.first - 7) : hit.first]
    if {"not", "n't", "no", "nothing", "never", "without", "none", "cannot"} & set(
        left[-6:]
    ) or _NO_PROMISE & set(left):
        return True
    if role in _SURE:
        return False
    if {
        "will",
        "would",
        "could",
        "may",
        "might",
        "should",
        "must",
        "to",
        "if",
        "unless",
        "recoverable-if",
    } & set(left[-4:]):
        return True
    return any(unreal.last <= hit.first and hit.first - unreal.last <= 6 for unreal in sentence.of("unreal"))


def _clause_left(words: list[str], first: int, place: int) -> int:
    for at in range(place - 1, first - 1, -1):
        if words[at] in {",", ";", ".", ":", "(", ")", '"', "but", "that", "which", "while"}:
            return at + 1
    return first


def _clause_right(words: list[str], place: int, last: int) -> int:
    for at in range(place, last):
        if words[at] in {",", ";", ".", ":", "(", ")", '"', "but", "which", "while", FIGURE}:
            return at
    return last


def _trim(words: list[str], hit: Hit, left: int, right: int, role: str) -> tuple[int, int]:
    """From the word of quantity or of those paid to the verb, or the other way round."""
    wanted = _PAID if role in _SURE else _QUANTITY
    before = [at for at in range(left, hit.first) if words[at] in wanted | _QUANTITY]
    after = [at for at in range(hit.last, right) if words[at] in wanted | _GOODS | _QUANTITY]
    start = before[0] if before else hit.first
    end = after[-1] + 1 if after else hit.last
    if start == hit.first:
        while start > left and words[start - 1] in {
            "will",
            "would",
            "to",
            "be",
            "has",
            "have",
            "been",
            "promised",
            "pledged",
            "fully",
            "had",
            "was",
            "were",
        }:
            start -= 1
    return start, end
