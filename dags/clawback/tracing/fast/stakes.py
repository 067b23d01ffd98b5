"""What each incident has in each holding: the stakes of a day, and the rules by which they are taken.

Invariants:
    A holding has a stake for every incident whose taint it carries, linked in the order of incidents; `head`
    and `stained` of its queue in `lots` are the first of them and their number.
    Under dirty_first and clean_first a stake has a pile. Under haircut and poison nothing but the tainted
    units and the smallest hop outlives a transaction: a pile is made of them where one is needed, and the
    clean units are the rest of the balance.

Layout:
    `node` row: incident, next stake of the holding (-1 for none; or next free one), and pile or hop + 1.
    `tainted`: low and high limb, kept under haircut only (poison taints the whole balance).
    `control`: first free stake, stakes ever used, stakes in use.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from clawback.tracing.fast.compiled import Limbs, Longs, Places, compiled, whole
from clawback.tracing.fast.lots import HIGH, HOP_MASK, LABEL_SHIFT, LOW, SOURCE, TAG, Lots
from clawback.tracing.fast.own_lots import CLEAN, TAINTED, Piles, free_pile, new_pile, put_units, put_wide
from clawback.tracing.fast.own_takes import older_kind, put_hand, take_shares, unlink
from clawback.tracing.fast.pro_rata import WORK, set_balance, share_of
from clawback.tracing.fast.wide import ZERO, covers, shrink, sub2

HAIRCUT: Final = 0
DIRTY_FIRST: Final = 1
CLEAN_FIRST: Final = 2
POISON: Final = 3
RULES: Final = {"haircut": HAIRCUT, "dirty_first": DIRTY_FIRST, "clean_first": CLEAN_FIRST, "poison": POISON}

INCIDENT: Final = 0
NEXT: Final = 1
VALUE: Final = 2
FREE_STAKE: Final = 0
USED_STAKES: Final = 1
LIVE_STAKES: Final = 2


class Stakes(NamedTuple):
    """All stakes, the rule, and the piles. `units` is scratch for one number of three limbs."""

    node: Places
    tainted: Limbs
    control: Longs
    piles: Piles
    rule: int
    work: Limbs
    units: Limbs


def empty_stakes(rule: int, stakes: int, piles: Piles) -> Stakes:
    """Room for so many stakes."""
    return Stakes(
        np.zeros((stakes, 3), np.int32),
        np.zeros((stakes if rule == HAIRCUT else 0, 2), np.uint64),
        np.array([-1, 0, 0], np.int64),
        piles,
        rule,
        np.zeros(WORK, np.uint64),
        np.zeros((1, 3), np.uint64),
    )


def more_stakes(stakes: Stakes) -> Stakes:
    """The same stakes with twice the room."""
    larger = empty_stakes(stakes.rule, 2 * len(stakes.node), stakes.piles)
    larger.node[: len(stakes.node)] = stakes.node
    larger.tainted[: len(stakes.tainted)] = stakes.tainted
    return larger._replace(control=stakes.control)


@compiled
def is_blend(rule: int) -> bool:
    """Whether the order of lots in a holding means nothing once a transaction is over."""
    return rule in (HAIRCUT, POISON)


@compiled
def add_stake(
    node: Places, control: Longs, head: Places, stained: Places, holding: int, before: int, incident: int
) -> int:
    """Makes a stake behind another one of the holding (-1: before all of them).

    Here as below single arrays are given: compiled calls copy what they are given, and this is called for
    every flow.
    """
    stake = whole(control[FREE_STAKE])
    if stake >= 0:
        control[FREE_STAKE] = node[stake, NEXT]
    else:
        stake = whole(control[USED_STAKES])
        control[USED_STAKES] = stake + 1
    control[LIVE_STAKES] += 1
    node[stake, INCIDENT] = incident
    if before < 0:
        node[stake, NEXT] = head[holding]
        head[holding] = stake
    else:
        node[stake, NEXT] = node[before, NEXT]
        node[before, NEXT] = stake
    stained[holding] += 1
    return stake


@compiled
def drop_stake(
    node: Places, control: Longs, head: Places, stained: Places, holding: int, before: int, stake: int
) -> None:
    """Takes a stake, which follows another one of the holding (-1: is the first), out of it."""
    if before < 0:
        head[holding] = node[stake, NEXT]
    else:
        node[before, NEXT] = node[stake, NEXT]
    stained[holding] -= 1
    node[stake, NEXT] = control[FREE_STAKE]
    control[FREE_STAKE] = stake
    control[LIVE_STAKES] -= 1


@compiled
def take_by_rule(stakes: Stakes, lots: Lots, pile: int, high: np.uint64, low: np.uint64) -> None:
    """Takes a payment, which the pile covers, into the hand."""
    piles, rule = stakes.piles, stakes.rule
    all_high, all_low = piles.tainted[pile, 1], piles.tainted[pile, 0]
    tainted_high, tainted_low = ZERO, ZERO
    if rule == HAIRCUT:
        if high != ZERO or low != ZERO:
            set_balance(stakes.work, piles.amount, pile)
            tainted_high, tainted_low = share_of(stakes.work, high, low, all_high, all_low)
    elif rule == DIRTY_FIRST:
        if covers(piles.tainted, pile, high, low):
            tainted_high, tainted_low = high, low
        else:
            tainted_high, tainted_low = all_high, all_low
    elif rule == CLEAN_FIRST:
        units = stakes.units
        for limb in range(3):
            units[0, limb] = piles.amount[pile, limb]
        shrink(units, 0, all_high, all_low)
        if not covers(units, 0, high, low):
            tainted_high, tainted_low = sub2(high, low, units[0, 1], units[0, 0])
    elif piles.ends[pile, TAINTED] >= 0:
        tainted_high, tainted_low = high, low
    clean_high, clean_low = sub2(high, low, tainted_high, tainted_low)
    take_shares(piles, lots, pile, (tainted_high, tainted_low), (clean_high, clean_low))


@compiled
def spread(stakes: Stakes, lots: Lots, pile: int) -> None:
    """Under poison, taints all that lies with something tainted, by the shortest way that brought any."""
    piles, cells = stakes.piles, lots.cells
    if stakes.rule != POISON or piles.ends[pile, TAINTED] < 0 or piles.ends[pile, CLEAN] < 0:
        return
    first = whole(piles.ends[pile, TAINTED])
    cell = first
    while cell >= 0:
        if cells[cell, TAG] < cells[first, TAG]:
            first = cell
        cell = whole(lots.after[cell])
    tag, source = cells[first, TAG], cells[first, SOURCE]
    head, tail = whole(-1), whole(-1)
    while piles.ends[pile, TAINTED] >= 0 or piles.ends[pile, CLEAN] >= 0:
        kind = older_kind(piles, pile)
        cell = whole(unlink(piles, lots, pile, kind))
        if kind == CLEAN:
            cells[cell, TAG] = tag
            cells[cell, SOURCE] = source
        lots.after[cell] = -1
        if tail >= 0:
            lots.after[tail] = cell
        else:
            head = cell
        tail = cell
    piles.ends[pile, TAINTED] = head
    piles.ends[pile, TAINTED + 1] = tail
    for limb in range(3):
        piles.tainted[pile, limb] = piles.amount[pile, limb]


@compiled
def receive_hand(stakes: Stakes, lots: Lots, pile: int) -> None:
    """Puts the lots in hand behind a pile, by the rule."""
    put_hand(stakes.piles, lots, pile)
    spread(stakes, lots, pile)


@compiled
def receive_clean(stakes: Stakes, lots: Lots, pile: int, high: np.uint64, low: np.uint64) -> None:
    """Puts clean units behind a pile, by the rule."""
    put_units(stakes.piles, lots, pile, high, low, ZERO)
    spread(stakes, lots, pile)


@compiled
def unfold(stakes: Stakes, lots: Lots, stake: int, balances: Limbs, place: int) -> int:
    """The pile of a stake; under haircut and poison it is made for one transaction.

    Args:
        stakes: all.
        lots: all.
        stake: whose pile it is.
        balances: numbers of three limbs.
        place: of the holding's balance among them.
    """
    if not is_blend(stakes.rule):
        return whole(stakes.node[stake, VALUE])
    piles = stakes.piles
    pile = new_pile(piles)
    tag = np.uint64(stakes.node[stake, INCIDENT] + 1) << LABEL_SHIFT | np.uint64(stakes.node[stake, VALUE])
    if stakes.rule == POISON:
        put_wide(piles, lots, pile, balances, place, tag)
        return pile
    high, low = stakes.tainted[stake, 1], stakes.tainted[stake, 0]
    for limb in range(3):
        stakes.units[0, limb] = balances[place, limb]
    shrink(stakes.units, 0, high, low)
    put_units(piles, lots, pile, high, low, tag)
    put_wide(piles, lots, pile, stakes.units, 0, ZERO)
    return pile


@compiled
def fold(stakes: Stakes, lots: Lots, stake: int, pile: int) -> None:
    """Keeps of a pile what outlives a transaction."""
    if not is_blend(stakes.rule):
        stakes.node[stake, VALUE] = pile
        return
    smallest = HOP_MASK
    cell = stakes.piles.ends[pile, TAINTED]
    while cell >= 0:
        smallest = min(smallest, lots.cells[cell, TAG] & HOP_MASK)
        cell = lots.after[cell]
    stakes.node[stake, VALUE] = np.int32(smallest)
    if stakes.rule == HAIRCUT:
        stakes.tainted[stake, LOW] = stakes.piles.tainted[pile, 0]
        stakes.tainted[stake, HIGH] = stakes.piles.tainted[pile, 1]
    free_pile(stakes.piles, lots, pile)
