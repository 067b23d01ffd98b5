"""Which other thefts a sentence speaks of: "a second heist", "the Ronin hack", "the address that robbed it".

A reference is a place in the sentence and a name for it. The theft that the text is about is none.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from clawback.claims.lexicon import word_set
from clawback.claims.names import Name
from clawback.claims.phrases import FIGURE
from clawback.claims.reading import DATE, Sentence
from clawback.claims.victims import Victims

_THEFTS: Final = word_set("links.thefts")
_OTHER: Final = word_set("links.other")
_THIEVES: Final = word_set("links.thieves")
_ACTS: Final = word_set("links.acts")
_HOUSES: Final = word_set("links.houses")
_NEXT: Final = frozenset({"another", "second", "third", "fourth", "other"})
_TAKING: Final = frozenset({"took", "stole", "drained", "taking", "stealing", "of", "for"})
_OF: Final = frozenset({"of", "on", "against", "at", "from", "upon"})
_KINDS: Final = frozenset({"bridge", "exchange", "crypto", "network", "protocol", "wallet", "finance", "'s"})
_VAGUE: Final = frozenset({"group", "person", "actor", "actors"})
_ENDS: Final = frozenset({",", ".", ";", "and", "but", "that", "which", "who", "was", "were", "is"})


class Reference(NamedTuple):
    """Another theft: words `first` up to `last`, and what it is called."""

    first: int
    last: int
    label: str


def other_thefts(sentence: Sentence, victims: Victims) -> list[Reference]:
    """The other thefts of a sentence, in order."""
    found = [*_counted(sentence), *_named(sentence, victims)]
    return sorted(found)


def _counted(sentence: Sentence) -> list[Reference]:
    """Thefts that are counted: "another attack", "two earlier hacks", "a second one"."""
    words = sentence.words
    found = []
    for place, word in enumerate(words):
        if word not in _OTHER:
            continue
        for noun in range(place + 1, min(len(words), place + 8)):
            if words[noun] in _THEFTS or (words[noun] == "one" and noun == place + 1):
                label = " ".join(part for part in words[place : noun + 1] if part.isalpha())
                found.append(Reference(place, noun + 1, label))
                break
            if word in _NEXT and words[noun] in _HOUSES:
                found.append(Reference(place, noun + 1, f"{word} {words[noun]}"))
                break
            if words[noun] in _ENDS:
                break
            if words[noun] == FIGURE and words[place - 1 : place] and words[place - 1] in _TAKING:
                # "came back and took another $3 million"
                found.append(Reference(place - 1, noun + 1, "another theft"))
                break
    return [*found, *_unnamed(words)]


def _unnamed(words: list[str]) -> list[Reference]:
    """Thefts of a house without a name: "the theft of $48.5 million from an exchange in Seoul"."""
    found = []
    for place, word in enumerate(words):
        if word not in _THEFTS:
            continue
        for at in range(place + 1, min(len(words) - 1, place + 9)):
            if words[at] in _ENDS:
                break
            if words[at] in _OF and words[at + 1] in {"a", "an", "another", "its"}:
                for noun in range(at + 2, min(len(words), at + 8)):
                    if words[noun] in _HOUSES:
                        found.append(Reference(place, noun + 1, f"{word} of another {words[noun]}"))
                        break
    return found


def _named(sentence: Sentence, victims: Victims) -> list[Reference]:
    main = (victims.main or "").casefold()
    found = []
    for name in victims.names_of(sentence):
        key = name.text.casefold()
        if key == main or (main and (main in key or key in main.split())):
            continue
        reference = _theft_of(sentence, name)
        if reference is not None:
            found.append(reference)
    return found


def _theft_of(sentence: Sentence, name: Name) -> Reference | None:
    """The theft that a name's neighbours make of it."""
    words = sentence.words
    for place in range(name.last, min(len(words), name.last + 5)):
        if words[place] in _THEFTS or words[place] in _THIEVES - _VAGUE:
            return Reference(name.first, place + 1, f"{name.text} {words[place]}")
        if words[place] not in _KINDS and words[place] not in (DATE, FIGURE) and not words[place].isdigit():
            break
    first = name.first
    while first > 0 and words[first - 1] in {
        "the",
        "lender",
        "exchange",
        "bridge",
        "protocol",
        "wallet",
        "crypto",
    }:
        first -= 1
    before = words[max(0, first - 6) : first]
    if before and before[-1] in _OF:
        for step, word in enumerate(reversed(before[:-1]), start=2):
            if word in _THEFTS or word in {"that", "those"}:
                return Reference(first - step, name.last, f"{name.text} theft")
            if word in _ENDS:
                break
    if before and (before[-1] in _ACTS or (before[-1] == "into" and "broke" in before)):
        return Reference(first - 1, name.last, f"{name.text} theft")
    # ", of Candlefi and Mornpool" goes on with the thefts of before.
    if (
        before
        and before[-1] in _OF
        and {"thefts", "attacks", "hacks"} & set(words[max(0, first - 10) : first])
    ):
        return Reference(first - 1, name.last, f"{name.text} theft")
    return None
