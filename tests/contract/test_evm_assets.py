"""Token contracts asked for decimals and symbols: on a real node, and every odd answer."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
from Crypto.Hash import keccak

from clawback.context import RunContext
from clawback.errors import ClawbackError
from clawback.lake.partition import read_manifest
from clawback.sources.evm_assets.connector import DECIMALS, SYMBOL
from clawback.sources.evm_assets.parse import parse
from clawback.sources.http import HttpClient
from clawback.sources.ingest import ingest
from clawback.tables.step import make_tables
from tests.contract.anvil import Node, running_node
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


@pytest.mark.slow
def test_a_real_node_is_asked_what_its_contracts_say(tmp_path: Path, node: Node) -> None:
    maker = node.call("eth_accounts")[0]
    sent = {
        name: node.send(**{"from": maker, "data": creation(answering(decimals, symbol))})
        for name, (decimals, symbol, _, _) in ODD.items()
    }
    sent["fails"] = node.send(**{"from": maker, "data": creation("60006000fd")})
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
    unknown = {name for name, (_, _, decimals, _) in ODD.items() if decimals is None} | {"fails"}
    assert silent == {made[name] for name in unknown} | {CONTRACT}


def answer(**changes: Any) -> bytes:
    """A batch of two answers."""
    said = {
        f"decimals/{CONTRACT}": {"result": "0x" + number(6).hex()},
        f"symbol/{CONTRACT}": {"error": {"code": 3, "message": "execution reverted"}},
    }
    return json.dumps(
        [{"jsonrpc": "2.0", "id": name, **said[name]} for name in said] + list(changes.values())
    ).encode()


def test_a_contract_without_symbol_has_its_decimals_all_the_same() -> None:
    options = {"chain": "ethereum", "assets": {"part-0000.json": [CONTRACT]}}
    parsed = parse(answer(), options, "part-0000.json", None)
    assert parsed.rows["assets"] == [{"chain": "ethereum", "asset": CONTRACT, "symbol": None, "decimals": 6}]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        (b"<html>", "no JSON"),
        (b'{"error": "batch too large"}', "did not answer the batch"),
        (b"[]", "2 questions are not answered"),
        (b'[{"result": "0x"}]', "no id"),
        (answer(more={"id": f"decimals/{CONTRACT}", "result": "0x"}), "two answers"),
        (json.dumps([{"id": f"decimals/{CONTRACT}"}]).encode(), "neither result nor error"),
    ],
)
def test_what_is_no_answer_completes_no_day(tmp_path: Path, body: bytes, problem: str) -> None:
    with LoopbackServer(Scripted(body)) as server:
        ctx = context_for(tmp_path, source(server.url, CONTRACT), first_day="2020-09-26")
        with pytest.raises(ClawbackError, match=problem):
            fetched(ctx)
    assert not list(tmp_path.rglob("_manifest.json"))


def test_questions_are_those_of_the_token_standard() -> None:
    for name, selector in (("decimals()", DECIMALS), ("symbol()", SYMBOL)):
        digest = keccak.new(digest_bits=256, data=name.encode()).hexdigest()
        assert selector == f"0x{digest[:8]}"
