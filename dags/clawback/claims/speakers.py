"""Who says it: the speaker whose words a place in a sentence is.

Invariants:
    A speaker is named by words of the text. A pronoun stands for the speaker named before; "we" and a firm in
    its own statement are the author. Where nobody else is named, the author speaks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE, Hit
from clawback.claims.reading import DATE, Reading, Sentence

AUTHOR: Final = "author"
_MAX_NAME: Final = 14

_STOPS: Final = frozenset(
    [
        "that",
        "but",
        "although",
        "though",
        "while",
        "when",
        "after",
        "as",
        "because",
        "since",
        "whereas",
        "which",
        "who",
        "whom",
        "if",
        "where",
        ",",
        ";",
        ":",
        "(",
        ")",
        "[",
        "]",
        '"',
        "—",
        "?",
        "!",
        "/",
        "however",
        "meanwhile",
        "then",
        "also",
        "later",
        "yesterday",
        "today",
        "on",
        "in",
        "at",
        "by",
    ]
) | {FIGURE, DATE}
_SKIPPED: Final = word_set("speakers.skipped")
_PASSIVE: Final = word_set("speakers.passive")
_NOUNS: Final = word_set("speakers.nouns")
_PAPERS: Final = word_set("speakers.papers")
_EVENTS: Final = word_set("speakers.events")
_ADDITIONS: Final = word_set("speakers.additions")
_PRONOUNS: Final = frozenset(["he", "she", "they", "it"])
_GENERIC_WORDS: Final = frozenset(
    {"company", "firm", "exchange", "team", "platform", "protocol", "project", "startup", "operator"}
)
_WE: Final = frozenset(["we", "i"])
_DROPPED_FRONT: Final = word_set("speakers.dropped_front")
_CONTRAST: Final = frozenset(["but", "although", "though", "whereas", "while"])
_PARTICIPLE: Final = word_set("speakers.participle")
_FINITE: Final = word_set("speakers.finite")
_THIEVES: Final = word_set("speakers.thieves")
_JUDGED_NOUN: Final = word_set("speakers.judged_noun")


@dataclass(frozen=True)
class Speech:
    """A speaker and what is his: the words `first` up to `last` of the sentence.

    `verb` is the hit that made it; `alleging` says that the verb itself doubts ("claimed").
    """

    name: str
    first: int
    last: int
    verb: Hit
    alleging: bool
    via: tuple[str, ...] = ()

    @property
    def is_paper(self) -> bool:
        """Whether it is an unnamed paper ("a preliminary analysis"); whoever presents it is the speaker."""
        return self.name.islower() and self.name.split()[-1] in _PAPERS


class Speakers:
    """The speeches of every sentence of a reading, found in order, since "he" needs what came before."""

    def __init__(self, reading: Reading, *, publisher: str | None, victim: str | None) -> None:
        self._reading = reading
        self._publisher = (publisher or "").casefold()
        self._victim = victim
        # "They have identified ..." at the beginning goes on with the subject of the headline.
        self._last: str | None = _headline_speaker(reading)
        self._last_number = -9
        self._speeches = [self._find(sentence) for sentence in reading.sentences]
        self._inherited = self._quotations()

    def at(self, sentence: Sentence, word: int) -> Speech | None:
        """The innermost speech that holds a word; None where the author speaks."""
        best: Speech | None = None
        for speech in self._speeches[sentence.number]:
            if not speech.first <= word < speech.last:
                continue
            if (
                best is None
                or (speech.is_paper, best.is_paper) == (False, True)
                or (speech.is_paper == best.is_paper and _inner(speech, best))
            ):
                best = speech
        return best if best is not None else self._inherited.get(sentence.number)

    def _find(self, sentence: Sentence) -> list[Speech]:
        found = []
        for hit in sentence.of("say"):
            speech = self._according(sentence, hit) if hit.tag == "according" else self._said(sentence, hit)
            if speech is not None:
                found.append(speech)
        return found

    def _according(self, sentence: Sentence, hit: Hit) -> Speech | None:
        words = sentence.words
        last = hit.last
        while last < len(words) and last - hit.last < _MAX_NAME and words[last] not in _AFTER_NAME:
            if last > hit.last and words[last] in _VERBISH:
                break
            last += 1
        name = self._name(sentence, hit.last, last)
        if name is None:
            return None
        # At the beginning it governs what follows; what another says around it is one step further out.
        first = last if hit.first <= 2 else 0
        return Speech(name, first, len(words), hit, False, _relays(self._reading, sentence))

    def _said(self, sentence: Sentence, hit: Hit) -> Speech | None:
        words = sentence.words
        before = hit.first
        while before > 0 and words[before - 1] in _SKIPPED:
            before -= 1
        skipped = words[before : hit.first]
        if words[hit.last - 1].endswith("ing") or "never" in skipped or "not" in skipped or "n't" in skipped:
            return None
        if before and words[before - 1] in _PASSIVE | _JUDGED_NOUN | {"to", "of"}:
            return None
        if (
            hit.tag != "say"
            and not skipped
            and words[hit.last : hit.last + 1]
            and words[hit.last] in _PARTICIPLE
        ):
            return None
        alleging = hit.tag == "claim"
        inverted = self._inverted(sentence, hit)
        if inverted is not None:
            name, end = inverted
            return Speech(name, 0, hit.first, hit, alleging)
        paper = self._paper(sentence, before)
        if paper is not None:
            return Speech(paper, 0, len(words), hit, alleging, _relays(self._reading, sentence))
        found = self._name_range(sentence, before)
        if found is None:
            return None
        first, last = found
        if hit.tag == "judge" and words[last - 1] in _THIEVES:
            return None
        subject = self._name(sentence, first, last)
        if subject is None:
            return None
        via = _relays(self._reading, sentence)
        if first > 2 and words[first - 1] in {'"', ","} and '"' in words[: first - 1]:
            # '"This is likely Lazarus," he wrote, pointing to'
            return Speech(subject, 0, first, hit, alleging, via)
        if _closes(words, hit.last) and hit.first - first <= _MAX_NAME and first > 2:
            return Speech(subject, 0, len(words), hit, alleging, via)
        end = len(words)
        for place in range(hit.last + 1, len(words) - 2):
            if words[place] in _CONTRAST or words[place] == ";":
                end = place
                break
        start = hit.last if hit.tag != "judge" else first
        return Speech(subject, start, end, hit, alleging, via)

    def _paper(self, sentence: Sentence, before: int) -> str | None:
        """The paper that a long subject begins with: "A preliminary UN inquiry into the theft suggests"."""
        words = sentence.words
        for place in range(1, min(12, before)):
            goes_on = words[place + 1] if place + 1 < before else ""
            if words[place] not in _PAPERS or goes_on not in {"into", "on", "about", "of"}:
                continue
            if before - place > 4 and not _FINITE & set(words[place:before]):
                first = place
                while first > 0 and words[first - 1] not in {"-", ",", ".", ":"}:
                    first -= 1
                return self._name(sentence, first, place + 1)
        return None

    def _inverted(self, sentence: Sentence, hit: Hit) -> tuple[str, int] | None:
        """The speaker of '..., said the UN': after the verb, what is said before it."""
        words = sentence.words
        if hit.first == 0 or words[hit.first - 1] not in {",", '"', "'"} or hit.tag == "judge":
            return None
        last = hit.last
        while last < len(words) and last - hit.last < _MAX_NAME and words[last] not in _AFTER_NAME:
            last += 1
        name = self._name(sentence, hit.last, last)
        return None if name is None else (name, last)

    def _name_range(self, sentence: Sentence, before: int) -> tuple[int, int] | None:
        """The words that name the subject of a verb at `before`."""
        words = sentence.words
        while before > 0 and words[before - 1] == '"':
            before -= 1
        if before == 0:
            return None
        if words[before - 1] == ",":
            # "Justin Sun, majority shareholder of the exchange, tweeted"
            comma = before - 2
            while comma > 0 and before - comma < _MAX_NAME and words[comma] != ",":
                comma -= 1
            if comma == 0 or words[comma] != ",":
                return None
            if all(_is_name(self._reading, sentence, place) for place in range(comma + 1, before - 1)):
                # "Blockchain expert, Taylor Monahan, suggested"
                return comma + 1, before - 1
            return self._name_range(sentence, comma)
        spoken = {
            place for hit in sentence.of("say") for place in range(hit.first, hit.last) if place < before - 1
        }
        spoken -= {place for place in spoken if words[place] in _NOUNS}
        first = before
        while first > 0 and before - first < _MAX_NAME and first - 1 not in spoken:
            word = words[first - 1]
            if word == ")" and words[first - 3 : first - 2] == ["("]:
                # "A United Nations (UN) report"
                first -= 3
                continue
            if word in _STOPS or word in _FINITE:
                break
            if word == "and" and not (words[first] in _NOUNS or _is_name(self._reading, sentence, first)):
                break
            first -= 1
        return first, before

    def _name(self, sentence: Sentence, first: int, last: int) -> str | None:
        words = sentence.words
        if sentence.span.start < 0:
            return None
        while first < last and (words[first] in _DROPPED_FRONT or words[first] in _SKIPPED):
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
            if resolved is not None or words[first] in _PRONOUNS:
                return resolved
        spoken = " ".join(words[first:last])
        if spoken.removeprefix("the ") in _GENERIC_WORDS:
            # "The firm believes" goes on with the firm that spoke last; else the victim speaks.
            before = self._last if self._last_number >= sentence.number - 1 else None
            if before is None or spoken.split()[-1] in {"exchange", "protocol", "platform", "bridge"}:
                before = self._victim
            if before is not None:
                self._last, self._last_number = before, sentence.number
                return before
        named = any(_is_name(self._reading, sentence, place) for place in range(first, last))
        known = any(word in _NOUNS for word in words[first:last])
        if not (named or known) or words[last - 1] in _EVENTS or words[first] in _WE:
            return None
        if words[first] in {"this", "it", "there", "what", "his", "her"} and not named:
            return None
        if _is_actor(sentence, first, last):
            return None
        name = " ".join(self._reading.text[sentence.starts[first] : sentence.ends[last - 1]].split())
        if len(name) > 120:
            return None
        self._last, self._last_number = name, sentence.number
        if self._publisher and name.casefold() in (self._publisher, self._publisher.removeprefix("the ")):
            return AUTHOR
        return name

    def _pronoun(self, word: str) -> str | None:
        if word in _WE:
            return AUTHOR
        return self._last if word in _PRONOUNS else None

    def _quotations(self) -> dict[int, Speech]:
        """Sentences inside a quotation that an earlier sentence opened and ascribed."""
        inherited: dict[int, Speech] = {}
        speaker: Speech | None = None
        is_open = False
        for sentence in self._reading.sentences:
            own = self._speeches[sentence.number]
            if is_open and speaker is not None and not own:
                inherited[sentence.number] = speaker
            if own:
                speaker = own[-1]
            marks = sentence.words.count('"')
            if marks % 2:
                is_open = not is_open
            if not is_open:
                speaker = own[-1] if own else None
        return inherited


_AFTER_NAME: Final = word_set("speakers.after_name") | {FIGURE, DATE}
_VERBISH: Final = word_set("speakers.verbish")


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


def _inner(speech: Speech, other: Speech) -> bool:
    """Whether the first begins later or holds less: what X revealed within what Y said is X's."""
    return (speech.first, -speech.last) > (other.first, -other.last)


def _closes(words: list[str], place: int) -> bool:
    """Whether nothing is said after the verb, as in "..., the exchange said"."""
    rest = words[place:]
    return len(rest) <= 4 and FIGURE not in rest and "that" not in rest


def _is_name(reading: Reading, sentence: Sentence, place: int) -> bool:
    start = sentence.starts[place]
    source = reading.folded
    if sentence.number < 0 or not source[start].isupper():
        return False
    # A capital at the beginning of a sentence names nobody by itself.
    return place > 0 or source[start : start + 2].isupper() or sentence.words[place] not in _ADDITIONS


def _is_actor(sentence: Sentence, first: int, last: int) -> bool:
    return any(hit.first <= first + 1 and hit.last >= last for hit in sentence.of("actor"))


def _relays(reading: Reading, sentence: Sentence) -> tuple[str, ...]:
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
