"""Transfers as columns in travel order, and single transactions of them as records.

Layout:
    `rows` holds every row's number by transaction, in the order given; `travel` those that move between
    accounts (not outpoints of the UTXO model) in the order in which units travel, with the code of the
    holding that each pays and fills (see `names.Codes`), `ABSENT` where there is none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from clawback.tracing.columnar.gathered import Gathered, gather
from clawback.tracing.columnar.limbs import Words
from clawback.tracing.columnar.names import ABSENT, Codes, Longs, Names, Places
from clawback.tracing.columnar.order import (
    Flags,
    RowFacts,
    Transactions,
    lexicographic,
    order_of_transactions,
)
from clawback.tracing.order import Transaction, transaction_of, travel_places
from clawback.tracing.records import UTXO_KINDS, ZERO_ADDRESSES, HoldingKey, Transfer

if TYPE_CHECKING:
    import pyarrow as pa

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Columns:
    """Rows of the transfers table, and what is known of each of them."""

    codes: Codes
    kinds: Names
    qualities: Names
    facts: RowFacts
    transactions: Transactions
    kind: Places
    sender: Places
    receiver: Places
    asset: Places
    position: Longs
    quality: Places
    amount: Words
    outpoint: pa.Array
    rows: Longs
    first: Longs
    """Where each transaction begins in `rows`; one more than transactions."""
    travel: Longs
    pays: Longs
    fills: Longs
    travel_first: Longs
    """Where each transaction begins in `travel`; one more than transactions."""

    def __len__(self) -> int:
        """How many transactions there are."""
        return len(self.transactions.day)

    @cached_property
    def _texts(self) -> dict[int, str]:
        return {}

    def address(self, number: int) -> str:
        """The address of a number; always the same text, for it stands in many records."""
        text = self._texts.get(number)
        if text is None:
            text = self._texts[number] = self.codes.addresses[number]
        return text

    def key(self, code: int) -> HoldingKey:
        """The holding of a code."""
        chain, address, asset = self.codes.split(code)
        return self.codes.chains[chain], self.address(address), self.codes.assets[asset]

    def transfer(self, row: int) -> Transfer:
        """One row as a record."""
        facts, codes = self.facts, self.codes
        number, index = int(facts.block_number[row]), int(facts.tx_index[row])
        receiver = int(self.receiver[row])
        low, lower, high, higher = self.amount[row].tolist()
        return Transfer(
            codes.chains[int(facts.chain[row])],
            None if number < 0 else number,
            EPOCH + timedelta(microseconds=int(facts.block_time[row])),
            facts.tx_hash[row],
            None if index < 0 else index,
            int(self.position[row]),
            self.kinds[int(self.kind[row])],
            self.address(int(self.sender[row])),
            None if receiver < 0 else self.address(receiver),
            codes.assets[int(self.asset[row])],
            low | lower << 32 | high << 64 | higher << 96,
            self.qualities[int(self.quality[row])],
            self.outpoint[row].as_py(),
        )

    def transaction(self, place: int) -> Transaction:
        """One transaction as a record of records."""
        rows = self.rows[self.first[place] : self.first[place + 1]]
        known = self.transactions
        number = int(known.block_number[place])
        return transaction_of(
            [self.transfer(row) for row in rows.tolist()],
            self.time_of(place),
            day_of(int(known.day[place])),
            None if number < 0 else number,
            bool(known.is_coinbase[place]),
        )

    def time_of(self, place: int) -> datetime:
        """The block time of a transaction."""
        return EPOCH + timedelta(microseconds=int(self.transactions.block_time[place]))

    def coinbases(self, begin: int, end: int) -> set[tuple[str, int | None]]:
        """(chain, block) of the coinbases among the transactions from `begin` up to `end`."""
        known = self.transactions
        return {
            (
                self.codes.chains[int(known.chain[place])],
                int(known.block_number[place]) if known.block_number[place] >= 0 else None,
            )
            for place in begin + np.flatnonzero(known.is_coinbase[begin:end])
        }

    def ordered_by_time(self) -> int:
        """How many rows have no better order than that of their times."""
        return int(np.count_nonzero(_among(self.quality, self.qualities, {"time"})))

    def has_outpoints(self) -> Flags:
        """Of each transaction, whether it makes or spends outpoints."""
        found = np.zeros(len(self), bool)
        found[self.transactions.of_row[self.is_outpoint]] = True
        return found

    @property
    def is_outpoint(self) -> Flags:
        """Of each row, whether it makes or spends an outpoint."""
        return _among(self.kind, self.kinds, UTXO_KINDS)


def day_of(number: int) -> date:
    """The date of so many days since 1970."""
    return date(1970, 1, 1) + timedelta(days=number)


def number_of(day: date) -> int:
    """Days since 1970."""
    return (day - date(1970, 1, 1)).days


def columns_of(parts: Iterable[pa.Table]) -> Columns:
    """Puts rows in order.

    Args:
        parts: see `gathered.gather`.
    """
    read = gather(parts)
    kind, kinds, sender, receiver = read.kind, read.kinds, read.sender, read.receiver
    codes = Codes(read.chains, read.addresses, read.assets)
    facts = RowFacts(
        read.chain,
        read.block_number,
        read.block_time,
        read.tx_index,
        read.tx_hash,
        _among(kind, kinds, {"utxo_out"}),
    )
    transactions = order_of_transactions(facts, read.tx_hash.groups(read.chain))
    count = len(transactions.day)
    rows = lexicographic([transactions.of_row])
    moving = rows[~_among(kind, kinds, UTXO_KINDS)[rows]]
    travel = _travel(moving, transactions.of_row, read)
    zero = np.unique(read.addresses.numbers(sorted(ZERO_ADDRESSES)))
    nobody = zero[zero >= 0]
    pays = np.where(_among(kind, kinds, {"mint"}) | np.isin(sender, nobody), ABSENT, sender)
    fills = np.where(_among(kind, kinds, {"fee", "burn"}) | np.isin(receiver, nobody), ABSENT, receiver)
    columns = Columns(
        codes, kinds, read.qualities, facts, transactions, kind, sender, receiver, read.asset, read.position,
        read.quality,
        read.amount,
        read.outpoint,
        rows,
        _starts(transactions.of_row[rows], count),
        travel,
        codes.of(read.chain, pays, read.asset)[travel],
        codes.of(read.chain, fills, read.asset)[travel],
        _starts(transactions.of_row[travel], count),
    )  # fmt: skip
    _put_receipts_first(columns)
    return columns


def _travel(moving: Longs, of_row: Places, read: Gathered) -> Longs:
    # Most transactions move one thing; only the others need all keys.
    several = np.flatnonzero(_has_equal_neighbour(of_row[moving]))
    those = moving[several]
    not_fee = ~_among(read.kind, read.kinds, {"fee"})
    keys: list[Any] = [read.asset, not_fee, read.position, read.kind, read.sender, read.receiver]
    keys += [read.amount[:, limb] for limb in range(read.amount.shape[1] - 1, -1, -1)]
    travel = moving.copy()
    travel[several] = those[lexicographic([of_row[those], *(key[those] for key in keys)])]
    return travel


def _put_receipts_first(columns: Columns) -> None:
    # Where only times are known the plain rule decides, transaction by transaction.
    travel = columns.travel
    together = columns.transactions.of_row[travel].astype(np.int64) * len(columns.codes.assets)
    together += columns.asset[travel]
    by_time = _among(columns.quality, columns.qualities, {"time"})[travel]
    concerned = np.unique(together[_has_equal_neighbour(together) & by_time])
    begins, ends = np.searchsorted(together, concerned), np.searchsorted(together, concerned, "right")
    for begin, end in zip(begins.tolist(), ends.tolist(), strict=True):
        rows = travel[begin:end]
        places = travel_places([columns.transfer(row) for row in rows.tolist()])
        order = begin + np.array(places)
        for column in (travel, columns.pays, columns.fills):
            column[begin:end] = column[order]


def _has_equal_neighbour(numbers: Longs | Places) -> Flags:
    found = np.zeros(len(numbers), bool)
    same = numbers[1:] == numbers[:-1]
    found[1:] |= same
    found[:-1] |= same
    return found


def _starts(of_row: Places, count: int) -> Longs:
    starts: Longs = np.searchsorted(of_row, np.arange(count + 1))
    return starts


def _among(numbers: Places, names: Names, texts: Iterable[str]) -> Flags:
    wanted = names.numbers(sorted(texts))
    return np.isin(numbers, wanted[wanted >= 0])
