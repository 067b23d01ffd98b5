"""One step of laundering: a verb of moving with the service, coin or place that it goes to.

Which services go with which verb is a table: what is swapped becomes a coin, what is spread goes to
addresses, what is laundered goes anywhere.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from clawback.claims.clauses import is_capital
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE, Hit
from clawback.claims.reading import Reading, Sentence
from clawback.claims.units import SIGNS

HIDING: Final = frozenset({"mixer", "bridge", "dex", "swap", "broker", "gambling"})
_PLACES: Final = HIDING | {"exchange", "addresses"}
FITTING: Final = {
    "launder": _PLACES | {"coin", "fiat"},
    "swap": HIDING | {"coin", "fiat", "exchange"},
    "bridge": _PLACES | {"coin"},
    "move": _PLACES,
    "spread": _PLACES,
    "use": HIDING,
}
"""The kinds of services that a kind of verb may go with."""
CLEAR: Final = frozenset({"mixer", "gambling", "swap"})
"""Services that hide whatever goes there; the others need stolen goods or a thief beside them."""
_REACH: Final = 14
GOODS: Final = word_set("methods.goods")
DIRTY: Final = word_set("laundering.dirty")
OTHERS: Final = word_set("laundering.others")
_WAYS_TO: Final = word_set("laundering.ways_to")
_BY_MEANS: Final = frozenset(
    {"through", "via", "using", "with", "into", "by", "to", "across", "over", "in", "on"}
)
PRONOUNS: Final = frozenset({"it", "them", "most", "rest", "some", "all", "half", "part", "coins", "tokens"})
_BELONGING: Final = frozenset({"from", "of", "at", "by", "for", "to"})
_MOVES_TO: Final = frozenset({"to", "into", "through", "via", "across", "onto", "at", "in", "on", "over"})
STOPS: Final = frozenset({";", ".", "?", "!", "but", "while", "whereas", "because"})
PASSIVE: Final = frozenset({"was", "were", "been", "being", "is", "are", "be"})
_NOUNS_TOO: Final = word_set("laundering.nouns_too")
_BEFORE_BARE_VERB: Final = word_set("laundering.before_bare_verb")
_NO_COINS: Final = frozenset({"%", *SIGNS.values()}) - {"BTC", "ETH"}
_OF_ANYTHING: Final = ("chang", "turn")
"""How verbs begin that one may do to anything."""

_OBJECT: Final = 3
"""Words within which the object of a verb stands that mostly means the theft."""

_EXAMPLES: Final = frozenset({"including", "among", "such"})
_ARTICLES: Final = (["the"], ["a"], ["an"], ["this"], ["its"])
MODALS: Final = word_set("laundering.modals")


class Step(NamedTuple):
    """A verb with what its coins went to, the words that both span, and how much it tells."""

    weight: int
    verb: Hit
    service: Hit | None
    first: int
    last: int


def is_dirty(reading: Reading, sentence: Sentence) -> bool:
    """Whether it speaks of stolen goods; a figure may have the word in it ("4,000 of the stolen ETH")."""
    return bool(DIRTY & set(sentence.words)) or any(
        "stolen" in reading.folded[figure.start : figure.end] for figure in sentence.figures.values()
    )


def steps_of(reading: Reading, sentence: Sentence, verb: Hit) -> list[Step]:
    """The steps that a verb tells; none where others move the coins or nothing was moved yet."""
    words = sentence.words
    left = words[max(0, verb.first - 4) : verb.first]
    if left[-1:] == ["money"] or words[verb.last : verb.last + 1] == ["out"]:
        return []
    if words[verb.first] in {"via", "through"} and not GOODS & {*words[: verb.first]}:
        return []
    if MODALS & set(left) or _is_noun(sentence, verb) or _is_others(sentence, verb):
        return []
    thieves = bool(sentence.of("thief") or sentence.of("actor"))
    dirty = is_dirty(reading, sentence)
    ways = []
    for service in sentence.of("laundering_service"):
        if (
            service.tag not in FITTING[verb.tag]
            or not _is_coin(sentence, service)
            or (service.first < verb.last and verb.first < service.last)
        ):
            continue
        way = _paired(sentence, verb, service)
        if way is None:
            continue
        coin = service.tag in {"coin", "fiat"}
        if verb.tag == "swap" and coin and not _is_coin_to_coin(sentence, verb, service):
            continue
        if words[verb.first].startswith("exploit") and service.first - verb.last >= _OBJECT:
            # "exploited the vaults and withdrew coins across three chains"
            continue
        if words[verb.first].startswith(_OF_ANYTHING) and not _becomes_coin(words, verb, service):
            continue
        through = bool({"through", "via"} & set(words[verb.last - 1 : service.first]))
        clear = service.tag in CLEAR or verb.tag in {"launder", "bridge"} or (through and verb.tag == "move")
        if not (
            clear or dirty or thieves or (verb.tag == "swap" and _is_coin_to_coin(sentence, verb, service))
        ):
            continue
        if verb.tag in {"use", "move"} and not clear and not dirty and sentence.of("technique"):
            continue
        ways.append(way)
    mixes = words[verb.first].startswith(("tumbl", "mix"))
    if not ways and mixes and GOODS & set(words[verb.last : verb.last + 4]):
        ways.append(Step(3, verb, None, verb.first, min(len(words), verb.last + 2)))
    if not ways and verb.tag != "use":
        way = _through(reading, sentence, verb, strict=verb.tag in {"move", "spread", "swap"} and not dirty)
        if way is not None:
            ways.append(way)
    return ways


def _is_noun(sentence: Sentence, verb: Hit) -> bool:
    """Whether "exchange", "bridge", "swap" is the noun: no thief, pronoun or "to" stands before it."""
    words = sentence.words
    before = words[verb.first - 1 : verb.first]
    if words[verb.first] in _NOUNS_TOO:
        return not (before and before[0] in _BEFORE_BARE_VERB) and not any(
            thief.last == verb.first for thief in sentence.of("thief")
        )
    return before in _ARTICLES


def _is_coin(sentence: Sentence, service: Hit) -> bool:
    """Whether a figure that stands for a service is an amount of coins, not of dollars or a share."""
    figure = sentence.figures.get(service.first)
    return figure is None or figure.unit not in _NO_COINS


def _paired(sentence: Sentence, verb: Hit, service: Hit) -> Step | None:
    words = sentence.words
    if service.first >= verb.last:
        between = _without_examples(words[verb.last : service.first])
        if len(between) > _REACH or STOPS & set(between) or _is_of_next_verb(sentence, verb, service):
            return None
        left = set(words[max(verb.first, service.first - 5) : service.first])
        if "from" in left and not _WAYS_TO & left:
            return None
        ways_to = _MOVES_TO if verb.tag == "move" else _WAYS_TO
        if verb.tag in {"swap", "bridge", "move", "spread"} and not ways_to & {
            *between,
            words[verb.last - 1],
        }:
            return None
        if service.tag in {"coin", "fiat"} and not {"for", "into", "to"} & set(between):
            return None
        if verb.tag == "launder" and not _BY_MEANS & left:
            return None
        weight = 5 - len(between) // 5
        return Step(weight + (service.tag in CLEAR), verb, service, verb.first, service.last)
    between = words[service.last : verb.first]
    if (
        verb.tag not in {"launder", "use"}
        or service.tag not in HIDING
        or len(between) > 5
        or STOPS & set(between)
    ):
        return None
    if verb.tag == "use" and not PASSIVE & set(between):
        return None
    return Step(3, verb, service, service.first, verb.last + 1)


def _without_examples(between: list[str]) -> list[str]:
    """Words without what only lists: "funds, including some from the Mt. Gox hack, through an exchange"."""
    for place in range(1, len(between)):
        if between[place - 1] == "," and between[place] in _EXAMPLES:
            ends = [other for other in range(place + 1, len(between)) if between[other] == ","]
            return between[: place - 1] + between[ends[0] + 1 :] if ends else between
    return between


def _is_of_next_verb(sentence: Sentence, verb: Hit, service: Hit) -> bool:
    """Whether the service goes with a later verb: "to hide it, the coins were sent to a mixer"."""
    return any(
        verb.last < other.first
        and other.last <= service.first
        and "," in sentence.words[verb.last : other.first]
        and PASSIVE & set(sentence.words[verb.last : other.first])
        for other in sentence.of("laundering_verb")
    )


def _through(reading: Reading, sentence: Sentence, verb: Hit, *, strict: bool) -> Step | None:
    """What is laundered "through" something, moved "through" a name, bridged "to" something."""
    words = sentence.words
    wanted = (
        {"through", "via", "using"}
        if verb.tag != "bridge"
        else {"to", "via", "through", "from", "across", "into", "between"}
    )
    for place in range(verb.last, min(len(words) - 1, verb.last + 9)):
        if words[place] in STOPS or words[place] in {",", ":"}:
            return None
        if words[place] not in wanted:
            continue
        named = is_capital(sentence, reading.folded, place + 1)
        if verb.tag in {"launder", "bridge"} or (named and not strict):
            return Step(4, verb, None, verb.first, min(len(words), place + 3))
    return None


def _is_coin_to_coin(sentence: Sentence, verb: Hit, service: Hit) -> bool:
    """Whether coins named by a figure or as "the rest" became other coins."""
    left = sentence.words[max(0, verb.first - 7) : verb.first]
    between = sentence.words[verb.last : service.first]
    near = {*left, *between}
    return FIGURE in near or bool((GOODS | PRONOUNS) & near) or sentence.has("thief", 0, verb.first)


def _becomes_coin(words: list[str], verb: Hit, service: Hit) -> bool:
    """Whether coins are what is changed or turned: nobody launders by changing a password."""
    if PASSIVE & set(words[max(0, verb.first - 4) : verb.first]):
        return True
    return bool((GOODS | PRONOUNS | {FIGURE}) & set(words[verb.last : min(service.first, verb.last + 6)]))


def _is_others(sentence: Sentence, verb: Hit) -> bool:
    """Whether users or the victim do it, or it pays for the attack."""
    words = sentence.words
    begin = max(0, verb.first - 6)
    left = words[begin : verb.first]
    if PASSIVE & set(left[-2:]):
        begin = max(0, verb.first - 3)
        left = words[begin : verb.first]
    if DIRTY & set(left) or sentence.has("thief", begin, verb.first):
        return False
    # Who stands behind "from" or "of" does nothing: "funds of users were swapped".
    return any(
        words[place] in OTHERS and not _BELONGING & set(words[max(0, place - 2) : place])
        for place in range(begin, verb.first)
    )
