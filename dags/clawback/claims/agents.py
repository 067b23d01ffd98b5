"""Who may have done it: the noun phrases of a sentence that can name a culprit.

A known group or state, a person by name, and a person by description ("a 19-year-old man", "two former
employees"). Whether one is blamed is for `culprits` to say.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from clawback.claims.lexicon import word_set
from clawback.claims.names import Name
from clawback.claims.noun_phrases import (
    DETERMINERS,
    PEOPLE,
    is_inside,
    is_person_noun,
    past_initial,
    phrase_start,
)
from clawback.claims.phrases import Hit
from clawback.claims.reading import Reading, Sentence
from clawback.claims.victims import Victims

STATES: Final = frozenset({"DPRK", "Russia", "China", "Iran"})
_OFFICES: Final = STATES | {"Reconnaissance General Bureau"}
_OWN_PEOPLE: Final = word_set("agents.own_people")
_FIRMS: Final = word_set("agents.firms")
_NAMING: Final = word_set("agents.naming")
_GROUP_NOUNS: Final = word_set("agents.group_nouns")
_TITLES: Final = word_set("agents.titles")
_COMPOUND: Final = word_set("agents.owned_things")
_BANDS: Final = frozenset(
    {"group", "pair", "band", "number", "bunch", "handful", "gang", "crew", "team", "ring"}
)
_CALLED: Final = frozenset(
    {"named", "called", "name", "one", "as", "goes", "calling", "calls", "handle", "nicknamed"}
)
_ORIGINS: Final = word_set("agents.origins")
_THIEVES: Final = frozenset(
    {
        "hacker",
        "hackers",
        "attackers",
        "criminals",
        "cybercriminals",
        "thieves",
        "fraudsters",
        "scammers",
        "actor",
    }
    | {"actors", "robbers", "burglars", "intruders", "phishers", "raiders", "state", "states"}
)
_OF_THE_HOUSE: Final = (
    ["on", "the"], ["on", "our"], ["in", "the"], ["in", "our"], ["at", "the"], ["from", "the"], ["of", "our"],
    ["of", "the"], ["inside", "the"], ["within", "the"], ["on", "its"], ["in", "its"],
)  # fmt: skip
_OPENERS: Final = frozenset({'"', ":", ".", "(", "*", "#", "-"})


_BACK: Final = frozenset({"he", "she", "they", "him", "her", "them"})
_BACK_NOUNS: Final = word_set("culprits.anaphoric") | _BANDS | {"network", "actors", "hackers"}
_BAND_WORDS: Final = _BANDS | {"network", "actors", "hackers"}
_BACK_SENTENCES: Final = 3


class Who(Enum):
    """How a culprit is named."""

    GROUP = "group"
    PERSON = "person"
    DESCRIBED = "described"
    NAME = "name"
    HANDLE = "handle"
    REFERRED = "referred"


@dataclass(frozen=True)
class Agent:
    """A noun phrase: words `first` up to `last`, what it is called, and the noun that heads a description.

    `own` says that a description is of people of the robbed house itself: founders, staff, operators.
    """

    first: int
    last: int
    name: str
    who: Who
    head: str = ""
    own: bool = False


class Agents:
    """The agents of every sentence of a reading; a surname alone is the person named in full elsewhere."""

    def __init__(self, reading: Reading, victims: Victims) -> None:
        self._reading = reading
        self._victims = victims
        self._main = (victims.ruled or "").casefold()
        self._full: dict[str, str] = {}
        self._known: dict[int, list[Agent]] = {}
        self._others = _speakers_and_houses(reading, victims)
        for sentence in reading.sentences:
            for name in victims.names_of(sentence):
                if self._is_person_name(sentence, name):
                    self._full.setdefault(name.text.split()[-1].casefold(), name.text)

    def of(self, sentence: Sentence) -> list[Agent]:
        """The agents of a sentence in order; of two that overlap the one that names more."""
        if sentence.number not in self._known:
            self._known[sentence.number] = self._find(sentence)
        return self._known[sentence.number]

    def referred(self, sentence: Sentence) -> list[Agent]:
        """Words that point back at one who was told of: "he", "the defendant", under the name of that one."""
        words = sentence.words
        found = []
        for place, word in enumerate(words):
            if word in _BACK:
                first = place
            elif word in _BACK_NOUNS and words[place - 1 : place] in (["the"], ["this"], ["same"]):
                first = place - 1
            else:
                continue
            told = self._told_before(sentence, first, word)
            if told is not None:
                found.append(Agent(first, place + 1, told.name, Who.REFERRED, word, told.own))
        return found

    def _told_before(self, sentence: Sentence, place: int, word: str) -> Agent | None:
        """Who was told of last before a word of a sentence, of the kind that the word may point at."""
        for number in range(sentence.number, max(-1, sentence.number - _BACK_SENTENCES), -1):
            earlier = self._reading.sentences[number]
            for agent in reversed(self.of(earlier)):
                if number == sentence.number and agent.last > place:
                    continue
                is_band = agent.who is Who.GROUP or agent.head in _BANDS
                if agent.who in {Who.NAME, Who.HANDLE} or agent.head == word or agent.head == "job":
                    continue
                if is_band == (word in _BAND_WORDS):
                    return agent
        return None

    def _find(self, sentence: Sentence) -> list[Agent]:
        groups = _groups(sentence)
        found = [*groups, *self._described(sentence, groups)]
        covered = {place for agent in found for place in range(agent.first, agent.last)}
        for name in self._victims.names_of(sentence):
            if name.first in covered or name.last - 1 in covered:
                continue
            agent = self._named(sentence, name)
            if agent is not None:
                found.append(agent)
        return sorted(found, key=lambda agent: agent.first)

    def _named(self, sentence: Sentence, name: Name) -> Agent | None:
        words = sentence.words
        if words[name.last : name.last + 1] == ["'s"]:
            return None
        first = name.first
        while first > 0 and words[first - 1] in _TITLES:
            first -= 1
        full = self._full.get(name.text.casefold())
        if full is not None:
            return Agent(first, name.last, full, Who.PERSON)
        if self._is_person_name(sentence, name):
            return Agent(first, past_initial(words, name.last), name.text, Who.PERSON)
        key = name.text.casefold()
        if words[name.last : name.last + 1] and words[name.last] in _BANDS | {"syndicate", "collective"}:
            # "the Wolfpack gang" is a group as good as one that is known.
            return Agent(first, name.last + 1, name.text, Who.PERSON)
        if not self._victims.is_certain(name) and (name.first == 0 or words[name.first - 1] in _OPENERS):
            return None
        if key in self._main or (self._main and self._main in key) or _FIRMS & set(key.split()):
            return None
        if key in self._others or words[name.first - 1 : name.first] == ["the"]:
            return Agent(name.first, name.last, name.text, Who.NAME)
        # A name that neither speaks nor was robbed can be a culprit's: "Kaito drained the pool".
        return Agent(first, name.last, name.text, Who.HANDLE)

    def _is_person_name(self, sentence: Sentence, name: Name) -> bool:
        key = name.text.casefold()
        parts = name.text.split()
        if key == self._main or not 2 <= len(parts) <= 4 or _FIRMS & set(key.split()):
            return False
        if name.first and sentence.words[name.first - 1] in _TITLES:
            return True
        after = sentence.words[past_initial(sentence.words, name.last) :][:2]
        if after[:1] == [","] and after[1:] and after[1].isdigit() and len(after[1]) == 2:
            return True
        return parts[0][:1].isupper() and all(
            part[1:2].islower() or part[1:2] in {".", "-"} for part in (parts[0], parts[-1])
        )

    def _described(self, sentence: Sentence, groups: list[Agent]) -> list[Agent]:
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
            first = phrase_start(words, place)
            if first > 2 and words[first - 1] == "of" and words[first - 2] in _BANDS:
                first = phrase_start(words, first - 2)
            if found and first < found[-1].last:
                continue
            if word not in PEOPLE and words[first] not in DETERMINERS and not (inside_job or aged or told):
                continue
            if any(
                place < group.first <= place + 4 and self._names_it(words, place, group) for group in groups
            ):
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

    @staticmethod
    def _names_it(words: list[str], place: int, group: Agent) -> bool:
        return all(word in _NAMING for word in words[place + 1 : group.first])

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


def _speakers_and_houses(reading: Reading, victims: Victims) -> set[str]:
    """Names that a reading has speak, or that were robbed: no culprits by their name alone."""
    found: set[str] = set()
    for sentence in reading.sentences:
        said = {hit.first for hit in sentence.of("say")} | {hit.last for hit in sentence.of("say")}
        for name in victims.names_of(sentence):
            if {name.last, name.last + 1, name.first, name.first - 1} & said or victims.is_robbed(name):
                found.add(name.text.casefold())
    return found


def _groups(sentence: Sentence) -> list[Agent]:
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
