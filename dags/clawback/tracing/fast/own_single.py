"""Moves clean units from pile to pile without a lot in hand, under dirty_first and clean_first."""

from __future__ import annotations

import numpy as np

from clawback.tracing.fast.compiled import Limbs, Places, compiled, whole
from clawback.tracing.fast.lots import Lots
from clawback.tracing.fast.own_lots import Piles, put_units
from clawback.tracing.fast.own_takes import drop_clean
from clawback.tracing.fast.stakes import NEXT, VALUE
from clawback.tracing.fast.wide import ZERO, covers, shrink


@compiled
def pays_clean(
    node: Places, piles: Piles, scratch: Limbs, first: int, high: np.uint64, low: np.uint64
) -> bool:
    """Whether clean_first pays clean units alone, for every incident that has a stake from the first on."""
    stake = first
    while stake >= 0:
        pile = whole(node[stake, VALUE])
        for limb in range(3):
            scratch[0, limb] = piles.amount[pile, limb]
        shrink(scratch, 0, piles.tainted[pile, 1], piles.tainted[pile, 0])
        if not covers(scratch, 0, high, low):
            return False
        stake = whole(node[stake, NEXT])
    return True


@compiled
def pay_clean(node: Places, piles: Piles, lots: Lots, first: int, high: np.uint64, low: np.uint64) -> None:
    """Takes clean units, which there must be, off the piles of all stakes from the first on."""
    stake = first
    while stake >= 0:
        drop_clean(piles, lots, whole(node[stake, VALUE]), high, low)
        stake = whole(node[stake, NEXT])


@compiled
def get_clean(node: Places, piles: Piles, lots: Lots, first: int, high: np.uint64, low: np.uint64) -> None:
    """Puts clean units behind the piles of all stakes from the first on; there is a free cell for each."""
    stake = first
    while stake >= 0:
        put_units(piles, lots, whole(node[stake, VALUE]), high, low, ZERO)
        stake = whole(node[stake, NEXT])
