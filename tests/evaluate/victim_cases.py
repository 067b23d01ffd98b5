"""The cases from which points for victims are learned: every name of a document, a victim's or not."""

from __future__ import annotations

from clawback.claims.fold import fold
from clawback.claims.names import key_of
from clawback.claims.reading import read
from clawback.claims.victims import Victims
from tests.evaluate.corpus import Document

Case = tuple[frozenset[str], bool]


def victim_cases(documents: list[Document]) -> list[Case]:
    """The names of all documents with a theft; part of a victim's name is no case."""
    found: list[Case] = []
    for document in documents:
        wanted = {key_of(label.victim) for label in document.labels if label.victim}
        if not wanted:
            continue
        reading = read(
            document.text, title=document.title, published=document.published, language=document.language
        )
        victims = Victims(reading, fold(document.title), document.publisher)
        for key, cues in victims.cases().items():
            of_publisher = "is never told" in cues and any(key.startswith(name) for name in wanted)
            if key in wanted or of_publisher:
                found.append((frozenset(cues), True))
            elif not any(key in other or other in key for other in wanted):
                found.append((frozenset(cues), False))
    return found
