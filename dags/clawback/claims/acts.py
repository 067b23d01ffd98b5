"""Acts of theft: whose subject, or whose agent after "by", somebody is.

What makes a verb an act of theft depends on who acts: a known group that "took" coins stole them; a firm's
founder who did so must have done it without right, or have run off with them.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.agent import Agent, Who
from clawback.claims.justice import MONEY_ONLY
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE, Hit
from clawback.claims.predicates import (
    ADVERBS,
    BARRIERS,
    FINITE,
    GAP,
    GENERAL,
    GUILT,
    PARTICIPLES,
    THEFT_NOUNS,
    THEFT_WORDS,
    TRANSPARENT,
    UNMISTAKABLE,
    VAGUE,
    Blame,
    blame_of,
    is_passive,
    negated,
    reaches,
)
from clawback.claims.reading import Sentence

_ABUSE: Final = word_set("culprits.abuse")
_PARTICIPLES_BY: Final = word_set("culprits.participles_by")
_HAVE: Final = frozenset({"has", "have", "had", "having"})
_WORK: Final = word_set("culprits.work")
_OBJECTLESS: Final = frozenset(
    {"by", "for", "of", "in", "on", "at", "again", ",", ".", "and", "via", "through"}
)
_NAMED_ONES: Final = frozenset({Who.PERSON, Who.HANDLE, Who.DESCRIBED})


def acts(sentence: Sentence, agent: Agent, agents: list[Agent]) -> list[Blame]:
    """Acts of theft whose subject the agent is."""
    words = sentence.words
    found: list[Blame] = []
    nobody = bool({"none", "nobody"} & set(words[max(0, agent.first - 3) : agent.first]))
    if words[agent.first - 1 : agent.first] == ["as"] and {"known", "tracked"} & set(
        words[max(0, agent.first - 6) : agent.first]
    ):
        pass
    elif words[agent.first - 1 : agent.first] in (["as"], ["since"], ["than"], ["unlike"]):
        # "posed as a contractor", "the largest since Lazarus robbed Ronin"
        return found
    for family in ("steal", "steal_do", "flee"):
        for hit in sentence.of(family):
            if not reaches(sentence, agent, hit, agents) or is_passive(sentence, hit):
                continue
            if MONEY_ONLY & set(words[hit.first : hit.last + 3]) or not _may_act(sentence, agent, hit):
                continue
            if (
                nobody
                or negated(words, hit.first, agent.last)
                or {"not", "n't", "never"} & set(words[agent.last : hit.first])
            ):
                found.append(blame_of(hit, "denied", "acts-not", hit.first - agent.last))
            else:
                found.append(blame_of(hit, "named", "acts", hit.first - agent.last))
    return found


def _may_act(sentence: Sentence, agent: Agent, hit: Hit) -> bool:
    words = sentence.words
    after = words[hit.last : hit.last + 8]
    object_is_theft = bool(THEFT_NOUNS & set(after[:7]))
    if hit.family == "steal_do":
        return object_is_theft and not _WORK & set(after[:5])
    if words[hit.first : hit.last] == ["relieved", "of"]:
        # "PancakeBunny, relieved of $45 million" is the victim.
        return False
    if hit.family == "flee":
        return (
            agent.own
            and agent.who in _NAMED_ONES
            and (bool({"with", "after", "taking"} & set(after[:5])) or bool(GUILT & set(words)))
        )
    weak = (
        words[hit.first] not in UNMISTAKABLE and words[hit.last - 1] != "own" and "to drain" not in hit.phrase
    )
    if agent.who is Who.GROUP:
        # A group that "targets exchanges" year after year is blamed for none of them.
        return not (GENERAL & set(words) and not sentence.dates) or bool({"the", "this"} & set(after[:3]))
    before = words[agent.last : hit.first]
    if words[hit.first] == "stolen" and (not _HAVE & set(before) or FIGURE in before):
        # "the co-founder had 3,248 ETH stolen" lost them.
        return False
    if agent.who is Who.NAME:
        return (
            not weak
            and bool(after)
            and after[0] not in _OBJECTLESS
            and all(word in ADVERBS for word in words[agent.last : hit.first])
        )
    if agent.who in {Who.PERSON, Who.HANDLE}:
        return not weak or bool(_ABUSE & set(words)) or _with_his_own(words)
    if weak:
        taken = words[hit.first] in {"took", "takes"} and "from" in after
        return taken or agent.head in {"defendant", "defendants"} or (agent.own and bool(_ABUSE & set(words)))
    if agent.head in VAGUE or (
        agent.head in {"team", "teams"} and words[hit.last - 1] not in {"away", "off", "with"}
    ):
        return False
    return not after or after[0] not in {"by", "again"}


def _with_his_own(words: list[str]) -> bool:
    """Whether something was done "with his own key" or "to their own wallets"."""
    return any(
        word == "own"
        and words[at - 1] in {"his", "her", "their"}
        and words[at - 2] in {"with", "to", "into", "using"}
        for at, word in enumerate(words)
        if at >= 2
    )


def passive(sentence: Sentence, agent: Agent) -> list[Blame]:
    """Acts of theft said to be by somebody: "stolen by two brothers", "an attack by Lazarus Group"."""
    words = sentence.words
    by = agent.first - 1
    reach = GAP if agent.who is Who.GROUP else 2
    while by > 0 and agent.first - by <= reach and words[by] != "by":
        if words[by] in BARRIERS or words[by] in FINITE or words[by] == ",":
            return []
        if agent.who is not Who.GROUP and words[by] not in TRANSPARENT:
            return []
        by -= 1
    if by <= 0 or words[by] != "by":
        return []
    beside = by - 1
    while beside >= 0 and words[beside] in ADVERBS:
        beside -= 1
    if agent.who in {Who.NAME, Who.HANDLE, Who.PERSON} and words[beside] not in UNMISTAKABLE | {
        "out",
        "off",
        "masterminded",
    }:
        return []
    start = _theft_before(sentence, by)
    if start is None:
        return []
    stance = "denied" if negated(words, start, max(0, start - 3)) else "named"
    return [Blame(start, agent.last, stance, "acts:by", agent.first - by)]


def _theft_before(sentence: Sentence, by: int) -> int | None:
    """The word of theft that "by" belongs to."""
    words = sentence.words
    for place in range(by - 1, max(-1, by - 18), -1):
        word = words[place]
        if word in UNMISTAKABLE and words[place + 1] in {"a", "an", "its", "their", "his"}:
            # "manipulated a request by an employee" is no act of the employee.
            return None
        if word in UNMISTAKABLE or word == "taken" or word in THEFT_NOUNS or word in THEFT_WORDS:
            return place
        if word in {"out", "off"} and words[place - 1] in {"carried", "pulled"}:
            return place - 1
        if (
            word in {"that", "which", ";", ":"}
            or word in FINITE
            or (place == by - 1 and word in _PARTICIPLES_BY)
        ):
            return None
        if word.endswith("ed") and word not in PARTICIPLES and words[place] != "based":
            return place if word in GUILT else None
    return None
