"""A day's tables take no more memory when the day is ten times as large."""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pyarrow.parquet as pq
import pytest

from clawback.chains.evm.topics import TRANSFER
from clawback.context import RunContext
from clawback.lake.partition import Part, read_manifest
from clawback.sources.landing import OPTIONS_NAME, Landing, RawFolder
from clawback.sources.reading import survey_day
from clawback.sources.registry import describe
from clawback.tables.step import make_tables
from tests.contract.generated_node import DAY, Chain, padded
from tests.contract.loopback import context_for

CHAIN = Chain()
AT_ONCE = 5

_MEASURED = """
import sys
from datetime import date
from pathlib import Path
from clawback.chains.evm.topics import TRANSFER
from clawback.context import open_context
from clawback.tables.step import make_tables
ctx = open_context(Path(sys.argv[1]))
make_tables(ctx, date(2020, 9, 26))
status = Path("/proc/self/status").read_text()
print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)
"""


_SURVEYED = """
import sys
from datetime import date
from pathlib import Path
from clawback.context import open_context
from clawback.lake.partition import Part, read_manifest
from clawback.sources.landing import RawFolder
from clawback.sources.reading import survey_day
lake, day = open_context(Path(sys.argv[1])).lake, date(2020, 9, 26)
survey_day(lake, "evm_rpc", RawFolder(lake, "node", "transfers").newest(day).parts, day)
status = Path("/proc/self/status").read_text()
print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)
"""


def hostile_logs(key: int, count: int) -> list[tuple[list[str], str]]:
    """Logs that look like transfers and are none: too large, or with a party that is no address."""
    return [
        ([TRANSFER, padded(key % 8_000), padded(log)], f"0x{'f' * 60}{key % 65_536:04x}")
        if log % 2
        else ([TRANSFER, f"0x{'f' * 64}", padded(log), f"0x{key:064x}"], "0x")
        for log in range(count)
    ]


def answers(numbers: range, chain: Chain) -> str:
    """The landed form of some blocks, as a node's answers to a batch."""
    found = [chain.block(number) for number in numbers]
    lists = (
        ",".join(f'{{"id":{place},"result":{pair[which]}}}' for place, pair in enumerate(found))
        for which in (0, 1)
    )
    return f"[{','.join(f'[{one}]' for one in lists)},null]"


def landed(folder: Path, blocks: int, chain: Chain = CHAIN) -> RunContext:
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
        content = f"[{','.join(answers(numbers, chain) for numbers in questions)}]".encode()
        parts.append(landing.land(f"part-{index:04d}.json.gz", gzip.compress(content, 1, mtime=0)))
    options = b'{"chain":"ethereum","traces":null,"wrapped":[]}'
    parts.append(landing.land(OPTIONS_NAME, options, shared=True))
    landing.complete(parts, {"known": "2020-09-27", "day": DAY.isoformat()})
    return ctx


def peak(folder: Path, code: str = _MEASURED) -> int:
    """MiB that a process takes at most which makes the tables."""
    words = [sys.executable, "-c", code, str(folder / "clawback.toml")]
    ended = subprocess.run(words, capture_output=True, text=True, check=True, timeout=300)
    return int(ended.stdout)


@pytest.mark.slow
def test_memory_does_not_follow_the_day(tmp_path: Path) -> None:
    """The whole process at its peak: as columns a row group more, as rows 400 MiB."""
    small, large = (landed(tmp_path / name, blocks) for name, blocks in (("small", 40), ("large", 400)))
    assert sum(1 for _ in large.lake.list("raw/node/")) == 22
    at_least, at_most = (peak(one.settings.base_dir) for one in (small, large))
    assert at_most < at_least + 60
    assert at_most <= 200


@pytest.mark.slow
def test_memory_does_not_follow_what_is_turned_away(tmp_path: Path) -> None:
    """Blocks of nothing but bad logs. Held until the end, they would take twice as much as is allowed."""
    hostile = Chain(transactions=20, logs=16, logs_of=hostile_logs)
    small, large = (landed(tmp_path / str(blocks), blocks, hostile) for blocks in (20, 240))
    for code in (_MEASURED, _SURVEYED):
        at_least, at_most = (peak(one.settings.base_dir, code) for one in (small, large))
        assert at_most < at_least + 80
        assert at_most <= 200, at_most
    record = json.loads(large.lake.read(make_tables(large, DAY)))
    part = read_manifest(large.lake, record["tables"]["quarantine"]["manifest"]).parts[0]
    table = pq.read_table(large.lake.local_path(part.key), partitioning=None)
    assert Counter(table["table"].to_pylist()) == {"transfers": 38_400, "nft_transfers": 38_400}
    assert part.rows == table.num_rows == 76_800
    assert table.sort_by([(name, "ascending") for name in table.column_names]).equals(table)
    counted = survey_day(large.lake, "evm_rpc", _parts(large), DAY)
    assert counted.turned_away("transfers") == counted.turned_away("nft_transfers") == 38_400
    assert len(counted.quarantined) == 200


def _parts(ctx: RunContext) -> tuple[Part, ...]:
    manifest = RawFolder(ctx.lake, "node", "transfers").newest(DAY)
    assert manifest is not None
    return manifest.parts
