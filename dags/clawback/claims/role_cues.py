"""The cues of a figure of an English text: what is around it, what the rules made of it and of others.

Points are learned for each role from the same cues. That the rules call a figure returned is a cue for its
being so, and one against its being a loss; so is what they call the figure beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from clawback.claims.cues import cues_around, figure_cues, place_cues, word_cues
from clawback.claims.figure_roles import Governed
from clawback.claims.kind_cues import bin_of, kinds_around, kinds_of_neighbours
from clawback.claims.other_cues import concepts
from clawback.claims.reading import Reading, Sentence

RULE: Final = "is found by rule"
_WEIGHED: Final = "weighed"
_CLOSE: Final = 3
_BESIDE: Final = 2
_DIGITS: Final = (4, 5, 6, 7, 8, 9, 10)
_SENTENCES: Final = (0, 1, 2, 4, 8, 16)


@dataclass(frozen=True)
class Ruled:
    """What the rules made of the figures of a text.

    `at` is by sentence and word, `roles` the roles of each sentence, `told` the places and roles of each sum
    by value and unit, in the order of the text.
    """

    at: dict[tuple[int, int], Governed]
    roles: dict[int, set[str]]
    told: dict[tuple[Decimal | None, str | None], list[tuple[tuple[int, int], str]]]


def ruled_of(governed: Iterable[Governed]) -> Ruled:
    """The verdicts of the rules by place, by sentence and by sum."""
    ruled = Ruled({}, {}, {})
    for item in governed:
        place = item.sentence.number, item.word
        ruled.at[place] = item
        ruled.roles.setdefault(item.sentence.number, set()).add(item.role)
        ruled.told.setdefault((item.figure.value, item.figure.unit), []).append((place, item.role))
    return ruled


def role_cues(
    reading: Reading, sentence: Sentence, word: int, ruled: Ruled, strength: int, *, is_first: bool
) -> set[str]:
    """All cues of a figure.

    Args:
        reading: the text.
        sentence: that of the figure.
        word: its place.
        ruled: what the rules made of all figures.
        strength: how sure it is that the text is about a theft.
        is_first: whether it is the first figure of the text.
    """
    figure = sentence.figures[word]
    item = ruled.at.get((sentence.number, word))
    cues = place_cues(reading, sentence, strength) | cues_around(sentence, word)
    cues |= figure_cues(reading, figure, is_first=is_first)
    cues |= {f"by {other}" for other in word_cues(sentence) if "_" not in other}
    cues |= kinds_around(sentence, word) | kinds_of_neighbours(reading, sentence)
    cues.add(f"is sentence {bin_of(sentence.number, _SENTENCES)}")
    if sentence.dates:
        cues.add("is with date")
    if figure.unit == "USD" and figure.value is not None:
        cues.add(f"is of {bin_of(len(str(int(figure.value))), _DIGITS)} digits")
    lead = reading.lead(sentence)
    if lead is not None:
        cues |= {f"lead kind {kind}" for _, _, kind in concepts(lead)}
    return cues | _verdict(item, word) | _beside(sentence, word, ruled) | _elsewhere(sentence, word, ruled)


def _verdict(item: Governed | None, word: int) -> set[str]:
    """What the rules made of the figure, by which phrase and how far from it."""
    if item is None:
        return {f"{RULE} none"}
    cues = {f"{RULE} {item.role}"}
    if item.rule.startswith(_WEIGHED):
        cues.add(f"{RULE} by points")
    if item.hit is not None:
        distance = max(item.hit.first - word - 1, word - item.hit.last)
        cues |= {f"{RULE} {item.hit.tag} {item.role}", f"{RULE} within {bin_of(distance)} {item.role}"}
    return cues


def _beside(sentence: Sentence, word: int, ruled: Ruled) -> set[str]:
    """The figures before and behind in the sentence: how near, and what the rules made of them."""
    places = sorted(sentence.figures)
    at = places.index(word)
    cues = {"is alone" if len(places) == 1 else f"is figure {min(at, 2)}"}
    for side, place in (("before", at - 1), ("behind", at + 1)):
        if not 0 <= place < len(places):
            continue
        other = ruled.at.get((sentence.number, places[place]))
        between = sentence.words[min(word, places[place]) + 1 : max(word, places[place])]
        close = "close" if len(between) <= _CLOSE else "far"
        cues.add(f"{RULE} {side} {close} {'none' if other is None else other.role}")
        cues.add(f"{side} close {' '.join(between)}" if len(between) <= _BESIDE else f"{side} far")
    return cues


def _elsewhere(sentence: Sentence, word: int, ruled: Ruled) -> set[str]:
    """The roles of the sentences beside, and those that the same sum has before."""
    cues = {
        f"{RULE} {name} sentence {role}"
        for name, number in (("before", sentence.number - 1), ("behind", sentence.number + 1))
        for role in ruled.roles.get(number, ())
    }
    figure = sentence.figures[word]
    here = sentence.number, word
    told = ruled.told.get((figure.value, figure.unit), [])
    return cues | {f"{RULE} told before {role}" for place, role in told if place < here}
