"""Weighs in which sentences a claim without a figure is told, and which part of them to quote.

Ways of theft and of laundering, links between thefts, and promises to make whole are told by sentences.

A sentence has the cues of its words, of their stems, of the kinds of phrases in it, and of which kind follows
which: "a thief, then a verb of getting, then a secret" is a way of theft in whatever words. What a rule found
in a sentence that almost everything speaks against is dropped. This is for English texts.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import pairwise
from typing import Final

from clawback.claims.cues import WRITTEN, place_cues
from clawback.claims.finding import Finding
from clawback.claims.layout import Kind
from clawback.claims.points import Points, points
from clawback.claims.reading import Reading, Sentence

RULE: Final = "is found by rule"
_STEM: Final = 5
_KINDS: Final = frozenset(
    {"thief", "event", "technique", "victim_kind", "laundering_verb", "laundering_service", "advice", "role"}
)
_TAGGED: Final = frozenset({"technique", "laundering_verb", "laundering_service", "advice", "role", "thief"})
_LONG_PART: Final = 3
_ENDS: Final = frozenset(
    {",", ".", ";", ":", "(", ")", "\u2014", "?", "!", "but", "which", "while", "although"}
)
_QUOTED: Final = 15
"""Words that a quotation of a way of theft or of laundering has at least, where its sentence has as many."""

_GROWTH: Final = 5
"""Halves of its own length that such a quotation may grow to."""

_NEIGHBOUR: Final = 30
"""Points from which a part of a sentence beside the best one belongs to the quotation."""

_LINKED: Final = "linked_incident"
_LINK: Final = (20, 110)
"""Words and characters that a quotation of a link has, where its sentence has as many."""

_PROMISED: Final = "made_whole"
"""A promise to pay is quoted as it stands."""

FROM: Final = {"technique": 300, "laundering_method": 200, _LINKED: 0}
"""Points from which a sentence tells a claim that no rule found; promises are told by rule alone."""

UP_TO: Final = {"technique": 130, "laundering_method": -400, _PROMISED: -60, _LINKED: -100}
"""Points from which on what a rule found in a sentence stands."""


def method_cues(reading: Reading, sentence: Sentence, strength: int, *, is_found: bool) -> set[str]:
    """All cues of a sentence, `is_found` telling whether a rule found a claim of the type there."""
    cues = place_cues(reading, sentence, strength)
    for word in sentence.words:
        cues |= _cues_of(word)
    kinds: list[tuple[int, str]] = []
    for family, hits in sentence.hits.items():
        cues.add(f"in {family}")
        is_way = family.startswith("how.")
        if is_way or family in _TAGGED:
            cues |= {f"in {family} {hit.tag}" for hit in hits}
        if is_way or family in _KINDS:
            kinds.extend((hit.first, family) for hit in hits)
    cues |= {f"{one} then {other}" for (_, one), (_, other) in pairwise(sorted(kinds)) if one != other}
    if is_found:
        cues.add(RULE)
    return cues


def _cues_of(word: str) -> set[str]:
    own = WRITTEN.get(word, word)
    return {own, f"~{own[:_STEM]}"} if len(own) > _STEM else {own}


def weigh_methods(
    reading: Reading,
    findings: list[Finding],
    claim_type: str,
    strength: int,
    known: dict[int, set[str]] | None = None,
    more: Callable[[Sentence], set[str]] | None = None,
    may_hold: Callable[[Sentence], bool] | None = None,
) -> list[Finding]:
    """Ways of theft or of laundering that stand, and those that only points tell.

    Args:
        reading: the text.
        findings: what rules found.
        claim_type: technique, laundering_method, made_whole or linked_incident.
        strength: how sure it is that the text is about a theft.
        known: cues by the number of a sentence, shared by all types; filled here.
        more: further cues of a sentence.
        may_hold: whether points alone may find a claim in a sentence; in any, where it is left out.
    """
    known = {} if known is None else known
    table = points(claim_type)
    found: dict[int, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.sentence.number, []).append(finding)
    result = []
    for sentence in reading.sentences:
        own = found.get(sentence.number, [])
        if sentence.span.kind is Kind.HEADING or not sentence.words:
            result.extend(own)
            continue
        if not own and (claim_type not in FROM or (may_hold is not None and not may_hold(sentence))):
            continue
        if sentence.number not in known:
            known[sentence.number] = method_cues(reading, sentence, strength, is_found=False)
        cues = known[sentence.number] if more is None else known[sentence.number] | more(sentence)
        total = table.total(cues) + (table.of(RULE) if own else 0)
        if own and total > UP_TO[claim_type]:
            result.extend(map(_grown, own))
        elif not own and total > FROM[claim_type]:
            first, last = _part(sentence, table)
            rule = f"weighed.{claim_type}: {table.reasons(cues)}"
            label = f"sentence {sentence.number}"
            result.append(_grown(Finding(sentence, claim_type, first, last, rule, label=label)))
    return result


def _grown(finding: Finding) -> Finding:
    """The finding with words of its sentence around it, so many that the quotation can be understood.

    It grows to the end of its clause first, then to the beginning, and only then beyond them; a way never to
    more than two and a half times its length.
    """
    if finding.claim_type == _PROMISED:
        return finding
    sentence, words = finding.sentence, finding.sentence.words
    first, last = finding.first, finding.last
    starts, ends = sentence.starts, sentence.ends
    longest, most = _QUOTED, _GROWTH * (ends[last - 1] - starts[first]) // 2
    if finding.claim_type == _LINKED:
        longest, most = _LINK

    def may_grow() -> bool:
        return last - first < longest and ends[last - 1] - starts[first] < most

    while may_grow() and last < len(words) and words[last] not in _ENDS:
        last += 1
    while may_grow() and first > 0 and words[first - 1] not in _ENDS:
        first -= 1
    while may_grow() and (first > 0 or last < len(words)):
        if last < len(words):
            last += 1
        if first > 0 and may_grow():
            first -= 1
    anchor = finding.first if finding.anchor is None else finding.anchor
    return replace(finding, first=first, last=last, anchor=anchor)


def _part(sentence: Sentence, table: Points) -> tuple[int, int]:
    """The part of a sentence between commas that has most points, with a neighbour that has some."""
    words = sentence.words
    ends = [at for at, word in enumerate(words) if word in _ENDS] + [len(words)]
    starts = [0, *(end + 1 for end in ends)]
    parts = [(first, last) for first, last in zip(starts, ends, strict=False) if last - first >= _LONG_PART]
    if not parts:
        return 0, len(words)
    worth = [_worth(words, first, last, table) for first, last in parts]
    best = worth.index(max(worth))
    first, last = parts[best]
    if best + 1 < len(parts) and worth[best + 1] > _NEIGHBOUR:
        last = parts[best + 1][1]
    elif best > 0 and worth[best - 1] > _NEIGHBOUR:
        first = parts[best - 1][0]
    return first, last


def _worth(words: list[str], first: int, last: int, table: Points) -> int:
    return sum(table.of(cue) for word in words[first:last] for cue in _cues_of(word))
