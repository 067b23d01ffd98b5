"""A process that fetches or reads blocks of any weight takes 200 MiB at most.

Each is a child whose peak the system has noted; the node runs in the test's own process.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from clawback.chains.evm.topics import TRANSFER
from tests.contract.generated_node import Chain, GeneratedNode, padded
from tests.contract.test_evm_fetching import _INGEST, context
from tests.contract.test_evm_tables_memory import _MEASURED

MOST: Final = 200
_PEAK: Final = """
status = Path("/proc/self/status").read_text()
print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)
"""
_EXTRACTED: Final = f"""
import os, sys
from pathlib import Path
from clawback.chains.evm import workers

# What a worker is, in this process: its heap, and its work.
os.environ.update(workers._FRUGAL)
workers._begin()
from clawback.chains.evm.chunk import extract_chunk
from clawback.chains.evm.files import CHUNKS, table_names
from clawback.chains.evm.plan import Access, Plan

url, last, out, only, traces = sys.argv[1], int(sys.argv[2]), Path(sys.argv[3]), sys.argv[4], sys.argv[5]
plan = Plan("ethereum", 1, None, 1, last, only == "tokens", traces or None, (), (), ({TRANSFER!r},), (), last)
for table in (*table_names(plan.only_token_transfers), CHUNKS):
    (out / table).mkdir(parents=True, exist_ok=True)
extract_chunk(plan, Access((url,), ("127.0.0.1",)), out, range(1, last + 1))
{_PEAK}"""
_SCANNED: Final = f"""
import sys
from pathlib import Path
from clawback.chains.evm.frontier.values import scan_values
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.pace import Pace
from clawback.chains.evm.read import Wish
from clawback.chains.evm.transport import Endpoint, Limits

nodes = Nodes([Endpoint(sys.argv[1], Limits(), ["127.0.0.1"])], Pace())
wish = Wish(traces=sys.argv[3] or None)
scan_values(nodes, range(1, int(sys.argv[2]) + 1), wish, 20, lambda batch: None)
{_PEAK}"""


def bare_logs(key: int, count: int) -> list[tuple[list[str], str]]:
    """Logs of nothing, which are the cheapest to fill a block with."""
    return [([], "0x")] * count


def wide_logs(key: int, count: int) -> list[tuple[list[str], str]]:
    """Logs that are kept with 64 KiB of data each."""
    return [([TRANSFER, padded(key), padded(log)], "0x" + "00" * 65_536) for log in range(count)]


OF_INPUT: Final = Chain(transactions=100, logs=4, input_bytes=5_000)
DENSE: Final = Chain(transactions=1_500, logs=2)
HEAVY_INPUT: Final = Chain(transactions=100, logs=4, input_bytes=50_000)
MANY_LOGS: Final = Chain(transactions=10, logs=11_500, logs_of=bare_logs)
CALLS: Final = Chain(transactions=100, logs=4, calls=1_050)
FRAMES: Final = Chain(transactions=100, logs=4, calls=850)
ONE_FRAME: Final = Chain(transactions=1, logs=4, calls=85_000)
SOME_CALLS: Final = Chain(transactions=100, logs=4, calls=1_050, heavy=(21, 22, 33))
WIDE_LOGS: Final = Chain(transactions=20, logs=4, logs_of=wide_logs)

GETH: Final = ("debug_traceBlockByNumber",)
PARITY: Final = ("trace_block",)


def peak(code: str, *words: Any) -> int:
    """MiB that a process takes at most."""
    command = [sys.executable, "-c", code, *map(str, words)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert not ended.returncode, ended.stderr[-2_000:]
    return int(ended.stdout)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("chain", "blocks", "ways", "least"),
    [
        pytest.param(OF_INPUT, 20, (), 1_000_000, id="blocks of a megabyte"),
        pytest.param(OF_INPUT, 200, (), 1_000_000, id="ten times as many"),
        pytest.param(DENSE, 20, (), 2_500_000, id="many transactions and logs"),
        pytest.param(HEAVY_INPUT, 6, (), 10_000_000, id="blocks of ten megabytes"),
        pytest.param(MANY_LOGS, 3, (), 35_000_000, id="a hundred thousand logs in a block"),
        pytest.param(CALLS, 3, PARITY, 48_000_000, id="traces of 50 MB"),
        pytest.param(FRAMES, 3, GETH, 48_000_000, id="frames of 50 MB"),
        pytest.param(ONE_FRAME, 3, GETH, 48_000_000, id="one transaction with frames of 50 MB"),
        pytest.param(SOME_CALLS, 50, PARITY, 48_000_000, id="large ones among small ones"),
    ],
)
def test_no_step_takes_more_than_it_may(
    tmp_path: Path, chain: Chain, blocks: int, ways: tuple[str, ...], least: int
) -> None:
    weigh = chain.frames if ways == GETH else chain.traces
    heaviest = 21 if chain.heavy else 1
    assert sum(map(len, chain.block(heaviest))) + (len(weigh(heaviest)) if ways else 0) >= least
    traces = ways[0] if ways else ""
    with GeneratedNode(chain, traced_by=ways).serve() as server:
        context(tmp_path, server, range(1, blocks + 1), internal="required" if ways else "off")
        settings = tmp_path / "clawback.toml"
        found = {
            "ingest": peak(_INGEST, settings),
            "tables": peak(_MEASURED, settings),
            "scan": peak(_SCANNED, server.url, blocks, traces),
            "extract": peak(_EXTRACTED, server.url, blocks, tmp_path / "out", "all", traces),
        }
    print(found)
    assert max(found.values()) <= MOST, found


@pytest.mark.slow
def test_logs_of_any_size_are_written_in_bounded_memory(tmp_path: Path) -> None:
    with GeneratedNode(WIDE_LOGS).serve() as server:
        assert peak(_EXTRACTED, server.url, 40, tmp_path / "out", "all", "") <= MOST
