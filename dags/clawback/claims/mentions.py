"""Claims as mentions of thefts: what one document, or one row of a feed, says about one victim.

Invariants:
    The key of a mention comes of its source alone, so that a decision about it holds for ever: the listing's
    name, victim and day for a row of a feed (`defillama:KuCoin:2020-09-29`), the document's id, victim and
    day (or nothing for the day) for anything else.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any, Final

from clawback.cases.model import Case
from clawback.thefts.mentions import Mention, When
from clawback.thefts.names import spellings, taken_apart

Row = Mapping[str, Any]

CASES: Final = "cases"
"""Source of the mentions that case files are."""

NEWS: Final = timedelta(days=7)
"""How long after a theft a report that gives no day of it may be published and still be news of it."""

_MONTH: Final = 31


@dataclass(frozen=True)
class Mentioned:
    """A mention, and the claims that make it."""

    mention: Mention
    claims: tuple[Row, ...]
    published: date | None
    """Of the document; None for rows of a feed, which give the day of the theft."""


def mentions_of(claims: Iterable[Row], published: Mapping[str, date]) -> list[Mentioned]:
    """The mentions that claims make, in the order of their keys; a claim without a victim makes none.

    Args:
        claims: rows of `claims`; `_listed_by` names the listing that a row of a feed stands in.
        published: day of publication by document.
    """
    grouped: defaultdict[tuple[str, str, date | None, date | None, bool], list[Row]] = defaultdict(list)
    for claim in claims:
        if claim.get("victim") is None:
            continue
        listed_by = claim.get("_listed_by")
        days = claim.get("theft_first_date"), claim.get("theft_last_date")
        source = listed_by or claim["document_id"]
        grouped[source, claim["victim"], *days, listed_by is not None].append(claim)
    found = []
    for (source, victim, first, last, is_listed), rows in grouped.items():
        when = None if first is None or last is None else When(first, last)
        day = "" if when is None else str(when.first) if when.is_day else f"{when.first}/{when.last}"
        losses = [row["value"] for row in rows if _is_loss(row)]
        mention = Mention(f"{source}:{victim}:{day}", source, victim, when, max(losses, default=None))
        news = None if is_listed else published.get(source)
        found.append(Mentioned(mention, tuple(rows), news))
    return _numbered(sorted(found, key=lambda one: (one.mention.key, one.mention.source)))


def incident_mention(case: Case) -> Mention:
    """An incident as its case file mentions it."""
    incident = case.incident
    first = incident.occurred_at.date()
    last = first
    if incident.occurred_precision == "month":
        last = (first + timedelta(days=_MONTH)).replace(day=1) - timedelta(days=1)
    return Mention(incident.id, CASES, incident.victim, When(first, last))


def aliases_with(aliases: Mapping[str, str], cases: Sequence[Case]) -> dict[str, str]:
    """The aliases, and those that case files add: keys of names -> the key that stands for the victim."""
    found = dict(aliases)
    for case in cases:
        name = taken_apart(case.incident.victim)
        if name is None or case.matching is None:
            continue
        for alias in case.matching.aliases:
            other = taken_apart(alias)
            if other is not None:
                found.setdefault(other.key, found.get(name.key, name.key))
    return found


class Incidents:
    """Incidents by the names of their victims.

    Args:
        incidents: as their case files mention them.
        aliases: keys of names -> the key that stands for the victim.
    """

    def __init__(self, incidents: Iterable[Mention], aliases: Mapping[str, str]) -> None:
        self._aliases = aliases
        self._by_spelling: defaultdict[object, list[Mention]] = defaultdict(list)
        for incident in incidents:
            for spelling in spellings(incident.name or "", aliases):
                self._by_spelling[spelling].append(incident)

    def of_victim(self, name: str) -> list[Mention]:
        """Those of one victim, however it is spelled, in the order of their keys."""
        found = {
            one.key: one for key in spellings(name, self._aliases) for one in self._by_spelling.get(key, ())
        }
        return [found[key] for key in sorted(found)]


def dated(mention: Mention, published: date | None, incidents: Incidents) -> Mention:
    """The mention with the days on which its theft may have happened.

    A report that gives no day is news of the one incident of that victim in the week before it; where there
    are two, it stays without a day.
    """
    if mention.when is not None or published is None or mention.name is None:
        return mention
    week = When(published - NEWS, published)
    of_victim = incidents.of_victim(mention.name)
    near = [one for one in of_victim if one.when is not None and not one.when.days_from(week)]
    return replace(mention, when=near[0].when) if len(near) == 1 else mention


def _numbered(found: list[Mentioned]) -> list[Mentioned]:
    """Keys that two share are numbered from the second on: a colon may stand in any part of them."""
    keys: Counter[str] = Counter()
    numbered = []
    for one in found:
        key = one.mention.key
        keys[key] += 1
        if keys[key] > 1:
            one = replace(one, mention=replace(one.mention, key=f"{key}#{keys[key]}"))
        numbered.append(one)
    return numbered


def _is_loss(row: Row) -> bool:
    return (
        row["claim_type"] == "loss"
        and row["unit"] == "USD"
        and row["value"] is not None
        and not row.get("is_part")
    )
