"""What exact FIFO over whole days costs, against DuckDB reading the same files in the same run.

Two workloads: every transfer on its own, and (`_swaps`) the same ones grouped into transactions, every fifth
of which is a swap; the pools are labelled, so all of them are proven.

The generated days come from a script that is not part of the repository: `transfers_gen.py` in the folder
that `CLAWBACK_BENCH_WORKLOADS` names, `../shared/bench` by default. It is run once, into the folder that
`CLAWBACK_BENCH_DATA` names (`build/bench/data`; 4 GB); without script and data these figures are left out.
"""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.bench import methods
from tests.bench.figures import Figure, Process, measure

ROOT = Path(__file__).resolve().parents[2]
DATA = Path(os.environ.get("CLAWBACK_BENCH_DATA", ROOT / "build" / "bench" / "data"))
WORKLOADS = Path(os.environ.get("CLAWBACK_BENCH_WORKLOADS", ROOT.parent / "shared" / "bench"))
BACKFILL_DAYS = 16
ONE_DAY = (2, 10, 30)
THEFTS = (5, 1000)
REPEATS = 3
OPENINGS = "openings: nets of all earlier days, kept with each day when it was converted"

_CONVERT = """
import sys
from pathlib import Path
from tests.bench.generated import convert
data, folder, days, swaps = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), bool(sys.argv[4])
for day in range(days):
    convert(data / "days" / f"day={day:02d}" / "p.parquet", folder, day, swaps=swaps)
"""

_READ = """
import sys, time
import duckdb
connection = duckdb.connect()
connection.execute("set threads = 2; set enable_progress_bar = false")
files = sys.argv[1].split(",")
names = [row[0] for row in connection.execute("describe select * from read_parquet(?)", [files]).fetchall()]
query = "select " + ", ".join(f'any_value("{name}")' for name in names) + " from read_parquet(?)"
started = time.monotonic()
connection.execute(query, [files]).fetchall()
print(time.monotonic() - started)
"""

_TRACE = """
import json, sys, time
from pathlib import Path
from tests.bench.thefts import pool_labels, thefts_of
from clawback.tracing.fast.bulk import trace_folder
from clawback.tracing.fast.state import load, save
from clawback.tracing.fast.tracer import Tracer
folder, out, first, last, thefts = Path(sys.argv[1]), Path(sys.argv[2]), *map(int, sys.argv[3:6])
roles = thefts_of(folder, thefts)
labels = pool_labels() if sys.argv[6] else []
names = tuple(role.incident_id for role in roles)
# Compiled code is loaded by a first call, as in any process that traces more than one day.
list(trace_folder(folder, [0], Tracer("ethereum", names), roles, labels, out))
started = time.monotonic()
tracer = Tracer("ethereum", names) if first == 0 else load(out / f"state-{first}.npz", names)
flows = sum(count for _, count in trace_folder(folder, range(first, last), tracer, roles, labels, out))
save(tracer, out / f"state-{last}.npz")
seconds = time.monotonic() - started
print(json.dumps({"seconds": seconds, "flows": flows, "handed_over": tracer.handed_over}))
"""


def run() -> Iterator[Figure]:
    """Convert the days, then time backfills and single days against reading them."""
    if not _generated():
        print(f"left out: no generated days under {DATA}, and no transfers_gen.py in {WORKLOADS}")
        return
    for swaps, kept in (
        ("", os.environ.get("CLAWBACK_BENCH_TABLE")),
        ("_swaps", os.environ.get("CLAWBACK_BENCH_SWAPS_TABLE")),
    ):
        with tempfile.TemporaryDirectory() as folder, tempfile.TemporaryDirectory() as out:
            table = Path(kept) if kept else Path(folder)
            if not (table / f"transfers-{max(ONE_DAY) - 1:05d}.parquet").exists():
                yield from _convert(table, swaps)
            yield from _backfills(table, Path(out), swaps)
            yield from _single_days(table, Path(out), swaps)
            if not swaps:
                yield from methods.run(table, Path(out))


def _generated() -> bool:
    # The last file that the script writes says that it came to its end.
    if not (DATA / "t10m.parquet").exists() and (WORKLOADS / "transfers_gen.py").exists():
        print(f"generating 90M transfers into {DATA}: about two minutes", flush=True)
        DATA.mkdir(parents=True, exist_ok=True)
        measure([sys.executable, str(WORKLOADS / "transfers_gen.py")], DATA, os.environ)
    return (DATA / "t10m.parquet").exists()


def _convert(table: Path, swaps: str) -> Iterator[Figure]:
    converted = _process(_CONVERT, DATA, table, max(ONE_DAY), swaps)
    files = [DATA / "days" / f"day={day:02d}" / "p.parquet" for day in range(max(ONE_DAY))]
    read = float(_process(_READ, ",".join(map(str, files))).said.split()[-1])
    against = f"reading the generated files, 2 threads: {read:.2f} s"
    yield Figure(f"convert_90m{swaps}_seconds", converted.seconds, "s", "to the table, its index and nets")
    yield Figure(f"convert_90m{swaps}_vs_read_generated", converted.seconds / read, "x", against)


def _backfills(table: Path, out: Path, swaps: str) -> Iterator[Figure]:
    for thefts in THEFTS:
        ratios, reads, seconds, peaks, wrote = [], [], [], [], ""
        for _ in range(REPEATS):
            # One after the other, so that both meet the same machine.
            read = _read(table, range(BACKFILL_DAYS))
            traced = _process(_TRACE, table, out, 0, BACKFILL_DAYS, thefts, swaps)
            said = json.loads(traced.said)
            ratios.append(said["seconds"] / read)
            reads.append(read)
            seconds.append(said["seconds"])
            peaks.append(traced.peak_mib)
            wrote = f"{said['flows']} flows written, {said['handed_over']} transactions handed over"
        against = f"DuckDB, 2 threads, reading all columns: {statistics.median(reads):.2f} s; {OPENINGS}"
        name = f"trace_fifo_48m_{thefts}{swaps}"
        yield Figure(f"{name}_vs_read", statistics.median(ratios), "x", against)
        yield Figure(f"{name}_seconds", statistics.median(seconds), "s", wrote)
        yield Figure(f"{name}_peak_memory", max(peaks), "MiB", "whole process, mapped files included")


def _single_days(table: Path, out: Path, swaps: str) -> Iterator[Figure]:
    thefts = max(THEFTS)
    worst = 0.0
    for day in ONE_DAY:
        _process(_TRACE, table, out, 0, day - 1, thefts, swaps)
        ratios, seconds, reads, peaks = [], [], [], []
        for _ in range(REPEATS):
            read = _read(table, [day - 1])
            traced = _process(_TRACE, table, out, day - 1, day, thefts, swaps)
            said = json.loads(traced.said)
            ratios.append(said["seconds"] / read)
            seconds.append(said["seconds"])
            reads.append(read)
            peaks.append(traced.peak_mib)
        ratio = statistics.median(ratios)
        worst = max(worst, ratio)
        read_day = f"reading that day {statistics.median(reads):.3f} s; {thefts} thefts"
        against = f"{read_day}; load, apply, save; {OPENINGS}"
        name = f"trace_day_{day}{swaps}"
        yield Figure(f"{name}_vs_read", ratio, "x", against)
        yield Figure(f"{name}_seconds", statistics.median(seconds), "s", f"{max(peaks):.0f} MiB")
    yield Figure(f"trace_day{swaps}_vs_read", worst, "x", "the worst of these days")


def _read(table: Path, days: range | list[int]) -> float:
    files = ",".join(str(table / f"transfers-{day:05d}.parquet") for day in days)
    return min(float(_process(_READ, files).said.split()[-1]) for _ in range(2))


def _process(script: str, *words: object) -> Process:
    with tempfile.TemporaryDirectory() as home:
        path = os.pathsep.join((str(ROOT), str(ROOT / "dags")))
        environment = dict(os.environ) | {"PYTHONPATH": path}
        return measure([sys.executable, "-c", script, *map(str, words)], Path(home), environment)


if __name__ == "__main__":
    begun = time.monotonic()
    for figure in run():
        print(figure.line(), flush=True)
    print(f"{time.monotonic() - begun:.0f} s")
