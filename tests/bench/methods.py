"""What the other five methods cost over whole days, and what six cost in one pass."""

from __future__ import annotations

import json
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.bench.figures import Figure, Process, measure

ROOT = Path(__file__).resolve().parents[2]
TRANSFERS_A_DAY = 3_000_000
HAIRCUT_DAYS = 16
SIX_DAYS = 3
THEFTS = 5
METHODS = ("fifo", "lifo", "haircut", "dirty_first", "clean_first", "poison")

_TRACE = """
import json, sys, time
from pathlib import Path
from tests.bench.thefts import thefts_of
from clawback.tracing.fast.all_methods import trace_all
from clawback.tracing.fast.sums import read_sums
from clawback.tracing.fast.tracer import Tracer
folder, out, days, thefts = Path(sys.argv[1]), Path(sys.argv[2]), int(sys.argv[3]), int(sys.argv[4])
roles = thefts_of(folder, thefts)
names = tuple(role.incident_id for role in roles)
# The documented limit, about a cent of each: ether, a dollar token, a token of 10**18 units and a hundredth.
limits = ("0" * 40, 10**13), ("dac17f958d2ee523a2206206994597c13d831ec7", 10**4), (
    "95ad61b0a150d79219dcf64e1e6cc01f0b64c4ce", 10**21)
dust = {bytes.fromhex(asset): units for asset, units in limits}
def tracers():
    return [Tracer("ethereum", names, 0, method, dust) for method in sys.argv[5:]]
# Compiled code is loaded by a first call, as in any process that traces more than one day.
list(trace_all(folder, [0], tracers(), roles, [], out))
started, processor = time.monotonic(), time.process_time()
made = tracers()
flows = 0
for _, counts in trace_all(folder, range(days), made, roles, [], out):
    flows += sum(counts.values())
sums = read_sums(made[0].sums)
print(json.dumps({
    "seconds": time.monotonic() - started,
    "processor": time.process_time() - processor,
    "flows": flows,
    "held": len(made[0].store.keys),
    "booked_as_dust": sum(amount > 0 for (_, _, measure), amount in sums.items() if measure == "dust"),
}))
"""


def run(table: Path, out: Path) -> Iterator[Figure]:
    """Time haircut, each method alone, and six methods in one pass.

    Args:
        table: the bulk table of the generated days.
        out: for flows.
    """
    said, process = _trace(table, out, HAIRCUT_DAYS, "haircut")
    rate = HAIRCUT_DAYS * TRANSFERS_A_DAY / said["seconds"]
    against = (
        f"{HAIRCUT_DAYS} days, {THEFTS} thefts, the documented dust limit, {said['seconds']:.1f} s; "
        f"{said['flows']} flows, {said['held']} holdings, {process.peak_mib:.0f} MiB"
    )
    yield Figure("trace_haircut_transfers_per_second", rate, "1/s", against)
    alone = {}
    for method in METHODS:
        said, process = _trace(table, out, SIX_DAYS, method)
        alone[method] = said["seconds"]
        against = f"{SIX_DAYS} days, {THEFTS} thefts; {said['flows']} flows, {process.peak_mib:.0f} MiB"
        yield Figure(f"trace_{method}_alone_seconds", said["seconds"], "s", against)
    said, process = _trace(table, out, SIX_DAYS, *METHODS)
    yield Figure("trace_six_in_one_pass_seconds", said["seconds"], "s", f"{process.peak_mib:.0f} MiB")
    mean = statistics.mean(alone.values())
    against = f"the mean of the six alone, {mean:.2f} s; less than 3 is the aim"
    yield Figure("trace_six_in_one_pass_vs_single", said["seconds"] / mean, "x", against)


def _trace(table: Path, out: Path, days: int, *methods: str) -> tuple[dict[str, Any], Process]:
    with tempfile.TemporaryDirectory() as home:
        path = os.pathsep.join((str(ROOT), str(ROOT / "dags")))
        environment = dict(os.environ) | {"PYTHONPATH": path}
        words = [sys.executable, "-c", _TRACE, str(table), str(out), str(days), str(THEFTS), *methods]
        process = measure(words, Path(home), environment)
    return json.loads(process.said), process


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as flows:
        for figure in run(Path(os.environ["CLAWBACK_BENCH_TABLE"]), Path(flows)):
            print(figure.line(), flush=True)
