"""What happened to a figure in a text that is not English, weighed by its cues.

Each role has a table of points; the role with most points, if they are above zero, is the figure's. The rules
for figures (see `amounts`) are one cue among the others.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.figure import Figure
from clawback.claims.figure_roles import NOTHING, Governed
from clawback.claims.other_cues import concepts, cues_beside, cues_of_place
from clawback.claims.phrases import Hit
from clawback.claims.points import points
from clawback.claims.reading import Reading, Sentence

RULE: Final = "is found by rule"
ROLES: Final = ("loss", "recovered", "frozen", "returned", "seized", "insured", "made_whole", "actor_total")
"""The claims that a figure can carry; each has a table `other_figure_...`."""

FROM: Final = {
    "loss": -40,
    "recovered": -180,
    "frozen": -120,
    "returned": -150,
    "seized": -150,
    "insured": -200,
    "made_whole": -170,
    "actor_total": -180,
}
"""Points from which a figure may have the role: the rarer a role, the fewer points its cues get."""

MAX_FIGURES: Final = 40
_MONEY: Final = frozenset({"USD", "EUR", "GBP", "CHF", "JPY", "KRW", "CNY", "TWD", "RUB", "BRL", "MXN"})
_SIZES: Final = (1_000, 10_000, 100_000, 1_000_000, 100_000_000)
_QUOTED: Final = 8


def figure_cues(
    reading: Reading,
    sentence: Sentence,
    word: int,
    ruled: dict[tuple[int, int], Governed],
    language: str,
    *,
    is_first: bool,
) -> set[str]:
    """All cues of a figure.

    Args:
        reading: the text.
        sentence: that of the figure.
        word: its place.
        ruled: what the rules made of figures, by sentence and word.
        language: tag such as `de`.
        is_first: whether it is the first figure of the text.
    """
    figure = sentence.figures[word]
    kinds = concepts(sentence)
    cues = cues_beside(sentence, word, word + 1, kinds, language) | cues_of_place(reading, sentence)
    kind = "%" if figure.unit == "%" else "money" if figure.unit in _MONEY else "coins"
    cues |= {f"is unit {kind}", f"is {figure.qualifier}"}
    if kind == "money" and figure.value is not None:
        cues.add(f"is money under {next((most for most in _SIZES if figure.value < most), 'more')}")
    if is_first:
        cues.add("is first figure")
    if any(_same(figure, other) for other in reading.title.figures.values()):
        cues.add("is in headline")
    places = sorted(sentence.figures)
    at = places.index(word)
    cues.add("is alone" if len(places) == 1 else f"is figure {min(at, 2)}")
    item = ruled.get((sentence.number, word))
    cues.add(f"{RULE} {'none' if item is None else item.role}")
    for side, place in (("before", at - 1), ("behind", at + 1)):
        if 0 <= place < len(places):
            other = ruled.get((sentence.number, places[place]))
            between = sentence.words[min(word, places[place]) + 1 : max(word, places[place])]
            close = "close" if len(between) <= 3 else "far"
            cues.add(f"{RULE} {side} {close} {'none' if other is None else other.role}")
    return cues


def _same(one: Figure, other: Figure) -> bool:
    return (one.value, one.unit) == (other.value, other.unit)


def weigh_other_figures(reading: Reading, governed: list[Governed], language: str) -> list[Governed]:
    """The figures with the roles that have most points, in the order of the text.

    Args:
        reading: the text.
        governed: what the rules found.
        language: tag such as `de`.
    """
    ruled = {(item.sentence.number, item.word): item for item in governed}
    tables = {role: points(f"other_figure_{role}") for role in ROLES}
    result: list[Governed] = []
    is_first = True
    for sentence in reading.sentences:
        if len(sentence.figures) > MAX_FIGURES:
            result.extend(item for item in governed if item.sentence is sentence)
            continue
        for word, figure in sentence.figures.items():
            cues = figure_cues(reading, sentence, word, ruled, language, is_first=is_first)
            is_first = False
            worth, role = max((tables[role].total(cues) - FROM[role], role) for role in ROLES)
            item = ruled.get((sentence.number, word))
            if worth <= 0:
                if item is not None:
                    result.append(Governed(sentence, word, figure, NOTHING, item.hit, item.rule))
                continue
            if item is not None and item.role == role:
                result.append(item)
                continue
            rule = f"weighed.{role}: {tables[role].reasons(cues)}"
            result.append(Governed(sentence, word, figure, role, _hit(sentence, word, role), rule))
    return result


def _hit(sentence: Sentence, word: int, role: str) -> Hit | None:
    """The nearest phrase of a role, for the quotation."""
    near = [
        (max(word - hit.last, hit.first - word - 1), hit)
        for hit in sentence.of("role")
        if hit.tag.rstrip("<>=") == role
    ]
    best = min(near, default=None)
    return best[1] if best is not None and best[0] <= _QUOTED else None
