"""Where a clause begins and ends, and how a quotation is cut out of it."""

from __future__ import annotations

from typing import Final

from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE
from clawback.claims.reading import DATE, Sentence

_ENDS: Final = word_set("clauses.ends")
_STARTS: Final = word_set("clauses.starts")
_DETERMINERS: Final = word_set("clauses.determiners")
_STOPS_OF_NOUNS: Final = word_set("clauses.stops_of_nouns")
_LONG: Final = 84
_SHORT: Final = 55
_FULL_STOPS: Final = frozenset({".", ";", "?", "!", '"', ":"})
_MEANS: Final = frozenset(
    {"using", "by", "via", "through", "exploiting", "abusing", "posing", "tricking", "with"}
)
_LINKS: Final = frozenset({"and", "or", "to"})
_TAKING: Final = word_set("clauses.taking")


def clause_start(words: list[str], first: int, limit: int) -> int:
    """Where the clause begins; unchanged where that is more than `limit` words before."""
    for place in range(first - 1, max(-2, first - limit - 2), -1):
        if place < 0 or words[place] in _ENDS or words[place] in _STARTS or words[place] == DATE:
            return place + 1
    return first


def clause_end(words: list[str], last: int, limit: int) -> int:
    """Where the clause ends in which a quotation stands, at most `limit` words further on.

    What was taken is no part of how: the clause ends before "and stole", "to drain".
    """
    for place in range(last, min(len(words), last + limit)):
        word = words[place]
        if word in _ENDS or (word in _LINKS and _TAKING & set(words[place + 1 : place + 3])):
            return place
    return min(len(words), last + limit)


def noun_start(words: list[str], first: int, limit: int = 5, *, figures: bool = False) -> int:
    """Where the noun phrase begins whose noun is the word at `first`: at its determiner, or at the clause.

    Args:
        words: of the sentence.
        first: place of the noun.
        limit: most words that may stand before it.
        figures: whether a figure may be part of it, as in "9,300 ETH was bridged".
    """
    place = first
    while place > 0 and first - place < limit:
        before = words[place - 1]
        if (
            before in _ENDS
            or before in _STOPS_OF_NOUNS
            or before == DATE
            or (before == FIGURE and not figures)
        ):
            return place
        place -= 1
        if before in _DETERMINERS or before == FIGURE:
            return place
    return place


def with_means(words: list[str], last: int, limit: int) -> int:
    """Where a clause ends that a comma and "using", "by", "to launder" go on with; else `last`."""
    if words[last : last + 1] == [","] and words[last + 1 : last + 2] and words[last + 1] in _MEANS:
        return clause_end(words, last + 2, limit)
    return last


def stretch(sentence: Sentence, first: int, last: int) -> tuple[int, int]:
    """The clause around some words, neither much shorter nor much longer than authors quote.

    It grows word by word to the end of the clause, then to its beginning, up to `_LONG` characters; where the
    clause is short, on into the next one.
    """
    words, starts, ends = sentence.words, sentence.starts, sentence.ends
    # What is asked for may reach a word beyond a sentence that ends without a full stop.
    last = min(last, len(words))

    def length(one: int, other: int) -> int:
        return ends[other - 1] - starts[one]

    crossed = False
    while last < len(words) and length(first, last + 1) <= _LONG:
        if words[last] in _ENDS:
            if crossed or words[last] in _FULL_STOPS or length(first, last) >= _SHORT:
                break
            crossed = True
        last += 1
    while first > 0 and length(first - 1, last) <= _LONG:
        if words[first - 1] in _ENDS or words[first - 1] in _STARTS or words[first - 1] == DATE:
            break
        first -= 1
    while last > first + 1 and words[last - 1] in _ENDS:
        last -= 1
    return first, last


def is_bounded(words: list[str], first: int, last: int) -> bool:
    """Whether a clause ends among the words from `first` up to `last`."""
    return any(word in _ENDS for word in words[first:last])


def is_capital(sentence: Sentence, folded: str, word: int) -> bool:
    """Whether a word is written with a capital letter, as a name is."""
    return word < len(sentence.starts) and folded[sentence.starts[word]].isupper()
