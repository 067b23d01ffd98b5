"""Read the audit of a release for people: how many checks, which did not pass, on what."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from clawback.deliver.wording import plain, words

VERDICTS: Final = {
    "pass": "every check passed",
    "warn": "shown with warnings",
    "blocked": "not released",
    "broken": "the audit itself failed",
}


@dataclass(frozen=True)
class Check:
    """One check and how it ended."""

    name: str
    table: str
    severity: str
    outcome: str
    why: str
    passed: bool


@dataclass(frozen=True)
class AuditSummary:
    """The verdict and the checks behind it, those that did not pass first."""

    verdict: str
    meaning: str
    checks: tuple[Check, ...]
    passed: int


def audit_summary(audit: Mapping[str, Any]) -> AuditSummary:
    """Summarise the contents of audit.json."""
    verdict = str(audit.get("verdict", "broken"))
    found: Sequence[Mapping[str, Any]] = audit.get("checks", [])
    checks = tuple(
        sorted((_check(item) for item in found), key=lambda check: (check.passed, check.table, check.name))
    )
    return AuditSummary(
        verdict, VERDICTS.get(verdict, "unknown verdict"), checks, sum(check.passed for check in checks)
    )


def _check(item: Mapping[str, Any]) -> Check:
    outcome = str(item.get("outcome", ""))
    return Check(
        plain(item.get("id") or item.get("name") or item.get("type")),
        plain(item.get("table") or item.get("suite")),
        words(item.get("severity")),
        words(outcome),
        plain(item.get("why")),
        outcome in {"pass", "passed"},
    )
