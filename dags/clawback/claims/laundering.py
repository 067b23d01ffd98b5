"""How the proceeds were moved on: the clause with a verb of moving and a service, coin or place that hides.

Which services go with which verb is a table: what is swapped becomes a coin, what is spread goes to
addresses, what is laundered goes anywhere. The goods must be stolen ones or the mover a thief. What came out
of a mixer to pay for an attack, what users swap, and what a victim moves to safety is no laundering.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from clawback.claims.clauses import clause_end, is_capital, noun_start, stretch
from clawback.claims.finding import Finding
from clawback.claims.layout import Kind
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE, Hit
from clawback.claims.reading import Reading, Sentence
from clawback.claims.units import SIGNS

_HIDING: Final = frozenset({"mixer", "bridge", "dex", "swap", "broker", "gambling"})
_PLACES: Final = _HIDING | {"exchange", "addresses"}
FITTING: Final = {
    "launder": _PLACES | {"coin", "fiat"},
    "swap": _HIDING | {"coin", "fiat", "exchange"},
    "bridge": _PLACES | {"coin"},
    "move": _PLACES,
    "spread": _PLACES,
    "use": _HIDING,
}
"""The kinds of services that a kind of verb may go with."""

_CLEAR: Final = frozenset({"mixer", "gambling", "swap"})
"""Services that hide whatever goes there; the others need stolen goods or a thief beside them."""

_REACH: Final = 14
_GOODS: Final = word_set("methods.goods")
_DIRTY: Final = word_set("laundering.dirty")
_OTHERS: Final = word_set("laundering.others")
_WAYS_TO: Final = frozenset(
    {
        "at",
        "to",
        "into",
        "through",
        "via",
        "for",
        "over",
        "across",
        "using",
        "on",
        "in",
        "by",
        "with",
        "among",
    }
)
_BY_MEANS: Final = frozenset(
    {"through", "via", "using", "with", "into", "by", "to", "across", "over", "in", "on"}
)
_PRONOUNS: Final = frozenset({"it", "them", "most", "rest", "some", "all", "half", "part", "coins", "tokens"})
_TOWARDS: Final = frozenset({"to", "into", "through", "via", "using", "across"})
_BELONGING: Final = frozenset({"from", "of", "at", "by", "for", "to"})
_MOVES_TO: Final = frozenset({"to", "into", "through", "via", "across", "onto", "at", "in", "on", "over"})
_STOPS: Final = frozenset({";", ".", "?", "!", "but", "while", "whereas", "because"})
_PASSIVE: Final = frozenset({"was", "were", "been", "being", "is", "are", "be"})
_BEFORE_VERB: Final = frozenset(
    {
        "has",
        "have",
        "had",
        "was",
        "were",
        "been",
        "being",
        "is",
        "are",
        "then",
        "also",
        "later",
        "quickly",
        "all",
    }
)
_INTRANSITIVE: Final = word_set("laundering.intransitive")
_NOUNS_TOO: Final = word_set("laundering.nouns_too")
_BEFORE_BARE_VERB: Final = word_set("laundering.before_bare_verb")
_NO_COINS: Final = frozenset({"%", *SIGNS.values()}) - {"BTC", "ETH"}
_ARTICLES: Final = (["the"], ["a"], ["an"], ["this"], ["its"])
_MODALS: Final = word_set("laundering.modals")
_MAX_QUOTE_WORDS: Final = 28
_APART: Final = 4


class _Way(NamedTuple):
    weight: int
    verb: Hit
    service: Hit | None
    first: int
    last: int


def launderings(reading: Reading) -> list[Finding]:
    """All laundering methods of a reading."""
    found = []
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING or not (
            sentence.of("laundering_verb") or sentence.of("laundering_service")
        ):
            continue
        if sentence.words[-1:] == ["?"] or not _is_tainted(sentence):
            continue
        ways = [way for verb in sentence.of("laundering_verb") for way in _of_verb(reading, sentence, verb)]
        if not ways and (_is_dirty(reading, sentence) or sentence.of("thief")):
            ways = _without_verb(sentence)
        for segment in _segments(sentence.words, ways):
            found.append(_finding(sentence, segment))
    return found


def _segments(words: list[str], ways: list[_Way]) -> list[list[_Way]]:
    """The ways between two semicolons each."""
    segments: dict[int, list[_Way]] = {}
    for way in ways:
        segments.setdefault(words[: way.first].count(";"), []).append(way)
    return [segments[number] for number in sorted(segments)]


def _finding(sentence: Sentence, ways: list[_Way]) -> Finding:
    best = max(ways, key=lambda way: (way.weight, -way.first))
    # "swapped for ether and sent through a mixer" is one clause: steps that follow one another closely.
    first, last = best.first, best.last
    for way in sorted(ways, key=lambda way: way.first):
        apart = sentence.words[last : way.first] if way.first >= last else sentence.words[way.last : first]
        near = len(apart) <= _APART and not _STOPS & set(apart) and ":" not in apart
        if near and way.weight >= 3 and max(last, way.last) - min(first, way.first) <= _MAX_QUOTE_WORDS:
            first, last = min(first, way.first), max(last, way.last)
    words = sentence.words
    at = first
    while at > 0 and words[at - 1] in _BEFORE_VERB:
        at -= 1
    if _PASSIVE & set(words[at:first]) or words[first] in _INTRANSITIVE:
        first = noun_start(words, at, 5, figures=True)
    last = _with_purpose(sentence, last)
    first, last = stretch(sentence, first, max(min(last, first + _MAX_QUOTE_WORDS), first + 1))
    service = best.service
    label = sorted(
        {
            hit.tag if service is None else words[hit.first]
            for hit in sentence.of("laundering_service")
            if first <= hit.first < last
        }
    )
    rule = f"laundering.{words[best.verb.first]}:{words[service.first] if service is not None else 'through'}"
    return Finding(
        sentence, "laundering_method", first, max(last, first + 1), rule, label="+".join(label) or rule
    )


def _with_purpose(sentence: Sentence, last: int) -> int:
    """The end of "used a mixer, a privacy protocol, to launder the stolen ether"."""
    words = sentence.words
    for verb in sentence.of("laundering_verb"):
        if (
            verb.tag in {"launder", "move"}
            and last <= verb.first - 1 <= last + 7
            and words[verb.first - 1] == "to"
        ):
            return clause_end(words, verb.last, 5)
    return last


def _is_tainted(sentence: Sentence) -> bool:
    """Whether a sentence speaks of stolen goods, of coins or of thieves at all."""
    words = set(sentence.words)
    return bool(
        words & _GOODS
        or words & _DIRTY
        or sentence.of("thief")
        or sentence.of("actor")
        or any(figure.unit != "%" for figure in sentence.figures.values())
        or (words & _PRONOUNS and any(hit.tag in _HIDING for hit in sentence.of("laundering_service")))
        or any(hit.tag in _CLEAR for hit in sentence.of("laundering_service"))
    )


def _without_verb(sentence: Sentence) -> list[_Way]:
    """A service that hides, behind "to" or "through", in a sentence whose verb is not known."""
    words = sentence.words
    ways = []
    for service in sentence.of("laundering_service"):
        left = words[max(0, service.first - 4) : service.first]
        goods = _GOODS & set(words[: service.first]) or FIGURE in words[: service.first]
        if service.tag not in _HIDING or not goods or not _TOWARDS & set(left) or "from" in left:
            continue
        if _OTHERS & set(words[: service.first]) or _MODALS & set(words[: service.first]):
            continue
        ways.append(_Way(3, service, service, max(0, service.first - 4), service.last))
    return ways


def _is_dirty(reading: Reading, sentence: Sentence) -> bool:
    """Whether it speaks of stolen goods; a figure may have the word in it ("4,000 of the stolen ETH")."""
    return bool(_DIRTY & set(sentence.words)) or any(
        "stolen" in reading.folded[figure.start : figure.end] for figure in sentence.figures.values()
    )


def _of_verb(reading: Reading, sentence: Sentence, verb: Hit) -> list[_Way]:
    words = sentence.words
    left = words[max(0, verb.first - 4) : verb.first]
    if left[-1:] == ["money"] or words[verb.last : verb.last + 1] == ["out"]:
        return []
    if words[verb.first] in {"via", "through"} and not _GOODS & {*words[: verb.first]}:
        return []
    if _MODALS & set(left) or _is_noun(sentence, verb) or _is_others(sentence, verb):
        return []
    thieves = bool(sentence.of("thief") or sentence.of("actor"))
    dirty = _is_dirty(reading, sentence)
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
        through = bool({"through", "via"} & set(words[verb.last - 1 : service.first]))
        clear = service.tag in _CLEAR or verb.tag in {"launder", "bridge"} or (through and verb.tag == "move")
        if not (
            clear or dirty or thieves or (verb.tag == "swap" and _is_coin_to_coin(sentence, verb, service))
        ):
            continue
        if verb.tag in {"use", "move"} and not clear and not dirty and sentence.of("technique"):
            continue
        ways.append(way)
    mixes = words[verb.first].startswith(("tumbl", "mix"))
    if not ways and mixes and _GOODS & set(words[verb.last : verb.last + 4]):
        ways.append(_Way(3, verb, None, verb.first, min(len(words), verb.last + 2)))
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


def _paired(sentence: Sentence, verb: Hit, service: Hit) -> _Way | None:
    words = sentence.words
    if service.first >= verb.last:
        between = words[verb.last : service.first]
        if len(between) > _REACH or _STOPS & set(between):
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
        return _Way(weight + (service.tag in _CLEAR), verb, service, verb.first, service.last)
    between = words[service.last : verb.first]
    if (
        verb.tag not in {"launder", "use"}
        or service.tag not in _HIDING
        or len(between) > 5
        or _STOPS & set(between)
    ):
        return None
    if verb.tag == "use" and not _PASSIVE & set(between):
        return None
    return _Way(3, verb, service, service.first, verb.last + 1)


def _through(reading: Reading, sentence: Sentence, verb: Hit, *, strict: bool) -> _Way | None:
    """What is laundered "through" something, moved "through" a name, bridged "to" something."""
    words = sentence.words
    wanted = (
        {"through", "via", "using"}
        if verb.tag != "bridge"
        else {"to", "via", "through", "from", "across", "into", "between"}
    )
    for place in range(verb.last, min(len(words) - 1, verb.last + 9)):
        if words[place] in _STOPS or words[place] in {",", ":"}:
            return None
        if words[place] not in wanted:
            continue
        named = is_capital(sentence, reading.folded, place + 1)
        if verb.tag in {"launder", "bridge"} or (named and not strict):
            return _Way(4, verb, None, verb.first, min(len(words), place + 3))
    return None


def _is_coin_to_coin(sentence: Sentence, verb: Hit, service: Hit) -> bool:
    """Whether coins named by a figure or as "the rest" became other coins."""
    left = sentence.words[max(0, verb.first - 7) : verb.first]
    between = sentence.words[verb.last : service.first]
    near = {*left, *between}
    return FIGURE in near or bool((_GOODS | _PRONOUNS) & near) or sentence.has("thief", 0, verb.first)


def _is_others(sentence: Sentence, verb: Hit) -> bool:
    """Whether users or the victim do it, or it pays for the attack."""
    words = sentence.words
    begin = max(0, verb.first - 6)
    left = words[begin : verb.first]
    if _PASSIVE & set(left[-2:]):
        begin = max(0, verb.first - 3)
        left = words[begin : verb.first]
    if _DIRTY & set(left) or sentence.has("thief", begin, verb.first):
        return False
    # Who stands behind "from" or "of" does nothing: "funds of users were swapped".
    return any(
        words[place] in _OTHERS and not _BELONGING & set(words[max(0, place - 2) : place])
        for place in range(begin, verb.first)
    )
