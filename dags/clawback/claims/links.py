"""Which thefts are one hand's work: linked incidents.

A link is another theft (`other_thefts`) and, beside it, a word that ties hands and not dates: the same
group or wallet, funds that met, gas from the thief's address, "also behind", "struck again". That one theft
is larger than another, came after it or began alike ties nothing.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.finding import Finding
from clawback.claims.layout import Kind
from clawback.claims.lexicon import word_set
from clawback.claims.other_thefts import Reference, other_thefts
from clawback.claims.phrases import Hit, name_of
from clawback.claims.reading import Reading, Sentence
from clawback.claims.victims import Victims

_THEFTS: Final = word_set("links.thefts")
_COMPARISON: Final = word_set("links.comparison")
_THIEVES: Final = word_set("links.thieves")
_ACTS: Final = word_set("links.acts")
_NEGATIONS: Final = frozenset({"no", "not", "n't", "never", "unrelated", "neither", "without"})
_PLACES: Final = frozenset(
    {
        "address",
        "addresses",
        "wallet",
        "wallets",
        "account",
        "accounts",
        "gas",
        "funds",
        "coins",
        "loot",
        "proceeds",
    }
    | {"money", "ether", "eth", "bitcoin", "way", "pattern", "malware", "code", "contract"}
)
_STOLEN_GOODS: Final = frozenset(
    {
        "funds",
        "coins",
        "transactions",
        "transaction",
        "records",
        "loot",
        "proceeds",
        "money",
        "tokens",
        "ether",
        "data",
    }
    | {"gone", "sent", "went", "moved", "received"}
)
_ARTICLES: Final = (["a"], ["an"], ["one"])
_BOTH: Final = frozenset({"both", "two", "three", "four", "all", "these"})
_REACH: Final = 25
_CLAUSE: Final = frozenset(
    {",", ".", ";", ":", "(", '"', "said", "says", "that", "noted", "notes", "but", "while"}
)


def links(reading: Reading, victims: Victims) -> list[Finding]:
    """All links between thefts that a reading states."""
    found = []
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING:
            continue
        finding = _link(sentence, victims)
        if finding is not None:
            found.append(finding)
    return found


def _link(sentence: Sentence, victims: Victims) -> Finding | None:
    hits = sentence.of("link")
    if not hits:
        return None
    others = other_thefts(sentence, victims)
    for hit in hits:
        if _is_denied(sentence, hit):
            continue
        if hit.tag == "again":
            if _thief_before(sentence, hit):
                return _finding(
                    sentence, _clause_start(sentence.words, hit.first), hit.last, hit, "another theft"
                )
            continue
        both = _both_thefts(sentence, hit)
        if both is not None:
            first, last = min(both[0], hit.first), max(both[1], hit.last)
            return _finding(sentence, _clause_start(sentence.words, first), last, hit, "both thefts")
        for other in others:
            if _ties(sentence, hit, other):
                first, last = min(hit.first, other.first), max(hit.last, other.last)
                return _finding(sentence, _clause_start(sentence.words, first), last, hit, other.label)
    for hit in hits:
        if hit.tag == "sure" and not _is_denied(sentence, hit):
            start = _clause_start(sentence.words, hit.first)
            return _finding(sentence, start, hit.last, hit, "another theft of the same hand")
    return None


def _finding(sentence: Sentence, first: int, last: int, hit: Hit, label: str) -> Finding:
    return Finding(sentence, "linked_incident", first, last, f"link.{hit.tag}:{name_of(hit)}", label=label)


def _is_denied(sentence: Sentence, hit: Hit) -> bool:
    words = sentence.words
    return bool(_NEGATIONS & set(words[max(0, hit.first - 4) : hit.last]))


def _ties(sentence: Sentence, hit: Hit, other: Reference) -> bool:
    """Whether a word that ties belongs to this other theft."""
    words = sentence.words
    between = words[hit.last : other.first] if hit.last <= other.first else words[other.last : hit.first]
    if len(between) > _REACH or ";" in between:
        return False
    if _COMPARISON & set(between) or _COMPARISON & set(words[max(0, other.first - 3) : other.first]):
        return False
    if hit.tag == "before" and words[hit.first] in {"behind", "carried"} and other.label[:1].isupper():
        # "was behind the New Year's Eve raid" names the culprit of that theft alone.
        return False
    if hit.tag == "funds" and not (
        _PLACES & set(words[: other.first]) or _THIEVES & set(words[other.first : other.last])
    ):
        return False
    if hit.tag == "tie":
        if words[hit.first] == "connection" or " of another " in other.label:
            return False
        # "tied the heist to Lazarus Group" names a culprit.
        if any(hit.first <= actor.first <= other.first for actor in sentence.of("actor")):
            return False
        # "An address connected to the hack" ties an address, and no theft.
        rest = set(words[: other.first]) | set(words[other.last :])
        an_address = (
            words[max(0, hit.first - 2) : hit.first - 1] in _ARTICLES and words[hit.first - 1] in _PLACES
        )
        if not rest & (_THEFTS | _THIEVES | (frozenset() if an_address else _STOLEN_GOODS)):
            return False
        return hit.last <= other.first + 1 or bool({"and", "with"} & set(between))
    if hit.tag in {"also", "before"}:
        acts = _ACTS | _THEFTS | _THIEVES | {"behind", "responsible", "linked", "tied", "carried", "part"}
        near = set(words[hit.first : other.last])
        subject = _thief_before(sentence, hit)
        if other.last <= hit.first:
            # "The hacker behind the Candlefi exploit is also behind this one"
            return subject and {"also", "behind"} <= set(words[hit.first : hit.last + 1]) and "one" in words
        return subject and bool(acts & near)
    if hit.tag == "same":
        # "The same day, Candlefi paused": what is the same must be a hand or its tool.
        acts = _ACTS | _THEFTS | _THIEVES | {"behind", "responsible", "carried", "work"}
        told = words[other.first : max(other.last, hit.last + 3 if other.last <= hit.first else 0)]
        return bool(acts & set(told)) and "audited" not in words
    return True


def _both_thefts(sentence: Sentence, hit: Hit) -> tuple[int, int] | None:
    """Two thefts spoken of at once: "both thefts", "the two attacks"."""
    words = sentence.words
    if hit.tag not in {"same", "tie", "funds"}:
        return None
    for place, word in enumerate(words[:-1]):
        if word in _BOTH and abs(place - hit.first) <= _REACH:
            for noun in range(place + 1, min(len(words), place + 4)):
                if words[noun] in _THEFTS and words[noun].endswith(("s", "es")):
                    return place, noun + 1
    return None


def _thief_before(sentence: Sentence, hit: Hit) -> bool:
    """Whether the thief, or a group, or what is the thief's, is what a phrase speaks of."""
    words = sentence.words
    window = words[max(0, hit.first - 12) : hit.first]
    if _THIEVES & set(window) or {"he", "they", "she", "who", "same", "wallet", "address", "which"} & set(
        window
    ):
        return True
    return any(hit.first - 14 <= actor.first < hit.first for actor in sentence.of("actor"))


def _clause_start(words: list[str], place: int) -> int:
    """Where the clause of a linking word begins, at most ten words before it."""
    first = place
    while first > 0 and place - first < 10 and words[first - 1] not in _CLAUSE:
        first -= 1
    return first
