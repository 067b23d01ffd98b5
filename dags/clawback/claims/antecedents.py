"""Whom words point back at: "he", "the defendant", "it", by number and by who is under suspicion.

A text tells of a suspect, of the police and of a lawyer, and then says that "he" denies it. Of those whom a
word may point at by its number, whoever a rule has blamed or cleared comes before one who was only told of.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from clawback.claims.agent import Agent, Who
from clawback.claims.described_people import BANDS
from clawback.claims.lexicon import word_set
from clawback.claims.noun_phrases import DETERMINERS
from clawback.claims.predicates import BE
from clawback.claims.reading import Reading, Sentence

_ONE: Final = frozenset({"he", "she", "him", "her"})
_MANY: Final = frozenset({"they", "them", "both"})
_BACK: Final = _ONE | _MANY | {"it"}
_BAND_WORDS: Final = BANDS | {"network", "actors", "hackers", "it"}
_SUSPICIONS: Final = word_set("agents.suspicions")
"""Words for a suspicion, which stand for whom it is about: "we consider this attribution wrong"."""

_CLIENTS: Final = frozenset({"client", "clients"})
_BACK_NOUNS: Final = word_set("culprits.anaphoric") | _BAND_WORDS | _SUSPICIONS
_HIS: Final = (["his"], ["her"], ["their"])
_LED: Final = (["the"], ["this"], ["same"], ["these"])
_PLURALS: Final = word_set("agents.plurals")
_COUNTED: Final = word_set("agents.counted")
_LAWYERS: Final = word_set("agents.lawyers")
_SENTENCES: Final = 3
_SENTENCES_TO_SUSPECT: Final = 6


class Antecedents:
    """The words of a reading that point back.

    Args:
        reading: the text.
        agents: who is told of in a sentence, in order.
    """

    def __init__(self, reading: Reading, agents: Callable[[Sentence], list[Agent]]) -> None:
        self._reading = reading
        self._agents = agents
        self._suspects: set[str] = set()

    def suspect(self, name: str) -> None:
        """Note that a rule blames or clears whoever has this name."""
        self._suspects.add(name)

    def is_suspect(self, name: str) -> bool:
        """Whether a rule blamed or cleared somebody of this name so far."""
        return name in self._suspects

    def of(self, sentence: Sentence) -> list[Agent]:
        """Words that point back at one who was told of, under the name of that one, in order."""
        words = sentence.words
        found = []
        for place, word in enumerate(words):
            if word == "it" and words[place + 1 : place + 2] and words[place + 1] in BE | {"'s"}:
                # "It was an outside job" points at nobody.
                continue
            before = words[place - 1 : place]
            if word in _BACK:
                first = place
            elif (word in _BACK_NOUNS and before in _LED) or (word in _CLIENTS and before in _HIS):
                first = place - 1
            else:
                continue
            told = self.antecedent(sentence, first, word)
            if told is not None:
                found.append(Agent(first, place + 1, told.name, Who.REFERRED, word, told.own))
        return found

    def antecedent(self, sentence: Sentence, place: int, word: str) -> Agent | None:
        """Whom a word at a place of a sentence points at; None where the text told of nobody of its kind."""
        last: Agent | None = None
        for back in range(_SENTENCES_TO_SUSPECT):
            number = sentence.number - back
            if number < 0 or (back >= _SENTENCES and not self._suspects):
                break
            for agent in reversed(self._agents(self._reading.sentences[number])):
                if (back == 0 and agent.last > place) or not _may_be_meant(agent, word):
                    continue
                if agent.name in self._suspects:
                    return agent
                if last is None and back < _SENTENCES:
                    last = agent
        return last


def is_many(agent: Agent) -> bool:
    """Whether a noun phrase tells of more than one."""
    if agent.who in {Who.PERSON, Who.HANDLE, Who.NAME}:
        return "and" in agent.name.casefold().split()
    return _is_plural(agent.head)


def are_many(name: str) -> bool:
    """Whether what a culprit is called tells of more than one: "two men", "the defendants"."""
    words = name.casefold().split()
    return words[0] in _COUNTED or "and" in words or (words[-1] in _PLURALS or _is_common_plural(words))


def _is_common_plural(words: list[str]) -> bool:
    return len(words) > 1 and words[0] in DETERMINERS and _is_plural(words[-1])


def _is_plural(noun: str) -> bool:
    return noun in _PLURALS or (noun.endswith("s") and not noun.endswith("ss"))


def _may_be_meant(agent: Agent, word: str) -> bool:
    """Whether a word may point at an agent by its number and kind."""
    if word in _SUSPICIONS:
        return agent.who not in {Who.NAME, Who.BODY}
    if agent.who is Who.NAME or agent.head in {word, "job"} or agent.head in _LAWYERS:
        return False
    is_band = agent.who is Who.GROUP or agent.head in BANDS
    if word in _BAND_WORDS:
        return is_band
    if word in _MANY:
        return is_band or is_many(agent) or word == "they"
    if is_band:
        return False
    return is_many(agent) == (word in _PLURALS or word.endswith(("ts", "men")))
