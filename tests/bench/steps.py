"""What a sample day costs: wall time and peak memory of each step, and Airflow's share of the whole."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from tests.bench.figures import Figure, Process, measure

DAY = date(2020, 10, 26)
"""The day of the last mixer deposits: everything that the sample has happens on or before it."""

_STEP = """
import sys
from datetime import date
from clawback.context import open_context
ctx = open_context(progress=lambda line: None)
name, *keys = sys.argv[1:]
day = date.fromisoformat(keys[0]) if name in ("ingest", "tables") else None
if name == "ingest":
    from clawback.run.ingest import ingest_source
    for source in ctx.settings.enabled_sources:
        ingest_source(ctx, source.name, day, day)
elif name == "tables":
    from clawback.tables.step import make_tables
    print(make_tables(ctx, day))
elif name == "trace":
    from clawback.tracing.step import trace_day
    print(trace_day(ctx, keys[0]))
elif name == "build":
    from clawback.warehouse.step import build_candidate
    print(build_candidate(ctx, keys[0], keys[1]))
elif name == "audit":
    from clawback.audit.step import audit_candidate
    print(audit_candidate(ctx, keys[0]))
elif name == "release":
    from clawback.release.step import publish_candidate
    print(publish_candidate(ctx, keys[0], date(2026, 1, 2)))
elif name == "deliver":
    from clawback.deliver.step import deliver_release
    print(len(deliver_release(ctx, keys[0])))
"""


def run() -> Iterator[Figure]:
    """Measure each step in a process of its own, then the same day with and without Airflow."""
    with tempfile.TemporaryDirectory() as folder:
        yield from _steps(Path(folder))
    with tempfile.TemporaryDirectory() as alone, tempfile.TemporaryDirectory() as scheduled:
        yield from _share(Path(alone), Path(scheduled))


def _steps(home: Path) -> Iterator[Figure]:
    # The day before is released first, so that the measured day is one further day of a living warehouse.
    _clawback(home, "run", "--to", (DAY - timedelta(days=1)).isoformat())
    day = DAY.isoformat()
    yield from _figures("ingest", _step(home, "ingest", day))
    tables = _step(home, "tables", day)
    yield from _figures("tables", tables)
    trace = _step(home, "trace", tables.said.strip())
    yield from _figures("trace", trace)
    build = _step(home, "build", tables.said.strip(), trace.said.strip())
    yield from _figures("build", build)
    candidate = build.said.strip()
    yield from _figures("audit", _step(home, "audit", candidate))
    release = _step(home, "release", candidate)
    yield from _figures("release", release)
    yield from _figures("deliver", _step(home, "deliver", release.said.strip()))


def _figures(step: str, process: Process) -> Iterator[Figure]:
    against = f"whole process, sample day {DAY}"
    yield Figure(f"step_{step}_seconds", process.seconds, "s", against)
    yield Figure(f"step_{step}_peak_memory", process.peak_mib, "MiB", against)


def _share(alone: Path, scheduled: Path) -> Iterator[Figure]:
    day = "2020-09-25"
    plain = _clawback(alone, "run", "--from", day, "--to", day)
    started = time.monotonic()
    _clawback(scheduled, "stack", "up")
    up = time.monotonic() - started
    try:
        through = _clawback(scheduled, "stack", "run", "--from", day, "--to", day)
    finally:
        _clawback(scheduled, "stack", "down")
    yield Figure("airflow_start_seconds", up, "s", "PostgreSQL initialised, Airflow migrated and healthy")
    yield Figure("day_without_airflow_seconds", plain.seconds, "s", "clawback run, one process")
    yield Figure(
        "day_through_airflow_seconds", through.seconds, "s", "clawback stack run, the stack being up"
    )
    share = max(0.0, 1 - plain.seconds / through.seconds) * 100
    yield Figure("airflow_share_of_day", share, "%", "of a day through the scheduler, against clawback run")


def _step(home: Path, *words: str) -> Process:
    return measure([sys.executable, "-c", _STEP, *words], home, _environment())


def _clawback(home: Path, *words: str) -> Process:
    return measure([str(Path(sys.executable).parent / "clawback"), *words], home, _environment())


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CLAWBACK_")}
