"""How DefiLlama names assets: `chain:contract`, and coins by their listing."""

from __future__ import annotations

from typing import Final

from clawback.chains.names import PACKAGED
from clawback.errors import ClawbackError
from clawback.schemas import NATIVE
from clawback.sources.prices import Asset
from clawback.tables.addresses import ZERO_ADDRESS

_CHAINS: Final = {
    **{chain: chain for chain in PACKAGED},
    "avalanche": "avax",
    "gnosis": "xdai",
    "zksync": "era",
    "tron": "tron",
}
_COINS: Final = {
    "bitcoin": "coingecko:bitcoin",
    "litecoin": "coingecko:litecoin",
    "tron": "coingecko:tron",
}


def coin_name(asset: Asset, where: str = "") -> str:
    """The name under which an asset's price is asked for.

    Raises:
        ClawbackError: the service has no name for it.
    """
    if asset.asset == NATIVE and asset.chain in _COINS:
        return _COINS[asset.chain]
    if asset.chain not in _CHAINS:
        raise ClawbackError(
            f"no price is known by contract for {asset.text}",
            where=where or None,
            remedy="only the coin itself has one on this chain",
        )
    name = ZERO_ADDRESS if asset.asset == NATIVE else asset.asset
    return f"{_CHAINS[asset.chain]}:{name}"
