"""How far a phrase stands from a figure, in words, with a price for what speaks against their belonging.

The wrong side, the end of a clause, another figure or another verb between them make a phrase less likely to
be the one that says what happened to the figure.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.lexicon import table, word_set
from clawback.claims.phrases import FIGURE, Hit
from clawback.claims.reading import Sentence

LIMIT: Final = 15
_FIRST_SIGN: Final = "\u3040"
_LIMIT_OF_SHARE: Final = 6
_FAR: Final = 3 * LIMIT
_BARRIERS: Final = {word: int(cost) for word, cost in table("amounts.barrier", " ").items()}
"""What a word costs that ends a clause or belongs to another one."""

_PASSING: Final = word_set("amounts.passing")
_NOUNS_OF_THEFT: Final = word_set("events.nouns") | {"haul", "loss", "losses", "hacks"}
_AUXILIARIES: Final = word_set("amounts.auxiliaries")
_MOVED: Final = frozenset({"moved", "transferred", "withdrawn", "swept", "sent"})
_MOVED_ON: Final = frozenset({"converted", "swapped", "exchanged", "bridged", "returned", "reducing"})
_TO: Final = frozenset({"to", "into", "through", "via"})
_CLOSED: Final = frozenset({"sat", "sit", "shut", "taken", "took", "put", "turned", "tracked", "broken"})
_OF_A_CHAIN: Final = frozenset({"on", "at", "in", "the", "this", "each", "one", "same", "per"})
_PREPOSITIONS: Final = frozenset({"of", "from", "for", "with", "to", "into"})
_THEY: Final = frozenset(
    {"they", "he", "she", "hackers", "attackers", "thieves", "attacker", "hacker", "thief"}
)
_SUBJECT_CHANGES: Final = 2
_LABEL: Final = 4
_PART_OF_OTHER: Final = 10
_OTHER_FIGURE: Final = 4
_TAKEN_AWAY: Final = ("seized", "frozen", "recovered")
_WRONG_SIDE: Final = 7


def cost_of(sentence: Sentence, hit: Hit, word: int, group: list[int]) -> int | None:
    """The cost of a phrase for the figure at a word, or None where it cannot govern it.

    Args:
        sentence: that of both.
        hit: a phrase of family `role`.
        word: place of the figure.
        group: places of the figures that share its phrase.
    """
    words = sentence.words
    if hit.first <= word < hit.last:
        return 0
    if hit.first > word + _FAR or hit.last < word - _FAR:
        return None
    before = hit.last <= word
    between = words[hit.last : word] if before else words[word + 1 : hit.first]
    if _stands_elsewhere(words, hit, between, before=before):
        return None
    if before and words[word - 1] == ":" and hit.first <= 1 and FIGURE not in between:
        # A label: "Returned by a white hat on block 18,332,101: $1.87 million".
        return _LABEL
    # A sign of Chinese, Japanese or Korean is less than a word.
    cost = len(between) - sum(part >= _FIRST_SIGN for part in between) // 2
    for place, part in enumerate(between, start=hit.last if before else word + 1):
        cost += _BARRIERS.get(part, 0)
        if part == FIGURE and place not in group:
            cost += _OTHER_FIGURE
    if not before and "," in between and hit.tag.startswith(("made_whole", "insured")):
        # "closer to $22 million, promises all clients are covered"
        cost += _SUBJECT_CHANGES
    cost += _against_side(words, hit, between, before=before)
    if not before and hit.tag.startswith("loss") and _is_part_of_other(words, word, hit):
        cost += _PART_OF_OTHER
    if hit.tag.startswith("nothing"):
        # A bounty, a price, a debt take only what they stand beside.
        if len(between) > (4 if before else 2) or "that" in between:
            return None
        cost += 5 if not before and between[:1] == [","] else 1
    if hit.tag == "adjective":
        cost += 9
    if hit.tag == "amount>":
        cost += 5
    if sentence.figures[word].unit == "%" and hit.tag.startswith(("made_whole", "insured")):
        # "a 36% reduction in their balances and were compensated"
        return cost if cost <= _LIMIT_OF_SHARE else None
    return cost if cost <= LIMIT else None


def _is_part_of_other(words: list[str], word: int, hit: Hit) -> bool:
    """Whether the phrase stands behind the whole: "$35 million of the $305 million that disappeared"."""
    right = words[word + 1 : word + 5]
    return right[:1] == ["of"] and FIGURE in right and hit.first > word + 1 + right.index(FIGURE)


def _stands_elsewhere(words: list[str], hit: Hit, between: list[str], *, before: bool) -> bool:
    """Whether the phrase has another object than the figure."""
    if words[hit.first] == "block" and _OF_A_CHAIN & set(words[max(0, hit.first - 1) : hit.first]):
        # "returned on block 18,332,101"
        return True
    if hit.phrase.startswith("out|") and (
        words[hit.last : hit.last + 1] in (["with"], ["from"], ["to"])
        or _CLOSED & set(words[max(0, hit.first - 1) : hit.first])
    ):
        # "sat down with $10 million", "shut down"
        return True
    if hit.tag == "loss>" and not before and (hit.phrase[0] != "~" or words[hit.last - 1] in _PREPOSITIONS):
        # "$2,350 on Thursday, down 9%"
        return True
    if not before and hit.tag.startswith(_TAKEN_AWAY) and words[hit.first - 1 : hit.first] == ["in"]:
        # "$14 billion in seized bitcoin"
        return True
    if before:
        if hit.tag.startswith("nothing") and words[hit.last - 1] == "remaining" and not between:
            return True
        return hit.tag == "loss>" and bool(_MOVED_ON & set(between))
    if hit.tag == "loss<" and words[hit.last - 1] in _MOVED and _TO & set(words[hit.last : hit.last + 2]):
        # "24,849 ETH was transferred to Tornado Cash"
        return True
    if hit.phrase == "out" and (between or words[hit.last : hit.last + 1] == ["of"]):
        return True
    return words[hit.last - 1] == "gone" and words[hit.last : hit.last + 1] == ["to"]


def _against_side(words: list[str], hit: Hit, between: list[str], *, before: bool) -> int:
    side = hit.tag[-1]
    cost = 0
    if not before and 1 <= len(between) <= 2 and between[-1] in _THEY:
        # "the 4,450 ETH they took"
        return 0
    if side == ("<" if before else ">"):
        cost += _WRONG_SIDE if len(between) > 1 or hit.tag != "loss<" else _WRONG_SIDE + 2
    if before:
        return cost
    if hit.tag == "loss<" and words[hit.first] in _NOUNS_OF_THEFT:
        # "$5 million of the haul was frozen", "1,200 ETH went to a mixer within an hour of the hack"
        cost += 8 if _PASSING & set(between) else 0
    if side == "<" and len(between) > 5:
        cost += 4
    return cost
