"""When it happened: the days of the theft itself, not of its announcement, its freeze or its report.

A date belongs to the predicate nearest to it in its clause. Where that is a word of theft, the date is the
theft's; where it is a word of saying, freezing, returning, the date is that of what was said or done then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from clawback.claims.event_places import (
    LATER,
    NOUNS,
    asides,
    counts_back,
    distance,
    follows_theft,
    is_aftermath,
    is_first_of_range,
    is_second_of_range,
    later_places,
    nominal,
    only_names,
    quotes_after,
    thefts_in,
)
from clawback.claims.finding import Finding
from clawback.claims.layout import Kind
from clawback.claims.lexicon import word_set
from clawback.claims.reading import DATE, Reading, Sentence
from clawback.claims.timeline import entry_of, theft_of_entry
from clawback.claims.when import When

_ANSWERS: Final = word_set("events.answers")
_SEEN: Final = frozenset({"flagged", "detected", "spotted", "noticed", "flags", "detects", "reported"})
_FRAGMENT: Final = 18
_SHORTLY: Final = 4
_INTRODUCING: Final = frozenset(
    {"after", "as", "when", "following", "upon", "because", "amid", "once", "on", "over"}
)
_OF_OTHERS: Final = word_set("events.of_others")
_DEADLINES: Final = frozenset({"since", "by", "until", "till", "before"})
_NOTHING: Final = frozenset({"no", "not", "n't", "never", "nobody"})


Spans = Mapping[int, list[tuple[int, int]]]
"""By the number of a sentence: from which word to which a loss or a way of theft is told."""


def theft_dates(reading: Reading, told: Spans) -> list[Finding]:
    """The days on which thefts happened, as far as sentences say so.

    Args:
        reading: the text.
        told: where losses and techniques are told; they are what a date may belong to.
    """
    found = []
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING or not sentence.dates:
            continue
        for word, when in sentence.dates.items():
            if counts_back(reading, sentence, word):
                continue
            place = _place_of(sentence, word, when, told.get(sentence.number, []))
            if place is None:
                continue
            first, last, rule = place
            text = when.minute.strftime("%Y-%m-%dT%H:%MZ") if when.minute is not None else when.text()
            found.append(Finding(sentence, "date", first, last, rule, when=text, label=when.text()))
    return found or _first_day(reading, told)


def _first_day(reading: Reading, told: Spans) -> list[Finding]:
    """The first day of a text none of whose days stands beside a theft, where one is told of next to it.

    An account begins with the day: "At 04:12 UTC on Tuesday the alarm of a vault went off. Someone had ..."
    """
    for sentence in reading.sentences:
        if sentence.span.kind is Kind.HEADING or not sentence.dates:
            continue
        word, when = next(iter(sentence.dates.items()))
        if (
            entry_of(sentence) is not None
            or not when.is_day
            or (LATER | _OF_OTHERS) & set(sentence.words)
            or later_places(sentence)
        ):
            continue
        if _DEADLINES & set(sentence.words[max(0, word - 1) : word]) or {"price", "worth"} & set(
            sentence.words
        ):
            continue
        around = reading.sentences[max(0, sentence.number - 1) : sentence.number + 3]
        if not any(other.number in told or other.of("event") or other.of("thief") for other in around):
            continue
        text = when.minute.strftime("%Y-%m-%dT%H:%MZ") if when.minute is not None else when.text()
        return [Finding(sentence, "date", word, word + 1, "date.first", when=text, label=when.text())]
    return []


def _place_of(
    sentence: Sentence, word: int, when: When, told: list[tuple[int, int]]
) -> tuple[int, int, str] | None:
    """The words that carry the day of a theft, and the rule; None where the date is no such day."""
    entry = entry_of(sentence)
    if entry is None or entry[0] != word:
        return _event_of(sentence, word, when, told)
    text = when.text()
    if text is None or "/" in text or len(text) == len("2024"):
        return None
    place = theft_of_entry(sentence, entry[1], thefts_in(sentence), told)
    return None if place is None else (word, place[1], f"date.entry:{sentence.words[place[0]]}")


def _event_of(
    sentence: Sentence, word: int, when: When, told: list[tuple[int, int]]
) -> tuple[int, int, str] | None:
    text = when.text()
    if (
        text is None
        or "/" in text
        or len(text) == 4
        or (when.minute is None and set(sentence.words[word - 1 : word]) & _DEADLINES)
    ):
        return None
    words = sentence.words
    if "worth" in words[max(0, word - 4) : word]:
        return None
    if {"price", "prices"} & set(words[word + 1 : word + 4]):
        return None
    events = thefts_in(sentence)
    if words[word - 1 : word] == ["\u306f"] and sentence.of("f.say") and "\u691c" not in words:
        # In Japanese the day beside the speaker is that on which he speaks.
        return None
    at = word - 1 - (words[word - 1 : word] == ["on"])
    if at >= 0 and words[at] in LATER and words[at] not in _ANSWERS:
        # "said on Tuesday it had lost"
        return None
    if is_second_of_range(words, word) or (is_first_of_range(words, word) and not when.is_day):
        return None
    best: tuple[int, int, bool] | None = None
    aside = asides(words, word)
    later = later_places(sentence)
    for place, other in enumerate(words):
        if place in aside:
            continue
        is_event = place in events
        if is_event and other in {"took", "takes", "take"} and not sentence.has("thief", 0, place):
            continue
        if not is_event and ((other not in LATER and place not in later) or only_names(words, place)):
            continue
        if is_event and other in NOUNS and not nominal(words, place, word):
            continue
        if is_event and _NOTHING & set(words[max(0, place - 3) : place]):
            continue
        cost = distance(words, place, place + 1, word, aside)
        if cost is not None and not is_event and place < word and quotes_after(words, place, word):
            continue
        if cost is not None and not is_event and place > word > 3:
            # "taken from the exchange on March 13 have now been returned"
            cost += 8 if follows_theft(words, events, told, word) else 4
        if cost is not None and (best is None or cost < best[0]):
            best = (cost, place, is_event)
    for first, last in told:
        cost = distance(words, first, last, word, aside)
        if cost is not None and (best is None or cost <= best[0]):
            best = (cost, first, True)
            events[first] = max(last, events.get(first, 0))
    if best is None and _thief_takes(sentence):
        place = sentence.of("thief")[0].first
        return min(place, word), max(place, word) + 1, "date.thief"
    if best is None and _is_fragment(sentence, word):
        return min(word, *sentence.figures), max(word, *sentence.figures) + 1, "date.fragment"
    answered = best is not None and not best[2]
    if best is not None and not best[2]:
        best = _answered(sentence, best, events, told)
    if best is None or not best[2]:
        return None
    place = best[1]
    if (when.kind == "relative" and text == "") or (not answered and is_aftermath(words, place, word)):
        return None
    first, last = min(place, word), max(events[place], word + 1)
    return first, last, f"date.{'before' if word < place else 'after'}:{words[place]}"


def _is_fragment(sentence: Sentence, word: int) -> bool:
    """Whether a day and a figure stand together without a verb: "Examplia, Feb 21, $1.4m"."""
    beside = any(abs(figure - word) <= 3 for figure in sentence.figures)
    return beside and len(sentence.words) <= _FRAGMENT and not sentence.of("role")


def _thief_takes(sentence: Sentence) -> bool:
    """Whether a thief does something with coins, in words that no phrase knows, and nothing came back."""
    if not sentence.of("thief") or not any(figure.unit != "%" for figure in sentence.figures.values()):
        return False
    if sentence.of("laundering_service") and sentence.of("laundering_verb"):
        return False
    return not any(
        role.tag.startswith(("recovered", "returned", "frozen", "seized", "made_whole", "insured"))
        for role in sentence.of("role")
    )


def _answered(
    sentence: Sentence, best: tuple[int, int, bool], events: dict[int, int], told: list[tuple[int, int]]
) -> tuple[int, int, bool]:
    """Whoever halts withdrawals "after" or "as" a theft does so on its day."""
    words = sentence.words
    if words[best[1]] not in _ANSWERS:
        return best
    ahead = sorted(place for place in {*events, *(first for first, _ in told)} if place > best[1])
    if ahead and words[best[1]] in _SEEN and ahead[0] - best[1] <= _SHORTLY:
        # "flagged outflows of $86 million"
        events.setdefault(ahead[0], ahead[0] + 1)
        return best[0], ahead[0], True
    for place in sorted({*events, *(first for first, _ in told)}):
        between = words[best[1] : place]
        if place > best[1] and _INTRODUCING & set(between) and ";" not in between and between.count(DATE) < 2:
            events.setdefault(place, place + 1)
            return best[0], place, True
    return best
