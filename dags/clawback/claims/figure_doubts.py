"""Where a phrase of loss or recovery does not mean what it says: not real, a price, everybody's, an offer."""

from __future__ import annotations

from decimal import Decimal
from typing import Final

from clawback.claims.figure import Figure
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
_ANYONE: Final = frozenset({"those", "anyone", "whoever", "anybody", "all", "everyone"})
_NOT: Final = frozenset({"not", "n't", "never"})
_DENIED: Final = 7
_MODALS: Final = frozenset({"would", "will", "could", "may", "might", "shall", "can"})
_MANAGED: Final = word_set("doubts.managed")
_INFINITIVE: Final = 8
_PASSED_ON: Final = word_set("doubts.passed_on")
_PASSED_WITHIN: Final = 14
_ASIDE: Final = 10
_PRICED_WITHIN: Final = 14
_ABOUT: Final = frozenset(
    {"nearly", "about", "almost", "around", "roughly", "over", "just", "approximately", "some"}
)
_WORTH: Final = frozenset({"value", "worth", "price"})
_CHANGES: Final = word_set("doubts.changes")
_PASSES: Final = frozenset({"passed", "went", "gone", "flowed", "ran", "moved"})
_BE: Final = frozenset({"was", "were", "been", "being", "is", "are"})
_GOES: Final = frozenset({"to", "into", "through", "via", "for", "onto"})
_HIDDEN: Final = frozenset({"laundered", "consolidated", "mixed", "bridged", "split"})
_CLAUSE_ENDS: Final = word_set("moves.clause_ends")
_SHARES: Final = word_set("doubts.shares")
_LOSERS: Final = 7
_STOCKS: Final = word_set("doubts.stocks")
_FIRMS: Final = word_set("doubts.firms")
_EXPENSES: Final = word_set("doubts.expenses")
_COSTS: Final = 5
_AGGREGATE: Final = word_set("amounts.aggregate")
_COUNTED: Final = frozenset({"each", "respectively", "both", "these", "those", "subsequent"})
_YEARLY: Final = Decimal(1_000_000_000)
"""US dollars that no single theft of an unnamed victim comes to."""

_QUARTERS: Final = frozenset({"quarter", "q1", "q2", "q3", "q4", "h1", "h2"})
_PERIOD: Final = word_set("amounts.period")


def is_offer(sentence: Sentence) -> bool:
    """Whether the sentence tells what an insurance would pay, and not what one has paid."""
    words = set(sentence.words)
    return bool(words & {"policy", "policies", "premium", "premiums"}) and not words & {
        "paid",
        "covered",
        "settled",
    }


def has_insurer(words: list[str]) -> bool:
    """Whether some words speak of an insurer."""
    return any(word.startswith(("insur", "underwrit", "safu")) for word in words)


def is_unreal(sentence: Sentence, hit: Hit, role: str, first: int, last: int) -> bool:
    """Whether it is only tried, hoped, offered, demanded or denied by a bare "not"."""
    words = sentence.words
    left = words[max(0, hit.first - 3) : hit.first]
    if left[-1:] == ["who"] and _ANYONE & set(left):
        return True
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
    if role in {"made_whole", "insured"} and _NOT & set(words[max(0, hit.first - _DENIED) : hit.first]):
        # "had not used its treasury to compensate victims"
        return True
    if any(
        negation.last <= hit.first
        and hit.first - negation.last <= 2
        and not words[negation.last].startswith(("autori", "mere"))
        for negation in sentence.of("negation")
    ):
        return True
    return role in RECOVERY - {"made_whole", "insured"} and is_planned(words, hit)


def is_planned(words: list[str], hit: Hit) -> bool:
    """Whether it is still to be done: "will recover", "to trace the thief and recover", but not "able to"."""
    left = words[max(0, hit.first - 2) : hit.first]
    if _MODALS & set(left):
        return True
    verb = words[hit.first]
    infinitive = (
        "to" in left[-1:]
        or left == ["to", "be"]
        or (
            left[-1:] == ["and"]
            and verb in hit.phrase.split()[0].lstrip("~").split("|")
            and "to" in words[max(0, hit.first - _INFINITIVE) : hit.first]
        )
    )
    return infinitive and not _MANAGED & set(words[max(0, hit.first - 4) : hit.first])


def is_passed_on(sentence: Sentence, last: int) -> bool:
    """Whether the figure is the subject of coins that go on: "a total of 24,849 ETH was sent to a mixer"."""
    words = sentence.words
    if words[last + 1 : last + 2] == [","]:
        # "900 ETH, four fifths of the loot, were split"
        aside = next((at for at in range(last + 2, min(len(words), last + _ASIDE)) if words[at] == ","), None)
        last = last if aside is None else aside
    for place in range(last + 1, min(len(words) - 1, last + _PASSED_WITHIN)):
        if words[place] in _CLAUSE_ENDS or words[place] in {"said", "says"}:
            return False
        if words[place] in _PASSES and words[place + 1] == "through":
            return True
        if words[place] in _BE and words[place + 1] in _PASSED_ON:
            return bool(_GOES & set(words[place + 2 : place + 6])) or words[place + 1] in _HIDDEN
    return False


def is_revalued(words: list[str], first: int) -> bool:
    """Whether a figure is what coins were worth when prices had changed: "the value of the loot fell to"."""
    place = first
    while place > 0 and words[place - 1] in _ABOUT:
        place -= 1
    left = set(words[max(0, place - _PRICED_WITHIN) : place])
    return words[place - 1 : place] == ["to"] and bool(left & _WORTH) and bool(left & _CHANGES)


def is_aggregate(sentence: Sentence, hit: Hit, figure: Figure) -> bool:
    """Whether a sum is that of everybody's thefts of a time: "hacks cost $2 billion last year"."""
    if sentence.of("actor"):
        return False
    words = sentence.words
    value = figure.value or figure.high
    years = any(len(when.text() or "") == 4 for when in sentence.dates.values())
    if years and figure.unit == "USD" and value is not None and value >= _YEARLY:
        # "More than three billion dollars were stolen last year"
        return True
    near = set(words[max(0, hit.first - 7) : hit.last + 9])
    if not near & _AGGREGATE:
        return False
    long = any(when.first != when.last for when in sentence.dates.values())
    if _COUNTED & set(words) or hit.phrase.endswith(" :") or {"against", "for"} <= set(words[hit.last :]):
        # "The first two attacks resulted in losses of $7 million each"
        return False
    if _QUARTERS & set(words) and not sentence.of("victim_kind"):
        # "Hackers made off with $430 million in the quarter"
        return True
    plural = near & _AGGREGATE - {"hackers", "scammers", "attackers", "thieves", "criminals", "victims"}
    return bool((plural and (long or _PERIOD & set(words))) or years)


def is_market(sentence: Sentence, hit: Hit, last: int) -> bool:
    """Whether shares or prices lose it, or words of a price, a value or a debt follow the figure."""
    words = sentence.words
    if hit.phrase.startswith("~lose|") and _SHARES & set(words[max(0, hit.first - _LOSERS) : hit.first]):
        return True
    after = words[last + 1 : last + 6]
    if after[:1] == ["each"] and words[max(0, last - 2) : last] == ["up", "to"]:
        return True
    return any(
        tuple(after[place : place + len(phrase)]) == phrase
        for phrase in _MARKET
        for place in range(min(3, len(after)))
    )


def is_of_a_firm(sentence: Sentence, hit: Hit) -> bool:
    """Whether a firm or a token is valued and not what was taken: "the firm was valued at $2 billion"."""
    if hit.tag == "amount>" and _STOCKS & set(sentence.words[max(0, hit.first - _COSTS - 1) : hit.first]):
        # "client balances, which amounted to 310 million"
        return True
    if sentence.words[hit.first] not in {"valued", "worth"}:
        return False
    left = sentence.words[max(0, hit.first - 3) : hit.first]
    if "," in left:
        return False
    return bool(_FIRMS & set(left)) or "round" in sentence.words[hit.last : hit.last + 6]


def is_expense(sentence: Sentence, hit: Hit) -> bool:
    """Whether "cost" tells the price of a thing that somebody bought."""
    words = sentence.words
    if not hit.phrase.startswith("~cost"):
        return False
    if words[hit.first] == "costs" and words[hit.first + 1] in {"at", "of", "to", "are", "were"}:
        return True
    return bool(_EXPENSES & set(words[max(0, hit.first - _COSTS) : hit.first]))
