"""How much a text speaks of its publisher as "we": whose own theft it may tell of."""

from __future__ import annotations

from typing import Final

from clawback.claims.lexicon import word_set
from clawback.claims.reading import Reading

_FIRST_PERSON: Final = word_set("victims.first_person")
_SIGNED: Final = tuple(sorted(word_set("victims.first_person_signs")))
_OFFICES: Final = word_set("victims.offices")
_OFTEN: Final = (1, 2, 4, 8)
_QUOTES: Final = frozenset({'"'})


def own_words(reading: Reading) -> int:
    """How often a text says "we" or "our" outside quotation marks, in whatever language."""
    told = sum(reading.folded.count(word) for word in _SIGNED) if not reading.folded.isascii() else 0
    inside = False
    for sentence in reading.sentences:
        for word in sentence.words:
            if word in _QUOTES:
                inside = not inside
            elif not inside and word in _FIRST_PERSON:
                told += 1
    return told


def publisher_cues(reading: Reading, publisher: str) -> set[str]:
    """The cues of a publisher that its text tells of its own theft."""
    told = own_words(reading)
    cues = {"is publisher"} | {f"says we {often}" for often in _OFTEN if told >= often}
    if not told:
        cues.add("never says we")
    if _OFFICES & set(publisher.lower().replace("'", " ").split()):
        cues.add("is office")
    return cues
