"""Transactions against their root: recorded blocks of mainnet, a real node, and nodes that change some."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clawback.chains.evm.failures import Lie
from clawback.chains.evm.frontier.values import scan_values
from clawback.chains.evm.read import Wish
from clawback.chains.evm.transactions_root import SIGNED_BLOCKS, check_transactions_roots
from clawback.errors import ClawbackError
from tests.contract.anvil import Node, running_node
from tests.contract.evm_rows import extracted
from tests.contract.lying_node import Change, honest, lying
from tests.contract.test_evm_more_lies import nodes_at
from tests.contract.test_evm_rpc import MIDNIGHT

BLOCKS = range(1, 4)
STRICT: dict[str, Any] = {"checks": ("transactions-root",), "changes": {"ethereum": {"gas_adds_up": False}}}
RECORDED = "data/rpc/ethereum"


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    """A block of transactions of each type that it takes, an empty one, and one of 200."""
    with running_node(MIDNIGHT - 60) as running:
        alice, bob = (one.lower() for one in running.call("eth_accounts")[:2])
        sends = {"from": alice, "to": bob}
        price = {"gasPrice": hex(5 * 10**9)}
        touched = [{"address": bob, "storageKeys": [f"0x{key:064x}" for key in (0, 7)]}]
        running.send(**sends, **price, type="0x0", value="0x0")
        running.send(**sends, **price, type="0x1", value="0x7f", accessList=touched)
        running.send(**sends, value=hex(10**18), data="0x" + "ab" * 70, accessList=touched)
        running.send(**{"from": bob, "data": "0x600160005560016000f3", "value": "0x80"})
        running.mine(MIDNIGHT)
        running.mine(MIDNIGHT + 12)
        for place in range(200):
            running.send(**sends, value=hex(place))
        running.mine(MIDNIGHT + 24)
        yield running


def test_recorded_blocks_have_their_roots(shared_facts: Path) -> None:
    found = sorted((shared_facts / RECORDED).rglob("*eth_getBlockByNumber_*_true.json"))
    assert len(found) >= 5
    transactions = 0
    for path in found:
        block = SIGNED_BLOCKS.read(json.dumps({**json.loads(path.read_text()), "id": 0}).encode(), 1)
        check_transactions_roots(block)
        transactions += len(block[0].transactions)
        if len(block[0].transactions) > 1:
            block[0].transactions.pop()
            with pytest.raises(Lie, match="have not its transactionsRoot"):
                check_transactions_roots(block)
    assert transactions == 10


def cut(method: str, params: list[Any], result: Any) -> Any:
    """The last block without its last transaction."""
    if params[:1] == [hex(BLOCKS[-1])] and method == "eth_getBlockByNumber":
        return {**result, "transactions": result["transactions"][:-1]}
    return result[:-1] if params[:1] == [hex(BLOCKS[-1])] and method == "eth_getBlockReceipts" else result


def changing(field: str, value: str) -> Change:
    """One field of the third transaction says something else."""

    def change(method: str, params: list[Any], result: Any) -> Any:
        if method == "eth_getBlockByNumber" and params[0] == "0x1" and params[1]:
            result["transactions"][2] |= {field: value}
        return result

    return change


def test_transactions_of_a_real_node_have_their_root(node: Node, tmp_path: Path) -> None:
    kinds = [one["type"] for one in node.call("eth_getBlockByNumber", "0x1", True)["transactions"]]
    assert kinds == ["0x0", "0x1", "0x2", "0x2"]
    with lying(node, honest) as server:
        found = extracted(tmp_path / "true", [server.url], BLOCKS, internal="off", **STRICT)
    assert found["got"]["transactions"] == 204


@pytest.mark.parametrize(
    ("lie", "says"),
    [
        (cut, "the transactions of block 3 have not its transactionsRoot"),
        (changing("value", "0x1"), "a transaction of block 1 is not the one of its hash"),
        (changing("to", "0x" + "12" * 20), "a transaction of block 1 is not the one of its hash"),
        (changing("accessList", "0x"), "lacks what its type has"),
        (changing("type", "0x7e"), "a transaction has the type 0x7e"),
    ],
)
def test_transactions_that_are_left_out_or_changed_are_noticed(
    node: Node, tmp_path: Path, lie: Change, says: str
) -> None:
    with lying(node, lie) as server:
        with pytest.raises(ClawbackError) as caught:
            extracted(tmp_path / "alone", [server.url], BLOCKS, internal="off", **STRICT)
        assert says in str(caught.value)
        strict = Wish(check_transactions_root=True)
        with pytest.raises(ClawbackError) as caught:
            scan_values(nodes_at(server.url), BLOCKS, strict, 20, lambda batch: None)
        assert says in str(caught.value)
        if "0x7e" not in says:
            both = [server.url, node.url]
            found = extracted(tmp_path / "both", both, BLOCKS, internal="off", **STRICT)
            assert found["got"]["transactions"] == 204
