"""Weighs what the rules found against all other words around it, and finds what no rule has words for.

A rule knows some ways of saying a thing; what stands around it says as much. The cues of a figure, a date or
a sentence have points (see `points`), and so has the verdict of the rules. A sum above zero makes the claim,
whether a rule found it or not; a rule's finding that almost everything speaks against is dropped. This is
for English texts: other languages have rules only.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from clawback.claims.cues import cues_around, date_cues, figure_cues, place_cues, word_cues
from clawback.claims.event_places import counts_back
from clawback.claims.figure import Figure
from clawback.claims.figure_doubts import is_passed_on
from clawback.claims.figure_roles import NOTHING, Governed
from clawback.claims.finding import Finding
from clawback.claims.phrases import FIGURE
from clawback.claims.points import Points, points
from clawback.claims.reading import Reading, Sentence
from clawback.claims.timeline import entry_of
from clawback.claims.totals import is_total
from clawback.claims.when import When

RULE: Final = "is found by rule"
_WEIGHED: Final = "weighed"
_MAX_FIGURES: Final = 40
_LESS_FIRM: Final = 200
"""Points that a date of a theft may have less than the firmest one of its text."""

_SMALL: Final = 5_000
"""Dollars below which a sum that no rule knows is a price or a fee."""

_AGAINST_RULE: Final = 80
"""Points above which a figure is a loss that a rule takes for something else."""


def loss_cues(
    reading: Reading, sentence: Sentence, word: int, item: Governed | None, strength: int, *, is_first: bool
) -> set[str]:
    """All cues of a figure, `item` being what the rules made of it."""
    figure = sentence.figures[word]
    cues = place_cues(reading, sentence, strength) | cues_around(sentence, word)
    cues |= figure_cues(reading, figure, is_first=is_first)
    cues |= {f"by {other}" for other in word_cues(sentence) if "_" not in other}
    if item is not None:
        cues.add(f"{RULE} {item.role}")
        if item.rule.startswith(_WEIGHED):
            cues.add(f"{RULE} by points")
    return cues


def weigh_losses(reading: Reading, governed: list[Governed], strength: int) -> list[Governed]:
    """The figures with their roles, after losses are weighed; in the order of the text."""
    table = points("loss")
    known = {(item.sentence.number, item.word): item for item in governed}
    result: list[Governed | None] = []
    is_first = True
    for sentence in reading.sentences:
        crowded = len(sentence.figures) > _MAX_FIGURES
        for word, figure in sentence.figures.items():
            item = known.get((sentence.number, word))
            if crowded or _is_settled(reading, item, figure):
                result.extend([item] if item is not None else [])
            else:
                cues = loss_cues(reading, sentence, word, item, strength, is_first=is_first)
                found = _loss(sentence, word, item, table, cues)
                weighed = found is not item and found is not None and found.role == "loss"
                if not weighed or _may_be_loss(sentence, word, result):
                    result.append(found)
            is_first = False
    return [item for item in result if item is not None]


def _is_settled(reading: Reading, item: Governed | None, figure: Figure) -> bool:
    """Whether nothing is weighed: a share, a small sum that no rule knows, or what came back."""
    if figure.unit == "%" or (item is None and figure.unit == "USD" and (figure.value or _SMALL) < _SMALL):
        return True
    return item is not None and (item.role not in {"loss", NOTHING} or is_total(reading, item) is not None)


def _loss(
    sentence: Sentence, word: int, item: Governed | None, table: Points, cues: set[str]
) -> Governed | None:
    is_loss = item is not None and item.role == "loss"
    # What a rule knows to be a price, a bounty or a debt needs more than its surroundings.
    least = 0 if item is None or is_loss else _AGAINST_RULE
    if table.total(cues) > least:
        if is_loss:
            return item
        return Governed(
            sentence, word, sentence.figures[word], "loss", None, f"weighed.loss: {table.reasons(cues)}"
        )
    return replace(item, role=NOTHING) if item is not None and is_loss else item


def _may_be_loss(sentence: Sentence, word: int, before: list[Governed | None]) -> bool:
    """Whether points alone may make a figure a loss: it is not passed on, nor the value of what is none."""
    words = sentence.words
    if is_passed_on(sentence, word):
        return False
    if words[word - 2 : word] != [FIGURE, "("]:
        return True
    # What a sum is called, a debt or a price, its value in brackets is too.
    return not any(
        item is not None
        and item.sentence is sentence
        and item.word == word - 2
        and item.role == NOTHING
        and item.hit is not None
        and item.hit.tag == NOTHING
        for item in before[-2:]
    )


def theft_date_cues(
    reading: Reading, sentence: Sentence, word: int, strength: int, *, is_found: bool
) -> set[str]:
    """All cues of a date, `is_found` telling whether a rule found it to be that of a theft."""
    cues = place_cues(reading, sentence, strength) | cues_around(sentence, word)
    cues |= date_cues(reading, sentence.dates[word])
    cues |= {f"by {other}" for other in word_cues(sentence) if "_" not in other}
    if is_found:
        cues.add(RULE)
    return cues


def may_be_date(when: When) -> bool:
    """Whether a date is fine enough to be the day or the month of a theft."""
    text = when.text()
    return text is not None and "/" not in text and len(text) > len("2024")


def weigh_dates(reading: Reading, findings: list[Finding], strength: int) -> list[Finding]:
    """The dates of thefts, after all dates of the text are weighed.

    A text that dates one theft firmly has other dates for what came before and after it.
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
            cues = theft_date_cues(reading, sentence, word, strength, is_found=found is not None)
            total = table.total(cues) if may_be_date(when) else 0
            if is_settled or total > 0:
                weighed.append((total, is_settled, found or _date(sentence, word, table.reasons(cues))))
    firmest = max((total for total, _, _ in weighed), default=0)
    return [finding for total, is_settled, finding in weighed if is_settled or total >= firmest - _LESS_FIRM]


def _date(sentence: Sentence, word: int, reasons: str) -> Finding:
    when = sentence.dates[word]
    text = when.minute.strftime("%Y-%m-%dT%H:%MZ") if when.minute is not None else when.text()
    rule = f"weighed.date: {reasons}"
    return Finding(sentence, "date", word, word + 1, rule, when=text, label=when.text())
