"""Known groups and states of a sentence, each by the name that claims give it."""

from __future__ import annotations

from typing import Final

from clawback.claims.agent import Agent, Who
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import Hit
from clawback.claims.reading import Sentence

STATES: Final = frozenset({"DPRK", "Russia", "China", "Iran"})
_OFFICES: Final = STATES | {"Reconnaissance General Bureau"}
_GROUP_NOUNS: Final = word_set("agents.group_nouns")


def known_groups(sentence: Sentence) -> list[Agent]:
    """Known groups and states; one that only describes another beside it is left out."""
    hits = sentence.of("actor")
    found = []
    for hit in hits:
        if _describes(sentence.words, hits, hit):
            continue
        first, last = hit.first, hit.last
        words = sentence.words
        while first > 0 and words[first - 1] in {"the", "a", "an", "notorious", "infamous", "suspected"}:
            first -= 1
        while last < len(words) and words[last] in _GROUP_NOUNS:
            last += 1
        found.append(Agent(first, last, hit.tag, Who.GROUP, "state" if hit.tag in STATES else "group"))
    return found


def _describes(words: list[str], hits: list[Hit], hit: Hit) -> bool:
    """Whether a state only describes a group beside it: "Lazarus Group, a North Korean syndicate"."""
    if hit.tag in _OFFICES:
        closer = [
            other
            for other in hits
            if other.tag not in _OFFICES or (hit.tag in STATES and other.tag not in STATES)
        ]
        return any(
            (-2 <= other.first - hit.last <= 9 and not _parted(words[hit.last : other.first]))
            or -1 <= hit.first - other.last <= 8
            for other in closer
        )
    # "Lazarus Group (also known as APT38)" is named by its first name.
    return any(
        other.tag not in _OFFICES
        and 0 < hit.first - other.last <= 6
        and (
            {"(", "known", "aka", "called", "alias", "or", "tracked"} & set(words[other.last : hit.first])
            or other.tag == hit.tag
        )
        for other in hits
    )


def _parted(between: list[str]) -> bool:
    return any(word in {";", ".", "but", "not"} for word in between)
