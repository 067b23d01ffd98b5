"""Weighs what the rules made of figures against all that stands around them, and what no rule has words for.

A rule knows some ways of saying a thing; what stands around it says as much. The cues of a figure have points
for each role (see `points`), and so has the verdict of the rules. The role with most points is the figure's,
whether a rule found it or not; a rule's finding that almost everything speaks against is dropped. This is for
English texts.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from clawback.claims.figure import Figure
from clawback.claims.figure_doubts import is_passed_on
from clawback.claims.figure_roles import NOTHING, Governed
from clawback.claims.phrases import FIGURE, Hit
from clawback.claims.points import Points, points
from clawback.claims.reading import Reading, Sentence
from clawback.claims.role_cues import role_cues, ruled_of
from clawback.claims.totals import is_total

FROM: Final = {
    "loss": 10,
    "recovered": -80,
    "frozen": -80,
    "returned": -80,
    "seized": -80,
    "insured": -80,
    "made_whole": -80,
}
"""Points from which a figure has a role: the rarer the role, the fewer points its cues get."""

_TRUSTED: Final = {"loss": 40}
_TRUSTED_BESIDES: Final = 260
"""Points that a rule's verdict counts for beyond those that were learned for it; a heading's verdict too."""

_MAX_FIGURES: Final = 40
_SMALL: Final = 5_000
"""Dollars below which a sum that no rule knows is a price or a fee."""

_QUOTED: Final = 8
_NOT_REAL: Final = ", not real"
"""End of the rule of what is offered, asked for or planned: nothing around it makes it so."""


def table_of(role: str) -> str:
    """The name of the table of a role."""
    return role if role == "loss" else f"figure_{role}"


def weigh_figures(reading: Reading, governed: list[Governed], strength: int) -> list[Governed]:
    """The figures with their roles, after all are weighed; in the order of the text.

    Args:
        reading: the text.
        governed: what the rules found.
        strength: how sure it is that the text is about a theft.
    """
    tables = {role: points(table_of(role)) for role in FROM}
    ruled = ruled_of(governed)
    result: list[Governed | None] = []
    is_first = True
    for sentence in reading.sentences:
        crowded = len(sentence.figures) > _MAX_FIGURES
        for word, figure in sentence.figures.items():
            item = ruled.at.get((sentence.number, word))
            if crowded or _is_settled(reading, item, figure):
                result.extend([item] if item is not None else [])
            else:
                cues = role_cues(reading, sentence, word, ruled, strength, is_first=is_first)
                result.append(_weighed(sentence, word, item, tables, cues, result))
            is_first = False
    return [item for item in result if item is not None]


def _is_settled(reading: Reading, item: Governed | None, figure: Figure) -> bool:
    """Whether nothing is weighed: a share or a small sum that no rule knows, or the sum of several thefts."""
    if item is None:
        return figure.unit == "%" or (figure.unit == "USD" and (figure.value or _SMALL) < _SMALL)
    return is_total(reading, item) is not None


def _weighed(
    sentence: Sentence,
    word: int,
    item: Governed | None,
    tables: dict[str, Points],
    cues: set[str],
    before: list[Governed | None],
) -> Governed | None:
    """A figure with the role for which most speaks, or with none."""
    figure = sentence.figures[word]
    known = None if item is None else item.role
    worth, role = max(
        (
            tables[role].total(cues)
            - FROM[role]
            + (_trust(item) if item is not None and role == known else 0),
            role,
        )
        for role in FROM
        if role != "loss" or figure.unit != "%"
    )
    if worth <= 0:
        return None if item is None else replace(item, role=NOTHING)
    if item is not None and (role == known or item.rule.endswith(_NOT_REAL)):
        return item
    if role == "loss" and not _may_be_loss(sentence, word, before):
        return item
    rule = f"weighed.{role}: {tables[role].reasons(cues)}"
    return Governed(sentence, word, figure, role, _hit(sentence, word, role), rule)


def _trust(item: Governed) -> int:
    return _TRUSTED_BESIDES if item.rule.startswith("lead.") else _TRUSTED.get(item.role, _TRUSTED_BESIDES)


def _hit(sentence: Sentence, word: int, role: str) -> Hit | None:
    """The nearest phrase of a role that is no loss, for the quotation."""
    if role == "loss":
        return None
    near = [
        (max(word - hit.last, hit.first - word - 1), hit)
        for hit in sentence.of("role")
        if hit.tag.rstrip("<>=") == role
    ]
    best = min(near, key=lambda one: (one[0], one[1].first), default=None)
    return best[1] if best is not None and best[0] <= _QUOTED else None


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
