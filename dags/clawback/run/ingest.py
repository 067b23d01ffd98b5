"""Ingest: one day of one source into the raw lake."""

from __future__ import annotations

from datetime import date

from clawback.context import RunContext
from clawback.release.runs import failure_recorded


def ingest_source(ctx: RunContext, source: str, day: date, known: date) -> str:
    """Fetch a day of a source and land its bytes.

    Args:
        ctx: the run's context.
        source: a source's name in the settings.
        day: the UTC day that is asked for.
        known: the UTC day of this run.

    Returns:
        Key of the newest raw manifest of that day; an older one when nothing new was found.

    Raises:
        ClawbackError: the source is unknown, unreachable, or delivered less than it says it has.
    """
    from clawback.sources.ingest import ingest

    # An optional source that fails leaves nothing else behind: the day goes on without it.
    with failure_recorded(ctx.lake, ctx.clock, f"ingest_{source}", day.isoformat()):
        return ingest(ctx, source, day, known)
