"""A node that leaves logs out of what it is asked for, around a real node's answers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from clawback.chains.evm.topics import TRANSFER
from clawback.errors import ClawbackError
from tests.contract.anvil import Node, running_node
from tests.contract.evm_chain import fill_chain
from tests.contract.evm_rows import extracted, files_of
from tests.contract.loopback import LoopbackServer, Scripted

MIDNIGHT = int(datetime(2020, 9, 26, tzinfo=UTC).timestamp())
Logs = list[dict[str, Any]]


@pytest.fixture(scope="module")
def chain() -> Iterator[tuple[Node, dict[str, Any]]]:
    with running_node(MIDNIGHT - 60) as node:
        yield node, fill_chain(node, MIDNIGHT, rounds=3)


def leaving_out(
    node: Node, left_out: Callable[[Logs], Logs], told: Counter[str] | None = None, *, blooms: bool = True
) -> LoopbackServer:
    """The node, with less in its answers to eth_getLogs; and maybe with blocks that have no filter."""

    def result(one: dict[str, Any]) -> Any:
        found = node.call(one["method"], *one["params"])
        if one["method"] == "eth_getLogs":
            return left_out(found)
        if one["method"] == "eth_getBlockByNumber" and not blooms:
            del found["logsBloom"]
        return found

    def answering(_: str, body: bytes) -> Scripted:
        asked = json.loads(body)
        several = asked if isinstance(asked, list) else [asked]
        if told is not None:
            told.update(one["method"] for one in several)
        answers = [{"jsonrpc": "2.0", "id": one["id"], "result": result(one)} for one in several]
        return Scripted(json.dumps(answers if isinstance(asked, list) else answers[0]).encode())

    return LoopbackServer(answering=answering)


def of_last_block(logs: Logs) -> set[str]:
    return {max((log["blockNumber"] for log in logs), key=lambda text: int(text, 16), default="")}


def without_a_block(logs: Logs) -> Logs:
    return [log for log in logs if log["blockNumber"] not in of_last_block(logs)]


def without_one(logs: Logs) -> Logs:
    return logs[:-1]


def with_another_amount(logs: Logs) -> Logs:
    """The last ERC-20 transfer with another amount: in the right block, and in its filter."""
    last = max((place for place, log in enumerate(logs) if len(log["topics"]) == 3), default=-1)
    return [{**log, "data": f"0x{12345:064x}"} if place == last else log for place, log in enumerate(logs)]


def test_a_block_without_logs_is_looked_at_where_its_filter_has_the_topic(
    chain: tuple[Node, dict[str, Any]], tmp_path: Path
) -> None:
    node, made = chain
    with (
        leaving_out(node, without_a_block) as server,
        pytest.raises(ClawbackError, match="no node gave blocks") as caught,
    ):
        extracted(tmp_path / "short", [server.url], made["blocks"], only_token_transfers=True)
    transfers = [
        log
        for log in node.call("eth_getLogs", {"fromBlock": hex(made["blocks"][-1]), "topics": [TRANSFER]})
        if int(log["blockNumber"], 16) == made["blocks"][-1]
    ]
    assert f"the node gave 0 of the {len(transfers)} logs of block " in str(caught.value)
    # Without filters there is nothing to tell by.
    with leaving_out(node, without_a_block, blooms=False) as server:
        extracted(tmp_path / "blind", [server.url], made["blocks"], only_token_transfers=True)


def test_another_node_is_asked_and_no_byte_changes(
    chain: tuple[Node, dict[str, Any]], tmp_path: Path
) -> None:
    node, made = chain
    told: Counter[str] = Counter()
    with leaving_out(node, lambda logs: logs, told) as server:
        extracted(tmp_path / "true", [server.url], made["blocks"], only_token_transfers=True)
    assert told["eth_getBlockReceipts"] < 3  # blocks without transfers have filters without the topic
    with leaving_out(node, without_a_block) as server:
        urls = [server.url, node.url]
        extracted(tmp_path / "both", urls, made["blocks"], only_token_transfers=True)
    assert files_of(tmp_path / "both") == files_of(tmp_path / "true")


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        (without_one, "logs of block"),
        (without_a_block, "the node gave 0 of the"),
        (with_another_amount, "are not those of its receipts"),
    ],
)
def test_all_receipts_show_every_log_that_is_left_out(
    chain: tuple[Node, dict[str, Any]], tmp_path: Path, wrong: Callable[[Logs], Logs], says: str
) -> None:
    node, made = chain
    strict: dict[str, Any] = {"only_token_transfers": True, "checks": ("receipts-root",)}
    extracted(tmp_path / "true", [node.url], made["blocks"], **strict)
    with leaving_out(node, wrong) as server:
        with pytest.raises(ClawbackError) as caught:
            extracted(tmp_path / "alone", [server.url], made["blocks"], **strict)
        assert says in str(caught.value)
        extracted(tmp_path / "both", [server.url, node.url], made["blocks"], **strict)
    assert files_of(tmp_path / "both") == files_of(tmp_path / "true")
    if wrong is not without_a_block:
        with leaving_out(node, wrong) as server:  # what the default checks cannot see
            extracted(tmp_path / "unseen", [server.url], made["blocks"], only_token_transfers=True)


def test_receipts_that_were_changed_to_match_have_another_root(
    chain: tuple[Node, dict[str, Any]], tmp_path: Path
) -> None:
    node, made = chain

    def answering(_: str, body: bytes) -> Scripted:
        asked = json.loads(body)
        several = asked if isinstance(asked, list) else [asked]
        answers = []
        for one in several:
            found = node.call(one["method"], *one["params"])
            if one["method"] == "eth_getLogs":
                found = []
            if one["method"] == "eth_getBlockReceipts":
                for receipt in found:
                    receipt["logs"] = []
            answers.append({"jsonrpc": "2.0", "id": one["id"], "result": found})
        return Scripted(json.dumps(answers if isinstance(asked, list) else answers[0]).encode())

    with (
        LoopbackServer(answering=answering) as server,
        pytest.raises(ClawbackError, match="no node gave") as caught,
    ):
        extracted(
            tmp_path, [server.url], made["blocks"], only_token_transfers=True, checks=("receipts-root",)
        )
    assert "have not its receiptsRoot" in str(caught.value)
