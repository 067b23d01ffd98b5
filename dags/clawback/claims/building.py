"""Findings made claims: their quotation, who says it, how firmly, about whom and as of when."""

from __future__ import annotations

import re
from typing import Final

from clawback.claims.claim import Claim
from clawback.claims.finding import Finding
from clawback.claims.hedges import Hedge, disclaimer_of, hedge_of, taken_back
from clawback.claims.layout import Kind
from clawback.claims.lexicon import word_set
from clawback.claims.other_speakers import speech_elsewhere
from clawback.claims.reading import Reading, Sentence
from clawback.claims.speakers import AUTHOR, Speakers, Speech
from clawback.claims.victims import Victims

MAX_QUOTE: Final = 400
_LEVELS: Final = word_set("extract.levels")
_FOR_AMOUNTS: Final = _LEVELS | {"estimate"}
_FOR_CULPRITS: Final = _LEVELS | {"ident", "tie", "unknown"}
_CHARGED: Final = frozenset({"loss", "attribution", "technique", "laundering_method", "date"})
"""What a text that is "merely an allegation" alleges: what was seized or given back is a fact."""
_FOR_METHODS: Final = _LEVELS
_NAMED_NOT = re.compile(
    r"without naming|not named in"
    r"|(?:did|does|do) not (?:name|identify) the (?:victim|exchange|firm|company|platform)",
    re.IGNORECASE,
)


class Builder:
    """Makes claims of the findings of one text.

    Args:
        reading: the text.
        victims: who lost.
        speakers: who says what.
        day: of the theft that the text is about, as far as it is known.
        language: tag such as `en`.
        publisher: who publishes it.
    """

    def __init__(
        self,
        reading: Reading,
        victims: Victims,
        speakers: Speakers,
        day: str | None,
        language: str,
        publisher: str | None,
    ) -> None:
        self._language = language
        self._publisher = publisher
        self._speeches: dict[int, Speech | None] = {}
        self._reading = reading
        self._victims = victims
        self._speakers = speakers
        self._day = day
        self._disclaimer = disclaimer_of(reading)
        self._unnamed = _NAMED_NOT.search(reading.folded) is not None

    def claim(self, finding: Finding) -> Claim:
        """The claim that a finding is."""
        reading, sentence = self._reading, finding.sentence
        start, end, first, last = self._quotation(finding)
        speech = self._speakers.at(sentence, _anchor(sentence, finding))
        if speech is None and finding.speaker is None:
            speech = self._elsewhere(sentence)
        if finding.claim_type == "date" and speech is not None and speech.verb.first > finding.first:
            # "The hacker who took it last month has returned it, the exchange said": the day is known to all.
            speech = None
        tags = _FOR_AMOUNTS
        if finding.claim_type in {"attribution", "linked_incident", "actor_total"}:
            tags = _FOR_CULPRITS if finding.claim_type == "attribution" else _FOR_AMOUNTS
        elif finding.claim_type == "made_whole":
            tags = _LEVELS | {"promise"}
        elif finding.figure is None:
            tags = _FOR_METHODS
        hedge = hedge_of(sentence, first, last, figure=finding.figure, speech=speech, tags=tags)
        if finding.claim_type == "date" or (finding.stance == "unknown" and finding.hedge is None):
            hedge = None
        elif finding.hedge is not None and (
            hedge is None or (finding.stance != "named" and hedge.level != finding.hedge[2])
        ):
            begins, ends, known_level = finding.hedge
            hedge = Hedge(
                sentence.starts[begins], sentence.ends[ends - 1], known_level, f"hedge.{finding.rule}"
            )
        if finding.figure is not None and (hedge is None or hedge.level is None):
            hedge = taken_back(sentence, reading.following(sentence), last) or hedge
        if (
            finding.claim_type in _CHARGED
            and self._disclaimer is not None
            and speech is None
            and (hedge is None or hedge.level is None)
        ):
            hedge = self._disclaimer
        victim, named = self._victims.of(sentence, first, last)
        if victim is not None and finding.actor is not None and victim in finding.actor:
            # Who stole it did not lose it.
            victim, named = self._victims.main, False
        if finding.victim is not None:
            victim, named = finding.victim, False
        if finding.claim_type == "linked_incident" and self._victims.main is not None:
            # The link is a claim about the theft that the text is about; the label names the other one.
            victim, named = self._victims.main, victim == self._victims.main
        why = [f"{finding.claim_type}: {finding.rule}"]
        figure = finding.figure
        if figure is not None:
            why.extend(f"figure: {mark}" for mark in figure.marks)
        if hedge is not None:
            why.append(f"hedge: {hedge.rule}")
        why.append("speaker: the article" if speech is None else f"speaker: {speech.verb.phrase}")
        why.append(f"victim: {'named beside the claim' if named else 'the theft that the text is about'}")
        when, phrase = self._as_of(finding)
        if phrase is not None:
            why.append(f"as of: {phrase}")
        level = hedge.level if hedge is not None else None
        stance = finding.stance
        if stance == "named" and level == "denied":
            stance = "denied"
        return Claim(
            claim_type=finding.claim_type,
            value=figure.value if figure is not None else None,
            unit=figure.unit if figure is not None else None,
            low=figure.low if figure is not None else None,
            high=figure.high if figure is not None else None,
            qualifier=figure.qualifier if figure is not None else None,
            written=figure.written if figure is not None else None,
            when=finding.when,
            label=finding.label,
            victim=None if finding.claim_type == "actor_total" else victim,
            victim_named=named and not self._unnamed,
            incident=None if finding.claim_type == "actor_total" else self._incident(victim, when),
            actor=finding.actor,
            actor_stance=stance,
            asserted_by=(finding.speaker or AUTHOR) if speech is None else speech.name,
            via=() if speech is None else speech.via,
            hedge=None if hedge is None else reading.quote(hedge.start, hedge.end),
            hedge_level=level,
            as_of=when,
            as_of_phrase=phrase,
            is_part=finding.is_part,
            quote=reading.quote(start, end),
            start=start,
            end=end,
            also=(),
            rule=finding.rule,
            why=tuple(why),
        )

    def _elsewhere(self, sentence: Sentence) -> Speech | None:
        """The speech of a whole sentence in another language; each sentence is searched once."""
        if sentence.number not in self._speeches:
            found = speech_elsewhere(self._reading, sentence, self._language, self._publisher)
            self._speeches[sentence.number] = found
        return self._speeches[sentence.number]

    def _quotation(self, finding: Finding) -> tuple[int, int, int, int]:
        """The shortest stretch: from the first to the last word, the words of quantity with their figure."""
        sentence, figure = finding.sentence, finding.figure
        first, last = finding.first, finding.last
        start, end = sentence.starts[first], sentence.ends[last - 1]
        if figure is not None:
            if figure.phrase is not None:
                start, end = min(start, figure.phrase[0]), max(end, figure.phrase[1])
            if end - start > MAX_QUOTE:
                start, end = figure.start, figure.end
        elif end - start > MAX_QUOTE:
            end = start + MAX_QUOTE
        return start, end, first, last

    def _as_of(self, finding: Finding) -> tuple[str | None, str | None]:
        sentence = finding.sentence
        if finding.claim_type == "date":
            return finding.label, None
        if not sentence.dates:
            lead = self._reading.lead(sentence)
            if lead is None or not lead.dates or sentence.span.kind is not Kind.ITEM:
                return None, None
            sentence = lead
        best = min(
            sentence.dates.items(),
            key=lambda item: (
                (max(finding.first - item[0], item[0] - finding.last, 0), item[0])
                if sentence is finding.sentence
                else (item[0], 0)
            ),
        )[1]
        if best.text() is None:
            return None, self._reading.quote(best.start, best.end)
        return best.text(), self._reading.quote(best.start, best.end)

    def _incident(self, victim: str | None, when: str | None) -> str | None:
        if victim is None:
            return None
        day = self._day if victim == self._victims.main else when
        return victim if day is None else f"{victim} {day[:7]}"


def _anchor(sentence: Sentence, finding: Finding) -> int:
    if finding.figure is not None:
        return next(word for word, figure in sentence.figures.items() if figure is finding.figure)
    if finding.claim_type == "attribution" or finding.rule.startswith("words."):
        # "found no evidence that Lazarus was involved", "it said it will refund" begin before what is said.
        return finding.last - 1
    return finding.first if finding.anchor is None else finding.anchor
