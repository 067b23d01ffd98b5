"""Runs a day's kernel for a method under which each incident has lots of its own, with ever enough room."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from clawback.tracing.fast.compiled import Bytes, Limbs
from clawback.tracing.fast.desk import Desk, Past
from clawback.tracing.fast.exchanged import HandedOver
from clawback.tracing.fast.own_desk import Own, empty_parties
from clawback.tracing.fast.own_exchanged import settle_own
from clawback.tracing.fast.own_lots import empty_piles, more_piles, with_places
from clawback.tracing.fast.own_run import run_own
from clawback.tracing.fast.stakes import RULES, Stakes, empty_stakes, more_stakes
from clawback.tracing.fast.stops import (
    EXCHANGE,
    FINISHED,
    MORE_CELLS,
    MORE_FLOWS,
    MORE_PILES,
    MORE_STAKES,
    MORE_SUMS,
)
from clawback.tracing.fast.store import more_cells
from clawback.tracing.fast.sums import roomy
from clawback.tracing.fast.wide import split2

FIRST_STAKES = 1 << 10
FLOWS_AT_ONCE = 1 << 20


def stakes_for(method: str) -> Stakes | None:
    """No stakes yet; none at all where all incidents share their lots."""
    rule = RULES.get(method)
    return None if rule is None else empty_stakes(rule, FIRST_STAKES, empty_piles(FIRST_STAKES, 0))


def dust_of(limits: Mapping[bytes, int], assets: Bytes) -> Limbs:
    """Dust limits of a day's assets (20 bytes each), as low limb and high limb."""
    return np.array([split2(limits.get(asset.tobytes(), 0)) for asset in assets], np.uint64).reshape(-1, 2)


def run_own_day(
    desk: Desk, past: Past, stakes: Stakes, dust: Limbs, exchanged: HandedOver
) -> tuple[Desk, Stakes, Limbs]:
    """Works off one day.

    Args:
        desk: its queues are the holdings of the day.
        past: what tells balances.
        stakes: of those holdings.
        dust: by asset of the day.
        exchanged: works off transactions with exchanges.

    Returns:
        The desk and the stakes after the day, and the flows.
    """
    largest = len(desk.scratch.holding)
    parties = empty_parties(len(desk.mark), largest)
    done: list[Limbs] = []
    while True:
        # Piles know the places of all cells.
        stakes = stakes._replace(piles=with_places(stakes.piles, len(desk.lots.cells)))
        lacking = run_own(desk, past, Own(stakes, parties, dust))
        if lacking == FINISHED:
            break
        if lacking == EXCHANGE:
            desk, stakes, made = settle_own(exchanged, desk, stakes)
            desk = _with_flows(desk, made, done)
        elif lacking == MORE_FLOWS:
            done.append(desk.flows[: desk.done[2]])
            room = max(len(desk.flows), FLOWS_AT_ONCE)
            desk = desk._replace(flows=np.empty((room, desk.flows.shape[1]), np.uint64))
            desk.done[2] = 0
        elif lacking == MORE_CELLS:
            desk = desk._replace(lots=more_cells(desk.lots, 0))
        elif lacking == MORE_STAKES:
            stakes = more_stakes(stakes)
        elif lacking == MORE_PILES:
            stakes = stakes._replace(piles=more_piles(stakes.piles))
        elif lacking == MORE_SUMS:
            desk = desk._replace(sums=roomy(desk.sums, len(desk.sums.keys)))
        else:
            raise AssertionError(f"the kernel stopped for {lacking}")
    done.append(desk.flows[: desk.done[2]])
    return desk, stakes, _joined(done)


def _with_flows(desk: Desk, made: Limbs, done: list[Limbs]) -> Desk:
    # Puts flows behind those of the desk.
    end = int(desk.done[2]) + len(made)
    if end <= len(desk.flows):
        desk.flows[desk.done[2] : end] = made
        desk.done[2] = end
        return desk
    done += [desk.flows[: desk.done[2]], made]
    desk.done[2] = 0
    return desk._replace(flows=np.empty_like(desk.flows))


def _joined(parts: list[Limbs]) -> Limbs:
    # One array of all; parts are let go as they are copied, for a day of poison fills memory once.
    if len(parts) == 1:
        return parts[0]
    whole = np.empty((sum(len(part) for part in parts), parts[0].shape[1]), np.uint64)
    place = 0
    parts.reverse()
    while parts:
        part = parts.pop()
        whole[place : place + len(part)] = part
        place += len(part)
    return whole
