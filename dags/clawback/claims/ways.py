"""The ways of theft that a sentence may tell: a verb with its object, a deed, a flaw, the name of an attack.

Each way has a weight: how much it tells by itself. Which of them is a claim, `methods` decides.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from clawback.claims.clauses import is_bounded, noun_start
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE, Hit
from clawback.claims.reading import Sentence


class _Pair(NamedTuple):
    """A kind of verb with the kinds of object it needs, how far off they may be, and how much it tells."""

    verbs: str
    objects: tuple[str, ...]
    reach: int
    weight: int


_PAIRS: Final = (
    _Pair("how.get", ("how.secret",), 6, 5),
    _Pair("how.break", ("how.system", "how.secret"), 6, 4),
    _Pair("how.bend", ("how.price",), 6, 5),
    _Pair("how.use", ("technique", "how.flaw"), 7, 6),
    _Pair("how.abuse", ("how.code",), 5, 4),
    _Pair("how.forge", ("how.proof",), 5, 4),
    _Pair("how.fail", ("how.check",), 4, 4),
    _Pair("how.suffer", ("technique",), 4, 5),
    _Pair("how.own", ("how.system", "how.secret", "technique", "victim_kind"), 6, 3),
    _Pair("how.click", ("technique",), 5, 4),
)
MODALS: Final = frozenset({"could", "would", "might", "may", "can", "will", "shall", "should", "must"})
MANY_THIEVES: Final = word_set("methods.many_thieves")
BASE_PAST: Final = word_set("methods.base_past")
_NOT: Final = frozenset({"no", "not", "nobody", "none", "never", "without", "n't", "nor", "neither"})
_PASSIVE: Final = word_set("methods.passive")
_ARTICLES: Final = (["the"], ["a"], ["an"], ["this"], ["its"])
_NOUNS_TOO: Final = frozenset({"breach", "hack", "attack", "exploit", "compromise"})
_FORWARD_ONLY: Final = word_set("methods.forward_only")
_UNDONE: Final = word_set("methods.undone")
_PUTS_DOWN: Final = word_set("methods.puts_down")
"""Verbs that put a loss down "to" its cause."""

_GENERIC_OBJECTS: Final = word_set("methods.generic_objects")
_WEAK_VERBS: Final = word_set("methods.weak_verbs")
_FROM_NOTHING: Final = word_set("methods.from_nothing")
_MINTED_MUCH: Final = word_set("methods.minted_much")
_FINDING: Final = frozenset({"found", "find", "finds", "discovered", "discover", "discovers", "spotted"})
_LOOSE: Final = 9
_PLACES: Final = frozenset({"in", "of", "within", "inside", "with", "on", "affecting", "between"})


class Way(NamedTuple):
    """A way of theft: its weight, the words that carry it, what it is, and the rule that found it."""

    weight: int
    first: int
    last: int
    label: str
    rule: str


def ways_of(sentence: Sentence) -> list[Way]:
    """All ways that a sentence may tell, in no order."""
    ways = [way for pair in _PAIRS for way in _paired(sentence, pair)]
    ways += _minted(sentence)
    ways += _named(sentence)
    ways += _flaws(sentence)
    return ways


def _paired(sentence: Sentence, pair: _Pair) -> list[Way]:
    """Verbs that have an object of their kind: after them, or before them in the passive."""
    words = sentence.words
    objects = [hit for family in pair.objects for hit in sentence.of(family)]
    if not objects:
        return []
    ways = []
    fails = pair.verbs == "how.fail"
    for verb in sentence.of(pair.verbs):
        if is_denied(words, verb, pair.verbs) or _is_modal(words, verb) or _is_no_deed(words, verb):
            continue
        if (fails and not _is_by_code(sentence, verb)) or (
            words[verb.first] in _FINDING and not sentence.of("thief")
        ):
            continue
        for other in objects:
            first = _start(words, verb, other, pair.reach)
            loose = first is None
            if first is None and not fails:
                first = _loose_start(words, verb, other)
            if first is None:
                continue
            weight = pair.weight - (2 if words[verb.first] in _WEAK_VERBS else 0) - 2 * loose
            if words[other.last - 1] in _GENERIC_OBJECTS and other.last - other.first == 1:
                weight -= 2
            rule = f"{pair.verbs[4:]}:{words[verb.first]}"
            ways.append(Way(weight, first, max(verb.last, other.last), other.tag, rule))
    return ways


def _is_by_code(sentence: Sentence, verb: Hit) -> bool:
    """Whether code stands near: "the team was not able to verify this" tells no flaw."""
    return any(
        -_LOOSE <= hit.first - verb.first <= _LOOSE
        for family in ("how.code", "how.place", "how.proof", "how.secret")
        for hit in sentence.of(family)
    )


def _is_of_code(sentence: Sentence) -> bool:
    """Whether it speaks of code or of what code handles, so that "anyone could call" is a lapse."""
    return any(
        sentence.of(family) for family in ("how.code", "how.proof", "how.price", "how.secret", "how.place")
    )


def _is_no_deed(words: list[str], verb: Hit) -> bool:
    """Whether the verb is a noun, or tells what thieves do in general ("Attackers exploit approvals")."""
    before = words[verb.first - 1 : verb.first]
    if before in _ARTICLES and words[verb.last : verb.last + 1] != ["of"]:
        return True
    word = words[verb.first]
    alone = verb.last - verb.first == 1 and words[verb.last : verb.last + 1] != ["of"]
    if word in _NOUNS_TOO and alone and words[verb.first - 2 : verb.first - 1] in _ARTICLES:
        # "an investigation into the security breach"
        return before != ["then"]
    return bool(MANY_THIEVES & set(before)) and not word.endswith(("ed", "ing")) and word not in BASE_PAST


def _start(words: list[str], verb: Hit, other: Hit, reach: int) -> int | None:
    """Where verb and object begin; None where they do not belong together."""
    if other.first < verb.last and other.last > verb.first:
        return None
    if other.first >= verb.last:
        # "had" is mostly an auxiliary.
        reach = 2 if words[verb.first] == "had" else reach
        if other.first - verb.last > reach or is_bounded(words, verb.last, other.first):
            return None
        return verb.first
    if words[verb.first] in _FORWARD_ONLY and "used" not in words[verb.first - 2 : verb.last]:
        return None
    gap = words[other.last : verb.first]
    relative = bool({"which", "who"} & set(gap))
    caused = "had" in words[max(0, other.first - 3) : other.first + 1]
    passive = caused or bool(_PASSIVE & {*gap[-3:], words[verb.first]})
    if not passive or len(gap) > (8 if relative else 5):
        return None
    if is_bounded(words, other.last, verb.first) and not relative:
        return None
    return noun_start(words, other.first)


def _loose_start(words: list[str], verb: Hit, other: Hit) -> int | None:
    """Where a verb and an object begin that are far apart, or in an unusual order; None where too far."""
    first = min(verb.first, other.first)
    gap = words[min(verb.last, other.last) : max(verb.first, other.first)]
    if (
        len(gap) > _LOOSE
        or {";", ".", "?"} & set(gap)
        or (other.first < verb.last and verb.first < other.last)
    ):
        return None
    return first


def _minted(sentence: Sentence) -> list[Way]:
    """Coins made from nothing."""
    words = sentence.words
    ways = []
    for verb in sentence.of("how.mint"):
        right = set(words[verb.last : verb.last + 12])
        mints = words[verb.first].startswith("mint") and (
            right & _MINTED_MUCH or sentence.has("thief", 0, verb.first)
        )
        if not (mints or right & _FROM_NOTHING):
            continue
        if not is_denied(words, verb, "how.mint") and not _is_modal(words, verb):
            last = min(len(words), verb.last + 3)
            ways.append(Way(4, verb.first, last, "minting", f"mint:{words[verb.first]}"))
    return ways


def _named(sentence: Sentence) -> list[Way]:
    """Names of ways of attack, with a cause, a verb of attack or a thief beside them."""
    words = sentence.words
    ways = []
    for hit in sentence.of("how.deed"):
        if (
            not is_denied(words, hit, "how.deed")
            and "your" not in words[hit.first : hit.last]
            and not _is_modal(words, hit)
        ):
            ways.append(Way(5, hit.first, hit.last, hit.tag, f"deed:{words[hit.first]}"))
    for hit in sentence.of("how.lapse") if _is_of_code(sentence) else ():
        if words[hit.first] not in MODALS and not is_denied(words, hit, "how.fail"):
            ways.append(Way(4, hit.first, hit.last, hit.tag, f"lapse:{words[hit.first]}"))
    for hit in sentence.of("technique"):
        if is_denied(words, hit, "technique"):
            continue
        cause = _cause_before(sentence, hit.first)
        weight = 3 + (2 if cause is not None else 0)
        ways.append(
            Way(weight, noun_start(words, hit.first, 3), hit.last, hit.tag, f"named:{words[hit.first]}")
        )
    return ways


def _flaws(sentence: Sentence) -> list[Way]:
    """Flaws that have a place ("a bug in the bridge contract") or a consequence ("a hole that let ...")."""
    words = sentence.words
    ways = []
    for hit in sentence.of("how.flaw"):
        if words[hit.last : hit.last + 2] == ["of", FIGURE] or words[hit.first - 1 : hit.first] == ["by"]:
            # "a hole of $1.2 billion in its books", "sent by mistake"
            continue
        if is_denied(words, hit, "how.flaw") or {"this", "these", "that", "any"} & set(
            words[max(0, hit.first - 2) : hit.first]
        ):
            continue
        weight = 1
        last = hit.last
        if _PLACES & set(words[hit.last : hit.last + 1]):
            weight += 2
            last += 2
        for other in (*sentence.of("how.code"), *sentence.of("how.place")):
            if -4 <= other.first - hit.last <= 5:
                weight += 1
                break
        if any(0 <= allow.first - hit.last <= 4 for allow in sentence.of("how.allow")):
            weight += 2
            last += 3
        if _cause_before(sentence, hit.first) is not None or {"in", "with"} & set(
            words[max(0, hit.first - 4) : hit.first]
        ):
            weight += 2
        if weight >= 3:
            ways.append(
                Way(
                    weight,
                    noun_start(words, hit.first),
                    min(last, len(words)),
                    hit.tag,
                    f"flaw:{words[hit.first]}",
                )
            )
    return ways


def _cause_before(sentence: Sentence, first: int) -> int | None:
    """The place of a word of cause shortly before a word."""
    for cause in sentence.of("how.cause"):
        if 0 <= first - cause.last <= 5 and not is_bounded(sentence.words, cause.last, first):
            return cause.first
    words = sentence.words
    start = noun_start(words, first, 5)
    if words[start - 1 : start] == ["to"] and _PUTS_DOWN & set(words[:start]):
        return start - 1
    return None


def is_denied(words: list[str], hit: Hit, family: str) -> bool:
    """Whether it is said not to have been: "no private keys were stored"."""
    if family == "how.fail":
        return False
    left = set(words[max(0, hit.first - 4) : hit.first])
    return bool(_NOT & left or _UNDONE & left)


def _is_modal(words: list[str], hit: Hit) -> bool:
    """Whether it only might be; what may have been is a claim, though a weak one."""
    left = words[max(0, hit.first - 3) : hit.first]
    return (
        bool(MODALS & set(left))
        and ("have" not in left or "could" in left)
        and "anyone" not in words[max(0, hit.first - 4) : hit.first]
    )
