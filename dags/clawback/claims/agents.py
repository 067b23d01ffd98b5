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
from clawback.claims.phrases import FIGURE, Hit
from clawback.claims.reading import DATE, Reading, Sentence
from clawback.claims.victims import Victims

STATES: Final = frozenset({"DPRK", "Russia", "China", "Iran"})
_OFFICES: Final = STATES | {"Reconnaissance General Bureau"}
_HEADS: Final = word_set("agents.people")
_OWN_PEOPLE: Final = word_set("agents.own_people")
_DETERMINERS: Final = word_set("agents.determiners")
_PREMODIFIERS_END: Final = word_set("agents.premodifiers_end")
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
_NO_PEOPLE: Final = word_set("agents.no_people")
_TRADES: Final = ("er", "or", "ist", "ician", "man", "woman", "men", "women")
_LONGEST: Final = 8
_OPENERS: Final = frozenset({'"', ":", ".", "(", "*", "#", "-"})


class Who(Enum):
    """How a culprit is named."""

    GROUP = "group"
    PERSON = "person"
    DESCRIBED = "described"
    NAME = "name"


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
        self._main = (victims.main or "").casefold()
        self._full: dict[str, str] = {}
        for sentence in reading.sentences:
            for name in victims.names_of(sentence):
                if self._is_person_name(sentence, name):
                    self._full.setdefault(name.text.split()[-1].casefold(), name.text)

    def of(self, sentence: Sentence) -> list[Agent]:
        """The agents of a sentence in order; of two that overlap the one that names more."""
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
            return Agent(first, name.last, name.text, Who.PERSON)
        key = name.text.casefold()
        if not self._victims.is_certain(name) and (name.first == 0 or words[name.first - 1] in _OPENERS):
            return None
        if key in self._main or (self._main and self._main in key) or _FIRMS & set(key.split()):
            return None
        return Agent(name.first, name.last, name.text, Who.NAME)

    def _is_person_name(self, sentence: Sentence, name: Name) -> bool:
        key = name.text.casefold()
        parts = name.text.split()
        if key == self._main or not 2 <= len(parts) <= 4 or _FIRMS & set(key.split()):
            return False
        if name.first and sentence.words[name.first - 1] in _TITLES:
            return True
        after = sentence.words[name.last : name.last + 2]
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
            aged = word == "old" and words[place - 1 : place] == ["year"]
            if not (is_person_noun(word) or inside_job or aged) or place in covered:
                continue
            after = words[place + 1 : place + 2]
            if after and (after[0] == "'s" or is_person_noun(after[0]) or after[0] in _COMPOUND):
                continue
            if word == "accused" and words[place - 1 : place] not in (["the"], ["both"]):
                continue
            first = _start(words, place)
            if first > 2 and words[first - 1] == "of" and words[first - 2] in _BANDS:
                first = _start(words, first - 2)
            if found and first < found[-1].last:
                continue
            if word not in _HEADS and words[first] not in _DETERMINERS and not (inside_job or aged):
                continue
            last, name = self._apposed(sentence, place + 1)
            if any(
                last <= group.first <= last + 3 and self._names_it(words, place, group) for group in groups
            ):
                # "the phishing crew Inferno Drainer" is the group.
                continue
            own = word in _OWN_PEOPLE or inside_job
            if name is not None:
                found.append(Agent(first, last, name, Who.PERSON, word, own))
                continue
            written = self._reading.text[sentence.starts[first] : sentence.ends[place]]
            called = " ".join(written.split()).strip("\"'“”")
            found.append(Agent(first, place + 1, called, Who.DESCRIBED, word, own))
        return found

    @staticmethod
    def _names_it(words: list[str], place: int, group: Agent) -> bool:
        return all(word in _NAMING for word in words[place + 1 : group.first])

    def _apposed(self, sentence: Sentence, place: int) -> tuple[int, str | None]:
        """The proper name that follows a description: "developer Kim Jin-woo", "a man named Silas"."""
        words = sentence.words
        at = place
        while at < len(words) and at - place < 7 and words[at] in _NAMING:
            at += 1
        for name in self._victims.names_of(sentence):
            if name.first != at:
                continue
            single = len(name.text.split()) == 1
            named = at > place and bool(_CALLED & set(words[place:at]))
            if single and not named and name.text.casefold() not in self._full:
                return place, None
            if not named and not single and not self._is_person_name(sentence, name):
                return place, None
            return name.last, self._full.get(name.text.casefold(), name.text)
        if (
            words[at - 1] in {"by", "called", "nicknamed", "handle"}
            and place < at < len(words)
            and words[at].isalnum()
        ):
            # "a man who goes by retlqw"
            return at + 1, self._reading.text[sentence.starts[at] : sentence.ends[at]]
        return place, None


def is_person_noun(word: str) -> bool:
    """Whether a noun means a person by the list, or by its ending: "bookkeeper", "janitor"."""
    if word in _HEADS:
        return True
    singular = word.removesuffix("s")
    return (
        len(singular) >= 6
        and singular.endswith(_TRADES)
        and word not in _NO_PEOPLE
        and singular not in _NO_PEOPLE
        and word.isalpha()
    )


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


def _start(words: list[str], place: int) -> int:
    """The first word of the noun phrase that `place` heads."""
    first = place
    while first > 0 and place - first < _LONGEST:
        before = words[first - 1]
        if before in _DETERMINERS:
            first -= 1
            if before == "'s":
                # "the token's makers": the owner belongs to the name.
                while first > 0 and place - first < _LONGEST and words[first - 1] not in _PREMODIFIERS_END:
                    first -= 1
                    if words[first] in _DETERMINERS:
                        break
            elif first > 0 and words[first - 1] in {"the", "all", "his", "her", "its", "their", "any"}:
                first -= 1
            return first
        if before in _PREMODIFIERS_END or before in {FIGURE, DATE} or not before.isalnum():
            return first
        first -= 1
    return first
