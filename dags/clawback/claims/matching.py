"""Which incident a claim is about: by its id, else by the victim's name and the day.

A name alone is not enough: firms are robbed more than once. Two incidents that would both fit match neither:
a wrong match is worse than none, since it moves a published figure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from clawback.cases.model import Case
from clawback.cases.names import NOBODY, plain_name


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


def incident_of(
    stated: str | None, victim: str | None, day: date | None, cases: Sequence[Case]
) -> str | None:
    """The incident of a claim, or None: the id that its document states, else by victim and day.

    An id that no case file has counts like none given.
    """
    if any(case.incident.id == stated for case in cases):
        return stated
    return match_incident(victim, day, cases)


def _covers(case: Case, name: str, day: date) -> bool:
    window = case.matching
    if window is None or not window.from_day <= day <= window.to_day:
        return False
    return any(name == plain_name(known) for known in (case.incident.victim, *window.aliases))
