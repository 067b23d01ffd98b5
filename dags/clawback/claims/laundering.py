"""How the proceeds were moved on: the clause with a verb of moving and a service, coin or place that hides.

Which services go with which verb is a table: what is swapped becomes a coin, what is spread goes to
addresses, what is laundered goes anywhere. The goods must be stolen ones or the mover a thief. What came out
of a mixer to pay for an attack, what users swap, and what a victim moves to safety is no laundering.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.clauses import clause_end, noun_start, stretch
from clawback.claims.finding import Finding
from clawback.claims.laundering_steps import (
    CLEAR,
    DIRTY,
    GOODS,
    HIDING,
    MODALS,
    OTHERS,
    PASSIVE,
    PRONOUNS,
    STOPS,
    Step,
    is_dirty,
    steps_of,
)
from clawback.claims.layout import Kind
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE, Hit
from clawback.claims.reading import Reading, Sentence

_TOWARDS: Final = frozenset({"to", "into", "through", "via", "using", "across"})
_BEFORE_VERB: Final = frozenset(
    {
        "has",
        "have",
        "had",
        "was",
        "were",
        "been",
        "being",
        "is",
        "are",
        "then",
        "also",
        "later",
        "quickly",
        "all",
    }
)
_INTRANSITIVE: Final = word_set("laundering.intransitive")
_MAX_QUOTE_WORDS: Final = 28
_APART: Final = 4
_TAKING: Final = 4


def launderings(reading: Reading) -> list[Finding]:
    """All laundering methods of a reading."""
    found = []
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING or not (
            sentence.of("laundering_verb") or sentence.of("laundering_service")
        ):
            continue
        if sentence.words[-1:] == ["?"] or not _is_tainted(sentence):
            continue
        ways = [way for verb in sentence.of("laundering_verb") for way in steps_of(reading, sentence, verb)]
        if not ways and (is_dirty(reading, sentence) or sentence.of("thief")):
            ways = _without_verb(sentence)
        for segment in _segments(sentence.words, ways):
            found.append(_finding(sentence, segment))
    return found


def _segments(words: list[str], ways: list[Step]) -> list[list[Step]]:
    """The ways between two semicolons each."""
    segments: dict[int, list[Step]] = {}
    for way in ways:
        segments.setdefault(words[: way.first].count(";"), []).append(way)
    return [segments[number] for number in sorted(segments)]


def _finding(sentence: Sentence, ways: list[Step]) -> Finding:
    best = max(ways, key=lambda way: (way.weight, -way.first))
    # "swapped for ether and sent through a mixer" is one clause: steps that follow one another closely.
    first, last = best.first, best.last
    for way in sorted(ways, key=lambda way: way.first):
        apart = sentence.words[last : way.first] if way.first >= last else sentence.words[way.last : first]
        near = len(apart) <= _APART and not STOPS & set(apart) and ":" not in apart
        if near and way.weight >= 3 and max(last, way.last) - min(first, way.first) <= _MAX_QUOTE_WORDS:
            first, last = min(first, way.first), max(last, way.last)
    words = sentence.words
    at = first
    while at > 0 and words[at - 1] in _BEFORE_VERB:
        at -= 1
    if PASSIVE & set(words[at:first]) or words[first] in _INTRANSITIVE:
        first = noun_start(words, at, 5, figures=True)
    last = _with_purpose(sentence, last)
    first, last = stretch(sentence, first, max(min(last, first + _MAX_QUOTE_WORDS), first + 1))
    service = best.service
    label = sorted(
        {
            hit.tag if service is None else words[hit.first]
            for hit in sentence.of("laundering_service")
            if first <= hit.first < last
        }
    )
    rule = f"laundering.{words[best.verb.first]}:{words[service.first] if service is not None else 'through'}"
    return Finding(
        sentence, "laundering_method", first, max(last, first + 1), rule, label="+".join(label) or rule
    )


def _with_purpose(sentence: Sentence, last: int) -> int:
    """The end of "used a mixer, a privacy protocol, to launder the stolen ether"."""
    words = sentence.words
    for verb in sentence.of("laundering_verb"):
        if (
            verb.tag in {"launder", "move"}
            and last <= verb.first - 1 <= last + 7
            and words[verb.first - 1] == "to"
        ):
            return clause_end(words, verb.last, 5)
    return last


def _is_tainted(sentence: Sentence) -> bool:
    """Whether a sentence speaks of stolen goods, of coins or of thieves at all."""
    words = set(sentence.words)
    return bool(
        words & GOODS
        or words & DIRTY
        or sentence.of("thief")
        or sentence.of("actor")
        or any(figure.unit != "%" for figure in sentence.figures.values())
        or (words & PRONOUNS and any(hit.tag in HIDING for hit in sentence.of("laundering_service")))
        or any(hit.tag in CLEAR for hit in sentence.of("laundering_service"))
    )


def _is_verb(words: list[str], hit: Hit) -> bool:
    """Whether a word of theft is a verb with its object: "drained funds", but not "stolen funds"."""
    return words[hit.first] not in DIRTY and words[hit.last - 1].endswith(("ed", "ew", "ing"))


def _without_verb(sentence: Sentence) -> list[Step]:
    """A service that hides, behind "to" or "through", in a sentence whose verb is not known."""
    words = sentence.words
    ways = []
    for service in sentence.of("laundering_service"):
        left = words[max(0, service.first - 4) : service.first]
        goods = GOODS & set(words[: service.first]) or FIGURE in words[: service.first]
        if service.tag not in HIDING or not goods or not _TOWARDS & set(left) or "from" in left:
            continue
        if any(
            hit.last <= service.first <= hit.last + _TAKING
            for hit in sentence.of("event")
            if _is_verb(words, hit)
        ):
            # "withdrew funds across three chains": that is the theft.
            continue
        if OTHERS & set(words[: service.first]) or MODALS & set(words[: service.first]):
            continue
        ways.append(Step(3, service, service, max(0, service.first - 4), service.last))
    return ways
