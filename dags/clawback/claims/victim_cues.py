"""The cues of a name that it is the victim's: where it stands, how often, and beside which words.

All places of a name in a text count together, so that one plain sentence about the theft tells for all.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.cues import WRITTEN
from clawback.claims.names import Name, is_camel
from clawback.claims.reading import Sentence

RULE: Final = "is found by rule"
_NEAR: Final = 3
_STEM: Final = 5
_EARLY: Final = 3
_OFTEN: Final = (1, 2, 4, 8)
_MAX_PLACES: Final = 40
_SCENES: Final = ("event", "thief", "say", "actor", "laundering_service", "how.own")


def victim_cues(
    places: list[tuple[Sentence, Name]],
    *,
    order: int,
    is_certain: bool,
    is_publisher: bool,
    rank: int | None,
    is_robbed: bool,
    told_rank: int,
) -> set[str]:
    """All cues of a name.

    Args:
        places: its sentences, that of the headline with a negative number, and where it stands in them.
        order: how many other names a text has before it.
        is_certain: whether it is surely a name.
        is_publisher: whether the text is its own.
        rank: its place among the names that the rules take for the victim's; None where they know nothing.
        is_robbed: whether a rule reads somewhere that it was robbed.
        told_rank: how many names stand more often.
    """
    name = places[0][1]
    cues = {"is certain" if is_certain else "is uncertain", f"is name {min(order, _EARLY)}"}
    cues |= {f"is told {often}" for often in _OFTEN if len(places) >= often}
    if is_publisher:
        cues.add("is publisher")
    if is_camel(name.text):
        cues.add("is camel")
    if name.text.isupper():
        cues.add("is upper")
    cues.add(f"is of {min(len(name.text.split()), _EARLY)} words")
    if rank is not None:
        cues.add(f"{RULE} {min(rank, _EARLY)}")
    for sentence, place in places[:_MAX_PLACES]:
        cues |= _beside(sentence, place)
    return cues


def _beside(sentence: Sentence, name: Name) -> set[str]:
    words = sentence.words
    cues = set()
    if sentence.number < 0:
        cues |= {"is in headline", f"is headline {name.first == 0}"}
    elif sentence.number < _EARLY:
        cues.add(f"is in sentence {sentence.number}")
    cues |= {f"with {family}" for family in _SCENES if sentence.of(family)}
    if name.first == 0:
        cues.add("<1 begin")
    for at in range(max(0, name.first - _NEAR), min(len(words), name.last + _NEAR)):
        if name.first <= at < name.last:
            continue
        own = WRITTEN.get(words[at], words[at])
        side, distance = ("<", name.first - at) if at < name.first else (">", at - name.last + 1)
        cues.add(f"{side}{own}")
        if distance == 1:
            cues.add(f"{side}1 {own}")
        if len(own) > _STEM:
            cues.add(f"{side}~{own[:_STEM]}")
    return cues
