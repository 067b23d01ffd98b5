"""Takes units out of flat queues and puts lots behind them, for what is worked off outside of the kernel."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np

from clawback.tracing.fast.compiled import Limbs, compiled
from clawback.tracing.fast.lots import (
    HIGH,
    LIVE,
    LOW,
    OUT_HEAD,
    OUT_TAIL,
    Lots,
    begin,
    forget,
    free_cell,
    new_cell,
    push,
    take,
)
from clawback.tracing.fast.wide import ZERO, grow, to_int

WIDEST: Final = (1 << 128) - 1
"""The most that a lot holds."""
Cell = tuple[int, int, int]
"""Amount, tag, source of a lot."""


@compiled
def _hand_size(lots: Lots) -> int:
    size, cell = 0, lots.control[OUT_HEAD]
    while cell >= 0:
        size += 1
        cell = lots.after[cell]
    return size


@compiled
def _empty_hand(lots: Lots, found: Limbs) -> None:
    place, cell = 0, lots.control[OUT_HEAD]
    while cell >= 0:
        following = lots.after[cell]
        for column in range(4):
            found[place, column] = lots.cells[cell, column]
        free_cell(lots, cell)
        place += 1
        cell = following
    lots.control[OUT_HEAD] = -1
    lots.control[OUT_TAIL] = -1


@compiled
def _take_out(lots: Lots, queue: int, high: np.uint64, low: np.uint64) -> Limbs:
    take(lots, queue, high, low)
    found = np.empty((_hand_size(lots), 4), np.uint64)
    _empty_hand(lots, found)
    return found


@compiled
def _put_behind(lots: Lots, queue: int, made: Limbs) -> None:
    # What arrived joins a holding; without taint only its balance is kept.
    tainted = lots.stained[queue] > 0
    for place in range(len(made)):
        tainted = tainted or made[place, 2] != ZERO
    if tainted and lots.head[queue] < 0:
        begin(lots, queue)
    for place in range(len(made)):
        if tainted:
            cell = new_cell(lots, made[place, HIGH], made[place, LOW], made[place, 2], made[place, 3])
            push(lots, queue, cell)
        else:
            grow(lots.amount, queue, made[place, HIGH], made[place, LOW])
    if lots.stained[queue] == 0 and lots.head[queue] >= 0:
        forget(lots, queue)


def room_for(lots: Lots) -> int:
    """Cells that are free."""
    return len(lots.cells) - int(lots.control[LIVE])


def balance_of(lots: Lots, queue: int) -> int:
    """Units of a holding."""
    return to_int(lots.amount[queue])


def take_out(lots: Lots, queue: int, amount: int) -> list[Cell]:
    """Takes units from the old end of a holding that is followed; it must have them, and one cell be free."""
    taken: list[Cell] = []
    while amount > 0:
        part = min(amount, WIDEST)
        raw = _take_out(lots, queue, np.uint64(part >> 64), np.uint64(part & ((1 << 64) - 1)))
        taken += [(low + (high << 64), tag, source) for low, high, tag, source in raw.tolist()]
        amount -= part
    return taken


def set_balance(lots: Lots, queue: int, amount: int) -> None:
    """Sets the balance of a holding that is not followed."""
    for limb in range(3):
        lots.amount[queue, limb] = np.uint64((amount >> (64 * limb)) & ((1 << 64) - 1))


def put_behind(lots: Lots, queue: int, made: Sequence[Cell]) -> None:
    """Puts lots behind those of a holding; as many cells must be free as `cells_for` says."""
    rows = []
    for amount, tag, source in made:
        while amount > 0:
            part = min(amount, WIDEST)
            rows.append((part & ((1 << 64) - 1), part >> 64, tag, source))
            amount -= part
    _put_behind(lots, queue, np.array(rows, np.uint64).reshape(-1, 4))


def cells_for(made: Sequence[Cell], balance: int) -> int:
    """The most cells that putting lots behind a holding takes."""
    return sum(1 + amount // WIDEST for amount, _, _ in made) + 2 * (1 + (balance >> 128))
