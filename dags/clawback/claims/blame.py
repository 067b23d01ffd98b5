"""Phrases that blame: "attributed to", "the handiwork of", "was behind", "is suspected of", an inside job."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from clawback.claims.agent import Agent, Who
from clawback.claims.justice import MONEY_ONLY
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import Hit
from clawback.claims.predicates import (
    BARRIERS,
    BE,
    FINITE,
    GAP,
    GENERAL,
    GUILT,
    NEGATIONS,
    SIMPLE_ADVERBS,
    THEFT_NOUNS,
    THEFT_WORDS,
    TRANSPARENT,
    VAGUE,
    Blame,
    blame_of,
    ends,
    negated,
    reaches,
    speaks_of_theft,
)
from clawback.claims.reading import Sentence

_INSIDERS: Final = frozenset({"insider", "insiders", "employee", "employees", "staff", "contractor"})
_TOLD_ACTS: Final = word_set("culprits.told_acts")
_GUILTY: Final = word_set("culprits.guilty")
_SAYING: Final = frozenset({"say", "says", "said"})


def blamed_before(sentence: Sentence, agent: Agent) -> list[Blame]:
    """Phrases before an agent that blame him: "attributed to", "the handiwork of"."""
    words = sentence.words
    found = []
    theft = speaks_of_theft(sentence)
    for hit in sentence.of("blame_before"):
        if hit.tag == "justice" or not 0 <= agent.first - hit.last <= GAP:
            continue
        between = words[hit.last : agent.first]
        if any(word in BARRIERS or word in FINITE or word == "," for word in between):
            continue
        sure = hit.tag != "theft"
        if words[agent.first] == "no":
            continue
        if words[hit.last - 1] in _SAYING and agent.who is not Who.GROUP:
            continue
        if hit.phrase.startswith("heist|") and not (
            all(word in TRANSPARENT for word in between) and _clause_ends_after(words, agent)
        ):
            continue
        if words[hit.first] in {"it", "this", "that"} and not (
            (agent.who is Who.GROUP or (agent.own and agent.head in _INSIDERS))
            and all(word in TRANSPARENT for word in between)
            and ends(words, agent.last)
        ):
            continue
        if hit.tag == "blame_before" and agent.who is not Who.GROUP:
            continue
        if hit.phrase.startswith(("suspects|", "looks|")) and agent.who is Who.NAME:
            continue
        if hit.phrase == "say|says|said" and not ends(words, agent.last):
            continue
        if (
            agent.head in {"suspect", "suspects", "mastermind", "culprit"}
            or "usual" in words[agent.first : agent.last]
        ):
            # "named a developer as the suspect" names the developer.
            continue
        if agent.who is Who.DESCRIBED and agent.head != "job" and words[hit.last - 1] == "like":
            # "what looked like a message from a recruiter"
            continue
        if agent.who is not Who.GROUP:
            if not sure or not all(word in TRANSPARENT for word in between):
                continue
            if agent.who is Who.NAME and not theft:
                continue
            if agent.who is Who.DESCRIBED and agent.head not in _INSIDERS and not theft:
                continue
        elif not sure and not theft and (agent.head == "state" or hit.last - hit.first < 3):
            # "ties the e-mail to BlueNoroff" blames without a word of theft, "ties to North Korea" does not.
            continue
        if agent.who is Who.GROUP and not sure and GENERAL & set(words) and not sentence.dates:
            continue
        stance = (
            "denied"
            if negated(words, hit.first, max(0, hit.first - 3))
            or NEGATIONS & set(words[hit.first : hit.last])
            else "named"
        )
        found.append(blame_of(hit, stance, "before", len(between) + (0 if sure else 1)))
    return found


def blamed_after(sentence: Sentence, agent: Agent, agents: list[Agent]) -> list[Blame]:
    """Phrases after an agent that blame him: "was behind", "is suspected of", "claimed responsibility"."""
    words = sentence.words
    found = []
    theft = speaks_of_theft(sentence)
    for hit in sentence.of("blame_after"):
        if hit.tag in {"justice", "admit"} or not reaches(sentence, agent, hit, agents):
            continue
        if hit.tag == "blame_after" and agent.who is not Who.GROUP:
            continue
        after = words[hit.last : hit.last + 10]
        if hit.tag == "suspect":
            if agent.who is Who.NAME or not _is_suspected(sentence, hit):
                continue
        elif hit.tag == "claim":
            if words[hit.last - 1] in {"bragged", "boasted", "bragging", "boasting"} and not GUILT & set(
                after
            ):
                continue
        elif hit.phrase == "behind":
            if not THEFT_NOUNS & set(after) or agent.who is Who.NAME:
                continue
        elif words[hit.last - 2 : hit.last] == ["responsible", "for"] or words[hit.last : hit.last + 1] == [
            "for"
        ]:
            if not THEFT_WORDS & set(after):
                continue
        elif hit.phrase.startswith("as "):
            if agent.who is Who.NAME:
                continue
        elif not theft and hit.tag == "be" and not {"it", "this", "behind"} & set(words):
            continue
        if (
            "usual" in words[agent.first : agent.last]
            or (agent.head in VAGUE and not agent.own)
            or (words[hit.first] == "'s" and hit.first > agent.last)
        ):
            continue
        if hit.phrase.startswith("involvement") and agent.who is not Who.GROUP and not agent.own:
            continue
        if (
            agent.who in {Who.NAME, Who.HANDLE, Who.PERSON}
            and hit.tag == "be"
            and not THEFT_WORDS & set(after)
        ):
            continue
        stance = "named"
        if NEGATIONS & set(words[hit.first : hit.last]) or negated(words, hit.first, agent.last):
            stance = "denied"
        if {"no", "none", "nobody"} & set(words[max(0, agent.first - 3) : agent.first + 1]):
            stance = "denied"
        blame = blame_of(hit, stance, "after", hit.first - agent.last + 1)
        found.append(replace(blame, own_words=hit.tag == "claim"))
    return found


def apposed_to_thief(sentence: Sentence, agent: Agent) -> list[Blame]:
    """Who stands beside the word for the thief: "the hacker, Oleh Marchuk," or "Oleh Marchuk, the hacker"."""
    words = sentence.words
    if agent.who in {Who.GROUP, Who.NAME, Who.HANDLE} or agent.head in VAGUE:
        return []
    after = words[agent.last : agent.last + 1]
    for thief in sentence.of("thief"):
        if words[thief.first] in {"someone", "unknown", "suspect"} and agent.who is not Who.PERSON:
            continue
        comma = words[thief.last : agent.first] in ([","], [":"], [",", "one"])
        beside = comma or (thief.last == agent.first and agent.who is Who.PERSON)
        if beside and thief.first > 0 and (not after or after[0] in {",", ".", "(", ")", ";"}):
            return [Blame(thief.first, thief.last, "named", "apposed:thief", 1)]
        between = words[agent.last : thief.first]
        ends = words[thief.last : thief.last + 1]
        if (
            agent.who is Who.PERSON
            and between[:2] == [",", "the"]
            and len(between) <= 4
            and ends in ([","], ["."], [])
        ):
            return [Blame(thief.first, thief.last, "named", "apposed:thief", 1)]
    return []


def _is_suspected(sentence: Sentence, hit: Hit) -> bool:
    """Whether a word of suspicion is passive and is about a theft: "is believed to have stolen"."""
    words = sentence.words
    after = words[hit.last : hit.last + 10]
    if MONEY_ONLY & set(after):
        return False
    if words[hit.first] in {"suspect", "suspects", "culprit", "culprits", "might", "may", "could"}:
        return True
    if after[:2] == ["to", "have"] and _TOLD_ACTS & set(after[2:6]):
        return True
    if words[hit.first] in {"accused", "suspected", "alleged", "blamed"} and after[:1] in (["of"], ["for"]):
        return True
    before = hit.first - 1
    while before >= 0 and words[before] in SIMPLE_ADVERBS:
        before -= 1
    return before >= 0 and words[before] in BE and bool(THEFT_WORDS & set(after[:6]))


def beside_guilt(sentence: Sentence, agent: Agent) -> list[Blame]:
    """A known group in one clause with a word of guilt that no other rule read."""
    words = sentence.words
    if agent.who is not Who.GROUP:
        return []
    found = []
    for place, word in enumerate(words):
        if word not in _GUILTY:
            continue
        first, last = min(place, agent.first), max(place + 1, agent.last)
        between = words[agent.last : place] if agent.last <= place else words[place + 1 : agent.first]
        if not 0 <= len(between) <= 7 or any(part in BARRIERS or part in {",", '"'} for part in between):
            continue
        if any(first <= thief.first < last and thief.first != place for thief in sentence.of("thief")):
            continue
        if any(first < hit.first < last and hit.tag != "judge" for hit in sentence.of("say")):
            continue
        denied = bool(NEGATIONS & set(words[max(0, first - 3) : last]))
        found.append(
            Blame(place, place + 1, "denied" if denied else "named", f"beside:{word}", 20 + len(between))
        )
    return found


def _clause_ends_after(words: list[str], agent: Agent) -> bool:
    return agent.who is Who.GROUP and ends(words, agent.last)


def fragment(sentence: Sentence, agent: Agent) -> list[Blame]:
    """A known group that is a sentence's answer: "Who? Lazarus, says ZachXBT."."""
    words = sentence.words
    if agent.who is not Who.GROUP or agent.first > 0 or len(words) > 9 or NEGATIONS & set(words):
        return []
    after = words[agent.last : agent.last + 1]
    said = any(hit.first <= agent.last + 2 for hit in sentence.of("say")) and after == [","]
    return [Blame(agent.first, agent.last, "named", "fragment", 1)] if said else []


def inside_job(sentence: Sentence, agent: Agent) -> Blame:
    """An inside job, which blames by its name, or that it was none."""
    words = sentence.words
    first = agent.first
    while (
        first > 0 and agent.first - first < 5 and words[first - 1] not in {",", ".", "that", "it", '"', ";"}
    ):
        first -= 1
    denied = bool(NEGATIONS & set(words[first : agent.last])) or bool(
        {"ruled", "rejects", "dismissed"} & set(words[first : agent.first])
    )
    return Blame(agent.first, agent.last, "denied" if denied else "named", "inside-job", 0)
