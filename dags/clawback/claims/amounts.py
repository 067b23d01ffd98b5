"""What happened to a figure: lost, recovered, frozen, returned, seized, insured, made whole, or nothing.

Each figure is governed by the phrase of family `role` that stands nearest (see `figure_costs`). Figures that
are another form of the one before ("1,008 BTC ($10.7 million)") and members of a list share one phrase. A
list item without a phrase of its own has that of the line above its list. What then is left without a role
is weighed: in a report of a theft most sums that nothing else explains are the loss.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.figure_costs import cost_of
from clawback.claims.figure_doubts import RECOVERY
from clawback.claims.figure_groups import brings_total, groups_of
from clawback.claims.figure_leads import led, role_of_line
from clawback.claims.figure_roles import MAYBE, NOTHING, Governed, role_of
from clawback.claims.figure_weights import Weights, weighed
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import Hit
from clawback.claims.reading import Reading, Sentence
from clawback.claims.scope import MERE, tells_theft

MAX_FIGURES: Final = 40
"""A sentence with more figures is a table that lost its lines; it goes to review."""

_FURNITURE: Final = word_set("amounts.furniture")
_LONG_LABEL: Final = 4
_GOT_BACK: Final = {"seizure": "seized", "recovery": "recovered"}
_THESE: Final = frozenset({"these", "those"})
_THEFT_TEXT: Final = 2
"""A text with so many words of theft is about one; there "the count is $46 million" is a loss."""


def govern(reading: Reading, strength: int) -> list[Governed]:
    """The role of every figure of a reading, in order; figures without any role are left out.

    Args:
        reading: the text.
        strength: of `scope.theft_strength`; a text that hardly speaks of theft needs plain words for a loss.
    """
    about_theft = strength >= _THEFT_TEXT
    roles: dict[int, str] = {}
    result: list[Governed] = []
    headline = [
        item.figure
        for item in _in_sentence(reading, reading.title, {}, about_theft=about_theft)
        if item.role == "loss"
    ]
    weights = Weights(headline, strength)
    for sentence in reading.sentences:
        if len(sentence.figures) > MAX_FIGURES or _is_furniture(reading, sentence):
            continue
        found = _in_sentence(reading, sentence, roles, about_theft=about_theft)
        found = (
            weighed(sentence, found, weights)
            if about_theft
            else [item for item in found if item.role != MAYBE]
        )
        result.extend(found)
        weights.remember(found)
        strongest = [item.role for item in found if item.role != NOTHING]
        own = strongest[0] if strongest else role_of_line(sentence)
        if own is not None:
            roles[sentence.number] = own
    return result


def _in_sentence(
    reading: Reading, sentence: Sentence, roles: dict[int, str], *, about_theft: bool
) -> list[Governed]:
    result: list[Governed] = []
    for group in groups_of(sentence):
        if result and brings_total(sentence, group[0]):
            before = result[-1]
            result.extend(_like(before, sentence, word) for word in group)
            continue
        hit = _nearest(sentence, group, about_theft=about_theft)
        if hit is None:
            result.extend(led(reading, sentence, group, roles))
            continue
        if result and _is_value_of_last(sentence, hit, result[-1], group[0]):
            before = result[-1]
            result.extend(_like(before, sentence, word) for word in group)
            continue
        role, hit, rule = role_of(sentence, group, hit)
        if role == "loss" and _is_worth_of_these(sentence, hit):
            # "Police seized part of the coins. These were valued at $3.6 million."
            role = _recovery_before(reading, sentence) or role
        other = _nearest(sentence, group, about_theft=about_theft, but=hit) if role == MAYBE else None
        if other is not None:
            role, hit, rule = role_of(sentence, group, other)
        result.extend(
            Governed(
                sentence,
                word,
                sentence.figures[word],
                role,
                hit,
                rule if word == group[0] else f"{rule}+list",
            )
            for word in group
        )
    return result


def _is_worth_of_these(sentence: Sentence, hit: Hit) -> bool:
    """Whether a sum is what "these" are worth, of which the sentence before told."""
    return hit.tag == "amount>" and sentence.words[0] in _THESE


def _recovery_before(reading: Reading, sentence: Sentence) -> str | None:
    """What the sentence before tells of coins that were got back, by its verb or its noun."""
    if not 0 < sentence.number < len(reading.sentences):
        return None
    before = reading.sentences[sentence.number - 1]
    verbs = [hit.tag.rstrip("<>=") for hit in before.of("role")]
    nouns = [_GOT_BACK[word] for word in before.words if word in _GOT_BACK]
    return next((role for role in (*verbs, *nouns) if role in RECOVERY), None)


def _is_furniture(reading: Reading, sentence: Sentence) -> bool:
    """Whether a line is one of the page around the text: "Related", "More on this: ..."."""
    lead = reading.lead(sentence)
    for line in (sentence, lead):
        first = [] if line is None else line.words[:3]
        if line is not None and (
            (first[:1] and first[0] in _FURNITURE and len(line.words) <= _LONG_LABEL)
            or first in (["more", "on", "this"], ["read", "more", ":"], ["you", "may", "also"])
            or first[:2] in (["see", "also"], ["also", "read"], ["read", "also"], ["related", ":"])
        ):
            return True
    return False


def _like(before: Governed, sentence: Sentence, word: int) -> Governed:
    return Governed(sentence, word, sentence.figures[word], before.role, before.hit, f"{before.rule}+list")


def _is_value_of_last(sentence: Sentence, hit: Hit, before: Governed, word: int) -> bool:
    """Whether a figure is the value of the one before: "seized 50 BTC at his home, valued at $3 million"."""
    if not hit.phrase.startswith(("valued", "worth", "~put|peg")):
        return False
    if not before.word < hit.first < word:
        return False
    return not any(
        before.word < other.first < hit.first and not other.tag.startswith(("amount", "nothing"))
        for other in sentence.of("role")
    )


def _nearest(
    sentence: Sentence, group: list[int], *, about_theft: bool, but: Hit | None = None
) -> Hit | None:
    best: tuple[int, Hit] | None = None
    theft = bool(sentence.of("event"))
    for hit in sentence.of("role"):
        if but is not None and hit.tag[:4] == but.tag[:4]:
            continue
        if hit.tag == "amount>" and not (theft or about_theft):
            continue
        if not about_theft and sentence.words[hit.first] in MERE and not tells_theft(sentence):
            continue
        for word in group:
            cost = cost_of(sentence, hit, word, group)
            if cost is not None and (best is None or cost < best[0]):
                best = (cost, hit)
    return None if best is None else best[1]
