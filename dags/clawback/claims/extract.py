"""Reads claims out of a text by rule: what happened to which figure, who did it, how, when, and who says so.

Invariants:
    Every claim quotes its text: `text[start:end] == quote`, and `also` holds further places that say the
    same. The same text, title and day of publication give the same claims in the same order; nothing is
    learned, drawn or looked up. Every claim names in `rule` the rule that made it and in `why` each step to
    its fields. The work is linear in the length of the text.
"""

from __future__ import annotations

from datetime import date
from typing import Final

from clawback.claims import amounts
from clawback.claims.agents import Agents
from clawback.claims.building import Builder
from clawback.claims.claim import Extraction, Unread
from clawback.claims.culprits import attributions
from clawback.claims.events import theft_dates
from clawback.claims.figure_roles import NOTHING, Governed
from clawback.claims.finding import Finding
from clawback.claims.fold import fold
from clawback.claims.guesses import without_guesses
from clawback.claims.laundering import launderings
from clawback.claims.lexicon import LANGUAGES
from clawback.claims.link_cues import link_cues, may_link
from clawback.claims.links import links
from clawback.claims.merging import merged
from clawback.claims.methods import techniques
from clawback.claims.other_culprits import culprits
from clawback.claims.other_dates import weigh_other_dates
from clawback.claims.other_figures import weigh_other_figures
from clawback.claims.other_languages import recoveries
from clawback.claims.other_methods import moves, ways
from clawback.claims.other_sentences import weigh_sentences
from clawback.claims.other_weighing import weigh_other_culprits
from clawback.claims.proceeds import of_proceeds
from clawback.claims.reading import Reading, read
from clawback.claims.scope import points_of, ruled_strength, theft_strength
from clawback.claims.speakers import Speakers
from clawback.claims.totals import is_total
from clawback.claims.unnumbered import unnumbered
from clawback.claims.victims import Victims
from clawback.claims.ways_of_thieves import ways_of_thieves
from clawback.claims.weighing_culprits import weigh_culprits
from clawback.claims.weighing_dates import told_of, weigh_dates
from clawback.claims.weighing_figures import weigh_figures
from clawback.claims.weighing_methods import weigh_methods

_REACH_OF_QUOTE: Final = 12
_UNSAID: Final = "unnamed"


def extract_claims(
    text: str,
    *,
    title: str = "",
    published: date | None = None,
    language: str = "en",
    publisher: str | None = None,
    latest: date | None = None,
) -> Extraction:
    """Read the claims of one text.

    Args:
        text: as it stands; offsets count its characters.
        title: headline; it tells the victim and makes no claims.
        published: day of publication, against which relative dates are resolved.
        language: tag such as `en`.
        publisher: who publishes it; its own statements are the author's.
        latest: last day on which it may have been published, where only a month or a year is known; it tells
            the year of a date that is written without one.
    """
    # A text whose language nobody could tell is read as English is.
    language = "en" if language == "und" else language
    reading = read(text, title=title, published=published, language=language, latest=latest)
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
    builder = Builder(reading, victims, speakers, _incident_day(dates), language, publisher)
    claims = merged([builder.claim(finding) for finding in findings])
    claims.sort(key=lambda claim: (claim.start, claim.end, claim.claim_type))
    seen = {id(item.figure) for item in governed}
    return Extraction(tuple(claims), tuple(_unread(reading, seen)), victims.main)


_Read = tuple[list[Governed], list[Finding], list[Finding]]
"""Figures with their roles, all findings, and those of them that are dates."""


def _in_english(reading: Reading, victims: Victims, ruled: list[Governed], strength: int) -> _Read:
    governed = weigh_figures(reading, ruled, strength)
    findings = [_amount(reading, item) for item in governed if item.role != NOTHING and _is_amount(item)]
    totals = {id(finding.figure) for finding in findings if finding.claim_type == "actor_total"}
    findings += [
        finding
        for finding in without_guesses(reading, _blamed(reading, victims, strength))
        if not any(id(figure) in totals for figure in finding.sentence.figures.values())
    ]
    methods = techniques(reading)
    thefts = told_losses(ruled, methods)
    days = theft_dates(reading, thefts)
    dates = weigh_dates(reading, days, told_of(reading, ruled, thefts, days), strength)
    cues: dict[int, set[str]] = {}
    moved = weigh_methods(reading, launderings(reading), "laundering_method", strength, cues)
    methods = weigh_methods(reading, methods, "technique", strength, cues)
    used = {(item.sentence.number, item.role) for item in (*ruled, *governed)}
    in_words = unnumbered(reading, used)
    promises = [finding for finding in in_words if finding.claim_type == "made_whole"]
    findings += [finding for finding in in_words if finding.claim_type != "made_whole"]
    findings += weigh_methods(reading, promises, "made_whole", strength, cues)
    findings += _linked(reading, victims, strength, cues)
    findings += dates
    methods = without_guesses(reading, ways_of_thieves(methods))
    findings += [*of_proceeds(reading, moved, [*findings, *methods]), *methods]
    return governed, findings, dates


def _linked(reading: Reading, victims: Victims, strength: int, cues: dict[int, set[str]]) -> list[Finding]:
    """Which thefts an English text ties to each other, by rule and by points."""
    return weigh_methods(
        reading,
        links(reading, victims),
        "linked_incident",
        strength,
        cues,
        lambda sentence: link_cues(sentence, victims),
        lambda sentence: may_link(sentence, victims),
    )


def _elsewhere(reading: Reading, victims: Victims, ruled: list[Governed], language: str) -> _Read:
    """What is read in another language: rules and kinds of phrases as cues, weighed."""
    governed = weigh_other_figures(reading, ruled, language)
    findings = [_amount(reading, item) for item in governed if item.role != NOTHING and _is_amount(item)]
    methods = ways(reading, language)
    thefts = told_losses(ruled, methods)
    days = theft_dates(reading, thefts)
    dates = weigh_other_dates(reading, days, told_of(reading, ruled, thefts, days), language)
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


def _incident_day(dates: list[Finding]) -> str | None:
    days = [finding.label for finding in dates if finding.label is not None]
    return max(days, key=lambda day: (len(day), days.count(day), -days.index(day))) if days else None


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
