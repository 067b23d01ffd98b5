"""Cases from which points for texts are learned, and how sure each is by points that do not know it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from clawback.claims.points import Points
from clawback.claims.reading import Reading, read
from clawback.claims.scope import points_of, ruled_strength, theft_strength
from clawback.claims.text_cues import ruled_cues, text_cues
from tests.evaluate.corpus import Document

Case = tuple[frozenset[str], bool]
_PARTS: Final = 8
"""Parts of the corpus that are left out in turn. Documents of one author lie together in it."""


def reading_of(document: Document) -> Reading:
    """An English document as it is read."""
    return read(document.text, title=document.title, published=document.published, language="en")


def text_cases(documents: list[Document]) -> list[Case]:
    """The cues of each text, and whether it is about a theft."""
    found = []
    for document in documents:
        reading = reading_of(document)
        ruled = points_of(reading)
        cues = text_cues(reading) | ruled_cues(ruled, ruled_strength(ruled))
        found.append((frozenset(cues), document.is_theft))
    return found


def strengths(documents: list[Document], learn: Callable[[list[Case]], dict[str, int]]) -> dict[str, int]:
    """How sure it is of each text that it is about a theft, by points learned from the other documents.

    With points that were learned from the same texts all would be sure, and whoever learns from that would
    trust it too much.
    """
    known = text_cases(documents)
    size = -(-len(documents) // _PARTS)
    found = {}
    for start in range(0, len(documents), size):
        table = Points(learn(known[:start] + known[start + size :]))
        for document in documents[start : start + size]:
            found[document.name] = theft_strength(reading_of(document), "en", table)
    return found
