"""Ingest: one day of one source into the raw lake."""

from __future__ import annotations

from datetime import date

from clawback.context import RunContext
from clawback.days import day_before, day_range
from clawback.release.runs import failure_recorded


def ingest_source(ctx: RunContext, source: str, day: date, known: date, *, catch_up: bool = False) -> str:
    """Fetch a day of a source and land its bytes.

    Args:
        ctx: the run's context.
        source: a source's name in the settings.
        day: the UTC day that is asked for.
        known: the UTC day of this run.
        catch_up: first fetch the days again that a source which fetches what case files name has searched for
            other thefts than they name now; each is kept as soon as it is there.

    Returns:
        Key of the newest raw manifest of that day; an older one when nothing new was found.

    Raises:
        ClawbackError: the source is unknown, unreachable, or delivered less than it says it has.
    """
    from clawback.sources.ingest import ingest

    # An optional source that fails leaves nothing else behind: the day goes on without it.
    with failure_recorded(ctx.lake, ctx.clock, f"ingest_{source}", day.isoformat()):
        for outdated in _outdated(ctx, source, day) if catch_up else ():
            ctx.progress(f"{outdated} {source}: was searched for other thefts than the case files name")
            ingest(ctx, source, outdated, known)
        return ingest(ctx, source, day, known)


def _outdated(ctx: RunContext, source: str, day: date) -> list[date]:
    """Days before another one that must be fetched again, oldest first."""
    from clawback.tracing.watched import is_watching, outdated_since

    if not is_watching(ctx.settings.source(source)):
        return []
    first = outdated_since(ctx, day)
    return [] if first is None else list(day_range(first, day_before(day)))
