"""How `evm_rpc` asks: several questions at a time, as large as the node likes, and none of them twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any, Final

import pytest

from clawback.context import RunContext
from clawback.lake.partition import Manifest, read_manifest
from clawback.sources.ingest import ingest
from tests.contract.generated_node import DAY, Chain, GeneratedNode
from tests.contract.loopback import LoopbackServer, context_for

KNOWN: Final = date(2026, 9, 15)
SMALL: Final = Chain(transactions=6, logs=2)
_INGEST: Final = """
import sys
from datetime import date
from pathlib import Path
from clawback.context import open_context
from clawback.sources.ingest import ingest
ingest(open_context(Path(sys.argv[1])), "node", date(2020, 9, 26), date(2026, 9, 15))
status = Path("/proc/self/status").read_text()
print(int(status.partition("VmHWM:")[2].split()[0]) // 1024)
"""


def context(folder: Path, server: LoopbackServer, blocks: range, **options: Any) -> RunContext:
    folder.mkdir(exist_ok=True)
    given = {
        "url": server.url,
        "chain": "ethereum",
        "allow_hosts": ["127.0.0.1"],
        "internal": "off",
        "from_block": blocks.start,
        "to_block": blocks.stop - 1,
        **options,
    }
    source = {"name": "node", "connector": "evm_rpc", "options": given}
    return context_for(folder, source, first_day=DAY.isoformat())


def landed(ctx: RunContext) -> Manifest:
    return read_manifest(ctx.lake, ingest(ctx, "node", DAY, KNOWN))


def hashes(manifest: Manifest) -> list[tuple[str, str]]:
    return sorted((part.key.rpartition("/")[2], part.sha256) for part in manifest.parts)


def fetched(folder: Path, node: GeneratedNode, blocks: range, **options: Any) -> Manifest:
    with node.serve() as server:
        return landed(context(folder, server, blocks, **options))


def test_questions_overlap_up_to_a_bound(tmp_path: Path) -> None:
    blocks = range(1, 61)
    slow, alone = GeneratedNode(SMALL, seconds=0.08), GeneratedNode(SMALL, seconds=0.001)
    of_many = fetched(tmp_path / "many", slow, blocks, most_blocks=2)
    of_one = fetched(tmp_path / "one", alone, blocks, most_blocks=2, most_questions=1)
    # How many meet at the node depends on the machine; never more than the bound.
    assert 2 <= slow.most_in_flight <= 4
    assert alone.most_in_flight == 1
    assert hashes(of_many) == hashes(of_one)
    assert of_many.meta["got"] == of_many.meta["expected"] | {"transactions": 360} == of_one.meta["got"]


def test_questions_grow_with_small_blocks_and_shrink_where_they_are_refused(tmp_path: Path) -> None:
    blocks = range(1, 101)
    free, strict = GeneratedNode(SMALL), GeneratedNode(SMALL, most=7)
    of_free = fetched(tmp_path / "free", free, blocks)
    of_strict = fetched(tmp_path / "strict", strict, blocks)
    assert max(map(len, free.asked)) > 30
    assert strict.refused
    assert max(map(len, strict.asked)) <= 7
    assert len(strict.refused) < 12
    assert hashes(of_free) == hashes(of_strict)
    for node in (free, strict):
        assert sorted(number for some in node.asked for number in some) == list(blocks)


def test_bytes_are_the_nodes_words_whatever_stands_around_them(tmp_path: Path) -> None:
    blocks = range(1, 48)
    usual = fetched(tmp_path / "usual", GeneratedNode(SMALL), blocks)
    other = fetched(tmp_path / "other", GeneratedNode(SMALL, reverse=True), blocks, most_blocks=3)
    single = fetched(tmp_path / "single", GeneratedNode(SMALL, reverse=True), blocks, most_blocks=1)
    assert hashes(usual) == hashes(other) == hashes(single)
    assert len(usual.parts) == 1 + 3  # of 20, 20 and 7 blocks, and the options


def killed(folder: Path, node: GeneratedNode, blocks: range, until: int, **options: Any) -> list[str]:
    """Kill an ingest that waits for a block; the keys of what it has landed."""
    node.until = until
    with node.serve() as server:
        ctx = context(folder, server, blocks, **options)
        words = [sys.executable, "-c", _INGEST, str(folder / "clawback.toml")]
        process = subprocess.Popen(words, stderr=subprocess.DEVNULL)
        try:
            assert node.waiting.wait(60)
        finally:
            os.kill(process.pid, signal.SIGKILL)
            process.wait()
            node.go_on.set()
        return list(ctx.lake.list("raw/node/"))


def test_a_killed_run_is_gone_on_with(tmp_path: Path) -> None:
    blocks = range(1, 71)
    whole = fetched(tmp_path / "whole", GeneratedNode(SMALL), blocks)
    left = killed(
        tmp_path / "it", GeneratedNode(SMALL), blocks, blocks.start + 40, most_blocks=5, most_questions=1
    )
    assert [key.rpartition("/")[2] for key in left] == ["part-0000.json.gz", "part-0001.json.gz"]
    again = GeneratedNode(SMALL)
    found = fetched(tmp_path / "it", again, blocks)
    assert hashes(found) == hashes(whole)
    assert sorted(number for some in again.asked for number in some) == list(range(41, 71))
    assert found.meta["got"] == whole.meta["got"]
    assert found.meta["extra"] == whole.meta["extra"]


def test_what_another_chain_left_is_not_gone_on_with(tmp_path: Path) -> None:
    """The chain was rewritten between the killed run and the next one."""
    blocks = range(1, 61)
    killed(tmp_path / "it", GeneratedNode(SMALL), blocks, blocks.start + 40, most_blocks=5, most_questions=1)
    again = GeneratedNode(Chain(SMALL.transactions, SMALL.logs, fork=9))
    found = fetched(tmp_path / "it", again, blocks)
    assert sorted(number for some in again.asked for number in some) == list(blocks)
    assert hashes(found) == hashes(fetched(tmp_path / "new", GeneratedNode(again.chain), blocks))


@pytest.mark.parametrize("spoilt", [b"", b"\x1f\x8b", b"no gzip"])
def test_what_is_no_part_is_fetched(tmp_path: Path, spoilt: bytes) -> None:
    blocks = range(1, 41)
    killed(tmp_path / "it", GeneratedNode(SMALL), blocks, blocks.start + 20, most_blocks=5, most_questions=1)
    (part,) = (tmp_path / "it" / "var").rglob("part-0000.json.gz")
    part.chmod(0o644)
    part.write_bytes(spoilt)
    again = GeneratedNode(SMALL)
    found = fetched(tmp_path / "it", again, blocks)
    assert sorted(number for some in again.asked for number in some) == list(blocks)
    assert hashes(found) == hashes(fetched(tmp_path / "new", GeneratedNode(SMALL), blocks))


@pytest.mark.slow
def test_memory_does_not_follow_the_days_length(tmp_path: Path) -> None:
    peaks = []
    for count in (40, 240):
        with GeneratedNode(seconds=0.05).serve() as server:
            folder = tmp_path / str(count)
            context(folder, server, range(1, count + 1))
            words = [sys.executable, "-c", _INGEST, str(folder / "clawback.toml")]
            ended = subprocess.run(words, capture_output=True, text=True, check=True, timeout=300)
            peaks.append(int(ended.stdout))
    assert peaks[1] < peaks[0] + 40
    assert peaks[1] < 200
