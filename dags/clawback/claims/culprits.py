"""Who did it: attribution to a known group, a person or a description; denied; or unknown.

A sentence is read clause by clause: a noun phrase that can name a culprit (`agents`), and a predicate that
stands beside it with nothing between but what belongs to the phrase. The predicate is an act of theft whose
subject or agent it is ("stole", "stolen by"), a phrase that blames ("attributed to", "the handiwork of", "was
behind"), a step of the law ("was arrested", "charges against"), or a denial. A launderer, a rescuer, a finder
and an investigator have no such predicate.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from clawback.claims.acts import acts, passive
from clawback.claims.agents import Agent, Agents, Who
from clawback.claims.blame import blamed_after, blamed_before, inside_job
from clawback.claims.clauses import ADVERBS, Blame
from clawback.claims.denials import denial, is_denial_of_guilt
from clawback.claims.finding import Finding
from clawback.claims.justice import MONEY_ONLY, steps_of_law
from clawback.claims.layout import Kind
from clawback.claims.phrases import name_of
from clawback.claims.reading import Reading, Sentence
from clawback.claims.unknown import unknown_culprit
from clawback.claims.victims import Victims

_NAMED_ONES: Final = frozenset({Who.PERSON, Who.DESCRIBED})


def attributions(reading: Reading, victims: Victims) -> list[Finding]:
    """All attributions of a reading."""
    culprits = _Culprits(reading, victims)
    found: list[Finding] = []
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING:
            continue
        named = culprits.of(sentence)
        found.extend(named)
        if not named:
            unknown = unknown_culprit(sentence)
            if unknown is not None:
                found.append(unknown)
    return found


class _Culprits:
    def __init__(self, reading: Reading, victims: Victims) -> None:
        self._agents = Agents(reading, victims)
        self._launderers = {
            agent.name
            for sentence in reading.sentences
            if MONEY_ONLY & set(sentence.words)
            for agent in self._agents.of(sentence)
            if agent.who is Who.PERSON
        }
        self._last: Agent | None = None

    def of(self, sentence: Sentence) -> list[Finding]:
        """The culprits whom a sentence names or clears."""
        agents = self._agents.of(sentence)
        found: list[Finding] = []
        taken: set[tuple[str, str]] = set()
        blamed: list[tuple[Agent, Blame]] = []
        for agent in agents:
            blame = self._blame(sentence, agent, agents)
            if blame is None or (agent.name, blame.stance) in taken:
                continue
            if agent.who is Who.DESCRIBED and any(_is_apposed(sentence, other, agent) for other, _ in blamed):
                continue
            taken.add((agent.name, blame.stance))
            blamed.append((agent, blame))
            found.append(_finding(sentence, self._named_after(sentence, agent, agents, blame), blame))
            if agent.who in _NAMED_ONES:
                self._last = agent
        if not found:
            pronoun = self._pronoun(sentence)
            if pronoun is not None:
                found.append(pronoun)
        return found

    @staticmethod
    def _named_after(sentence: Sentence, agent: Agent, agents: list[Agent], blame: Blame) -> Agent:
        """Who a description is where the name follows: "the man behind the theft, Daniel Okafor"."""
        if agent.who is not Who.DESCRIBED:
            return agent
        for other in agents:
            if other.who is Who.PERSON and other.last < agent.first and _is_apposed(sentence, other, agent):
                return replace(other, head=agent.head, own=agent.own)
        last = max(agent.last, blame.last)
        comma = next(
            (at for at in range(last, min(len(sentence.words), last + 5)) if sentence.words[at] == ","), -2
        )
        for other in agents:
            if other.who is Who.PERSON and other.first == comma + 1:
                return replace(other, head=agent.head, own=agent.own)
        return agent

    def _blame(self, sentence: Sentence, agent: Agent, agents: list[Agent]) -> Blame | None:
        if agent.head == "job":
            return inside_job(sentence, agent)
        denied = denial(sentence, agent, agents)
        if denied is not None:
            return denied
        possible = [
            *acts(sentence, agent, agents),
            *passive(sentence, agent),
            *blamed_before(sentence, agent),
            *blamed_after(sentence, agent, agents),
        ]
        if agent.who in _NAMED_ONES:
            possible.extend(
                steps_of_law(sentence, agent, agents, is_launderer=agent.name in self._launderers)
            )
        return min(possible, key=lambda blame: (blame.gap, blame.first), default=None)

    def _pronoun(self, sentence: Sentence) -> Finding | None:
        """The culprit named last, of whom it is said that he "denies the charges"."""
        if self._last is None:
            return None
        words = sentence.words
        for hit in sentence.of("after_not"):
            subject = hit.first - 1
            while subject >= 0 and (words[subject] in ADVERBS or words[subject] in {"has", "have", "had"}):
                subject -= 1
            if subject < 0 or words[subject] not in {"he", "she", "they", "lawyer", "lawyers", "both"}:
                continue
            if is_denial_of_guilt(sentence, hit):
                agent = self._last
                return _finding(
                    sentence,
                    agent,
                    Blame(subject, hit.last, "denied", f"denied:{name_of(hit)}", 0, own_words=True),
                    spoken=True,
                )
        return None


def _is_apposed(sentence: Sentence, one: Agent, other: Agent) -> bool:
    """Whether the second agent only describes the first: "James Zhong, a resident of Gainesville"."""
    between = sentence.words[one.last : other.first]
    return between in ([","], [",", "both"], ["("]) or (
        bool(between) and between[0] == "," and len(between) <= 4
    )


def _finding(sentence: Sentence, agent: Agent, blame: Blame, *, spoken: bool = False) -> Finding:
    first, last = blame.first, blame.last
    if blame.rule == "before:say":
        # The verb of speech is the speaker's, not the claim's.
        first = last = agent.first
    if not spoken:
        first, last = min(agent.first, first), max(agent.last, last)
    denied = (blame.first, blame.last, "denied") if blame.stance == "denied" else None
    return Finding(
        sentence, "attribution", first, last, f"attribution.{blame.rule}",
        actor=agent.name, stance=blame.stance, label=f"{agent.name.casefold()} {blame.stance}",
        speaker=agent.name if blame.own_words else None, hedge=denied,
    )  # fmt: skip
