"""A day's tables take no more memory when the day is ten times as large."""

from __future__ import annotations

import gzip
import subprocess
import sys
from pathlib import Path

import pytest

from clawback.context import RunContext
from clawback.sources.landing import OPTIONS_NAME, Landing, RawFolder
from clawback.sources.registry import describe
from tests.contract.generated_node import DAY, Chain
from tests.contract.loopback import context_for

CHAIN = Chain()
AT_ONCE = 5

_MEASURED = """
import sys
from datetime import date
from pathlib import Path
from clawback.context import open_context
from clawback.tables.step import make_tables
ctx = open_context(Path(sys.argv[1]))
make_tables(ctx, date(2020, 9, 26))
status = Path("/proc/self/status").read_text()
print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)
"""


def answers(numbers: range) -> str:
    """The landed form of some blocks, as a node's answers to a batch."""
    found = [CHAIN.block(number) for number in numbers]
    lists = (
        ",".join(f'{{"id":{place},"result":{pair[which]}}}' for place, pair in enumerate(found))
        for which in (0, 1)
    )
    return f"[{','.join(f'[{one}]' for one in lists)},null]"


def landed(folder: Path, blocks: int) -> RunContext:
    """A lake with that many blocks of a day."""
    folder.mkdir()
    source = {
        "name": "node",
        "connector": "evm_rpc",
        "options": {"url": "http://127.0.0.1:1", "chain": "ethereum"},
    }
    ctx = context_for(folder, source, first_day="2020-09-26")
    raw = RawFolder(ctx.lake, "node", describe("evm_rpc").table)
    landing = Landing(raw, DAY, DAY, ctx.work_dir / "staging")
    parts = []
    for index, start in enumerate(range(1, blocks + 1, 4 * AT_ONCE)):
        questions = (range(at, at + AT_ONCE) for at in range(start, start + 4 * AT_ONCE, AT_ONCE))
        content = f"[{','.join(answers(numbers) for numbers in questions)}]".encode()
        parts.append(landing.land(f"part-{index:04d}.json.gz", gzip.compress(content, 1, mtime=0)))
    options = b'{"chain":"ethereum","traces":null,"wrapped":[]}'
    parts.append(landing.land(OPTIONS_NAME, options, shared=True))
    landing.complete(parts, {"known": "2020-09-27", "day": DAY.isoformat()})
    return ctx


def peak(folder: Path) -> int:
    """MiB that a process takes at most which makes the tables."""
    words = [sys.executable, "-c", _MEASURED, str(folder / "clawback.toml")]
    ended = subprocess.run(words, capture_output=True, text=True, check=True, timeout=300)
    return int(ended.stdout)


@pytest.mark.slow
def test_memory_does_not_follow_the_day(tmp_path: Path) -> None:
    """As rows, the larger day takes 400 MiB more than the smaller one; as columns a row group more."""
    small, large = (landed(tmp_path / name, blocks) for name, blocks in (("small", 40), ("large", 400)))
    assert sum(1 for _ in large.lake.list("raw/node/")) == 22
    at_least, at_most = (peak(one.settings.base_dir) for one in (small, large))
    assert at_most < at_least + 110
    assert at_most < 300
