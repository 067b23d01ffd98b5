"""What happens in a transaction that may exchange assets: its accounts, and what each gets on balance."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from clawback.tracing.fast.clean import carries, own_and_left
from clawback.tracing.fast.compiled import Bytes, Limbs, Longs, compiled, whole
from clawback.tracing.fast.index import Rows
from clawback.tracing.fast.lots import Lots
from clawback.tracing.fast.pro_rata import WORK
from clawback.tracing.fast.wide import ZERO, add2, sub2

LIMIT: Final = 32
"""Transfers of the largest transaction that is planned."""
PARTIES: Final = 2 * LIMIT
NARROW: Final = np.uint64(1 << 57)
"""Larger high limbs are not planned: so sums over a transaction, and with what was stolen, fit two limbs."""
SIGN: Final = np.uint64(1 << 63)
NOBODY: Final = -1
SEVERAL: Final = -2
GAS: Final = -1
"""Receiver of gas in `Rows`."""
BURNT: Final = -2
"""Receiver of burned units in `Rows`."""

PROVEN: Final = np.uint8(4)
"""Bit of a holding's mark: labels prove for every incident that its account is an exchange."""
VARIES: Final = np.uint8(8)
"""Bit of a holding's mark: labels say for some incidents only that its account is an exchange."""

GROUPS: Final = 0
ACCOUNTS: Final = 1
START: Final = 2
TAKEN: Final = 3


class Trades(NamedTuple):
    """Scratch of one transaction.

    By transfer: who gives and who takes (accounts, `NOBODY` for none), and the asset. By asset: its first
    transfer, some holding in it, at which depth taint reaches it (-1: never), whether at several, and
    whether it has been moved. By account: its address, some holding, whether it mints or burns, what it
    received on balance of each asset (two's complement), whether it received and gave without proof, the one
    asset that it exchanges and the one that it gives for it (`NOBODY`: it is no exchange), units that it
    pays before those that it gives in exchange, and the first lot of the image that those carry.
    `counts`: assets, accounts, the account where taint starts, lots that it pays.
    """

    giver: Longs
    taker: Longs
    group: Longs
    begin: Longs
    holding: Longs
    depth: Longs
    tangled: Bytes
    moved: Bytes
    word: Limbs
    sample: Longs
    mints: Bytes
    net: Limbs
    unproven: Bytes
    takes: Longs
    gives: Longs
    skip: Limbs
    image: Longs
    counts: Longs
    wide: Limbs
    work: Limbs


def empty_trades() -> Trades:
    """Room for the largest transaction."""
    return Trades(
        np.zeros(LIMIT, np.int64),
        np.zeros(LIMIT, np.int64),
        np.zeros(LIMIT, np.int64),
        np.zeros(LIMIT + 1, np.int64),
        np.zeros(LIMIT, np.int64),
        np.zeros(LIMIT, np.int64),
        np.zeros(LIMIT, np.uint8),
        np.zeros(LIMIT, np.uint8),
        np.zeros((PARTIES, 3), np.uint64),
        np.zeros(PARTIES, np.int64),
        np.zeros(PARTIES, np.uint8),
        np.zeros((PARTIES * LIMIT, 2), np.uint64),
        np.zeros(PARTIES, np.uint8),
        np.zeros(PARTIES, np.int64),
        np.zeros(PARTIES, np.int64),
        np.zeros((PARTIES, 2), np.uint64),
        np.zeros(PARTIES, np.int64),
        np.zeros(4, np.int64),
        np.zeros((1, 3), np.uint64),
        np.zeros(WORK, np.uint64),
    )


@compiled
def _account(trades: Trades, first: np.uint64, second: np.uint64, third: np.uint64, holding: int) -> int:
    word, count = trades.word, trades.counts[ACCOUNTS]
    for account in range(count):
        if word[account, 0] == first and word[account, 1] == second and word[account, 2] == third:
            if holding >= 0:
                trades.sample[account] = holding
            return whole(account)
    word[count, 0] = first
    word[count, 1] = second
    word[count, 2] = third
    trades.sample[count] = holding
    trades.mints[count] = 0
    trades.counts[ACCOUNTS] = count + 1
    return whole(count)


@compiled
def _owner(trades: Trades, keys: Limbs, holding: int) -> int:
    return whole(
        _account(trades, keys[holding, 0], keys[holding, 1], keys[holding, 2] >> np.uint64(32), holding)
    )


@compiled
def _contract(trades: Trades, keys: Limbs, holding: int) -> int:
    # The account of the contract of a holding's asset; the coin has none.
    half = np.uint64(32)
    first = keys[holding, 2] << half | keys[holding, 3] >> half
    second = keys[holding, 3] << half | keys[holding, 4] >> half
    third = keys[holding, 4] & np.uint64(0xFFFFFFFF)
    if first == ZERO and second == ZERO and third == ZERO:
        return NOBODY
    account = whole(_account(trades, first, second, third, whole(-1)))
    trades.mints[account] = 1
    return account


@compiled
def read(rows: Rows, keys: Limbs, trades: Trades, first: int, last: int) -> bool:
    """Names assets and accounts; False where amounts are too large."""
    trades.counts[GROUPS] = 0
    trades.counts[ACCOUNTS] = 0
    for row in range(first, last):
        place = row - first
        if rows.amount[row, 1] >= NARROW:
            return False
        if rows.first[row] != 0:
            trades.begin[trades.counts[GROUPS]] = place
            trades.holding[trades.counts[GROUPS]] = -1
            trades.counts[GROUPS] += 1
        group = trades.counts[GROUPS] - 1
        trades.group[place] = group
        payer, receiver = whole(rows.payer[row]), whole(rows.receiver[row])
        holding = payer if payer >= 0 else receiver
        trades.giver[place] = NOBODY
        trades.taker[place] = NOBODY
        if holding < 0:
            continue
        trades.holding[group] = holding
        trades.giver[place] = _owner(trades, keys, payer) if payer >= 0 else _contract(trades, keys, holding)
        if receiver >= 0:
            trades.taker[place] = _owner(trades, keys, receiver)
        elif receiver == BURNT:
            trades.taker[place] = _contract(trades, keys, holding)
    trades.begin[trades.counts[GROUPS]] = last - first
    return True


@compiled
def find_start(rows: Rows, lots: Lots, trades: Trades, first: int) -> bool:
    """Finds the account that pays taint of its own, and of which assets; False where there are several."""
    trades.counts[START] = NOBODY
    trades.counts[TAKEN] = 0
    for group in range(trades.counts[GROUPS]):
        begin, end = first + trades.begin[group], first + trades.begin[group + 1]
        trades.depth[group] = -1
        trades.tangled[group] = 0
        trades.moved[group] = 0
        for row in range(begin, end):
            payer = whole(rows.payer[row])
            if payer < 0 or lots.stained[payer] == 0:
                continue
            high, low, _, _ = own_and_left(rows.payer, rows.receiver, rows.amount, begin, end, payer)
            if carries(lots.cells, lots.after, whole(lots.head[payer]), high, low):
                account = trades.giver[row - first]
                if trades.counts[START] not in (NOBODY, account):
                    return False
                trades.counts[START] = account
                trades.depth[group] = 0
                trades.counts[TAKEN] += lots.stained[payer]
    return True


@compiled
def sum_up(rows: Rows, trades: Trades, first: int, last: int) -> None:
    """Sums up what each account received of each asset on balance, gas apart."""
    net, groups = trades.net, trades.counts[GROUPS]
    for place in range(trades.counts[ACCOUNTS] * groups):
        net[place, 0] = ZERO
        net[place, 1] = ZERO
    for row in range(first, last):
        if rows.receiver[row] == GAS:
            continue
        low, high = rows.amount[row, 0], rows.amount[row, 1]
        group = trades.group[row - first]
        giver, taker = trades.giver[row - first], trades.taker[row - first]
        if giver >= 0:
            place = giver * groups + group
            new_high, new_low = sub2(net[place, 1], net[place, 0], high, low)
            net[place, 0] = new_low
            net[place, 1] = new_high
        if taker >= 0:
            place = taker * groups + group
            new_high, new_low = add2(net[place, 1], net[place, 0], high, low)
            net[place, 0] = new_low
            net[place, 1] = new_high


@compiled
def received(trades: Trades, account: int, group: int) -> bool:
    """Whether an account received an asset on balance."""
    place = account * trades.counts[GROUPS] + group
    high, low = trades.net[place, 1], trades.net[place, 0]
    return bool(high & SIGN == ZERO and (high != ZERO or low != ZERO))
