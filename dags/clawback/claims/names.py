"""Names in a sentence: runs of words with capitals, and which of them are persons.

A word with a capital at the beginning of a sentence names nobody by itself; "eBay" is a name with none in
front. Months, places, trades and common words are none.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE
from clawback.claims.reading import DATE, Reading, Sentence

_NO_NAMES: Final = word_set("names.no_names")
_SUFFIXES: Final = word_set("names.suffixes")
_PERSON_AFTER: Final = word_set("names.person_after")
_ROLES: Final = word_set("names.roles")


@dataclass(frozen=True)
class Name:
    """A run of capitals: words `first` up to `last` of its sentence, and the name as written."""

    first: int
    last: int
    text: str


def names(reading: Reading, sentence: Sentence, source: str | None = None) -> list[Name]:
    """The names in a sentence, in order."""
    text = reading.folded if source is None else source
    words, starts = sentence.words, sentence.starts
    actor_words = {place for hit in sentence.of("actor") for place in range(hit.first, hit.last)}
    found: list[Name] = []
    place = 0
    while place < len(words):
        if not _capital(text, sentence, place) or place in actor_words:
            place += 1
            continue
        last = place + 1
        while last < len(words):
            if last not in actor_words and _capital(text, sentence, last) and _touches(text, sentence, last):
                last += 1
            elif (
                words[last] in {".", "&"}
                and last + 1 < len(words)
                and _capital(text, sentence, last + 1)
                and (
                    words[last] == "&"
                    or (len(words[last - 1]) <= 2 and starts[last] == sentence.ends[last - 1])
                )
            ):
                last += 2
            else:
                break
        first = place
        place = last
        while first < last and words[first] in _NO_NAMES:
            first += 1
        while last > first and words[last - 1] in _NO_NAMES and words[last - 1] not in _SUFFIXES:
            last -= 1
        if first < last and not all(word in _NO_NAMES for word in words[first:last]):
            written = text[starts[first] : sentence.ends[last - 1]]
            if 1 < len(written) <= 60:
                found.append(Name(first, last, " ".join(written.split())))
    return found


def is_person(sentence: Sentence, name: Name) -> bool:
    """Whether a name is a person's: "Johnny Lyu, chief executive", "Tobias Renner, 31", "Mr Lyu wrote"."""
    words = sentence.words
    after = words[name.last : name.last + 4]
    if after[:1] == [","] and (
        (after[1:2] and (after[1].isdigit() or after[1] in _ROLES)) or set(after) & _ROLES
    ):
        return True
    if after[:1] and after[0] in _PERSON_AFTER and " " in name.text and not is_camel(name.text):
        return True
    before = words[max(0, name.first - 2) : name.first]
    return bool(_ROLES & set(before[-1:]))


def is_camel(written: str) -> bool:
    """Whether a name is written with capitals inside, as only names are: "YouTube"."""
    return any(before.islower() and sign.isupper() for before, sign in pairwise(written))


def key_of(name: str) -> str:
    """A name in the form in which its spellings are compared."""
    return re.sub(r"[^a-z0-9]", "", name.lower()).removesuffix("exchange") or name.lower()


def _capital(text: str, sentence: Sentence, place: int) -> bool:
    word = sentence.words[place]
    if word in (FIGURE, DATE):
        return False
    first = text[sentence.starts[place]]
    if first.isupper():
        return len(word) < 30
    # "iTunes", "1inch"
    written = text[sentence.starts[place] : sentence.ends[place]]
    return (
        word.isalnum()
        and not written.isdigit()
        and written != word
        and len(word) < 20
        and not written.startswith("0x")
    )


def _touches(text: str, sentence: Sentence, place: int) -> bool:
    return text[sentence.ends[place - 1] : sentence.starts[place]] in (" ", "-")
