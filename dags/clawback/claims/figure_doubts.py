"""Where a phrase of loss or recovery does not mean what it says: not real, a price, everybody's, an offer."""

from __future__ import annotations

from typing import Final

from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE, Hit
from clawback.claims.reading import Sentence

RECOVERY: Final = word_set("amounts.recovery")
_MARKET: Final = tuple(
    tuple(phrase.split())
    for phrase in (
        "market cap", "market value", "market capitalization", "of its value", "of their value", "in tvl",
        "in valuation", "in trading volume", "per coin", "per token", "for each", "a coin", "a token",
        "apiece", "a day", "per day", "in fines", "in liabilities", "in debt", "in funding", "in deposits",
        "of deposits", "bounty", "reward",
    )
)  # fmt: skip
"""After a figure: it is a price, a value or a debt."""
_AGGREGATE: Final = word_set("amounts.aggregate")
_PERIOD: Final = word_set("amounts.period")
_STORES: Final = word_set("amounts.stores")
_FROM_VICTIM: Final = 9


def is_moved_from_victim(sentence: Sentence, hit: Hit, last: int) -> bool:
    """Whether what is moved leaves a victim: by a thief, from a wallet, to no other place."""
    words = sentence.words
    right = words[last + 1 : last + 1 + _FROM_VICTIM]
    leaves = next(
        (word for word in right if word in {"from", "out", "to", "into", "through", "via", ";"}), None
    )
    thief = bool(sentence.of("thief") or sentence.of("actor") or sentence.of("tainted"))
    if leaves in {"from", "out"}:
        if thief or sentence.of("event") or sentence.of("technique"):
            return True
        return (
            hit.phrase.startswith(("transfer", "withdraw", "move"))
            and leaves == "out"
            and bool(_STORES & set(right + words[last + 10 : last + 14]))
        )
    if leaves is not None and hit.phrase.startswith("withdraw"):
        return thief
    if leaves is not None or hit.phrase.startswith(
        ("send", "borrow", "redeem", "shift", "move", "acquire", "obtain")
    ):
        return False
    # "an attacker had gained access and transferred 24,000 BTC"
    return sentence.has("thief", 0, hit.first) or sentence.has("technique", 0, hit.first)


def is_offer(sentence: Sentence) -> bool:
    """Whether the sentence tells what an insurance would pay, and not what one has paid."""
    words = set(sentence.words)
    return bool(words & {"policy", "policies", "premium", "premiums"}) and not words & {
        "paid",
        "covered",
        "settled",
    }


def has_insurer(sentence: Sentence) -> bool:
    """Whether the sentence speaks of an insurer."""
    return any(word.startswith(("insur", "underwrit")) for word in sentence.words)


def is_unreal(sentence: Sentence, hit: Hit, role: str, first: int, last: int) -> bool:
    """Whether it is only tried, hoped, offered, demanded or denied by a bare "not"."""
    words = sentence.words
    start = min(hit.first, first)
    for unreal in sentence.of("unreal"):
        if unreal.last > hit.first or unreal.last < start - 7:
            continue
        between = words[unreal.last : hit.first]
        if (
            any(part in {";", "but", ".", ":", "after", FIGURE} for part in between)
            and unreal.last <= first - 1
        ):
            continue
        if len(between) <= 6 and not (
            role == "loss" and unreal.phrase.startswith(("should", "agreed", "expects", "until"))
        ):
            return True
    if any(
        negation.last <= hit.first and hit.first - negation.last <= 2 for negation in sentence.of("negation")
    ):
        return True
    if role in RECOVERY - {"made_whole", "insured"}:
        left = words[max(0, hit.first - 2) : hit.first]
        if {"would", "will", "could", "may", "might"} & set(left) or (
            left[-1:] == ["to"]
            and "able" not in words[max(0, hit.first - 4) : hit.first]
            and not _managed(words, hit.first)
        ):
            return True
    return False


def _managed(words: list[str], place: int) -> bool:
    return bool(
        {"managed", "helped", "able", "used", "worked", "succeeded", "continued", "moved", "began"}
        & set(words[max(0, place - 4) : place])
    )


def is_aggregate(sentence: Sentence, hit: Hit) -> bool:
    """Whether a sum is that of everybody's thefts of a time: "hacks cost $2 billion last year"."""
    if sentence.of("actor"):
        return False
    words = sentence.words
    near = set(words[max(0, hit.first - 7) : hit.last + 9])
    if not near & _AGGREGATE:
        return False
    long = any(when.first != when.last for when in sentence.dates.values())
    plural = near & _AGGREGATE - {"hackers", "scammers", "attackers", "thieves", "criminals"}
    years = any(len(when.text() or "") == 4 for when in sentence.dates.values())
    return bool((plural and (long or _PERIOD & set(words))) or years)


def is_market(sentence: Sentence, last: int) -> bool:
    """Whether the figure is followed by words of a price, a value or a debt."""
    words = sentence.words
    after = words[last + 1 : last + 6]
    return any(
        tuple(after[place : place + len(phrase)]) == phrase
        for phrase in _MARKET
        for place in range(min(3, len(after)))
    )
