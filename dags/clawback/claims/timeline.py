"""Entries of a timeline: a line that begins with its date, and is about what its first predicate says.

"May 14: the exchange reported the hack and began to look for the thief" dates the report. In prose a date
goes with what stands nearest; here the whole line hangs on it, so only what the line says first counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from clawback.claims.event_places import LATER, NOUNS, later_places
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE
from clawback.claims.reading import Sentence

_MARKS: Final = frozenset({":", "-", "\u2013", "\u2014", "|"})
_HEAD: Final = 8
"""Words between the date and the mark behind it: a time of day, a zone in brackets."""

_CLOCK: Final = word_set("timeline.clock")
_SEEN: Final = word_set("timeline.seen")
_LATER: Final = word_set("timeline.later")
_SHORTLY: Final = 5
_PASSIVE: Final = frozenset({"was", "were", "been", "is", "are", "being"})
_NO_COINS: Final = word_set("timeline.no_coins")
_LOSING: Final = frozenset({"lost", "loses", "lose", "losing"})
_BEHIND_VERB: Final = frozenset({"by", "from", "of", "on", "in", "at", "for", "out", FIGURE})
_NOT_YET: Final = frozenset({"no", "not", "never", "without", "against", "about", "of", "for"})
_ASIDE: Final = frozenset({"before", "after", "since", "following", "until", "over"})


def entry_of(sentence: Sentence) -> tuple[int, int] | None:
    """The words of an entry: its date, and where what it tells begins; None where it is no entry."""
    if not sentence.dates:
        return None
    words, date = sentence.words, min(sentence.dates)
    if date > 0:
        return None
    for place in range(1, min(len(words) - 1, _HEAD)):
        if words[place] in _MARKS and not (words[place - 1].isdigit() and words[place + 1].isdigit()):
            return date, place + 1
        if not (words[place].isdigit() or words[place] in _CLOCK or place in sentence.dates):
            return None
    return None


def theft_of_entry(
    sentence: Sentence, begin: int, thefts: Mapping[int, int], told: Iterable[tuple[int, int]]
) -> tuple[int, int] | None:
    """The words by which an entry tells a theft, or None where it tells something else.

    Args:
        sentence: of the entry.
        begin: the word with which what it tells begins.
        thefts: words that tell a theft, from `event_places.thefts_in`.
        told: where losses and ways of theft are told.
    """
    words = sentence.words
    spoken = later_places(sentence)
    later = spoken | {place for place, word in enumerate(words) if word in LATER | _LATER}
    places = dict(thefts)
    for first, last in told:
        places[first] = max(last, places.get(first, 0))
    for place in range(begin, len(words)):
        if place in places and place not in spoken and (place in thefts or place not in later):
            if _is_of_something_else(words, place, begin):
                continue
            if _is_spoken_of(words, place, places[place], later):
                return None
            if _NOT_YET & set(words[place - 1 : place]) or _ASIDE & set(words[place - 3 : place]):
                return None
            return place, max(places[place], place + 1)
        if place in later:
            ahead = sorted(other for other in places if place < other <= place + _SHORTLY)
            if ahead and words[place] in _SEEN:
                return ahead[0], max(places[ahead[0]], ahead[0] + 1)
            return None
    return None


def _is_of_something_else(words: list[str], place: int, begin: int) -> bool:
    """Whether a word of theft tells none: "lost access to the back end", "leaked documents show"."""
    if words[place] in _LOSING and _NO_COINS & set(words[place + 1 : place + 4]):
        return True
    after = words[place + 1 : place + 2]
    return place == begin and words[place].endswith(("ed", "en")) and not _BEHIND_VERB & set(after)


def _is_spoken_of(words: list[str], place: int, last: int, later: set[int]) -> bool:
    """Whether something is said or done about a theft as a noun, or about a sum: "the hack was disclosed"."""
    if words[place] not in NOUNS and words[place] != FIGURE:
        return bool(later & set(range(place + 1, min(last, place + _SHORTLY))))
    for other in range(place + 1, len(words)):
        if other in later:
            return bool(_PASSIVE & set(words[place + 1 : other]))
        if words[other] in {",", ";", "."}:
            return False
    return False
