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

from tests.bench.figures import Figure, measure
from tests.peers import peer

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("CLAWBACK_SHARED", ROOT.parent / "shared")) / "bench"
BLOCKS = int(os.environ.get("CLAWBACK_BENCH_BLOCKS", "1000"))
SLOW_BLOCKS = min(BLOCKS, 100)
"""Blocks for ethereum-etl, which does a dozen a second: its figure is a rate."""
FIRST = 19_000_000
REPEATS = 3
_PATIENCE = 3
WHAT = {"full": "extract_full", "tokens": "extract_token_transfers"}

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
    peers = {name: python for name in ("cryo", "ethereum-etl") if (python := peer(name)) is not None}
    # These come first: they leave compiled modules behind, as any installation has them.
    for what, name in WHAT.items():
        used = {}
        for who in ("clawback", *(["cryo"] if "cryo" in peers else [])):
            with _folder(home) as out:
                used[who] = _watched(_words(who, what, port, out, peers))
        peak, seconds = used["clawback"]
        yield Figure(f"{name}_peak_memory", peak, "MiB", "the largest of its processes")
        if "cryo" in used:
            # On a machine that others use, this says more than the clock.
            against = (
                f"processor seconds: {seconds:.2f}, cryo {used['cryo'][1]:.2f} ({used['cryo'][0]:.0f} MiB)"
            )
            yield Figure(f"{name}_processor_vs_cryo", used["cryo"][1] / seconds, "x", against)
    rates: dict[tuple[str, str], list[float]] = {}
    for _ in range(REPEATS):
        # One after the other, so that all meet the same machine.
        for what in WHAT:
            for who in ("clawback", "bare", *(["cryo"] if "cryo" in peers else [])):
                seconds = _seconds(who, what, port, home, peers)
                rates.setdefault((who, what), []).append(BLOCKS / seconds)
        if "ethereum-etl" in peers:
            seconds = _ethereum_etl(home, port, peers["ethereum-etl"])
            rates.setdefault(("ethereum-etl", "full"), []).append(SLOW_BLOCKS / seconds)
    for what, name in WHAT.items():
        ours = rates["clawback", what]
        told = f"{BLOCKS} blocks, 2 processes, whole command; {' '.join(f'{one:.0f}' for one in ours)}"
        yield Figure(f"{name}_blocks_per_second", statistics.median(ours), "1/s", told)
        yield _ratio(
            f"{name}_vs_bare_client", ours, rates["bare", what], "fetch, decode, write text; no check"
        )
        if "cryo" in peers:
            yield _ratio(f"{name}_vs_cryo", ours, rates["cryo", what], "cryo 0.3.2")
    if "ethereum-etl" in peers:
        slow = rates["ethereum-etl", "full"]
        whom = f"ethereum-etl 2.4.2, {SLOW_BLOCKS} blocks"
        yield _ratio("extract_full_vs_ethereum_etl", rates["clawback", "full"], slow, whom)


def _seconds(who: str, what: str, port: int, home: Path, peers: dict[str, Path]) -> float:
    """Seconds of one whole command. A peer that crashes is asked again, as cryo now and then at its end."""
    for attempt in range(_PATIENCE):
        with _folder(home) as out:
            try:
                return measure(_words(who, what, port, out, peers), home, _environment()).seconds
            except RuntimeError as error:
                if who == "clawback" or attempt == _PATIENCE - 1:
                    raise
                print(f"asked again: {who} failed ({str(error).strip()[-200:]})", flush=True)
    raise ValueError("no attempt")


def _ratio(name: str, ours: list[float], theirs: list[float], whom: str) -> Figure:
    # Each pair ran one after the other, so its ratio means something where the rates do not.
    ratios = [own / other for own, other in zip(ours, theirs, strict=True)]
    against = f"{whom}: {statistics.median(theirs):.1f} blocks/s; {' '.join(f'{one:.2f}' for one in ratios)}"
    return Figure(name, statistics.median(ratios), "x", against)


def _words(who: str, what: str, port: int, out: Path, peers: dict[str, Path]) -> list[str]:
    url, last = f"http://127.0.0.1:{port}", str(FIRST + BLOCKS - 1)
    if who == "cryo":
        datatypes = "erc20_transfers" if what == "tokens" else "blocks,transactions,logs"
        blocks = f"{FIRST}:{FIRST + BLOCKS}"
        return [str(peers["cryo"]), "-c", _CRYO, datatypes, blocks, url, str(out)]
    if who == "bare":
        script = str(Path(__file__).with_name("bare_client.py"))
        kind = "logs" if what == "tokens" else "full"
        return [sys.executable, script, str(port), str(out), str(FIRST), last, kind]
    command = [str(Path(sys.executable).parent / "clawback"), "extract", "evm", "--rpc", url]
    only = ["--only", "token-transfers"] if what == "tokens" else []
    return [*command, "--from-block", str(FIRST), "--to-block", last, *only, "--out", str(out)]


def _watched(words: list[str]) -> tuple[float, float]:
    """MiB of the largest process of a command, and processor seconds of all of them, workers among them."""
    process = subprocess.Popen(
        words,
        env=_environment(),
        start_new_session=True,
        stderr=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    held: dict[str, int] = {}
    ticks: dict[str, int] = {}
    while process.poll() is None:
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                fields = (folder / "stat").read_text().rpartition(") ")[2].split()
                if int(fields[3]) != process.pid:
                    continue
                status = (folder / "status").read_text().splitlines()
            except OSError:
                continue  # it ended meanwhile
            ticks[folder.name] = int(fields[11]) + int(fields[12])
            now = [int(line.split()[1]) for line in status if line.startswith("VmHWM:")]
            held[folder.name] = max(held.get(folder.name, 0), *now, 0)
        time.sleep(0.02)
    if process.returncode:
        raise RuntimeError(f"{' '.join(words)} failed")
    return max(held.values()) / 1024, sum(ticks.values()) / os.sysconf("SC_CLK_TCK")


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
    left_out = ("CLAWBACK_", "PYTHONDONTWRITEBYTECODE")
    return {name: value for name, value in os.environ.items() if not name.startswith(left_out)}


if __name__ == "__main__":
    for figure in run():
        print(figure.line(), flush=True)
