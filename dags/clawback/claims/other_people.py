"""Who may have done it, in texts that are not English: known groups, people by description, insiders, names.

A description reaches from its noun as far to the left as words belong to it: to a verb, a preposition or a
particle. In Chinese, Japanese and Korean it is told from its particles.
"""

from __future__ import annotations

import re
from typing import Final

from clawback.claims.agent import Agent, Who
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE, Hit
from clawback.claims.reading import DATE, Reading, Sentence

STATES: Final = frozenset({"DPRK", "Russia", "China", "Iran"})
_BEFORE: Final = word_set("other_people.before")
_ARTICLES: Final = word_set("other_people.articles")
_PARTICLES: Final = {name: word_set(f"other_people.particles_{name}") for name in ("ja", "ko", "zh")}
_SAME: Final = word_set("other_people.same")
_SAME_IN_SIGNS: Final = ("同じ", "同一", "동일", "같은", "该", "該", "同")
_OF_WHOM: Final = word_set("other_people.owner_signs")
_OPENING: Final = frozenset({'"', "\u300c", "\u300e", "\u00ab", "\u201c", "\u201e"})
_CLOSING: Final = frozenset({'"', "\u300d", "\u300f", "\u00bb", "\u201d"})
_MARKS: Final = frozenset({",", ";", ".", "?", "!", "(", ")", ":", "\u3002", "\u3001", "-", "\u2014", "/"})
_VEILED: Final = re.compile(
    r"[\u4e00-\u9fff]某{1,2}(?:等[0-9一二三四五六七八九十]+人)?"
    r"|[\u4e00-\u9fff]姓[\u4e00-\u9fff]{2,3}(?:等[0-9]+人)?"
    r"|(?:총책 )?(?:[A-Z]|[가-힣]모) ?씨"
)
_NAMED: Final = 3
_LONGEST: Final = 5
_LONGEST_IN_SIGNS: Final = 16
_CALLED: Final = 6
_CALLED_IN_SIGNS: Final = 18
_MAX_PEOPLE: Final = 20


def people(reading: Reading, sentence: Sentence, language: str) -> list[Agent]:
    """All who may have done it in a sentence, in order; of two that overlap the first kind that finds one."""
    found: list[Agent] = []
    taken: set[int] = set()

    def add(agent: Agent) -> None:
        if taken.isdisjoint(range(agent.first, agent.last)):
            found.append(agent)
            taken.update(range(agent.first, agent.last))

    for agent in _groups(sentence, _CALLED_IN_SIGNS if language[:2] in _PARTICLES else _CALLED):
        add(agent)
    for first, last in _called(reading, sentence):
        add(_written(reading, sentence, first, last, Who.HANDLE, "handle"))
    if language[:2] in _PARTICLES:
        for first, last in _veiled(reading, sentence):
            add(_written(reading, sentence, first, last, Who.DESCRIBED, "person"))
    for hit in sentence.of("f.inside")[:_MAX_PEOPLE]:
        add(_written(reading, sentence, hit.first, hit.last, Who.DESCRIBED, "insider"))
    persons = sentence.of("f.person")[:_MAX_PEOPLE]
    goes_on = {hit.first for hit in persons}
    for hit in persons:
        if hit.last in goes_on:
            # "A former" goes on with the noun: "a former employee".
            continue
        first, last = _extent(reading, sentence, hit, language)
        if _SAME & set(sentence.words[first:last]) or "".join(sentence.words[first:last]).startswith(
            _SAME_IN_SIGNS
        ):
            # "The same group" is named elsewhere.
            continue
        if (
            language[:2] in _PARTICLES
            and sentence.words[last : last + 1]
            and sentence.words[last] in _OF_WHOM
        ):
            # Who owns something, or from whom it was taken.
            continue
        add(_written(reading, sentence, first, last, Who.DESCRIBED, "person"))
    return sorted(found, key=lambda agent: agent.first)


def _groups(sentence: Sentence, reach: int) -> list[Agent]:
    """Known groups, and states where no group of theirs stands near."""
    hits = sentence.of("actor")
    groups = [hit for hit in hits if hit.tag not in STATES]
    found = []
    for hit in hits:
        is_state = hit.tag in STATES
        if is_state and any(
            abs(hit.first - group.last) <= reach or abs(group.first - hit.last) <= reach for group in groups
        ):
            continue
        found.append(Agent(hit.first, hit.last, hit.tag, Who.GROUP, "state" if is_state else "group"))
    return found


def _called(reading: Reading, sentence: Sentence) -> list[tuple[int, int]]:
    """Names in quotation marks, or with a capital letter, right behind a word for a group."""
    words = sentence.words
    found = []
    for hit in sentence.of("f.group"):
        last = hit.last
        while last < len(words) and last - hit.last < _NAMED and _is_capital(reading, sentence, last):
            last += 1
        if last > hit.last:
            found.append((hit.last, last))
            continue
        opening = next(
            (at for at in range(hit.last, min(len(words), hit.last + _CALLED)) if words[at] in _OPENING), None
        )
        ends = range(0) if opening is None else range(opening + 2, min(len(words), opening + 2 + 2 * _CALLED))
        closing = next((at for at in ends if words[at] in _CLOSING), None)
        if opening is not None and closing is not None:
            found.append((opening + 1, closing))
    return found


def _is_capital(reading: Reading, sentence: Sentence, place: int) -> bool:
    return reading.folded[sentence.starts[place]].isupper() and sentence.words[place] not in (FIGURE, DATE)


def _veiled(reading: Reading, sentence: Sentence) -> list[tuple[int, int]]:
    """People whom police call by a part of their name: a surname, an initial."""
    start, end = sentence.span.start, sentence.span.end
    found = []
    for match in _VEILED.finditer(reading.folded, start, end):
        inside = [
            place
            for place, begins in enumerate(sentence.starts)
            if match.start() <= begins and sentence.ends[place] <= match.end()
        ]
        if inside:
            found.append((inside[0], inside[-1] + 1))
    return found[:_MAX_PEOPLE]


def _extent(reading: Reading, sentence: Sentence, hit: Hit, language: str) -> tuple[int, int]:
    if language[:2] in _PARTICLES:
        return _extent_in_signs(reading, sentence, hit, language[:2])
    words = sentence.words
    first = hit.first
    while first > 0 and hit.first - first < _LONGEST:
        before = words[first - 1]
        if before in _MARKS or before in _BEFORE or before == DATE:
            break
        if before in _ARTICLES:
            first -= 1
            break
        if not (before.isalnum() or before == FIGURE or "-" in before):
            break
        first -= 1
    return first, hit.last


def _extent_in_signs(reading: Reading, sentence: Sentence, hit: Hit, language: str) -> tuple[int, int]:
    words, particles = sentence.words, _PARTICLES[language]
    first, last = hit.first, hit.last
    while first > 0 and hit.first - first < _LONGEST_IN_SIGNS:
        before = words[first - 1]
        if before in _MARKS or before in _OPENING or before in _CLOSING or before in {FIGURE, DATE}:
            break
        spaced = sentence.starts[first] > sentence.ends[first - 1]
        if language == "ko":
            if spaced and before in particles:
                break
        elif before in particles or "".join(words[max(0, first - 2) : first]) in particles:
            break
        first -= 1
    return first, last


def _written(reading: Reading, sentence: Sentence, first: int, last: int, who: Who, head: str) -> Agent:
    name = " ".join(reading.text[sentence.starts[first] : sentence.ends[last - 1]].split())
    return Agent(first, last, name, who, head, own=head == "insider")
