"""Which dates of a text that is not English are days of thefts, weighed by their cues.

The rules for dates (see `events`) are one cue among the others.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.cues import date_cues
from clawback.claims.finding import Finding
from clawback.claims.layout import Kind
from clawback.claims.other_cues import concepts, cues_beside, cues_of_place
from clawback.claims.points import points
from clawback.claims.reading import Reading, Sentence
from clawback.claims.weighing_dates import Told, may_be_date, surrounding_cues

RULE: Final = "is found by rule"
TABLE: Final = "other_date"
_LESS_FIRM: Final = 250
"""Points that a date of a theft may have less than the firmest one of its text."""


def other_date_cues(
    reading: Reading, sentence: Sentence, word: int, language: str, told: Told, *, is_found: bool
) -> set[str]:
    """All cues of a date, `is_found` telling whether a rule found it to be that of a theft."""
    kinds = concepts(sentence)
    cues = cues_beside(sentence, word, word + 1, kinds, language) | cues_of_place(reading, sentence)
    cues |= date_cues(reading, sentence.dates[word]) | surrounding_cues(reading, sentence, word, told)
    if word == 0:
        cues.add("begins sentence")
    if is_found:
        cues.add(RULE)
    return cues


def weigh_other_dates(reading: Reading, findings: list[Finding], told: Told, language: str) -> list[Finding]:
    """The dates of thefts, after all dates of the text are weighed.

    Args:
        reading: the text.
        findings: what the rules found.
        told: what the text tells besides.
        language: tag such as `de`.
    """
    table = points(TABLE)
    weighed: list[tuple[int, Finding]] = []
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING:
            continue
        own = [finding for finding in findings if finding.sentence is sentence]
        for word, when in sentence.dates.items():
            if not may_be_date(when):
                continue
            found = next(
                (item for item in own if item.first <= word < item.last and item.label == when.text()), None
            )
            cues = other_date_cues(reading, sentence, word, language, told, is_found=found is not None)
            total = table.total(cues)
            if total > 0:
                weighed.append((total, found or _date(sentence, word, table.reasons(cues))))
    firmest = max((total for total, _ in weighed), default=0)
    return [finding for total, finding in weighed if total >= firmest - _LESS_FIRM]


def _date(sentence: Sentence, word: int, reasons: str) -> Finding:
    when = sentence.dates[word]
    text = when.minute.strftime("%Y-%m-%dT%H:%MZ") if when.minute is not None else when.text()
    rule = f"weighed.date: {reasons}"
    return Finding(sentence, "date", word, word + 1, rule, when=text, label=when.text())
