"""Extraction from a node that answers at once, beside ethereum-etl, cryo and a bare client, in one run.

The generated chain and its server are not part of the repository: `rpc_gen.py` and `rpc_server.cpp` of the
shared facts (`CLAWBACK_SHARED`), compiled here. Without them, or without g++, these figures are left out.
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.bench.figures import Figure, Process, measure
from tests.peers import peer

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("CLAWBACK_SHARED", ROOT.parent / "shared")) / "bench"
BLOCKS = int(os.environ.get("CLAWBACK_BENCH_BLOCKS", "1000"))
SLOW_BLOCKS = min(BLOCKS, 200)
"""Blocks for ethereum-etl, which does a dozen a second: its figure is a rate."""
FIRST = 19_000_000
REPEATS = 3

_CRYO = """
import sys, cryo
datatypes = sys.argv[1].split(",")
cryo.freeze(
    datatypes if len(datatypes) > 1 else datatypes[0],
    blocks=[sys.argv[2]], rpc=sys.argv[3], output_dir=sys.argv[4], no_verbose=True,
)
"""


def run() -> Iterator[Figure]:
    """Generate the chain, serve it, and let everybody extract it."""
    compiler = shutil.which("g++")
    if compiler is None or not (SHARED / "rpc_gen.py").is_file():
        print(f"left out: no generated chain (g++ and {SHARED}/rpc_gen.py are needed)")
        return
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        server = home / "server"
        source = str(SHARED / "rpc_server.cpp")
        subprocess.run([compiler, "-O2", "-std=c++17", "-pthread", source, "-o", str(server)], check=True)
        generator = [sys.executable, str(SHARED / "rpc_gen.py"), str(BLOCKS), "chain"]
        subprocess.run(generator, cwd=home, check=True, capture_output=True)
        with _serving(server, home) as port:
            yield from _figures(home, port)


def _figures(home: Path, port: int) -> Iterator[Figure]:
    ours: dict[str, list[float]] = {"full": [], "tokens": []}
    bare: dict[str, list[float]] = {"full": [], "tokens": []}
    cryo: dict[str, list[float]] = {"full": [], "tokens": []}
    peaks = []
    cryo_python, etl_python = peer("cryo"), peer("ethereum-etl")
    for _ in range(REPEATS):
        # One after the other, so that all meet the same machine.
        for what in ("full", "tokens"):
            seconds, peak = _ours(home, port, what)
            ours[what].append(BLOCKS / seconds)
            peaks.append(peak)
            bare[what].append(BLOCKS / _bare(home, port, what).seconds)
            if cryo_python is not None:
                cryo[what].append(BLOCKS / _cryo(home, port, what, cryo_python).seconds)
    for what, name in (("full", "extract_full"), ("tokens", "extract_token_transfers")):
        rate = statistics.median(ours[what])
        told = f"{BLOCKS} blocks, 2 processes, whole command; " + " ".join(f"{one:.0f}" for one in ours[what])
        yield Figure(f"{name}_blocks_per_second", rate, "1/s", told)
        yield _ratio(f"{name}_vs_bare_client", ours[what], bare[what], "fetch, decode, write text; no check")
        if cryo[what]:
            yield _ratio(f"{name}_vs_cryo", ours[what], cryo[what], "cryo 0.3.2")
    if etl_python is not None:
        seconds = _ethereum_etl(home, port, etl_python)
        slow = SLOW_BLOCKS / seconds
        against = f"ethereum-etl 2.4.2: {slow:.1f} blocks/s over {SLOW_BLOCKS} blocks"
        yield Figure("extract_full_vs_ethereum_etl", statistics.median(ours["full"]) / slow, "x", against)
    yield Figure("extract_peak_memory", max(peaks), "MiB", "the largest process of any of these runs")


def _ratio(name: str, ours: list[float], theirs: list[float], whom: str) -> Figure:
    # Each pair ran one after the other, so its ratio means something where the rates do not.
    ratios = [own / other for own, other in zip(ours, theirs, strict=True)]
    against = f"{whom}: {statistics.median(theirs):.0f} blocks/s; {' '.join(f'{one:.2f}' for one in ratios)}"
    return Figure(name, statistics.median(ratios), "x", against)


def _ours(home: Path, port: int, what: str) -> tuple[float, float]:
    """Wall seconds, and the MiB of the largest of its processes, workers among them."""
    command = [str(Path(sys.executable).parent / "clawback"), "extract", "evm"]
    blocks = ["--from-block", str(FIRST), "--to-block", str(FIRST + BLOCKS - 1)]
    only = ["--only", "token-transfers"] if what == "tokens" else []
    with _folder(home) as out:
        words = [*command, "--rpc", f"http://127.0.0.1:{port}", *blocks, *only, "--out", str(out)]
        started = time.monotonic()
        process = subprocess.Popen(
            words,
            env=_environment(),
            start_new_session=True,
            stderr=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        peak = 0.0
        while process.poll() is None:
            peak = max(peak, _largest_of_session(process.pid))
            time.sleep(0.02)
        seconds = time.monotonic() - started
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)} failed")
    return seconds, peak


def _largest_of_session(session: int) -> float:
    """MiB of the process that has taken most so far; workers are no children whose use is handed up."""
    largest = 0
    for folder in Path("/proc").glob("[0-9]*"):
        try:
            if int((folder / "stat").read_text().rpartition(") ")[2].split()[3]) != session:
                continue
            status = (folder / "status").read_text()
        except OSError:
            continue  # it ended meanwhile
        held = [int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM:")]
        largest = max(largest, *held, 0)
    return largest / 1024


def _bare(home: Path, port: int, what: str) -> Process:
    last = str(FIRST + BLOCKS - 1)
    with _folder(home) as out:
        script = [sys.executable, str(Path(__file__).with_name("bare_client.py"))]
        kind = "logs" if what == "tokens" else "full"
        return measure([*script, str(port), str(out), str(FIRST), last, kind], home, _environment())


def _cryo(home: Path, port: int, what: str, python: Path) -> Process:
    datatypes = "erc20_transfers" if what == "tokens" else "blocks,transactions,logs"
    blocks = f"{FIRST}:{FIRST + BLOCKS}"
    with _folder(home) as out:
        words = [str(python), "-c", _CRYO, datatypes, blocks, f"http://127.0.0.1:{port}", str(out)]
        return measure(words, home, _environment())


def _ethereum_etl(home: Path, port: int, python: Path) -> float:
    """Seconds for blocks and transactions, receipts and logs, and token transfers out of those logs."""
    start, end = str(FIRST), str(FIRST + SLOW_BLOCKS - 1)
    node = ["-p", f"http://127.0.0.1:{port}"]
    files = ["--blocks-output", "blocks.csv", "--transactions-output", "transactions.csv"]
    hashes = ["-i", "transactions.csv", "-o", "hashes.txt", "-c", "hash"]
    steps = [
        ["export_blocks_and_transactions", "-s", start, "-e", end, *node, *files],
        ["extract_csv_column", *hashes],
        ["export_receipts_and_logs", "--transaction-hashes", "hashes.txt", *node,
         "--receipts-output", "receipts.csv", "--logs-output", "logs.csv"],
        ["extract_token_transfers", "--logs", "logs.csv", "--output", "tokens.csv"],
    ]  # fmt: skip
    with _folder(home) as out:
        return sum(
            measure([str(python), "-m", "ethereumetl", *step], out, _environment()).seconds for step in steps
        )


@contextmanager
def _serving(server: Path, home: Path) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    process = subprocess.Popen([str(server), "chain", str(port)], cwd=home, stderr=subprocess.DEVNULL)
    try:
        ends = time.monotonic() + 60
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if time.monotonic() > ends or process.poll() is not None:
                    raise
                time.sleep(0.1)
        yield port
    finally:
        process.kill()
        process.wait()


@contextmanager
def _folder(home: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(dir=home))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CLAWBACK_")}


if __name__ == "__main__":
    for figure in run():
        print(figure.line(), flush=True)
