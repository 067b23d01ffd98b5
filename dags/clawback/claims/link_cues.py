"""The cues of a sentence for saying that two thefts are one hand's work.

Which words tie is told by the rules (see `links`); that they stand in one clause with another theft, and what
else is in the sentence, tells whether it is two thefts that they tie.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.other_cues import concepts, cues_inside
from clawback.claims.other_thefts import other_thefts
from clawback.claims.reading import Sentence
from clawback.claims.victims import Victims

_STEMS: Final = "en "
_ALONE: Final = frozenset({"same", "again", "sure"})
"""Kinds of words that tie two thefts without naming the other: "by the same hand"."""


def link_cues(sentence: Sentence, victims: Victims) -> set[str]:
    """The kinds of phrases that share a clause, the words that tie, and other thefts beside them."""
    cues = {
        f"w {cue}" for cue in cues_inside(sentence, concepts(sentence), "en") if not cue.startswith(_STEMS)
    }
    others = other_thefts(sentence, victims)
    cues.add(f"others {min(2, len(others))}")
    for hit in sentence.of("link"):
        cues.add(f"tied {hit.tag}")
        if others:
            cues.add(f"tied {hit.tag} other")
    return cues


def may_link(sentence: Sentence, victims: Victims) -> bool:
    """Whether points alone may find a link: a word ties, and another theft or one hand is told of."""
    hits = sentence.of("link")
    return any(hit.tag in _ALONE for hit in hits) or (bool(hits) and bool(other_thefts(sentence, victims)))
