"""Names of the EVM chains: those of the package, and those that the settings add.

Whether a text is an address is asked in the midst of parsing, where no settings are at hand. So the names
alone are told once for the whole process: when settings are loaded, before anything is read by them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from collections.abc import Set as AbstractSet
from typing import Final

PACKAGED: Final = frozenset(
    [
        "ethereum",
        "arbitrum",
        "optimism",
        "polygon",
        "bsc",
        "base",
        "avalanche",
        "fantom",
        "gnosis",
        "linea",
        "scroll",
        "zksync",
        "blast",
        "celo",
    ]
)
OTHER_FORMS: Final[dict[str, tuple[str, ...]]] = {
    "bitcoin": ("base58check", "bech32"),
    "litecoin": ("base58check", "bech32"),
    "tron": ("base58check",),
}
"""Chains that are no EVM chains, and how their addresses are written."""


class _EvmChains(AbstractSet[str]):
    """The names as a set that knows what the settings add."""

    def __init__(self) -> None:
        self._all = PACKAGED

    def __contains__(self, name: object) -> bool:
        return name in self._all

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._all))

    def __len__(self) -> int:
        return len(self._all)

    def of_settings(self, names: Iterable[str]) -> None:
        """Know these beside the packaged ones, and no others any more."""
        self._all = PACKAGED | (frozenset(names) - OTHER_FORMS.keys())


EVM_CHAINS: Final = _EvmChains()
