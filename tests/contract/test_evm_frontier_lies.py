"""Nodes that leave something out of what touches the watched addresses, around a real node's answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from clawback.chains.evm.failures import Lie
from clawback.chains.evm.frontier.proven_logs import ProvenLogs
from clawback.chains.evm.frontier.values import scan_values
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.pace import Pace
from clawback.chains.evm.read import Wish
from clawback.chains.evm.transport import Endpoint
from clawback.chains.evm.withheld import Proof
from clawback.errors import ClawbackError
from tests.contract.anvil import Node, running_node
from tests.contract.evm_rows import LIMITS
from tests.contract.frontier_chain import DAY, DESTROYED, MIDNIGHT, fill_frontier_days, table_of, write_case
from tests.contract.lying_node import Change, honest, lying
from tests.contract.test_evm_frontier import ingested, names_of, plain, prepared

pytestmark = pytest.mark.slow

Logs = list[dict[str, Any]]


@pytest.fixture(scope="module")
def chain() -> Iterator[tuple[Node, dict[str, Any]]]:
    with running_node(MIDNIGHT - 3600) as node:
        yield node, fill_frontier_days(node)


def of_logs(left: Callable[[Logs], Logs], receipts_too: bool = False) -> Change:
    """What is left of the logs that are asked for; and of those of receipts."""

    def change(method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_getLogs":
            return left(result)
        if method == "eth_getBlockReceipts" and receipts_too:
            return [{**one, "logs": left(one["logs"])} for one in result]
        return result

    return change


def nothing(logs: Logs) -> Logs:
    return []


def without(tx_hash: str) -> Callable[[Logs], Logs]:
    return lambda logs: [log for log in logs if log["transactionHash"] != tx_hash]


def without_topic(topic: str) -> Callable[[Logs], Logs]:
    return lambda logs: [log for log in logs if log["topics"][0] != topic]


@pytest.mark.parametrize("lie", ["nothing", "mint", "wrapped", "destroyed"])
def test_logs_that_a_node_leaves_out_are_noticed(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]], lie: str
) -> None:
    node, made = chain
    true = prepared(tmp_path / "true", node.url, made)
    ingested(true)
    left = nothing if lie == "nothing" else without(made[lie])
    if lie == "destroyed":
        left = without_topic(f"0x{DESTROYED}")
    with lying(node, of_logs(left)) as server:
        alone = prepared(tmp_path / "alone", server.url, made)
        with pytest.raises(ClawbackError, match="the node left out logs of block"):
            ingested(alone)
        both = prepared(tmp_path / "both", server.url, made, more_urls=[node.url])
        ingested(both)
        believed = prepared(tmp_path / "believed", server.url, made, believe_logs=True)
        (manifest,) = ingested(believed)
    rows = plain(table_of(true, DAY, "transfers"))
    assert plain(table_of(both, DAY, "transfers")) == rows
    # Whoever believes a node gets a short day, and the manifest says that it was believed.
    assert manifest.meta["extra"]["logs"] == {"held_to": "nothing"}
    if lie != "wrapped":  # its sender is found by the value
        assert len(names_of(made, table_of(believed, DAY, "transfers"))) < len(names_of(made, rows))


def test_an_index_of_traces_that_lacks_what_blocks_have_is_noticed(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]]
) -> None:
    node, made = chain

    def change(method: str, params: list[Any], result: Any) -> Any:
        if method != "trace_filter":
            return result
        return [one for one in result if one["transactionHash"] != made["routed"]]

    with lying(node, change) as server:
        ctx = prepared(tmp_path / "index", server.url, made)
        with pytest.raises(ClawbackError, match=f"trace_filter left out a payment of {made['hop3']}"):
            ingested(ctx)
        whole = prepared(tmp_path / "whole", server.url, made, internal="whole")
        ingested(whole)
    true = prepared(tmp_path / "true", node.url, made)
    ingested(true)
    assert plain(table_of(whole, DAY, "transfers")) == plain(table_of(true, DAY, "transfers"))


def test_receipts_that_leave_out_the_same_are_held_to_the_filter(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]]
) -> None:
    node, made = chain
    with lying(node, of_logs(without(made["stolen_tokens"]), receipts_too=True)) as server:
        for name, checks, says in (
            ("filters", [], "are fewer than those of its bloom filter"),
            ("roots", ["receipts-root"], "have not its receiptsRoot"),
        ):
            with pytest.raises(ClawbackError, match=says):
                ingested(prepared(tmp_path / name, server.url, made, checks=checks))


def test_only_blocks_whose_filters_may_have_a_log_are_asked_for_receipts(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]]
) -> None:
    node, made = chain
    told: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
    for believe, counted in told.items():
        with lying(node, honest, counted) as server:
            ctx = prepared(tmp_path / str(believe), server.url, made, believe_logs=believe)
            (manifest,) = ingested(ctx)
    more = told[False]["eth_getBlockReceipts"] - told[True]["eth_getBlockReceipts"]
    first, last = manifest.meta["request"]["blocks"]
    having = {
        int(log["blockNumber"], 16)
        for log in node.call("eth_getLogs", {"fromBlock": hex(first), "toBlock": hex(last)})
    }
    assert more == len(having) < last - first + 1
    assert told[False]["eth_getLogs"] == told[True]["eth_getLogs"]
    assert manifest.meta["expected"] == manifest.meta["got"]
    assert manifest.meta["got"]["blocks"] == last - first + 1
    assert manifest.meta["got"]["touched_blocks"] == manifest.meta["got"]["traced_blocks"] > 3
    assert manifest.meta["got"]["address_blocks"] == manifest.meta["extra"]["addresses"] * (last - first + 1)


def test_receipts_are_asked_for_once_and_only_for_who_may_be_in_them(
    chain: tuple[Node, dict[str, Any]],
) -> None:
    node, made = chain
    blocks = range(1, int(node.call("eth_blockNumber"), 16) + 1)
    told: Counter[str] = Counter()
    with lying(node, honest, told) as server:
        nodes = Nodes([Endpoint(server.url, LIMITS, ["127.0.0.1"])], Pace())
        proven = ProvenLogs(nodes, blocks, 20, (), (), Proof())
        scan_values(nodes, blocks, Wish(), 20, proven.take)
        proven.look_for(["0x" + "12" * 20])
        assert told["eth_getBlockReceipts"] == 0
        proven.look_for([made["second"]])
        several = told["eth_getBlockReceipts"]
        assert several == 2  # one in which it is sent tokens, one in which it burns some
        proven.look_for([made["second"], made["stranger"]])
        assert told["eth_getBlockReceipts"] == several + 1  # and the stranger sends spam


def test_receipts_come_in_questions_that_bring_no_more_than_their_share(
    chain: tuple[Node, dict[str, Any]],
) -> None:
    node, made = chain
    blocks = range(1, int(node.call("eth_blockNumber"), 16) + 1)
    asked: dict[int, Counter[str]] = {LIMITS.share_bytes: Counter(), 1: Counter()}
    for share, told in asked.items():
        with lying(node, honest, told) as server:
            limits = replace(LIMITS, share_bytes=share)
            nodes = Nodes([Endpoint(server.url, limits, ["127.0.0.1"])], Pace())
            proven = ProvenLogs(nodes, blocks, 20, (), (), Proof())
            scan_values(Nodes(nodes.endpoints, Pace()), blocks, Wish(), 20, proven.take)
            told.clear()
            proven.look_for([made["second"], made["stranger"]])
            with pytest.raises(Lie, match="left out logs of block"):
                proven.check([made["second"]], blocks, [])
    together, alone = asked[LIMITS.share_bytes], asked[1]
    assert together["eth_getBlockReceipts"] == alone["eth_getBlockReceipts"] == 3
    assert together["eth_getBlockByNumber"] < alone["eth_getBlockByNumber"]


def test_a_block_that_is_cut_when_the_day_is_searched_is_noticed(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]]
) -> None:
    node, made = chain
    number = node.call("eth_getTransactionReceipt", made["stolen_tokens"])["blockNumber"]

    def change(method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_getBlockByNumber" and params == [number, True]:
            return {**result, "transactions": result["transactions"][:-1]}
        return result

    with lying(node, change) as server:
        ctx = prepared(tmp_path, server.url, made, internal="off")
        with pytest.raises(
            ClawbackError, match=r"has \d+ transactions, and had \d+ when the day was searched"
        ):
            ingested(ctx)


@pytest.mark.parametrize("where", ["in another block", "outside the day", "at another place"])
def test_a_named_transaction_is_where_it_is_said_to_be(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]], where: str
) -> None:
    node, made = chain

    def change(method: str, params: list[Any], result: Any) -> Any:
        if method != "eth_getTransactionByHash":
            return result
        number, index = int(result["blockNumber"], 16), int(result["transactionIndex"], 16)
        if where == "in another block":
            return {**result, "blockNumber": hex(number + 1)}
        if where == "outside the day":
            return {**result, "blockNumber": "0x1"}
        return {**result, "transactionIndex": hex(index - 1)}

    with lying(node, change) as server:
        ctx = prepared(tmp_path, server.url, made)
        write_case(tmp_path / "cases", {made["thief"]: f"    tx_hashes: ['{made['stolen_tokens']}']\n"})
        with pytest.raises(ClawbackError, match="is not in the block that the node names"):
            ingested(ctx)


def test_a_block_is_the_same_when_it_is_read_and_when_the_day_is_searched(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]]
) -> None:
    node, made = chain
    receipt = node.call("eth_getTransactionReceipt", made["stolen_tokens"])
    state = {"lies": False}

    def change(method: str, params: list[Any], result: Any) -> Any:
        """The named transaction's block has another hash, until the day is searched."""
        if method == "eth_getTransactionByHash":
            state["lies"] = True
        elif method == "eth_getBlockByNumber" and params[0] != receipt["blockNumber"]:
            state["lies"] = False
        if state["lies"]:
            return json.loads(json.dumps(result).replace(receipt["blockHash"], "0x" + "ab" * 32))
        return result

    with lying(node, change) as server:
        ctx = prepared(tmp_path, server.url, made, internal="off")
        write_case(tmp_path / "cases", {made["thief"]: f"    tx_hashes: ['{made['stolen_tokens']}']\n"})
        with pytest.raises(ClawbackError, match="the nodes disagree about block"):
            ingested(ctx)
