"""Takes the lots of a payment out of a holding, and books what nobody saw it get."""

from __future__ import annotations

import numpy as np

from clawback.tracing.fast.compiled import compiled
from clawback.tracing.fast.delivery import meet
from clawback.tracing.fast.desk import Desk, asset_of
from clawback.tracing.fast.lots import HOP_MASK, LABEL_SHIFT, TAG, into_hand, new_cell, push_clean, take
from clawback.tracing.fast.sums import UNSEEN_MEASURE, book
from clawback.tracing.fast.wide import ZERO, covers, shrink_floored, sub2


@compiled
def clean_in_hand(desk: Desk, high: np.uint64, low: np.uint64) -> None:
    """Puts clean units in hand."""
    if high != ZERO or low != ZERO:
        into_hand(desk.lots, new_cell(desk.lots, high, low, ZERO, ZERO))


@compiled
def followers(desk: Desk, queue: int) -> int:
    """Lists the incidents whose units a holding has among those met; the caller clears them."""
    cells, after = desk.lots.cells, desk.lots.after
    incidents = desk.facts[0]
    met = 0
    cell = desk.lots.head[queue]
    while cell >= 0:
        tag = cells[cell, TAG]
        if tag != ZERO:
            label, hop = np.int64(tag >> LABEL_SHIFT), np.int64(tag & HOP_MASK)
            if label <= incidents:
                met = meet(desk, label - 1, hop, ZERO, ZERO, met)
            else:
                number = label - incidents - 1
                for place in range(desk.groups.start[number], desk.groups.start[number + 1]):
                    met = meet(desk, desk.groups.member[place, 0], hop, ZERO, ZERO, met)
        cell = after[cell]
    return met


@compiled
def pay(desk: Desk, holding: int, followed: bool, party: int, high: np.uint64, low: np.uint64) -> None:
    """Takes a payment out of a holding's own lots into the hand.

    Args:
        desk: all.
        holding: the payer.
        followed: whether it held taint before this transaction.
        party: its place in a transaction of several transfers, -1 in one of a single transfer.
        high: of the amount.
        low: of the amount.
    """
    lots = desk.lots
    if not followed:
        shrink_floored(lots.amount, holding, high, low)
        clean_in_hand(desk, high, low)
        return
    if not covers(lots.amount, holding, high, low):
        unseen_high, unseen_low = sub2(high, low, lots.amount[holding, 1], lots.amount[holding, 0])
        asset = asset_of(desk, holding)
        if party < 0:
            for place in range(followers(desk, holding)):
                incident = desk.scratch.met[place]
                desk.scratch.hop[incident] = -1
                desk.unseen[incident] += 1
                book(desk.sums, incident, asset, UNSEEN_MEASURE, unseen_high, unseen_low)
        else:
            for place in range(desk.done[3]):
                owner, incident = divmod(desk.scratch.follower[place], desk.facts[0])
                if owner == party:
                    desk.unseen[incident] += 1
                    book(desk.sums, incident, asset, UNSEEN_MEASURE, unseen_high, unseen_low)
        push_clean(lots, holding, unseen_high, unseen_low)
    take(lots, holding, high, low)
