"""How a predicate belongs to a noun phrase: the grammar that the rules for culprits share.

A predicate that follows is the phrase's own where only what belongs to the phrase stands between: an
apposition, a relative pronoun, adverbs and auxiliary verbs, another phrase joined by "and".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from clawback.claims.agent import Agent, Who
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import Hit, name_of
from clawback.claims.reading import Sentence

GAP: Final = 8
"""How many words may stand between a noun phrase and its predicate."""

BARRIERS: Final = word_set("culprits.barriers")
FINITE: Final = word_set("culprits.finite")
PARTICIPLES: Final = word_set("culprits.participles")
THEFT_WORDS: Final = word_set("culprits.theft_words")
THEFT_NOUNS: Final = word_set("culprits.theft_nouns")
TRANSPARENT: Final = word_set("culprits.transparent")
UNMISTAKABLE: Final = word_set("culprits.unmistakable")
GUILT: Final = word_set("culprits.guilt")
GENERAL: Final = word_set("culprits.general")
BE: Final = frozenset({"is", "are", "was", "were", "be", "been", "being", "got", "get"})
ADVERBS: Final = word_set("culprits.adverbs")
SIMPLE_ADVERBS: Final = ADVERBS - BE
NEGATIONS: Final = frozenset({"not", "n't", "never", "no", "nor", "neither", "none", "cannot"})
VAGUE: Final = word_set("culprits.vague")
_NOT_NEGATED: Final = frozenset({"only", "yet", "just", "immediately", "alone", "clear"})
_CLAUSE_ENDS: Final = word_set("culprits.clause_ends")
_NO_SUBJECT: Final = (
    frozenset({"from", "in", "at", "near", "with", "for", "to", "on", "against", "by", "than"}) | BE
)
"""What stands before a phrase that is no subject: "from Osaka", "are the main suspects"."""


_NEW_SUBJECTS: Final = frozenset({"he", "she", "they", "it", "we", "i", "that", "who", "which"})


@dataclass(frozen=True)
class Blame:
    """A predicate beside a noun phrase: words `first` up to `last`, stance, rule, and how near it is.

    `own_words` says that who is spoken of speaks: "denied any part in it". `authority` are the words
    that name the court or office whose step it is.
    """

    first: int
    last: int
    stance: str
    rule: str
    gap: int
    own_words: bool = False
    authority: tuple[int, int] | None = None


def blame_of(hit: Hit, stance: str, side: str, gap: int) -> Blame:
    """The blame that a phrase lays on an agent; `side` is the name of the rule."""
    return Blame(hit.first, hit.last, stance, f"{side}:{name_of(hit)}", gap)


def reaches(sentence: Sentence, agent: Agent, hit: Hit, agents: list[Agent], limit: int = GAP) -> bool:
    """Whether a predicate after an agent is the agent's: nothing between but what belongs to the agent."""
    words = sentence.words
    before = words[max(0, agent.first - 1) : agent.first]
    if hit.first < agent.last:
        return False
    if before and before[0] in _NO_SUBJECT and not _is_subject_all_the_same(words, agent):
        return False
    if before == ["of"] and (
        agent.who in {Who.PERSON, Who.HANDLE, Who.NAME}
        or any(other.last == agent.first - 1 for other in agents)
    ):
        return False
    place, end = agent.last, hit.first
    if end - place > 3 * GAP:
        return False
    rest: list[str] = []
    thieves = {at for thief in sentence.of("thief") for at in range(thief.first, thief.last)}
    others = {at: other for other in agents if other is not agent for at in range(other.first, other.last)}
    said = {hit.first for hit in sentence.of("say") if words[hit.first] not in PARTICIPLES}
    while place < end:
        word = words[place]
        aside = _aside(words, place, end, said)
        if aside is not None:
            place = aside
        elif word == "(":
            close = next((at for at in range(place, end) if words[at] == ")"), end)
            place = close + 1
        elif word == "," and (place + 1 == end or words[place + 1] in ADVERBS - {"who", "that", "which"}):
            place += 1
        elif word == "," and words[place + 1] in {"who", "which"} and _closing(words, place, end) is not None:
            place = _closing(words, place, end) or end
        elif word == "," and words[place + 1 : place + 2] not in (["who"], ["which"], ["and"]):
            # An apposition, or a chain of them, ends at the last comma before the predicate.
            commas = [at for at in range(place + 1, min(end, place + 18)) if words[at] == ","]
            told = next((at for at in range(place, end) if at in said), None)
            if not commas or (
                told is not None and told < commas[-1] and not {"who", "which"} & set(words[place:told])
            ):
                return False
            place = commas[-1] + 1
        elif place in others and (words[place - 1 : place] in (["and"], [","]) or word in {"and", "or"}):
            place = others[place].last
        elif word in {"and", ","} and place + 1 in others:
            place += 1
        else:
            if (
                word in BARRIERS
                or (place in thieves and word.isascii())
                or (word == "'s" and place == agent.last)
            ):
                return False
            if word in FINITE or place in said or (word.endswith("ed") and word not in PARTICIPLES):
                # "posed as developers and stole" goes on with the subject.
                goes_on = (
                    words[end - 1] == "and"
                    and place not in said
                    and not (_NEW_SUBJECTS & set(words[place:end]))
                )
                return goes_on and end - place <= GAP
            rest.append(word)
            place += 1
    return len([word for word in rest if word not in ADVERBS]) <= limit


def _is_subject_all_the_same(words: list[str], agent: Agent) -> bool:
    """Subjects after a word that none follows: "it was Marchuk who", "hackers from North Korea stole"."""
    before, earlier = words[agent.first - 1], words[max(0, agent.first - 2) : agent.first - 1]
    if before in {"was", "is"} and earlier == ["it"]:
        return "who" in words[agent.last : agent.last + 9]
    return (
        agent.who is Who.GROUP
        and before in {"from", "in", "for", "of"}
        and bool(earlier)
        and earlier[0]
        in {"hackers", "suspects", "thieves", "men", "people", "crew", "gang", "operatives", "group"}
    )


def _closing(words: list[str], place: int, end: int) -> int | None:
    """Where a clause goes on after ", who denied having been there,", before `end`, or None."""
    for at in range(place + 2, min(end, place + 20)):
        if words[at] == "," and (at + 1 == end or words[at + 1] in ADVERBS):
            return at + 1
    return None


def _aside(words: list[str], place: int, end: int, said: set[int]) -> int | None:
    """Where a clause goes on after ", he insists,"; None where no such words stand at `place`."""
    if words[place] != ",":
        return None
    for at in range(place + 2, min(end, place + 6)):
        if words[at] == "," and any(place < verb < at for verb in said):
            return at + 1
    return None


def is_passive(sentence: Sentence, hit: Hit) -> bool:
    """Whether a verb is passive: its subject suffers it."""
    words = sentence.words
    before = hit.first - 1
    while before >= 0 and words[before] in SIMPLE_ADVERBS:
        before -= 1
    return (before >= 0 and words[before] in BE) or words[hit.last : hit.last + 1] == ["by"]


def negated(words: list[str], place: int, floor: int) -> bool:
    """Whether a negation stands within three words before a predicate, not before `floor`."""
    for at in range(max(floor, place - 3), place):
        if words[at] in NEGATIONS and not _NOT_NEGATED & set(words[at + 1 : at + 2]):
            return words[at] != "no" or at == place - 1
    return False


def ends(words: list[str], place: int) -> bool:
    """Whether a clause ends here: "it was Lazarus again"."""
    rest = words[place : place + 2]
    return not rest or rest[0] in _CLAUSE_ENDS


def speaks_of_theft(sentence: Sentence) -> bool:
    """Whether a sentence speaks of a theft or a thief."""
    return bool(THEFT_WORDS & set(sentence.words)) or bool(sentence.of("thief"))
