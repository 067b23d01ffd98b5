"""The gate: from what the checks found to one verdict, which is ours and not Great Expectations'.

Invariants:
    broken   something that should have been checked was not: a check raised, a declared one is missing, an
             undeclared one is there, nothing was checked, an override names no check
    blocked  everything was checked, and a critical check failed without an override
    warn     a warning failed, or an override was used
    pass     otherwise (a failed `info` check is only written down)
    Broken outranks blocked: a verdict about data needs every check to have spoken.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from clawback.audit.overrides import Override
from clawback.audit.results import CheckResult
from clawback.audit.suites import Check, Suite

PASS: Final = "pass"  # noqa: S105 - a verdict, not a password
WARN: Final = "warn"
BLOCKED: Final = "blocked"
BROKEN: Final = "broken"
MAX_SAMPLE: Final = 20


@dataclass(frozen=True)
class Judgement:
    """The verdict and what it rests on, as `audit.json` holds it."""

    verdict: str
    checks: tuple[dict[str, Any], ...]
    problems: tuple[str, ...]
    overrides: tuple[dict[str, Any], ...]

    def failing(self) -> list[dict[str, Any]]:
        """Checks that stand in the way: raised, missing, or failed and critical."""
        return [check for check in self.checks if check["outcome"] in ("raised", "missing", "blocked")]


def judge(
    suites: Sequence[Suite], results: Iterable[CheckResult], overrides: Sequence[Override], today: date
) -> Judgement:
    """Weigh results against what was declared.

    Args:
        suites: as loaded; what they declare has to have run.
        results: what Great Expectations reported.
        overrides: as loaded, expired ones too.
        today: the day on which overrides are asked whether they still hold.
    """
    found = list(results)
    problems = _count_problems(suites, found)
    by_name = {result.name: result for result in found}
    declared = {name for suite in suites for name in suite.declared}
    live = [override for override in overrides if not override.is_expired(today)]
    used: set[str] = set()
    checks = []
    for suite in suites:
        for check in suite.checks:
            result = by_name.get(check.name)
            override = _override_for(check, result, live)
            if override is not None:
                used.add(override.file)
            checks.append(_record(suite, check, result, override))
    told = []
    for override in overrides:
        state = "used" if override.file in used else "unused"
        if override.check not in declared:
            state = "unknown"
            problems.append(f"the override {override.file} names no check: '{override.check}'")
        elif override.is_expired(today):
            state = "expired"
        told.append(_record_override(override, state))
    return Judgement(_verdict(checks, problems), tuple(checks), tuple(problems), tuple(told))


def broken(problem: str) -> Judgement:
    """The judgement on an audit that could not be held."""
    return Judgement(BROKEN, (), (problem,), ())


def _count_problems(suites: Sequence[Suite], results: Sequence[CheckResult]) -> list[str]:
    problems = [difference for suite in suites for difference in suite.differences()]
    declared = [name for suite in suites for name in suite.declared]
    if not declared or not results:
        problems.append("no check was evaluated")
    counted = Counter(result.name for result in results)
    problems += [f"the check {name} was not evaluated" for name in declared if counted[name] == 0]
    problems += [f"the check {name} was evaluated {n} times" for name, n in sorted(counted.items()) if n > 1]
    if len(results) != len(declared):
        problems.append(f"{len(results)} checks were evaluated, {len(declared)} are declared")
    problems += [f"the check {result.name} raised: {result.raised}" for result in results if result.raised]
    return problems


def _override_for(check: Check, result: CheckResult | None, live: Sequence[Override]) -> Override | None:
    if result is None or result.success or result.raised or check.severity != "critical":
        return None
    return next((override for override in live if override.covers(result)), None)


def _record(
    suite: Suite, check: Check, result: CheckResult | None, override: Override | None
) -> dict[str, Any]:
    return {
        "suite": f"{suite.layer}/{suite.table}",
        "name": check.name,
        "type": check.type,
        "severity": check.severity,
        "outcome": _outcome(check, result, override),
        "failing_rows": 0 if result is None else result.failing,
        "sample": [] if result is None else result.ordered_rows()[:MAX_SAMPLE],
        "message": None if result is None else result.raised,
        "override": None if override is None else override.file,
        "why": check.why,
        "owner": check.owner,
        "runbook": check.runbook,
    }


def _outcome(check: Check, result: CheckResult | None, override: Override | None) -> str:
    if result is None:
        return "missing"
    if result.raised:
        return "raised"
    if result.success:
        return "passed"
    if override is not None:
        return "overridden"
    return {"critical": "blocked", "warning": "warned", "info": "noted"}[check.severity]


def _record_override(override: Override, state: str) -> dict[str, Any]:
    return {
        "file": override.file,
        "check": override.check,
        "who": override.who,
        "why": override.why,
        "expires": override.expires.isoformat(),
        "incident": override.incident,
        "state": state,
    }


def _verdict(checks: Sequence[dict[str, Any]], problems: Sequence[str]) -> str:
    outcomes = {check["outcome"] for check in checks}
    if problems or not checks or outcomes & {"raised", "missing"}:
        return BROKEN
    if "blocked" in outcomes:
        return BLOCKED
    return WARN if outcomes & {"warned", "overridden"} else PASS
