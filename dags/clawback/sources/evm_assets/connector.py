"""Asks token contracts, named or held by taint, for decimals and symbols; answers are landed as they came."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

import httpx

from clawback.errors import ClawbackError
from clawback.schemas import NATIVE
from clawback.sources.base import Context, Extraction, Options
from clawback.sources.evm_assets.rpc import Call, ask
from clawback.sources.prices import Asset, asked_assets, check_asked, held_option
from clawback.tables.addresses import EVM_CHAINS

VERSION: Final = "1"
DECIMALS: Final = "0x313ce567"
SYMBOL: Final = "0x95d89b41"
"""First four bytes of the hashes of `decimals()` and `symbol()`."""

_ASSETS_OF_A_BATCH: Final = 50
_GAS: Final = hex(200_000)
"""A contract that loops stops here; the node is not kept busy."""


def extract(ctx: Context, day: date) -> Extraction:
    """Land the answers of all contracts; a contract that does not answer is no failure of the source."""
    url = str(ctx.options["url"])
    where = f"source '{ctx.source}'"
    _contracts(ctx.options, where)
    # The chain's own coin is no contract; its decimals are known.
    assets = [asset for asset in asked_assets(ctx) if asset.asset != NATIVE]
    parts = []
    for index in range(0, len(assets), _ASSETS_OF_A_BATCH):
        batch = assets[index : index + _ASSETS_OF_A_BATCH]
        answer = ask(ctx.http, url, _calls(batch))
        parts.append(ctx.land(f"part-{index // _ASSETS_OF_A_BATCH:04d}.json", answer.body))
    return Extraction(
        tuple(parts),
        {"method": "POST", "host": httpx.URL(url).host, "assets": len(assets)},
        200,
        parse_options={
            "chain": assets[0].chain if assets else held_option(ctx.options, where)[0],
            "assets": {
                part.key.rpartition("/")[2]: [
                    asset.asset
                    for asset in assets[place * _ASSETS_OF_A_BATCH : (place + 1) * _ASSETS_OF_A_BATCH]
                ]
                for place, part in enumerate(parts)
            },
        },
    )


def check_options(options: Options, base_dir: Path, where: str) -> None:
    """Check the address and the contracts."""
    url = options.get("url")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise ClawbackError("the option 'url' is no http address", where=where)
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
    calls: list[Call] = []
    for asset in assets:
        for name, selector in (("decimals", DECIMALS), ("symbol", SYMBOL)):
            question = {"to": asset.asset, "data": selector, "gas": _GAS}
            calls.append((f"{name}/{asset.asset}", "eth_call", [question, "latest"]))
    return calls
