"""Quiet chains: a block that tells whether a node traces is found wherever it is, in a bounded search."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from clawback.chains.evm.failures import NotOffered
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.offers import MOST_LOOKED_AT, block_with_transactions, trace_method
from clawback.chains.evm.pace import Pace
from clawback.chains.evm.transport import Endpoint
from clawback.errors import ClawbackError
from tests.contract.evm_rows import LIMITS
from tests.contract.loopback import LoopbackServer, Scripted


class QuietNode:
    """Blocks without a transaction, but these; traces as it is told to."""

    def __init__(self, busy: set[int], *, tracing: str = "none", most: int = 1_000) -> None:
        self.busy, self.tracing, self.most = busy, tracing, most
        self.looked_at: list[int] = []
        self.questions = 0

    @contextmanager
    def nodes(self) -> Iterator[Nodes]:
        with LoopbackServer(answering=self._answer) as server:
            endpoint = Endpoint(server.url, LIMITS, ("127.0.0.1",))
            waits: list[float] = []
            yield Nodes([endpoint], Pace(), sleep=waits.append, monotonic=lambda: sum(waits))

    def _answer(self, _: str, body: bytes) -> Scripted:
        asked = json.loads(body)
        self.questions += 1
        several = asked if isinstance(asked, list) else [asked]
        if len(several) > self.most:
            return Scripted(b'{"id":null,"error":{"code":-32005,"message":"batch too large"}}')
        told = [{"id": one["id"], **self._one(one)} for one in several]
        return Scripted(json.dumps(told if isinstance(asked, list) else told[0]).encode())

    def _one(self, one: dict[str, Any]) -> dict[str, Any]:
        number = int(one["params"][0], 16)
        if one["method"] != "eth_getBlockByNumber":
            if one["method"] != "trace_block" or self.tracing == "none":
                return {"error": {"code": -32601, "message": "the method does not exist"}}
            return {"result": [{}] if number in self.busy and self.tracing == "whole" else []}
        self.looked_at.append(number)
        header = {"hash": "0x1", "parentHash": "0x1", "timestamp": "0x1", "gasUsed": "0x0", "miner": "0x1"}
        return {"result": {**header, "number": hex(number), "transactions": ["0x1"] * (number in self.busy)}}


@pytest.mark.parametrize("place", [0, 1, 777, 1_234, 2_998, 2_999])
def test_the_only_transaction_of_a_day_is_found(place: int) -> None:
    node = QuietNode({5_000 + place})
    with node.nodes() as nodes:
        assert block_with_transactions(nodes, range(5_000, 8_000)) == 5_000 + place
    assert len(node.looked_at) == len(set(node.looked_at)) <= 3_000
    assert node.questions < 3_000 // 64 + 24


def test_a_busy_chain_is_asked_once() -> None:
    node = QuietNode(set(range(5_000, 300_000)))
    with node.nodes() as nodes:
        assert block_with_transactions(nodes, range(5_000, 300_000)) is not None
    assert node.questions == 1


def test_a_stretch_of_many_blocks_is_found_before_all_are_looked_at() -> None:
    node = QuietNode(set(range(300_000, 300_400)))
    with node.nodes() as nodes:
        assert block_with_transactions(nodes, range(345_600)) in node.busy
    assert len(node.looked_at) < 2_100


def test_the_search_ends() -> None:
    node = QuietNode(set())
    with node.nodes() as nodes:
        assert block_with_transactions(nodes, range(1_000_000)) is None
    assert len(set(node.looked_at)) == len(node.looked_at) == MOST_LOOKED_AT
    assert node.questions < MOST_LOOKED_AT // 64 + 24
    for count in (0, 1, 2, 3, 100):
        node = QuietNode(set())
        with node.nodes() as nodes:
            assert block_with_transactions(nodes, range(7, 7 + count)) is None
        assert sorted(node.looked_at) == list(range(7, 7 + count))


def test_a_node_that_takes_few_questions_at_once_is_searched_too() -> None:
    node = QuietNode({5_999}, most=10)
    with node.nodes() as nodes:
        assert block_with_transactions(nodes, range(5_000, 6_000)) == 5_999


@pytest.mark.parametrize(
    ("busy", "tracing", "found"),
    [
        ({5_123}, "whole", "trace_block"),
        ({5_123}, "empty", None),  # it knows the method, and keeps no traces
        ({5_123}, "none", None),
        (set(), "empty", "trace_block"),  # there is nothing to trace, and it would say so
        (set(), "none", None),
    ],
)
def test_what_a_quiet_day_tells_of_a_node(busy: set[int], tracing: str, found: str | None) -> None:
    with QuietNode(busy, tracing=tracing).nodes() as nodes:
        method, tracing_nodes = trace_method(nodes.endpoints, nodes, range(5_000, 5_500))
        assert method == found
        assert tracing_nodes == (nodes.endpoints if found else [])


def test_blocks_that_no_node_has_are_told_plainly() -> None:
    def answer(_: str, body: bytes) -> Scripted:
        asked = json.loads(body)
        several = asked if isinstance(asked, list) else [asked]
        error = {"code": -32000, "message": "block not found: pruned"}
        told = [{"id": one["id"], "error": error} for one in several]
        return Scripted(json.dumps(told if isinstance(asked, list) else told[0]).encode())

    waits: list[float] = []
    with LoopbackServer(answering=answer) as server:
        endpoint = Endpoint(server.url, LIMITS, ("127.0.0.1",))
        nodes = Nodes([endpoint], Pace(), sleep=waits.append, monotonic=lambda: sum(waits))
        with pytest.raises(ClawbackError) as caught:
            block_with_transactions(nodes, range(5_000, 6_000))
    assert isinstance(caught.value.__cause__, NotOffered)
    assert caught.value.problem == "no node has block 5500"
    assert "keeps blocks" in (caught.value.remedy or "")
