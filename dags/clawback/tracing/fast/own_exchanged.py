"""Works off the transactions in which assets may have been exchanged, where each incident has its own lots.

Method:
    The kernel stops before such a transaction if a followed account pays in it or something is stolen. For
    each incident the stakes of its parties become a plain ledger, the plain engine moves the transaction in
    it, and what then lies with each account is its stake.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np

from clawback.tracing.fast.clean import transaction_end
from clawback.tracing.fast.compiled import Limbs, Places, compiled, whole
from clawback.tracing.fast.desk import Desk
from clawback.tracing.fast.exchanged import HandedOver, Party, parties_of, transaction_of
from clawback.tracing.fast.lots import HIGH, HOP_MASK, LABEL_SHIFT, LOW, SOURCE, TAG, Lots, new_cell
from clawback.tracing.fast.overlay import BEFORE
from clawback.tracing.fast.own_desk import move_balances
from clawback.tracing.fast.own_lots import (
    LIVE_PILES,
    Piles,
    free_pile,
    more_piles,
    new_pile,
    put,
    with_places,
)
from clawback.tracing.fast.own_state import copy_pile
from clawback.tracing.fast.queues import WIDEST, balance_of, room_for
from clawback.tracing.fast.stakes import (
    HAIRCUT,
    INCIDENT,
    LIVE_STAKES,
    NEXT,
    POISON,
    VALUE,
    Stakes,
    add_stake,
    drop_stake,
    more_stakes,
)
from clawback.tracing.fast.store import more_cells
from clawback.tracing.fast.wide import split2, to_int
from clawback.tracing.flows import arrival_of
from clawback.tracing.ledger import Ledger
from clawback.tracing.lots import Holding, Lot
from clawback.tracing.records import Arrival
from clawback.tracing.transaction import Opening

BLENDS: Final = (HAIRCUT, POISON)


@compiled
def _lots_of(piles: Piles, lots: Lots, pile: int) -> Limbs:
    size = 0
    for kind in range(0, 4, 2):
        cell = whole(piles.ends[pile, kind])
        while cell >= 0:
            size += 1
            cell = whole(lots.after[cell])
    found = np.empty((size, 4), np.uint64)
    copy_pile(piles, lots, whole(pile), found, whole(0))
    return found


@compiled
def _fill(piles: Piles, lots: Lots, made: Limbs) -> int:
    pile = whole(new_pile(piles))
    for place in range(len(made)):
        high, low, tag, source = made[place, HIGH], made[place, LOW], made[place, TAG], made[place, SOURCE]
        put(piles, lots, pile, whole(new_cell(lots, high, low, tag, source)))
    return pile


@compiled
def _before(node: Places, head: Places, holding: int, incident: int) -> int:
    # The last stake of a holding that comes before those of an incident, -1 for none.
    before, stake = whole(-1), whole(head[holding])
    while stake >= 0 and node[stake, INCIDENT] < incident:
        before = stake
        stake = whole(node[stake, NEXT])
    return before


def settle_own(handed: HandedOver, desk: Desk, stakes: Stakes) -> tuple[Desk, Stakes, Limbs]:
    """Works off the transaction before which the kernel stopped; moves `done` behind it.

    Returns:
        The desk and the stakes, maybe with more room, and the flows, which belong behind those of the desk.
    """
    handed.count += 1
    first = int(desk.done[0])
    last = transaction_end(desk.rows.first, first)
    rows = handed.book.transfers(first, last)
    transaction = transaction_of(rows, desk.rows.first[first:last].tolist())
    claims = handed.claims(desk, first, rows, transaction)
    sides = (desk.rows.payer[first:last].tolist(), desk.rows.receiver[first:last].tolist())
    parties = parties_of(transaction, *sides)
    openings = {party.key: Opening(balance_of(desk.lots, party.holding)) for party in parties}
    followers = set(claims) | {
        incident for party in parties for incident in _followers(stakes, desk.lots, party)
    }
    assets = handed.assets(desk, rows, *sides)
    places = {id(row): first + place for place, row in enumerate(rows)}
    sources = {arrival_of(row): int(desk.facts[2]) + first + place + 1 for place, row in enumerate(rows)}
    made: list[tuple[int, ...]] = []
    for incident in sorted(followers):
        ledger = handed.ledger(incident)
        for party in parties:
            lots = _seen(stakes, desk.lots, party, incident, openings[party.key].amount)
            if lots:
                ledger.restore(party.key, Holding(lots))
        desk, flows = handed.move(
            desk, incident, ledger, transaction, claims.get(incident, {}), openings, assets
        )
        made += [handed.row(flow, incident, places[id(flow.transfer)], assets) for flow in flows]
        desk, stakes = _keep(desk, stakes, parties, incident, ledger, sources)
    move_balances(desk.rows, desk.lots.amount, first, last)
    desk.done[0] = last
    desk.done[1] = int(np.searchsorted(desk.claims.row, last))
    return desk, stakes, np.array(made, np.uint64).reshape(-1, desk.flows.shape[1])


def _followers(stakes: Stakes, lots: Lots, party: Party) -> list[int]:
    found = []
    stake = int(lots.head[party.holding])
    while stake >= 0:
        found.append(int(stakes.node[stake, INCIDENT]))
        stake = int(stakes.node[stake, NEXT])
    return found


def _stake(stakes: Stakes, lots: Lots, party: Party, incident: int) -> tuple[int, int]:
    # The stake of an incident, -1 for none, and the one before it.
    before = _before(stakes.node, lots.head, party.holding, incident)
    stake = int(lots.head[party.holding] if before < 0 else stakes.node[before, NEXT])
    if stake >= 0 and int(stakes.node[stake, INCIDENT]) != incident:
        stake = -1
    return stake, before


def _seen(stakes: Stakes, lots: Lots, party: Party, incident: int, balance: int) -> list[Lot]:
    stake, _ = _stake(stakes, lots, party, incident)
    if stake < 0:
        return []
    value = int(stakes.node[stake, VALUE])
    if stakes.rule == POISON:
        return [Lot(balance, value - 1)]
    if stakes.rule == HAIRCUT:
        tainted = to_int(stakes.tainted[stake])
        return [Lot(tainted, value - 1), Lot(balance - tainted)]
    return [
        Lot(low + (high << 64))
        if tag == 0
        else Lot(low + (high << 64), (tag & int(HOP_MASK)) - 1, Arrival("", BEFORE, source))
        for low, high, tag, source in _lots_of(stakes.piles, lots, value).tolist()
    ]


def _keep(
    desk: Desk,
    stakes: Stakes,
    parties: Sequence[Party],
    incident: int,
    ledger: Ledger,
    sources: Mapping[Arrival, int],
) -> tuple[Desk, Stakes]:
    # Makes what the ledger holds the stakes of the incident.
    for party in parties:
        stake, before = _stake(stakes, desk.lots, party, incident)
        holding = ledger.holdings.get(party.key)
        if stake >= 0:
            if stakes.rule not in BLENDS:
                free_pile(stakes.piles, desk.lots, int(stakes.node[stake, VALUE]))
            queues = (desk.lots.head, desk.lots.stained)
            drop_stake(stakes.node, stakes.control, *queues, party.holding, before, stake)
        if holding is None:
            continue
        cells = [] if stakes.rule in BLENDS else _cells(holding, incident, sources)
        desk, stakes = _with_room(desk, stakes, len(cells))
        queues = (desk.lots.head, desk.lots.stained)
        stake = add_stake(stakes.node, stakes.control, *queues, party.holding, before, incident)
        if stakes.rule in BLENDS:
            stakes.node[stake, VALUE] = (holding.smallest_hop() or 0) + 1
            if stakes.rule == HAIRCUT:
                stakes.tainted[stake] = split2(holding.tainted)
        else:
            raw = np.array(cells, np.uint64).reshape(-1, 4)
            stakes.node[stake, VALUE] = _fill(stakes.piles, desk.lots, raw)
    return desk, stakes


def _cells(
    holding: Holding, incident: int, sources: Mapping[Arrival, int]
) -> list[tuple[int, int, int, int]]:
    cells = []
    for lot in holding.lots:
        tag, source, amount = 0, 0, lot.amount
        if lot.hop is not None:
            tag = (incident + 1) << int(LABEL_SHIFT) | (lot.hop + 1)
            arrival = lot.arrival
            if arrival is not None:
                source = arrival.position if arrival.kind == BEFORE else sources[arrival]
        while amount > 0:
            part = min(amount, WIDEST)
            cells.append((*split2(part), tag, source))
            amount -= part
    return cells


def _with_room(desk: Desk, stakes: Stakes, cells: int) -> tuple[Desk, Stakes]:
    # Room for one more stake with a pile of so many lots.
    if room_for(desk.lots) < cells:
        desk = desk._replace(lots=more_cells(desk.lots, cells))
        stakes = stakes._replace(piles=with_places(stakes.piles, len(desk.lots.cells)))
    if len(stakes.node) - int(stakes.control[LIVE_STAKES]) < 1:
        stakes = more_stakes(stakes)
    if len(stakes.piles.last) - int(stakes.piles.control[LIVE_PILES]) < 1:
        stakes = stakes._replace(piles=more_piles(stakes.piles))
    return desk, stakes
