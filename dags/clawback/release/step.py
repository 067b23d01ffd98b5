"""Turn an audited candidate into the release that readers see, or go back to an earlier one.

Invariants:
    Order: files, manifest, publication, pointer, run record. A run that dies anywhere leaves either nothing
    that a reader takes for a release, or a whole one; running again finishes the rest and adds nothing twice.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any, Final

from clawback.context import RunContext
from clawback.errors import ClawbackError
from clawback.release.candidate import Candidate, read_candidate, read_json
from clawback.release.delta import make_delta
from clawback.release.manifest import (
    ReleaseFile,
    ReleaseManifest,
    describe_bytes,
    describe_file,
    is_complete,
    place_file,
    read_release,
    release_key,
    write_manifest,
)
from clawback.release.names import day_of
from clawback.release.publish import check_order, list_publications, newest_publication, publish
from clawback.release.read import baseline
from clawback.release.rereads import rereads
from clawback.release.runs import record_run
from clawback.release.verify import verify_release

SERVED: Final = "clawback.duckdb"
AUDIT: Final = "audit.json"
RUN_RESULTS: Final = "dbt/run_results.json"
PAGE: Final = "page.html"
PUBLISHABLE: Final = frozenset({"pass", "warn"})


def publish_candidate(
    ctx: RunContext, candidate: str, known: date, *, render: Callable[[Path], bytes] | None = None
) -> str:
    """Upload an audited candidate as a release and make it the one that readers see.

    Args:
        ctx: the run's context.
        candidate: name of the candidate folder.
        known: UTC day of this run.
        render: makes the release's page of the candidate's folder; the real page by default.

    Returns:
        The release id.

    Raises:
        ClawbackError: the audit did not let exactly these bytes through, readers see a newer day, or another
            content has this name.
    """
    found = read_candidate(ctx.work_dir, candidate)
    audit = _require_audit(found)
    release = found.release_id
    if is_complete(ctx.lake, release):
        _require_same(ctx, found)
    newest = newest_publication(ctx.lake)
    if newest is not None and newest.release != release:
        if _was_published(ctx, release) and day_of(release) < day_of(newest.release):
            # A task of an older day run once more: its release stands, and readers have moved on since.
            _record(ctx, found, audit, known, "unchanged")
            return release
        check_order(release, newest)
    if not is_complete(ctx.lake, release):
        _upload(ctx, found, audit, render or _page)
    verdict = read_release(ctx.lake, release).verdict
    publication = publish(ctx.lake, ctx.clock, release, known=known, verdict=verdict)
    _record(ctx, found, audit, known, "unchanged" if publication is None else "published")
    return release


def rollback(ctx: RunContext, release_id: str, known: date, why: str) -> str:
    """Make an earlier release the one that readers see again: a new publication of it.

    Args:
        ctx: the run's context.
        release_id: a release that was published before.
        known: UTC day of this decision.
        why: the reason, kept in the publication.

    Raises:
        ClawbackError: no reason, no such release, never published, or its bytes are not as published.
    """
    if not why.strip():
        raise ClawbackError("a rollback needs a reason", remedy="give --why")
    manifest = read_release(ctx.lake, release_id)
    if not _was_published(ctx, release_id):
        raise ClawbackError(
            f"the release {release_id} was never published", remedy="see `clawback release list`"
        )
    checked = verify_release(ctx.lake, release_id)
    if not checked.ok:
        raise ClawbackError(
            f"the release {release_id} is not as it was published",
            cause="; ".join(checked.problems),
            remedy="restore the named files, or roll back to another release",
        )
    publication = publish(
        ctx.lake, ctx.clock, release_id, known=known, verdict=manifest.verdict, kind="rollback", why=why
    )
    record = {
        "step": "rollback",
        "day": manifest.day,
        "outcome": "unchanged" if publication is None else "published",
        "release": release_id,
        "known": known.isoformat(),
        "why": why,
    }
    record_run(ctx.lake, ctx.clock, record)
    return release_id


def _require_audit(candidate: Candidate) -> dict[str, Any]:
    file = candidate.file(AUDIT)
    if not file.is_file():
        raise ClawbackError(
            "the candidate was not audited", where=str(candidate.folder), remedy="run the audit step first"
        )
    audit = read_json(file)
    if audit.get("verdict") not in PUBLISHABLE:
        raise ClawbackError(
            f"the audit's verdict is {audit.get('verdict')}: this candidate is not published",
            where=str(file),
            remedy="mend what the audit names and build again, or write an override with a reason",
        )
    from clawback.hashing import file_sha256_hex

    served = candidate.file(SERVED)
    audited = (audit.get("release_id"), audit.get("marts_hash"), audit.get("served_sha256"))
    present = (
        candidate.release_id,
        candidate.marts_hash,
        file_sha256_hex(served) if served.is_file() else None,
    )
    if audited != present:
        raise ClawbackError(
            "the audit is not of these bytes",
            where=str(file),
            cause=f"audited {audited}, found {present}",
            remedy="run the audit step again",
        )
    return audit


def _require_same(ctx: RunContext, candidate: Candidate) -> None:
    """The name holds seven digits of the hash; a release of other marts under it is not this one."""
    there = read_release(ctx.lake, candidate.release_id).marts_hash
    if there != candidate.marts_hash:
        raise ClawbackError(
            f"another release has the name {candidate.release_id}",
            where=f"{ctx.lake.url}/{release_key(candidate.release_id)}",
            cause=f"its marts hash to {there}, those of this candidate to {candidate.marts_hash}",
            remedy="verify it with `clawback release verify`; if it is whole, two contents share their first "
            "seven digits: any change of a source or label gives the next build another name",
        )


def _upload(
    ctx: RunContext, candidate: Candidate, audit: dict[str, Any], render: Callable[[Path], bytes]
) -> None:
    lake, release = ctx.lake, candidate.release_id
    before = baseline(lake, release)
    previous = None if before is None else before.release
    if audit.get("previous") != previous:
        raise ClawbackError(
            f"the audit compared with {audit.get('previous')}, but readers have moved on to {previous}",
            where=str(candidate.file(AUDIT)),
            remedy="run the audit step again",
        )
    paths = {name: candidate.file(name) for name in (SERVED, AUDIT)}
    if candidate.file(RUN_RESULTS).is_file():
        paths[RUN_RESULTS] = candidate.file(RUN_RESULTS)
    older = {} if before is None else before.marts
    made = make_delta(
        release,
        previous,
        {mart.name: mart.path for mart in candidate.marts.values()},
        {name: lake.local_path(release_key(previous or "", file.name)) for name, file in older.items()},
        audit["keys"],
        rereads(lake, candidate.tables_key, None if before is None else before.inputs.get("tables")),
    )
    made[PAGE] = render(candidate.folder)

    files: list[ReleaseFile] = []
    for mart in candidate.marts.values():
        # The release's name stands for these bytes: whoever else writes them writes the same.
        files.append(describe_file(f"marts/{mart.path.name}", mart.path))
        lake.put_file(release_key(release, files[-1].name), mart.path)
    for name, path in sorted(paths.items()):
        files.append(place_file(lake, release, describe_file(name, path), path.read_bytes()))
    for name, data in sorted(made.items()):
        files.append(place_file(lake, release, describe_bytes(name, data), data))
    manifest = ReleaseManifest(
        release=release,
        day=candidate.day.isoformat(),
        previous=previous,
        marts_hash=candidate.marts_hash,
        verdict=audit["verdict"],
        overrides=tuple(override for override in audit["overrides"] if override["state"] == "used"),
        keys={mart: tuple(audit["keys"][mart]) for mart in candidate.marts},
        inputs={"tables": candidate.tables_key, "trace": candidate.trace_key},
        files=tuple(files),
    )
    if not write_manifest(lake, manifest):
        _require_same(ctx, candidate)


def _was_published(ctx: RunContext, release: str) -> bool:
    return any(publication.release == release for publication in list_publications(ctx.lake))


def _record(ctx: RunContext, candidate: Candidate, audit: dict[str, Any], known: date, outcome: str) -> None:
    record = {
        "step": "release",
        "day": candidate.day.isoformat(),
        "outcome": outcome,
        "release": candidate.release_id,
        "verdict": audit["verdict"],
        "known": known.isoformat(),
        "candidate": candidate.name,
    }
    record_run(ctx.lake, ctx.clock, record)


def _page(folder: Path) -> bytes:
    from clawback.deliver.page import render_page

    return render_page(folder)
