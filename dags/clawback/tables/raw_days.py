"""What a source has landed for a day, as the tables of that day read it."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from clawback.context import RunContext
from clawback.days import day_before, parse_day
from clawback.errors import ClawbackError
from clawback.lake.partition import Manifest
from clawback.settings import SourceSettings
from clawback.sources.landing import RawFolder, same_parts
from clawback.sources.registry import describe

_JUDGE_THE_PAST: Final = frozenset({"labels", "incidents"})
"""Snapshots that decide what transfers of earlier days were; of other snapshots only the newest is read."""


def raw_of(ctx: RunContext, source: SourceSettings, day: date, standing: Manifest | None) -> Manifest | None:
    """What a source says about a day, or about the newest day before it."""
    about = describe(source.connector)
    folder = RawFolder(ctx.lake, source.name, about.table)
    found = folder.newest(day) if about.grain == "day" else folder.newest_snapshot(day)
    if standing is not None and not (found is not None and same_parts(found, list(standing.parts))):
        return standing
    if found is None and source.required:
        what = f"no data for {day}" if about.grain == "day" else f"no snapshot of {day} or before"
        raise ClawbackError(
            f"the source '{source.name}' has {what}",
            where=f"{ctx.lake.url}/{folder.prefix}",
            remedy=f"run `clawback run --from {day} --to {day}`, or the DAG ingest_{source.name} for {day}",
        )
    if found is None and about.grain == "day":
        # The record still says how far the source has come.
        return _empty(folder.newest_snapshot(day_before(day)))
    return found


def as_it_stands(ctx: RunContext, source: SourceSettings, newest: date) -> Manifest | None:
    """What every day up to the newest is judged by; None where each day's own rows or snapshot count."""
    about = describe(source.connector)
    if about.grain != "snapshot" or about.table not in _JUDGE_THE_PAST:
        return None
    folder = RawFolder(ctx.lake, source.name, about.table)
    standing = folder.newest_snapshot(newest)
    # Of equal snapshots the first: the day after a correction finds again what the correction made.
    while standing is not None:
        before = folder.newest_snapshot(day_before(parse_day(standing.meta["day"])))
        if before is None or not same_parts(before, list(standing.parts)):
            break
        standing = before
    return standing


def _empty(manifest: Manifest | None) -> Manifest | None:
    return None if manifest is None else Manifest(manifest.key, (), manifest.meta)


def input_of(source: SourceSettings, manifest: Manifest | None) -> dict[str, Any]:
    """What names a source's share in a day's tables."""
    if manifest is None:
        return {"source": source.name, "connector": source.connector, "parts": None}
    return {
        "source": source.name,
        "connector": source.connector,
        "known": manifest.meta["known"],
        "parts": sorted([part.key.rpartition("/")[2], part.sha256] for part in manifest.parts),
    }
