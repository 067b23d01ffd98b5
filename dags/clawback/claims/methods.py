"""How it was done: the clause of a sentence that tells the way of a theft.

A technique is one of: a verb with an object of its kind (who obtains a key, breaks into a server, bends a
price, uses a flaw, forges a proof, mints from nothing), a check that was not made, a flaw with its place or
its consequence, or the name of a way of attack. It counts where the sentence tells what happened: not advice,
not what might happen, not what was repaired later. The strongest clause of a sentence is the claim; the same
way told again is the same claim.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.clauses import clause_end, clause_start, is_bounded, noun_start, stretch, with_means
from clawback.claims.finding import Finding
from clawback.claims.layout import Kind
from clawback.claims.lexicon import word_set
from clawback.claims.reading import Reading, Sentence
from clawback.claims.ways import BASE_PAST, MANY_THIEVES, MODALS, Way, ways_of

_ENOUGH: Final = 4
_TAIL: Final = 9
_MAX_QUOTE_WORDS: Final = 26
_MAX_WAY_WORDS: Final = 18
_NEAR: Final = 6
_ROOT: Final = word_set("methods.root")
_COPULAR: Final = frozenset({"is", "was", "are", "were", "been", "known", "by"})
_LEADING: Final = frozenset({"by", "through", "via", "with", "after", "from", "since", "and"})
_LEAST: Final = 5
"""A line of fewer words is an item of a list: "SIM swaps."."""

_ATTEMPTS: Final = word_set("methods.attempts")
_FAILED: Final = frozenset({"failed", "fails", "unsuccessful", "foiled", "thwarted"})


def techniques(reading: Reading) -> list[Finding]:
    """All techniques of a reading."""
    found = []
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING or _speculative_list(reading, sentence):
            continue
        ways = ways_of(sentence)
        if not ways or not _tells(sentence):
            continue
        lead = reading.lead(sentence)
        rooted = _is_rooted(sentence) or (lead is not None and bool(_ROOT & set(lead.words)))
        near = bool(
            sentence.of("event")
            or sentence.of("thief")
            or _loses(sentence)
            or any(figure.unit != "%" for figure in sentence.figures.values())
        )
        best = _with_neighbours(sentence, max(ways, key=lambda way: (way.weight, -way.first)), ways)
        beside = not near and _is_beside_theft(reading, sentence)
        if best.weight + 2 * near + beside + 2 * rooted < _ENOUGH or _is_advice(sentence, best):
            continue
        first, last = _quotation(sentence, best)
        found.append(Finding(sentence, "technique", first, last, f"technique.{best.rule}", label=best.label))
    return found


def _is_beside_theft(reading: Reading, sentence: Sentence) -> bool:
    """Whether the sentence before or after tells of a theft."""
    first = max(0, sentence.number - 1)
    return any(
        other.of("event") or other.of("thief") or _loses(other)
        for other in reading.sentences[first : sentence.number + 2]
        if other is not sentence
    )


def _with_neighbours(sentence: Sentence, best: Way, ways: list[Way]) -> Way:
    """The way with those that touch it: "entered the network with a stolen password" is one."""
    first, last = best.first, best.last
    weight = best.weight
    for way in sorted(ways):
        gap = (last, way.first) if way.first >= last else (way.last, first)
        near = gap[1] - gap[0] <= _NEAR and not is_bounded(sentence.words, *gap)
        if near and max(last, way.last) - min(first, way.first) <= _MAX_WAY_WORDS:
            if way.label != best.label:
                weight = best.weight + 2
            first, last = min(first, way.first), max(last, way.last)
    return best._replace(first=first, last=last, weight=weight)


def _quotation(sentence: Sentence, way: Way) -> tuple[int, int]:
    """From the verb, with its subject unless that is the thief, to the end of the clause."""
    words = sentence.words
    if way.rule.startswith("fail"):
        first = _subject_of_failure(words, way.first)
    elif way.rule.startswith("deed"):
        first = clause_start(words, way.first, 7)
    elif way.rule.startswith(("named", "flaw")):
        first = clause_start(words, way.first, 5)
        if not _COPULAR & set(words[first : way.first]):
            first = way.first
    else:
        first = clause_start(words, way.first, 5)
    while first < way.first and words[first] in _LEADING:
        first += 1
    if sentence.has("thief", first, way.first):
        first = way.first
    while first + 1 < way.last and words[first] in _LEADING - {"with", "since"}:
        first += 1
    if words[first] == "to" or words[first - 1 : first] == ["to"]:
        first = _means_before(sentence, first)
    last = with_means(words, clause_end(words, way.last, _TAIL), _TAIL)
    return stretch(sentence, first, max(min(last, first + _MAX_QUOTE_WORDS), first + 1))


def _means_before(sentence: Sentence, first: int) -> int:
    """Where "used eight flash loans, seven from one pool, to skew the reserve" begins."""
    for verb in sentence.of("how.use"):
        if (
            sentence.words[verb.first] in {"used", "using", "uses"}
            and 0 < first - verb.first <= _MAX_WAY_WORDS
        ):
            return verb.first
    return first


def _subject_of_failure(words: list[str], first: int) -> int:
    """What "did not check": "a function added in July that did not check", "the contract never verified"."""
    place = first
    while place > 0 and words[place - 1] in {"did", "does", "do", "was", "were", "had", "is", "has"}:
        place -= 1
    if place > 0 and words[place - 1] in {"that", "which"}:
        place -= 1
    return noun_start(words, place, 8)


def _tells(sentence: Sentence) -> bool:
    """Whether a sentence tells what happened."""
    words = sentence.words
    if words[-1:] == ["?"] or sentence.of("how.general") or len(words) < _LEAST:
        return False
    if any(words[place : place + 2] == ["could", "have"] for place in range(len(words))):
        return False
    if words[0] in MANY_THIEVES and words[1:2] and not words[1].endswith("ed") and words[1] not in BASE_PAST:
        # "Attackers exploit approvals" tells of no theft.
        return False
    own = set(words)
    if {"how", "unclear"} <= own or {"not", "clear", "how"} <= own or {"unknown", "how"} <= own:
        return False
    if own & _ATTEMPTS and own & _FAILED:
        return False
    if own & {"if", "unless"} and not own & {"as", "said"}:
        return False
    if sentence.span.kind is Kind.ITEM and own & MODALS and not own & {"have", "been"}:
        return False
    return not (
        sentence.of("how.later") and not sentence.of("thief") and not own & {"exploited", "was", "were"}
    )


def _is_advice(sentence: Sentence, way: Way) -> bool:
    """Whether it is said before the verb that one should, or what helps against it."""
    return any(
        hit.first < way.first and not hit.phrase.startswith(("implement|", "upgrade|", "enable", "your"))
        for hit in sentence.of("advice")
    )


def _is_rooted(sentence: Sentence) -> bool:
    return {"root", "cause"} <= set(sentence.words) or {"attack", "vector"} <= set(sentence.words)


def _loses(sentence: Sentence) -> bool:
    return any(role.tag.startswith("loss") for role in sentence.of("role"))


def _speculative_list(reading: Reading, sentence: Sentence) -> bool:
    """A list of what might have been ("Several possible reasons:") tells no technique."""
    lead = reading.lead(sentence)
    return (
        lead is not None
        and bool({"possible", "potential", "several", "recommendations", "lessons"} & set(lead.words))
        and lead.span.kind is not Kind.HEADING
    )
