"""The cues of the clause that a person or a group stands in: which predicate is theirs, and who they are.

`reaches steal` says that a verb of theft is the agent's own, with nothing between but what belongs to the
noun phrase; `reached blame_before sure` that a phrase of blame has the agent for its object; `not` and
`passive` behind either what they say. They hold in whatever words a text says it.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.agent import Agent, Standing, Who
from clawback.claims.denials import denies_for_another
from clawback.claims.phrases import Hit
from clawback.claims.predicates import (
    BARRIERS,
    BE,
    FINITE,
    GAP,
    NEGATIONS,
    THEFT_NOUNS,
    UNMISTAKABLE,
    is_passive,
    negated,
    reaches,
)
from clawback.claims.reading import Reading, Sentence

RULE: Final = "is found by rule"
_PREDICATES: Final = ("steal", "steal_do", "flee", "blame_after", "after_not", "say", "laundering_verb")
_LEADING: Final = ("blame_before", "before_not", "hedge")
_CLAUSE: Final = 12
_STOPS: Final = frozenset({";", ".", "?", "!", "but"})
_OFTEN: Final = (2, 3, 5)


def clause_cues(sentence: Sentence, agent: Agent, agents: list[Agent]) -> set[str]:
    """Which predicates are an agent's own, and what denies them."""
    words = sentence.words
    cues: set[str] = set()
    for family in _PREDICATES:
        for hit in sentence.of(family):
            if not 0 <= hit.first - agent.last <= 3 * GAP:
                continue
            if reaches(sentence, agent, hit, agents):
                turned = " not" if negated(words, hit.first, agent.last) else ""
                passive = " passive" if is_passive(sentence, hit) else ""
                cues.add(f"reaches {_kind(hit)}{passive}{turned}")
                if family == "after_not" and denies_for_another(sentence, agent, hit, agents):
                    cues.add("denies for another")
    for family in _LEADING:
        for hit in sentence.of(family):
            between = words[hit.last : agent.first]
            if 0 <= agent.first - hit.last <= GAP and not _parted(between):
                turned = " not" if negated(words, hit.first, max(0, hit.first - 3)) else ""
                cues.add(f"reached {_kind(hit)}{turned}")
    cues |= _agency(words, agent)
    for place in range(max(0, agent.first - _CLAUSE), min(len(words), agent.last + _CLAUSE)):
        if words[place] in NEGATIONS:
            own = range(agent.first, agent.last)
            side = "within" if place in own else "before" if place < agent.first else "behind"
            if not _STOPS & set(words[min(place, agent.last) : max(place, agent.first)]):
                cues.add(f"not {side}")
    return cues


def text_cues(reading: Reading, agent: Agent, standing: Standing) -> set[str]:
    """What else a text tells of an agent."""
    cues = {f"is told {often}" for often in _OFTEN if standing.told >= often}
    cues |= {f"{RULE} elsewhere {stance}" for stance in standing.blamed}
    if standing.speaks_or_was_robbed:
        cues.add("is elsewhere speaking or robbed")
    if agent.who is not Who.DESCRIBED and agent.name.split()[-1].casefold() in reading.title.words:
        cues.add("is in headline")
    return cues


def _kind(hit: Hit) -> str:
    return hit.family if hit.family in {hit.tag, "say"} else f"{hit.family} {hit.tag}"


def _parted(between: list[str]) -> bool:
    return any(word in BARRIERS or word in FINITE or word == "," for word in between)


def _agency(words: list[str], agent: Agent) -> set[str]:
    """Whether a theft, or something else, is done by the agent: "drained by", "published by"."""
    by = agent.first - 1
    if by < 1 or words[by] != "by":
        return set()
    beside = set(words[max(0, by - 6) : by])
    if ((UNMISTAKABLE | THEFT_NOUNS) - BE) & beside:
        return {"by theft"}
    return {"by passive"} if BE & beside else {"by other"}
