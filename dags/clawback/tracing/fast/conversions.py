"""What taint that reached an exchange becomes: the image of what was received on what is given for it.

Rules:
    Those of `clawback.tracing.images`: of the units that arrived at an exchange and stayed, the last ones are
    what it received. The cut after cumulative input c of the total t lies at floor(c x out / t). A unit's
    image is that of every incident that calls it stolen, so the image of a lot has its tag.
    Of all units that the exchange pays of its own, the last ones carry the image, in order.

Layout:
    What was converted of a flow is a flow behind those of its asset, and column `LEG` of the flow tells which
    until the transaction ends.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from clawback.tracing.fast.compiled import compiled, whole
from clawback.tracing.fast.desk import BASIS_SHIFT, CONVERTED_CODE, FLOW_WIDTH, Desk, asset_of
from clawback.tracing.fast.lots import (
    HIGH,
    LABEL_SHIFT,
    LOW,
    NEWEST_FIRST,
    OUT_HEAD,
    OUT_TAIL,
    SOURCE,
    TAG,
    drop_hand,
    forget,
    into_hand,
    new_cell,
    oldest_first,
)
from clawback.tracing.fast.payment import clean_in_hand, pay
from clawback.tracing.fast.pro_rata import set_balance, share_of
from clawback.tracing.fast.sums import CONVERTED_IN_MEASURE, CONVERTED_OUT_MEASURE, book
from clawback.tracing.fast.trades import Trades
from clawback.tracing.fast.wide import ZERO, add2, less2, sub2

LEG: Final = 6
BY_AMOUNT_CODE: Final = 1
"""Place of the basis among those of `exchanged`."""
OUTCOME_MASK: Final = np.uint64(0xFF)


@compiled
def pay_unseen(desk: Desk, payer: int, party: int, high: np.uint64, low: np.uint64) -> None:
    """Takes units out of a holding's own lots and lets them go; the lots in hand stay.

    Args:
        desk: all.
        payer: the holding.
        party: its place in the transaction.
        high: of the amount.
        low: of the amount.
    """
    lots = desk.lots
    held_head, held_tail = lots.control[OUT_HEAD], lots.control[OUT_TAIL]
    lots.control[OUT_HEAD] = -1
    lots.control[OUT_TAIL] = -1
    pay(desk, payer, desk.scratch.followed[party] == 1, party, high, low)
    drop_hand(lots)
    lots.control[OUT_HEAD] = held_head
    lots.control[OUT_TAIL] = held_tail


@compiled
def give_image(desk: Desk, trades: Trades, account: int, high: np.uint64, low: np.uint64) -> None:
    """Puts units in hand that an exchange pays or mints: what it gives carries the image."""
    lots, skip = desk.lots, trades.skip
    own_high, own_low = skip[account, 1], skip[account, 0]
    if less2(high, low, own_high, own_low):
        own_high, own_low = high, low
    left_high, left_low = sub2(skip[account, 1], skip[account, 0], own_high, own_low)
    skip[account, 0] = left_low
    skip[account, 1] = left_high
    clean_in_hand(desk, own_high, own_low)
    high, low = sub2(high, low, own_high, own_low)
    while high != ZERO or low != ZERO:
        cell = trades.image[account]
        lot_high, lot_low = lots.cells[cell, HIGH], lots.cells[cell, LOW]
        if less2(high, low, lot_high, lot_low):
            left_high, left_low = sub2(lot_high, lot_low, high, low)
            lots.cells[cell, HIGH] = left_high
            lots.cells[cell, LOW] = left_low
            into_hand(lots, new_cell(lots, high, low, lots.cells[cell, TAG], lots.cells[cell, SOURCE]))
            return
        trades.image[account] = lots.after[cell]
        into_hand(lots, cell)
        high, low = sub2(high, low, lot_high, lot_low)


@compiled
def _note(
    desk: Desk,
    incident: int,
    row: int,
    first: int,
    given: int,
    units: tuple[np.uint64, np.uint64],
    image: tuple[np.uint64, np.uint64],
) -> None:
    # Takes units off the flow that brought them, and adds them to the flow that says what they became.
    flows = desk.flows
    flow = desk.scratch.flow[row - first]
    while flows[flow, 1] != np.uint64(incident):
        flow += 1
    if flows[flow, LEG] == ZERO:
        leg = desk.done[2]
        desk.done[2] = leg + 1
        for column in range(FLOW_WIDTH):
            flows[leg, column] = flows[flow, column]
        flows[leg, 3] = ZERO
        flows[leg, 4] = ZERO
        flows[leg, 5] = (flows[flow, 5] & ~OUTCOME_MASK) | np.uint64(CONVERTED_CODE)
        flows[leg, LEG] = np.uint64(given + 1) | np.uint64(BY_AMOUNT_CODE << BASIS_SHIFT)
        flows[flow, LEG] = np.uint64(leg + 1)
    leg = np.int64(flows[flow, LEG]) - 1
    high, low = sub2(flows[flow, 4], flows[flow, 3], units[0], units[1])
    flows[flow, 3] = low
    flows[flow, 4] = high
    high, low = add2(flows[leg, 4], flows[leg, 3], units[0], units[1])
    flows[leg, 3] = low
    flows[leg, 4] = high
    high, low = add2(flows[leg, 8], flows[leg, 7], image[0], image[1])
    flows[leg, 7] = low
    flows[leg, 8] = high


@compiled
def _turn(
    desk: Desk, cell: int, first: int, sides: tuple[int, int], image: tuple[np.uint64, np.uint64]
) -> None:
    # Books the conversion of a lot for every incident that calls it stolen.
    tag, source = desk.lots.cells[cell, TAG], desk.lots.cells[cell, SOURCE]
    units = (desk.lots.cells[cell, HIGH], desk.lots.cells[cell, LOW])
    row = whole(source) - desk.facts[2] - 1
    taken, given = asset_of(desk, sides[0]), asset_of(desk, sides[1])
    turned = whole(desk.asset_of[sides[1]])
    label, incidents = whole(tag >> LABEL_SHIFT), desk.facts[0]
    begin, end = whole(0), whole(1)
    if label > incidents:
        begin = desk.groups.start[label - incidents - 1]
        end = desk.groups.start[label - incidents]
    for place in range(begin, end):
        incident = label - 1 if label <= incidents else desk.groups.member[place, 0]
        book(desk.sums, incident, taken, CONVERTED_OUT_MEASURE, units[0], units[1])
        book(desk.sums, incident, given, CONVERTED_IN_MEASURE, image[0], image[1])
        _note(desk, incident, row, first, turned, units, image)


@compiled
def _hang(desk: Desk, trades: Trades, account: int, tail: int, cell: int) -> int:
    # Puts a lot behind an image; gives the new tail.
    if tail >= 0:
        desk.lots.after[tail] = cell
    else:
        trades.image[account] = cell
    return whole(cell)


@compiled
def convert(desk: Desk, trades: Trades, account: int, first: int, queue: int) -> None:
    """Turns the taint that an exchange kept of an asset, all of whose transfers have been moved.

    Args:
        desk: there are free cells for the image.
        trades: of the transaction.
        account: the exchange.
        first: the first transfer of the asset.
        queue: what arrived at the exchange and stayed.
    """
    lots, cells, groups = desk.lots, desk.lots.cells, trades.counts[0]
    taken, given = trades.takes[account], trades.gives[account]
    sides = (trades.holding[taken], trades.holding[given])
    net, wide = trades.net, trades.wide
    in_place, out_place = account * groups + taken, account * groups + given
    out_high, out_low = sub2(ZERO, ZERO, net[out_place, 1], net[out_place, 0])
    wide[0, 0] = net[in_place, 0]
    wide[0, 1] = net[in_place, 1]
    wide[0, 2] = ZERO
    set_balance(trades.work, wide, 0)
    skip_high, skip_low = sub2(
        lots.amount[queue, 1], lots.amount[queue, 0], net[in_place, 1], net[in_place, 0]
    )
    place_high, place_low, cut_high, cut_low, hung_high, hung_low = ZERO, ZERO, ZERO, ZERO, ZERO, ZERO
    tail = whole(-1)
    oldest = whole(oldest_first(lots, queue))
    cell = oldest
    while cell >= 0:
        high, low = cells[cell, HIGH], cells[cell, LOW]
        if skip_high != ZERO or skip_low != ZERO:
            if less2(skip_high, skip_low, high, low):
                rest_high, rest_low = sub2(high, low, skip_high, skip_low)
                rest = whole(new_cell(lots, rest_high, rest_low, cells[cell, TAG], cells[cell, SOURCE]))
                lots.after[rest] = lots.after[cell]
                lots.after[cell] = rest
                cells[cell, HIGH] = skip_high
                cells[cell, LOW] = skip_low
                lots.stained[queue] += 1 if cells[cell, TAG] != ZERO else 0
                skip_high, skip_low = ZERO, ZERO
            else:
                skip_high, skip_low = sub2(skip_high, skip_low, high, low)
            cell = whole(lots.after[cell])
            continue
        place_high, place_low = add2(place_high, place_low, high, low)
        next_high, next_low = share_of(trades.work, place_high, place_low, out_high, out_low)
        if cells[cell, TAG] != ZERO:
            image_high, image_low = sub2(next_high, next_low, cut_high, cut_low)
            _turn(desk, cell, first, sides, (image_high, image_low))
            if image_high != ZERO or image_low != ZERO:
                gap_high, gap_low = sub2(cut_high, cut_low, hung_high, hung_low)
                if gap_high != ZERO or gap_low != ZERO:
                    gap = new_cell(lots, gap_high, gap_low, ZERO, ZERO)
                    tail = _hang(desk, trades, account, tail, gap)
                image = new_cell(lots, image_high, image_low, cells[cell, TAG], cells[cell, SOURCE])
                tail = _hang(desk, trades, account, tail, image)
                hung_high, hung_low = next_high, next_low
            cells[cell, TAG] = ZERO
            cells[cell, SOURCE] = ZERO
            lots.stained[queue] -= 1
        cut_high, cut_low = next_high, next_low
        cell = whole(lots.after[cell])
    if tail >= 0:
        gap_high, gap_low = sub2(out_high, out_low, hung_high, hung_low)
        if gap_high != ZERO or gap_low != ZERO:
            _hang(desk, trades, account, tail, new_cell(lots, gap_high, gap_low, ZERO, ZERO))
    if lots.control[NEWEST_FIRST] == 1:
        lots.head[queue] = oldest
        lots.head[queue] = oldest_first(lots, queue)


@compiled
def burn(desk: Desk, asset: int, queue: int, measure: int) -> None:
    """Books what is left of burned units that an exchange received, and empties their queue."""
    lots, incidents = desk.lots, desk.facts[0]
    cell = whole(lots.head[queue])
    while cell >= 0:
        label = whole(lots.cells[cell, TAG] >> LABEL_SHIFT)
        begin, end = whole(0), whole(1 if label > 0 else 0)
        if label > incidents:
            begin, end = desk.groups.start[label - incidents - 1], desk.groups.start[label - incidents]
        for place in range(begin, end):
            incident = label - 1 if label <= incidents else desk.groups.member[place, 0]
            book(desk.sums, incident, asset, measure, lots.cells[cell, HIGH], lots.cells[cell, LOW])
        cell = whole(lots.after[cell])
    forget(lots, queue)
    for limb in range(3):
        lots.amount[queue, limb] = ZERO
