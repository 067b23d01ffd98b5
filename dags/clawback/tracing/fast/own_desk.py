"""What a transaction is worked off with where each incident has lots of its own: its parties.

Layout:
    See `Parties` and `Own`. A party is a holding that pays or receives in the transaction.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from clawback.tracing.fast.compiled import Limbs, Longs, Places, compiled, whole
from clawback.tracing.fast.desk import Desk
from clawback.tracing.fast.index import Rows
from clawback.tracing.fast.stakes import INCIDENT, NEXT, Stakes, unfold
from clawback.tracing.fast.wide import grow, shrink_floored

NO_INCIDENT: Final = 1 << 40


class Parties(NamedTuple):
    """Scratch of a transaction, by party: its holding, what it has before, and what the incident sees of it.

    `party` finds the party of a holding, -1 where it is none. `cursor` is the first stake of an incident that
    is still to come, `previous` the one before it (-1 for none). `own` is what is left of the balance of a
    party without stake; `home` the pile of one with a stake, `arrived` that of its arrivals (-1 for none).
    `flow` is, by transfer, its flow if it has one: it begins at the next flow to be written.
    """

    party: Places
    holding: Places
    before: Limbs
    own: Limbs
    cursor: Places
    previous: Places
    stake: Places
    home: Places
    arrived: Places
    flow: Longs


def empty_parties(holdings: int, arrivals: int) -> Parties:
    """Scratch for a day of so many holdings, and so many parties in a transaction."""
    return Parties(
        np.full(holdings, -1, np.int32),
        np.zeros(arrivals, np.int32),
        np.zeros((arrivals, 3), np.uint64),
        np.zeros((arrivals, 3), np.uint64),
        np.zeros(arrivals, np.int32),
        np.zeros(arrivals, np.int32),
        np.zeros(arrivals, np.int32),
        np.zeros(arrivals, np.int32),
        np.zeros(arrivals, np.int32),
        np.zeros(arrivals + 1, np.int64),
    )


class Own(NamedTuple):
    """Beside the desk: stakes, parties, and by asset of the day the dust limit (low limb, high limb)."""

    stakes: Stakes
    parties: Parties
    dust: Limbs


@compiled
def enter(desk: Desk, parties: Parties, holding: int, count: int) -> int:
    """Makes a holding a party of the transaction; gives how many there are then."""
    if parties.party[holding] >= 0:
        return count
    parties.party[holding] = count
    parties.holding[count] = holding
    for limb in range(3):
        parties.before[count, limb] = desk.lots.amount[holding, limb]
    parties.cursor[count] = desk.lots.head[holding]
    parties.previous[count] = -1
    return count + 1


@compiled
def next_incident(desk: Desk, own: Own, count: int, claim: int, claims: int, after: int) -> int:
    """The next incident that follows a party or has a claim, `NO_INCIDENT` where there is none."""
    least = NO_INCIDENT
    for party in range(count):
        cursor = own.parties.cursor[party]
        if cursor >= 0:
            least = min(least, whole(own.stakes.node[cursor, INCIDENT]))
    for place in range(claim, claim + claims):
        incident = whole(desk.claims.incident[place])
        if incident > after:
            least = min(least, incident)
    return least


@compiled
def unfold_all(desk: Desk, own: Own, count: int, incident: int) -> None:
    """Gives each party that the incident follows its pile, and no party arrivals yet."""
    parties, stakes = own.parties, own.stakes
    for party in range(count):
        cursor = parties.cursor[party]
        parties.arrived[party] = -1
        parties.stake[party] = -1
        parties.home[party] = -1
        for limb in range(3):
            parties.own[party, limb] = parties.before[party, limb]
        if cursor >= 0 and stakes.node[cursor, INCIDENT] == incident:
            parties.stake[party] = cursor
            parties.home[party] = unfold(stakes, desk.lots, whole(cursor), parties.before, party)
            parties.cursor[party] = stakes.node[cursor, NEXT]


@compiled
def within_limit(dust: Limbs, asset: int, units: Limbs, place: int) -> bool:
    """Whether units of two limbs are no more than the dust limit of an asset."""
    if units[place, 1] != dust[asset, 1]:
        return bool(units[place, 1] < dust[asset, 1])
    return bool(units[place, 0] <= dust[asset, 0])


@compiled
def move_balances(rows: Rows, amount: Limbs, first: int, last: int) -> None:
    """Moves the balances of the payers and receivers of some transfers."""
    for row in range(first, last):
        low, high = rows.amount[row, 0], rows.amount[row, 1]
        if rows.payer[row] >= 0:
            shrink_floored(amount, rows.payer[row], high, low)
        if rows.receiver[row] >= 0:
            grow(amount, rows.receiver[row], high, low)
