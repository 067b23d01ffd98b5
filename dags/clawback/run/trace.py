"""Trace: the ledger of a day, with a record of a run that fails."""

from __future__ import annotations

from clawback.context import RunContext
from clawback.release.runs import failure_recorded


def trace_tables(ctx: RunContext, tables_key: str) -> str:
    """Trace a day, and earlier days of its chain that lack it.

    Args:
        ctx: the run's context.
        tables_key: key of the day's record.

    Returns:
        Key of the record of the day's traces.

    Raises:
        ClawbackError: a table that is not whole, or figures that are not conserved.
    """
    from clawback.tracing.day_record import write_day_record
    from clawback.tracing.step import trace_methods

    day = tables_key.partition("/dt=")[2][:10]
    with failure_recorded(ctx.lake, ctx.clock, "trace", day):
        return write_day_record(ctx.lake, day, tables_key, trace_methods(ctx, tables_key))
