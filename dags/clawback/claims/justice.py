"""Whether a step of the law is taken against somebody, and whether it is for theft.

Arrests, charges, confessions and sentences for laundering alone, for an unlicensed business, or for another
crime make no culprit of a theft.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from clawback.claims.agent import Agent
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import Hit
from clawback.claims.predicates import TRANSPARENT, Blame, blame_of, reaches
from clawback.claims.reading import Sentence

MONEY_ONLY: Final = word_set("culprits.money_only")
_THEFT: Final = word_set("culprits.charged_theft")
_ADMITTED: Final = word_set("culprits.admitted")
_SPEAKING_STEPS: Final = frozenset(
    {
        "charged",
        "charges",
        "charging",
        "indicted",
        "indicts",
        "convicted",
        "convicts",
        "sentenced",
        "sentences",
    }
)
_COURTS: Final = word_set("culprits.courts")
_TAKES: Final = frozenset({"took", "takes", "taking"})
_OTHER_CRIMES: Final = word_set("culprits.other_crimes")
_CRIMES: Final = _THEFT - {"stolen", "stole", "hack", "heist", "exploit", "attack", "breach"}
_TAKEN: Final = word_set("culprits.taken_by_law")
_BE: Final = frozenset({"is", "are", "was", "were", "be", "been", "being", "got", "gets", "stand", "stands"})
_AFTER_PARTICIPLE: Final = frozenset(
    {"for", "in", "over", "on", "after", "by", ",", ".", "with", "following", "at", "and", "to", "as", "of"}
)


def steps_of_law(sentence: Sentence, agent: Agent, agents: list[Agent], *, is_launderer: bool) -> list[Blame]:
    """Arrests, charges, confessions and sentences that somebody suffers for a theft; see `is_for_theft`."""
    words = sentence.words
    found = []
    for hit in sentence.of("blame_after"):
        if hit.tag not in {"justice", "admit"} or not reaches(sentence, agent, hit, agents):
            continue
        if (
            hit.tag == "admit"
            and words[hit.last - 1] != "guilty"
            and not _admits(words[hit.last : hit.last + 4])
        ):
            continue
        if hit.tag == "justice" and not brings_to_justice(sentence, hit):
            continue
        if is_for_theft(sentence, agent, hit, is_launderer=is_launderer):
            found.append(blame_of(hit, "named", "after", hit.first - agent.last))
    for hit in sentence.of("blame_before"):
        if hit.tag != "justice" or not 0 <= agent.first - hit.last <= 3:
            continue
        if not all(word in TRANSPARENT for word in words[hit.last : agent.first]):
            continue
        if words[hit.first] in _TAKES and words[agent.last : agent.last + 2] != ["into", "custody"]:
            continue
        if is_for_theft(sentence, agent, hit, is_launderer=is_launderer):
            blame = blame_of(hit, "named", "before", agent.first - hit.last)
            found.append(replace(blame, authority=_authority(words, hit)))
    return found


def _admits(after: list[str]) -> bool:
    """Whether it is a theft that is admitted, and not that something was wrong."""
    return (
        not after
        or after[0] in {".", ",", "in"}
        or ("that" not in after[:1] and bool(_ADMITTED & set(after[:3])))
    )


def _authority(words: list[str], hit: Hit) -> tuple[int, int] | None:
    """The court, jury or police that charges or sentences; an arrest is nobody's word."""
    if words[hit.first] not in _SPEAKING_STEPS:
        return None
    last = hit.first
    while last > 0 and words[last - 1] in {"has", "have", "had", "also", "today", "formally", "then"}:
        last -= 1
    if words[last - 1 : last] == [")"] and "(" in words[:last]:
        last = max(at for at in range(last) if words[at] == "(")
    first = last
    while (
        first > 0
        and last - first < 7
        and words[first - 1].isalpha()
        and words[first - 1] not in {"that", "and"}
    ):
        first -= 1
    return (first, last) if first < last and _COURTS & set(words[first:last]) else None


def brings_to_justice(sentence: Sentence, hit: Hit) -> bool:
    """Whether what stands before the phrase suffers it: "was arrested", not "arrested two men"."""
    words = sentence.words
    if words[hit.first] not in _TAKEN:
        return True
    before = words[max(0, hit.first - 4) : hit.first]
    if _BE & set(before):
        return True
    after = words[hit.last : hit.last + 1]
    return not after or after[0] in _AFTER_PARTICIPLE


def is_for_theft(sentence: Sentence, agent: Agent, hit: Hit, *, is_launderer: bool) -> bool:
    """Whether the step is for a theft.

    Args:
        sentence: where it stands.
        agent: who suffers it.
        hit: the phrase.
        is_launderer: whether the text speaks of the same person and of laundering elsewhere; then the
            sentence itself must speak of theft.
    """
    words = set(sentence.words)
    charged = set(sentence.words[min(hit.first, agent.first) :])
    theft = bool(_THEFT & charged)
    if MONEY_ONLY & words:
        return bool(_THEFT & set(_without_laundered(sentence.words)))
    if _OTHER_CRIMES & words:
        return False
    if theft or _THEFT & words:
        return True
    after = sentence.words[hit.last : hit.last + 3]
    if {"for", "over", "of", "with"} & set(after) and agent.first < hit.first:
        # What for is said, and it is no theft.
        return False
    return not is_launderer and hit.phrase.startswith(
        ("arrested|", "admitted|", "pleaded|", "found", "charged|", "confess", "took|", "arrest|")
    )


def _without_laundered(words: list[str]) -> list[str]:
    """The words before the laundering, and other crimes joined to it: "money laundering and computer fraud".

    What follows says only where the laundered money came from: "laundering bitcoin stolen in the hack".
    """
    first = next(place for place, word in enumerate(words) if word in MONEY_ONLY)
    kept = words[:first]
    for place in range(first, len(words)):
        if words[place] in {"and", ",", ";"}:
            kept.extend(word for word in words[place + 1 : place + 4] if word in _CRIMES)
    return kept
