"""When it happened: the days of the theft itself, not of its announcement, its freeze or its report.

A date belongs to the predicate nearest to it in its clause. Where that is a word of theft, the date is the
theft's; where it is a word of saying, freezing, returning, the date is that of what was said or done then.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from clawback.claims.finding import Finding
from clawback.claims.layout import Kind
from clawback.claims.lexicon import word_set
from clawback.claims.reading import DATE, Reading, Sentence
from clawback.claims.when import When

_REACH: Final = 32
_BEGINNING: Final = 8
_IN_BRACKETS: Final = 9
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
_WEAK: Final = word_set("events.weak")
_NOUNS: Final = word_set("events.nouns")
_COPULAR: Final = word_set("events.copular")


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
            place = _event_of(sentence, word, when, told.get(sentence.number, []))
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
        if not when.is_day or (_LATER | _OF_OTHERS) & set(sentence.words) or _later_places(sentence):
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
    if words[word - 1 : word] == ["\u306f"] and sentence.of("f.say") and "\u691c" not in words:
        # In Japanese the day beside the speaker is that on which he speaks.
        return None
    at = word - 1 - (words[word - 1 : word] == ["on"])
    if at >= 0 and words[at] in _LATER and words[at] not in _ANSWERS:
        # "said on Tuesday it had lost"
        return None
    if _is_second_of_range(words, word) or (_is_first_of_range(words, word) and not when.is_day):
        return None
    best: tuple[int, int, bool] | None = None
    aside = _asides(words, word)
    later = _later_places(sentence)
    for place, other in enumerate(words):
        if place in aside:
            continue
        is_event = place in events
        if is_event and other in {"took", "takes", "take"} and not sentence.has("thief", 0, place):
            continue
        if not is_event and ((other not in _LATER and place not in later) or _introduces(words, place)):
            continue
        if is_event and other in _NOUNS and not _nominal(words, place, word):
            continue
        if is_event and _NOTHING & set(words[max(0, place - 3) : place]):
            continue
        cost = _cost(words, place, place + 1, word, aside)
        if cost is not None and not is_event and place < word and _quotes_after(words, place, word):
            continue
        if cost is not None and not is_event and place > word > 3:
            # "taken from the exchange on March 13 have now been returned"
            cost += 8 if _follows_event(words, events, told, word) else 4
        if cost is not None and (best is None or cost < best[0]):
            best = (cost, place, is_event)
    for first, last in told:
        cost = _cost(words, first, last, word, aside)
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
    if (when.kind == "relative" and text == "") or (not answered and _is_aftermath(words, place, word)):
        return None
    first, last = min(place, word), max(events[place], word + 1)
    return first, last, f"date.{'before' if word < place else 'after'}:{words[place]}"


def _quotes_after(words: list[str], place: int, word: int) -> bool:
    """Whether what is said begins before the date, as in Chinese: a comma or colon follows the verb."""
    return not words[place].isascii() and bool({",", ":", "\u201c", '"'} & set(words[place:word]))


def _later_places(sentence: Sentence) -> set[int]:
    """Where something is said, found out or got back, in any language."""
    places = {hit.first for family in ("say", "f.say", "f.later") for hit in sentence.of(family)}
    return places | {
        role.first
        for role in sentence.of("role")
        if role.tag.startswith(("recovered", "returned", "frozen", "seized", "made_whole"))
    }


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


def _is_second_of_range(words: list[str], word: int) -> bool:
    """Whether a date ends a stretch of time: "between 23 June and 24 June"."""
    left = words[max(0, word - 9) : word]
    return (left[-1:] == ["and"] and "between" in left) or (left[-1:] == ["to"] and "from" in left[-5:])


def _is_first_of_range(words: list[str], word: int) -> bool:
    """Whether a date begins a stretch of time: "between January 2024 and September 2025"."""
    return words[word - 1 : word] == ["between"] and words[word + 1 : word + 3] == ["and", DATE]


def _cost(words: list[str], first: int, last: int, word: int, aside: set[int]) -> int | None:
    """Words between a predicate and a date, with a price for the ends of clauses."""
    if first <= word < last:
        return 0
    stretch = range(last, word) if word >= last else range(word + 1, first)
    between = [words[place] for place in stretch if place not in aside]
    # A date at the beginning of a sentence is that of all that follows.
    reach = _REACH if word > _BEGINNING or word >= last else 2 * _REACH
    if len(between) > reach:
        return None
    cost = len(between)
    for part in between:
        cost += _BARRIERS.get(part, 0)
        if part == DATE:
            cost += 6
    return cost if cost <= reach else None


def _asides(words: list[str], word: int) -> set[int]:
    """The words in brackets, unless the date stands in them."""
    aside: set[int] = set()
    opened: int | None = None
    for place, other in enumerate(words):
        if other == "(":
            opened = place
        elif other == ")" and opened is not None:
            if not opened < word < place:
                aside.update(range(opened, place + 1))
            opened = None
    return aside


def _follows_event(words: list[str], events: dict[int, int], told: list[tuple[int, int]], word: int) -> bool:
    """Whether a date stands shortly after a theft in the same clause."""
    ends = [*events.values(), *(last for _, last in told)]
    return any(0 <= word - last <= 8 and not {",", ";", "but"} & set(words[last:word]) for last in ends)


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
    if words[word - 1] == "(" and len(between) <= _IN_BRACKETS:
        return True
    return len(between) <= 2 or bool(_COPULAR & set(between))


def _introduces(words: list[str], place: int) -> bool:
    """Whether the word only names: "the announcement of", "its reported"."""
    if "according" in words[max(0, place - 4) : place] or "as" in words[max(0, place - 1) : place]:
        return True
    return words[place - 1 : place] in (["the"], ["a"], ["its"]) and words[place].endswith("ed")


def _is_aftermath(words: list[str], place: int, word: int) -> bool:
    """Whether the theft is only what something else came after: "following the hack"."""
    left = set(words[max(0, place - 3) : place])
    if word > place and {"following", "after"} & left and words[place] in _NOUNS:
        return words[place + 1 : place + 2] not in (["on"], ["of"], ["in"], [DATE])
    return word < place and bool({"following", "after", "since", "about", "aware", "over"} & left)
