"""Readiness: whether a day has all that its build waits for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from clawback.context import RunContext
from clawback.hashing import short_hash
from clawback.lake.partition import read_manifest
from clawback.settings import SourceSettings
from clawback.sources.landing import RawFolder
from clawback.sources.registry import describe


@dataclass(frozen=True)
class Readiness:
    """What a day has and lacks.

    `missing` names sources that are still waited for; `late` optional ones that no longer are.
    `inputs_hash` changes when any source's bytes of that day change.
    """

    day: date
    ready: bool
    missing: tuple[str, ...]
    late: tuple[str, ...]
    inputs_hash: str


def readiness(ctx: RunContext, day: date) -> Readiness:
    """Whether the build of a day may start.

    A required source is waited for without end, an optional one until its `wait_until` on the next UTC day.
    """
    missing, late = [], []
    inputs: dict[str, list[str]] = {}
    for source in ctx.settings.enabled_sources:
        manifest = newest_raw_manifest(ctx, source.name, day)
        if manifest is not None:
            inputs[source.name] = [part.sha256 for part in read_manifest(ctx.lake, manifest).parts]
        elif source.required or ctx.clock() < _waited_until(source, day):
            missing.append(source.name)
        else:
            late.append(source.name)
    return Readiness(day, not missing, tuple(missing), tuple(late), short_hash(inputs))


def newest_raw_manifest(ctx: RunContext, source: str, day: date) -> str | None:
    """Key of the raw manifest of that day with the newest known day, or None."""
    about = describe(ctx.settings.source(source).connector)
    return RawFolder(ctx.lake, source, about.table).newest_key(day)


def _waited_until(source: SourceSettings, day: date) -> datetime:
    hour, minute = source.wait_until.split(":")
    return datetime.combine(day + timedelta(days=1), time(int(hour), int(minute)), UTC)
