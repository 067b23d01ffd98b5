"""When it happened: the days of the theft itself, not of its announcement, its freeze or its report.

A date belongs to the predicate nearest to it in its clause. Where that is a word of theft, the date is the
theft's; where it is a word of saying, freezing, returning, the date is that of what was said or done then.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.dates import When
from clawback.claims.finding import Finding
from clawback.claims.layout import Kind
from clawback.claims.lexicon import word_set
from clawback.claims.reading import DATE, Reading, Sentence

_REACH: Final = 22
_BARRIERS: Final = {
    ";": 9,
    "but": 7,
    "although": 7,
    "while": 6,
    "which": 3,
    ",": 1,
    "after": 2,
    "when": 1,
    "before": 3,
    ".": 12,
    "and": 2,
    "that": 3,
    "who": 2,
    "(": 3,
    ")": 1,
    "\u2014": 5,
    ":": 0,
}
_LATER: Final = word_set("events.later")
_ENTERED: Final = frozenset({"obtained", "gained", "breached", "accessed", "entered", "infiltrated", "got"})
_WEAK: Final = word_set("events.weak")
_NOUNS: Final = word_set("events.nouns")
_COPULAR: Final = word_set("events.copular")


def theft_dates(reading: Reading) -> list[Finding]:
    """The days on which thefts happened, as far as sentences say so."""
    found = []
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING or not sentence.dates:
            continue
        for word, when in sentence.dates.items():
            place = _event_of(sentence, word, when)
            if place is None:
                continue
            first, last, rule = place
            text = when.minute.strftime("%Y-%m-%dT%H:%MZ") if when.minute is not None else when.text()
            found.append(Finding(sentence, "date", first, last, rule, when=text, label=when.text()))
    return found


def _event_of(sentence: Sentence, word: int, when: When) -> tuple[int, int, str] | None:
    text = when.text()
    if text is None or "/" in text or len(text) == 4 or sentence.words[word - 1 : word] == ["since"]:
        return None
    words = sentence.words
    if {"price", "prices"} & set(words[word + 1 : word + 4]):
        return None
    events = {hit.first: hit.last for hit in sentence.of("event") if words[hit.first] not in _WEAK}
    for thief in sentence.of("thief"):
        if thief.last < len(words) and words[thief.last] in _ENTERED:
            # "In March attackers obtained five of nine keys"
            events.setdefault(thief.last, thief.last + 1)
    if sentence.of("thief"):
        events |= {
            hit.first: hit.last
            for hit in sentence.of("technique")
            if hit.first not in events and words[hit.first].endswith("ed")
        }
    for hit in sentence.of("role"):
        if hit.tag == "adjective":
            # "stolen funds" tells no theft of that day.
            events.pop(hit.first, None)
            continue
        if (hit.tag in {"loss>", "loss=", "loss<"} and words[hit.first] not in _NOUNS | _WEAK) or (
            hit.tag == "move>"
            and sentence.has("thief", 0, hit.first)
            and {"from", "out"} & set(words[hit.last : hit.last + 9])
        ):
            events.setdefault(hit.first, hit.last)
    best: tuple[int, int, bool] | None = None
    for place, other in enumerate(words):
        is_event = place in events
        if is_event and other in {"took", "takes", "take"} and not sentence.has("thief", 0, place):
            continue
        if not is_event and (other not in _LATER or _introduces(words, place)):
            continue
        if is_event and other in _NOUNS and not _nominal(words, place, word):
            continue
        cost = _cost(words, place, word)
        if cost is not None and not is_event and place > word > 3:
            # "taken from the exchange on March 13 have now been returned"
            cost += 4
        if cost is not None and (best is None or cost < best[0]):
            best = (cost, place, is_event)
    if best is None or not best[2]:
        return None
    place = best[1]
    if (when.kind == "relative" and text == "") or _is_aftermath(words, place, word):
        return None
    first, last = min(place, word), max(events[place], word + 1)
    return first, last, f"date.{'before' if word < place else 'after'}:{words[place]}"


def _cost(words: list[str], place: int, word: int) -> int | None:
    first, last = min(place, word), max(place, word)
    between = words[first + 1 : last]
    if len(between) > _REACH:
        return None
    cost = len(between)
    for part in between:
        cost += _BARRIERS.get(part, 0)
        if part == DATE:
            cost += 6
    return cost if cost <= _REACH else None


def _nominal(words: list[str], place: int, word: int) -> bool:
    """Whether a theft as a noun takes the date: "the May 4 heist", "the attack occurred on May 4"."""
    if word < place:
        return place - word <= 3 or bool(
            {
                "suffered",
                "experienced",
                "experiences",
                "hit",
                "detected",
                "victim",
                "occurred",
                "took",
                "identified",
                "reported-a",
            }
            & set(words[word:place])
        )
    between = words[place + 1 : word]
    return len(between) <= 2 or bool(_COPULAR & set(between))


def _introduces(words: list[str], place: int) -> bool:
    """Whether the word only names: "the announcement of", "its reported"."""
    return words[place - 1 : place] in (["the"], ["a"], ["its"]) and words[place].endswith("ed")


def _is_aftermath(words: list[str], place: int, word: int) -> bool:
    """Whether the theft is only what something else came after: "following the hack"."""
    left = set(words[max(0, place - 3) : place])
    if word > place and {"following", "after"} & left and words[place] in _NOUNS:
        return words[place + 1 : place + 2] not in (["on"], ["of"], ["in"], [DATE])
    return word < place and bool({"following", "after", "since", "about", "aware"} & left)
