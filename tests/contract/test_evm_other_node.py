"""A real node of another make and chain, which gives neither receipts by block nor traces."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from clawback.chains.evm.failures import Lie, NodeFailure, TooMuch
from clawback.chains.evm.read import Wish, ask_blocks, read_answers
from clawback.chains.evm.transport import Endpoint, Limits
from clawback.errors import ClawbackError
from tests.contract.anvil import Node, running_node
from tests.contract.evm_chain import RUNTIMES, fill_chain
from tests.contract.evm_rows import extracted, files_of, rows
from tests.contract.ganache import CHAIN_ID, Ganache, running_ganache
from tests.contract.loopback import LoopbackServer, Scripted

DAY = date(2020, 9, 26)
MIDNIGHT = int(datetime(2020, 9, 26, tzinfo=UTC).timestamp())
Refusal = dict[str, Any]
UNKNOWN: Refusal = {"code": -32601, "message": "the method eth_getBlockReceipts does not exist"}


@pytest.fixture(scope="module")
def ganache() -> Iterator[tuple[Ganache, dict[str, Any]]]:
    with running_ganache(MIDNIGHT - 60) as node:
        made = fill_chain(node, MIDNIGHT, rounds=2)
        made["transactions"] = len(RUNTIMES) + 23 + 22
        node.mine(MIDNIGHT + 86_400)
        node.mine(MIDNIGHT + 86_401)
        node.mine(MIDNIGHT + 86_402)
        yield node, made


@pytest.fixture(scope="module")
def anvil() -> Iterator[tuple[Node, dict[str, Any]]]:
    with running_node(MIDNIGHT - 60) as node:
        yield node, fill_chain(node, MIDNIGHT)


def relay(node: Node, refused: dict[str, Refusal], told: Counter[str], most: int = 1_000) -> LoopbackServer:
    """The node without some methods and with a limit on batches; it counts questions by method."""

    def answering(_: str, body: bytes) -> Scripted:
        asked = json.loads(body)
        several = asked if isinstance(asked, list) else [asked]
        told[several[0]["method"]] += 1
        if len(several) > most:
            error = {"code": -32005, "message": "batch too large"}
            return Scripted(json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode())
        answers = [
            {"jsonrpc": "2.0", "id": one["id"], "error": refused[one["method"]]}
            if one["method"] in refused
            else {"jsonrpc": "2.0", "id": one["id"], "result": node.call(one["method"], *one["params"])}
            for one in several
        ]
        return Scripted(json.dumps(answers if isinstance(asked, list) else answers[0]).encode())

    return LoopbackServer(answering=answering)


def test_the_other_node_lacks_what_it_is_there_for(ganache: tuple[Ganache, dict[str, Any]]) -> None:
    node, _ = ganache
    assert int(node.call("eth_chainId"), 16) == CHAIN_ID
    for method in ("eth_getBlockReceipts", "trace_block", "debug_traceBlockByNumber"):
        with pytest.raises(AssertionError, match="does not exist"):
            node.call(method, "0x1")


def test_balances_follow_from_receipts_that_came_one_by_one(
    ganache: tuple[Ganache, dict[str, Any]], tmp_path: Path
) -> None:
    node, made = ganache
    blocks = made["blocks"]
    manifest = extracted(tmp_path / "out", [node.url], blocks)
    assert manifest["internal_value"] == "not seen"
    assert manifest["got"]["receipts"] == manifest["got"]["transactions"] == made["transactions"]
    bob = made["bob"]
    change = 0
    for row in rows(tmp_path / "out", "transfers"):
        if row["asset"] == "native":
            change -= row["amount"] if row["from_address"] == bob else 0
            change += row["amount"] if row["to_address"] == bob else 0
    before, after = (
        int(node.call("eth_getBalance", bob, hex(number)), 16) for number in (blocks[0] - 1, blocks[-1])
    )
    inner = 6_000  # what the destroyed contract paid: no node tells of it here
    assert after - before == change + inner


def test_both_ways_of_asking_for_receipts_give_the_same_bytes(
    anvil: tuple[Node, dict[str, Any]], tmp_path: Path
) -> None:
    node, made = anvil
    extracted(tmp_path / "plain", [node.url], made["blocks"], checks=("bloom", "receipts-root"))
    told: Counter[str] = Counter()
    with relay(node, {"eth_getBlockReceipts": UNKNOWN}, told, most=40) as server:
        extracted(tmp_path / "one", [server.url], made["blocks"], checks=("bloom", "receipts-root"))
    assert files_of(tmp_path / "one") == files_of(tmp_path / "plain")
    assert told["eth_getBlockReceipts"] <= 2  # of each thread one; then it is known
    assert told["eth_getTransactionReceipt"] >= 4  # 100 at once were too many
    assert told["eth_getTransactionReceipt"] < 40


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (lambda receipts: [*receipts[:-1], None], "no result for question"),
        (lambda receipts: receipts[::-1], "a receipt's transaction is not as in block"),
        (lambda receipts: receipts[:-1] + receipts[:1], "a receipt's transaction is not as in block"),
        (
            lambda receipts: [{**one, "blockHash": "0x" + "0" * 64} for one in receipts],
            "receipt's block hash",
        ),
    ],
)
def test_receipts_one_by_one_are_checked_like_others(
    anvil: tuple[Node, dict[str, Any]], wrong: Any, says: str
) -> None:
    node, made = anvil

    def answering(_: str, body: bytes) -> Scripted:
        asked = json.loads(body)
        several = asked if isinstance(asked, list) else [asked]
        if several[0]["method"] == "eth_getBlockReceipts":
            answers = [{"id": one["id"], "error": UNKNOWN} for one in several]
        else:
            results = [node.call(one["method"], *one["params"]) for one in several]
            if several[0]["method"] == "eth_getTransactionReceipt":
                results = wrong(results)
            answers = [
                {"id": one["id"], "result": result} for one, result in zip(several, results, strict=True)
            ]
        return Scripted(json.dumps(answers if isinstance(asked, list) else answers[0]).encode())

    with LoopbackServer(answering=answering) as server:
        endpoint = Endpoint(server.url, Limits(), ("127.0.0.1",))
        asked = made["blocks"][-2:]
        with pytest.raises(Lie, match=says):
            read_answers(ask_blocks(endpoint, asked, None), Wish(), asked)
        assert endpoint.lacks <= {"eth_getBlockReceipts"}


def test_a_node_with_neither_way_says_what_it_lacks(
    anvil: tuple[Node, dict[str, Any]], tmp_path: Path
) -> None:
    node, made = anvil
    neither = {"eth_getBlockReceipts": UNKNOWN, "eth_getTransactionReceipt": UNKNOWN}
    with (
        relay(node, neither, Counter()) as server,
        pytest.raises(ClawbackError, match="does not offer what is needed"),
    ):
        extracted(tmp_path / "out", [server.url], made["blocks"])


def test_too_much_of_a_single_receipt_is_told(anvil: tuple[Node, dict[str, Any]]) -> None:
    node, made = anvil
    large = {"code": -32005, "message": "response size exceeded"}
    refused = {"eth_getBlockReceipts": UNKNOWN, "eth_getTransactionReceipt": large}
    with relay(node, refused, Counter()) as server:
        endpoint = Endpoint(server.url, Limits(), ("127.0.0.1",))
        with pytest.raises(TooMuch):
            ask_blocks(endpoint, made["blocks"][-1:], None)


def test_another_refusal_is_no_reason_to_ask_one_by_one(anvil: tuple[Node, dict[str, Any]]) -> None:
    node, made = anvil
    told: Counter[str] = Counter()
    with relay(node, {"eth_getBlockReceipts": {"code": -32000, "message": "overloaded"}}, told) as server:
        endpoint = Endpoint(server.url, Limits(), ("127.0.0.1",))
        asked = made["blocks"][-1:]
        with pytest.raises(NodeFailure, match="overloaded"):
            read_answers(ask_blocks(endpoint, asked, None), Wish(), asked)
    assert told["eth_getTransactionReceipt"] == 0
