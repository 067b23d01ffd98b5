"""Nodes that change their mind about a day, its chain, its traces or a transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clawback.chains.evm.frontier.balances import HoldingAt, ask_balances
from clawback.chains.evm.frontier.values import scan_values
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.pace import Pace
from clawback.chains.evm.read import Wish
from clawback.chains.evm.transport import Endpoint
from clawback.context import RunContext
from clawback.errors import ClawbackError
from clawback.lake.partition import read_manifest
from clawback.schemas import NATIVE
from clawback.sources.ingest import ingest
from tests.contract.anvil import Node, running_node
from tests.contract.evm_chain import fill_chain
from tests.contract.evm_rows import LIMITS, extracted, files_of
from tests.contract.loopback import context_for
from tests.contract.lying_node import Change, lying
from tests.contract.test_evm_rpc import DAY, KNOWN, MIDNIGHT, WHOLE_DAY, fill_day

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def day() -> Iterator[tuple[Node, dict[str, Any]]]:
    with running_node(MIDNIGHT - 7_200) as node:
        yield node, fill_day(node)


@pytest.fixture(scope="module")
def chain() -> Iterator[tuple[Node, dict[str, Any]]]:
    with running_node(MIDNIGHT - 60) as node:
        yield node, fill_chain(node, MIDNIGHT, rounds=2)


def context(folder: Path, *urls: str, **more: Any) -> RunContext:
    folder.mkdir()
    options = {"url": urls[0], "more_urls": urls[1:], "chain": "ethereum", "confirmations": 1}
    source = {
        "name": "chain",
        "connector": "evm_rpc",
        "options": {**options, "allow_hosts": ["127.0.0.1"], **more},
    }
    return context_for(folder, source, first_day=DAY.isoformat())


def nodes_at(*urls: str) -> Nodes:
    return Nodes([Endpoint(url, LIMITS, ["127.0.0.1"]) for url in urls], Pace(), sleep=lambda _: None)


def aged(number: int, seconds: int, times: int) -> Change:
    """A block says another time, so often."""
    left = Counter({"lies": times})

    def change(method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_getBlockByNumber" and params == [hex(number), False] and left["lies"] > 0:
            left["lies"] -= 1
            return {**result, "timestamp": hex(seconds)}
        return result

    return change


def test_one_wrong_time_does_not_cut_a_day(tmp_path: Path, day: tuple[Node, dict[str, Any]]) -> None:
    node, made = day
    whole = context(tmp_path / "whole", node.url)
    blocks = read_manifest(whole.lake, ingest(whole, "chain", DAY, KNOWN)).meta["request"]["blocks"]
    assert blocks[1] == made["last"]
    for name, number, seconds in (
        ("end", made["last"], MIDNIGHT + WHOLE_DAY),
        ("start", blocks[0], MIDNIGHT - 1),
    ):
        with (
            lying(node, aged(number, seconds, 1)) as server,
            pytest.raises(ClawbackError, match="are not what they were a moment ago"),
        ):
            ingest(context(tmp_path / name, server.url), "chain", DAY, KNOWN)
    # A node that stays with its lie is contradicted by another one.
    with lying(node, aged(made["last"], MIDNIGHT + WHOLE_DAY, 1_000)) as server:
        both = context(tmp_path / "both", server.url, node.url)
        with pytest.raises(ClawbackError, match="or with another node"):
            ingest(both, "chain", DAY, KNOWN)


def test_nodes_that_become_those_of_another_chain_are_noticed(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]]
) -> None:
    node, made = chain

    def changing() -> Change:
        told: Counter[str] = Counter()

        def change(method: str, params: list[Any], result: Any) -> Any:
            told[method] += 1
            return "0x5" if method == "eth_chainId" and told[method] > 1 else result

        return change

    bounds = {"from_block": made["blocks"].start, "to_block": made["blocks"].stop - 1}
    says = "the nodes changed from chain 1 to chain 5"
    with lying(node, changing()) as server, pytest.raises(ClawbackError, match=says):
        ingest(context(tmp_path / "source", server.url, **bounds), "chain", DAY, KNOWN)
    with lying(node, changing()) as server, pytest.raises(ClawbackError, match=says):
        extracted(tmp_path / "command", [server.url], made["blocks"])


def without_inner(method: str, params: list[Any], result: Any) -> Any:
    """Traces without the last inner call of the block."""
    if method != "trace_block":
        return result
    last = max((place for place, one in enumerate(result) if one["traceAddress"]), default=-1)
    return [one for place, one in enumerate(result) if place != last]


def test_inner_calls_that_are_left_out_are_noticed_where_it_is_asked_for(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]]
) -> None:
    node, made = chain
    checks = ("traces",)
    extracted(tmp_path / "true", [node.url], made["blocks"], checks=checks)
    with lying(node, without_inner) as server:
        with pytest.raises(ClawbackError, match=r"has \d inner ones, \d came|has lost those before it"):
            extracted(tmp_path / "alone", [server.url], made["blocks"], checks=checks)
        extracted(tmp_path / "both", [server.url, node.url], made["blocks"], checks=checks)
        scan = Wish(traces="trace_block", check_traces=True)
        with pytest.raises(ClawbackError, match=r"has \d inner ones|has lost those before it"):
            scan_values(nodes_at(server.url), made["blocks"], scan, 20, lambda batch: None)
    assert files_of(tmp_path / "both") == files_of(tmp_path / "true")


def test_traces_without_names_must_fit_their_transactions(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]]
) -> None:
    node, made = chain

    def nameless(turned: bool) -> Change:
        def change(method: str, params: list[Any], result: Any) -> Any:
            if method.startswith("trace_"):
                raise AssertionError("the method does not exist")
            if method == "debug_traceBlockByNumber":
                found = [{"result": one["result"]} for one in result]
                return found[::-1] if turned else found
            return result

        return change

    with lying(node, nameless(turned=False)) as server:
        found = extracted(tmp_path / "true", [server.url], made["blocks"])
    assert found["internal_value"] == "debug_traceBlockByNumber"
    with (
        lying(node, nameless(turned=True)) as server,
        pytest.raises(ClawbackError, match="a trace belongs to another transaction"),
    ):
        extracted(tmp_path / "turned", [server.url], made["blocks"])


def test_a_contract_that_was_created_must_be_named(day: tuple[Node, dict[str, Any]]) -> None:
    node, made = day

    def change(method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_getTransactionReceipt":
            return {**result, "contractAddress": None}
        return result

    block = int(node.call("eth_getTransactionReceipt", made["funded"])["blockNumber"], 16)
    asked = range(block, block + 1)
    found = scan_values(nodes_at(node.url), asked, Wish(), 20, lambda batch: None)
    contract = node.call("eth_getTransactionReceipt", made["funded"])["contractAddress"].lower()
    assert found.touching([contract])[contract]
    with (
        lying(node, change) as server,
        pytest.raises(ClawbackError, match="without receiver created no contract"),
    ):
        scan_values(nodes_at(server.url), asked, Wish(), 20, lambda batch: None)


def test_balances_that_nodes_do_not_agree_about_are_unknown(day: tuple[Node, dict[str, Any]]) -> None:
    node, made = day

    def of_now(method: str, params: list[Any], result: Any) -> Any:
        """The newest state, whatever block is asked for."""
        return node.call(method, params[0], "latest") if method == "eth_getBalance" else result

    asked = [HoldingAt(made["bob"], NATIVE, 1), HoldingAt("0x" + "12" * 20, NATIVE, 1)]
    true = ask_balances(nodes_at(node.url), asked)
    assert None not in true
    with lying(node, of_now) as server:
        assert ask_balances(nodes_at(server.url), asked) != true
        assert ask_balances(nodes_at(server.url, node.url), asked) == [None, "0x0"]
    assert ask_balances(nodes_at(node.url, node.url), asked) == true
