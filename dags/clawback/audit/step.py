"""The audit step: whether a candidate may become a release.

Invariants:
    `audit.json` holds no time and no duration: the same candidate against the same release before, with the
    same suites and overrides, gives the same bytes.
    A candidate that is held back leaves its audit beside it and a record in `runs/`; nothing that readers see
    changes.
"""

from __future__ import annotations

from pathlib import Path
from time import monotonic
from typing import Any, Final

from clawback.audit.gate import BLOCKED, BROKEN, Judgement, broken, judge
from clawback.audit.inputs import Inputs, find_inputs
from clawback.audit.overrides import load_overrides
from clawback.audit.reuse import fingerprint, verdict_held
from clawback.audit.scratch import SERVED, Baseline, build_scratch
from clawback.audit.suites import MARTS_LAYER, Suite, check_against, load_suites
from clawback.audit.unchanged import unchanged_days
from clawback.context import RunContext
from clawback.days import parse_day
from clawback.errors import ClawbackError
from clawback.hashing import canonical_json, file_sha256_hex, readable_json
from clawback.release.candidate import Candidate, read_candidate
from clawback.release.manifest import ReleaseManifest, release_key
from clawback.release.read import baseline
from clawback.release.runs import record_run
from clawback.resources import expectations_dir, resolve

AUDIT_FILE: Final = "audit.json"
_SHOWN_CHECKS: Final = 10
_SHOWN_ROWS: Final = 3


class AuditBlocked(ClawbackError):
    """The candidate was checked and must not be shown."""


class AuditBroken(ClawbackError):
    """The candidate could not be checked as declared."""


def audit_candidate(ctx: RunContext, candidate: str) -> str:
    """Audit a candidate and write `audit.json` beside it.

    Args:
        ctx: the run's context.
        candidate: name of the candidate folder.

    Returns:
        `pass` or `warn`.

    Raises:
        AuditBlocked: a critical check failed; names the checks and rows.
        AuditBroken: a check could not run, or the suites are not as declared.
    """
    started = monotonic()
    found = read_candidate(ctx.work_dir, candidate)
    before = baseline(ctx.lake, found.release_id)
    folder = expectations_dir()
    mark = fingerprint(found, before, folder, _overrides_folder(ctx, folder), ctx.clock().date())
    if (verdict := verdict_held(found.file(AUDIT_FILE), mark)) is not None:
        ctx.progress(f"audit {found.day}: {verdict}, held before on the same bytes with the same suites")
        return verdict
    suites: list[Suite] = []
    try:
        suites = load_suites(folder)
        judgement = _hold(ctx, found, before, suites, _overrides_folder(ctx, folder))
    except ClawbackError as error:
        judgement = broken(str(error))
    except Exception as error:
        # Whatever stopped the audit, it has not been held: that is a verdict, not a crash to be retried.
        judgement = broken(f"the audit could not run: {type(error).__name__}: {error}")
    file = found.file(AUDIT_FILE)
    file.write_bytes(readable_json(_document(found, before, suites, judgement, mark)))
    failed = sum(check["outcome"] not in ("passed",) for check in judgement.checks)
    ctx.progress(
        f"audit {found.day}: {judgement.verdict}, {len(judgement.checks)} checks, {failed} not passed,"
        f" {monotonic() - started:.1f} s"
    )
    if judgement.verdict in (BLOCKED, BROKEN):
        _record(ctx, found, judgement)
        raise _error(judgement, file)
    return judgement.verdict


def _hold(
    ctx: RunContext,
    candidate: Candidate,
    before: ReleaseManifest | None,
    suites: list[Suite],
    overrides_folder: Path,
) -> Judgement:
    overrides = load_overrides(overrides_folder)
    audited = {suite.table for suite in suites if suite.layer == MARTS_LAYER}
    if unaudited := sorted(candidate.marts.keys() - audited):
        return broken(f"no suite audits the mart {', '.join(unaudited)}")
    scratch = candidate.file("audit.duckdb")
    try:
        inputs = find_inputs(ctx.lake, candidate)
        build_scratch(scratch, candidate, inputs, _baseline(ctx, before, inputs), ctx.settings.first_day)
        results = run_checks(scratch, suites)
    finally:
        scratch.unlink(missing_ok=True)
    return judge(suites, results, overrides, ctx.clock().date())


def run_checks(scratch: Path, suites: list[Suite]) -> list[Any]:
    """Bind the suites to a scratch database, then run them on Great Expectations."""
    import duckdb

    with duckdb.connect(str(scratch), read_only=True) as connection:
        check_against(connection, suites)
    from clawback.audit.gx_duckdb import run_suites

    return run_suites(scratch, suites)


def _baseline(ctx: RunContext, before: ReleaseManifest | None, inputs: Inputs) -> Baseline | None:
    if before is None:
        return None
    marts = {
        name: ctx.lake.local_path(release_key(before.release, file.name))
        for name, file in before.marts.items()
    }
    unchanged = unchanged_days(ctx.lake, inputs.traces, before.inputs.get("trace"))
    return Baseline(parse_day(before.day), marts, unchanged)


def _overrides_folder(ctx: RunContext, suites_folder: Path) -> Path:
    named = ctx.settings.overrides
    return suites_folder / "overrides" if named is None else resolve(named, ctx.settings.base_dir)


def _document(
    candidate: Candidate,
    before: ReleaseManifest | None,
    suites: list[Suite],
    judgement: Judgement,
    mark: str,
) -> dict[str, Any]:
    served = candidate.file(SERVED)
    return {
        "day": candidate.day.isoformat(),
        "inputs_hash": mark,
        "release_id": candidate.release_id,
        "marts_hash": candidate.marts_hash,
        "served_sha256": file_sha256_hex(served) if served.is_file() else None,
        "previous": None if before is None else before.release,
        "keys": {suite.table: list(suite.key) for suite in suites if suite.layer == MARTS_LAYER},
        "verdict": judgement.verdict,
        "problems": list(judgement.problems),
        "checks": list(judgement.checks),
        "overrides": list(judgement.overrides),
    }


def _record(ctx: RunContext, candidate: Candidate, judgement: Judgement) -> None:
    record = {
        "step": "audit",
        "day": candidate.day.isoformat(),
        "outcome": judgement.verdict,
        "release": candidate.release_id,
        "candidate": candidate.name,
        "reason": list(judgement.problems) or [check["name"] for check in judgement.failing()],
        "checks": judgement.failing(),
    }
    record_run(ctx.lake, ctx.clock, record)


def _error(judgement: Judgement, file: Path) -> ClawbackError:
    if judgement.verdict == BROKEN:
        shown = judgement.problems[:_SHOWN_CHECKS]
        return AuditBroken(
            "the audit is broken: the candidate could not be checked as declared, the last release stays",
            where=str(file),
            cause="; ".join(shown) + _more(len(judgement.problems) - len(shown), "problems"),
            remedy="mend the suite or the data that it names, then run the day again; no override helps here",
        )
    failing = judgement.failing()
    lines = [_told(check) for check in failing[:_SHOWN_CHECKS]]
    return AuditBlocked(
        f"the audit blocked the candidate: {len(failing)} critical checks failed, the last release stays",
        where=str(file),
        cause="\n          ".join(lines) + _more(len(failing) - len(lines), "checks"),
        remedy=f"see {failing[0]['runbook']}; if the data is right and the check is not, write"
        f" overrides/<date>-{failing[0]['name']}.yml with who, why, expires",
    )


def _told(check: dict[str, Any]) -> str:
    rows = " | ".join(canonical_json(row).decode().strip() for row in check["sample"][:_SHOWN_ROWS])
    more = _more(check["failing_rows"] - min(len(check["sample"]), _SHOWN_ROWS), "rows")
    return f"{check['name']} ({check['why']}) on {rows}{more}"


def _more(count: int, what: str) -> str:
    return f" and {count} more {what}" if count > 0 else ""
