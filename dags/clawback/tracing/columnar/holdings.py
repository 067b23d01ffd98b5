"""What transfers did to each holding: sums of all, and the running balance of those that are asked for.

Layout:
    Holdings are sorted by code, that is by (chain, address, asset). `touches` lists for each, one after the
    other, its places in the travel order: place << 1, and 1 more where it receives. A transfer to oneself
    pays first.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

import numpy as np

from clawback.tracing.columnar.limbs import (
    Limbs,
    normalised,
    smallest_of_spans,
    to_decimals,
    widened,
)
from clawback.tracing.columnar.names import Codes, Longs, Places
from clawback.tracing.columnar.transfers import Columns
from clawback.tracing.nets import carry, nets_schema
from clawback.tracing.records import HoldingKey, Transfer

if TYPE_CHECKING:
    import pyarrow as pa

RECEIVES: Final = 1


@dataclass(frozen=True)
class Holdings:
    """All holdings that transfers touch."""

    codes: Longs
    payer: Places
    """By place in the travel order; -1 where nobody pays."""
    receiver: Places
    first: Longs
    """Where each begins in `touches`; one more than holdings."""
    touches: Longs

    def find(self, codes: Longs) -> Places:
        """The places of codes among the holdings, -1 where there is none."""
        if not len(self.codes):
            return np.full(len(codes), -1, np.int32)
        places = np.minimum(np.searchsorted(self.codes, codes), len(self.codes) - 1)
        return np.where(self.codes[places] == codes, places, -1).astype(np.int32)


def holdings_of(columns: Columns) -> Holdings:
    """Finds the holdings."""
    parties = np.empty(2 * len(columns.travel), np.int64)
    parties[0::2], parties[1::2] = columns.pays, columns.fills
    order = np.argsort(parties, kind="stable")
    order = order[np.searchsorted(parties, 0, sorter=order) :]
    in_order = parties[order]
    first = np.flatnonzero(np.diff(in_order, prepend=-1))
    place_of = np.full(len(parties), -1, np.int32)
    place_of[order] = np.repeat(np.arange(len(first), dtype=np.int32), np.diff(np.append(first, len(order))))
    return Holdings(
        in_order[first], place_of[0::2], place_of[1::2], np.append(first, len(order)).astype(np.int64), order
    )


def sums_of(columns: Columns, holdings: Holdings) -> tuple[Limbs, Limbs]:
    """Of each holding: received less paid, and the lowest that this sum reached (0 or less)."""
    starts = holdings.first[:-1]
    if not len(starts):
        empty = widened(columns.amount[:0])
        return empty, empty.copy()
    sums = columns.amount[columns.travel[holdings.touches >> 1]]
    sums[holdings.touches & 1 != RECEIVES] *= -1
    np.cumsum(sums, axis=0, out=sums)
    before = np.zeros((len(starts), sums.shape[1]), np.int64)
    before[1:] = sums[starts[1:] - 1]
    sums -= np.repeat(before, np.diff(holdings.first), axis=0)
    normalised(sums)
    net = widened(sums[holdings.first[1:] - 1])
    lowest = widened(smallest_of_spans(sums, starts))
    lowest[lowest[:, -1] >= 0] = 0
    return net, lowest


def table_of_sums(codes: Codes, holdings: Longs, net: Limbs, lowest: Limbs) -> pa.Table:
    """Sums as a table, ordered by (chain, address, asset).

    Args:
        codes: what the codes mean.
        holdings: codes, ascending.
        net: of each.
        lowest: of each.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    texts = zip((codes.chains, codes.addresses, codes.assets), codes.parts(holdings), strict=True)
    columns = [pc.take(names.texts, pa.array(numbers)) for names, numbers in texts]
    return pa.Table.from_arrays([*columns, to_decimals(net), to_decimals(lowest)], schema=nets_schema())


@dataclass
class RunningBalances:
    """Balances of the few holdings that are asked for, before the transaction at hand.

    The interface of `nets.Nets`; the rows are those of the columns, and `now` says how far they have come.
    """

    columns: Columns
    holdings: Holdings
    place_of: Callable[[HoldingKey], int]
    now: int = 0
    """The transaction at hand."""
    _sums: dict[int, tuple[int, int, int]] = field(default_factory=dict)
    """Holding -> touches seen, net, lowest."""
    _fixed: dict[HoldingKey, int] = field(default_factory=dict)

    def add(self, rows: Iterable[Transfer]) -> None:
        """Nothing to be done: what is asked for is summed up when it is."""

    def fix(self, key: HoldingKey, amount: int) -> None:
        """Begins a holding anew with a balance that was seen."""
        self._fixed[key] = amount
        place = self.place_of(key)
        if place >= 0:
            seen, _, _ = self._until_now(place)
            self._sums[place] = (seen, 0, 0)

    def is_seen(self, key: HoldingKey) -> bool:
        """Whether a holding's balance goes back to one that was seen."""
        return key in self._fixed

    def seen(self) -> dict[HoldingKey, int]:
        """Present balances of all holdings that were seen once."""
        return {key: self.balance(key, 0) for key in self._fixed}

    def balance(self, key: HoldingKey, start: int) -> int:
        """Present balance of a holding that had `start` in the beginning."""
        begun = self._fixed.get(key, start)
        place = self.place_of(key)
        if place < 0:
            return begun
        _, net, lowest = self._until_now(place)
        return carry(begun, net, lowest)

    def _until_now(self, place: int) -> tuple[int, int, int]:
        columns, holdings = self.columns, self.holdings
        first, last = holdings.first[place], holdings.first[place + 1]
        seen, net, lowest = self._sums.get(place, (int(first), 0, 0))
        # The first touch of the transaction at hand, or of one after it.
        end = bisect_left(holdings.touches, int(columns.travel_first[self.now]) << 1, seen, int(last))
        if end > seen:
            touches = holdings.touches[seen:end]
            amounts = columns.amount[columns.travel[touches >> 1]].tolist()
            for receives, (low, lower, high, higher) in zip((touches & 1).tolist(), amounts, strict=True):
                amount = low | lower << 32 | high << 64 | higher << 96
                if receives == RECEIVES:
                    net += amount
                else:
                    net -= amount
                    lowest = min(lowest, net)
        self._sums[place] = (end, net, lowest)
        return end, net, lowest
