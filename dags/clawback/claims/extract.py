"""Reads claims out of a text by rule: what happened to which figure, who did it, how, when, and who says so.

Invariants:
    Every claim quotes its text: `text[start:end] == quote`, and `also` holds further places that say the
    same. The same text, title and day of publication give the same claims in the same order; nothing is
    learned, drawn or looked up. Every claim names in `rule` the rule that made it and in `why` each step to
    its fields. The work is linear in the length of the text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Final

from clawback.claims import amounts
from clawback.claims.agents import Agents
from clawback.claims.culprits import attributions
from clawback.claims.events import theft_dates
from clawback.claims.figure_roles import NOTHING, Governed
from clawback.claims.finding import Finding
from clawback.claims.fold import fold
from clawback.claims.hedges import Hedge, disclaimer_of, hedge_of, taken_back
from clawback.claims.laundering import launderings
from clawback.claims.layout import Kind
from clawback.claims.lexicon import LANGUAGES, word_set
from clawback.claims.links import is_total, links
from clawback.claims.methods import techniques
from clawback.claims.other_culprits import weigh_other_culprits
from clawback.claims.other_dates import weigh_other_dates
from clawback.claims.other_figures import weigh_figures
from clawback.claims.other_languages import culprits, recoveries
from clawback.claims.other_methods import moves, ways
from clawback.claims.other_sentences import weigh_sentences
from clawback.claims.other_speakers import speech_elsewhere
from clawback.claims.reading import Reading, Sentence, read
from clawback.claims.scope import points_of, ruled_strength, theft_strength
from clawback.claims.speakers import AUTHOR, Speakers, Speech
from clawback.claims.unnumbered import unnumbered
from clawback.claims.victims import UNNAMED, Victims
from clawback.claims.weighing import weigh_dates, weigh_losses
from clawback.claims.weighing_culprits import weigh_culprits
from clawback.claims.weighing_methods import weigh_methods

MAX_QUOTE: Final = 400
_REACH_OF_QUOTE: Final = 12
_LEVELS: Final = word_set("extract.levels")
_FOR_AMOUNTS: Final = _LEVELS | {"estimate"}
_FOR_CULPRITS: Final = _LEVELS | {"ident", "tie", "unknown"}
_CHARGED: Final = frozenset({"loss", "attribution", "technique", "laundering_method", "date"})
"""What a text that is "merely an allegation" alleges: what was seized or given back is a fact."""

_FOR_METHODS: Final = _LEVELS
_UNSAID: Final = "unnamed"
_OF_VICTIM: Final = frozenset(
    {"attribution", "made_whole", "returned", "recovered", "frozen", "technique", "laundering_method", "date"}
)
_NAMED_NOT = re.compile(
    r"without naming|not named in"
    r"|(?:did|does|do) not (?:name|identify) the (?:victim|exchange|firm|company|platform)",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Claim:
    """One claim. Offsets count characters of the text; amounts are exact; `value` of a date is in `when`.

    `qualifier` is exact, about, at_least, up_to or range (then `low` and `high` hold, and `value` is None).
    `written` is the number as it stands where that misleads. `asserted_by` is "author" where the text names
    nobody. `victim_named` is False where the claim's own sentence leaves the victim unnamed.
    """

    claim_type: str
    value: Decimal | None
    unit: str | None
    low: Decimal | None
    high: Decimal | None
    qualifier: str | None
    written: str | None
    when: str | None
    label: str | None
    victim: str | None
    victim_named: bool
    incident: str | None
    actor: str | None
    actor_stance: str | None
    asserted_by: str
    via: tuple[str, ...]
    hedge: str | None
    hedge_level: str | None
    as_of: str | None
    as_of_phrase: str | None
    is_part: bool
    quote: str
    start: int
    end: int
    also: tuple[tuple[int, int], ...]
    rule: str
    why: tuple[str, ...]


@dataclass(frozen=True)
class Unread:
    """A sentence with money and a word of theft that no rule could read; it is for a person to look at."""

    start: int
    end: int
    reason: str


@dataclass(frozen=True)
class Extraction:
    """The claims of a text in its order, and what was left for review."""

    claims: tuple[Claim, ...]
    unread: tuple[Unread, ...]
    victim: str | None


def extract_claims(
    text: str,
    *,
    title: str = "",
    published: date | None = None,
    language: str = "en",
    publisher: str | None = None,
) -> Extraction:
    """Read the claims of one text.

    Args:
        text: as it stands; offsets count its characters.
        title: headline; it tells the victim and makes no claims.
        published: day of publication, against which relative dates are resolved.
        language: tag such as `en`.
        publisher: who publishes it; its own statements are the author's.
    """
    # A text whose language nobody could tell is read as English is.
    language = "en" if language == "und" else language
    reading = read(text, title=title, published=published, language=language)
    victims = Victims(reading, fold(title), publisher)
    speakers = Speakers(reading, publisher=publisher)
    strength = theft_strength(reading, language)
    if strength == 0:
        # Its words tell of no theft: what its rules would read is for a person to look at.
        is_told = language[:2] in LANGUAGES or ruled_strength(points_of(reading))
        left = _unread(reading, set()) if is_told else []
        return Extraction((), tuple(left), victims.main)
    ruled = amounts.govern(reading, strength)
    if language[:2] in LANGUAGES:
        governed, findings, dates = _elsewhere(reading, victims, ruled, language)
    else:
        governed, findings, dates = _in_english(reading, victims, ruled, strength)
    builder = _Builder(reading, victims, speakers, _incident_day(dates), language, publisher)
    claims = _merged([builder.claim(finding) for finding in findings])
    claims.sort(key=lambda claim: (claim.start, claim.end, claim.claim_type))
    seen = {id(item.figure) for item in governed}
    return Extraction(tuple(claims), tuple(_unread(reading, seen)), victims.main)


_Read = tuple[list[Governed], list[Finding], list[Finding]]
"""Figures with their roles, all findings, and those of them that are dates."""


def _in_english(reading: Reading, victims: Victims, ruled: list[Governed], strength: int) -> _Read:
    governed = weigh_losses(reading, ruled, strength)
    findings = [_amount(reading, item) for item in governed if item.role != NOTHING and _is_amount(item)]
    totals = {id(finding.figure) for finding in findings if finding.claim_type == "actor_total"}
    findings += [
        finding
        for finding in _blamed(reading, victims, strength)
        if not any(id(figure) in totals for figure in finding.sentence.figures.values())
    ]
    methods = techniques(reading)
    dates = weigh_dates(reading, theft_dates(reading, told_losses(ruled, methods)), strength)
    cues: dict[int, set[str]] = {}
    moved = weigh_methods(reading, launderings(reading), "laundering_method", strength, cues)
    methods = weigh_methods(reading, methods, "technique", strength, cues)
    used = {(item.sentence.number, item.role) for item in governed}
    findings += [*unnumbered(reading, used), *moved, *methods, *links(reading, victims), *dates]
    return governed, findings, dates


def _elsewhere(reading: Reading, victims: Victims, ruled: list[Governed], language: str) -> _Read:
    """What is read in another language: rules and kinds of phrases as cues, weighed."""
    governed = weigh_figures(reading, ruled, language)
    findings = [_amount(reading, item) for item in governed if item.role != NOTHING and _is_amount(item)]
    methods = ways(reading, language)
    dates = weigh_other_dates(reading, theft_dates(reading, told_losses(ruled, methods)), language)
    blamed = culprits(reading, language)
    used = {(item.sentence.number, item.role) for item in governed}
    told = [*methods, *moves(reading, language), *blamed, *recoveries(reading, language, used)]
    findings += weigh_other_culprits(reading, victims, blamed, language)
    findings += weigh_sentences(reading, told, used, language)
    return governed, [*findings, *dates], dates


def _blamed(reading: Reading, victims: Victims, strength: int) -> list[Finding]:
    """Who is held responsible in an English text, by rule and by points."""
    agents = Agents(reading, victims)
    return weigh_culprits(reading, agents, attributions(reading, agents), strength)


def told_losses(governed: list[Governed], ways: list[Finding]) -> dict[int, list[tuple[int, int]]]:
    """Where losses and ways of theft are told, by sentence."""
    told: dict[int, list[tuple[int, int]]] = {}
    for item in governed:
        if item.role == "loss" and (item.hit is None or item.hit.tag != "adjective"):
            first, last = item.word, item.word + 1
            if item.hit is not None:
                first, last = min(first, item.hit.first), max(last, item.hit.last)
            told.setdefault(item.sentence.number, []).append((first, last))
    for way in ways:
        # How long before the theft a flaw was made or a key was lost is no day of the theft.
        words = way.sentence.words[max(0, way.first - 1) : way.first + 1]
        told_by_verb = not way.rule.startswith(("technique.named", "technique.flaw", "technique.fail"))
        if "had" in words or not (told_by_verb or way.sentence.of("thief") or way.sentence.figures):
            continue
        told.setdefault(way.sentence.number, []).append((way.first, way.last))
    return told


class _Builder:
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
        if when is not None:
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


def _amount(reading: Reading, item: Governed) -> Finding:
    first, last = item.word, item.word + 1
    if item.hit is not None:
        gap = max(item.hit.first - last, first - item.hit.last)
        if gap <= _REACH_OF_QUOTE and "+list" not in item.rule:
            first, last = min(first, item.hit.first), max(last, item.hit.last)
    total = _UNSAID if item.role == "actor_total" else is_total(reading, item)
    if total is not None:
        return Finding(
            item.sentence, "actor_total", first, last, f"total+{item.rule}", figure=item.figure, actor=total
        )
    return Finding(item.sentence, item.role, first, last, item.rule, figure=item.figure, is_part=item.is_part)


def _is_amount(item: Governed) -> bool:
    return item.role != "loss" or item.figure.unit != "%"


def _anchor(sentence: Sentence, finding: Finding) -> int:
    if finding.figure is not None:
        return next(word for word, figure in sentence.figures.items() if figure is finding.figure)
    if finding.claim_type == "attribution" or finding.rule.startswith("words."):
        # "found no evidence that Lazarus was involved", "it said it will refund" begin before what is said.
        return finding.last - 1
    return finding.first if finding.anchor is None else finding.anchor


def _incident_day(dates: list[Finding]) -> str | None:
    days = [finding.label for finding in dates if finding.label is not None]
    return max(days, key=lambda day: (len(day), days.count(day), -days.index(day))) if days else None


def _merged(claims: list[Claim]) -> list[Claim]:
    """Claims that say the same again become further places of the first."""
    kept: dict[tuple[object, ...], Claim] = {}
    for claim in sorted(claims, key=lambda claim: (claim.start, claim.end)):
        key = _same(claim)
        known = kept.get(key)
        if known is None:
            kept[key] = claim
            continue
        place = (claim.start, claim.end)
        places = (*known.also, place)
        if known.asserted_by == AUTHOR and claim.asserted_by != AUTHOR:
            claim_places = ((known.start, known.end), *known.also)
            kept[key] = replace(claim, also=claim_places)
        elif (
            known.hedge_level is None
            and claim.hedge_level is not None
            and claim.asserted_by == known.asserted_by
        ):
            kept[key] = replace(claim, also=((known.start, known.end), *known.also))
        else:
            kept[key] = replace(known, also=places)
    named = {key[:-1] for key in kept if key[-1] != AUTHOR}
    return [claim for key, claim in kept.items() if key[-1] != AUTHOR or key[:-1] not in named]


def _same(claim: Claim) -> tuple[object, ...]:
    what: tuple[object, ...] = (claim.claim_type, claim.value, claim.low, claim.high, claim.unit, claim.actor)
    if claim.value is None and claim.low is None:
        victim = claim.victim if claim.claim_type in _OF_VICTIM else None
        # Two who blame the same are two claims.
        speaker = claim.asserted_by if claim.claim_type == "attribution" else None
        return (claim.claim_type, claim.label, victim, speaker)
    victim = claim.victim if claim.victim != UNNAMED else None
    return (*what, victim, claim.asserted_by)


def _unread(reading: Reading, governed: set[int]) -> list[Unread]:
    found = []
    for sentence in reading.sentences:
        money = [
            figure
            for figure in sentence.figures.values()
            if figure.unit != "%" and id(figure) not in governed
        ]
        if money and sentence.of("event"):
            found.append(
                Unread(sentence.span.start, sentence.span.end, "money and a word of theft, and no rule fits")
            )
    return found
