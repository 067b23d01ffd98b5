"""Techniques and laundering in texts that are not English.

A verb and its object stand in one clause, in either order.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.finding import Finding
from clawback.claims.laundering_steps import FITTING
from clawback.claims.layout import Kind
from clawback.claims.lexicon import word_set
from clawback.claims.other_languages import clause_around, is_signed, nearest
from clawback.claims.phrases import FIGURE, Hit
from clawback.claims.reading import Reading, Sentence

_PAIRS: Final = (
    ("how.get", ("how.secret",), 5),
    ("how.break", ("how.system",), 4),
    ("how.bend", ("how.price",), 5),
    ("how.use", ("technique",), 6),
    ("how.use", ("how.flaw",), 5),
    ("how.forge", ("how.proof",), 5),
)
"""Kinds of verb, the kinds of object that each needs, and how much the two tell."""

_NAMED: Final = 3
_ENOUGH: Final = 5
_CLEAR: Final = frozenset({"mixer", "broker", "gambling", "swap"})
_NOT: Final = word_set("other_languages.not_yet")


def ways(reading: Reading, language: str) -> list[Finding]:
    """The techniques of a reading."""
    signed = is_signed(language)
    found = []
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING or sentence.of("f.advice"):
            continue
        best: tuple[int, Hit, Hit | None] | None = None
        for verbs, kinds, weight in _PAIRS:
            objects = [hit for kind in kinds for hit in sentence.of(kind)]
            for other in objects:
                verb = nearest(sentence, other, sentence.of(verbs), 14 if signed else 6)
                if verb is None or _is_denied(sentence, min(verb.first, other.first)):
                    continue
                if best is None or weight > best[0]:
                    best = (weight, other, verb)
        if best is None and sentence.of("technique"):
            best = (_NAMED, sentence.of("technique")[0], None)
        if best is None:
            continue
        near = bool(
            sentence.of("event")
            or sentence.of("thief")
            or any(role.tag.startswith("loss") for role in sentence.of("role"))
        )
        if best[0] + 2 * near < _ENOUGH or _is_denied(sentence, best[1].first):
            continue
        _, other, verb = best
        first = min(other.first, other.first if verb is None else verb.first)
        last = max(other.last, other.last if verb is None else verb.last)
        first, last = clause_around(sentence, first, last, signed=signed)
        name = sentence.words[other.first] if verb is None else verb.phrase.split("|")[0]
        found.append(
            Finding(sentence, "technique", first, last, f"technique.{name}:{other.tag}", label=other.tag)
        )
    return found


def moves(reading: Reading, language: str) -> list[Finding]:
    """The laundering methods of a reading."""
    signed = is_signed(language)
    found = []
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING or sentence.of("f.advice"):
            continue
        best: tuple[int, Hit, Hit] | None = None
        for service in sentence.of("laundering_service"):
            if sentence.words[service.first] == FIGURE:
                continue
            for verb in sentence.of("laundering_verb"):
                if (
                    service.tag not in FITTING[verb.tag]
                    or nearest(sentence, service, [verb], 24 if signed else 10) is None
                ):
                    continue
                if service.tag not in _CLEAR and not _is_tainted(sentence):
                    continue
                gap = max(verb.first - service.last, service.first - verb.last, 0)
                weight = 30 - gap + (20 if service.tag in _CLEAR else 0)
                if best is None or weight > best[0]:
                    best = (weight, verb, service)
        if best is None or _is_denied(sentence, best[1].first):
            continue
        _, verb, service = best
        first, last = min(verb.first, service.first), max(verb.last, service.last)
        first, last = clause_around(sentence, first, last, signed=signed)
        found.append(
            Finding(
                sentence, "laundering_method", first, last,
                f"laundering.{verb.phrase.split('|')[0]}:{service.tag}", label=f"{verb.tag} {service.tag}",
            )
        )  # fmt: skip
    return found


def _is_tainted(sentence: Sentence) -> bool:
    return bool(
        sentence.of("thief")
        or sentence.of("actor")
        or sentence.of("f.goods")
        or any(figure.unit != "%" for figure in sentence.figures.values())
        or any(role.tag.startswith("loss") for role in sentence.of("role"))
    )


def _is_denied(sentence: Sentence, first: int) -> bool:
    return bool(_NOT & set(sentence.words[max(0, first - 4) : first]))
