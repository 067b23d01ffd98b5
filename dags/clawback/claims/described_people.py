"""People by description: "a 19-year-old man", "two former employees", "one of us", "an inside job".

One with a proper name beside the description bears that name.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from clawback.claims.agent import Agent, Who
from clawback.claims.lexicon import word_set
from clawback.claims.names import Name
from clawback.claims.noun_phrases import (
    DETERMINERS,
    PEOPLE,
    PREMODIFIERS_END,
    is_inside,
    is_person_noun,
    past_initial,
    phrase_start,
)
from clawback.claims.reading import Reading, Sentence
from clawback.claims.victims import Victims

BANDS: Final = frozenset(
    {"group", "pair", "band", "number", "bunch", "handful", "gang", "crew", "team", "ring"}
)
_OWN_PEOPLE: Final = word_set("agents.own_people")
_NAMING: Final = word_set("agents.naming")
_COMPOUND: Final = word_set("agents.owned_things")
_ORIGINS: Final = word_set("agents.origins")
_THIEVES: Final = word_set("agents.thieves")
_SUSPECT: Final = frozenset({"suspect", "suspects"})
_OBJECTS: Final = frozenset({"that", "the", "a", "an", "it", "him", "her", "them", "this", "whether", "of"})
_CALLED: Final = frozenset(
    {"named", "called", "name", "one", "as", "goes", "calling", "calls", "handle", "nicknamed"}
)
_OF_THE_HOUSE: Final = (
    ["on", "the"], ["on", "our"], ["in", "the"], ["in", "our"], ["at", "the"], ["from", "the"], ["of", "our"],
    ["of", "the"], ["inside", "the"], ["within", "the"], ["on", "its"], ["in", "its"],
)  # fmt: skip


class Described:
    """The people of a reading that it describes.

    Args:
        reading: the text.
        victims: which knows its names.
        full: full names by the surname, small letters.
        is_person_name: whether a name in a sentence is a person's.
    """

    def __init__(
        self,
        reading: Reading,
        victims: Victims,
        full: dict[str, str],
        is_person_name: Callable[[Sentence, Name], bool],
    ) -> None:
        self._reading = reading
        self._victims = victims
        self._full = full
        self._is_person_name = is_person_name

    def of(self, sentence: Sentence, groups: list[Agent]) -> list[Agent]:
        """Descriptions of people; one with a proper name beside it bears that name."""
        words = sentence.words
        covered = {place for agent in groups for place in range(agent.first, agent.last)}
        found: list[Agent] = []
        for place, word in enumerate(words):
            inside_job = word == "job" and words[place - 1 : place] == ["inside"]
            if word in {"someone", "somebody", "one"} and is_inside(words, place):
                found.append(self._inside(sentence, place, place))
                continue
            no_one = word in {"nobody", "none"} or (word == "one" and words[place - 1 : place] == ["no"])
            if no_one and words[place + 1 : place + 3] in _OF_THE_HOUSE:
                # "Nobody on the team was involved" clears the team.
                found.append(self._inside(sentence, place, place + 2))
                continue
            aged = word == "old" and words[place - 1 : place] == ["year"]
            written_small = self._reading.folded[sentence.starts[place]].islower()
            if word not in PEOPLE and word not in {"job", "old", "one"} and not written_small:
                # "Renner" is a name, and no trade.
                continue
            told = word in _THIEVES and bool(_ORIGINS & set(words[max(0, place - 4) : place]))
            if not (is_person_noun(word) or inside_job or aged or told) or place in covered:
                continue
            after = words[place + 1 : place + 2]
            if after and (after[0] == "'s" or is_person_noun(after[0]) or after[0] in _COMPOUND):
                continue
            if word == "accused" and words[place - 1 : place] not in (["the"], ["both"]):
                continue
            if aged and any(is_person_noun(noun) for noun in _modified(words, place + 1)):
                # "a 29-year-old software engineer" is headed by the engineer.
                continue
            if word in _SUSPECT and after and after[0] in _OBJECTS:
                # "Our investigators suspect the person behind it"
                continue
            first = phrase_start(words, place)
            if words[first] == "that" and word.endswith("s"):
                # "said that masked men had forced him"
                first += 1
            if first > 2 and words[first - 1] == "of" and words[first - 2] in BANDS:
                first = phrase_start(words, first - 2)
            if found and first < found[-1].last:
                continue
            if word not in PEOPLE and words[first] not in DETERMINERS and not (inside_job or aged or told):
                continue
            if any(place < group.first <= place + 4 and _names_it(words, place, group) for group in groups):
                # "the phishing crew Inferno Drainer" is the group.
                continue
            last, name = self._apposed(sentence, place + 1)
            own = word in _OWN_PEOPLE or inside_job
            if name is not None:
                found.append(Agent(first, last, name, Who.PERSON, word, own))
                continue
            written = self._reading.text[sentence.starts[first] : sentence.ends[place]]
            called = " ".join(written.split()).strip("\"'“”")
            found.append(Agent(first, place + 1, called, Who.DESCRIBED, word, own))
        return found

    def _inside(self, sentence: Sentence, place: int, named: int) -> Agent:
        """Somebody of the house itself: "one of us", "someone on the inside"; the name begins at `named`."""
        last = min(len(sentence.words), named + 3 if named == place else named + 2)
        written = self._reading.text[sentence.starts[named] : sentence.ends[last - 1]]
        return Agent(place, last, " ".join(written.split()), Who.DESCRIBED, "insider", own=True)

    def _apposed(self, sentence: Sentence, place: int) -> tuple[int, str | None]:
        """The proper name that follows a description: "developer Kim Jin-woo", "a man named Silas"."""
        words = sentence.words
        at = place
        while at < len(words) and at - place < 7 and words[at] in _NAMING:
            at += 1
        if words[at : at + 1] == ['"'] and at > place:
            # 'A former employee, "stacco", stole the keys'
            closing = next((end for end in range(at + 1, min(len(words), at + 5)) if words[end] == '"'), None)
            if closing is not None and closing > at + 1:
                written = self._reading.text[sentence.starts[at + 1] : sentence.ends[closing - 1]].rstrip(",")
                return closing + 1, written
        for name in self._victims.names_of(sentence):
            if name.first != at:
                continue
            single = len(name.text.split()) == 1
            named = at > place and bool(_CALLED & set(words[place:at]))
            if single and not named and name.text.casefold() not in self._full:
                return place, None
            if not named and not single and not self._is_person_name(sentence, name):
                return place, None
            return past_initial(words, name.last), self._full.get(name.text.casefold(), name.text)
        if (
            words[at - 1] in {"by", "called", "nicknamed", "handle"}
            and place < at < len(words)
            and words[at].isalnum()
        ):
            # "a man who goes by retlqw"
            return at + 1, self._reading.text[sentence.starts[at] : sentence.ends[at]]
        return place, None


def _modified(words: list[str], place: int) -> list[str]:
    """The next words of a noun phrase that goes on at a place."""
    found = []
    for word in words[place : place + 3]:
        if not word.isalpha() or word in PREMODIFIERS_END:
            break
        found.append(word)
    return found


def _names_it(words: list[str], place: int, group: Agent) -> bool:
    return all(word in _NAMING for word in words[place + 1 : group.first])
