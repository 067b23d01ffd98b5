"""The pipeline without Airflow: days from sources to one published release.

The steps are the same functions that the DAGs call; only the order is decided here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from time import monotonic
from typing import TypeVar

from clawback.context import RunContext
from clawback.days import day_before, day_range
from clawback.errors import ClawbackError
from clawback.run.ingest import ingest_source
from clawback.run.ready import newest_raw_manifest, readiness
from clawback.run.trace import trace_tables
from clawback.settings import SourceSettings

_T = TypeVar("_T")


@dataclass(frozen=True)
class RunResult:
    """What a run ended with."""

    day: date
    release_id: str
    is_new: bool
    verdict: str
    deliveries: int


def run_days(
    ctx: RunContext, first: date, last: date, known: date, *, release_each_day: bool = False
) -> RunResult:
    """Take the days first..last from their sources to a release.

    Days before `first` that were never ingested are fetched too: a state is never built over a hole; so are
    those that a source has searched for other thefts than the case files name now. The
    release is of the newest day: `last`, or the day that is already released when that is newer (a correction
    recomputes through it).

    Args:
        ctx: the run's context.
        first: first UTC day to fetch.
        last: last UTC day to fetch.
        known: UTC day of this run.
        release_each_day: publish after every day, for a history of releases.

    Raises:
        ClawbackError: a required source, a step or the audit failed; the last release stays.
    """
    _check_range(ctx, first, last)
    result: RunResult | None = None
    for day in day_range(first_day_to_fetch(ctx, first, last, known), last):
        _ingest_day(ctx, day, known)
        if release_each_day and day >= first:
            result = build_day(ctx, day, known)
        elif day < last:
            trace_through(ctx, day)
    newest = target_day(ctx, last)
    if newest > last:
        _ingest_snapshots(ctx, newest, known)
    if result is None or result.day < newest:
        result = build_day(ctx, newest, known)
    return result


def target_day(ctx: RunContext, day: date) -> date:
    """The day whose release a run of `day` makes: itself, or the newest released day.

    A correction of an older day recomputes through the day that readers see, who never go back.
    """
    from clawback.release.publish import move_pointer
    from clawback.release.read import latest_day

    # A run that died between its publication and the pointer would make the two disagree on the newest day.
    move_pointer(ctx.lake)
    released = latest_day(ctx.lake)
    return day if released is None else max(day, released)


def trace_through(ctx: RunContext, day: date) -> tuple[str, str]:
    """Make tables and trace of a day (and of earlier ones that lack them).

    Returns:
        Key of the record of the day's tables, key of the record of its traces.
    """
    from clawback.tables.step import make_tables

    tables_key = make_tables(ctx, day)
    return tables_key, trace_tables(ctx, tables_key)


def build_day(ctx: RunContext, day: date, known: date) -> RunResult:
    """Tables, trace, build, audit, release and delivery of one day.

    Raises:
        ClawbackError: a step failed or the audit blocked the candidate.
    """
    from clawback.audit.step import audit_candidate
    from clawback.deliver.step import deliver_release
    from clawback.release.read import latest_release
    from clawback.release.step import publish_candidate
    from clawback.warehouse.step import build_candidate

    tables_key, trace_key = _timed(ctx, f"{day} tables and trace", lambda: trace_through(ctx, day))
    candidate = _timed(ctx, f"{day} build", lambda: build_candidate(ctx, tables_key, trace_key))
    verdict = _timed(ctx, f"{day} audit", lambda: audit_candidate(ctx, candidate))
    before = latest_release(ctx.lake)
    release_id = _timed(ctx, f"{day} release", lambda: publish_candidate(ctx, candidate, known))
    deliveries = _timed(ctx, f"{day} deliver", lambda: deliver_release(ctx, release_id))
    sent = sum(1 for delivery in deliveries if delivery.state == "sent")
    return RunResult(day, release_id, release_id != before, verdict, sent)


def _ingest_day(ctx: RunContext, day: date, known: date) -> None:
    for source in ctx.settings.enabled_sources:
        _ingest_one(ctx, source, day, known)
    state = readiness(ctx, day)
    ctx.progress(
        f"{day} ingested" + (f", without {', '.join(state.late + state.missing)}" if state.late else "")
    )


def _ingest_one(ctx: RunContext, source: SourceSettings, day: date, known: date) -> None:
    try:
        ingest_source(ctx, source.name, day, known)
    except ClawbackError as error:
        if source.required:
            raise
        # An optional source that fails is told and seen as late; the day goes on without it.
        ctx.progress(f"{day} {source.name}: {error}")


def first_day_to_fetch(ctx: RunContext, first: date, last: date, known: date) -> date:
    """The first day that a run of first..last has to fetch.

    Args:
        ctx: the run's context.
        first: first day that is asked for.
        last: last day; where a source fetches what case files name, they are read as of this day.
        known: UTC day of the run.

    Returns:
        `first`, or an earlier day that was never fetched, or not for what the case files name now.
    """
    from clawback.sources.registry import describe
    from clawback.tracing.watched import is_watching, outdated_since

    start = _first_hole(ctx, first)
    if not any(is_watching(source) for source in ctx.settings.enabled_sources):
        return start
    for source in ctx.settings.enabled_sources:
        if describe(source.connector).table == "incidents":
            _ingest_one(ctx, source, last, known)
    outdated = outdated_since(ctx, start)
    if outdated is None:
        return start
    ctx.progress(f"{outdated} was searched for other thefts than the case files name: starting there")
    return outdated


def _first_hole(ctx: RunContext, first: date) -> date:
    """The first day that must be fetched: `first`, or an earlier one that some source never delivered."""
    required = [source.name for source in ctx.settings.enabled_sources if source.required]
    for day in day_range(ctx.settings.first_day, day_before(first)):
        if any(newest_raw_manifest(ctx, name, day) is None for name in required):
            ctx.progress(f"{day} was never ingested: starting there")
            return day
    return first


def _ingest_snapshots(ctx: RunContext, day: date, known: date) -> None:
    """Fetch again what has no days: a file corrected for an older day counts on the newest one too."""
    from clawback.sources.registry import describe

    for source in ctx.settings.enabled_sources:
        if describe(source.connector).grain == "snapshot":
            _ingest_one(ctx, source, day, known)


def _check_range(ctx: RunContext, first: date, last: date) -> None:
    if last < first:
        raise ClawbackError(f"the range {first}..{last} is empty", remedy="give --from before --to")
    if first < ctx.settings.first_day:
        raise ClawbackError(
            f"{first} lies before the first day of this warehouse",
            where=f"first_day = {ctx.settings.first_day} in {ctx.settings.file}",
            remedy="give a later --from, or move first_day (every state is then made again)",
        )


def _timed(ctx: RunContext, name: str, step: Callable[[], _T]) -> _T:
    started = monotonic()
    value = step()
    ctx.progress(f"{name}: {monotonic() - started:.1f} s")
    return value
