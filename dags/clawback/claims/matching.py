"""Which incident each claim is about, by which method, and on what evidence.

Method, the first that gives an incident:
    stated: the document names it. override: a person decided it. rule: the matcher of `clawback.thefts`
    joins what the document says with the incident. case_window: the case file lists the name and the day,
    and no rule says that it is another theft. What none of them joins keeps no incident and says why.
    Two incidents that fit alike match neither: a wrong match moves a published figure, a missed one does
    not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from clawback.cases.model import Case
from clawback.cases.names import NOBODY, plain_name
from clawback.claims.mentions import (
    Incidents,
    Mentioned,
    aliases_with,
    dated,
    incident_mention,
    mentions_of,
)
from clawback.thefts.aliases import load_aliases
from clawback.thefts.grouping import Group, group
from clawback.thefts.judge import ANOTHER_DAY, Judgement, judge
from clawback.thefts.mentions import Mention
from clawback.thefts.names import taken_apart
from clawback.thefts.overrides import FILE, Overrides, load_overrides

Row = Mapping[str, Any]

STATED, OVERRIDE, RULE, WINDOW, NONE = "stated", "override", "rule", "case_window", "none"
METHODS: Final = frozenset({STATED, OVERRIDE, RULE, WINDOW, NONE})

_SURE: Final = 1_000
_NEAR: Final = timedelta(days=45)
_EVE: Final = timedelta(days=2)
"""What is known of a theft's day may be off by a time zone, and by a night until it was noticed."""
_REACH: Final = 15
"""A case file gives no figure: no rule joins anything to it that is more than so many days away."""
_RATIO: Final = Decimal("0.0001")
_MAX_RATIO: Final = Decimal(10) ** 20


@dataclass(frozen=True)
class Matched:
    """The incident of a mention or a claim, None where it has none, and the evidence."""

    incident: str | None
    method: str
    rule: str
    partner: str | None = None
    judgement: Judgement | None = None
    days_apart: int | None = None
    amount_ratio: Decimal | None = None


def match_claims(
    claims: Sequence[Row],
    cases: Sequence[Case],
    published: Mapping[str, date],
    decided: Overrides | None = None,
) -> list[dict[str, Any]]:
    """Rows of `claim_matches`, one a claim, in the order of the claims.

    Args:
        claims: rows of `claims`; `incident_id` is what the document states.
        cases: all case files.
        published: day of publication by document.
        decided: what people decided about pairs of mentions and incidents.
    """
    first_days = {case.incident.id: case.incident.occurred_at.date() for case in cases}
    known = first_days.keys()
    aliases = aliases_with(load_aliases(), cases)
    mentioned = mentions_of(claims, published)
    told = tuple((one.mention, one.published, _stated(one, known)) for one in mentioned)
    people = decided or Overrides()
    matches = _match(told, tuple(cases), tuple(sorted(people.decided.items())))
    found: dict[str, tuple[str, Matched]] = {}
    for one, matched in zip(mentioned, matches, strict=True):
        for claim in one.claims:
            by_window = None
            if matched.incident is None:
                by_window = _by_window(one.mention, claim, cases, aliases, people)
            chosen = by_window or matched
            incident = chosen.incident if chosen.method in (RULE, WINDOW) else None
            if incident is not None and claim["as_of_date"] < first_days[incident] - _EVE:
                chosen = Matched(None, NONE, f"it speaks of a day before the theft of {incident}")
            found[claim["claim_id"]] = one.mention.key, chosen
    rows = []
    for claim in claims:
        key, matched = found.get(claim["claim_id"], (None, Matched(None, NONE, "it names no victim")))
        if claim["incident_id"] in known:
            matched = Matched(claim["incident_id"], STATED, "the document names the incident")
        rows.append({"claim_id": claim["claim_id"], "mention": key, **_evidence(matched)})
    return rows


@lru_cache(maxsize=8)
def _match(
    told: tuple[tuple[Mention, date | None, str | None], ...],
    cases: tuple[Case, ...],
    decided: tuple[tuple[tuple[str, str], Judgement], ...],
) -> list[Matched]:
    """One match a mention, given with its day of publication and the incident that it states.

    Most days bring no mention that the day before had not: they take its answer.
    """
    aliases = aliases_with(load_aliases(), cases)
    incidents = {case.incident.id: incident_mention(case) for case in cases}
    by_name = Incidents(incidents.values(), aliases)
    by_people = Overrides(dict(decided))
    decisions = {**load_overrides(FILE).decided, **_apart(incidents), **by_people.decided}
    matched: dict[str, Matched] = {}
    shown: dict[str, _Shown] = {}
    for mention, published, stated in told:
        as_dated = dated(mention, published, by_name)
        shown[mention.key] = _Shown(as_dated, stated, mention.when is None and as_dated.when is not None)
        if stated is not None:
            decisions.setdefault(_pair(mention.key, stated), Judgement(_SURE, STATED, ()))
        elif rivals := _rivals(as_dated, incidents.values(), aliases):
            matched[mention.key] = Matched(None, NONE, f"incidents fit alike: {', '.join(rivals)}")
    by_key = incidents | {key: one.mention for key, one in shown.items() if key not in matched}
    for found in group(list(by_key.values()), aliases, Overrides(decisions)):
        for key in found.keys:
            if key not in incidents:
                matched[key] = _in_group(shown[key], found, by_key, incidents, aliases, by_people, by_name)
    return [matched[mention.key] for mention, _, _ in told]


@dataclass(frozen=True)
class _Shown:
    mention: Mention
    stated: str | None
    is_news: bool
    """Its day is not given: it was published within a week of the incident."""


def _in_group(
    one: _Shown,
    found: Group,
    by_key: Mapping[str, Mention],
    incidents: Mapping[str, Mention],
    aliases: Mapping[str, str],
    by_people: Overrides,
    by_name: Incidents,
) -> Matched:
    mention = one.mention
    here = [other for other in found.keys if other in incidents]
    if len(here) != 1:
        return Matched(None, NONE, _why_none(mention, by_name))
    incident = incidents[here[0]]
    if one.stated == incident.key:
        return Matched(incident.key, STATED, "another claim of the document names the incident")
    for other in [incident.key, *found.keys]:
        decision = by_people.of(mention.key, other)
        if decision is not None and decision.joins:
            return Matched(incident.key, OVERRIDE, "a person decided it", other, decision)
    directly = judge(mention, incident, aliases)
    if directly.rule == ANOTHER_DAY and directly.parts:
        # A like figure joined it to a report of the incident, and its own day says that it is another theft.
        return Matched(None, NONE, _why_none(mention, by_name))
    judged = [(judge(mention, by_key[key], aliases), key) for key in found.keys if key != mention.key]
    # The incident itself goes before others that are as sure; then the order of keys decides.
    best, partner = min(judged, key=lambda pair: (-pair[0].score, pair[1] not in incidents, pair[1]))
    rule = "same name, published within a week of it" if one.is_news else best.rule
    nearest = by_key[partner]
    days = None if one.is_news else _days_apart(mention, nearest)
    return Matched(incident.key, RULE, rule, partner, best, days, _ratio(mention, nearest))


def _by_window(
    mention: Mention, claim: Row, cases: Sequence[Case], aliases: Mapping[str, str], people: Overrides
) -> Matched | None:
    """By name and day of a case file's window, where exactly one fits and is not the wrong theft."""
    if mention.name is None:
        return None
    name = plain_name(mention.name)
    day = claim.get("theft_first_date") or claim["as_of_date"]
    if name in NOBODY:
        return None
    fitting = [case for case in cases if _covers(case, name, day)]
    if len(fitting) != 1:
        return None
    incident = incident_mention(fitting[0])
    judgement = people.of(mention.key, incident.key) or judge(mention, incident, aliases)
    if judgement.parts:
        return None
    rule = "the case file lists the name and the day"
    return Matched(incident.key, WINDOW, rule, incident.key, judgement, _days_apart(mention, incident))


def _covers(case: Case, name: str, day: date) -> bool:
    window = case.matching
    if window is None or not window.from_day <= day <= window.to_day:
        return False
    return any(name == plain_name(known) for known in (case.incident.victim, *window.aliases))


def _stated(one: Mentioned, known: Set[str]) -> str | None:
    named = {claim["incident_id"] for claim in one.claims} & known
    return named.pop() if len(named) == 1 else None


def _rivals(mention: Mention, incidents: Iterable[Mention], aliases: Mapping[str, str]) -> list[str]:
    """The incidents that fit a mention alike, where several fit best."""
    if mention.when is None:
        return []
    near = [one for one in incidents if _days_apart(mention, one) in range(_REACH)]
    scores = {one.key: judge(mention, one, aliases).score for one in near}
    best = max(scores.values(), default=0)
    fitting = sorted(key for key, score in scores.items() if score == best)
    return fitting if best > 0 and len(fitting) > 1 else []


def _apart(incidents: Mapping[str, Mention]) -> dict[tuple[str, str], Judgement]:
    """Two case files are two incidents, however alike they look."""
    ordered = sorted((one.when.first, key) for key, one in incidents.items() if one.when is not None)
    apart: dict[tuple[str, str], Judgement] = {}
    for place, (day, key) in enumerate(ordered):
        for later, other in ordered[place + 1 :]:
            if later - day > _NEAR:
                break
            apart[_pair(key, other)] = Judgement(-_SURE, "override", ("two case files",))
    return apart


def _why_none(mention: Mention, by_name: Incidents) -> str:
    if mention.name is None or taken_apart(mention.name) is None:
        return "the victim is not named"
    of_name = by_name.of_victim(mention.name)
    if not of_name:
        return "no incident of this victim is known"
    if mention.when is None:
        return "the victim is known, the day of the theft is not given"
    days = {one.key: _days_apart(mention, one) or 0 for one in of_name}
    nearest = min(days, key=lambda key: (days[key], key))
    return f"another day: {days[nearest]} days from {nearest}"


def _days_apart(left: Mention, right: Mention) -> int | None:
    return None if left.when is None or right.when is None else left.when.days_from(right.when)


def _ratio(left: Mention, right: Mention) -> Decimal | None:
    """The larger figure as a multiple of the smaller, to four places; None where they do not compare."""
    if left.loss is None or right.loss is None or left.unit != right.unit or min(left.loss, right.loss) <= 0:
        return None
    low, high = sorted((left.loss, right.loss))
    ratio = high / low
    return None if ratio > _MAX_RATIO else ratio.quantize(_RATIO)


def _pair(left: str, right: str) -> tuple[str, str]:
    return (left, right) if left < right else (right, left)


def _evidence(matched: Matched) -> dict[str, Any]:
    judgement = matched.judgement
    return {
        "incident_id": matched.incident,
        "method": matched.method,
        "rule": matched.rule,
        "matched_with": matched.partner,
        "score": None if judgement is None else judgement.score,
        "days_apart": matched.days_apart,
        "amount_ratio": matched.amount_ratio,
        "evidence": None if judgement is None else "; ".join(judgement.evidence) or None,
    }
