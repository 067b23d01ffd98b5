"""The kernel of the methods under which each incident has lots of its own: moves the transfers of a day.

Rules:
    Those of `passage`: transfers that touch nothing known cost a look, and the kernel stops before a
    transaction for which something may be too small, says what, and goes on from there.
"""

from __future__ import annotations

from typing import Final

from clawback.tracing.fast.compiled import compiled, whole
from clawback.tracing.fast.desk import KNOWN, Desk, Past, make_known
from clawback.tracing.fast.lots import LIVE
from clawback.tracing.fast.own_desk import Own, move_balances
from clawback.tracing.fast.own_lots import LIVE_PILES
from clawback.tracing.fast.own_passage import move_own
from clawback.tracing.fast.own_single import moved_single
from clawback.tracing.fast.passage import FINISHED, MORE_CELLS, MORE_FLOWS, MORE_SUMS
from clawback.tracing.fast.stakes import LIVE_STAKES
from clawback.tracing.fast.sums import MEASURE_COUNT

MORE_STAKES: Final = 5
MORE_PILES: Final = 6
CELLS_PER_TRANSFER: Final = 16
"""More than one transfer can make of the lots of one incident, its parties' piles included."""


@compiled
def _lacks(desk: Desk, own: Own, first: int, last: int, followers: int) -> int:
    # What may be too small for the transfers from first to last, and so many incidents at most.
    lots, stakes, piles = desk.lots, own.stakes, own.stakes.piles
    count = last - first
    if len(desk.flows) - desk.done[2] < count * followers:
        return MORE_FLOWS
    wide = 0
    for row in range(first, last):
        payer, receiver = desk.rows.payer[row], desk.rows.receiver[row]
        if payer >= 0:
            wide += 2 * whole(lots.amount[payer, 2])
        if receiver >= 0:
            wide += 2 * whole(lots.amount[receiver, 2])
    # Ordered piles keep what a transaction leaves; those of blends live for one incident of it.
    if len(lots.cells) - lots.control[LIVE] < (CELLS_PER_TRANSFER * count + wide) * followers:
        return MORE_CELLS
    if len(stakes.node) - stakes.control[LIVE_STAKES] < 2 * count * followers:
        return MORE_STAKES
    if len(piles.last) - piles.control[LIVE_PILES] < 4 * count * followers:
        return MORE_PILES
    if len(desk.sums.keys) < 2 * (desk.sums.used[0] + followers * MEASURE_COUNT):
        return MORE_SUMS
    return FINISHED


@compiled
def _know(desk: Desk, past: Past, first: int, last: int) -> None:
    # Taint may reach these holdings now: what they have before this transaction is worked out.
    for row in range(first, last):
        payer, receiver = desk.rows.payer[row], desk.rows.receiver[row]
        if payer >= 0:
            make_known(desk, past, payer, first)
        if receiver >= 0:
            make_known(desk, past, receiver, first)


@compiled
def run_own(desk: Desk, past: Past, own: Own) -> int:
    """Moves transfers from `done[0]` on, to the end of the day or until something is too small."""
    rows, mark, lots = desk.rows, desk.mark, desk.lots
    row, claim = desk.done[0], desk.done[1]
    count = len(rows.payer)
    while row < count:
        last = row + 1
        while last < count and rows.first[last] == 0:
            last += 1
        touched, tainted, followers = False, False, 0
        for place in range(row, last):
            payer, receiver = rows.payer[place], rows.receiver[place]
            if payer >= 0 and mark[payer] & KNOWN:
                touched = True
                tainted = tainted or lots.stained[payer] > 0
                followers += lots.stained[payer]
            if receiver >= 0 and mark[receiver] & KNOWN:
                touched = True
                followers += lots.stained[receiver]
        claims = 0
        while claim + claims < len(desk.claims.row) and desk.claims.row[claim + claims] < last:
            claims += 1
        if followers > 0 or claims > 0:
            desk.done[0], desk.done[1] = row, claim
            lacking = _lacks(desk, own, row, last, min(followers + claims, desk.facts[0]))
            if lacking != FINISHED:
                return lacking
            if claims > 0 or last > row + 1 or not moved_single(desk, past, own, row):
                if tainted or claims > 0:
                    _know(desk, past, row, last)
                move_own(desk, own, row, last, claim, claims)
        if touched or claims > 0:
            move_balances(desk, row, last)
        row = last
        claim += claims
    desk.done[0], desk.done[1] = row, claim
    return FINISHED
