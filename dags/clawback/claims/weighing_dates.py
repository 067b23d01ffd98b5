"""Weighs which dates of an English text are days of thefts.

Every date of a text is a case. Its cues are the words and kinds of phrases around it, what its sentence and
those beside it tell, where it stands, how it lies among the other days of the text, and the verdict of the
rules (see `events`). What has points enough is the day of a theft, whether a rule found it or not.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import Final

from clawback.claims.cues import cues_around, date_cues, place_cues, word_cues
from clawback.claims.event_places import counts_back
from clawback.claims.events import Spans
from clawback.claims.figure_roles import Governed
from clawback.claims.finding import Finding
from clawback.claims.kind_cues import bin_of, kinds_around, kinds_of_neighbours
from clawback.claims.points import points
from clawback.claims.reading import Reading, Sentence
from clawback.claims.timeline import entry_of
from clawback.claims.when import When

RULE: Final = "is found by rule"
FROM: Final = 0
"""Points from which a date is that of a theft."""

_LESS_FIRM: Final = 250
"""Points that a date of a theft may have less than the firmest one of its text."""

_DAY: Final = len("2024-03-05")
_NEAR: Final = 6
_RANKS: Final = 3
_DAYS: Final = 6
_PLACES: Final = (0, 2, 5, 10, 20, 40)
_RESTS: Final = (0, 1, 3, 6, 12)
_SENTENCES: Final = (0, 1, 2, 4, 8, 16)
_DATELINE: Final = 6


@dataclass(frozen=True)
class Told:
    """What a text tells besides its dates, and which dates the rules take for days of thefts.

    `roles` are the figures with their roles and `thefts` the places of losses and ways of theft, both by the
    number of their sentence; `days` are all days of the text in order, `ruled` counts those by rule.
    """

    roles: dict[int, list[Governed]]
    thefts: Spans
    days: tuple[str, ...]
    ruled: Counter[str]


def told_of(reading: Reading, governed: list[Governed], thefts: Spans, findings: list[Finding]) -> Told:
    """What a text tells besides its dates.

    Args:
        reading: the text.
        governed: its figures with their roles.
        thefts: where losses and ways of theft are told.
        findings: the dates that rules found.
    """
    roles: dict[int, list[Governed]] = {}
    for item in governed:
        roles.setdefault(item.sentence.number, []).append(item)
    days = {text for when in reading.dates if (text := when.text()) is not None and len(text) == _DAY}
    ruled = Counter(finding.label for finding in findings if finding.label is not None)
    return Told(roles, thefts, tuple(sorted(days)), ruled)


def theft_date_cues(
    reading: Reading, sentence: Sentence, word: int, strength: int, told: Told, *, is_found: bool
) -> set[str]:
    """All cues of a date, `is_found` telling whether a rule found it to be that of a theft."""
    when = sentence.dates[word]
    cues = place_cues(reading, sentence, strength) | cues_around(sentence, word)
    cues |= date_cues(reading, when)
    cues |= {f"by {other}" for other in word_cues(sentence) if "_" not in other}
    cues |= kinds_around(sentence, word) | surrounding_cues(reading, sentence, word, told)
    if is_found:
        cues.add(RULE)
    return cues


def surrounding_cues(reading: Reading, sentence: Sentence, word: int, told: Told) -> set[str]:
    """What the sentences around a date tell, and where it lies among the days of the text."""
    cues = kinds_of_neighbours(reading, sentence) | _claims_beside(sentence, word, told)
    return cues | _place_among_days(sentence, word, sentence.dates[word], told)


def _claims_beside(sentence: Sentence, word: int, told: Told) -> set[str]:
    """What rules read of figures and of ways of theft in the sentence and in those beside it."""
    cues = set() if sentence.figures else {"no figures"}
    for item in told.roles.get(sentence.number, ()):
        cues |= {f"{RULE} {item.role}", f"{RULE} {'<' if item.word < word else '>'} {item.role}"}
        if abs(item.word - word) <= _NEAR:
            cues.add(f"{RULE} near {item.role}")
    thefts = told.thefts.get(sentence.number, [])
    if thefts:
        distance = min(max(word - last, first - word - 1, 0) for first, last in thefts)
        cues |= {f"{RULE} theft", f"{RULE} theft within {bin_of(distance)}"}
    else:
        cues.add(f"{RULE} no theft")
    for name, number in (("before", sentence.number - 1), ("behind", sentence.number + 1)):
        cues |= {f"{RULE} {name} {item.role}" for item in told.roles.get(number, ())}
        if number in told.thefts:
            cues.add(f"{RULE} {name} theft")
    return cues


def _place_among_days(sentence: Sentence, word: int, when: When, told: Told) -> set[str]:
    """Where a date stands in its sentence and text, and which of the days of the text it is."""
    text = when.text() or ""
    cues = set()
    if text in told.days:
        at, last = told.days.index(text), len(told.days) - 1
        cues |= {f"is day {min(at, _RANKS)}", f"is day {min(last - at, _RANKS)} from the last"}
        cues.add(f"is one of {min(last + 1, _DAYS)} days")
        if at == 0:
            cues.add(f"is earliest of {min(last + 1, _RANKS + 1)}")
    cues.add(f"{RULE} on the day" if text in told.ruled else f"{RULE} not on the day")
    cues.add(f"{RULE} on {min(len(told.ruled), _RANKS)} days")
    if told.ruled[text] > 1:
        cues.add(f"{RULE} more than once")
    places = sorted(sentence.dates)
    cues.add("is alone" if len(places) == 1 else f"is date {min(places.index(word), 2)}")
    cues.add(f"is behind {bin_of(word, _PLACES)} words")
    cues.add(f"is before {bin_of(len(sentence.words) - 1 - word, _RESTS)} words")
    cues.add(f"is sentence {bin_of(sentence.number, _SENTENCES)}")
    if sentence.number <= 1 and word <= _DATELINE and "(" in sentence.words[word + 1 : word + 3]:
        cues.add("is of the dateline")
    return cues


def may_be_date(when: When) -> bool:
    """Whether a date is fine enough to be the day or the month of a theft."""
    text = when.text()
    return text is not None and "/" not in text and len(text) > len("2024")


def weigh_dates(reading: Reading, findings: list[Finding], told: Told, strength: int) -> list[Finding]:
    """The dates of thefts, after all dates of the text are weighed.

    A text that dates one theft firmly has other dates for what came before and after it.

    Args:
        reading: the text.
        findings: what the rules found.
        told: what the text tells besides.
        strength: how sure it is that the text is about a theft.
    """
    table = points("date")
    weighed: list[tuple[int, bool, Finding]] = []
    for sentence in reading.sentences:
        own = [finding for finding in findings if finding.sentence is sentence]
        entry = entry_of(sentence)
        for word, when in sentence.dates.items():
            found = next(
                (item for item in own if item.first <= word < item.last and item.label == when.text()), None
            )
            # What a line of a timeline is about is told by the line, not by the words around its date.
            is_settled = (entry is not None and entry[0] == word) or not may_be_date(when)
            is_settled = is_settled or counts_back(reading, sentence, word)
            if is_settled and found is None:
                continue
            cues = theft_date_cues(reading, sentence, word, strength, told, is_found=found is not None)
            total = table.total(cues) if may_be_date(when) else 0
            if is_settled or total > FROM:
                weighed.append((total, is_settled, found or _date(sentence, word, table.reasons(cues))))
    firmest = max((total for total, _, _ in weighed), default=0)
    return [finding for total, is_settled, finding in weighed if is_settled or total >= firmest - _LESS_FIRM]


def _date(sentence: Sentence, word: int, reasons: str) -> Finding:
    when = sentence.dates[word]
    text = when.minute.strftime("%Y-%m-%dT%H:%MZ") if when.minute is not None else when.text()
    rule = f"weighed.date: {reasons}"
    return Finding(sentence, "date", word, word + 1, rule, when=text, label=when.text())
