"""Culprits, and recoveries without a figure, in texts that are not English.

The word order of nine languages is not told apart: what belongs together stands in one clause. A group is a
culprit where a word of blame stands near it; a person where the law names him; who is unknown is so by a
phrase. A recovery without a figure needs its verb, a word of quantity and the goods, or those who are paid.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.finding import Finding
from clawback.claims.layout import Kind
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE, Hit
from clawback.claims.reading import DATE, Reading, Sentence

_WORDS: Final = 9
_SIGNS: Final = 26
"""How far off a word may stand that belongs to another: in words, and in signs of Chinese and its like."""

_ENDS: Final = frozenset({";", ".", "?", "!", "\u3002", ":"})
_CLAUSE_ENDS: Final = frozenset({",", ";", ".", "?", "!", "(", ")", '"', "\u3002", "\u3001", ":"})
_STATES: Final = frozenset({"DPRK", "Russia", "China"})
_BEFORE_PERSON: Final = word_set("other_languages.before_person")
_NOT_YET: Final = word_set("other_languages.not_yet")
_AS: Final = frozenset({"als", "como", "comme", "come"})
_EVERYTHING: Final = word_set("other_languages.everything")
_RECOVERIES: Final = ("made_whole", "insured", "recovered", "returned", "frozen")


def is_signed(language: str) -> bool:
    """Whether each sign of the language is a word."""
    return language[:2] in {"zh", "ja", "ko"}


def culprits(reading: Reading, language: str) -> list[Finding]:
    """All attributions of a reading in another language than English."""
    reach = _SIGNS if is_signed(language) else _WORDS
    found = []
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING:
            continue
        named = _groups(sentence, reach)
        if not named:
            named = _persons(sentence, reach)
        if not named:
            named = _unknown(sentence, reach)
        found.extend(named)
    return found


def _groups(sentence: Sentence, reach: int) -> list[Finding]:
    found: list[Finding] = []
    groups = [hit for hit in sentence.of("actor") if hit.tag not in _STATES]
    for actor in groups or sentence.of("actor"):
        if any(finding.actor == actor.tag for finding in found):
            continue
        blame = nearest(sentence, actor, sentence.of("f.blame"), reach)
        acts = nearest(sentence, actor, sentence.of("event"), reach) if blame is None else None
        chosen = blame or acts
        if chosen is None:
            continue
        denied = bool(sentence.of("f.denied"))
        first, last = min(actor.first, chosen.first), max(actor.last, chosen.last)
        found.append(
            Finding(
                sentence, "attribution", first, last, f"attribution.near:{chosen.phrase.split('|')[0]}",
                actor=actor.tag, stance="denied" if denied else "named", label=f"{actor.tag} {denied}",
            )
        )  # fmt: skip
    return found


def _persons(sentence: Sentence, reach: int) -> list[Finding]:
    """Whoever is arrested, charged, convicted or suspected."""
    words = sentence.words
    for person in sentence.of("f.person"):
        law = nearest(sentence, person, sentence.of("f.arrest"), reach)
        blame = nearest(sentence, person, [hit for hit in sentence.of("f.blame")], reach // 2)
        denial = nearest(sentence, person, sentence.of("f.denied"), reach)
        chosen = law or (blame if not sentence.of("say") or sentence.of("hedge") else None) or denial
        if chosen is None:
            continue
        start = person.first
        while (
            start > 0
            and person.first - start < 4
            and words[start - 1].isalnum()
            and words[start - 1] not in _BEFORE_PERSON
        ):
            start -= 1
        if start and words[start - 1] == FIGURE:
            start -= 1
        if law is None and start and words[start - 1] in _AS:
            continue
        denied = bool(sentence.of("f.denied")) and law is None
        name = " ".join(word for word in words[start : person.last] if word not in (FIGURE, DATE))
        first, last = min(start, chosen.first), max(person.last, chosen.last)
        return [
            Finding(
                sentence, "attribution", first, last, f"attribution.person:{chosen.phrase.split('|')[0]}",
                actor=name, stance="denied" if denied else "named", label=f"{name} {denied}",
            )
        ]  # fmt: skip
    return []


def _unknown(sentence: Sentence, reach: int) -> list[Finding]:
    """A phrase that says so, or a word for the culprit or his identity beside a word for unknown."""
    hit = next(iter(sentence.of("f.unknown")), None)
    for who in sentence.of("f.who") if hit is None else ():
        dark = nearest(sentence, who, sentence.of("f.dark"), reach * 2 // 3)
        if dark is not None:
            first, last = min(who.first, dark.first), max(who.last, dark.last)
            hit = who._replace(first=first, last=last)
            break
    if hit is None:
        return []
    return [
        Finding(
            sentence,
            "attribution",
            hit.first,
            hit.last,
            "attribution.unknown",
            stance="unknown",
            label="unknown",
        )
    ]


def recoveries(reading: Reading, language: str, used: set[tuple[int, str]]) -> list[Finding]:
    """Recoveries without a figure.

    Args:
        reading: the text.
        language: its tag.
        used: sentences and the roles that a figure of theirs has already.
    """
    reach = _SIGNS if is_signed(language) else _WORDS
    found = []
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING:
            continue
        finding = _recovery(sentence, reach, used)
        if finding is not None:
            found.append(finding)
    return found


def _recovery(sentence: Sentence, reach: int, used: set[tuple[int, str]]) -> Finding | None:
    for hit in sentence.of("role"):
        role = hit.tag.rstrip("<>=")
        if role not in _RECOVERIES or (sentence.number, role) in used or _hindered(sentence, hit):
            continue
        if role == "insured":
            needed = [("f.quantity",) if sentence.of("f.quantity") else ("f.paid",)]
        elif role == "made_whole":
            needed = [("f.paid",)]
        else:
            needed = [("f.quantity",), ("f.goods",)]
        near = [nearest(sentence, hit, sentence.of(family), reach) for (family,) in needed]
        beside = [one for one in near if one is not None]
        whole = near[0] is not None and sentence.words[near[0].first] in _EVERYTHING
        if len(beside) < len(near) and not whole:
            continue
        first = min([hit.first, *(one.first for one in beside)])
        last = max([hit.last, *(one.last for one in beside)])
        first, last = clause_around(sentence, first, last, signed=reach == _SIGNS)
        return Finding(sentence, role, first, last, f"words.{role}:{hit.phrase.split('|')[0]}", label=role)
    return None


def _hindered(sentence: Sentence, hit: Hit) -> bool:
    """Whether it is not so, or only if something else is."""
    return bool(_NOT_YET & set(sentence.words[max(0, hit.first - 6) : hit.first]))


def nearest(sentence: Sentence, hit: Hit, others: list[Hit], reach: int) -> Hit | None:
    """The nearest of the others within reach in the same clause."""
    words = sentence.words
    best: tuple[int, Hit] | None = None
    for other in others:
        if other.first < hit.last and hit.first < other.last:
            continue
        between = words[hit.last : other.first] if other.first >= hit.last else words[other.last : hit.first]
        if len(between) <= reach and not _ENDS & set(between) and (best is None or len(between) < best[0]):
            best = (len(between), other)
    return None if best is None else best[1]


def clause_around(sentence: Sentence, first: int, last: int, *, signed: bool) -> tuple[int, int]:
    """A few words to each side within the clause, for articles, subjects and verbs at the end."""
    words = sentence.words
    before, after = (10, 8) if signed else (4, 6)
    start = first
    while (
        start > 0
        and first - start < before
        and words[start - 1] not in _CLAUSE_ENDS
        and words[start - 1] not in (FIGURE, DATE)
    ):
        start -= 1
    end = last
    while end < len(words) and end - last < after and words[end] not in _CLAUSE_ENDS:
        end += 1
    return start, end
