"""What one hand took in all: sums over several thefts of a known group."""

from __future__ import annotations

from typing import Final

from clawback.claims.figure_roles import Governed
from clawback.claims.lexicon import word_set
from clawback.claims.phrases import Hit
from clawback.claims.reading import DATE, Reading, Sentence

_THEFTS: Final = word_set("links.thefts")
_TOTAL_MARKS: Final = word_set("links.total_marks")
_HOUSES: Final = word_set("links.houses")
_SUBJECTS: Final = frozenset({"country", "regime", "group", "gang", "it", "they", "its", "hackers", "nation"})


def is_total(reading: Reading, governed: Governed) -> str | None:
    """The actor whose thefts a loss sums up, or None where it is one theft's loss."""
    sentence = governed.sentence
    words = sentence.words
    hit = governed.hit
    if hit is None or governed.role != "loss":
        return None
    actor = _actor_of(reading, sentence, hit, governed.word)
    if actor is None:
        return None
    marks = bool(_TOTAL_MARKS & set(words)) or _over_years(words)
    spans = [when.text() or "" for when in sentence.dates.values()]
    taken_from = any(
        word == "from" and place + 1 < len(words) and words[place + 1] != DATE
        for place, word in enumerate(words)
    )
    years = any(len(span) == 4 or "/" in span for span in spans) and not taken_from
    single = any(
        part in {"this", "the"} and words[place + 1 : place + 2] and words[place + 1] in _THEFTS
        for place, part in enumerate(words)
    )
    if not (marks or years) or (single and not marks) or _one_house(words):
        return None
    after = words[governed.word + 1 : governed.word + 5]
    if any(part in {"theft", "hack", "heist", "exploit", "breach"} for part in after):
        return None
    return actor


def _over_years(words: list[str]) -> bool:
    """Whether a sum is over years: "over the last five years", "in the past decade"."""
    return any(
        word in {"last", "past", "recent"}
        and {"years", "decade", "months"} & set(words[place + 1 : place + 4])
        for place, word in enumerate(words)
    )


def _one_house(words: list[str]) -> bool:
    """Whether one robbed house is spoken of: "hacked into an exchange and stole"."""
    return any(
        word in {"a", "an"}
        and _HOUSES & set(words[place + 1 : place + 5])
        and "," not in words[place + 1 : place + 3]
        for place, word in enumerate(words)
    )


def _actor_of(reading: Reading, sentence: Sentence, hit: Hit, figure: int) -> str | None:
    """The group that a sum is said of; "the country" is the one named in the sentences before."""
    words = sentence.words
    actors = sentence.of("actor")
    if actors:
        nearest = min(actors, key=lambda actor: abs(actor.first - hit.first))
        last = max(hit.last, figure)
        if nearest.first > last + 8 and "by" not in words[last : nearest.first]:
            return None
        return nearest.tag
    if not _SUBJECTS & set(words[: min(hit.first, figure)]):
        return None
    for before in reversed(reading.sentences[max(0, sentence.number - 2) : sentence.number]):
        if before.of("actor"):
            return before.of("actor")[-1].tag
    return None
