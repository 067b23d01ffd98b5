"""Who says it: the speaker whose words a place in a sentence is.

Invariants:
    A speaker is named by words of the text (`speaker_names`). "We" and a firm in its own statement are the
    author. Where nobody else is named, the author speaks. Of two speakers around a place the inner one
    speaks: what X revealed within what Y said is X's.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from clawback.claims.lexicon import word_set
from clawback.claims.phrases import FIGURE, Hit
from clawback.claims.reading import DATE, Reading, Sentence
from clawback.claims.speaker_names import AUTHOR, FINITE, MAX_NAME, SKIPPED, SpeakerNames, is_name
from clawback.claims.speech import Speech, counting, is_inner, is_parenthesis, relays

__all__ = ["AUTHOR", "Speakers", "Speech"]

_PASSIVE: Final = word_set("speakers.passive")
_PAPERS: Final = word_set("speakers.papers")
_CONTRAST: Final = frozenset({"but", "although", "though", "whereas", "while"})
_PARTICIPLE: Final = word_set("speakers.participle")
_THIEVES: Final = word_set("speakers.thieves")
_JUDGED_NOUN: Final = word_set("speakers.judged_noun")
_BEFORE_NOUN: Final = frozenset({"with", "has", "have", "had", "having", "of", "no", "any", "without"})
_BELIEVE: Final = frozenset({"believe", "think", "suspect", "attribute"})
"""Who does not believe it speaks all the same."""

_COUNTS: Final = word_set("speakers.counts")
_BEFORE_COUNTS: Final = frozenset({"by", "in", "on"})
_COUNT_STARTS: Final = _BEFORE_COUNTS | {",", ".", ";", "(", "at", "with"}
_SUBORDINATE: Final = frozenset({"after", "when", "while", "although", "though", "before", "since", "once"})
_AFTER_NAME: Final = word_set("speakers.after_name") | {FIGURE, DATE}
_VERBISH: Final = word_set("speakers.verbish")


class Speakers:
    """The speeches of every sentence of a reading, found in order, since "he" needs what came before.

    Args:
        reading: the text.
        publisher: who publishes it; its own words are the author's.
    """

    def __init__(self, reading: Reading, *, publisher: str | None) -> None:
        self._reading = reading
        self._names = SpeakerNames(reading, publisher)
        self._speeches = [self._find(sentence) for sentence in reading.sentences]
        self._inherited = self._quotations()

    def at(self, sentence: Sentence, word: int) -> Speech | None:
        """The innermost speech that holds a word; None where the author speaks."""
        best: Speech | None = None
        for speech in self._speeches[sentence.number]:
            if not speech.first <= word < speech.last:
                continue
            if (
                best is not None
                and (speech.first, speech.last) == (best.first, best.last)
                and speech.verb.first > best.verb.first
            ):
                # "..., the report says, according to Reuters" is the report's.
                continue
            if (
                best is None
                or (speech.is_paper, best.is_paper) == (False, True)
                or (speech.is_paper == best.is_paper and is_inner(speech, best))
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
            self._names.keep_subject(sentence)
        return [replace(speech, number=sentence.number) for speech in found]

    def _counted(self, sentence: Sentence) -> list[Speech]:
        """Speeches by a noun: "by PeckShield's count", "an estimate by Elliptic", "in Elliptic's view"."""
        words = sentence.words
        found = []
        for place, word in enumerate(words):
            if word not in _COUNTS:
                continue
            if words[place - 1 : place] == ["'s"]:
                first = place - 1
                while first > 0 and place - first < 7 and words[first - 1] not in _COUNT_STARTS:
                    first -= 1
                stands = words[place + 1 : place + 2] in (
                    ["is"],
                    ["was"],
                    ["stands"],
                    ["puts"],
                    ["comes"],
                    [":"],
                )
                if first == 0 and stands:
                    name = self._names.name(sentence, 0, place - 1)
                    if name is not None:
                        found.append(counting(sentence, name, 0, place + 1))
                elif words[first - 1 : first] and words[first - 1] in _BEFORE_COUNTS:
                    name = self._names.name(sentence, first, place - 1)
                    if name is not None:
                        found.append(counting(sentence, name, first - 1, place + 1))
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
                name = self._names.name(sentence, by + 1, last)
                if name is not None:
                    found.append(counting(sentence, name, place, last))
        return found

    def _according(self, sentence: Sentence, hit: Hit) -> Speech | None:
        words = sentence.words
        last = hit.last
        while last < len(words) and last - hit.last < MAX_NAME and words[last] not in _AFTER_NAME:
            if last > hit.last and words[last] in _VERBISH | {"to"}:
                break
            last += 1
        name = self._names.name(sentence, hit.last, last)
        if name is None:
            return None
        # "We were told by CoinsPaid that" governs what follows; else it may stand at either end.
        first = last if hit.tag == "told" else 0
        return Speech(name, first, len(words), hit, False, relays(self._reading, sentence))

    def _said(self, sentence: Sentence, hit: Hit) -> Speech | None:
        words = sentence.words
        before = hit.first
        while before > 0 and words[before - 1] in SKIPPED:
            before -= 1
        skipped = words[before : hit.first]
        if words[hit.last - 1].endswith("ing") or (
            {"never", "not", "n't"} & set(skipped) and words[hit.first] not in _BELIEVE
        ):
            return None
        if before and words[before - 1] in _PASSIVE | _JUDGED_NOUN | {"to", "of"}:
            return None
        if (
            hit.tag not in {"say", "promise"}
            and not skipped
            and not _has_relative(words, before)
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
        if words[hit.first].endswith("s") and words[hit.first - 1] in _BEFORE_NOUN:
            # "thieves with ties to", "has links to"
            return None
        if words[hit.last : hit.last + 1] in (["responsibility"], ["credit"]):
            return None
        alleging = hit.tag == "claim"
        inverted = self._inverted(sentence, hit)
        if inverted is not None:
            name, end = inverted
            return Speech(name, 0, hit.first, hit, alleging)
        paper = self._paper(sentence, before)
        if paper is not None:
            return Speech(paper, 0, len(words), hit, alleging, relays(self._reading, sentence))
        found = self._names.range_before(sentence, before)
        if found is None:
            return None
        first, last = found
        if hit.tag == "judge" and words[last - 1] in _THIEVES:
            return None
        subject = self._names.name(sentence, first, last)
        if subject is None:
            return None
        via = relays(self._reading, sentence)
        if first > 2 and words[first - 1] in {'"', ","} and '"' in words[: first - 1]:
            # '"This is likely Lazarus," he wrote, pointing to'; '"..." she said, "but Circle has ..."'
            goes_on = '"' in words[hit.last : hit.last + 6]
            return Speech(subject, 0, len(words) if goes_on else first, hit, alleging, via)
        if first > 2 and hit.first - first <= MAX_NAME and is_parenthesis(words, first, hit.last):
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
            if before - place > 4 and not FINITE & set(words[place:before]):
                first = place
                while first > 0 and words[first - 1] not in {"-", ",", ".", ":"}:
                    first -= 1
                return self._names.name(sentence, first, place + 1)
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
        while last < len(words) and last - hit.last < MAX_NAME and words[last] not in _AFTER_NAME:
            last += 1
        if words[last : last + 1] == [","]:
            # "said Temari's chairman, Edmund Goh."
            goes_on = last + 1
            while goes_on < len(words) and goes_on - last < 5 and is_name(self._reading, sentence, goes_on):
                goes_on += 1
            if goes_on > last + 1 and words[goes_on : goes_on + 1] in ([], ["."], [","], ['"']):
                name = self._names.name(sentence, last + 1, goes_on)
                if name is not None:
                    return name, goes_on
        name = self._names.name(sentence, hit.last, last)
        return None if name is None else (name, last)

    def _quotations(self) -> dict[int, Speech]:
        """Sentences inside a quotation that an earlier sentence opened and ascribed."""
        inherited: dict[int, Speech] = {}
        speaker: Speech | None = None
        before: Speech | None = None
        told: Speech | None = None
        last: Sentence | None = None
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
            text = self._reading.folded
            gap = text[last.span.end : sentence.span.start] if last is not None else ""
            if "[" in gap and told is not None and not own and text[sentence.span.start].islower():
                # An excerpt that begins within a sentence goes on with who spoke before the gap.
                inherited[sentence.number] = told
            told = own[-1] if own else told
            last = sentence
            if own:
                speaker = own[-1]
            marks = sentence.words.count('"')
            if marks % 2:
                is_open = not is_open
            if not is_open:
                speaker = own[-1] if own else None
        return inherited


def _has_relative(words: list[str], before: int) -> bool:
    """Whether a verb ends a relative clause, and is no participle: "which the FBI blamed on Lazarus"."""
    return any(word in {"which", "whom"} for word in words[max(0, before - 5) : before])
