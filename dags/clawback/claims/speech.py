"""What a speaker says: which part of a sentence is his, and through whom it came."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE, Hit
from clawback.claims.reading import DATE, Reading, Sentence

_PAPERS: Final = word_set("speakers.papers")
_AFTER_PARENTHESIS: Final = word_set("speakers.after_parenthesis")
_PREPOSITIONS: Final = word_set("speakers.prepositions")


@dataclass(frozen=True)
class Speech:
    """A speaker and what is his: the words `first` up to `last` of the sentence.

    `verb` is the hit that made it, in the sentence `number`; `alleging` says that the verb itself doubts
    ("claimed").
    """

    name: str
    first: int
    last: int
    verb: Hit
    alleging: bool
    via: tuple[str, ...] = ()
    number: int = -1

    @property
    def is_paper(self) -> bool:
        """Whether it is an unnamed paper ("a preliminary analysis"); whoever presents it is the speaker."""
        return self.name.islower() and self.name.split()[-1] in _PAPERS


def is_inner(speech: Speech, other: Speech) -> bool:
    """Whether the first begins later or holds less: what X revealed within what Y said is X's."""
    return (speech.first, -speech.last) > (other.first, -other.last)


def is_parenthesis(words: list[str], first: int, last: int) -> bool:
    """Whether a speaker and his verb stand after or within what he says: "..., the UN said in 2019, and".

    Args:
        words: of the sentence.
        first: first word of the speaker.
        last: word after the verb.
    """
    rest = words[last:]
    if words[first - 1] in {"which", "that", "whom", "who"}:
        return False
    if len(rest) <= 4 and FIGURE not in rest and "that" not in rest:
        return True
    if words[first - 1] != "," or "that" in rest[:3]:
        return False
    if words[0] in _PREPOSITIONS and "," not in words[1 : first - 1]:
        # "In a post on Saturday, the firm said"
        return False
    return rest[0] in _AFTER_PARENTHESIS or rest[0] == DATE


def counting(sentence: Sentence, name: str, first: int, last: int) -> Speech:
    """A speech by a noun: it holds its part of the sentence, up to the semicolons around it."""
    words = sentence.words
    start = max((at + 1 for at in range(first) if words[at] in {";", ":"}), default=0)
    end = next((at for at in range(last, len(words)) if words[at] == ";"), len(words))
    return Speech(name, start, end, Hit(first, last, "say", "according", words[last - 1]), False)


def relays(reading: Reading, sentence: Sentence) -> tuple[str, ...]:
    """Who passed it on: "a report seen by Reuters", "to which Reuters had access"."""
    words = sentence.words
    for place, word in enumerate(words):
        if word in {"seen", "reviewed", "obtained", "read", "viewed"} and words[place + 1 : place + 2] == [
            "by"
        ]:
            name = _capitals(reading, sentence, place + 2)
        elif word == "told" or (
            word == "which" and words[place - 1 : place] == ["to"] and "access" in words[place : place + 6]
        ):
            name = _capitals(reading, sentence, place + 1)
        else:
            continue
        if name is not None:
            return (name,)
    return ()


def _capitals(reading: Reading, sentence: Sentence, first: int) -> str | None:
    words = sentence.words
    while first < len(words) and words[first] in {"the", "a"}:
        first += 1
    last = first
    while last < len(words) and last - first < 4 and reading.folded[sentence.starts[last]].isupper():
        last += 1
    if last == first:
        return None
    return reading.text[sentence.starts[first] : sentence.ends[last - 1]]
