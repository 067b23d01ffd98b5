"""The kernel of the methods under which each incident has lots of its own: moves the transfers of a day.

Rules:
    Those of `passage`: transfers that touch nothing known cost a look, and the kernel stops before a
    transaction for which something may be too small, says what, and goes on from there.
"""

from __future__ import annotations

from typing import Final

from clawback.tracing.fast.blend import blend_of, pass_blends
from clawback.tracing.fast.clean import transaction_end
from clawback.tracing.fast.compiled import Limbs, Places, compiled, whole
from clawback.tracing.fast.desk import KNOWN, Desk, Past, make_known
from clawback.tracing.fast.index import BEGINS, Rows
from clawback.tracing.fast.lots import LIVE, Lots
from clawback.tracing.fast.own_desk import Own, move_balances
from clawback.tracing.fast.own_lots import LIVE_PILES, Piles
from clawback.tracing.fast.own_passage import move_own
from clawback.tracing.fast.own_single import get_clean, pay_clean, pays_clean
from clawback.tracing.fast.stakes import CLEAN_FIRST, LIVE_STAKES, is_blend
from clawback.tracing.fast.stops import (
    EXCHANGE,
    FINISHED,
    MORE_CELLS,
    MORE_FLOWS,
    MORE_PILES,
    MORE_STAKES,
    MORE_SUMS,
    NOT_SIMPLE,
)
from clawback.tracing.fast.sums import MEASURE_COUNT

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
        payer, receiver = whole(desk.rows.payer[row]), whole(desk.rows.receiver[row])
        if payer >= 0:
            make_known(desk, past, payer, first)
        if receiver >= 0:
            make_known(desk, past, receiver, first)


@compiled
def _moved_clean(
    node: Places, piles: Piles, lots: Lots, scratch: Limbs, rows: Rows, row: int, rule: int
) -> int:
    # Moves a transfer if all that it moves is clean for every incident; gives `FINISHED` then.
    payer, receiver = whole(rows.payer[row]), whole(rows.receiver[row])
    low, high = rows.amount[row, 0], rows.amount[row, 1]
    paying, getting = whole(-1), whole(-1)
    if payer >= 0 and lots.stained[payer] > 0:
        paying = whole(lots.head[payer])
        if rule != CLEAN_FIRST or not pays_clean(node, piles, scratch, paying, high, low):
            return NOT_SIMPLE
    if receiver >= 0 and lots.stained[receiver] > 0:
        getting = whole(lots.head[receiver])
        if len(lots.cells) - lots.control[LIVE] < lots.stained[receiver]:
            return MORE_CELLS
    pay_clean(node, piles, lots, paying, high, low)
    get_clean(node, piles, lots, getting, high, low)
    return FINISHED


@compiled
def run_own(desk: Desk, past: Past, own: Own) -> int:
    """Moves transfers from `done[0]` on, to the end of the day or until something is too small."""
    rows, mark, lots = desk.rows, desk.mark, desk.lots
    row, claim = desk.done[0], desk.done[1]
    count = len(rows.payer)
    stakes, blend = own.stakes, blend_of(desk, own)
    blends = is_blend(stakes.rule)
    while row < count:
        if blends:
            claimed = whole(desk.claims.row[claim]) if claim < len(desk.claims.row) else whole(count)
            lacking = whole(pass_blends(blend, past, row, claimed))
            row = whole(desk.done[0])
            if lacking not in (FINISHED, NOT_SIMPLE):
                desk.done[1] = claim
                return lacking
            if row == count:
                break
        if rows.first[row] & BEGINS:
            end, pays = whole(transaction_end(rows.first, row)), False
            for place in range(row, end):
                pays = pays or (rows.payer[place] >= 0 and lots.stained[rows.payer[place]] > 0)
            if pays or (claim < len(desk.claims.row) and desk.claims.row[claim] < end):
                desk.done[0], desk.done[1] = row, claim
                _know(desk, past, row, end)
                return EXCHANGE
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
            payer, receiver = rows.payer[row], rows.receiver[row]
            simple = FINISHED
            if blends or claims > 0 or last > row + 1 or payer == receiver:
                simple = NOT_SIMPLE
            else:
                simple = _moved_clean(stakes.node, stakes.piles, lots, stakes.units, rows, row, stakes.rule)
            if simple == NOT_SIMPLE:
                lacking = _lacks(desk, own, row, last, min(followers + claims, desk.facts[0]))
                if lacking != FINISHED:
                    return lacking
                if tainted or claims > 0:
                    _know(desk, past, row, last)
                move_own(desk, own, row, last, claim, claims)
            elif simple != FINISHED:
                return simple
        if touched or claims > 0:
            move_balances(rows, lots.amount, row, last)
        row = last
        claim += claims
    desk.done[0], desk.done[1] = row, claim
    return FINISHED
