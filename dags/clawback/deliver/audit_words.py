"""Read the audit of a release for people: how many checks, which did not pass, who passed them over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from clawback.deliver.wording import plain, words

VERDICTS: Final = {
    "pass": "nothing stands against it",
    "warn": "shown, with warnings",
    "blocked": "not to be shown",
    "broken": "the audit itself failed",
}
_PASSED: Final = "passed"


@dataclass(frozen=True)
class Check:
    """One check and how it ended."""

    name: str
    suite: str
    severity: str
    outcome: str
    failing_rows: int
    why: str
    passed: bool


@dataclass(frozen=True)
class Override:
    """A person's word that a failing check may be passed over."""

    check: str
    who: str
    why: str
    expires: str


@dataclass(frozen=True)
class AuditSummary:
    """The verdict and the checks behind it, those that did not pass first."""

    verdict: str
    meaning: str
    checks: tuple[Check, ...]
    overrides: tuple[Override, ...]
    passed: int


def audit_summary(audit: Mapping[str, Any]) -> AuditSummary:
    """Summarise the contents of audit.json."""
    verdict = str(audit.get("verdict", "broken"))
    found: Sequence[Mapping[str, Any]] = audit.get("checks", [])
    checks = tuple(sorted((_check(item) for item in found), key=_failed_first))
    overrides = tuple(_override(item) for item in audit.get("overrides", []) if item.get("state") == "used")
    passed = sum(check.passed for check in checks)
    return AuditSummary(verdict, VERDICTS.get(verdict, "unknown verdict"), checks, overrides, passed)


def _failed_first(check: Check) -> tuple[bool, str, str]:
    return (check.passed, check.suite, check.name)


def _check(item: Mapping[str, Any]) -> Check:
    outcome = str(item.get("outcome", "missing"))
    return Check(
        plain(item.get("name")),
        plain(item.get("suite")),
        words(item.get("severity")),
        words(outcome),
        int(item.get("failing_rows") or 0),
        plain(item.get("why")),
        outcome == _PASSED,
    )


def _override(item: Mapping[str, Any]) -> Override:
    return Override(
        plain(item.get("check")), plain(item.get("who")), plain(item.get("why")), plain(item.get("expires"))
    )
