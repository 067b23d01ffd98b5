"""What transfers did to each holding: sums of all, and the running balance of those that are asked for.

Layout:
    Holdings are sorted by code, that is by (chain, address, asset). `touches` lists for each, one after the
    other, its places in the travel order: place << 1, and 1 more where it receives. A transfer to oneself
    pays first.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from clawback.tracing.columnar.limbs import Limbs, normalised, smallest_of_spans, widened
from clawback.tracing.columnar.names import Longs, Places
from clawback.tracing.columnar.transfers import Columns
from clawback.tracing.nets import carry
from clawback.tracing.records import HoldingKey, Transfer

RECEIVES: Final = 1
WORD: Final = 63
"""Bits of a number that is not below 0."""
TOUCHES_AT_ONCE: Final = 1 << 17


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
    bits = len(parties).bit_length()
    if len(parties) and int(parties.max()).bit_length() + bits < WORD:
        # Code and place in one number: one sort without a second array, and equal codes stay in order.
        parties <<= bits
        parties |= np.arange(len(parties))
        parties.sort()
        parties = parties[np.searchsorted(parties, 0) :]
        touches = parties & ((1 << bits) - 1)
        parties >>= bits
    else:
        touches = np.argsort(parties, kind="stable")
        touches = touches[np.searchsorted(parties, 0, sorter=touches) :]
        parties = parties[touches]
    first = np.flatnonzero(np.diff(parties, prepend=-1))
    codes = parties[first]
    first = np.append(first, len(touches))
    place_of = np.full(2 * len(columns.travel), -1, np.int32)
    place_of[touches] = np.repeat(np.arange(len(codes), dtype=np.int32), np.diff(first))
    return Holdings(codes, place_of[0::2], place_of[1::2], first, touches)


def sums_of(columns: Columns, holdings: Holdings) -> Iterator[tuple[Limbs, Limbs]]:
    """Of each holding: received less paid, and the lowest that this sum reached (0 or less).

    Yields:
        Both for the next holdings, in their order; some at a time, for the sums on the way take much room.
    """
    count = len(holdings.codes)
    # Each part ends with the holding in which so many touches more are full.
    full = np.arange(0, holdings.first[-1], TOUCHES_AT_ONCE) + TOUCHES_AT_ONCE
    ends = np.searchsorted(holdings.first, full)
    begin = 0
    for end in np.unique(np.minimum(ends, count)).tolist():
        if end > begin:
            yield _sums(columns, holdings, begin, end)
            begin = end


def _sums(columns: Columns, holdings: Holdings, begin: int, end: int) -> tuple[Limbs, Limbs]:
    first = holdings.first[begin : end + 1]
    touches = holdings.touches[first[0] : first[-1]]
    first = first - first[0]
    starts = first[:-1]
    sums = columns.amount[columns.travel[touches >> 1]].astype(np.int64)
    sums[touches & 1 != RECEIVES] *= -1
    np.cumsum(sums, axis=0, out=sums)
    before = np.zeros((len(starts), sums.shape[1]), np.int64)
    before[1:] = sums[starts[1:] - 1]
    sums -= np.repeat(before, np.diff(first), axis=0)
    normalised(sums)
    net = widened(sums[first[1:] - 1])
    lowest = widened(smallest_of_spans(sums, starts))
    lowest[lowest[:, -1] >= 0] = 0
    return net, lowest


@dataclass
class HoldingNames:
    """Places of holdings by name, as far as they were asked for."""

    columns: Columns
    holdings: Holdings
    _places: dict[HoldingKey, int] = field(default_factory=dict)

    def place_of(self, key: HoldingKey) -> int:
        """The place of a holding, -1 where no transfer touches it."""
        place = self._places.get(key)
        if place is None:
            self.know([key])
            place = self._places[key]
        return place

    def know(self, keys: Sequence[HoldingKey]) -> Places:
        """The places of many holdings at once."""
        places = self.holdings.find(self.columns.codes.of_texts(keys))
        self._places.update(zip(keys, places.tolist(), strict=True))
        return places

    def note(self, place: int) -> HoldingKey:
        """The name of a holding, which is then known by it."""
        key = self.columns.key(int(self.holdings.codes[place]))
        self._places[key] = place
        return key


@dataclass
class RunningBalances:
    """Balances of the few holdings that are asked for, before the transaction at hand.

    The interface of `nets.Nets`; the rows are those of the columns, and `now` says how far they have come.
    """

    columns: Columns
    holdings: Holdings
    names: HoldingNames
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
        place = self.names.place_of(key)
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
        place = self.names.place_of(key)
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
