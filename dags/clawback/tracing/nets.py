"""What every account moved in a day: enough to know any balance later, without knowing any incident now.

Layout:
    One row per (chain, address, asset) that moved in the day (see `columnar.runs`): `net` is received minus
    paid, `lowest` the lowest that the running sum reached (0 or less). A balance that starts the day at b and
    is floored at 0 ends it at net + max(b, -lowest); so days can be put together in order, and a holding's
    balance in the ledger (which books what it was not seen to receive as unseen inflow) is exactly that
    number. Sums of hostile tokens can be wider than one amount: a sum has as many bytes as it needs.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from clawback.tracing.records import HoldingKey, Transfer


class RunningNets(Protocol):
    """What the engine asks of the sums since a beginning."""

    def add(self, rows: Iterable[Transfer]) -> None:
        """Books transfers in travel order."""

    def fix(self, key: HoldingKey, amount: int) -> None:
        """Begins a holding anew with a balance that was seen."""

    def is_seen(self, key: HoldingKey) -> bool:
        """Whether a holding's balance goes back to one that was seen."""

    def balance(self, key: HoldingKey, start: int) -> int:
        """Present balance of a holding that had `start` in the beginning."""


class Nets:
    """Running sums since the beginning of the day (or of the transfers given)."""

    def __init__(self) -> None:
        self._sums: dict[HoldingKey, tuple[int, int]] = {}
        self._fixed: dict[HoldingKey, int] = {}

    def add(self, rows: Iterable[Transfer]) -> None:
        """Books transfers in travel order."""
        sums = self._sums
        for row in rows:
            payer, receiver, amount = row.payer, row.receiver, row.amount
            if payer is not None:
                key = (row.chain, payer, row.asset)
                net, lowest = sums.get(key, (0, 0))
                net -= amount
                sums[key] = (net, min(net, lowest))
            if receiver is not None:
                key = (row.chain, receiver, row.asset)
                net, lowest = sums.get(key, (0, 0))
                sums[key] = (net + amount, lowest)

    def fix(self, key: HoldingKey, amount: int) -> None:
        """Begins a holding anew with a balance that was seen."""
        self._fixed[key] = amount
        self._sums.pop(key, None)

    def is_seen(self, key: HoldingKey) -> bool:
        """Whether a holding's balance goes back to one that was seen."""
        return key in self._fixed

    def seen(self) -> dict[HoldingKey, int]:
        """Present balances of all holdings that were seen once."""
        return {key: self.balance(key, 0) for key in self._fixed}

    def balance(self, key: HoldingKey, start: int) -> int:
        """Present balance of a holding that had `start` in the beginning."""
        return carry(self._fixed.get(key, start), *self._sums.get(key, (0, 0)))


def carry(start: int, net: int, lowest: int) -> int:
    """Balance at the end of a day that began with `start`."""
    return net + max(start, -lowest)
