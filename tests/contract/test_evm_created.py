"""Contracts that contracts create, on a real node: seen by both ways of tracing, if they do not fail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from clawback.chains.evm import offers
from clawback.chains.evm.keccak import keccak256
from clawback.sources.ingest import ingest
from tests.contract.anvil import Node, running_node
from tests.contract.evm_chain import RUNTIMES, creation, word
from tests.contract.frontier_chain import DAY, KNOWN, MIDNIGHT, WHOLE_DAY, table_of
from tests.contract.test_evm_rpc import context

pytestmark = pytest.mark.slow

MAKERS = {
    "make": RUNTIMES["make"],
    "make_2": "60056000600034f500",  # CREATE2(all value, no code, salt 5)
    "forward": RUNTIMES["forward"],
    "forward_and_fail": RUNTIMES["forward_and_fail"],
}


@pytest.fixture(scope="module")
def chain() -> Iterator[tuple[Node, dict[str, Any]]]:
    with running_node(MIDNIGHT - 3600) as node:
        alice = node.call("eth_accounts")[0].lower()
        made: dict[str, Any] = {"alice": alice}
        for place, (name, runtime) in enumerate(MAKERS.items()):
            sent = node.send(**{"from": alice, "data": creation(runtime)})
            node.mine(MIDNIGHT - 1000 + place)
            made[name] = node.call("eth_getTransactionReceipt", sent)["contractAddress"].lower()
        node.mine(MIDNIGHT - 1)

        def call(name: str, *words: str, value: int = 0) -> str:
            data = "0x" + "".join(word(one) for one in words)
            return node.send(**{"from": alice, "to": made[name], "data": data, "value": hex(value)})

        made["by_call"] = call("make", value=7)
        made["for_nothing"] = call("make_2")
        made["within"] = call("forward", made["make"], value=9)
        made["in_vain"] = call("forward_and_fail", made["make"], value=11)
        made["by_hand"] = node.send(**{"from": alice, "data": creation("00")})
        node.mine(MIDNIGHT + 100)
        node.mine(MIDNIGHT + WHOLE_DAY)
        node.mine(MIDNIGHT + WHOLE_DAY + 1)
        yield node, made


def created(folder: Path, node: Node, day: date = DAY, **options: Any) -> list[tuple[Any, ...]]:
    folder.mkdir()
    ctx = context(folder, node, **options)
    ingest(ctx, "chain", day, KNOWN)
    rows = table_of(ctx, day, "chain_events")
    return sorted(
        (row["tx_hash"], row["position"], row["kind"], row["event"], row["emitter"], row["address"])
        for row in rows
    )


def child(creator: str, nonce: int) -> str:
    """The address of a contract's own contract."""
    return f"0x{keccak256(bytes.fromhex(f'd694{creator[2:]}{nonce:02x}'))[12:].hex()}"


def test_inner_creations_are_events(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]], monkeypatch: pytest.MonkeyPatch
) -> None:
    node, made = chain
    salted = keccak256(bytes.fromhex(f"ff{made['make_2'][2:]}{5:064x}{keccak256(b'').hex()}"))[12:].hex()
    by_hand = node.call("eth_getTransactionReceipt", made["by_hand"])["contractAddress"].lower()
    expected = sorted(
        [
            (made["by_call"], 2, "created", "create", made["make"], child(made["make"], 1)),
            (made["for_nothing"], 2, "created", "create", made["make_2"], f"0x{salted}"),
            (made["within"], 3, "created", "create", made["make"], child(made["make"], 2)),
            (made["by_hand"], 1, "created", "create", made["alice"], by_hand),
        ]
    )
    assert created(tmp_path / "parity", node) == expected
    only = {"debug_traceBlockByNumber": offers._TRACERS["debug_traceBlockByNumber"]}
    monkeypatch.setattr(offers, "_TRACERS", only)
    assert created(tmp_path / "geth", node) == expected
    assert created(tmp_path / "without", node, internal="off") == [
        row for row in expected if row[0] == made["by_hand"]
    ]
