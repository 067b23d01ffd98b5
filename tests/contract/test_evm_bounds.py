"""What is held at once is bounded by bytes, and no byte of what is written shows it."""

from __future__ import annotations

import threading
import time
import weakref
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

import pytest

from clawback.chains.evm import internal, read, receipts
from clawback.chains.evm.failures import TooLarge
from clawback.chains.evm.frontier import values
from clawback.chains.evm.frontier.values import scan_values
from clawback.chains.evm.lanes import fetched_in_order
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.pace import Pace
from clawback.chains.evm.plan import TraceMethod
from clawback.chains.evm.read import READ_AT_ONCE, Wish, ask_blocks, read_answers
from clawback.chains.evm.transport import Endpoint, Limits
from clawback.errors import ClawbackError
from clawback.sources.evm_rpc.columns import transfer_columns
from clawback.sources.evm_rpc.parse import answers_in
from clawback.sources.evm_rpc.raw import PART_BYTES
from tests.contract.generated_node import Chain, GeneratedNode, address
from tests.contract.loopback import LoopbackServer
from tests.contract.test_evm_fetching import context, fetched, hashes, killed, landed

LARGE: Final = Chain(transactions=2, logs=1, input_bytes=500_000)
"""Blocks of 2 MB."""
MIXED: Final = Chain(transactions=20, logs=2, calls=700, heavy=(9, 10, 31))
"""Small blocks, and some with inner calls of 6 MB."""
LOWEST: Final = Limits(share_bytes=1 << 20)
MOST_LANES: Final = 4


def nodes_at(server: LoopbackServer, limits: Limits = LOWEST) -> Nodes:
    return Nodes([Endpoint(server.url, limits, ["127.0.0.1"])], Pace())


class Weighed:
    """A block that weighs something."""

    def __init__(self, number: int, weight: int) -> None:
        self.number = number
        self.weight = weight


class Weighing:
    """Gives blocks as `first_of` does, and looks how much is alive then."""

    def __init__(self, weights: list[int], share: int) -> None:
        self.weights = weights
        self.share = share
        self.most_alive = self.beside_heavy = self.given = 0
        self._alive: weakref.WeakSet[Weighed] = weakref.WeakSet()
        self._under_way = 0
        self._lock = threading.Lock()

    def fetch(self, asked: range, alone: bool) -> tuple[list[Weighed], int]:
        with self._lock:
            self._under_way += 1
            self.beside_heavy += alone and (self._under_way > 1 or len(self._alive) > 0)
        time.sleep(0.001)
        found = []
        for number in asked:
            if not alone and sum(self.weights[asked.start : number + 1]) > self.share:
                break
            found.append(Weighed(number, self.weights[number]))
        with self._lock:
            self._alive.update(found)
            self.given += len(found)
            self.most_alive = max(self.most_alive, sum(one.weight for one in self._alive))
            self._under_way -= 1
        return found, len(found)


def test_what_is_under_way_counts_together() -> None:
    """Heavy blocks are fetched while nothing else is held, others within their share; none is left out."""
    share, heavy = 100, 1_000
    weights = [30 + number * 7 % 60 for number in range(200)]
    for number in (0, 50, 51, 130, 199):
        weights[number] = heavy
    weighing = Weighing(weights, share)
    with LoopbackServer() as server, ThreadPoolExecutor(MOST_LANES) as lanes:
        nodes = nodes_at(server)
        nodes.pace.blocks, nodes.pace.lanes = 10, MOST_LANES
        order = []
        for block in fetched_in_order(nodes, range(200), weighing.fetch, lanes):
            order.append(block.number)
            del block
    assert order == list(range(200))
    assert weighing.beside_heavy == 0
    assert weighing.most_alive == heavy
    assert 200 < weighing.given < 230  # a few are asked for again after a heavy one


def test_answers_of_an_attempt_count_together() -> None:
    node = GeneratedNode(Chain(transactions=20, logs=2))
    with node.serve() as server:
        endpoint = Endpoint(server.url, Limits(share_bytes=30_000, max_bytes=40_000), ["127.0.0.1"])
        block, of_block = (len(words) for words in node.chain.block(1))
        assert max(block, of_block) < 30_000 < block + of_block < 40_000
        with endpoint.resuming(alone=True):
            ask_blocks(endpoint, range(1, 2), None)
        with (
            pytest.raises(TooLarge, match="together larger than 30000 bytes"),
            endpoint.resuming(alone=False),
        ):
            ask_blocks(endpoint, range(1, 2), None)
        # Outside of attempts each question is by itself.
        ask_blocks(endpoint, range(1, 2), None)


def test_questions_never_bring_more_than_their_share(tmp_path: Path) -> None:
    """Each question that was made use of, by the bytes that the node gave for it."""
    node = GeneratedNode(Chain(transactions=200, logs=4))
    weight = sum(map(len, node.chain.block(1)))
    of_large = fetched(tmp_path, node, range(1, 41))
    assert of_large.meta["got"]["blocks"] == 40
    assert max(map(len, node.asked)) * weight < 8 << 20


def test_a_block_that_is_more_than_may_be_held_is_told(tmp_path: Path) -> None:
    node = GeneratedNode(MIXED)
    with pytest.raises(ClawbackError, match="block 9 is more than may be held at once") as caught:
        fetched(tmp_path, node, range(1, 20), internal="auto", max_megabytes=1)
    assert "max_megabytes" in str(caught.value)
    assert "larger than 1048576 bytes" in str(caught.value)


@pytest.mark.parametrize("chain", [LARGE, MIXED], ids=["large", "mixed"])
def test_bytes_do_not_show_how_blocks_were_asked_for(tmp_path: Path, chain: Chain) -> None:
    blocks = range(1, 41)
    ways: list[dict[str, Any]] = [{}, {"most_blocks": 1, "most_questions": 1}, {"most_blocks": 3}]
    slow = GeneratedNode(chain, seconds=0.02, reverse=True)
    found = [
        fetched(
            tmp_path / str(number), GeneratedNode(chain) if number else slow, blocks, internal="auto", **way
        )
        for number, way in enumerate(ways)
    ]
    assert hashes(found[0]) == hashes(found[1]) == hashes(found[2])
    assert all(one.meta["got"]["blocks"] == 40 for one in found)


def weights_of(folder: Path) -> dict[str, list[tuple[int, int]]]:
    """Of each landed part the groups: how many blocks, how many bytes."""
    found = {}
    for path in sorted(folder.rglob("part-*.json.gz")):
        groups = [(len(answers.words()[0]), sum(answers.sizes)) for answers in answers_in(path.read_bytes())]
        found[path.name] = groups
    return found


def test_groups_and_parts_end_by_their_bytes(tmp_path: Path) -> None:
    fetched(tmp_path / "large", GeneratedNode(LARGE), range(1, 41))
    large = weights_of(tmp_path / "large")
    # 2 MB each: two are read at once where five would be, and a part has 17 instead of 20.
    assert [sum(count for count, _ in groups) for groups in large.values()] == [17, 17, 6]
    for groups in large.values():
        assert max(size for _, size in groups) <= READ_AT_ONCE
        assert sum(size for _, size in groups) < PART_BYTES + (2 << 20)
    fetched(tmp_path / "mixed", GeneratedNode(MIXED), range(1, 41), internal="auto")
    mixed = [group for groups in weights_of(tmp_path / "mixed").values() for group in groups]
    assert [count for count, size in mixed if size > READ_AT_ONCE] == [1, 1, 1]
    assert sum(count for count, _ in mixed) == 40


def test_a_killed_run_of_large_blocks_is_gone_on_with(tmp_path: Path) -> None:
    blocks = range(1, 41)
    whole = fetched(tmp_path / "whole", GeneratedNode(LARGE), blocks)
    left = killed(tmp_path / "it", GeneratedNode(LARGE), blocks, 19, most_blocks=1, most_questions=1)
    assert [key.rpartition("/")[2] for key in left] == ["part-0000.json.gz"]
    again = GeneratedNode(LARGE)
    found = fetched(tmp_path / "it", again, blocks)
    assert hashes(found) == hashes(whole)
    assert sorted(number for some in again.asked for number in some) == list(range(18, 41))


def test_a_part_that_ends_too_early_is_fetched_again(tmp_path: Path) -> None:
    """What a run with other sizes left: whole members, but no whole part."""
    blocks = range(1, 41)
    chain = Chain(transactions=6, logs=2)
    whole = fetched(tmp_path / "whole", GeneratedNode(chain), blocks)
    fetched(tmp_path / "it", GeneratedNode(chain), range(1, 16))
    for manifest in (tmp_path / "it").rglob("_manifest.json"):
        manifest.chmod(0o644)
        manifest.unlink()
    again = GeneratedNode(chain)
    with again.serve() as server:
        found = landed(context(tmp_path / "it", server, blocks))
    assert hashes(found) == hashes(whole)
    assert sorted(number for some in again.asked for number in some) == list(blocks)


@pytest.mark.parametrize("traces", ["trace_block", "debug_traceBlockByNumber"])
def test_rows_do_not_depend_on_what_is_decoded_at_once(
    traces: TraceMethod, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bounds lowered until every frame, receipt and move is read by itself."""
    node = GeneratedNode(Chain(transactions=30, logs=3, calls=40))
    asked = range(1, 5)
    with node.serve() as server:
        answers = ask_blocks(Endpoint(server.url, Limits(), ["127.0.0.1"]), asked, traces)
    wish = Wish(traces=traces)
    whole = transfer_columns("ethereum", read_answers(answers, wish, asked), None)
    assert whole.num_rows == 4 * 30 * (2 + 3 + 10)
    monkeypatch.setattr(read, "READ_AT_ONCE", 1)
    monkeypatch.setattr(receipts, "_DECODED_AT_ONCE", 1)
    monkeypatch.setattr(internal, "_DECODED_AT_ONCE", 1)
    monkeypatch.setattr(internal, "_MOVES_AT_ONCE", 7)
    groups = [group for _, group in answers.in_groups(4)]
    assert len(groups) == 4
    start = 0
    for group in groups:
        rows = transfer_columns("ethereum", read_answers(group, wish), None)
        assert rows.equals(whole.slice(start, rows.num_rows))
        start += rows.num_rows
    assert start == whole.num_rows


def test_hits_are_found_however_many_rows_are_sorted_together(monkeypatch: pytest.MonkeyPatch) -> None:
    chain = Chain(transactions=40, logs=0, calls=8)
    monkeypatch.setattr(values, "_RUN", 1_000)
    with GeneratedNode(chain).serve() as server:
        found = scan_values(nodes_at(server), range(1, 31), Wish(traces="trace_block"), 4, lambda batch: None)
    sender, called, nobody = address(45), address(3), address(8_999)
    # Transaction `key` is sent by `key`, and the fourth and eighth of its inner calls move something.
    assert found.touching({sender, called, nobody}) == {
        sender: {(1, 5)},
        called: set(),
        nobody: set(),
    }
    moved = found.touching({address(4), address(0)})
    every = {(block, place) for block in range(1, 31) for place in range(40)}
    assert moved[address(4)] == moved[address(0)] == every
    found.close()
