"""Which incident a claim is about: by its id, else by the victim's name and the day.

A name alone is not enough: firms are robbed more than once. Two incidents that would both fit match neither:
a wrong match is worse than none, since it moves a published figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from clawback.cases.model import Case
from clawback.cases.names import NOBODY, plain_name
from clawback.claims.documents import ParsedReport


def match_incident(victim: str | None, day: date | None, cases: Sequence[Case]) -> str | None:
    """The incident that a victim's name and a day stand for; None when none or several do.

    Args:
        victim: as the source writes it.
        day: of the event, or as of which a claim is made.
        cases: all case files.
    """
    if victim is None or day is None:
        return None
    name = plain_name(victim)
    if name in NOBODY:
        return None
    found = {case.incident.id for case in cases if _covers(case, name, day)}
    return found.pop() if len(found) == 1 else None


def assign_incidents(parsed: ParsedReport, cases: Sequence[Case]) -> list[dict[str, Any]]:
    """The claims of a document with incidents that case files describe, or None.

    An id that no case file has counts like none given.
    """
    known = {case.incident.id for case in cases}
    rows = []
    for claim, victim in zip(parsed.claims, parsed.victims, strict=True):
        incident = claim["incident_id"]
        if incident not in known:
            incident = match_incident(victim, claim["as_of_date"], cases)
        rows.append({**claim, "incident_id": incident})
    return rows


def _covers(case: Case, name: str, day: date) -> bool:
    window = case.matching
    if window is None or not window.from_day <= day <= window.to_day:
        return False
    return any(name == plain_name(known) for known in (case.incident.victim, *window.aliases))
