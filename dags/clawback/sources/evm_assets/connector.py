"""Asks token contracts, named or held by taint, for decimals and symbols; answers are landed as they came."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from clawback.chains.evm.catalogue import chain_named
from clawback.errors import ClawbackError
from clawback.schemas import NATIVE
from clawback.sources.base import Context, Extraction, Options
from clawback.sources.evm_assets.calls import Call, ask_contracts
from clawback.sources.evm_rpc.nodes import check_nodes, nodes_of
from clawback.sources.prices import Asset, asked_assets, check_asked, held_option
from clawback.tables.addresses import EVM_CHAINS

VERSION: Final = "2"
DECIMALS: Final = "0x313ce567"
SYMBOL: Final = "0x95d89b41"
"""First four bytes of the hashes of `decimals()` and `symbol()`."""

_ASSETS_OF_A_BATCH: Final = 50
_GAS: Final = hex(200_000)
"""A contract that loops stops here; the node is not kept busy."""


def extract(ctx: Context, day: date) -> Extraction:
    """Land the answers of all contracts; a contract that does not answer is no failure of the source."""
    where = f"source '{ctx.source}'"
    _contracts(ctx.options, where)
    # The chain's own coin is no contract; its decimals are known.
    assets = [asset for asset in asked_assets(ctx) if asset.asset != NATIVE]
    chain = assets[0].chain if assets else held_option(ctx.options, where)[0]
    nodes = nodes_of(ctx, chain_named(chain, ctx.chains))
    parts = []
    contracts: dict[str, list[str]] = {}
    for start in range(0, len(assets), _ASSETS_OF_A_BATCH):
        batch = assets[start : start + _ASSETS_OF_A_BATCH]
        name = f"part-{start // _ASSETS_OF_A_BATCH:04d}.json"
        parts.append(ctx.land(name, ask_contracts(nodes, _calls(batch))))
        contracts[name] = [asset.asset for asset in batch]
    return Extraction(
        tuple(parts),
        {
            "method": "POST",
            "nodes": sorted(endpoint.name for endpoint in nodes.endpoints),
            "assets": len(assets),
        },
        200,
        parse_options={"chain": chain, "assets": contracts},
    )


def check_options(options: Options, base_dir: Path, where: str) -> None:
    """Check the addresses of the nodes and the contracts."""
    check_nodes(options, where)
    _contracts(options, where)


def _contracts(options: Options, where: str) -> list[Asset]:
    assets = check_asked(options, where)
    for asset in assets:
        if asset.chain not in EVM_CHAINS or asset.asset == NATIVE:
            raise ClawbackError(f"{asset.text} is no contract of an EVM chain", where=where)
    chains = sorted({asset.chain for asset in assets} | set(held_option(options, where)))
    if len(chains) > 1:
        raise ClawbackError(
            f"the assets lie on several chains: {', '.join(chains)}",
            where=where,
            remedy="a node knows one chain: make a source for each",
        )
    return assets


def _calls(assets: list[Asset]) -> list[Call]:
    """Two questions for each contract, in the order in which `parse` reads the answers."""
    return [
        {"to": asset.asset, "data": selector, "gas": _GAS}
        for asset in assets
        for selector in (DECIMALS, SYMBOL)
    ]
