"""What it means that coins are moved: taken from a victim, sent to a thief, or only passed on by one.

To withdraw, transfer, send or pull is no theft in itself. It is one where a thief does it and no place is
named to which the coins go on, where they leave a victim, or where a victim sends them to a thief.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE, Hit
from clawback.claims.reading import Sentence

_REACH: Final = 10
_CLAUSE_ENDS: Final = word_set("moves.clause_ends")
_SOMEBODY: Final = word_set("moves.somebody")
_LEAVES: Final = frozenset({"from", "out", "off"})
_GOES: Final = frozenset({"to", "into", "through", "via", "onto", "toward", "towards"})
_OWN: Final = word_set("moves.own")
_PASSED_ON: Final = word_set("moves.passed_on")
_TAKING: Final = ("~withdraw", "~take", "~remove", "~pull", "~redeem")
_SWAPPING: Final = ("~redeem",)
_SWAPPED: Final = 4
_BORROWING: Final = ("~borrow",)
_SELLING: Final = ("~sell",)
"""Coins made from nothing are no loss, but what they were sold for is."""

_MINTED: Final = ("mint", "print", "forge", "counterfeit", "inflat")
_PROCEEDS: Final = word_set("moves.proceeds")
_VICTIMS: Final = word_set("moves.victims")
_CUSTOMERS: Final = word_set("roles.payees")
_HAVE: Final = frozenset({"have", "had", "has", "already", "also", "quickly"})
_MAKING: Final = ("~make",)
_SECURITY: Final = frozenset({"against", "collateral", "inflated", "overvalued", "worthless", "fake"})


def is_taken(sentence: Sentence, hit: Hit, first: int, last: int) -> bool | None:
    """Whether what the verb does to the figures `first` to `last` is a theft; None where it may be one."""
    words = sentence.words
    end = _clause_end(words, max(hit.last, last + 1))
    begin = _clause_begin(words, min(hit.first, first))
    source = _place_after(words, _LEAVES, hit, first, last, end)
    goal = _place_after(words, _GOES, hit, first, last, end)
    thief = any(begin <= own.first < hit.first for own in sentence.of("thief")) or any(
        begin <= own.first < hit.first for own in sentence.of("actor")
    )
    passive = words[hit.first - 1 : hit.first] != [] and words[hit.first - 1] in _PASSIVE
    by_thief = passive and any(
        own.first < end and words[own.first - 1] in {"by", "the", "an", "a"}
        for own in sentence.of("thief")
        if own.first > hit.last
    )
    somebody = bool(_SOMEBODY & set(words[begin : hit.first]))
    tainted = bool(sentence.of("tainted") or sentence.of("technique") or sentence.of("event"))
    if hit.phrase.startswith(_SELLING):
        if any(word.startswith(_MINTED) for word in words[: hit.first]):
            return True
        return None if FIGURE in words[max(0, hit.first - 2) : hit.first] else False
    if hit.last < first and words[first - 1] in {"to", "at"}:
        # "moved the price to $47,680"
        return False
    if hit.phrase.startswith(_MAKING):
        return thief or None
    if hit.phrase.startswith(_SWAPPING) and "for" in words[last + 1 : last + _SWAPPED]:
        # "redeemed 900 wrapped coins for ether": that is a swap, whosever the coins are.
        return False
    if _PROCEEDS & set(words[last + 1 : last + 5]) or _by_customers(words, hit.first):
        return False
    if goal is not None:
        where = words[goal + 1 : min(end, goal + 9)]
        to_thief = any(goal < own.first <= goal + 6 for own in sentence.of("thief"))
        if (to_thief and not thief and not hit.phrase.startswith("~go")) or _OWN & set(where):
            return not _PASSED_ON & set(where)
        if source is None:
            return False
    if source is not None:
        if any(source < own.first < source + 4 for own in sentence.of("thief")):
            return False
        victim = bool(_VICTIMS & set(words[source : source + 4]))
        return thief or by_thief or tainted or somebody or victim or None
    if hit.phrase.startswith(_BORROWING):
        return (thief or somebody) and bool(_SECURITY & set(words[last + 1 : last + 4]))
    if not hit.phrase.startswith(_TAKING):
        by_technique = hit.phrase.startswith(("~transfer", "~obtain")) and (
            thief or sentence.has("technique", begin, hit.first)
        )
        return by_thief or by_technique or None
    return thief or by_thief or somebody or sentence.has("technique", 0, hit.first) or None


_PASSIVE: Final = word_set("amounts.auxiliaries")


def _by_customers(words: list[str], verb: int) -> bool:
    """Whether customers themselves do it: "customers have withdrawn"."""
    before = [word for word in words[max(0, verb - 3) : verb] if word not in _HAVE]
    return bool(before) and before[-1] in _CUSTOMERS


def _clause_begin(words: list[str], place: int) -> int:
    for at in range(place - 1, max(-1, place - 2 * _REACH), -1):
        if words[at] in _CLAUSE_ENDS:
            return at + 1
    return max(0, place - 2 * _REACH)


def _clause_end(words: list[str], place: int) -> int:
    last = min(len(words), place + _REACH)
    for at in range(place, last):
        if words[at] in _CLAUSE_ENDS:
            return at
    return last


def _place_after(
    words: list[str], wanted: frozenset[str], hit: Hit, first: int, last: int, end: int
) -> int | None:
    """Where one of the prepositions stands: between verb and figure, or behind both."""
    between = range(hit.last, first) if hit.last <= first else range(last + 1, hit.first)
    own = hit.last - (words[hit.last - 1] in wanted)
    behind = range(max(own, last + 1), end)
    for places in (between, behind):
        for at in places:
            if words[at] in wanted and words[at + 1 : at + 2] != [FIGURE]:
                return at
    return None
