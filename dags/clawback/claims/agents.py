"""Who may have done it: the noun phrases of a sentence that can name a culprit.

A known group or state, a person by name, and a person by description ("a 19-year-old man", "two former
employees"). Whether one is blamed is for `culprits` to say.
"""

from __future__ import annotations

from collections import Counter
from typing import Final

from clawback.claims.agent import Agent, Standing, Who
from clawback.claims.antecedents import Antecedents
from clawback.claims.bodies import bodies
from clawback.claims.called_names import called_names
from clawback.claims.described_people import BANDS, Described
from clawback.claims.finding import Finding
from clawback.claims.known_groups import known_groups
from clawback.claims.lexicon import word_set
from clawback.claims.names import Name
from clawback.claims.noun_phrases import past_initial
from clawback.claims.reading import Reading, Sentence
from clawback.claims.victims import Victims

_FIRMS: Final = word_set("agents.firms")
_TITLES: Final = word_set("agents.titles")
_OPENERS: Final = frozenset({'"', ":", ".", "(", "*", "#", "-"})


class Agents:
    """The agents of every sentence of a reading; a surname alone is the person named in full elsewhere."""

    def __init__(self, reading: Reading, victims: Victims) -> None:
        self._reading = reading
        self._victims = victims
        self._main = (victims.ruled or "").casefold()
        self._full: dict[str, str] = {}
        self._known: dict[int, list[Agent]] = {}
        self._blamed: dict[str, set[tuple[int, str]]] = {}
        self._told: Counter[str] | None = None
        self._others = _speakers_and_houses(reading, victims)
        for sentence in reading.sentences:
            for name in victims.names_of(sentence):
                if self._is_person_name(sentence, name):
                    self._full.setdefault(name.text.split()[-1].casefold(), name.text)
        self._antecedents = Antecedents(reading, self.of)
        self._people = Described(reading, victims, self._full, self._is_person_name)

    def of(self, sentence: Sentence) -> list[Agent]:
        """The agents of a sentence in order; of two that overlap the one that names more."""
        if sentence.number not in self._known:
            self._known[sentence.number] = self._find(sentence)
        return self._known[sentence.number]

    def referred(self, sentence: Sentence) -> list[Agent]:
        """Words that point back at one who was told of: "he", "the defendant", under the name of that one."""
        return self._antecedents.of(sentence)

    def note(self, finding: Finding) -> None:
        """Note whom a rule blames or clears: words point back at him before others."""
        if finding.actor is not None and finding.stance is not None:
            self._blamed.setdefault(finding.actor, set()).add((finding.sentence.number, finding.stance))
            self._antecedents.suspect(finding.actor)

    def is_suspect(self, name: str) -> bool:
        """Whether a rule blamed or cleared somebody of this name so far."""
        return self._antecedents.is_suspect(name)

    def antecedent(self, sentence: Sentence, agent: Agent) -> Agent | None:
        """Who a description ("the defendant") is that was told of before; None where nobody was."""
        return self._antecedents.antecedent(sentence, agent.first, agent.head)

    def standing(self, sentence: Sentence, agent: Agent) -> Standing:
        """What the whole text tells of an agent's name, besides what it tells in a sentence of his."""
        if self._told is None:
            self._told = Counter(
                told.name for sentence in self._reading.sentences for told in self.of(sentence)
            )
        blamed = self._blamed.get(agent.name, set())
        elsewhere = frozenset(stance for number, stance in blamed if number != sentence.number)
        return Standing(self._told[agent.name], agent.name.casefold() in self._others, elsewhere)

    def _find(self, sentence: Sentence) -> list[Agent]:
        groups = known_groups(sentence)
        found = [*groups, *self._people.of(sentence, groups)]
        covered = {place for agent in found for place in range(agent.first, agent.last)}
        for other in [*called_names(self._reading, sentence), *bodies(self._reading, sentence)]:
            if covered.isdisjoint(range(other.first, other.last)):
                found.append(other)
                covered |= set(range(other.first, other.last))
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
        if words[name.last : name.last + 1] and words[name.last] in BANDS | {"syndicate", "collective"}:
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


def _speakers_and_houses(reading: Reading, victims: Victims) -> set[str]:
    """Names that a reading has speak, or that were robbed: no culprits by their name alone."""
    found: set[str] = set()
    for sentence in reading.sentences:
        said = {hit.first for hit in sentence.of("say")} | {hit.last for hit in sentence.of("say")}
        for name in victims.names_of(sentence):
            if {name.last, name.last + 1, name.first, name.first - 1} & said or victims.is_robbed(name):
                found.add(name.text.casefold())
    return found
