"""Whom a text that is not English blames or clears, weighed by cues around groups, persons and names."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import Final, NamedTuple

from clawback.claims.finding import Finding
from clawback.claims.layout import Kind
from clawback.claims.lexicon import table, word_set
from clawback.claims.other_cues import concepts, cues_beside, cues_of_place, is_signed
from clawback.claims.other_people import people
from clawback.claims.phrases import DATE, FIGURE
from clawback.claims.points import points
from clawback.claims.reading import Reading, Sentence
from clawback.claims.victims import Victims

RULE: Final = "is found by rule"
STANCES: Final = ("named", "denied")
"""Each has a table `other_culprit_...`."""

FROM: Final = {"named": -60, "denied": -120}
_HEADS: Final = ("f.person", "f.group", "thief")
_MODIFIERS: Final = 4
_MOST: Final = 40
"""Candidates of a sentence that are weighed; one with more is a list of names."""

_BEFORE: Final = word_set("other_languages.before_person")
_FIRST_SIGN: Final = "\u2e80"
"""Where the signs of Chinese, Japanese and Korean begin, whose words no space divides."""

_WEAK: Final = frozenset({"DPRK", "Russia", "China"})


_PERSONS: Final = {
    name: re.compile(pattern) for pattern, name in table("other_culprits.person", "\n").items()
}
"""By language how persons of a case are written where no space divides words: "Wang and 4 others"."""


class Candidate(NamedTuple):
    """Who may have done it: the words `first` up to `last`, a name, and what kind of phrase it is."""

    first: int
    last: int
    name: str
    kind: str


def candidates(reading: Reading, sentence: Sentence, victims: Victims, language: str) -> list[Candidate]:
    """All who may be blamed in a sentence: groups, persons by what they are, and names."""
    found: list[Candidate] = []
    for hit in sentence.of("actor"):
        kind = "state" if hit.tag in _WEAK else "group"
        found.append(Candidate(hit.first, hit.last, hit.tag, kind))
    for family in _HEADS:
        for hit in sentence.of(family):
            first = hit.first if is_signed(language) else _beginning(sentence, hit.first)
            name = _name(sentence, first, hit.last, language)
            if name and not _taken(found, first, hit.last):
                found.append(Candidate(first, hit.last, name, family))
    for first, last, name in _persons(reading, sentence, language):
        found = [other for other in found if last <= other.first or other.last <= first]
        found.append(Candidate(first, last, name, "f.person"))
    if not is_signed(language):
        for own in victims.names_of(sentence):
            if not _taken(found, own.first, own.last):
                found.append(Candidate(own.first, own.last, own.text, "name"))
    for agent in people(reading, sentence, language):
        if not _taken(found, agent.first, agent.last):
            found.append(Candidate(agent.first, agent.last, agent.name, f"agent {agent.who.value}"))
    return sorted(found)[:_MOST]


def _persons(reading: Reading, sentence: Sentence, language: str) -> Iterator[tuple[int, int, str]]:
    """The persons of a case in Chinese, Japanese and Korean, as their reports write them."""
    pattern = _PERSONS.get(language[:2])
    if pattern is None:
        return
    starts, ends = sentence.starts, sentence.ends
    for match in pattern.finditer(reading.folded, sentence.span.start, sentence.span.end):
        first = bisect_left(starts, match.start())
        last = bisect_left(ends, match.end()) + 1
        if first < last <= len(starts):
            yield first, last, match.group().strip()


def _taken(found: list[Candidate], first: int, last: int) -> bool:
    return any(first < other.last and other.first < last for other in found)


def _beginning(sentence: Sentence, head: int) -> int:
    words = sentence.words
    first = head
    while (
        first > 0
        and head - first < _MODIFIERS
        and (words[first - 1].isalnum() or words[first - 1] == FIGURE)
        and words[first - 1] not in _BEFORE
    ):
        first -= 1
    return first


def _name(sentence: Sentence, first: int, last: int, language: str) -> str:
    words = [word for word in sentence.words[first:last] if word not in (FIGURE, DATE)]
    return ("" if is_signed(language) else " ").join(words)


def candidate_cues(
    reading: Reading, sentence: Sentence, who: Candidate, victims: Victims, language: str, verdict: str
) -> set[str]:
    """All cues of a candidate, `verdict` being what the rules say of it."""
    cues = cues_beside(sentence, who.first, who.last, concepts(sentence), language)
    cues |= cues_of_place(reading, sentence)
    cues |= {f"is {who.kind}", f"{RULE} {verdict}"}
    if who.kind == "name":
        main = (victims.main or "").lower()
        cues.add(
            "is victim" if main and (who.name.lower() in main or main in who.name.lower()) else "is other"
        )
    return cues


def verdict_of(who: Candidate, findings: list[Finding]) -> str:
    """What the rules found of a candidate in its sentence."""
    return next((str(finding.stance) for finding in findings if _is_same(who, finding)), "none")


def _is_same(who: Candidate, finding: Finding) -> bool:
    if finding.actor is None or finding.stance not in STANCES:
        return False
    # The words of a name joined again have no hyphens; whole words, for "er" is in "Techniker".
    own, other = (f" {name.lower().replace('-', ' ')} " for name in (finding.actor, who.name))
    if max(own) >= _FIRST_SIGN:
        own, other = own.strip(), other.strip()
    return own in other or other in own


def weigh_other_culprits(
    reading: Reading, victims: Victims, findings: list[Finding], language: str
) -> list[Finding]:
    """Who is blamed or cleared, by points.

    Args:
        reading: the text.
        victims: its names.
        findings: what the rules found.
        language: tag such as `de`.
    """
    tables = {stance: points(f"other_culprit_{stance}") for stance in STANCES}
    result = []
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING or not sentence.words:
            continue
        own = [finding for finding in findings if finding.sentence is sentence and finding.stance in STANCES]
        weighed = candidates(reading, sentence, victims, language)
        # Whom a rule names by no word of this sentence, as "he denies it" does, nothing here can weigh.
        result += [item for item in own if not any(_is_same(who, item) for who in weighed)]
        for who in weighed:
            mine = [item for item in own if _is_same(who, item)]
            cues = candidate_cues(reading, sentence, who, victims, language, verdict_of(who, own))
            worth = {stance: tables[stance].total(cues) - FROM[stance] for stance in STANCES}
            stance = max(STANCES, key=lambda name: worth[name])
            if worth[stance] <= 0:
                continue
            ruled = next((item for item in mine if item.stance == stance), None)
            if ruled is not None:
                result += [ruled] if ruled not in result else []
                continue
            first, last = _quoted(sentence, who)
            result.append(
                Finding(
                    sentence, "attribution", first, last, f"weighed.{stance}: {tables[stance].reasons(cues)}",
                    actor=who.name, stance=stance, label=f"{who.name} {stance}",
                )
            )  # fmt: skip
    return result


def _quoted(sentence: Sentence, who: Candidate) -> tuple[int, int]:
    """The candidate and the nearest word that blames, clears or arrests."""
    near = [
        (max(who.first - hit.last, hit.first - who.last), hit.first, hit.last)
        for family in ("f.blame", "f.denied", "f.arrest", "event")
        for hit in sentence.of(family)
    ]
    _, first, last = min(near, default=(0, who.first, who.last))
    return min(first, who.first), max(last, who.last)
