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
from clawback.claims.agent import Agent, Who
from clawback.claims.agents import Agents
from clawback.claims.blame import (
    apposed_to_thief,
    beside_guilt,
    blamed_after,
    blamed_before,
    fragment,
    inside_job,
)
from clawback.claims.culprit_labels import called, labelled
from clawback.claims.denials import denial, is_denial_of_guilt
from clawback.claims.finding import Finding
from clawback.claims.justice import MONEY_ONLY, steps_of_law
from clawback.claims.layout import Kind
from clawback.claims.lexicon import table, word_set
from clawback.claims.phrases import name_of
from clawback.claims.predicates import ADVERBS, Blame
from clawback.claims.reading import Reading, Sentence
from clawback.claims.unknown import unknown_culprit

_ANAPHORIC: Final = word_set("culprits.anaphoric")
_LEVELS: Final = table("culprits.levels", " ")
_NAMED_ONES: Final = frozenset({Who.PERSON, Who.HANDLE, Who.DESCRIBED})


def attributions(reading: Reading, agents: Agents) -> list[Finding]:
    """All attributions of a reading that rules tell."""
    culprits = _Culprits(reading, agents)
    found: list[Finding] = []
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING and "\u3002" not in sentence.words:
            # A paragraph of Chinese is short, and looks like a heading but for its full stop.
            continue
        named = culprits.of(sentence)
        found.extend(named)
        if not named:
            unknown = unknown_culprit(sentence)
            if unknown is not None:
                found.append(unknown)
    return found


class _Culprits:
    def __init__(self, reading: Reading, agents: Agents) -> None:
        self._reading = reading
        self._agents = agents
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
        # Who is told of in general words is weighed, and no rule reads him.
        agents = [agent for agent in self._agents.of(sentence) if agent.who is not Who.BODY]
        found: list[Finding] = []
        taken: set[tuple[str, str]] = set()
        blamed: list[Agent] = []
        for agent in agents:
            if agent.who is Who.DESCRIBED and any(_is_apposed(sentence, other, agent) for other in blamed):
                continue
            for blame in self._blames(sentence, agent, agents):
                who = self._named(sentence, agent, agents, blame)
                if who is None or (who.name, blame.stance) in taken:
                    continue
                taken.add((who.name, blame.stance))
                blamed.append(agent)
                found.append(
                    _finding(sentence, agent, who.name, blame, said_by=self._authority(sentence, blame))
                )
                self._agents.note(found[-1])
                if who.who in _NAMED_ONES:
                    self._last = who
        if not found:
            found.extend(self._cleared(sentence, agents))
        if not found:
            pronoun = self._pronoun(sentence)
            if pronoun is not None:
                found.append(pronoun)
        return found

    def _named(self, sentence: Sentence, agent: Agent, agents: list[Agent], blame: Blame) -> Agent | None:
        """Who a description is by a name beside it or before it; None where it tells nothing.

        "The man behind the theft, Daniel Okafor" is named; "the defendant" is the culprit of the sentences
        before; "the man who ran off with it" is whoever did it.
        """
        if agent.who is not Who.DESCRIBED:
            return agent
        words = sentence.words
        for other in agents:
            if other.who is Who.PERSON and other.last < agent.first and _is_apposed(sentence, other, agent):
                return replace(other, head=agent.head, own=agent.own)
        for other in agents:
            led = words[max(agent.last, other.first - 3) : other.first]
            if other.who is Who.PERSON and "led" in led and "by" in led and other.last <= blame.first:
                return other
        last = max(agent.last, blame.last)
        comma = next((at for at in range(last, min(len(words), last + 5)) if words[at] == ","), -2)
        for other in agents:
            if other.who is Who.PERSON and other.first == comma + 1:
                return replace(other, head=agent.head, own=agent.own)
        definite = words[agent.first] == "the" and agent.head in _ANAPHORIC
        if self._last is not None and definite and blame.stance == "named":
            return self._last
        whoever = words[agent.last : agent.last + 1] in (["who"], ["which"], ["that"], ["behind"])
        if (
            whoever
            and not agent.own
            and agent.last - agent.first <= 2
            and blame.rule.startswith(("acts", "after:behind"))
        ):
            return None
        return agent

    def _blames(self, sentence: Sentence, agent: Agent, agents: list[Agent]) -> list[Blame]:
        """What a sentence says of an agent: at most that he did it and that he denies it."""
        if agent.head == "job":
            return (
                [] if sentence.words[agent.last : agent.last + 1] == ["?"] else [inside_job(sentence, agent)]
            )
        denied = denial(sentence, agent, agents)
        if denied is not None and not denied.own_words:
            return [denied]
        possible = [
            *acts(sentence, agent, agents),
            *passive(sentence, agent),
            *blamed_before(sentence, agent),
            *blamed_after(sentence, agent, agents),
            *apposed_to_thief(sentence, agent),
            *fragment(sentence, agent),
            *labelled(sentence, agent),
            *called(sentence, agent),
            *beside_guilt(sentence, agent),
        ]
        if agent.who in _NAMED_ONES:
            possible.extend(
                steps_of_law(sentence, agent, agents, is_launderer=agent.name in self._launderers)
            )
        named = [blame for blame in possible if denied is None or not _overlap(blame, denied)]
        best = min(named, key=lambda blame: (blame.gap, blame.first), default=None)
        return [blame for blame in (best, denied) if blame is not None]

    def _authority(self, sentence: Sentence, blame: Blame) -> str | None:
        """The court or office whose step a blame is, as written."""
        if blame.authority is None:
            return None
        first, last = blame.authority
        return " ".join(self._reading.text[sentence.starts[first] : sentence.ends[last - 1]].split())

    def _cleared(self, sentence: Sentence, agents: list[Agent]) -> list[Finding]:
        """Whom words that point back clear: "he had nothing to do with it", "it was not them"."""
        for agent in self._agents.referred(sentence):
            blame = denial(sentence, agent, agents) if self._agents.is_suspect(agent.name) else None
            if blame is not None and blame.stance == "denied":
                return [_finding(sentence, agent, agent.name, blame)]
        return []

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
                    agent.name,
                    Blame(subject, hit.last, "denied", f"denied:{name_of(hit)}", 0, own_words=True),
                    spoken=True,
                )
        return None


def _overlap(one: Blame, other: Blame) -> bool:
    return one.first < other.last + 8 and other.first < one.last


def _is_apposed(sentence: Sentence, one: Agent, other: Agent) -> bool:
    """Whether the second agent only describes the first: "James Zhong, a resident of Gainesville"."""
    between = sentence.words[one.last : other.first]
    return between in ([","], [",", "both"], ["("]) or (
        bool(between) and between[0] == "," and len(between) <= 4
    )


def _finding(
    sentence: Sentence,
    agent: Agent,
    name: str,
    blame: Blame,
    *,
    spoken: bool = False,
    said_by: str | None = None,
) -> Finding:
    first, last = blame.first, blame.last
    if blame.rule == "before:say":
        # The verb of speech is the speaker's, not the claim's.
        first = last = agent.first
    if not spoken:
        first, last = min(agent.first, first), max(agent.last, last)
    hedge: tuple[int, int, str | None] | None = None
    if blame.stance == "denied":
        hedge = (blame.first, blame.last, "denied")
    elif (level := _LEVELS.get(sentence.words[blame.first])) is not None:
        hedge = (blame.first, blame.first + 1, level)
    return Finding(
        sentence, "attribution", first, last, f"attribution.{blame.rule}",
        actor=name, stance=blame.stance, label=f"{name.casefold()} {blame.stance}",
        speaker=name if blame.own_words else said_by, hedge=hedge,
    )  # fmt: skip
