"""Token contracts asked for decimals and symbols: on a real node, and every odd answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from Crypto.Hash import keccak

from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.pace import Pace
from clawback.chains.evm.transport import Endpoint
from clawback.context import RunContext
from clawback.errors import ClawbackError
from clawback.lake.partition import read_manifest
from clawback.sources.evm_assets.calls import ask_contracts
from clawback.sources.evm_assets.connector import DECIMALS, SYMBOL
from clawback.sources.evm_assets.parse import parse
from clawback.sources.http import HttpClient
from clawback.sources.ingest import ingest
from clawback.tables.step import make_tables
from tests.contract.anvil import Node, running_node
from tests.contract.evm_rows import LIMITS
from tests.contract.loopback import NOW, LoopbackServer, Scripted, context_for
from tests.contract.test_evm_rpc import creation

DAY = date(2020, 9, 26)
CONTRACT = "0x" + "ab" * 20


@pytest.fixture
def node() -> Iterator[Node]:
    with running_node(1_600_000_000) as running:
        yield running


def answering(decimals: bytes, symbol: bytes) -> str:
    """Runtime code that gives one of two answers, by the question's first byte (0x31 for decimals)."""
    ask = bytes.fromhex("600035 60f81c 603114 601b 57")
    start = len(ask) + 15 + 1 + 15
    codes = []
    for answer, begins in ((symbol, start + len(decimals)), (decimals, start)):
        size, place = len(answer).to_bytes(2), begins.to_bytes(2)
        # CODECOPY(0, begins, size); RETURN(0, size)
        codes.append(b"\x61" + size + b"\x61" + place + b"\x60\x00\x39\x61" + size + b"\x60\x00\xf3")
    return (ask + codes[0] + b"\x5b" + codes[1] + decimals + symbol).hex()


def number(value: int) -> bytes:
    """A word."""
    return value.to_bytes(32)


def string(text: bytes, length: int | None = None) -> bytes:
    """A string as contracts give it; `length` may lie."""
    padded = text + b"\0" * (-len(text) % 32)
    return number(32) + number(len(text) if length is None else length) + padded


def source(url: str, *contracts: str) -> dict[str, Any]:
    """Settings of the source."""
    options = {"url": url, "assets": [f"ethereum/{one}" for one in contracts], "allow_hosts": ["127.0.0.1"]}
    return {"name": "contracts", "connector": "evm_assets", "options": options}


def fetched(ctx: RunContext) -> dict[str, Any]:
    """Ingests the day; gives the manifest's facts."""
    with HttpClient(allow_hosts=["127.0.0.1"], sleep=lambda _: None, clock=lambda: NOW) as http:
        return read_manifest(ctx.lake, ingest(ctx, "contracts", DAY, NOW.date(), http)).meta


def table(ctx: RunContext, name: str) -> list[dict[str, Any]]:
    """Rows of a typed table of the day."""
    record = json.loads(ctx.lake.read(make_tables(ctx, DAY)))
    part = read_manifest(ctx.lake, record["tables"][name]["manifest"]).parts[0]
    rows: list[dict[str, Any]] = pq.read_table(ctx.lake.local_path(part.key)).to_pylist()
    return rows


ODD = {
    "plain": (number(6), string(b"USDT"), 6, "USDT"),
    "32 bytes": (number(18), b"MKR".ljust(32, b"\0"), 18, "MKR"),
    "no decimals": (b"", string(b"ART"), None, "ART"),
    "too many decimals": (number(78), string(b"MANY"), None, "MANY"),
    "decimals of 256 bits": (number(2**256 - 1), string(b"WIDE"), None, "WIDE"),
    "letters beyond ASCII": (number(8), string("\u20bf".encode()), 8, "\u20bf"),
    "turned letters": (number(8), string("\u202eTDSU".encode()), 8, None),
    "no text": (number(8), string(b"\xff\xfe"), 8, None),
    "longer than it is": (number(8), string(b"ABC", 10**6), 8, None),
    "endless": (number(8), string(b"A" * 3_000), 8, None),
    "neither": (b"", b"", None, None),
}

REASON = b"rate limit exceeded: too many requests"
ERROR = bytes.fromhex("08c379a0") + string(REASON)
FAILING = {
    "reverts": "60006000fd",
    "has another opinion": "fe",
    "loops": "5b600056",
    "jumps astray": "600056",
    "takes from nothing": "50",
    "reads beyond the end": "60ff60ff60003e",
    # REVERT with Error(string): its words are those of a busy node.
    "says that it is busy": f"60{len(ERROR):02x}600c60003960{len(ERROR):02x}6000fd" + ERROR.hex(),
}


@pytest.mark.slow
def test_a_real_node_is_asked_what_its_contracts_say(tmp_path: Path, node: Node) -> None:
    maker = node.call("eth_accounts")[0]
    sent = {
        name: node.send(**{"from": maker, "data": creation(answering(decimals, symbol))})
        for name, (decimals, symbol, _, _) in ODD.items()
    }
    sent |= {name: node.send(**{"from": maker, "data": creation(code)}) for name, code in FAILING.items()}
    node.mine(1_600_000_100)
    made = {
        name: node.call("eth_getTransactionReceipt", tx_hash)["contractAddress"].lower()
        for name, tx_hash in sent.items()
    }
    ctx = context_for(tmp_path, source(node.url, *made.values(), CONTRACT), first_day="2020-09-26")
    meta = fetched(ctx)
    found = {row["asset"]: (row["decimals"], row["symbol"]) for row in table(ctx, "assets")}
    expected = {
        made[name]: (decimals, symbol)
        for name, (_, _, decimals, symbol) in ODD.items()
        if (decimals, symbol) != (None, None)
    }
    assert found == expected
    silent = {issue["sample"] for issue in meta["issues"] if issue["code"] == "no_decimals"}
    unknown = {name for name, (_, _, decimals, _) in ODD.items() if decimals is None} | FAILING.keys()
    assert silent == {made[name] for name in unknown} | {CONTRACT}


SAID: list[dict[str, Any]] = [
    {"result": "0x" + number(6).hex()},
    {"error": {"code": 3, "message": "execution reverted"}},
]


class Tokens:
    """A node that answers with its chain's id, and about a token's decimals and symbol as it is told to."""

    def __init__(self, *said: Any, chain: int = 1, most: int = 100) -> None:
        self.said = [SAID] if not said else list(said)
        self.chain = chain
        self.most = most
        self.asked = 0

    def serve(self) -> LoopbackServer:
        return LoopbackServer(answering=self._answer)

    def _answer(self, _: str, body: bytes) -> Scripted:
        asked = json.loads(body)
        if isinstance(asked, dict) and asked["method"] == "eth_chainId":
            return Scripted(json.dumps({"id": asked["id"], "result": hex(self.chain)}).encode())
        self.asked += 1
        said = self.said.pop(0) if len(self.said) > 1 else self.said[0]
        if isinstance(said, Scripted):
            return said
        calls = asked if isinstance(asked, list) else [asked]
        if len(calls) > self.most:
            return Scripted(b'{"error": {"code": -32005, "message": "batch too large"}}')
        kinds = [0 if call["params"][0]["data"] == DECIMALS else 1 for call in calls]
        answers = [{"id": call["id"], **said[kind]} for call, kind in zip(calls, kinds, strict=True)]
        return Scripted(json.dumps(answers if isinstance(asked, list) else answers[0]).encode())


def asked_of(*nodes: Tokens, contracts: int = 1) -> bytes:
    """What is landed of these nodes' answers; waits are not waited for."""
    calls = [
        {"to": f"0x{place:040x}", "data": selector}
        for place in range(contracts)
        for selector in (DECIMALS, SYMBOL)
    ]
    with ExitStack() as stack:
        urls = [stack.enter_context(node.serve()).url for node in nodes]
        waits: list[float] = []
        endpoints = [Endpoint(url, LIMITS, ("127.0.0.1",)) for url in urls]
        return ask_contracts(
            Nodes(endpoints, Pace(), sleep=waits.append, monotonic=lambda: sum(waits)), calls
        )


LANDED = json.dumps([{"id": place, **said} for place, said in enumerate(SAID)]).encode()
OPTIONS = {"chain": "ethereum", "assets": {"part-0000.json": [CONTRACT]}}


def node_error(code: int, message: str) -> list[dict[str, Any]]:
    return [SAID[0], {"error": {"code": code, "message": message}}]


@pytest.mark.parametrize("by_name", [False, True])
def test_a_contract_without_symbol_has_its_decimals_all_the_same(by_name: bool) -> None:
    content = json.loads(LANDED)
    if by_name:  # as the first version landed answers
        content[0]["id"], content[1]["id"] = f"decimals/{CONTRACT}", f"symbol/{CONTRACT}"
    parsed = parse(json.dumps(content).encode(), OPTIONS, "part-0000.json", None)
    assert parsed.rows["assets"] == [{"chain": "ethereum", "asset": CONTRACT, "symbol": None, "decimals": 6}]
    assert parsed.broken is None


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"<html>", "no JSON"),
        (b'{"error": "batch too large"}', "did not answer the batch"),
        (b"[]", "2 questions are not answered"),
        (b'[{"result": "0x"}]', "no id"),
        (b'[{"id": 2, "result": "0x"}]', "no id"),
        (b'[{"id": true, "result": "0x"}]', "no id"),
        (b'[{"id": 0, "result": "0x"}, {"id": 0, "result": "0x"}]', "two answers"),
        (b'[{"id": 0}]', "neither result nor error"),
        (b'[{"id": 0, "error": {"code": 429, "message": "slow down"}}]', "the node failed, not the contract"),
        (b'[{"id": 0, "error": "gone"}]', "the node failed, not the contract"),
    ],
)
def test_a_landed_part_that_is_no_answer_is_broken(body: bytes, problem: str) -> None:
    assert problem in (parse(body, OPTIONS, "part-0000.json", None).broken or "")


@pytest.mark.parametrize(
    ("said", "problem"),
    [
        (node_error(-32005, "daily request count exceeded, request rate limited"), "every node asks to wait"),
        (node_error(-32603, "internal error"), "error -32603: internal error"),
        (node_error(-32000, "header not found"), "header not found"),
        (node_error(-32601, "the method eth_call does not exist"), "does not exist"),
        ([SAID[0], {"result": None}], "gave no bytes: 'None'"),
        ([SAID[0], {"result": "<html>"}], "gave no bytes: '<html>'"),
        ([SAID[0], {"id": 7, "result": "0x"}], "or not to these"),
        (Scripted(b"<html>", 200), "begins '<html>'"),
        (Scripted(b"", 502), "status 502"),
        (Scripted(b"", 429, {"retry-after": "3600"}), "every node asks to wait"),
    ],
)
def test_what_the_node_says_of_itself_is_no_answer_of_a_contract(said: Any, problem: str) -> None:
    with pytest.raises(ClawbackError) as caught:
        asked_of(Tokens(said))
    assert problem in str(caught.value)
    # Another node is asked, and the same one again.
    assert asked_of(Tokens(said), Tokens()) == asked_of(Tokens())
    if not isinstance(said, Scripted) or said.status != 429:
        assert asked_of(Tokens(said, SAID)) == asked_of(Tokens())


@pytest.mark.parametrize(
    "error",
    [
        {"code": 3, "message": "execution reverted: rate limit exceeded", "data": "0x08c379a0"},
        {"code": -32000, "message": "execution reverted: too many requests, try again"},
        {"code": -32015, "message": "VM execution error.", "data": "Bad instruction fe"},
        {"code": 3, "message": "failed"},
        {"code": -32000, "message": "invalid opcode: INVALID"},
        {"code": -32000, "message": "stack underflow (0 <=> 1)"},
        {"code": -32000, "message": "out of gas"},
        {"code": -32603, "message": "EVM error InvalidFEOpcode"},
        {"code": -32000, "message": "VM Exception while processing transaction: revert"},
    ],
)
def test_what_ends_in_the_contract_is_its_refusal(error: dict[str, Any]) -> None:
    node = Tokens([{"error": error}, {"error": error}])
    content = asked_of(node)
    assert node.asked == 1
    parsed = parse(content, OPTIONS, "part-0000.json", None)
    assert parsed.broken is None
    assert [issue.code for issue in parsed.issues] == ["no_decimals"]


def test_a_node_that_takes_fewer_questions_gives_the_same_bytes() -> None:
    few = Tokens(most=7)
    assert asked_of(few, contracts=30) == asked_of(Tokens(), contracts=30)
    assert few.asked > 8


def test_the_next_node_is_asked_and_no_other_chain(tmp_path: Path) -> None:
    with Tokens(node_error(-32603, "internal error")).serve() as ill, Tokens().serve() as well:
        about = source(ill.url, CONTRACT)
        about["options"]["more_urls"] = [well.url]
        ctx = context_for(tmp_path, about, first_day="2020-09-26")
        assert fetched(ctx)["request"]["assets"] == 1
        assert [(row["symbol"], row["decimals"]) for row in table(ctx, "assets")] == [(None, 6)]
    other = tmp_path / "other"
    other.mkdir()
    with Tokens(chain=56).serve() as server:
        ctx = context_for(other, source(server.url, CONTRACT), first_day="2020-09-26")
        with pytest.raises(ClawbackError, match="the nodes are not of ethereum"):
            fetched(ctx)
    assert not list(other.rglob("_manifest.json"))


def test_questions_are_those_of_the_token_standard() -> None:
    for name, selector in (("decimals()", DECIMALS), ("symbol()", SYMBOL)):
        digest = keccak.new(digest_bits=256, data=name.encode()).hexdigest()
        assert selector == f"0x{digest[:8]}"
