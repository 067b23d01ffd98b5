"""Looks at a transaction that may exchange assets: whose taint moves, who exchanges what, in which order.

Rules:
    Those of `clawback.tracing.exchanges`. A transaction is planned for the kernel if all taint that moves in
    it leaves the holdings of one account, nothing is stolen in it, each exchange that taint may reach turns
    one asset into one other, and taint reaches every asset that is exchanged further at one depth only. Then
    the plain engine, which converts in the order in which taint reaches the exchanges, finds the conversions
    of one depth after those of the one before, and each finds all the taint that it ever gets. All else is
    handed over.
    Units that started at an account are never exchanged by it, so what proves that account an exchange does
    not matter.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np

from clawback.tracing.fast.clean import own_and_left
from clawback.tracing.fast.compiled import Bytes, Limbs, Places, compiled, whole
from clawback.tracing.fast.desk import EXIT
from clawback.tracing.fast.index import Rows
from clawback.tracing.fast.lots import Lots
from clawback.tracing.fast.pro_rata import DIGIT, LARGEST, PRODUCT, multiply
from clawback.tracing.fast.trades import (
    ACCOUNTS,
    BURNT,
    GAS,
    GROUPS,
    LIMIT,
    NOBODY,
    PROVEN,
    SEVERAL,
    SIGN,
    START,
    VARIES,
    Trades,
    find_start,
    read,
    received,
    sum_up,
)
from clawback.tracing.fast.wide import ONE, ZERO, add2, sub2

TOO_WIDE: Final = 2
DIGITS: Final = 9
"""32-bit digits of the worth of one side: 32 amounts below 2**121, each times a price of two limbs."""


class Quotes(NamedTuple):
    """Prices of the day's assets as whole numbers of one unit.

    By asset: whether it has a price (`TOO_WIDE`: one that does not fit), and its two limbs. `worth` is
    scratch: what an account received and what it gave, in 32-bit digits.
    """

    known: Bytes
    price: Limbs
    worth: Limbs


@compiled
def _add_worth(
    trades: Trades, quotes: Quotes, side: int, units: tuple[np.uint64, np.uint64], asset: int
) -> None:
    worth, carry = quotes.worth, ZERO
    multiply(trades.work, units[0], units[1], quotes.price[asset, 1], quotes.price[asset, 0])
    for digit in range(DIGITS):
        total = worth[side, digit] + carry
        if digit < DIGITS - 1:
            total += trades.work[PRODUCT + digit]
        worth[side, digit] = total & LARGEST
        carry = total >> DIGIT


@compiled
def _is_within_twice(worth: Limbs, side: int, other: int) -> bool:
    # Whether one side is worth no more than twice the other.
    for digit in range(DIGITS - 1, -1, -1):
        twice = (worth[other, digit] << ONE) & LARGEST
        if digit > 0:
            twice |= worth[other, digit - 1] >> (DIGIT - ONE)
        if worth[side, digit] != twice:
            return bool(worth[side, digit] < twice)
    return True


@compiled
def _price(trades: Trades, quotes: Quotes, asset_of: Places, account: int) -> int:
    # Whether prices prove an exchange: 1 if so, 0 if not, `TOO_WIDE` where that is not for the kernel.
    groups, worth = trades.counts[GROUPS], quotes.worth
    for side in range(2):
        for digit in range(DIGITS):
            worth[side, digit] = ZERO
    fits = True
    for group in range(groups):
        place = account * groups + group
        high, low = trades.net[place, 1], trades.net[place, 0]
        if high == ZERO and low == ZERO:
            continue
        asset = whole(asset_of[trades.holding[group]])
        if quotes.known[asset] == 0:
            return 0
        fits = fits and quotes.known[asset] != TOO_WIDE
        side = whole(0)
        if high & SIGN:
            side = whole(1)
            high, low = sub2(ZERO, ZERO, high, low)
        _add_worth(trades, quotes, side, (high, low), asset)
    if not fits:
        return TOO_WIDE
    return 1 if _is_within_twice(worth, 0, 1) and _is_within_twice(worth, 1, 0) else 0


@compiled
def _judge(trades: Trades, quotes: Quotes, mark: Bytes, asset_of: Places, account: int) -> bool:
    # Says of one account what it exchanged; False where only the plain rules can say it.
    groups = trades.counts[GROUPS]
    taken, given = whole(NOBODY), whole(NOBODY)
    for group in range(groups):
        place = account * groups + group
        if trades.net[place, 1] & SIGN:
            given = whole(group) if given == NOBODY else whole(SEVERAL)
        elif trades.net[place, 1] != ZERO or trades.net[place, 0] != ZERO:
            taken = whole(group) if taken == NOBODY else whole(SEVERAL)
    trades.unproven[account] = 0
    trades.takes[account] = NOBODY
    trades.gives[account] = NOBODY
    trades.image[account] = -1
    if taken == NOBODY or given == NOBODY:
        return True
    if trades.sample[account] < 0:
        return False
    if account == trades.counts[START]:
        # Burned units go by the contract, where that is an exchange.
        return bool(trades.mints[account] == 0)
    bits = mark[trades.sample[account]]
    if bits & EXIT:
        return False
    if bits & PROVEN == 0:
        priced = _price(trades, quotes, asset_of, account)
        if bits & VARIES or priced == TOO_WIDE:
            return False
        if priced == 0:
            trades.unproven[account] = 1
            return True
    trades.takes[account] = taken
    trades.gives[account] = given
    return True


@compiled
def _sort_depths(trades: Trades) -> bool:
    # Finds at which depth taint reaches each asset; False where it is not the only one and matters.
    groups, accounts = trades.counts[GROUPS], trades.counts[ACCOUNTS]
    for depth in range(groups):
        for account in range(accounts):
            if trades.takes[account] == NOBODY:
                continue
            for group in range(groups):
                if trades.depth[group] != depth or not received(trades, account, group):
                    continue
                if trades.takes[account] == SEVERAL or trades.gives[account] == SEVERAL:
                    return False
                given = trades.gives[account]
                if trades.depth[given] == -1:
                    trades.depth[given] = depth + 1
                elif trades.depth[given] != depth + 1:
                    trades.tangled[given] = 1
    for account in range(accounts):
        for group in range(groups):
            if trades.takes[account] != NOBODY and trades.tangled[group] and received(trades, account, group):
                return False
    return True


@compiled
def _set_skips(rows: Rows, trades: Trades, first: int, last: int) -> bool:
    # How much an exchange pays of its own before what it gives. False where it pays gas, or where a contract
    # both mints and pays the same asset, or has it burned and receives it.
    groups = trades.counts[GROUPS]
    for account in range(trades.counts[ACCOUNTS]):
        if trades.takes[account] == NOBODY:
            continue
        high, low, mints, pays, burns, gets = ZERO, ZERO, False, False, False, False
        given, taken = trades.gives[account], trades.takes[account]
        for row in range(first, last):
            group = trades.group[row - first]
            begin, end = first + trades.begin[group], first + trades.begin[group + 1]
            if trades.giver[row - first] == account:
                payer = whole(rows.payer[row])
                if rows.receiver[row] == GAS:
                    return False
                if group == given and payer < 0:
                    mints = True
                    high, low = add2(high, low, rows.amount[row, 1], rows.amount[row, 0])
                elif group == given and not pays:
                    pays = True
                    high, low, _, _ = own_and_left(rows.payer, rows.receiver, rows.amount, begin, end, payer)
            if trades.taker[row - first] == account and group == taken:
                burns = burns or rows.receiver[row] == BURNT
                gets = gets or rows.receiver[row] >= 0
        if (mints and pays) or (burns and gets):
            return False
        if given >= 0:
            # The net amount is negative: what is given.
            place = account * groups + given
            high, low = add2(high, low, trades.net[place, 1], trades.net[place, 0])
            trades.skip[account, 0] = low
            trades.skip[account, 1] = high
    return True


@compiled
def plan(
    rows: Rows,
    lots: Lots,
    mark: Bytes,
    asset_of: Places,
    keys: Limbs,
    trades: Trades,
    quotes: Quotes,
    first: int,
    last: int,
) -> bool:
    """Whether the kernel can work off a transaction, in which nothing is stolen.

    Args:
        rows: of the day.
        lots: of its holdings.
        mark: of its holdings.
        asset_of: of its holdings.
        keys: of its holdings.
        trades: filled.
        quotes: of its assets.
        first: the first transfer.
        last: one behind the last.
    """
    if last - first > LIMIT or not read(rows, keys, trades, first, last):
        return False
    if not find_start(rows, lots, trades, first):
        return False
    sum_up(rows, trades, first, last)
    for account in range(trades.counts[ACCOUNTS]):
        if not _judge(trades, quotes, mark, asset_of, whole(account)):
            return False
    return bool(_sort_depths(trades) and _set_skips(rows, trades, first, last))
