"""Balances that were seen at the end of a block: they open a holding, and check one that is followed.

Rules:
    A holding that was seen to hold more than it was followed to have got the rest unseen: clean, its newest
    lot. One that was seen to hold less paid the rest unseen: by the method, into `unseen_outflow`, at the end
    of that block. One that is not followed yet simply has the balance from then on.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import TYPE_CHECKING

from clawback.tracing.ledger import UNSEEN_INFLOW, Ledger
from clawback.tracing.lots import Lot, tainted_amount
from clawback.tracing.order import Transaction
from clawback.tracing.records import HoldingKey
from clawback.tracing.sinks import UNSEEN_OUTFLOW

if TYPE_CHECKING:
    from clawback.tracing.engine import Book, Day


@dataclass(frozen=True, slots=True, order=True)
class SeenBalance:
    """What an account held of an asset at the end of a block."""

    chain: str
    block_number: int
    address: str
    asset: str
    amount: int
    block_time: datetime | None = field(default=None, compare=False)
    """Where known, its day is done with this balance; else the next transaction of a later block is."""


class BalanceChecks:
    """The balances of all chains, waiting for the end of their blocks."""

    def __init__(self, balances: Iterable[SeenBalance]) -> None:
        self._waiting: dict[str, list[SeenBalance]] = defaultdict(list)
        for balance in sorted(balances, reverse=True):
            self._waiting[balance.chain].append(balance)

    def before(self, transaction: Transaction, books: Sequence[Book], day: Day) -> None:
        """Applies the balances of all blocks before that of a transaction."""
        waiting = self._waiting.get(transaction.chain)
        while waiting and _is_before(waiting[-1], transaction):
            _apply(waiting.pop(), books, day)

    def finish_day(self, last: date, books: Sequence[Book], day: Day) -> None:
        """Applies what is left of a day, and of days before it: it has no more transfers."""
        for waiting in self._waiting.values():
            while waiting and (time := waiting[-1].block_time) is not None and time.date() <= last:
                _apply(waiting.pop(), books, day)

    def finish(self, books: Sequence[Book], day: Day) -> None:
        """Applies what is left: there are no more transfers."""
        for waiting in self._waiting.values():
            while waiting:
                _apply(waiting.pop(), books, day)


def _is_before(balance: SeenBalance, transaction: Transaction) -> bool:
    if transaction.block_number is not None:
        return balance.block_number < transaction.block_number
    # A source that knows no blocks is ordered by time; then the balance is too.
    return balance.block_time is not None and balance.block_time < transaction.block_time


def _apply(balance: SeenBalance, books: Sequence[Book], day: Day) -> None:
    key: HoldingKey = (balance.chain, balance.address, balance.asset)
    for book in books:
        for incident_id in sorted(book.watch.get(key, set())):
            _check(book.ledgers[incident_id], key, balance.amount)
    day.nets.fix(key, balance.amount)


def _check(ledger: Ledger, key: HoldingKey, amount: int) -> None:
    holding = ledger.holdings[key]
    more = amount - holding.amount
    if more > 0:
        ledger.book(key[0], key[2], UNSEEN_INFLOW, more)
        ledger.method.receive(holding, [Lot(more)])
    elif more < 0:
        lots = ledger.method.take(holding, -more)
        ledger.book(key[0], key[2], UNSEEN_OUTFLOW, tainted_amount(lots))
    ledger.settle(key)
