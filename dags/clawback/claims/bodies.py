"""Whoever is told of in general words: "a criminal organisation", "outsiders", "a group from Iran".

These words name a culprit only where points say so: a text calls the thief "the attacker" in every sentence.
A word for a thief needs a word before it that tells more of him than that he is one.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.agent import Agent, Who
from clawback.claims.lexicon import word_set
from clawback.claims.noun_phrases import DETERMINERS, phrase_start
from clawback.claims.reading import Reading, Sentence

_BODIES: Final = word_set("agents.bodies")
_THIEVES: Final = word_set("agents.thieves")
_COMPOUND: Final = word_set("agents.owned_things")
_SAYS_LITTLE: Final = DETERMINERS | word_set("agents.says_little")
_FROM: Final = frozenset({"from", "of", "linked", "tied", "based", "abroad", "within", "inside"})
_MAX_PLACE: Final = 4


def bodies(reading: Reading, sentence: Sentence) -> list[Agent]:
    """The bodies and thieves of a sentence that are told of in general words, in order."""
    words = sentence.words
    found: list[Agent] = []
    for place, word in enumerate(words):
        is_thief = word in _THIEVES
        if not is_thief and word not in _BODIES:
            continue
        after = words[place + 1 : place + 2]
        if after and (after[0] in _COMPOUND or after[0] in _BODIES or after[0] == "'s"):
            continue
        first = phrase_start(words, place)
        if found and first < found[-1].last:
            continue
        last = _with_origin(reading, sentence, place + 1)
        told = [other for other in words[first:place] if other not in _SAYS_LITTLE]
        is_any_state = word == "state" and words[first] in {"a", "another"}
        if is_thief and not told and last == place + 1 and not is_any_state:
            continue
        written = reading.text[sentence.starts[first] : sentence.ends[last - 1]]
        name = " ".join(written.split()).strip("\"'\u201c\u201d")
        found.append(Agent(first, last, name, Who.BODY, word))
    return found


def _with_origin(reading: Reading, sentence: Sentence, place: int) -> int:
    """Where the phrase ends with the place of origin behind its noun: "a group from Iran"."""
    words = sentence.words
    if words[place : place + 1] == ["abroad"]:
        return place + 1
    if words[place : place + 1] and words[place] in _FROM:
        last = place + 1
        while (
            last < len(words)
            and last - place < _MAX_PLACE
            and reading.folded[sentence.starts[last]].isupper()
            and words[last].isalpha()
        ):
            last += 1
        if last > place + 1:
            return last
    return place
