"""How a speaker is named: by which words of the text, and whom "he", "it" and "the firm" mean.

Invariants:
    A name is words of the text. What comes before decides what "he" and "it" stand for, so the sentences of a
    reading are taken in order.
"""

from __future__ import annotations

from typing import Final

from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE
from clawback.claims.reading import DATE, Reading, Sentence

AUTHOR: Final = "author"
MAX_NAME: Final = 14
FINITE: Final = word_set("speakers.finite")
SKIPPED: Final = word_set("speakers.skipped")
_STOPS: Final = word_set("speakers.stops") | {FIGURE, DATE}
_NOUNS: Final = word_set("speakers.nouns")
_EVENTS: Final = word_set("speakers.events")
_ADDITIONS: Final = word_set("speakers.additions")
_DROPPED_FRONT: Final = word_set("speakers.dropped_front")
_PRONOUNS: Final = frozenset({"he", "she", "they", "it"})
_GENERIC_WORDS: Final = word_set("speakers.generic")
_WE: Final = frozenset({"we", "i"})
_SEEN: Final = frozenset({"seen", "reviewed", "obtained", "viewed", "read"})
_HOUSES: Final = frozenset({"exchange", "protocol", "platform", "bridge"})
_HANDS: Final = word_set("speakers.hands")


class SpeakerNames:
    """Names the speakers of a reading, sentence after sentence.

    Args:
        reading: the text.
        publisher: who publishes it; by its own name it is the author.
    """

    def __init__(self, reading: Reading, publisher: str | None) -> None:
        self._reading = reading
        self._publisher = (publisher or "").casefold()
        # "They have identified ..." at the beginning goes on with the subject of the headline.
        self._last: str | None = _headline_speaker(reading)
        self._last_number = -9

    def name(self, sentence: Sentence, first: int, last: int) -> str | None:
        """The speaker whom these words name; "author" for the publisher, None where they name nobody."""
        words = sentence.words
        if sentence.span.start < 0:
            return None
        while first < last and (words[first] in _DROPPED_FRONT or words[first] in SKIPPED):
            first += 1
        # Only what follows the last comma or date names the speaker.
        for place in range(last - 1, first - 1, -1):
            if words[place] in {DATE, FIGURE, ",", ":", ";", '"'}:
                first = place + 1
                break
        while first < last and words[first] in _DROPPED_FRONT:
            first += 1
        if first >= last:
            return None
        if last - first == 1:
            resolved = self._pronoun(words[first])
            if resolved is None and words[first] == "it":
                resolved = self._named_before(sentence, first)
            if resolved is not None or words[first] in _PRONOUNS:
                return resolved
        spoken = " ".join(words[first:last])
        if spoken.removeprefix("the ") in _GENERIC_WORDS:
            # "The firm believes" goes on with the firm that spoke just before; else it is named as written.
            before = self._last if self._last_number >= sentence.number - 1 else None
            if before is None or spoken.split()[-1] in _HOUSES:
                if words[first - 1 : first] == ["the"]:
                    first -= 1
                return self._written(sentence, first, last)
            self._last_number = sentence.number
            return before
        named = any(is_name(self._reading, sentence, place) for place in range(first, last))
        known = any(word in _NOUNS for word in words[first:last])
        if not (named or known) or words[last - 1] in _EVENTS or words[first] in _WE:
            return None
        if words[first] in {"nothing", "everything", "something", "no", "none"}:
            return None
        if words[last - 1] in {"evidence", "signs", "clues", "indications", "fingerprints", "traces"}:
            return None
        if words[first] in {"this", "it", "there", "what", "his", "her"} and not named:
            return None
        if _is_actor(sentence, first, last):
            return None
        name = self._written(sentence, first, last)
        if len(name) > 120:
            return None
        self._last, self._last_number = name, sentence.number
        if self._publisher and name.casefold() in (self._publisher, self._publisher.removeprefix("the ")):
            return AUTHOR
        return name

    def _named_before(self, sentence: Sentence, place: int) -> str | None:
        """The first name of a sentence, for an "it" that no speaker was named for."""
        first = next((at for at in range(place) if is_name(self._reading, sentence, at)), None)
        if first is None:
            return None
        last = first + 1
        while last < place and is_name(self._reading, sentence, last):
            last += 1
        return None if _is_actor(sentence, first, last) else self._written(sentence, first, last)

    def _written(self, sentence: Sentence, first: int, last: int) -> str:
        return " ".join(self._reading.text[sentence.starts[first] : sentence.ends[last - 1]].split())

    def range_before(self, sentence: Sentence, before: int) -> tuple[int, int] | None:
        """The words that name the subject of a verb at `before`."""
        words = sentence.words
        for place in range(max(1, before - 8), before - 1):
            if words[place] in _SEEN and words[place + 1] == "by":
                # "A UN report seen by Reuters says"
                before = place
                break
        while before > 0 and words[before - 1] == '"':
            before -= 1
        if before == 0:
            return None
        if words[before - 1] == ",":
            # "Justin Sun, majority shareholder of the exchange, tweeted"
            comma = before - 2
            while comma > 0 and before - comma < MAX_NAME and words[comma] != ",":
                comma -= 1
            if comma == 0 or words[comma] != ",":
                return None
            if all(is_name(self._reading, sentence, place) for place in range(comma + 1, before - 1)):
                # "Blockchain expert, Taylor Monahan, suggested"
                return comma + 1, before - 1
            return self.range_before(sentence, comma)
        spoken = {
            place for hit in sentence.of("say") for place in range(hit.first, hit.last) if place < before - 1
        }
        spoken -= {place for place in spoken if words[place] in _NOUNS}
        first = before
        while first > 0 and before - first < MAX_NAME and first - 1 not in spoken:
            word = words[first - 1]
            if word == ")" and words[first - 3 : first - 2] == ["("]:
                # "A United Nations (UN) report"
                first -= 3
                continue
            if word in _STOPS or word in FINITE:
                break
            if word == "and" and not (words[first] in _NOUNS or is_name(self._reading, sentence, first)):
                break
            first -= 1
        return first, before

    def keep_subject(self, sentence: Sentence) -> None:
        """Keep who a sentence is about for the "it" of the next: "The chamber sentenced. It held that"."""
        words = sentence.words
        named = 0
        while (
            named < min(4, len(words))
            and words[named].isalpha()
            and self._reading.folded[sentence.starts[named]].isupper()
        ):
            named += 1
        if named >= 2 and not _is_actor(sentence, 0, named) and not {"the", "on", "in"} & set(words[:named]):
            self._last = " ".join(self._reading.text[sentence.starts[0] : sentence.ends[named - 1]].split())
            self._last_number = sentence.number
            return
        last = 0
        while last < min(5, len(words)) and words[last] not in _NOUNS:
            if not words[last].isalnum():
                return
            last += 1
        if 0 < last < min(5, len(words)) and words[0] in {"the", "a", "an"} and words[last] not in _HANDS:
            self._last = " ".join(self._reading.text[sentence.starts[0] : sentence.ends[last]].split())
            self._last_number = sentence.number

    def _pronoun(self, word: str) -> str | None:
        if word in _WE:
            return AUTHOR
        return self._last if word in _PRONOUNS else None


def is_name(reading: Reading, sentence: Sentence, place: int) -> bool:
    """Whether a word is written as a name is; a capital at the beginning of a sentence is not enough."""
    start = sentence.starts[place]
    source = reading.folded
    if sentence.number < 0:
        return False
    if not source[start].isupper():
        # "X-explore", "Chain-analysis"
        return place > 0 and source[start - 1] == "-" and source[sentence.starts[place - 1]].isupper()
    return place > 0 or source[start : start + 2].isupper() or sentence.words[place] not in _ADDITIONS


def _is_actor(sentence: Sentence, first: int, last: int) -> bool:
    return any(hit.first <= first + 1 and hit.last >= last for hit in sentence.of("actor"))


def _headline_speaker(reading: Reading) -> str | None:
    """The first word of a headline whose verb speaks: "FBI Identifies North Korea"."""
    words = reading.title.words
    for hit in reading.title.of("say"):
        if 0 < hit.first <= 3 and words[hit.last - 1].endswith("s"):
            # The headline itself is kept only as words; its first ones are the name.
            return " ".join(
                word.upper() if len(word) <= 4 else word.capitalize() for word in words[: hit.first]
            )
    return None
