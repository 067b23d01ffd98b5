"""Marks the transactions of a day in which an exchange is possible at all.

Rules:
    Some account received one asset and gave another one, gas apart; mints are given, and burns received, by
    the token's contract (see `clawback.tracing.exchanges`). What it received and gave on balance is not
    looked at: only for a marked transaction that taint moves in are exchanges worked out.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from clawback.tracing.fast.compiled import Bytes, Limbs, Longs, Places, compiled
from clawback.tracing.fast.index import BEGINS, FIRST, POSSIBLE, Rows

MANY: Final = 64
"""Transfers of a transaction beyond which it is marked unseen: pairs of transfers are looked at."""
BURNED_PLACE: Final = -2
"""Receiver of burned units in `Rows`."""


@compiled
def _is_same(one: Limbs, place: int, other: Limbs, other_place: int) -> bool:
    # Two addresses: 20 bytes at the beginning of a key, or of three words.
    return bool(
        one[place, 0] == other[other_place, 0]
        and one[place, 1] == other[other_place, 1]
        and one[place, 2] >> np.uint64(32) == other[other_place, 2] >> np.uint64(32)
    )


@compiled
def _may_exchange(
    rows: Rows, keys: Limbs, contracts: Limbs, asset_of: Places, is_gas: Bytes, first: int, last: int
) -> bool:
    if last - first > MANY:
        return True
    for give in range(first, last):
        if is_gas[give]:
            continue
        payer = rows.payer[give]
        giver, giver_place = (keys, payer) if payer >= 0 else (contracts, asset_of[give])
        for take in range(first, last):
            receiver = rows.receiver[take]
            if is_gas[take] or asset_of[take] == asset_of[give] or receiver < BURNED_PLACE:
                continue
            taker, taker_place = (keys, receiver) if receiver >= 0 else (contracts, asset_of[take])
            if _is_same(giver, giver_place, taker, taker_place):
                return True
    return False


@compiled
def mark_possible(
    rows: Rows, keys: Limbs, contracts: Limbs, asset_of: Places, is_gas: Bytes, begins: Longs
) -> None:
    """Marks the transactions of more than one asset that may have exchanged them.

    Args:
        rows: indexed; their `first` is written to.
        keys: of the day's holdings.
        contracts: the addresses of the assets, three words each.
        asset_of: which of them a transfer moves.
        is_gas: which transfers are fees.
        begins: first transfers of all transactions, and one behind the last.
    """
    for number in range(len(begins) - 1):
        first, last = begins[number], begins[number + 1]
        assets = 0
        for row in range(first, last):
            assets += 1 if rows.first[row] else 0
        if assets > 1 and _may_exchange(rows, keys, contracts, asset_of, is_gas, first, last):
            for row in range(first, last):
                if rows.first[row]:
                    rows.first[row] = FIRST | POSSIBLE | (BEGINS if row == first else np.uint8(0))
