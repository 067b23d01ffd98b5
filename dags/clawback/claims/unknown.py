"""Texts that say that nobody knows who did it."""

from __future__ import annotations

from typing import Final

from clawback.claims.finding import Finding
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import Hit, name_of
from clawback.claims.reading import Sentence

_THIEF_NOUNS: Final = word_set("culprits.thief_nouns")
_PARTICIPLES: Final = word_set("culprits.participles") | {
    "involved",
    "used",
    "executed",
    "named",
    "identified",
}
_AUXILIARIES: Final = frozenset(
    {
        "is",
        "are",
        "was",
        "were",
        "has",
        "have",
        "had",
        "remain",
        "remains",
        "remained",
        "still",
        "do",
        "does",
        "did",
    }
)
_HOUSES: Final = word_set("links.houses")
_NOT: Final = frozenset(
    {"not", "n't", "never", "cannot", "nobody", "no", "unable", "yet", "without", "failed"}
)
_FINDING: Final = word_set("culprits.finding")
_WANTED: Final = word_set("culprits.wanted")
_ARTICLES: Final = frozenset({"a", "an"})
_UNSEEN: Final = frozenset({"unknown", "unidentified", "unnamed"})
_OTHER_MATTERS: Final = frozenset({"how", "why", "whether", "when", "where", "amount", "vector", "loss"})
_ABOUT_CULPRITS: Final = word_set("culprits.about_culprits")


def unknown_culprit(sentence: Sentence) -> Finding | None:
    """The claim of a sentence that the culprit is unknown, or None."""
    words = sentence.words
    for hit in sentence.of("nobody"):
        if hit.tag == "state":
            span = _state(sentence, hit)
        elif hit.tag == "who":
            span = (hit.first, hit.last) if _is_about_culprits(words, hit) else None
        else:
            span = (hit.first, hit.last)
        if span is not None:
            first, last = span
            # "We do not know who did it" says so firmly; "the thief remains unidentified" doubts.
            words_of_state = (
                (_with_auxiliaries(words, hit.first), hit.last, None) if hit.tag == "state" else None
            )
            return Finding(
                sentence, "attribution", first, last, f"attribution.unknown:{name_of(hit)}",
                stance="unknown", label="unknown", hedge=words_of_state,
            )  # fmt: skip
    return _not_found(sentence)


def _not_found(sentence: Sentence) -> Finding | None:
    """Nobody found, knows or can name the thief: "we could not identify the attacker"."""
    words = sentence.words
    for place, word in enumerate(words):
        if word not in _NOT:
            continue
        for verb in range(place + 1, min(len(words), place + 6)):
            if words[verb] not in _FINDING:
                continue
            around = set(words[max(0, place - 8) : place] + words[verb + 1 : verb + 7])
            if not _WANTED & around or _OTHER_MATTERS & set(words[place : verb + 4]):
                break
            thief = (_THIEF_NOUNS - {"identity"}) & set(words[verb:])
            if not thief and _HOUSES & set(words[verb + 1 : verb + 9]):
                # "The report did not name the exchange"
                break
            last = next(
                (at for at in range(verb + 1, min(len(words), verb + 7)) if words[at] in _WANTED), verb
            )
            return Finding(
                sentence, "attribution", place, last + 1, f"attribution.unknown:{words[verb]}",
                stance="unknown", label="unknown",
            )  # fmt: skip
    return None


def _with_auxiliaries(words: list[str], place: int) -> int:
    """The first of the auxiliary verbs before a state: "has not been found", "remains at large"."""
    while place > 0 and words[place - 1] in _AUXILIARIES:
        place -= 1
    return place


def _is_about_culprits(words: list[str], hit: Hit) -> bool:
    """Whether "who" asks for the thief: "who was behind it", and not who pays."""
    around = words[hit.first : hit.last + 8]
    return bool(_ABOUT_CULPRITS & set(around))


def _state(sentence: Sentence, hit: Hit) -> tuple[int, int] | None:
    """The thief and what is said of him: "the attackers remain at large", "an unknown party"."""
    words = sentence.words
    word = words[hit.first]
    after = words[hit.last : hit.last + 3]
    if word in _UNSEEN and hit.last - hit.first == 1:
        for place, noun in enumerate(after, start=hit.last):
            if noun in _THIEF_NOUNS - {"identity", "identities", "responsible", "behind", "who"}:
                return hit.first, place + 1
    thief = _thief_before(words, hit.first)
    if thief is None:
        return None
    between = set(words[thief + 1 : hit.first - 1])
    if _ARTICLES & between or any(word.endswith("ed") and word not in _PARTICIPLES for word in between):
        # "The attacker used a wallet not identified before"
        return None
    if _OTHER_MATTERS & between or _OTHER_MATTERS & set(words[max(0, thief - 4) : thief]):
        return None
    return thief, hit.last


def _thief_before(words: list[str], place: int) -> int | None:
    for at in range(place - 1, max(-1, place - 14), -1):
        if words[at] in {";", ":", "but", ","} and place - at > 1:
            return None
        if words[at] in _THIEF_NOUNS:
            first = at
            # "The identity of the attackers behind the hack"
            for earlier in range(at, max(-1, at - 8), -1):
                if words[earlier] in {"identity", "identities"}:
                    first = earlier
            return first - 1 if first > 0 and words[first - 1] in {"the", "true", "no"} else first
    return None
