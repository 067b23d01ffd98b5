"""A day full of what contracts make up is complete; one of a node that garbles or leaves out is not."""

from __future__ import annotations

import json
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from clawback.chains.evm.topics import TRANSFER
from clawback.context import RunContext
from clawback.errors import ClawbackError
from clawback.lake.partition import read_manifest
from clawback.sources.ingest import ingest
from tests.contract.anvil import Node, running_node
from tests.contract.evm_chain import RUNTIMES, creation, word
from tests.contract.frontier_chain import DAY, KNOWN, MIDNIGHT, WHOLE_DAY, table_of
from tests.contract.loopback import LoopbackServer, Scripted
from tests.contract.test_evm_rpc import context

pytestmark = pytest.mark.slow

SPAM, TRUE, DESTROYED = 40, 3, 12
Garbling = Callable[[str, Any], Any]


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """A day on which most Transfers have no amount, and a contract destroys itself over and over."""
    with running_node(MIDNIGHT - 3600) as running:
        alice, bob = running.call("eth_accounts")[:2]
        made = {}
        for place, name in enumerate(("unindexed", "erc20", "destroy")):
            sent = running.send(**{"from": alice, "data": creation(RUNTIMES[name])})
            running.mine(MIDNIGHT - 1000 + place)
            made[name] = running.call("eth_getTransactionReceipt", sent)["contractAddress"]
        running.mine(MIDNIGHT - 1)

        def call(name: str, *words: int | str, value: int = 0) -> None:
            data = "0x" + "".join(word(one) for one in words)
            running.send(
                **{"from": alice, "to": made[name], "data": data, "value": hex(value), "gas": "0x20000"}
            )

        for _ in range(SPAM):
            call("unindexed", alice, bob, 5)
        for amount in range(1, TRUE + 1):
            call("erc20", amount, alice, bob)
        running.mine(MIDNIGHT + 100)
        for amount in range(1, DESTROYED + 1):
            call("destroy", bob, value=amount)
        running.mine(MIDNIGHT + 200)
        running.mine(MIDNIGHT + WHOLE_DAY)
        running.mine(MIDNIGHT + WHOLE_DAY + 1)
        yield running


def garbling(node: Node, change: Garbling) -> LoopbackServer:
    """The node behind one that changes its answers, by method and result."""

    def answer(_: str, body: bytes) -> Scripted:
        asked = json.loads(body)
        request = urllib.request.Request(node.url, body, {"content-type": "application/json"})  # noqa: S310 - loopback
        with urllib.request.urlopen(request, timeout=20) as found:  # noqa: S310 - loopback
            told = json.load(found)
        pairs = zip(asked, told, strict=True) if isinstance(asked, list) else [(asked, told)]
        for question, one in pairs:
            result = change(question["method"], one.pop("result", None))
            one |= (
                {"error": {"code": -32601, "message": "unknown method"}}
                if result is None
                else {"result": result}
            )
        return Scripted(json.dumps(told).encode())

    return LoopbackServer(answering=answer)


def cut_logs(method: str, result: Any) -> Any:
    """The amounts of token transfers are lost."""
    if method == "eth_getBlockReceipts":
        for receipt in result:
            for log in receipt["logs"]:
                if log["topics"][0] == TRANSFER:
                    log["data"] = "0x"
    return result


def old_geth(method: str, result: Any) -> Any:
    """Traces by geth's tracer alone, in which a SELFDESTRUCT says nothing else."""
    if method == "trace_block":
        return None
    if method == "debug_traceBlockByNumber":
        for one in result:
            calls = one["result"].get("calls", [])
            one["result"]["calls"] = [
                {"type": call["type"]} if call["type"] == "SELFDESTRUCT" else call for call in calls
            ]
    return result


def amounts(ctx: RunContext) -> list[int]:
    return sorted(int(row["amount"]) for row in table_of(ctx, DAY, "transfers") if row["kind"] == "token")


def test_what_contracts_make_up_fails_no_day(tmp_path: Path, node: Node) -> None:
    ctx = context(tmp_path, node)
    manifest = read_manifest(ctx.lake, ingest(ctx, "chain", DAY, KNOWN))
    assert manifest.meta["quarantined"] == SPAM
    assert amounts(ctx) == list(range(1, TRUE + 1))


def test_a_node_that_garbles_logs_gives_no_day(tmp_path: Path, node: Node) -> None:
    with garbling(node, cut_logs) as server:
        only = tmp_path / "only"
        only.mkdir()
        with pytest.raises(ClawbackError, match="no node gave") as caught:
            ingest(context(only, Node(server.url)), "chain", DAY, KNOWN)
        assert "have not its receiptsRoot" in str(caught.value)
        assert not list(only.rglob("dt=*/known=*/_manifest.json"))
        # The next node is asked.
        both = tmp_path / "both"
        both.mkdir()
        ctx = context(both, Node(server.url), more_urls=[node.url])
        ingest(ctx, "chain", DAY, KNOWN)
        assert amounts(ctx) == list(range(1, TRUE + 1))


def test_a_node_that_leaves_out_what_was_paid_gives_no_day(tmp_path: Path, node: Node) -> None:
    with garbling(node, old_geth) as server:
        ctx = context(tmp_path, Node(server.url))
        with pytest.raises(ClawbackError, match=f"{DESTROYED} of .* more than 1 percent") as caught:
            ingest(ctx, "chain", DAY, KNOWN)
    assert "destroyed itself" in str(caught.value)
