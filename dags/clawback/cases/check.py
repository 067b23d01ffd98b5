"""What to mend before a case file is merged: errors, clashes between files, template leftovers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from clawback.cases.load import CaseInvalid, CaseProblem, load_case
from clawback.cases.model import Case
from clawback.cases.names import plain_name
from clawback.errors import ClawbackError

TEMPLATE_URL: Final = "https://example.org/"
"""Sources that begin so come from the template."""

_FIRST_YEAR = 2009  # the genesis block; nothing was stolen from a chain before


def check_cases(paths: Sequence[Path]) -> list[CaseProblem]:
    """Everything wrong in these case files; empty when they are fit to use.

    Links may lead to any incident among the files given.
    """
    problems: list[CaseProblem] = []
    cases: dict[str, Case] = {}
    for path in paths:
        try:
            cases[str(path)] = load_case(path)
        except CaseInvalid as error:
            problems.extend(error.problems)
        except ClawbackError as error:
            problems.append(CaseProblem(str(path), error.problem, error.cause or "check the path"))
    for where, case in cases.items():
        problems.extend(_leftovers(where, case))
    problems.extend(check_together(cases))
    return problems


def check_together(cases: Mapping[str, Case]) -> list[CaseProblem]:
    """Clashes between case files, by file name: ids, links, and names that would match two incidents."""
    problems: list[CaseProblem] = []
    first: dict[str, str] = {}
    for where, case in cases.items():
        incident = case.incident.id
        if incident in first:
            problems.append(
                CaseProblem(
                    where,
                    f"the incident '{incident}' stands in {first[incident]} too",
                    "keep one file per incident",
                )
            )
        first.setdefault(incident, where)
    for where, case in cases.items():
        for link in case.links:
            if link.incident not in first:
                problems.append(
                    CaseProblem(
                        where,
                        f"a link leads to '{link.incident}', which no case file describes",
                        "add that case file, or remove the link",
                    )
                )
    problems.extend(_double_names(cases))
    return problems


def _double_names(cases: Mapping[str, Case]) -> list[CaseProblem]:
    problems = []
    seen: list[tuple[str, Case]] = []
    for where, case in cases.items():
        for earlier_where, earlier in seen:
            if shared := sorted(_names(case) & _names(earlier)) if _overlap(case, earlier) else []:
                problems.append(
                    CaseProblem(
                        where,
                        f"'{shared[0]}' would match {earlier.incident.id} ({earlier_where}) on the same days",
                        "make the windows under 'matching' disjoint, or use other aliases",
                    )
                )
        seen.append((where, case))
    return problems


def _names(case: Case) -> set[str]:
    aliases = () if case.matching is None else case.matching.aliases
    return {plain_name(name) for name in (case.incident.victim, *aliases)}


def _overlap(one: Case, other: Case) -> bool:
    a, b = one.matching, other.matching
    if a is None or b is None or one.incident.id == other.incident.id:
        return False
    return a.from_day <= b.to_day and b.from_day <= a.to_day


def _leftovers(where: str, case: Case) -> list[CaseProblem]:
    problems = []
    sources = [case.incident.source_url]
    sources += [role.source_url for role in case.roles]
    sources += [link.source_url for link in case.links]
    sources += [recovery.source_url for recovery in case.recoveries]
    if any(url.startswith(TEMPLATE_URL) for url in sources):
        problems.append(
            CaseProblem(where, "a source is still the template's", "give the page that says it as source_url")
        )
    if case.incident.occurred_at.year < _FIRST_YEAR:
        problems.append(
            CaseProblem(where, "occurred_at lies before the first block of any chain", "give the real time")
        )
    return problems
