"""A node that cuts blocks off together with their receipts, so that these still fit each other."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from clawback.errors import ClawbackError
from clawback.lake.partition import read_manifest
from clawback.sources.ingest import ingest
from tests.contract.anvil import Node, running_node
from tests.contract.evm_chain import fill_chain
from tests.contract.evm_rows import extracted, files_of
from tests.contract.loopback import context_for
from tests.contract.lying_node import Change, honest, lying
from tests.contract.test_evm_rpc import DAY, KNOWN, MIDNIGHT

CUT = r"transactions are missing|have not its receiptsRoot"
MORE_GAS = 4_800


@pytest.fixture(scope="module")
def chain() -> Iterator[tuple[Node, dict[str, Any]]]:
    with running_node(MIDNIGHT - 60) as node:
        yield node, fill_chain(node, MIDNIGHT, rounds=2)


def cut(number: int) -> Change:
    """The last transaction of a block is missing, and its receipt and traces with it."""

    def change(method: str, params: list[Any], result: Any) -> Any:
        if not params or params[0] != hex(number):
            return result
        if method == "eth_getBlockByNumber":
            return {**result, "transactions": result["transactions"][:-1]}
        if method == "eth_getBlockReceipts":
            return result[:-1]
        if method == "trace_block":
            last = max(one["transactionPosition"] for one in result)
            return [one for one in result if one["transactionPosition"] != last]
        return result

    return change


def counting_otherwise(inner: Change) -> Change:
    """Every block used more than its receipts, as where refunds do not count for the block."""

    def change(method: str, params: list[Any], result: Any) -> Any:
        result = inner(method, params, result)
        if method == "eth_getBlockByNumber":
            return {**result, "gasUsed": hex(int(result["gasUsed"], 16) + MORE_GAS)}
        return result

    return change


def test_a_cut_block_is_noticed_and_another_node_asked(
    chain: tuple[Node, dict[str, Any]], tmp_path: Path
) -> None:
    node, made = chain
    true = extracted(tmp_path / "true", [node.url], made["blocks"])
    assert true["got"]["whole_blocks"] == true["asked"]["blocks"]
    with lying(node, cut(made["blocks"][-1])) as server:
        with pytest.raises(ClawbackError, match=r"says that it used \d+ gas, its \d+ receipts \d+"):
            extracted(tmp_path / "alone", [server.url], made["blocks"])
        extracted(tmp_path / "both", [server.url, node.url], made["blocks"])
        # A chain that is said to count in another way goes unchecked, and its manifest says so.
        row = {"ethereum": {"gas_adds_up": False}}
        unseen = extracted(tmp_path / "off", [server.url], made["blocks"], changes=row)
    assert files_of(tmp_path / "both") == files_of(tmp_path / "true")
    assert unseen["got"]["receipts"] == true["got"]["receipts"] - 1
    assert (unseen["gas_adds_up"], unseen["got"]["whole_blocks"]) == (False, 0)


def test_where_gas_is_counted_otherwise_the_root_decides(
    chain: tuple[Node, dict[str, Any]], tmp_path: Path
) -> None:
    node, made = chain
    with lying(node, counting_otherwise(honest)) as server:
        whole = extracted(tmp_path / "whole", [server.url], made["blocks"])
    assert whole["got"]["whole_blocks"] == whole["asked"]["blocks"]
    for checks in ((), ("receipts-root",)):
        with (
            lying(node, counting_otherwise(cut(made["blocks"][-1]))) as server,
            pytest.raises(ClawbackError, match=CUT),
        ):
            extracted(tmp_path / f"cut{len(checks)}", [server.url], made["blocks"], checks=checks)


@pytest.mark.parametrize("checks", [[], ["receipts-root"]])
def test_a_cut_block_is_not_landed(
    chain: tuple[Node, dict[str, Any]], tmp_path: Path, checks: list[str]
) -> None:
    node, made = chain
    blocks = made["blocks"]

    def landed(folder: Path, *urls: str) -> dict[str, Any]:
        folder.mkdir()
        options = {"url": urls[0], "more_urls": urls[1:], "chain": "ethereum", "allow_hosts": ["127.0.0.1"]}
        bounds = {"from_block": blocks.start, "to_block": blocks.stop - 1, "checks": checks}
        source = {"name": "chain", "connector": "evm_rpc", "options": {**options, **bounds}}
        ctx = context_for(folder, source, first_day=DAY.isoformat())
        return read_manifest(ctx.lake, ingest(ctx, "chain", DAY, KNOWN)).meta

    with lying(node, cut(blocks[-1])) as server:
        with pytest.raises(ClawbackError, match=CUT):
            landed(tmp_path / "alone", server.url)
        found = landed(tmp_path / "both", server.url, node.url)
    assert found["expected"] == {key: found["got"][key] for key in ("blocks", "receipts", "whole_blocks")}
    assert found["expected"]["whole_blocks"] == len(blocks)
