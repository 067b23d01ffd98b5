"""The cues of a person or a group in a sentence, and those of a sentence that no culprit is known.

A cue tells on which side of the noun phrase a word or a kind of phrase stands: `<blame_before sure` is a
phrase of that kind before it, `>~admit` a word that begins so behind it, `>1 was` the word beside it. What
people are called who did it differs from author to author; of which kinds the phrases around them are, less.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.agent import Agent
from clawback.claims.agents import Agents
from clawback.claims.cues import WRITTEN, place_cues
from clawback.claims.culprit_clauses import RULE, clause_cues, text_cues
from clawback.claims.reading import Reading, Sentence

_ENDS: Final = frozenset({";", ".", ":", "but", "while", "?", "!"})
_LEFT: Final = 7
_RIGHT: Final = 9
_NEAR: Final = 3
_STEM: Final = 5
_SHORT: Final = 8
_LONG: Final = 4
_FAMILIES: Final = (
    "steal",
    "steal_do",
    "flee",
    "blame_before",
    "blame_after",
    "after_not",
    "before_not",
    "say",
    "event",
    "thief",
    "nobody",
    "hedge",
    "laundering_verb",
    "laundering_service",
    "technique",
    "victim_kind",
)


def culprit_cues(
    reading: Reading,
    sentence: Sentence,
    agent: Agent,
    agents: Agents,
    strength: int,
    verdicts: frozenset[str],
) -> set[str]:
    """All cues of an agent, `verdicts` being the stances that the rules gave him."""
    cues = place_cues(reading, sentence, strength)
    cues |= {f"is {agent.who.value}", f"head {agent.head}", f"{agent.who.value} first {agent.first == 0}"}
    cues |= {f"begins {sentence.words[agent.first]}", f"is of {min(agent.last - agent.first, _LONG)} words"}
    if agent.own:
        cues.add("is of the house")
    cues |= {f"{RULE} {verdict}" for verdict in verdicts}
    cues |= clause_cues(sentence, agent, agents.of(sentence))
    cues |= text_cues(reading, agent, agents.standing(sentence, agent))
    words = sentence.words
    first = agent.first
    while first > 0 and agent.first - first < _LEFT and words[first - 1] not in _ENDS:
        first -= 1
        cues |= side_cues(words[first], "<", agent.first - first)
    last = agent.last
    while last < len(words) and last - agent.last < _RIGHT and words[last] not in _ENDS:
        cues |= side_cues(words[last], ">", last - agent.last + 1)
        last += 1
    for family in _FAMILIES:
        for hit in sentence.of(family):
            cues.add(f"in {family}")
            kind = family if family in {hit.tag, "technique", "say"} else f"{family} {hit.tag}"
            if first <= hit.first and hit.last <= agent.first:
                cues.add(f"<{kind}")
                if agent.first - hit.last <= _NEAR:
                    cues.add(f"<{_NEAR} {kind}")
            elif agent.last <= hit.first < last:
                cues.add(f">{kind}")
                if hit.first - agent.last <= _NEAR:
                    cues.add(f">{_NEAR} {kind}")
    return cues


def side_cues(word: str, side: str, distance: int) -> set[str]:
    """The cues of one word, `<` before the agent or `>` behind it, at a distance of so many words."""
    own = WRITTEN.get(word, word)
    cues = {f"{side}{own}"}
    if distance == 1:
        cues.add(f"{side}1 {own}")
    if distance <= _NEAR:
        cues.add(f"{side}{_NEAR} {own}")
    if len(own) > _STEM:
        cues.add(f"{side}~{own[:_STEM]}")
    return cues


def unknown_cues(reading: Reading, sentence: Sentence, strength: int, *, is_found: bool) -> set[str]:
    """All cues of a sentence, `is_found` telling whether a rule read there that nobody knows who did it."""
    cues = place_cues(reading, sentence, strength)
    words = [WRITTEN.get(word, word) for word in sentence.words]
    cues |= set(words)
    cues |= {f"~{word[:_STEM]}" for word in words if len(word) > _STEM}
    cues |= {f"in {family} {hit.tag}" for family in _FAMILIES for hit in sentence.of(family)}
    if sentence.number > 0 and len(words) <= _SHORT:
        # "Who did it? No idea."
        before = reading.sentences[sentence.number - 1].words
        cues |= {f"after {word}" for word in before[-_LEFT:]} | {f"after {word}" for word in before[:_NEAR]}
        cues.add("is short")
    if is_found:
        cues.add(RULE)
    return cues
