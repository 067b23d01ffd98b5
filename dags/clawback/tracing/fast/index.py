"""The index of a day's transfers: its holdings, sorted, and which of them each transfer pays and fills.

Layout:
    A holding's key is five big-endian words: 20 bytes of address, 20 of asset (zeros for the coin). So keys
    sort like the bytes. `net` and `lowest` are three limbs: what a holding received less what it paid in
    the day (two's complement), and how far below its start the sum fell (see `clawback.tracing.nets`).
    The index knows no incident; it is made once, when the day's table is, and serves every trace.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from clawback.tracing.fast.compiled import Bytes, Limbs, Longs, Places, compiled
from clawback.tracing.fast.wide import ZERO, grow, shrink

WORDS: Final = 5
PAYS: Final = 1
FIRST: Final = np.uint8(1)
POSSIBLE: Final = np.uint8(2)
BEGINS: Final = np.uint8(4)
"""Bits of `Rows.first`, on the first transfer of an asset in a transaction: always; where some account of the
transaction may have exchanged assets; and on the first of all transfers of such a transaction."""


class Rows(NamedTuple):
    """Transfers of one day in travel order: those of a transaction by asset, each asset in one piece."""

    payer: Places
    receiver: Places
    amount: Limbs
    first: Bytes


class Balances(NamedTuple):
    """Sorted holdings and what a span of days did to them."""

    keys: Limbs
    net: Limbs
    lowest: Limbs


@dataclass(frozen=True)
class DayIndex:
    """Balances of one day, and its transfers in travel order."""

    balances: Balances
    rows: Rows
    assets: Bytes
    """The day's assets, 20 bytes each."""
    asset_of: Places
    """Which of them each holding is in."""
    touch_start: Longs
    """Where a holding's transfers begin in `touches`; one more than holdings."""
    touches: Places
    """Row << 1 | `PAYS` for each transfer of each holding, in order."""
    longest: int = 1
    """Transfers of the largest group."""


def words_of(addresses: Bytes) -> Limbs:
    """The first two words and the half of the third that 20 bytes make; rows of three words."""
    padded = np.zeros((len(addresses), 24), np.uint8)
    padded[:, :20] = addresses
    words: Limbs = padded.view(">u8").astype(np.uint64)
    return words


def asset_words(assets: Bytes) -> Limbs:
    """Half a word and two words for each asset."""
    padded = np.zeros((len(assets), 24), np.uint8)
    padded[:, 4:] = assets
    words: Limbs = padded.view(">u8").astype(np.uint64)
    return words


def address_bytes(keys: Limbs) -> Bytes:
    """Addresses of keys."""
    raw = np.ascontiguousarray(keys[:, :3]).astype(">u8").view(np.uint8).reshape(len(keys), 24)
    return np.ascontiguousarray(raw[:, :20])


def asset_bytes(keys: Limbs) -> Bytes:
    """Assets of keys."""
    raw = np.ascontiguousarray(keys[:, 2:]).astype(">u8").view(np.uint8).reshape(len(keys), 24)
    return np.ascontiguousarray(raw[:, 4:])


@compiled
def _enter(
    table: Places, keys: Limbs, count: int, words: Limbs, row: int, asset: Limbs, asset_place: int
) -> tuple[int, int]:
    # Place of a holding among those met, and how many have been met.
    first, second = words[row, 0], words[row, 1]
    third = words[row, 2] | asset[asset_place, 0]
    mixed = (first ^ (second * np.uint64(0x9E3779B97F4A7C15)) ^ third) * np.uint64(0xD6E8FEB86659FD93)
    mixed ^= asset[asset_place, 2] * np.uint64(0xC2B2AE3D27D4EB4F)
    mask = len(table) - 1
    slot = np.int64((mixed ^ (mixed >> np.uint64(32))) & np.uint64(mask))
    while table[slot] >= 0:
        place = table[slot]
        if (
            keys[place, 0] == first
            and keys[place, 1] == second
            and keys[place, 2] == third
            and keys[place, 3] == asset[asset_place, 1]
            and keys[place, 4] == asset[asset_place, 2]
        ):
            return place, count
        slot = (slot + 1) & mask
    table[slot] = count
    keys[count, 0] = first
    keys[count, 1] = second
    keys[count, 2] = third
    keys[count, 3] = asset[asset_place, 1]
    keys[count, 4] = asset[asset_place, 2]
    return count, count + 1


@compiled
def _enter_all(
    table: Places,
    keys: Limbs,
    payers: Limbs,
    receivers: Limbs,
    asset: Limbs,
    asset_of: Places,
    rows: Rows,
    asset_by_holding: Places,
) -> int:
    count = 0
    for row in range(len(rows.payer)):
        if rows.payer[row] >= 0:
            place, count = _enter(table, keys, count, payers, row, asset, asset_of[row])
            rows.payer[row] = place
            asset_by_holding[place] = asset_of[row]
        if rows.receiver[row] >= 0:
            place, count = _enter(table, keys, count, receivers, row, asset, asset_of[row])
            rows.receiver[row] = place
            asset_by_holding[place] = asset_of[row]
    return count


@compiled
def _deepen(lowest: Limbs, net: Limbs, place: int) -> None:
    # Where the running sum is negative, its size is compared with the lowest so far.
    if np.int64(net[place, 2]) >= 0:
        return
    low = ~net[place, 0] + np.uint64(1)
    carry = np.uint64(1) if low == ZERO else ZERO
    middle = ~net[place, 1] + carry
    carry = np.uint64(1) if carry == np.uint64(1) and middle == ZERO else ZERO
    high = ~net[place, 2] + carry
    old_high, old_middle = lowest[place, 2], lowest[place, 1]
    if high != old_high:
        deeper = high > old_high
    elif middle != old_middle:
        deeper = middle > old_middle
    else:
        deeper = low > lowest[place, 0]
    if deeper:
        lowest[place, 0] = low
        lowest[place, 1] = middle
        lowest[place, 2] = high


@compiled
def _sum_up(rows: Rows, rank: Places, net: Limbs, lowest: Limbs) -> None:
    for row in range(len(rows.payer)):
        low, high = rows.amount[row, 0], rows.amount[row, 1]
        if rows.payer[row] >= 0:
            place = rank[rows.payer[row]]
            rows.payer[row] = place
            shrink(net, place, high, low)
            _deepen(lowest, net, place)
        if rows.receiver[row] >= 0:
            place = rank[rows.receiver[row]]
            rows.receiver[row] = place
            grow(net, place, high, low)


@compiled
def _touches(rows: Rows, start: Longs, touches: Places) -> int:
    # Counting sort of transfers by holding; gives the size of the largest group.
    for row in range(len(rows.payer)):
        payer, receiver = rows.payer[row], rows.receiver[row]
        if payer >= 0:
            start[payer + 1] += 1
        if receiver >= 0:
            start[receiver + 1] += 1
    for holding in range(len(start) - 1):
        start[holding + 1] += start[holding]
    most, size = 0, 0
    for row in range(len(rows.payer)):
        size = 1 if rows.first[row] else size + 1
        most = max(most, size)
        payer, receiver = rows.payer[row], rows.receiver[row]
        if payer >= 0:
            touches[start[payer]] = row << 1 | PAYS
            start[payer] += 1
        if receiver >= 0:
            touches[start[receiver]] = row << 1
            start[receiver] += 1
    for holding in range(len(start) - 1, 0, -1):
        start[holding] = start[holding - 1]
    start[0] = 0
    return most


def sorted_places(keys: Limbs) -> Places:
    """The order that sorts keys."""
    order = np.argsort(keys[:, 0], kind="stable")
    first = keys[order, 0]
    alike = np.zeros(len(keys), bool)
    alike[1:] = first[1:] == first[:-1]
    alike[:-1] |= alike[1:]
    tied = np.flatnonzero(alike)
    if len(tied):
        # Holdings of one address in several assets.
        those = order[tied]
        order[tied] = those[np.lexsort(keys[those].T[::-1])]
    return order.astype(np.int32)


def index_day(rows: Rows, payers: Bytes, receivers: Bytes, assets: Bytes, asset_of: Places) -> DayIndex:
    """Builds the index.

    Args:
        rows: in travel order; payer 0 or -1 (none), receiver 0 or its sink. Filled in place.
        payers: 20 bytes each.
        receivers: 20 bytes each.
        assets: the day's assets, 20 bytes each.
        asset_of: which of them a transfer moves.
    """
    capacity = 1 << (4 * len(rows.payer) + 1).bit_length()
    table = np.full(capacity, -1, np.int32)
    keys = np.empty((2 * len(rows.payer), WORDS), np.uint64)
    by_holding = np.empty(2 * len(rows.payer), np.int32)
    count = _enter_all(
        table, keys, words_of(payers), words_of(receivers), asset_words(assets), asset_of, rows, by_holding
    )
    del table
    keys = keys[:count]
    order = sorted_places(keys)
    rank = np.empty(count, np.int32)
    rank[order] = np.arange(count, dtype=np.int32)
    net, lowest = np.zeros((count, 3), np.uint64), np.zeros((count, 3), np.uint64)
    _sum_up(rows, rank, net, lowest)
    start, touches = np.zeros(count + 1, np.int64), np.empty(2 * len(rows.payer), np.int32)
    longest = _touches(rows, start, touches)
    balances = Balances(keys[order], net, lowest)
    return DayIndex(balances, rows, assets, by_holding[order], start, touches[: start[-1]], longest)
