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
from clawback.claims.figure import Figure
from clawback.claims.figure_roles import NOTHING, Governed
from clawback.claims.finding import Finding
from clawback.claims.layout import Kind
from clawback.claims.links import is_total
from clawback.claims.points import Points, points
from clawback.claims.reading import Reading, Sentence
from clawback.claims.when import When

RULE: Final = "is found by rule"
_WEIGHED: Final = "weighed"
_MAX_FIGURES: Final = 40
_LONG_PART: Final = 3
_ENDS: Final = frozenset(
    {",", ".", ";", ":", "(", ")", "\u2014", "?", "!", "but", "which", "while", "although"}
)
_LESS_FIRM: Final = 200
"""Points that a date of a theft may have less than the firmest one of its text."""

_SMALL: Final = 5_000
"""Dollars below which a sum that no rule knows is a price or a fee."""

_AGAINST_RULE: Final = 80
"""Points above which a figure is a loss that a rule takes for something else."""

_QUOTED: Final = 15
"""Words that a quotation of a way of theft or of laundering has at least, where its sentence has as many."""

_GROWTH: Final = 5
"""Halves of its own length that such a quotation may grow to."""

_NEIGHBOUR: Final = 30
"""Points from which a part of a sentence beside the best one belongs to the quotation."""

FROM: Final = {"technique": -20, "laundering_method": -50}
"""Points from which a sentence tells of a way of theft or of laundering that no rule found."""

UP_TO: Final = {"technique": -60, "laundering_method": -300}
"""Points from which on what a rule found in a sentence stands."""


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
                result.append(_loss(sentence, word, item, table, cues))
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


def sentence_cues(reading: Reading, sentence: Sentence, strength: int, *, is_found: bool) -> set[str]:
    """All cues of a sentence, `is_found` telling whether a rule found a claim of the type there."""
    cues = place_cues(reading, sentence, strength) | word_cues(sentence)
    if is_found:
        cues.add(RULE)
    return cues


def weigh_methods(reading: Reading, findings: list[Finding], claim_type: str, strength: int) -> list[Finding]:
    """Ways of theft or of laundering that stand, and those that only points tell."""
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
        cues = sentence_cues(reading, sentence, strength, is_found=bool(own))
        total = table.total(cues)
        if own and total > UP_TO[claim_type]:
            result.extend(_grown(finding) for finding in own)
        elif not own and total > FROM[claim_type]:
            first, last = _part(sentence, table)
            rule = f"weighed.{claim_type}: {table.reasons(cues)}"
            label = f"sentence {sentence.number}"
            result.append(_grown(Finding(sentence, claim_type, first, last, rule, label=label)))
    return result


def _grown(finding: Finding) -> Finding:
    """The finding with words of its sentence around it, so many that the quotation can be understood.

    It grows to the end of its clause first, then to the beginning, and only then beyond them; never to more
    than two and a half times its length.
    """
    sentence, words = finding.sentence, finding.sentence.words
    first, last = finding.first, finding.last
    starts, ends = sentence.starts, sentence.ends
    most = _GROWTH * (ends[last - 1] - starts[first]) // 2

    def may_grow() -> bool:
        return last - first < _QUOTED and ends[last - 1] - starts[first] < most

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
    return sum(table.of(word) for word in words[first:last]) + sum(
        table.of(f"{words[at]}_{words[at + 1]}") for at in range(first, last - 1)
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
    weighed: list[tuple[int | None, Finding]] = []
    for sentence in reading.sentences:
        own = [finding for finding in findings if finding.sentence is sentence]
        for word, when in sentence.dates.items():
            found = next(
                (item for item in own if item.first <= word < item.last and item.label == when.text()), None
            )
            if not may_be_date(when):
                weighed.extend([(None, found)] if found is not None else [])
                continue
            cues = theft_date_cues(reading, sentence, word, strength, is_found=found is not None)
            total = table.total(cues)
            if total > 0:
                weighed.append((total, found or _date(sentence, word, table.reasons(cues))))
    firmest = max((total for total, _ in weighed if total is not None), default=0)
    return [finding for total, finding in weighed if total is None or total >= firmest - _LESS_FIRM]


def _date(sentence: Sentence, word: int, reasons: str) -> Finding:
    when = sentence.dates[word]
    text = when.minute.strftime("%Y-%m-%dT%H:%MZ") if when.minute is not None else when.text()
    rule = f"weighed.date: {reasons}"
    return Finding(sentence, "date", word, word + 1, rule, when=text, label=when.text())
