"""Ends the stakes in holdings whose address was recognised as a service after taint reached it."""

from __future__ import annotations

from clawback.tracing.fast.compiled import Limbs, Places, compiled, whole
from clawback.tracing.fast.lots import Lots
from clawback.tracing.fast.own_lots import free_pile
from clawback.tracing.fast.stakes import (
    HAIRCUT,
    INCIDENT,
    NEXT,
    POISON,
    VALUE,
    Stakes,
    drop_stake,
    is_blend,
)
from clawback.tracing.fast.sums import Sums, book, sum_place


@compiled
def _book_all(
    stakes: Stakes, sums: Sums, amount: Limbs, holding: int, stake: int, asset: int, measure: int
) -> None:
    incident = whole(stakes.node[stake, INCIDENT])
    if stakes.rule == HAIRCUT:
        book(sums, incident, asset, measure, stakes.tainted[stake, 1], stakes.tainted[stake, 0])
        return
    if stakes.rule == POISON:
        high, low = amount[holding, 1], amount[holding, 0]
        place = sum_place(sums, incident, asset, measure)
        sums.values[place, 2] += amount[holding, 2]
    else:
        tainted = stakes.piles.tainted
        pile = stakes.node[stake, VALUE]
        high, low = tainted[pile, 1], tainted[pile, 0]
    book(sums, incident, asset, measure, high, low)


@compiled
def end_stakes(stakes: Stakes, lots: Lots, sums: Sums, measures: Places, holding: int, asset: int) -> int:
    """Books the taint of ended incidents in a holding and drops their stakes.

    Args:
        stakes: all.
        lots: their queues are the holdings of the store.
        sums: they have room.
        measures: by incident where its units end, -1 where they do not.
        holding: place in the store.
        asset: its number.

    Returns:
        How many stakes are left.
    """
    before, stake = whole(-1), whole(lots.head[holding])
    while stake >= 0:
        following = whole(stakes.node[stake, NEXT])
        measure = measures[stakes.node[stake, INCIDENT]]
        if measure < 0:
            before = stake
        else:
            _book_all(stakes, sums, lots.amount, holding, stake, asset, whole(measure))
            if not is_blend(stakes.rule):
                free_pile(stakes.piles, lots, whole(stakes.node[stake, VALUE]))
            drop_stake(stakes.node, stakes.control, lots.head, lots.stained, holding, before, stake)
        stake = following
    return whole(lots.stained[holding])
