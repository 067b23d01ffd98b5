"""Nodes that lie, stumble or ask for patience, in front of a chain that is recorded from mainnet."""

from __future__ import annotations

import gzip
import json
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pytest

from clawback.chains.evm.bloom import bloom_of
from clawback.chains.evm.failures import NodeFailure
from clawback.chains.evm.fetch import Piece, fetch
from clawback.chains.evm.logs import Wanted
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.offers import trace_method
from clawback.chains.evm.pace import Pace
from clawback.chains.evm.read import Wish
from clawback.chains.evm.shapes import Log
from clawback.chains.evm.topics import TRANSFER, TRANSFER_SINGLE
from clawback.chains.evm.transport import Endpoint, Limits
from clawback.errors import ClawbackError
from tests.contract.evm_rows import LIMITS, extracted, files_of, rows
from tests.contract.loopback import LoopbackServer, Scripted

FIRST = 17_173_049
BLOCKS = range(FIRST, FIRST + 2)
RECORDED = ("data", "rpc", "ethereum", "test_stream", "blocks_17173049_17173050")

Answers = dict[tuple[str, str], Any]
"""Results by method and first parameter."""


@pytest.fixture(scope="module")
def mainnet(shared_facts: Path) -> Path:
    """Two full mainnet blocks of 2023, in the flat form of another program's export."""
    return shared_facts.joinpath(*RECORDED)


def lines(folder: Path, kind: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / f"expected_{kind}.json").read_text().splitlines()]


def answers_of(folder: Path) -> Answers:
    """The recorded blocks, put back into the form of a node's answers."""
    found: Answers = {("eth_chainId", ""): "0x1"}
    logs: dict[str, list[dict[str, Any]]] = {}
    for log in sorted(lines(folder, "logs"), key=lambda log: (log["block_number"], log["log_index"])):
        logs.setdefault(log["transaction_hash"], []).append(
            {
                "address": log["address"],
                "topics": log["topics"],
                "data": log["data"],
                "blockNumber": hex(log["block_number"]),
                "blockHash": log["block_hash"],
                "transactionHash": log["transaction_hash"],
                "transactionIndex": hex(log["transaction_index"]),
                "logIndex": hex(log["log_index"]),
                "removed": False,
            }
        )
    for block in lines(folder, "blocks"):
        number = hex(block["number"])
        found["eth_getBlockByNumber", number] = {
            "number": number,
            "hash": block["hash"],
            "parentHash": block["parent_hash"],
            "timestamp": hex(block["timestamp"]),
            "gasUsed": hex(block["gas_used"]),
            "miner": block["miner"],
            "logsBloom": block["logs_bloom"],
            "baseFeePerGas": hex(block["base_fee_per_gas"]),
            "transactions": [],
        }
        found["eth_getBlockReceipts", number] = []
        found["trace_block", number] = []
    for tx in sorted(lines(folder, "transactions"), key=lambda tx: tx["transaction_index"]):
        number = hex(tx["block_number"])
        place = {
            "transactionIndex": hex(tx["transaction_index"]),
            "blockHash": tx["block_hash"],
            "blockNumber": number,
        }
        found["eth_getBlockByNumber", number]["transactions"].append(
            {
                **place,
                "hash": tx["hash"],
                "from": tx["from_address"],
                "to": tx["to_address"],
                "value": hex(tx["value"]),
            }
        )
        found["eth_getBlockReceipts", number].append(
            {
                **place,
                "transactionHash": tx["hash"],
                "status": hex(tx["receipt_status"]),
                "gasUsed": hex(tx["receipt_gas_used"]),
                "effectiveGasPrice": hex(tx["receipt_effective_gas_price"]),
                "contractAddress": tx["receipt_contract_address"],
                "logs": logs.get(tx["hash"], []),
            }
        )
    found["eth_getBlockByNumber", "latest"] = found["eth_getBlockByNumber", hex(BLOCKS[-1])]
    return found


def node_of(found: Answers) -> Callable[[str, bytes], Scripted]:
    """A node that knows these answers and nothing else."""

    def one(call: dict[str, Any]) -> dict[str, Any]:
        params = call["params"]
        key = (call["method"], params[0] if params and isinstance(params[0], str) else "")
        answer: dict[str, Any] = {"jsonrpc": "2.0", "id": call["id"]}
        if call["method"] == "eth_getLogs":
            bounds = params[0]
            wanted = range(int(bounds["fromBlock"], 16), int(bounds["toBlock"], 16) + 1)
            return answer | {
                "result": [
                    log
                    for number in wanted
                    for receipt in found["eth_getBlockReceipts", hex(number)]
                    for log in receipt["logs"]
                    if log["topics"] and log["topics"][0] == bounds["topics"][0]
                ]
            }
        if key not in found:
            return answer | {"error": {"code": -32601, "message": "the method does not exist"}}
        result = found[key]
        if key[0] == "eth_getBlockByNumber" and len(params) > 1 and not params[1]:
            result = {**result, "transactions": [tx["hash"] for tx in result["transactions"]]}
        return answer | {"result": result}

    def answer(path: str, body: bytes) -> Scripted:
        asked = json.loads(body)
        told = [one(call) for call in asked] if isinstance(asked, list) else one(asked)
        return Scripted(json.dumps(told).encode())

    return answer


def copied(found: Answers) -> Answers:
    return {key: json.loads(json.dumps(value)) for key, value in found.items()}


@pytest.fixture
def truth(mainnet: Path) -> Answers:
    return answers_of(mainnet)


class Waits(list[float]):
    """Takes the place of waiting: keeps what was waited, and moves the clock."""

    def __call__(self, seconds: float) -> None:
        self.append(seconds)

    def clock(self) -> float:
        return sum(self)


def fetched(
    urls: list[str], *, wish: Wish | None = None, limits: Limits = LIMITS, waits: Waits | None = None
) -> tuple[list[Piece], Nodes]:
    waits = Waits() if waits is None else waits
    endpoints = [Endpoint(url, limits, ["127.0.0.1"]) for url in urls]
    nodes = Nodes(endpoints, Pace(), sleep=waits, monotonic=waits.clock)
    return fetch(nodes, BLOCKS, wish or Wish()), nodes


def same(pieces: list[Piece], others: list[Piece]) -> bool:
    """Whether the rows are the same, in however many pieces they came."""
    return all(
        pa.concat_tables([piece.tables[name] for piece in pieces]).equals(
            pa.concat_tables([piece.tables[name] for piece in others])
        )
        for name in pieces[0].tables
    )


@pytest.fixture(scope="module")
def true_pieces(mainnet: Path) -> list[Piece]:
    with LoopbackServer(answering=node_of(answers_of(mainnet))) as server:
        pieces, _ = fetched([server.url])
    assert pieces[0].tables["transfers"].num_rows > 500
    return pieces


@pytest.fixture(scope="module")
def expected(mainnet: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("expected")
    with LoopbackServer(answering=node_of(answers_of(mainnet))) as server:
        extracted(out, [server.url], BLOCKS)
    return out


def test_two_mainnet_blocks_give_what_another_program_found(mainnet: Path, expected: Path) -> None:
    apart = {
        (row["tx_hash"], row["position"] - 1_000_000)
        for table in ("nft_transfers", "quarantine")
        for row in rows(expected, table)
    }
    # Their ids of ERC-721 tokens stand as values; those of wrapped ether have no Transfer.
    weth = "0xc02aaa39b223fe8d0a0e5c4f27ead9083c756cc2"
    wrapping = {
        (log["transaction_hash"], log["log_index"])
        for log in lines(mainnet, "logs")
        if log["address"] == weth and len(log["topics"]) == 2
    }
    ours = {
        (row["tx_hash"], row["position"] - 1_000_000): (
            row["asset"], row["from_address"], row["to_address"], row["amount"]
        )
        for row in rows(expected, "transfers")
        if row["asset"] != "native"
    }  # fmt: skip
    theirs = {
        (row["transaction_hash"], row["log_index"]): (
            row["token_address"], row["from_address"], row["to_address"], row["value"]
        )
        for row in lines(mainnet, "token_transfers")
    }  # fmt: skip
    assert len(theirs) > 200
    assert {key: value for key, value in theirs.items() if key not in apart} == {
        key: value for key, value in ours.items() if key not in wrapping
    }
    assert theirs.keys() <= ours.keys() | apart
    assert len(wrapping) > 10
    assert {ours[key][1] == "0x" + "0" * 40 for key in wrapping} == {True, False}
    values = {row["tx_hash"]: row for row in rows(expected, "transfers") if row["kind"] == "native"}
    fees = {row["tx_hash"]: row["amount"] for row in rows(expected, "transfers") if row["kind"] == "fee"}
    transactions = lines(mainnet, "transactions")
    for tx in transactions:
        assert fees[tx["hash"]] == tx["receipt_gas_used"] * tx["receipt_effective_gas_price"]
        if tx["value"] and tx["receipt_status"]:
            assert values.pop(tx["hash"])["amount"] == tx["value"]
    assert values == {}
    assert len(transactions) == len(fees) == 298


def receipts(found: Answers) -> list[dict[str, Any]]:
    of_block: list[dict[str, Any]] = found["eth_getBlockReceipts", hex(FIRST)]
    return of_block


def logs(found: Answers) -> list[dict[str, Any]]:
    return [log for receipt in receipts(found) for log in receipt["logs"]]


def with_logs(found: Answers) -> dict[str, Any]:
    return next(receipt for receipt in receipts(found) if len(receipt["logs"]) > 1)


def block(found: Answers) -> dict[str, Any]:
    of_number: dict[str, Any] = found["eth_getBlockByNumber", hex(FIRST)]
    return of_number


def set_result(found: Answers, method: str, value: Any) -> None:
    found[method, hex(FIRST)] = value


OTHER = "0x" + "9" * 64
LIES: list[tuple[str, Callable[[Answers], Any], str]] = [
    ("no receipts", lambda a: set_result(a, "eth_getBlockReceipts", []), "transactions and 0 receipts"),
    ("null receipts", lambda a: set_result(a, "eth_getBlockReceipts", None), "has no result"),
    ("a receipt less", lambda a: receipts(a).pop(), "receipts"),
    ("a receipt twice", lambda a: receipts(a).append(receipts(a)[-1]), "receipts"),
    ("receipts in another order", lambda a: receipts(a).reverse(), "a receipt's transaction"),
    ("a receipt of another block", lambda a: receipts(a)[3].update(blockHash=OTHER), "a receipt's block"),
    ("a log less", lambda a: with_logs(a)["logs"].pop(0), "a log's index"),
    ("a log twice", lambda a: with_logs(a)["logs"].append(with_logs(a)["logs"][0]), "a log's index"),
    ("a log of another transaction", lambda a: logs(a)[5].update(transactionHash=OTHER), "a log's trans"),
    ("a log of another block", lambda a: logs(a)[5].update(blockHash=OTHER), "a log's block hash"),
    ("a log that was removed", lambda a: logs(a)[5].update(removed=True), "marked as removed"),
    ("another block", lambda a: set_result(a, "eth_getBlockByNumber", a["eth_getBlockByNumber", "latest"]),
     "did not give the blocks"),
    ("another chain's block", lambda a: block(a).update(hash=OTHER), "is not the child"),
    ("another parent", lambda a: a["eth_getBlockByNumber", hex(FIRST + 1)].update(parentHash=OTHER),
     "not the child"),
    ("times that run backwards", lambda a: block(a).update(timestamp="0x70000000"), "run backwards"),
    ("a renamed field", lambda a: receipts(a)[0].update(gasSpent=receipts(a)[0].pop("gasUsed")),
     "missing required field `gasUsed`"),
    ("a number that is none", lambda a: receipts(a)[0].update(gasUsed="0x_1"), "gasUsed is not always"),
    ("a number as a number", lambda a: receipts(a)[0].update(gasUsed=7), "Expected `str`"),
    ("an address that is none", lambda a: block(a)["transactions"][0].update({"from": "0x12"}), "a sender"),
    ("neither success nor failure", lambda a: [one.update(status=None) for one in receipts(a)],
     "neither success nor failure"),
    ("a failed method", lambda a: a.pop(("eth_getBlockReceipts", hex(FIRST))), "does not exist"),
]  # fmt: skip


@pytest.mark.parametrize(("lie", "says"), [lie[1:] for lie in LIES], ids=[lie[0] for lie in LIES])
def test_a_lie_is_asked_elsewhere_or_fails_loudly(
    truth: Answers, true_pieces: list[Piece], lie: Callable[[Answers], Any], says: str
) -> None:
    lied = copied(truth)
    lie(lied)
    with (
        LoopbackServer(answering=node_of(truth)) as honest,
        LoopbackServer(answering=node_of(lied)) as liar,
    ):
        pieces, _ = fetched([liar.url, honest.url])
        assert same(pieces, true_pieces)
        assert len(honest.requests) == 2
        with pytest.raises(ClawbackError) as caught:
            fetched([liar.url])
        assert says in str(caught.value)
        assert len(liar.requests) < 20


def test_the_comparison_of_these_tests_sees_a_difference(truth: Answers, true_pieces: list[Piece]) -> None:
    lied = copied(truth)
    block(lied)["transactions"][0]["value"] = "0x123"
    with LoopbackServer(answering=node_of(lied)) as server:
        assert not same(fetched([server.url])[0], true_pieces)


def test_one_lie_of_many_nodes_leaves_no_trace_in_the_files(
    truth: Answers, expected: Path, tmp_path: Path
) -> None:
    lied = copied(truth)
    receipts(lied).pop()
    with (
        LoopbackServer(answering=node_of(truth)) as honest,
        LoopbackServer(answering=node_of(lied)) as liar,
    ):
        extracted(tmp_path / "two", [liar.url, honest.url], BLOCKS)
        assert files_of(tmp_path / "two") == files_of(expected)
        with pytest.raises(ClawbackError, match="no node gave"):
            extracted(tmp_path / "one", [liar.url], BLOCKS)
        assert not list((tmp_path / "one").rglob("*.parquet"))
        assert not (tmp_path / "one" / "manifest.json").exists()


def test_blocks_of_different_answers_must_be_one_chain_too(
    truth: Answers, expected: Path, tmp_path: Path
) -> None:
    lied = copied(truth)
    lied["eth_getBlockByNumber", hex(FIRST + 1)]["parentHash"] = OTHER
    changes = {"ethereum": {"chunk_blocks": 1}}
    with (
        LoopbackServer(answering=node_of(truth)) as honest,
        LoopbackServer(answering=node_of(lied)) as liar,
    ):
        # One block in each question: the link is between two answers about one chunk.
        with pytest.raises(ClawbackError, match="the nodes' blocks are not one chain"):
            extracted(tmp_path / "asked", [liar.url], BLOCKS, most_blocks=1)
        extracted(tmp_path / "both", [liar.url, honest.url], BLOCKS, most_blocks=1)
        assert files_of(tmp_path / "both") == files_of(expected)
        # One block in each chunk: the link is between two chunks.
        with pytest.raises(ClawbackError, match="the chunks are not one chain"):
            extracted(tmp_path / "chunks", [liar.url], BLOCKS, changes=changes)
        told: list[str] = []
        extracted(tmp_path / "mended", [liar.url, honest.url], BLOCKS, changes=changes, told=told)
        assert any("fetching both sides again" in line for line in told)
        assert rows(tmp_path / "mended", "blocks") == rows(expected, "blocks")


def html(path: str, body: bytes) -> Scripted:
    return Scripted(b"<html><body>Bad gateway</body></html>", headers={"content-type": "text/html"})


def cut_gzip(truth: Answers) -> Callable[[str, bytes], Scripted]:
    def answer(path: str, body: bytes) -> Scripted:
        whole = gzip.compress(node_of(truth)(path, body).body, mtime=0)
        return Scripted(whole[: len(whole) // 2], headers={"content-encoding": "gzip"})

    return answer


def whole_gzip(truth: Answers) -> Callable[[str, bytes], Scripted]:
    return lambda path, body: Scripted(
        gzip.compress(node_of(truth)(path, body).body, mtime=0), headers={"content-encoding": "gzip"}
    )


def cut_off(truth: Answers) -> Callable[[str, bytes], Scripted]:
    def answer(path: str, body: bytes) -> Scripted:
        whole = node_of(truth)(path, body).body
        return Scripted(whole[: len(whole) // 2], length=len(whole))

    return answer


STUMBLES: list[tuple[str, Callable[[Answers], Callable[[str, bytes], Scripted]], str]] = [
    ("an HTML page with status 200", lambda truth: html, "it begins '<html>"),
    ("a gzip answer that ends early", cut_gzip, "ends too early"),
    ("an answer that breaks off", cut_off, "ended after"),
    ("status 502", lambda truth: lambda path, body: Scripted(b"", 502), "status 502"),
    ("an answer to other questions", lambda truth: lambda path, body: Scripted(b'[{"id":77}]'),
     "or not to these"),
    ("an error", lambda truth: lambda path, body: Scripted(b'{"id":0,"error":{"code":1,"message":"oops"}}'),
     "oops"),
    ("too deep", lambda truth: lambda path, body: Scripted(b"[" * 100_000), "no answer"),
]  # fmt: skip


@pytest.mark.parametrize(("stumble", "says"), [one[1:] for one in STUMBLES], ids=[one[0] for one in STUMBLES])
def test_a_node_that_stumbles_is_replaced_or_named(
    truth: Answers,
    true_pieces: list[Piece],
    stumble: Callable[[Answers], Callable[[str, bytes], Scripted]],
    says: str,
) -> None:
    bad = stumble(truth)
    good = node_of(truth)

    def answer(path: str, body: bytes) -> Scripted:
        return bad(path, body) if b"Receipts" in body else good(path, body)

    with (
        LoopbackServer(answering=good) as honest,
        LoopbackServer(answering=answer) as stumbling,
    ):
        pieces, nodes = fetched([stumbling.url, honest.url])
        assert same(pieces, true_pieces)
        assert nodes.failures == 1
        waits = Waits()
        with pytest.raises(ClawbackError) as caught:
            fetched([stumbling.url], waits=waits)
        assert says in str(caught.value)
        assert stumbling.url in str(caught.value)
        assert sum(waits) <= 300


def test_gzip_is_read(truth: Answers, true_pieces: list[Piece]) -> None:
    with LoopbackServer(answering=whole_gzip(truth)) as server:
        assert same(fetched([server.url])[0], true_pieces)


def test_a_hostile_amount_is_quarantined_with_its_digits(
    truth: Answers, expected: Path, tmp_path: Path
) -> None:
    transfer = next(
        log for log in logs(truth) if len(log["topics"]) == 3 and log["topics"][0].startswith("0xddf252ad")
    )
    transfer["data"] = "0x" + "f" * 64
    with LoopbackServer(answering=node_of(truth)) as server:
        extracted(tmp_path, [server.url], BLOCKS)
    refused = rows(tmp_path, "quarantine")
    found = [row for row in refused if row["says"] == str(2**256 - 1)]
    assert [(row["contract"], row["tx_hash"]) for row in found] == [
        (transfer["address"], transfer["transactionHash"])
    ]
    assert len(rows(tmp_path, "transfers")) == len(rows(expected, "transfers")) - 1


def test_a_log_withheld_at_the_end_is_seen_by_the_bloom_filter_alone(
    truth: Answers, true_pieces: list[Piece]
) -> None:
    short = copied(truth)
    for found in (truth, short):
        for of_block in (found["eth_getBlockReceipts", hex(number)] for number in BLOCKS):
            for receipt in of_block:
                receipt["logsBloom"] = bloom_text(receipt["logs"])
    [receipt for receipt in receipts(short) if receipt["logs"]][-1]["logs"].pop()
    strict = Wish(check_bloom=True)
    with (
        LoopbackServer(answering=node_of(short)) as server,
        LoopbackServer(answering=node_of(truth)) as honest,
    ):
        fetched([server.url])  # there is no gap in the indexes
        with pytest.raises(ClawbackError, match="no node gave") as caught:
            fetched([server.url], wish=strict)
        assert "not those of its bloom filter" in str(caught.value)
        # The blocks' own filters are the recorded ones: mainnet's bits, not ours.
        assert same(fetched([server.url, honest.url], wish=strict)[0], true_pieces)
    # A log more in one receipt and less in another leaves the block's filter as it is, and not theirs.
    moved = copied(truth)
    one, other = [receipt for receipt in receipts(moved) if receipt["logs"]][:2]
    one["logsBloom"], other["logsBloom"] = other["logsBloom"], one["logsBloom"]
    with (
        LoopbackServer(answering=node_of(moved)) as server,
        pytest.raises(ClawbackError) as caught,
    ):
        fetched([server.url], wish=strict)
    assert f"the logs of {one['transactionHash']} are not those" in str(caught.value)


def bloom_text(of: list[dict[str, Any]]) -> str:
    bits = bloom_of([msgspec.convert(log, Log) for log in of])
    return f"0x{bits:0512x}"


def test_nodes_of_two_chains_are_refused(truth: Answers, tmp_path: Path) -> None:
    other = {**truth, ("eth_chainId", ""): "0x38"}
    with (
        LoopbackServer(answering=node_of(truth)) as one,
        LoopbackServer(answering=node_of(other)) as two,
        pytest.raises(ClawbackError, match="the nodes are of different chains"),
    ):
        extracted(tmp_path, [one.url, two.url], BLOCKS)


def test_a_node_that_is_not_there_is_left_out_and_said(
    truth: Answers, expected: Path, tmp_path: Path
) -> None:
    told: list[str] = []
    with LoopbackServer(answering=node_of(truth)) as server:
        extracted(tmp_path, ["http://127.0.0.1:9", server.url], BLOCKS, told=told)
    assert files_of(tmp_path) == files_of(expected)
    assert any("left out, for it does not answer: http://127.0.0.1:9" in line for line in told)


def test_429_is_waited_for_as_long_as_it_asks(truth: Answers, true_pieces: list[Piece]) -> None:
    good = node_of(truth)
    times = iter(range(100))

    def answer(path: str, body: bytes) -> Scripted:
        if b"Receipts" in body and next(times) < 2:
            return Scripted(b"slow down", 429, {"retry-after": "7"})
        return good(path, body)

    waits = Waits()
    with LoopbackServer(answering=answer) as server:
        pieces, nodes = fetched([server.url], waits=waits)
    assert same(pieces, true_pieces)
    assert waits == [7.0, 7.0]
    assert nodes.pace.lanes == 1

    waits = Waits()
    with (
        LoopbackServer(Scripted(b"", 429, {"retry-after": "3600"})) as server,
        pytest.raises(ClawbackError, match="every node asks to wait; the shortest wait is 3600 s"),
    ):
        fetched([server.url], waits=waits)
    assert waits == []


def test_a_node_that_allows_few_questions_answers_in_the_end(
    truth: Answers, true_pieces: list[Piece]
) -> None:
    """It answers one question, then refuses until it was left alone: an attempt has two."""
    good = node_of(truth)
    left, refused, waits = [1], [0], Waits()

    def answer(path: str, body: bytes) -> Scripted:
        if not left[0]:
            refused[0] += 1
            left[0] = 1
            return Scripted(b"slow down", 429, {"retry-after": "0"})
        left[0] -= 1
        return good(path, body)

    with LoopbackServer(answering=answer) as server:
        for _ in range(8):
            pieces, _ = fetched([server.url], waits=waits)
            assert same(pieces, true_pieces)
        assert len(server.requests) == 8 * 2 + refused[0]  # no question was asked twice
    assert refused[0] >= 7
    assert set(waits) == {0.5}  # a node that asks for no wait gets one


@pytest.mark.parametrize("whole", [True, False])
@pytest.mark.parametrize("method", [b"eth_getBlockByNumber", b"eth_getBlockReceipts"])
def test_a_node_that_asks_to_wait_in_an_answer_is_asked_again(
    truth: Answers, true_pieces: list[Piece], method: bytes, whole: bool
) -> None:
    """Hosted nodes refuse with status 200: a batch as a whole, or some of its questions."""
    good = node_of(truth)
    error = {"code": -32005, "message": "project ID request rate exceeded"}
    times, waits = iter(range(100)), Waits()

    def answer(path: str, body: bytes) -> Scripted:
        said = good(path, body)
        if method not in body or next(times) >= 2:
            return said
        if whole:
            return Scripted(json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode())
        answers = json.loads(said.body)
        last = answers[-1] if isinstance(answers, list) else answers
        del last["result"]
        last["error"] = error
        return Scripted(json.dumps(answers).encode())

    with LoopbackServer(answering=answer) as server:
        pieces, _ = fetched([server.url], waits=waits)
        asked = len(server.requests)
    assert same(pieces, true_pieces)
    assert asked == 2 + 2  # what was answered well is not asked for again
    assert len(waits) == 2


def test_a_node_that_wants_fewer_questions_still_traces(truth: Answers) -> None:
    """A refusal to answer now is no refusal to trace: without waiting, a day would lose its inner value."""
    trace = {"action": {"from": f"0x{'1' * 40}"}, "type": "call", "blockHash": "0x1", "traceAddress": []}
    known = truth | {("trace_block", hex(number)): [trace] for number in BLOCKS}
    good, times, waits = node_of(known), iter(range(9)), Waits()

    def answer(path: str, body: bytes) -> Scripted:
        return Scripted(b"", 429) if b"trace_block" in body and next(times) < 2 else good(path, body)

    with LoopbackServer(answering=answer) as server:
        endpoint = Endpoint(server.url, LIMITS, ["127.0.0.1"])
        nodes = Nodes([endpoint], Pace(), sleep=waits, monotonic=waits.clock)
        assert trace_method([endpoint], nodes, BLOCKS) == ("trace_block", [endpoint])
    assert waits != []


def test_addresses_in_mixed_case_are_the_same_addresses(truth: Answers, true_pieces: list[Piece]) -> None:
    shouting = json.loads(json.dumps([[list(key), value] for key, value in truth.items()]))
    for (method, _), value in shouting:
        for log in (log for receipt in value for log in receipt["logs"]) if "Receipts" in method else ():
            log["address"] = "0x" + log["address"][2:].upper()
            log["topics"] = ["0x" + topic[2:].upper() for topic in log["topics"]]
    wish = Wish(logs=Wanted(frozenset({TRANSFER})))
    found = {tuple(key): value for key, value in shouting}
    with LoopbackServer(answering=node_of(truth)) as one, LoopbackServer(answering=node_of(found)) as other:
        plain, mixed = (fetched([server.url], wish=wish)[0] for server in (one, other))
    assert same(mixed, plain)
    assert plain[0].tables["logs"].num_rows > 100


def test_a_numbered_token_of_another_form_is_turned_away(truth: Answers) -> None:
    found = {key: json.loads(json.dumps(value)) for key, value in truth.items()}
    receipts = (receipt for key, value in found.items() if "Receipts" in key[0] for receipt in value)
    log = next(log for receipt in receipts for log in receipt["logs"] if len(log["topics"]) == 3)
    log["topics"][0] = TRANSFER_SINGLE
    with LoopbackServer(answering=node_of(found)) as server:
        pieces, _ = fetched([server.url])
    reasons = [row["reason"] for piece in pieces for row in piece.tables["quarantine"].to_pylist()]
    assert "no transfer of a numbered token: it has 3 topics, not four" in reasons


def test_words_with_rate_in_them_ask_for_no_patience(truth: Answers) -> None:
    waits = Waits()
    error = {"code": -32000, "message": "failed to generate receipts"}
    body = json.dumps([{"jsonrpc": "2.0", "id": number, "error": error} for number in range(2)]).encode()
    good = node_of(truth)

    def answer(path: str, asked: bytes) -> Scripted:
        return Scripted(body) if b"Receipts" in asked else good(path, asked)

    with LoopbackServer(answering=answer) as server, pytest.raises(ClawbackError, match="generate"):
        fetched([server.url], waits=waits)
    assert sum(waits) < 30


def test_an_endless_refusal_ends(truth: Answers) -> None:
    good = node_of(truth)

    def answer(path: str, body: bytes) -> Scripted:
        return Scripted(b"", 429) if b"Receipts" in body else good(path, body)

    waits = Waits()
    with (
        LoopbackServer(answering=answer) as server,
        pytest.raises(ClawbackError, match="every node asks to wait"),
    ):
        fetched([server.url], waits=waits)
    assert 240 < sum(waits) <= 300
    assert max(waits) == 32


def test_a_batch_that_is_too_much_is_halved(truth: Answers, true_pieces: list[Piece]) -> None:
    good = node_of(truth)
    sizes = []

    def answer(path: str, body: bytes) -> Scripted:
        asked = json.loads(body)
        sizes.append(len(asked) if isinstance(asked, list) else 1)
        if sizes[-1] > 1:
            error = {"code": -32005, "message": "batch too large"}
            return Scripted(json.dumps({"jsonrpc": "2.0", "id": None, "error": error}).encode())
        return good(path, body)

    with LoopbackServer(answering=answer) as server:
        pieces, nodes = fetched([server.url])
    assert same(pieces, true_pieces)
    assert sizes == [2, 2, 1, 1, 1, 1]
    assert nodes.pace.blocks == 1


def test_an_answer_larger_than_the_limit_is_halved_or_named(truth: Answers, true_pieces: list[Piece]) -> None:
    asked: list[Any] = []
    good = node_of(truth)

    def answer(path: str, body: bytes) -> Scripted:
        asked.append(json.loads(body))
        return good(path, body)

    # What is said about a block counts together.
    methods = ("eth_getBlockByNumber", "eth_getBlockReceipts")
    sizes = sorted(
        sum(len(json.dumps(truth[method, hex(number)])) for method in methods) for number in BLOCKS
    )
    with LoopbackServer(answering=answer) as server:
        limits = Limits(timeout=5, deadline=10, max_bytes=sizes[1] + 1_000)
        pieces, _ = fetched([server.url], limits=limits)
        assert len(pieces) == 2
        assert same(pieces, true_pieces)
        limits = Limits(timeout=5, deadline=10, max_bytes=sizes[0] // 2)
        asked.clear()
        with pytest.raises(ClawbackError) as caught:
            fetched([server.url], limits=limits)
        assert f"larger than {sizes[0] // 2} bytes" in str(caught.value)
        assert "max_megabytes" in str(caught.value)
        # It is as large when it is asked for again: both blocks, then one of them, once.
        assert sum(len(one) if isinstance(one, list) else 1 for one in asked) <= 2 * 2 * len(methods)


@pytest.mark.parametrize(
    "head",
    [b"", b"HTTP/1.1 200 OK\r\ncontent-length: 9999\r\n\r\n", b"HTTP/1.1 200 OK\r\n\r\n"],
    ids=["headers", "an answer of known length", "an answer of any length"],
)
def test_a_drip_ends_after_its_deadline(head: bytes) -> None:
    limits = Limits(timeout=5, deadline=0.5, max_bytes=1 << 20)
    with socket.create_server(("127.0.0.1", 0)) as server:

        def drip() -> None:
            connection, _ = server.accept()
            with connection, suppress(OSError):
                connection.sendall(head)
                while True:
                    connection.sendall(b"H")
                    time.sleep(0.05)

        threading.Thread(target=drip, daemon=True).start()
        endpoint = Endpoint(f"http://127.0.0.1:{server.getsockname()[1]}", limits, ["127.0.0.1"])
        begun = time.monotonic()
        with pytest.raises(NodeFailure, match="ended after its deadline"):
            endpoint.post(b"{}")
        assert time.monotonic() - begun < 20


def test_inside_addresses_are_asked_only_when_they_are_named(truth: Answers) -> None:
    with LoopbackServer(answering=node_of(truth)) as server:
        with pytest.raises(NodeFailure, match="leads to an inside address"):
            Endpoint(server.url, LIMITS).post(b"{}")
        assert server.requests == []
    for url in ("ftp://127.0.0.1", "http://", "http://a:b@127.0.0.1", "http://127.0.0.1:0", "http://x y"):
        with pytest.raises(ClawbackError):
            Endpoint(url, LIMITS)
