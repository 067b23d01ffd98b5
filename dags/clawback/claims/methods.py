"""How it was done: the clause of a sentence that tells the way of a theft.

A technique is one of: a verb with an object of its kind (who obtains a key, breaks into a server, bends a price,
uses a flaw, forges a proof, mints from nothing), a check that was not made, a flaw with its place or its
consequence, or the name of a way of attack. It counts where the sentence tells what happened: not advice, not
what might happen, not what was repaired later. The strongest clause of a sentence is the claim; the same way
told again is the same claim.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from clawback.claims.clauses import clause_end, clause_start, is_bounded, noun_start, with_means
from clawback.claims.finding import Finding
from clawback.claims.layout import Kind
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE, Hit
from clawback.claims.reading import Reading, Sentence


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
_ENOUGH: Final = 5
_ROOT: Final = word_set("methods.root")
_MODALS: Final = frozenset({"could", "would", "might", "may", "can", "will", "shall", "should", "must"})
_NOT: Final = frozenset({"no", "not", "nobody", "none", "never", "without", "n't", "nor", "neither"})
_PASSIVE: Final = frozenset(
    {
        "was",
        "were",
        "been",
        "being",
        "is",
        "are",
        "be",
        "got",
        "had",
        "get",
        "getting",
        "having",
        "has",
        "have",
    }
)
_ARTICLES: Final = (["the"], ["a"], ["an"], ["this"], ["its"])
_FORWARD_ONLY: Final = word_set("methods.forward_only")
_MANY_THIEVES: Final = frozenset(
    {"attackers", "hackers", "thieves", "criminals", "scammers", "fraudsters", "crooks"}
)
_COPULAR: Final = frozenset({"is", "was", "are", "were", "been", "known", "by"})
_UNDONE: Final = word_set("methods.undone")
_BASE_PAST: Final = word_set("methods.base_past")
_PUTS_DOWN: Final = word_set("methods.puts_down")
"""Verbs that put a loss down "to" its cause."""

_ATTEMPTS: Final = word_set("methods.attempts")
_TAIL: Final = 9
_MAX_QUOTE_WORDS: Final = 26
_MAX_WAY_WORDS: Final = 18
_NEAR: Final = 6
_GENERIC_OBJECTS: Final = word_set("methods.generic_objects")
_WEAK_VERBS: Final = word_set("methods.weak_verbs")


class _Way(NamedTuple):
    weight: int
    first: int
    last: int
    label: str
    rule: str


def techniques(reading: Reading) -> list[Finding]:
    """All techniques of a reading."""
    found = []
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING or _speculative_list(reading, sentence):
            continue
        ways = _ways(sentence)
        if not ways or not _tells(sentence, ways):
            continue
        lead = reading.lead(sentence)
        rooted = _is_rooted(sentence) or (lead is not None and bool(_ROOT & set(lead.words)))
        near = bool(
            sentence.of("event")
            or sentence.of("thief")
            or _loses(sentence)
            or any(figure.unit != "%" for figure in sentence.figures.values())
        )
        best = _with_neighbours(sentence, max(ways, key=lambda way: (way.weight, -way.first)), ways)
        beside = not near and _is_beside_theft(reading, sentence)
        if best.weight + 2 * near + beside + 2 * rooted < _ENOUGH or _is_advice(sentence, best):
            continue
        first, last = _quotation(sentence, best)
        found.append(Finding(sentence, "technique", first, last, f"technique.{best.rule}", label=best.label))
    return found


def _is_beside_theft(reading: Reading, sentence: Sentence) -> bool:
    """Whether the sentence before or after tells of a theft."""
    first = max(0, sentence.number - 1)
    return any(
        other.of("event") or other.of("thief") or _loses(other)
        for other in reading.sentences[first : sentence.number + 2]
        if other is not sentence
    )


def _ways(sentence: Sentence) -> list[_Way]:
    ways = [way for pair in _PAIRS for way in _paired(sentence, pair)]
    ways += _minted(sentence)
    ways += _named(sentence)
    ways += _flaws(sentence)
    return ways


def _paired(sentence: Sentence, pair: _Pair) -> list[_Way]:
    """Verbs that have an object of their kind: after them, or before them in the passive."""
    words = sentence.words
    ways = []
    objects = [hit for family in pair.objects for hit in sentence.of(family)]
    if not objects:
        return []
    if pair.verbs == "how.fail" and not any(
        sentence.of(family) for family in ("how.code", "how.place", "how.proof")
    ):
        # "The team was not able to verify this"
        return []
    for verb in sentence.of(pair.verbs):
        if _is_denied(words, verb, pair.verbs) or _is_modal(words, verb):
            continue
        if words[verb.first - 1 : verb.first] in _ARTICLES and words[verb.last : verb.last + 1] != ["of"]:
            continue
        if (
            verb.first > 0
            and words[verb.first - 1] in _MANY_THIEVES
            and not words[verb.first].endswith(("ed", "ing"))
        ):
            # "Attackers exploit approvals" tells of no theft.
            continue
        weak = words[verb.first] in _WEAK_VERBS
        for other in objects:
            if other.first < verb.last and other.last > verb.first:
                continue
            if other.first >= verb.last:
                if other.first - verb.last > (2 if words[verb.first] == "had" else pair.reach) or is_bounded(
                    words, verb.last, other.first
                ):
                    continue
                first = verb.first
            elif words[verb.first] in _FORWARD_ONLY and "used" not in words[verb.first - 2 : verb.last]:
                continue
            else:
                gap = words[other.last : verb.first]
                caused = "had" in words[max(0, other.first - 3) : other.first + 1]
                if len(gap) > (8 if {"which", "who"} & set(gap) else 5) or not (
                    caused or _PASSIVE & {*gap[-3:], *words[verb.first : verb.first + 1]}
                ):
                    continue
                if is_bounded(words, other.last, verb.first) and not {"which", "who"} & set(gap):
                    continue
                first = noun_start(words, other.first)
            weight = pair.weight - 2 * weak
            if words[other.last - 1] in _GENERIC_OBJECTS and other.last - other.first == 1:
                weight -= 2
            ways.append(
                _Way(
                    weight,
                    first,
                    max(verb.last, other.last),
                    other.tag,
                    f"{pair.verbs[4:]}:{words[verb.first]}",
                )
            )
    return ways


def _minted(sentence: Sentence) -> list[_Way]:
    """Coins made from nothing."""
    words = sentence.words
    ways = []
    for verb in sentence.of("how.mint"):
        right = set(words[verb.last : verb.last + 12])
        if {
            "unbacked",
            "air",
            "nothing",
            "nowhere",
            "unlimited",
            "infinite",
            "worthless",
            "unauthorised",
        } & right or (
            words[verb.first].startswith("mint")
            and (
                {"without", "billion", "trillion", "free", "unauthorized", "extra", "excess", "quadrillion"}
                & right
                or sentence.has("thief", 0, verb.first)
            )
        ):
            if not _is_denied(words, verb, "how.mint") and not _is_modal(words, verb):
                ways.append(_Way(4, verb.first, verb.last + 3, "minting", f"mint:{words[verb.first]}"))
    return ways


def _named(sentence: Sentence) -> list[_Way]:
    """Names of ways of attack, with a cause, a verb of attack or a thief beside them."""
    words = sentence.words
    ways = []
    for hit in sentence.of("how.deed"):
        if (
            not _is_denied(words, hit, "how.deed")
            and "your" not in words[hit.first : hit.last]
            and not _is_modal(words, hit)
        ):
            ways.append(_Way(5, hit.first, hit.last, hit.tag, f"deed:{words[hit.first]}"))
    for hit in sentence.of("technique"):
        if _is_denied(words, hit, "technique"):
            continue
        cause = _cause_before(sentence, hit.first)
        weight = 3 + (2 if cause is not None else 0)
        ways.append(
            _Way(weight, noun_start(words, hit.first, 3), hit.last, hit.tag, f"named:{words[hit.first]}")
        )
    return ways


def _flaws(sentence: Sentence) -> list[_Way]:
    """Flaws that have a place ("a bug in the bridge contract") or a consequence ("a hole that let ...")."""
    words = sentence.words
    ways = []
    for hit in sentence.of("how.flaw"):
        if words[hit.last : hit.last + 2] == ["of", FIGURE]:
            # "a hole of $1.2 billion in its books"
            continue
        if _is_denied(words, hit, "how.flaw") or {"this", "these", "that", "any"} & set(
            words[max(0, hit.first - 2) : hit.first]
        ):
            continue
        weight = 1
        last = hit.last
        after = words[hit.last : hit.last + 1]
        if after in (["in"], ["of"], ["within"], ["inside"], ["with"], ["on"], ["affecting"], ["between"]):
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
                _Way(
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


def _with_neighbours(sentence: Sentence, best: _Way, ways: list[_Way]) -> _Way:
    """The way with those that touch it: "entered the network with a stolen password" is one."""
    first, last = best.first, best.last
    weight = best.weight
    for way in sorted(ways):
        gap = (last, way.first) if way.first >= last else (way.last, first)
        near = gap[1] - gap[0] <= _NEAR and not is_bounded(sentence.words, *gap)
        if near and max(last, way.last) - min(first, way.first) <= _MAX_WAY_WORDS:
            if way.label != best.label:
                weight = best.weight + 2
            first, last = min(first, way.first), max(last, way.last)
    return best._replace(first=first, last=last, weight=weight)


def _quotation(sentence: Sentence, way: _Way) -> tuple[int, int]:
    """From the verb, with its subject unless that is the thief, to the end of the clause."""
    words = sentence.words
    if way.rule.startswith("fail"):
        first = _subject_of_failure(words, way.first)
    elif way.rule.startswith("deed"):
        first = clause_start(words, way.first, 7)
    elif way.rule.startswith(("named", "flaw")):
        first = clause_start(words, way.first, 5)
        if not _COPULAR & set(words[first : way.first]):
            first = way.first
    else:
        first = clause_start(words, way.first, 5)
    while first < way.first and words[first] in {
        "by",
        "through",
        "via",
        "with",
        "after",
        "from",
        "since",
        "and",
    }:
        first += 1
    if sentence.has("thief", first, way.first):
        first = way.first
    while first + 1 < way.last and words[first] in {"by", "through", "via", "and", "from", "after"}:
        first += 1
    if words[first] == "to" or words[first - 1 : first] == ["to"]:
        first = _means_before(sentence, first)
    last = with_means(words, clause_end(words, way.last, _TAIL), _TAIL)
    return first, max(min(last, first + _MAX_QUOTE_WORDS), first + 1)


def _means_before(sentence: Sentence, first: int) -> int:
    """Where "used eight flash loans, seven from one pool, to skew the reserve" begins."""
    for verb in sentence.of("how.use"):
        if (
            sentence.words[verb.first] in {"used", "using", "uses"}
            and 0 < first - verb.first <= _MAX_WAY_WORDS
        ):
            return verb.first
    return first


def _subject_of_failure(words: list[str], first: int) -> int:
    """What "did not check": "a function added in July that did not check", "the contract never verified"."""
    place = first
    while place > 0 and words[place - 1] in {"did", "does", "do", "was", "were", "had", "is", "has"}:
        place -= 1
    if place > 0 and words[place - 1] in {"that", "which"}:
        place -= 1
    return noun_start(words, place, 8)


def _tells(sentence: Sentence, ways: list[_Way]) -> bool:
    """Whether a sentence tells what happened."""
    words = sentence.words
    if words[-1:] == ["?"] or sentence.of("how.general"):
        return False
    if (
        words[0] in _MANY_THIEVES
        and words[1:2]
        and not words[1].endswith("ed")
        and words[1] not in _BASE_PAST
    ):
        # "Attackers exploit approvals" tells of no theft.
        return False
    own = set(words)
    if {"how", "unclear"} <= own or {"not", "clear", "how"} <= own or {"unknown", "how"} <= own:
        return False
    if own & _ATTEMPTS and own & {"failed", "fails", "unsuccessful", "foiled", "thwarted"}:
        return False
    if own & {"if", "unless"} and not own & {"as", "said"}:
        return False
    if sentence.span.kind is Kind.ITEM and own & _MODALS and not own & {"have", "been"}:
        return False
    return not (
        sentence.of("how.later") and not sentence.of("thief") and not own & {"exploited", "was", "were"}
    )


def _is_advice(sentence: Sentence, way: _Way) -> bool:
    """Whether it is said before the verb that one should, or what helps against it."""
    return any(
        hit.first < way.first and not hit.phrase.startswith(("implement|", "upgrade|", "enable", "your"))
        for hit in sentence.of("advice")
    )


def _is_rooted(sentence: Sentence) -> bool:
    return {"root", "cause"} <= set(sentence.words) or {"attack", "vector"} <= set(sentence.words)


def _loses(sentence: Sentence) -> bool:
    return any(role.tag.startswith("loss") for role in sentence.of("role"))


def _is_denied(words: list[str], hit: Hit, family: str) -> bool:
    """Whether it is said not to have been: "no private keys were stored"."""
    if family == "how.fail":
        return False
    left = set(words[max(0, hit.first - 4) : hit.first])
    return bool(_NOT & left or _UNDONE & left)


def _is_modal(words: list[str], hit: Hit) -> bool:
    """Whether it only might be; what may have been is a claim, though a weak one."""
    left = words[max(0, hit.first - 3) : hit.first]
    return (
        bool(_MODALS & set(left))
        and ("have" not in left or "could" in left)
        and "anyone" not in words[max(0, hit.first - 4) : hit.first]
    )


def _speculative_list(reading: Reading, sentence: Sentence) -> bool:
    """A list of what might have been ("Several possible reasons:") tells no technique."""
    lead = reading.lead(sentence)
    return (
        lead is not None
        and bool({"possible", "potential", "several", "recommendations", "lessons"} & set(lead.words))
        and lead.span.kind is not Kind.HEADING
    )
