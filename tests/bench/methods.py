"""What the other five methods cost over whole days, and what six cost in one pass.

Six in one pass is timed twice: on a table that is ready, where poison alone makes nearly all flows and is
most of the cost, and as the command that users run, which reads, checks and orders a file before it traces.
"""

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
from tests.unit.test_tracing_whole_chain import thefts_of
from tests.unit.whole_chain import write_payments

ROOT = Path(__file__).resolve().parents[2]
TRANSFERS_A_DAY = 3_000_000
HAIRCUT_DAYS = 16
SIX_DAYS = 3
THEFTS = 5
MANY_THEFTS = 1000
COMMAND_ROWS = 1_000_000
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
# The documented limit, about a cent of each: ether, a dollar token, a token of which a thousand cost a cent.
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
    said, process = _trace(table, out, HAIRCUT_DAYS, "haircut", thefts=MANY_THEFTS)
    rate = HAIRCUT_DAYS * TRANSFERS_A_DAY / said["seconds"]
    against = (
        f"{HAIRCUT_DAYS} days, {MANY_THEFTS} thefts, the documented dust limit, {said['seconds']:.1f} s; "
        f"{said['flows']} flows, {said['held']} holdings, {process.peak_mib:.0f} MiB"
    )
    yield Figure("trace_haircut_many_thefts_transfers_per_second", rate, "1/s", against)
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
    yield Figure("trace_six_on_a_table_vs_single", said["seconds"] / mean, "x", against)
    dearest = sum(sorted(alone.values())[-3:])
    against = f"the three dearest alone, together {dearest:.2f} s; less than 1 is the aim"
    yield Figure("trace_six_on_a_table_vs_three_dearest", said["seconds"] / dearest, "x", against)
    yield from _commands(out)


def _commands(out: Path) -> Iterator[Figure]:
    payments, thefts = out / "payments.parquet", out / "thefts.csv"
    write_payments(payments, COMMAND_ROWS, COMMAND_ROWS // 2)
    rows = [
        f"{incident},ethereum,{thief},theft_address,{tx_hash}"
        for tx_hash, (incident, thief) in thefts_of(payments, THEFTS, COMMAND_ROWS // THEFTS // 2).items()
    ]
    thefts.write_text("\n".join(["incident,chain,address,role,tx_hash", *rows]) + "\n", "utf-8")
    seconds = {}
    for method in ("fifo", *METHODS, "all"):
        words = ["trace", "--transfers", payments, "--thefts", thefts, "--method", method]
        words += ["--engine", "compiled", "--out", out / method]
        command = [str(Path(sys.executable).with_name("clawback")), *map(str, words)]
        # The first of all loads compiled code from a cold disk, and is run again.
        seconds[method] = measure(command, out, os.environ).seconds
    mean = statistics.mean(seconds[method] for method in METHODS)
    against = (
        f"{COMMAND_ROWS} transfers, whole commands: all {seconds['all']:.1f} s, the mean of six {mean:.1f} s"
    )
    yield Figure("trace_six_in_one_pass_vs_single", seconds["all"] / mean, "x", against)


def _trace(
    table: Path, out: Path, days: int, *methods: str, thefts: int = THEFTS
) -> tuple[dict[str, Any], Process]:
    with tempfile.TemporaryDirectory() as home:
        path = os.pathsep.join((str(ROOT), str(ROOT / "dags")))
        environment = dict(os.environ) | {"PYTHONPATH": path}
        words = [sys.executable, "-c", _TRACE, str(table), str(out), str(days), str(thefts), *methods]
        process = measure(words, Path(home), environment)
    return json.loads(process.said), process


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as flows:
        for figure in run(Path(os.environ["CLAWBACK_BENCH_TABLE"]), Path(flows)):
            print(figure.line(), flush=True)
