"""Prices and decimals of whatever taint holds, not only of what the settings list: on a real node's days."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest

from clawback.context import RunContext
from clawback.errors import ClawbackError
from clawback.lake.partition import Manifest, read_manifest
from clawback.sources.http import HttpClient
from clawback.sources.ingest import ingest
from clawback.sources.registry import check_source
from tests.contract.anvil import Node, running_node
from tests.contract.evm_chain import ZERO
from tests.contract.frontier_chain import (
    DAY,
    KNOWN,
    MIDNIGHT,
    NEXT,
    WETH,
    fill_frontier_days,
    frontier_context,
    table_of,
    write_case,
    write_labels,
)
from tests.contract.loopback import NOW, LoopbackServer, Scripted, context_for


@pytest.fixture(scope="module")
def chain() -> Iterator[tuple[Node, dict[str, Any]]]:
    with running_node(MIDNIGHT - 3600) as node:
        yield node, fill_frontier_days(node)


def prices_of(asked: list[str], unknown: str) -> LoopbackServer:
    """A service that knows a price of everything but one contract; it tells what it was asked."""

    def answering(path: str, _: bytes) -> Scripted:
        coins = unquote(path.partition("?")[0].rpartition("/")[2]).split(",")
        asked.extend(coins)
        ends = int(path.split("/")[-2])
        one = {"price": 2, "timestamp": ends - 60, "confidence": 0.99, "symbol": "X", "decimals": 18}
        found = {coin: one for coin in coins if unknown not in coin}
        return Scripted(json.dumps({"coins": found}).encode())

    return LoopbackServer(answering=answering)


def prepared(
    folder: Path, node: Node, made: dict[str, Any], prices: LoopbackServer, connector: str
) -> RunContext:
    write_case(folder / "cases", {made["thief"]: ""})
    write_labels(folder / "labels", {made["exchange"]: "exchange"})
    hosts = {"allow_hosts": ["127.0.0.1"]}
    closes = {"url": prices.url, "held": ["ethereum"], "assets": ["bitcoin/native"], **hosts}
    return frontier_context(
        folder,
        node.url,
        connector,
        {"name": "closes", "connector": "defillama_prices", "options": closes},
        {
            "name": "tokens",
            "connector": "evm_assets",
            "options": {"url": node.url, "held": ["ethereum"], **hosts},
        },
    )


def ingested(ctx: RunContext, day: date, *sources: str) -> list[Manifest]:
    with HttpClient(allow_hosts=["127.0.0.1"], sleep=lambda _: None, clock=lambda: NOW) as http:
        return [
            read_manifest(ctx.lake, ingest(ctx, source, day, KNOWN, None if source == "chain" else http))
            for source in sources
        ]


@pytest.mark.parametrize("connector", ["evm_frontier", "evm_rpc"])
def test_what_taint_holds_is_priced_without_being_listed(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]], connector: str
) -> None:
    node, made = chain
    asked: list[str] = []
    with prices_of(asked, made["erc20"]) as server:
        ctx = prepared(tmp_path, node, made, server, connector)
        for source in ctx.settings.enabled_sources:
            check_source(source, ctx.settings.base_dir)
        *_, first, tokens = ingested(ctx, DAY, "cases", "labels", "chain", "closes", "tokens")
        expected = {"coingecko:bitcoin", f"ethereum:{ZERO}", f"ethereum:{made['erc20']}"}
        if connector == "evm_frontier":
            # It knows the wrapper's balance, which proves that hop3 got wrapped coins for its own.
            expected.add(f"ethereum:{WETH}")
        assert set(asked) == expected
        asked.clear()
        *_, second = ingested(ctx, NEXT, "cases", "labels", "chain", "closes")
        assert set(asked) == expected
    assert first.meta["extra"]["gaps"] == [f"ethereum/{made['erc20']}"]
    assert first.meta["extra"]["without_price"] == 1
    assert second.meta["extra"]["asked"] == len(expected)
    assert second.meta["rows"]["prices"] == len(expected) - 1
    priced = {row["asset"] for row in table_of(ctx, NEXT, "prices")}
    assert priced == {"native", *([WETH] if connector == "evm_frontier" else [])}
    assert tokens.meta["request"]["assets"] == len(priced)


def test_the_sources_of_transfers_must_be_read_first(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]]
) -> None:
    node, made = chain
    with prices_of([], made["erc20"]) as server:
        ctx = prepared(tmp_path, node, made, server, "evm_frontier")
        ingested(ctx, DAY, "cases", "labels")
        with pytest.raises(ClawbackError, match="the source 'chain' has not been read"):
            ingested(ctx, DAY, "closes")


def test_too_many_assets_are_an_error_and_wrong_options_are_told(
    tmp_path: Path, chain: tuple[Node, dict[str, Any]]
) -> None:
    node, made = chain
    with prices_of([], made["erc20"]) as server:
        ctx = prepared(tmp_path, node, made, server, "evm_frontier")
        ingested(ctx, DAY, "cases", "labels", "chain")
        ctx.settings.source("closes").options["most_assets"] = 1
        with pytest.raises(ClawbackError, match="taint holds more than 1 assets"):
            ingested(ctx, DAY, "closes")
    for connector, options, says in (
        ("defillama_prices", {}, "names no asset"),
        ("defillama_prices", {"held": ["bitcoin"]}, "no list of EVM chains"),
        ("defillama_prices", {"held": "ethereum"}, "no list of EVM chains"),
        ("evm_assets", {"url": node.url, "held": ["ethereum", "base"]}, "several chains"),
        ("evm_assets", {"url": node.url}, "names no asset"),
    ):
        wrong = context_for(tmp_path, {"name": "it", "connector": connector, "options": options})
        with pytest.raises(ClawbackError, match=says):
            check_source(wrong.settings.source("it"), tmp_path)
