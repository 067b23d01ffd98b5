"""Matches claims with answers one to one and counts what is right, field by field.

An amount matches with the same type and unit and a value within one per cent (a range with both ends); a date
on the same day, a coarser answer inside which the claim lies; an attribution with the same actor and stance;
the rest where at least half of an answer's quotation lies in a claim's that is at most three times as long.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from clawback.claims.claim import Claim
from tests.evaluate.corpus import Document, Label

AMOUNTS: Final = frozenset(
    {"loss", "recovered", "frozen", "returned", "seized", "insured", "made_whole", "actor_total"}
)
_TOLERANCE: Final = Decimal("0.01")


@dataclass
class Score:
    """Counts by claim type; `fields` counts right and compared values of the matched claims' fields."""

    expected: Counter[str] = field(default_factory=Counter)
    matched: Counter[str] = field(default_factory=Counter)
    made: Counter[str] = field(default_factory=Counter)
    wrong: Counter[str] = field(default_factory=Counter)
    optional: Counter[str] = field(default_factory=Counter)
    judged: Counter[str] = field(default_factory=Counter)
    unjudged: int = 0
    fields: dict[str, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0, 0]))
    negatives: int = 0
    negatives_with_loss: int = 0
    bad_quotations: int = 0
    misses: list[str] = field(default_factory=list)

    def recall(self, types: set[str]) -> tuple[int, int]:
        """Matched and expected answers of these types."""
        return sum(self.matched[name] for name in types), sum(self.expected[name] for name in types)

    def precision(self, types: set[str]) -> tuple[int, int]:
        """Claims that match an answer or were judged right, and all but those that match a doubtful one."""
        right = sum(self.matched[name] + self.judged[name] for name in types)
        return right, right + sum(self.wrong[name] for name in types)


class Aliases:
    """Names that mean the same speaker or actor; see aliases.txt."""

    def __init__(self, text: str) -> None:
        self._first: dict[str, str] = {}
        for line in text.splitlines():
            if line.strip() and not line.startswith("#"):
                names = [_plain(name) for name in line.split("=")]
                for name in names:
                    self._first[name] = names[0]

    def _known(self, name: str) -> str:
        if name in self._first:
            return self._first[name]
        # "hackers affiliated with North Korea" names the country and nobody closer.
        held = [
            first for alias, first in self._first.items() if first == "dprk" and f" {alias} " in f" {name} "
        ]
        return held[0] if len(set(held)) == 1 else name

    def same(self, one: str | None, other: str | None) -> bool:
        """Whether two names mean the same: equal after the aliases, or one's words are among the other's."""
        if one is None or other is None:
            return one is other
        left, right = _plain(one), _plain(other)
        if _within(left, right):
            return True
        return _within(self._known(left), self._known(right))


def _within(one: str, other: str) -> bool:
    """Whether the words of one name are among those of the other; the article is only itself."""
    if "author" in (one, other):
        return one == other
    few, many = sorted((set(one.split()), set(other.split())), key=len)
    return bool(few) and few <= many


def unmatched(document: Document, claims: list[Claim], aliases: Aliases) -> list[Claim]:
    """The claims of a document that no answer holds."""
    taken = {id(claim) for _, claim in _pairs(document, claims, aliases)}
    return [
        claim
        for claim in claims
        if id(claim) not in taken and not any(_matches(label, claim, aliases) for label in document.labels)
    ]


def score_document(
    document: Document,
    claims: list[Claim],
    score: Score,
    aliases: Aliases,
    judge: Callable[[str, Claim], bool | None] | None = None,
) -> None:
    """Add one document's claims to a score.

    Args:
        document: a text and its answers.
        claims: what was read from it.
        score: what is added to.
        aliases: names that mean the same.
        judge: what a reader said of a claim without an answer; None where nobody did, which counts as wrong.
    """
    pairs = _pairs(document, claims, aliases)
    taken_labels = {id(label) for label, _ in pairs}
    taken_claims = {id(claim) for _, claim in pairs}
    for label in document.labels:
        if not label.optional:
            score.expected[label.claim_type] += 1
            if id(label) not in taken_labels:
                score.misses.append(
                    f"{document.name} miss {label.claim_type} {label.value} {label.unit}: {label.quote!r}"
                )
    for claim in claims:
        score.made[claim.claim_type] += 1
        for start, end in ((claim.start, claim.end), *claim.also):
            if not 0 <= start < end <= len(document.text):
                score.bad_quotations += 1
        if document.text[claim.start : claim.end] != claim.quote:
            score.bad_quotations += 1
        if id(claim) not in taken_claims:
            if any(_matches(label, claim, aliases) for label in document.labels):
                score.optional[claim.claim_type] += 1
                continue
            verdict = judge(document.name, claim) if judge is not None else False
            if verdict:
                score.judged[claim.claim_type] += 1
                continue
            score.unjudged += verdict is None
            score.wrong[claim.claim_type] += 1
            score.misses.append(
                f"{document.name} wrong {claim.claim_type} {claim.value} {claim.unit} {claim.rule}:"
                f" {claim.quote!r}"
            )
    for label, claim in pairs:
        if label.optional:
            score.optional[label.claim_type] += 1
            continue
        score.matched[label.claim_type] += 1
        _score_fields(document, label, claim, score, aliases)
    if not document.is_theft:
        score.negatives += 1
        score.negatives_with_loss += any(claim.claim_type == "loss" for claim in claims)


def _pairs(document: Document, claims: list[Claim], aliases: Aliases) -> list[tuple[Label, Claim]]:
    """One-to-one pairs, the closest first: same speaker and overlapping quotation before the rest."""
    possible = []
    for at, label in enumerate(document.labels):
        for place, claim in enumerate(claims):
            if _matches(label, claim, aliases):
                overlap = any(start < claim.end and claim.start < end for start, end in label.spans)
                speaker = aliases.same(label.asserted_by, claim.asserted_by)
                possible.append((label.optional, not overlap, not speaker, at, place))
    pairs = []
    labels: set[int] = set()
    places: set[int] = set()
    for *_, at, place in sorted(possible):
        if at not in labels and place not in places:
            labels.add(at)
            places.add(place)
            pairs.append((document.labels[at], claims[place]))
    return pairs


def _matches(label: Label, claim: Claim, aliases: Aliases) -> bool:
    if label.claim_type != claim.claim_type:
        return False
    if label.claim_type == "date":
        return claim.when is not None and label.value is not None and _same_day(label.value, claim.when)
    if label.claim_type == "attribution":
        if label.stance == "unknown" or claim.actor_stance == "unknown":
            return label.stance == claim.actor_stance
        if (label.stance == "denied") != (claim.actor_stance == "denied" or claim.hedge_level == "denied"):
            return False
        return aliases.same(label.actor, claim.actor)
    if label.claim_type in AMOUNTS and (label.value is not None or label.low is not None):
        if (label.unit or "").upper() != (claim.unit or "").upper():
            return False
        if label.value is not None:
            return _near(label.value, claim.value)
        return _near(label.low, claim.low) and _near(label.high, claim.high)
    if claim.value is not None:
        return False
    return any(
        _covers(span, place) for span in label.spans for place in ((claim.start, claim.end), *claim.also)
    )


def _same_day(label: str, when: str) -> bool:
    return when[:10].startswith(label[:10]) or (len(label) >= 10 and label[:10] == when[:10])


def _near(label: str | None, value: Decimal | None) -> bool:
    if label is None or value is None:
        return False
    wanted = Decimal(label)
    return abs(wanted - value) <= abs(wanted) * _TOLERANCE


def _covers(label: tuple[int, int], claim: tuple[int, int]) -> bool:
    shared = min(label[1], claim[1]) - max(label[0], claim[0])
    length = label[1] - label[0]
    return 2 * shared >= length and claim[1] - claim[0] <= 3 * length


def _score_fields(document: Document, label: Label, claim: Claim, score: Score, aliases: Aliases) -> None:
    def count(name: str, right: bool) -> None:
        if name in document.scored:
            score.fields[name][0] += right
            score.fields[name][1] += 1
            if not right:
                wanted = getattr(label, "level" if name == "hedge_level" else name)
                got = getattr(claim, name)
                score.misses.append(
                    f"{document.name} {name} {label.claim_type}: wanted {wanted!r}, got {got!r},"
                    f" {claim.quote!r}"
                )

    count("asserted_by", aliases.same(label.asserted_by, claim.asserted_by))
    count("hedge", _same_hedge(label.hedge, claim.hedge))
    count("hedge_level", label.level == claim.hedge_level)
    if label.qualifier is not None and claim.qualifier is not None:
        count("qualifier", label.qualifier == claim.qualifier)
    if label.victim is not None:
        count("victim", aliases.same(label.victim, claim.victim))
    if label.as_of is not None:
        count("as_of", claim.as_of is not None and _same_day(label.as_of, claim.as_of))


def _same_hedge(label: str | None, hedge: str | None) -> bool:
    if label is None or hedge is None:
        return label is hedge
    one, other = label.lower(), hedge.lower()
    return one in other or other in one


def _plain(name: str) -> str:
    words = re.sub(r"[^\w]+", " ", name.casefold().replace("'s", " ")).split()
    return " ".join(word for word in words if word not in {"the", "a", "an"})
