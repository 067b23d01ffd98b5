"""Where a sentence tells a theft, where it tells what came later, and how far a date stands from either."""

from __future__ import annotations

from typing import Final

from clawback.claims.lexicon import word_set
from clawback.claims.reading import DATE, Reading, Sentence

_REACH: Final = 32
_BEGINNING: Final = 8
_IN_BRACKETS: Final = 9
_SOON: Final = 4
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
LATER: Final = word_set("events.later")
_ENTERED: Final = frozenset({"obtained", "gained", "breached", "accessed", "entered", "infiltrated", "got"})
_WEAK: Final = word_set("events.weak")
NOUNS: Final = word_set("events.nouns")
_COPULAR: Final = word_set("events.copular")


def thefts_in(sentence: Sentence) -> dict[int, int]:
    """The words that tell a theft: where each begins and ends; "stolen funds" tells none of that day."""
    words = sentence.words
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
        if (hit.tag in {"loss>", "loss=", "loss<"} and words[hit.first] not in NOUNS | _WEAK) or (
            hit.tag == "move>"
            and sentence.has("thief", 0, hit.first)
            and {"from", "out"} & set(words[hit.last : hit.last + 9])
        ):
            events.setdefault(hit.first, hit.last)
    return events


def counts_back(reading: Reading, sentence: Sentence, word: int) -> bool:
    """Whether a date only tells how long before a theft something was: "seven days before the attack"."""
    when = sentence.dates[word]
    if when.kind != "relative" or not reading.folded[when.start : when.end].lower().endswith("before"):
        return False
    return any(word < hit.first <= word + _SOON for hit in sentence.of("event"))


def later_places(sentence: Sentence) -> set[int]:
    """Where something is said, found out or got back, in any language."""
    places = {hit.first for family in ("say", "f.say", "f.later") for hit in sentence.of(family)}
    return places | {
        role.first
        for role in sentence.of("role")
        if role.tag.startswith(("recovered", "returned", "frozen", "seized", "made_whole"))
    }


def nominal(words: list[str], place: int, word: int) -> bool:
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


def only_names(words: list[str], place: int) -> bool:
    """Whether the word only names: "the announcement of", "its reported"."""
    if "according" in words[max(0, place - 4) : place] or "as" in words[max(0, place - 1) : place]:
        return True
    return words[place - 1 : place] in (["the"], ["a"], ["its"]) and words[place].endswith("ed")


def is_aftermath(words: list[str], place: int, word: int) -> bool:
    """Whether the theft is only what something else came after: "following the hack"."""
    left = set(words[max(0, place - 3) : place])
    if word > place and {"following", "after"} & left and words[place] in NOUNS:
        return words[place + 1 : place + 2] not in (["on"], ["of"], ["in"], [DATE])
    return word < place and bool({"following", "after", "since", "about", "aware", "over"} & left)


def asides(words: list[str], word: int) -> set[int]:
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


def distance(words: list[str], first: int, last: int, word: int, aside: set[int]) -> int | None:
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


def follows_theft(words: list[str], events: dict[int, int], told: list[tuple[int, int]], word: int) -> bool:
    """Whether a date stands shortly after a theft in the same clause."""
    ends = [*events.values(), *(last for _, last in told)]
    return any(0 <= word - last <= 8 and not {",", ";", "but"} & set(words[last:word]) for last in ends)


def is_second_of_range(words: list[str], word: int) -> bool:
    """Whether a date ends a stretch of time: "between 23 June and 24 June"."""
    left = words[max(0, word - 9) : word]
    return (left[-1:] == ["and"] and "between" in left) or (left[-1:] == ["to"] and "from" in left[-5:])


def is_first_of_range(words: list[str], word: int) -> bool:
    """Whether a date begins a stretch of time: "between January 2024 and September 2025"."""
    return words[word - 1 : word] == ["between"] and words[word + 1 : word + 3] == ["and", DATE]


def quotes_after(words: list[str], place: int, word: int) -> bool:
    """Whether what is said begins before the date, as in Chinese: a comma or colon follows the verb."""
    return not words[place].isascii() and bool({",", ":", "\u201c", '"'} & set(words[place:word]))
