"""How alike two names of victims are.

Words that many victims share say nothing; the same word written apart, joined or with another ending is the
same word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from clawback.cases.names import NOBODY

EQUAL: Final = 100
CONTAINED: Final = 92
BEGINS: Final = 85
_WORD: Final = re.compile(r"[^\W_]+")
_SITE: Final = re.compile(
    r"\.(com|io|org|net|finance|exchange|money|app|xyz|me|cash|network|gg|world|pro)\b", re.I
)
_BRACKETS: Final = re.compile(r"[(\[][^)\]]*[)\]]")
_VERSION: Final = re.compile(r"v?\d{1,2}")
_SHARED: Final = frozenset(
    [
        *(
            "the",
            "a",
            "of",
            "and",
            "on",
            "in",
            "for",
            "by",
            "at",
            "inc",
            "ltd",
            "llc",
            "corp",
            "co",
            "company",
        ),
        *("group", "labs", "lab", "team", "foundation", "official", "project", "platform", "protocol"),
        *(
            "protocols",
            "finance",
            "financial",
            "fi",
            "defi",
            "network",
            "net",
            "exchange",
            "dex",
            "cex",
            "app",
        ),
        *("cex", "app", "dapp", "dapps", "dao", "crypto", "cryptocurrency", "coin", "coins", "token"),
        *(
            "tokens",
            "chain",
            "blockchain",
            "digital",
            "asset",
            "assets",
            "trading",
            "hack",
            "hacked",
            "hacker",
        ),
        *("exploit", "exploited", "attack", "theft", "incident", "breach"),
    ]
)
_WEAK: Final = frozenset(
    [
        *("swap", "bridge", "wallet", "bank", "cash", "money", "capital", "farm", "yield", "lend", "lending"),
        *("vault", "pool", "market", "markets", "game", "nft"),
    ]
)
"""What kind of firm it is: two firms of a kind share it, and one firm may leave it out."""

_ENDINGS: Final = (
    *("finance", "protocol", "platform", "exchange", "network", "token", "chain", "labs", "dao", "lab"),
    "coin",
)
"""Written as a word of its own or not, as the source likes."""

_LEAST_LENGTH: Final = 4
_LEAST_WORD: Final = 3
_CLOSE_LENGTH: Final = 5


class Name(NamedTuple):
    """A name taken apart.

    Attributes:
        words: without those that many share, in order.
        own: also without what kind of firm it is, where anything is left then.
        joined: the words as one.
        key: the own words as one; under it aliases know the name.
        initials: first letters of all words as written.
        squeezed: all letters and digits as written.
    """

    words: tuple[str, ...]
    own: tuple[str, ...]
    joined: str
    key: str
    initials: str
    squeezed: str


@lru_cache(maxsize=100_000)
def taken_apart(text: str) -> Name | None:
    """The name's own words; None where it names nobody."""
    outside = _BRACKETS.sub(" ", text)
    folded = unicodedata.normalize("NFKD", outside if _WORD.search(outside) else text)
    folded = "".join(letter for letter in folded if not unicodedata.combining(letter)).casefold()
    whole = _WORD.findall(folded)
    if not whole or " ".join(whole) in NOBODY or "".join(whole) in ("na", "tbd"):
        return None
    words = [_without_ending(word) for word in _WORD.findall(_SITE.sub(" ", folded))]
    kept = tuple(word for word in words if word not in _SHARED and not _VERSION.fullmatch(word)) or tuple(
        words
    )
    own = tuple(word for word in kept if word not in _WEAK) or kept
    initials = "".join(word[0] for word in whole)
    return Name(kept, own, "".join(kept), "".join(own), initials, "".join(whole))


def spellings(text: str, aliases: Mapping[str, str]) -> frozenset[tuple[str, str | tuple[str, ...]]]:
    """Keys of a name, for an index: two names share one exactly where their likeness is `EQUAL`.

    Args:
        text: as written.
        aliases: see `likeness`.
    """
    name = taken_apart(text)
    if name is None:
        return frozenset()
    keys: set[tuple[str, str | tuple[str, ...]]] = {("alias", aliases.get(name.key, name.key))}
    keys |= {("written", name.joined), ("written", name.squeezed)}
    if max(map(len, name.own)) >= _LEAST_LENGTH:
        keys.add(("own", name.own))
    return frozenset(keys)


def likeness(left: str, right: str, aliases: Mapping[str, str]) -> int:
    """How alike two names are, 0 to 100; 100 is one name in two spellings.

    Args:
        left: as written.
        right: as written.
        aliases: key of a name -> the key that stands for its victim (see `aliases`).
    """
    from rapidfuzz.distance import OSA

    one, other = taken_apart(left), taken_apart(right)
    if one is None or other is None:
        return 0
    if aliases.get(one.key, one.key) == aliases.get(other.key, other.key):
        return EQUAL
    if {one.joined, one.squeezed} & {other.joined, other.squeezed}:
        return EQUAL
    if one.own == other.own and max(map(len, one.own)) >= _LEAST_LENGTH:
        return EQUAL
    short, long = sorted((one, other), key=lambda name: (len(name.own), len(name.joined), name.joined))
    if set(short.own) <= set(long.words) and max(map(len, short.own)) >= _LEAST_WORD:
        return CONTAINED
    core = short.key
    if min(len(core) - 2, len(long.joined) - len(core)) >= _LEAST_WORD and long.joined.endswith(core):
        return CONTAINED
    if min(len(one.initials), len(other.initials)) == 1 and _is_acronym(one, other):
        return BEGINS
    if len(core) >= _LEAST_WORD and long.joined.startswith(core):
        return BEGINS
    if min(len(one.joined), len(other.joined)) < _CLOSE_LENGTH:
        return 0
    return min(round(100 * OSA.normalized_similarity(one.joined, other.joined)), EQUAL - 1)


def _is_acronym(one: Name, other: Name) -> bool:
    return any(
        len(name.squeezed) >= _LEAST_WORD and name.squeezed == spelled.initials
        for name, spelled in ((one, other), (other, one))
    )


def _without_ending(word: str) -> str:
    for ending in _ENDINGS:
        if word.endswith(ending) and len(word) - len(ending) >= 2:
            return word.removesuffix(ending)
    return word.removesuffix("fi") if len(word) > 6 and word.endswith("fi") else word
