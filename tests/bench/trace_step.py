"""What the daily trace step costs on whole-chain days, and `clawback trace` on long files.

The generated transfers are those of `tests.bench.trace`. Each day is traced by a process of its own, after
all days before it, so the figures of days 2, 10 and 30 show whether history makes a day dearer; the mean and
the dearest day take in those on which nets of earlier days are merged.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from tests.bench.figures import Figure, Process, measure
from tests.bench.trace import DATA, ROOT

DAYS = (2, 10, 30)
FILES = ("t1m", "t10m")
THEFTS = 5

_MAKE_DAY = """
import sys
from pathlib import Path
from tests.bench.lake_days import make_day
print(make_day(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])))
"""

_READ = """
import sys, time
import duckdb
connection = duckdb.connect()
connection.execute("set threads = 2; set enable_progress_bar = false")
described = connection.execute("describe select * from read_parquet(?)", sys.argv[1:]).fetchall()
names = [row[0] for row in described]
query = "select " + ", ".join(f'any_value("{name}")' for name in names) + " from read_parquet(?)"
started = time.monotonic()
connection.execute(query, sys.argv[1:]).fetchall()
print(time.monotonic() - started)
"""

_TRACE_DAY = """
import json, sys, time
from pathlib import Path
# Arrow loads it with the first list that it is given: no part of what a day costs.
import pandas
from tests.bench.lake_days import context_of
from clawback.tracing.step import trace_day
said = []
context = context_of(Path(sys.argv[1]), said.append)
started, worked = time.monotonic(), time.process_time()
trace_day(context, sys.argv[2])
seconds = {"seconds": time.monotonic() - started, "worked": time.process_time() - worked}
print(json.dumps(seconds | {"said": said[-1]}))
"""

_TO_FILE = """
import sys
from pathlib import Path
from tests.bench.lake_days import write_file
write_file(Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]))
"""


def run() -> Iterator[Figure]:
    """Trace files, then days one after the other."""
    if not (DATA / "days").is_dir():
        print(f"left out: no generated days under {DATA} (set CLAWBACK_BENCH_DATA)")
        return
    with tempfile.TemporaryDirectory() as folder:
        yield from _files(Path(folder))
    with tempfile.TemporaryDirectory() as folder:
        yield from _days(Path(folder))


def _days(lake: Path) -> Iterator[Figure]:
    record = ""
    worked: list[float] = []
    for day in range(1, max(DAYS) + 1):
        made = _script(_MAKE_DAY, DATA / "days" / f"day={day - 1:02d}" / "p.parquet", lake, day, THEFTS)
        record, transfers = made.said.split()
        traced = _script(_TRACE_DAY, lake, record)
        said = json.loads(traced.said)
        worked.append(said["worked"])
        if day in DAYS:
            read = min(float(_script(_READ, lake / transfers).said) for _ in range(2))
            name = f"trace_step_day_{day}"
            against = f"DuckDB, 2 threads, reading that day: {read:.2f} s; {said['said']}"
            yield Figure(f"{name}_vs_read", said["seconds"] / read, "x", against)
            yield Figure(f"{name}_worked", said["worked"], "s", "of the processor, this process alone")
            yield Figure(f"{name}_peak_memory", traced.peak_mib, "MiB", "whole process")
    against = f"of the processor, days 1 to {len(worked)}"
    yield Figure("trace_step_mean_worked", sum(worked) / len(worked), "s", against)
    yield Figure("trace_step_dearest_worked", max(worked), "s", against)


def _files(folder: Path) -> Iterator[Figure]:
    for name in FILES:
        _script(_TO_FILE, DATA / f"{name}.parquet", folder, THEFTS)
        command = [str(Path(sys.executable).parent / "clawback"), "trace", "--out", str(folder / "out")]
        command += ["--transfers", str(folder / f"{name}.parquet"), "--thefts", str(folder / "THEFTS.csv")]
        traced = measure(command, folder, dict(os.environ))
        told = (folder / "measured.err").read_text().split("\n")
        touched = sum(int(line.split()[3]) for line in told if line.endswith("touched"))
        yield Figure(
            f"trace_file_{name}_seconds", traced.seconds, "s", f"fifo; {touched} transactions touched"
        )
        yield Figure(f"trace_file_{name}_peak_memory", traced.peak_mib, "MiB", "whole process")


def _script(script: str, *words: object) -> Process:
    with tempfile.TemporaryDirectory() as home:
        path = os.pathsep.join((str(ROOT), str(ROOT / "dags")))
        environment = dict(os.environ) | {"PYTHONPATH": path}
        return measure([sys.executable, "-c", script, *map(str, words)], Path(home), environment)


if __name__ == "__main__":
    for figure in run():
        print(figure.line(), flush=True)
