"""Denials: the accused's own, another's word that he did not do it, and what no evidence is found for."""

from __future__ import annotations

from typing import Final

from clawback.claims.agent import Agent, Who
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE, Hit, name_of
from clawback.claims.predicates import (
    GENERAL,
    GUILT,
    NEGATIONS,
    THEFT_WORDS,
    Blame,
    blame_of,
    is_passive,
    reaches,
)
from clawback.claims.reading import DATE, Sentence

_TO_ANOTHER: Final = 3
_PARTS: Final = frozenset({",", ";", ".", "to", "and", "but", "with", "by", "from", "against", "being"})
_CLEARED: Final = frozenset({"cleared", "acquitted", "exonerated", "exculpated", "absolved"})
OWN_DENIALS: Final = word_set("culprits.own_denials")
_WORTHLESS: Final = word_set("culprits.worthless")
_GUILT_DENIED: Final = word_set("culprits.guilt_denied")


def denial(sentence: Sentence, agent: Agent, agents: list[Agent]) -> Blame | None:
    """The agent's own denial, or another's word that he did not do it."""
    if agent.who is Who.NAME:
        return None
    words = sentence.words
    none_such = words[agent.first] == "no" and words[agent.first - 1 : agent.first] in (["was"], ["is"])
    if none_such and agent.own and agent.head in {"insider", "insiders", "accomplice"}:
        # "There was no insider."
        return Blame(agent.first - 1, agent.last, "denied", "denied:no", 0)
    for hit in sentence.of("after_not"):
        if not reaches(sentence, agent, hit, agents) or not is_denial_of_guilt(sentence, hit):
            continue
        if denies_for_another(sentence, agent, hit, agents):
            continue
        if agent.head == "state" and GENERAL & set(words):
            # A state's general denial speaks of no theft.
            continue
        own = words[hit.first] in OWN_DENIALS
        return Blame(hit.first, hit.last, "denied", f"denied:{name_of(hit)}", hit.first - agent.last, own)
    for hit in sentence.of("before_not"):
        between = words[hit.last : agent.first]
        if not 0 <= agent.first - hit.last <= 6 or any(word in {",", ";", ":", "but"} for word in between):
            continue
        if "exclude" in hit.phrase:
            return blame_of(hit, "named", "not-ruled-out", len(between))
        if "by" in between:
            # "The report was cleared by the client."
            continue
        if hit.phrase.startswith("denied|denies") and not (
            GUILT & set(words[agent.last : agent.last + 8]) and (agent.own or agent.who is Who.GROUP)
        ):
            continue
        if hit.phrase.startswith("ruled") and NEGATIONS & set(words[max(0, hit.first - 3) : hit.first]):
            return blame_of(hit, "named", "not-ruled-out", len(between))
        if hit.phrase.startswith("ruled") and not (
            agent.own or THEFT_WORDS & set(words) or agent.who is Who.GROUP
        ):
            continue
        if hit.phrase.startswith("rumour") and not (
            {"false", "untrue", "wrong", "baseless", "unfounded", "nonsense"} & set(words[agent.last :])
        ):
            continue
        if hit.phrase.startswith("is|was") and not (
            agent.who is Who.GROUP and not between and _is_pronoun_before(words, hit.first)
        ):
            continue
        if hit.phrase.startswith("no|any") and not (
            GUILT & set(words[agent.last : agent.last + 8]) or not between or THEFT_WORDS & set(words)
        ):
            continue
        return blame_of(hit, "denied", "denied", len(between))
    return None


def denies_for_another(sentence: Sentence, agent: Agent, hit: Hit, agents: list[Agent]) -> bool:
    """Whether whoever denies clears another: "the company denies that an employee is involved"."""
    words = sentence.words
    if words[hit.first] not in OWN_DENIALS:
        return False
    others = [other for other in agents if other is not agent and hit.last <= other.first]
    for other in others:
        between = words[hit.last : other.first]
        if len(between) <= _TO_ANOTHER and not _PARTS & set(between):
            return other.own or other.who is not Who.NAME
    after = words[hit.last : hit.last + 3]
    return after[:1] == ["that"] and not {"he", "she", "they", "it"} & set(after)


def is_denial_of_guilt(sentence: Sentence, hit: Hit) -> bool:
    """Whether it is guilt that is denied, and not a loss or a breach."""
    words = sentence.words
    after = words[hit.last : hit.last + 8]
    first = words[hit.first]
    if first in _CLEARED and not is_passive(sentence, hit):
        return bool({"of", "in", "by"} & set(after[:1]))
    if first.startswith(("den", "reject", "disput")):
        if after[:1] == ["that"] or "withdrawals" in after[:2]:
            return bool({"he", "she", "they", "it"} & set(after[1:3])) and bool(GUILT & set(after))
        return bool(_GUILT_DENIED & set(after[:6])) and not {"known", "knowing"} & set(after[:3])
    if first in {
        "calls",
        "called",
        "brands",
        "branded",
        "dismisses",
        "dismissed",
        "describes",
        "described",
    } | {
        "terms",
        "termed",
        "denounced",
    }:
        return bool(_WORTHLESS & set(after)) and "loss" not in after
    if hit.phrase.startswith(("is|been", "wrongly", "played")) or "longer" in words[hit.first : hit.last]:
        return True
    if first.startswith(("insist", "maintain")):
        return bool({"innocent", "innocence", "nothing", "never", "not", "n't"} & set(after)) and bool(
            {"he", "she", "they", "innocent", "his", "her"} & set(after[:4])
        )
    if first in {"swears", "swore", "says", "said", "claims", "claimed"}:
        return bool((GUILT | {"innocent"}) & set(words[hit.first : hit.last] + after[:5]))
    if first in {"not", "n't", "never"}:
        return bool({FIGURE, DATE, "it", "this", "anything", "any", "a", "the", "out"} & set(after[:3]))
    if first in {"had", "has", "have", "is", "are", "was", "were", "been"}:
        return bool(THEFT_WORDS & set(words)) or bool({"it", "this", "innocent"} & set(after[:3]))
    return True


def _is_pronoun_before(words: list[str], place: int) -> bool:
    return words[place - 1 : place] in (["it"], ["this"], ["that"])
