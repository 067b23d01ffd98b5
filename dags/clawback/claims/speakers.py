"""Who says it: the speaker whose words a place in a sentence is.

Invariants:
    A speaker is named by words of the text. A pronoun stands for the speaker named before; "we" and a firm in
    its own statement are the author. Where nobody else is named, the author speaks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
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

    `verb` is the hit that made it, in the sentence `number`; `alleging` says that the verb itself doubts ("claimed").
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
            speech = (
                self._according(sentence, hit)
                if hit.tag in {"according", "told"}
                else self._said(sentence, hit)
            )
            if speech is not None:
                found.append(speech)
        found.extend(self._counted(sentence))
        if not found:
            self._subject_of(sentence)
        return [replace(speech, number=sentence.number) for speech in found]

    def _counted(self, sentence: Sentence) -> list[Speech]:
        """ "$196 million by PeckShield's count", "an estimate by Elliptic", "in Elliptic's view"."""
        words = sentence.words
        found = []
        for place, word in enumerate(words):
            if word not in _COUNTS:
                continue
            if words[place - 1 : place] == ["'s"]:
                first = place - 1
                while first > 0 and place - first < 7 and words[first - 1] not in _COUNT_STARTS:
                    first -= 1
                if words[first - 1 : first] and words[first - 1] in _COUNT_STARTS - _STOPS_ONLY:
                    name = self._name(sentence, first, place - 1)
                    if name is not None:
                        found.append(_counting(sentence, name, first - 1, place + 1))
                continue
            by = place + 2 if words[place + 1 : place + 3] == [",", "by"] else place + 1
            if words[by : by + 1] == ["by"]:
                last = by + 2
                while (
                    last < len(words)
                    and last - by < 8
                    and words[last] not in _AFTER_NAME | _VERBISH | {"went"}
                ):
                    last += 1
                name = self._name(sentence, by + 1, last)
                if name is not None:
                    found.append(_counting(sentence, name, place, last))
        return found

    def _subject_of(self, sentence: Sentence) -> None:
        """Keep who a sentence is about, for the "it" of the next: "The chamber sentenced ... It held that"."""
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
        # "We were told by CoinsPaid that" governs what follows; else it may stand at either end.
        first = last if hit.tag == "told" else 0
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
            and words[hit.first].endswith("ed")
            and words[hit.last : hit.last + 1]
            and words[hit.last] in _PARTICIPLE
        ):
            return None
        if words[hit.first] in {"put", "puts"} and words[hit.last : hit.last + 1] in (
            ["out"],
            ["up"],
            ["off"],
            ["on"],
        ):
            return None
        if (
            words[hit.first] == "reported"
            and not skipped
            and words[hit.last : hit.last + 1] in (["on"], ["in"], [DATE])
        ):
            # "the theft of $100 million reported on June 24"
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
            # '"This is likely Lazarus," he wrote, pointing to'; '"..." she said, "but Circle has ..."'
            goes_on = '"' in words[hit.last : hit.last + 6]
            return Speech(subject, 0, len(words) if goes_on else first, hit, alleging, via)
        if first > 2 and hit.first - first <= _MAX_NAME and _is_parenthesis(words, first, hit.last):
            return Speech(subject, 0, len(words), hit, alleging, via)
        end = len(words)
        for place in range(hit.last + 1, len(words) - 2):
            if words[place] in _CONTRAST or words[place] == ";":
                end = place
                break
        if words[0] in _SUBORDINATE and first <= 3 and "," in words[hit.last : end]:
            # "After the exchange said it was investigating, it emerged that"
            end = words.index(",", hit.last)
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
        if words[hit.last : hit.last + 1] and words[hit.last] in _THIEVES:
            # "The chief executive, Mara Oyelaran, said hackers stole"
            return None
        last = hit.last
        while last < len(words) and last - hit.last < _MAX_NAME and words[last] not in _AFTER_NAME:
            last += 1
        if words[last : last + 1] == [","]:
            # "said Temari's chairman, Edmund Goh."
            goes_on = last + 1
            while goes_on < len(words) and goes_on - last < 5 and _is_name(self._reading, sentence, goes_on):
                goes_on += 1
            if goes_on > last + 1 and words[goes_on : goes_on + 1] in ([], ["."], [","], ['"']):
                name = self._name(sentence, last + 1, goes_on)
                if name is not None:
                    return name, goes_on
        name = self._name(sentence, hit.last, last)
        return None if name is None else (name, last)

    def _name_range(self, sentence: Sentence, before: int) -> tuple[int, int] | None:
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
            # "The firm believes" goes on with the firm that spoke just before; else it is named as written.
            before = self._last if self._last_number >= sentence.number - 1 else None
            if spoken.split()[-1] in {"exchange", "protocol", "platform", "bridge"}:
                before = None
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
        before: Speech | None = None
        is_open = False
        for sentence in self._reading.sentences:
            own = self._speeches[sentence.number]
            opens = sentence.words[:1] == ['"'] and before is not None
            if speaker is not None and is_open and not own:
                inherited[sentence.number] = speaker
            elif opens and before is not None and not own:
                # '"It was a bad day," said the founder. "They took it all."'
                inherited[sentence.number] = before
                speaker = before
            before = own[-1] if own and '"' in sentence.words else None
            if own:
                speaker = own[-1]
            marks = sentence.words.count('"')
            if marks % 2:
                is_open = not is_open
            if not is_open:
                speaker = own[-1] if own else None
        return inherited


_COUNTS: Final = word_set("speakers.counts")
_COUNT_STARTS: Final = frozenset({"by", "in", "on", ",", ".", ";", "(", "at", "with"})
_STOPS_ONLY: Final = frozenset({",", ".", ";", "(", "at", "with"})
_HANDS: Final = frozenset(
    {"hackers", "hacker", "attackers", "attacker", "exploiter", "thief", "group", "report", "records", "data"}
)
_SEEN: Final = frozenset({"seen", "reviewed", "obtained", "viewed", "read"})
_SUBORDINATE: Final = frozenset({"after", "when", "while", "although", "though", "before", "since", "once"})
_AFTER_PARENTHESIS: Final = word_set("speakers.after_parenthesis")
_PREPOSITIONS: Final = frozenset(
    {
        "in",
        "on",
        "at",
        "after",
        "before",
        "by",
        "since",
        "when",
        "while",
        "as",
        "during",
        "following",
        "with",
        "for",
        "if",
    }
)
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


def _is_parenthesis(words: list[str], first: int, last: int) -> bool:
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


def _counting(sentence: Sentence, name: str, first: int, last: int) -> Speech:
    """A speech by a noun: it holds its part of the sentence, up to the semicolons around it."""
    words = sentence.words
    start = max((at + 1 for at in range(first) if words[at] in {";", ":"}), default=0)
    end = next((at for at in range(last, len(words)) if words[at] == ";"), len(words))
    return Speech(name, start, end, Hit(first, last, "say", "according", words[last - 1]), False)


def _is_name(reading: Reading, sentence: Sentence, place: int) -> bool:
    start = sentence.starts[place]
    source = reading.folded
    if sentence.number < 0:
        return False
    if not source[start].isupper():
        # "X-explore", "Chain-analysis"
        return place > 0 and source[start - 1] == "-" and source[sentence.starts[place - 1]].isupper()
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
