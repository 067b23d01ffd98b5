"""What in a sentence makes a name the victim's: verbs, kinds of firms, chiefs, other thefts."""

from __future__ import annotations

from typing import Final

from clawback.claims.lexicon import word_set
from clawback.claims.names import Name, key_of
from clawback.claims.reading import Sentence

_BEFORE: Final = word_set("victims.before")
_AFTER_VERB: Final = word_set("victims.after_verb")
_THEFT: Final = word_set("victims.theft")
_ACTIVE: Final = frozenset(
    {"hacked", "exploited", "breached", "attacked", "drained", "robbed", "stole", "raided"}
)
_CHIEFS: Final = word_set("victims.chiefs")
_KINDS: Final = word_set("victims.kinds")
_OTHER_THEFT = word_set("victims.other_theft")
_THEFT_NOUNS = word_set("victims.theft_nouns")


def of_houses(sentence: Sentence, found: list[Name]) -> list[Name]:
    """The names with the house alone where its chief is named with it: "KuCoin CEO Johnny Lyu"."""
    result = []
    for name in found:
        place = next((at for at in range(name.first + 1, name.last) if sentence.words[at] in _CHIEFS), None)
        house = name
        if place is not None and " " in name.text:
            written = name.text[: name.text.lower().find(sentence.words[place])].strip()
            house = Name(name.first, place, written) if written else name
        result.append(house)
    return result


def is_firm(sentence: Sentence, name: Name) -> bool:
    """Whether a name is given its kind: "the exchange Bybit", "Brightpool, a lending market"."""
    words = sentence.words
    if words[name.first - 1 : name.first] and words[name.first - 1] in _KINDS:
        return True
    before = words[max(0, name.first - 3) : name.first]
    if before[-1:] == ["of"] and {"executive", "ceo", "founder", "boss", "users", "customers"} & set(before):
        return True
    return words[name.last : name.last + 1] == [","] and bool(
        _KINDS & set(words[name.last + 1 : name.last + 7])
    )


def alike(one: str, other: str) -> bool:
    """Whether one name begins with the other."""
    left, right = key_of(one), key_of(other)
    return left.startswith(right) or right.startswith(left)


def is_victim(sentence: Sentence, name: Name) -> bool:
    """Whether a sentence says that a name was robbed: by what stands before it or behind it."""
    words = sentence.words
    before = words[name.first - 1] if name.first else ""
    if before in {"the", "a"} and name.first > 1:
        before = words[name.first - 2]
    after = words[name.last : name.last + 4]
    if after[:1] == ["'s"]:
        window = after[1:]
        if any(word in _AFTER_VERB - {"was", "were", "has", "had", "been"} for word in window):
            return True
    if after[:1] and after[0] in _AFTER_VERB:
        if after[0] in {"was", "were", "has", "had", "been", "got"}:
            return any(word in _THEFT for word in words[name.last : name.last + 6])
        if after[0] in {"bridge", "wallet", "wallets", "hot", "users", "customers", "investors"}:
            return any(word in _THEFT for word in words)
        return True
    if after[:1] == [","]:
        # "KuCoin, a Singapore-based exchange, was hacked"
        closing = [
            place for place in range(name.last + 1, min(len(words), name.last + 20)) if words[place] == ","
        ]
        predicate = words[closing[0] + 1 : closing[0] + 6] if closing else []
        if any(word in _THEFT | {"experienced", "victim", "targeted"} for word in predicate):
            # "Ilya Lichtenstein, 35, hacked into" is no victim.
            return predicate[0] not in _ACTIVE
    if before in _BEFORE:
        left = words[max(0, name.first - 8) : name.first]
        if before in {"at", "in", "for", "of", "from", "on"}:
            return any(
                word in _THEFT | {"stealing", "loss", "stole", "siphoned", "siphoning", "taken"}
                for word in left
            )
        return True
    return False


def is_of_another_theft(sentence: Sentence, first: int, last: int) -> bool:
    """Whether words near a place speak of another theft than the one that the text is about."""
    words = sentence.words
    for place in range(max(0, first - 8), min(len(words), last + 4)):
        if words[place] in _OTHER_THEFT and any(
            word in _THEFT_NOUNS for word in words[place + 1 : place + 4]
        ):
            return words[place - 1 : place] != ["on"]
    return False
