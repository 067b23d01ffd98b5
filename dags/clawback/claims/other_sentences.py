"""Claims without a figure in texts that are not English: which sentences carry them, and what to quote.

A sentence has the cues of the kinds of phrases in it, of which kind follows which, of its stems, and of what
the rules found. Each type of claim has a table of points. The quotation is the part of the sentence whose
words and phrases have most points.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.finding import Finding
from clawback.claims.layout import Kind
from clawback.claims.other_cues import concepts, cues_inside, cues_of_place, is_signed, stems_of
from clawback.claims.points import Points, points
from clawback.claims.reading import Reading, Sentence

RULE: Final = "is found by rule"
TYPES: Final = (
    "technique",
    "laundering_method",
    "unknown",
    "linked_incident",
    "made_whole",
)
"""What a sentence can tell without a figure; `unknown` is an attribution to nobody.

What was recovered, returned, frozen or insured without a figure is told too seldom to learn from; that is
left to rules."""

FROM: Final = {
    "technique": -120,
    "laundering_method": -150,
    "unknown": -100,
    "linked_incident": -180,
    "made_whole": -180,
}
"""Points from which a sentence carries the claim."""

_LONG: Final = {
    "technique": (115, 38),
    "laundering_method": (105, 42),
    "unknown": (70, 26),
    "linked_incident": (120, 42),
    "made_whole": (95, 32),
}
"""Characters that a quotation has at most: in alphabets, and in Chinese, Japanese and Korean."""

_BY_RULE: Final = frozenset({"recovered", "returned", "frozen", "insured"})
_CLAUSE: Final = 40
"""Points for a quotation that begins where a clause does."""

_WHOLE: Final = 5
"""A sentence longer than a quotation by less than a fifth of it is quoted whole."""

_EDGES: Final = frozenset({".", ",", ";", ":", "!", "?", "\u3002", "\u3001", "(", ")", '"', "\u201e"})


def sentence_cues(reading: Reading, sentence: Sentence, language: str, found: frozenset[str]) -> set[str]:
    """All cues of a sentence.

    Args:
        reading: the text.
        sentence: one of its sentences.
        language: tag such as `de`.
        found: the types that rules found in it.
    """
    cues = cues_inside(sentence, concepts(sentence), language) | cues_of_place(reading, sentence)
    return cues | {f"{RULE} {name}" for name in found}


def weigh_sentences(
    reading: Reading, findings: list[Finding], used: set[tuple[int, str]], language: str
) -> list[Finding]:
    """The claims without a figure, by points.

    Args:
        reading: the text.
        findings: what the rules found of these types.
        used: sentences and the roles that a figure of theirs has already.
        language: tag such as `de`.
    """
    found: dict[int, dict[str, Finding]] = {}
    for finding in findings:
        found.setdefault(finding.sentence.number, {}).setdefault(type_of(finding), finding)
    tables = {name: points(f"other_{name}") for name in TYPES}
    result = [finding for finding in findings if type_of(finding) in _BY_RULE]
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING or not sentence.words:
            continue
        own = found.get(sentence.number, {})
        cues = sentence_cues(reading, sentence, language, frozenset(own))
        for name, table in tables.items():
            if (sentence.number, name) in used or table.total(cues) <= FROM[name]:
                continue
            first, last = quotation(sentence, table, name, language)
            rule = own[name].rule if name in own else f"weighed.{name}: {table.reasons(cues)}"
            result.append(_finding(sentence, name, first, last, rule))
    return result


def type_of(finding: Finding) -> str:
    """The type of a claim in the words of `TYPES`."""
    return "unknown" if finding.stance == "unknown" else finding.claim_type


def _finding(sentence: Sentence, name: str, first: int, last: int, rule: str) -> Finding:
    if name == "unknown":
        return Finding(sentence, "attribution", first, last, rule, stance="unknown", label="unknown")
    label = name if name == "made_whole" else f"sentence {sentence.number}"
    return Finding(sentence, name, first, last, rule, label=label)


def quotation(sentence: Sentence, table: Points, name: str, language: str) -> tuple[int, int]:
    """The words to quote: the run of them, no longer than such quotations are, with most points."""
    starts, ends, words = sentence.starts, sentence.ends, sentence.words
    most = _LONG[name][is_signed(language)]
    first, last = 0, len(words)
    while last > 1 and words[last - 1] in _EDGES:
        last -= 1
    if ends[last - 1] - starts[first] <= most + most // _WHOLE:
        return first, last
    worth = _worth(sentence, table, language)
    best: tuple[int, int, int] | None = None
    end, total = 0, 0
    for start in range(last):
        while end < last and ends[end] - starts[start] <= most:
            total += worth[end]
            end += 1
        # Of runs that are worth the same the one that begins a clause is easier to read.
        begins = start == 0 or words[start - 1] in _EDGES
        if end > start and words[start] not in _EDGES:
            key = total + (_CLAUSE if begins else 0)
            if best is None or key > best[0]:
                best = (key, start, end)
        if end > start:
            total -= worth[start]
        else:
            end = start + 1
    if best is None:
        return first, last
    first, last = best[1], best[2]
    while last > first + 1 and words[last - 1] in _EDGES:
        last -= 1
    return first, last


def _worth(sentence: Sentence, table: Points, language: str) -> list[int]:
    words = sentence.words
    if is_signed(language):
        worth = [
            sum(table.of(cue) for cue in stems_of(words[at : at + 2], language)) for at in range(len(words))
        ]
    else:
        worth = [sum(table.of(cue) for cue in stems_of([word], language)) for word in words]
    for start, end, kind in concepts(sentence):
        worth[start] += table.of(f"in {kind}")
        worth[end - 1] += table.of(f"in {kind}") // 4
    return worth
