"""Builds the day index out of transfer records: for tests, small files, and days read as rows."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import numpy as np

from clawback.errors import ClawbackError
from clawback.schemas import NATIVE
from clawback.tracing.exchanges import candidates
from clawback.tracing.fast.cases import address_of, word_of
from clawback.tracing.fast.compiled import Bytes, Limbs, Longs
from clawback.tracing.fast.desk import sink_place
from clawback.tracing.fast.index import BEGINS, FIRST, POSSIBLE, DayIndex, Rows, index_day
from clawback.tracing.fast.wide import split2
from clawback.tracing.order import Transaction
from clawback.tracing.records import Role, Transfer
from clawback.tracing.sinks import sink_without_receiver

NATIVE_BYTES = bytes(20)


def asset_of(text: str) -> bytes:
    """The 20 bytes of an asset; the coin is zeros."""
    return NATIVE_BYTES if text == NATIVE else address_of(text)


RAW_ADDRESS: Final = re.compile("0x[0-9a-fA-F]{40}")


class RecordBook:
    """A day's transfers in the order of the index."""

    def __init__(self, transactions: Sequence[Transaction]) -> None:
        self.rows: list[Transfer] = []
        first: list[int] = []
        for transaction in transactions:
            if transaction.inputs or transaction.outputs:
                raise _refused("transfers of the UTXO model are not followed", transaction.tx_hash)
            bits = int(FIRST | POSSIBLE if candidates(transaction.assets) else FIRST)
            for number, (_, rows) in enumerate(transaction.assets):
                begins = int(BEGINS) if number == 0 and bits & POSSIBLE else 0
                first += [bits | begins] + [0] * (len(rows) - 1)
                self.rows += rows
        self.first = np.array(first, np.uint8)
        self.names = sorted({row.asset for row in self.rows})
        """Of the assets, in the order of the index."""

    def transfers(self, first: int, last: int) -> list[Transfer]:
        """Rows from first to before last."""
        return self.rows[first:last]

    def named(self, words: Limbs) -> Longs:
        """Rows of the transactions for whose hash one of these words stands."""
        wanted = set(words.tolist())
        rows = [place for place, row in enumerate(self.rows) if word_of(row.tx_hash) in wanted]
        return np.array(rows, np.int64)

    def within(self, rows: Longs, roles: Sequence[Role]) -> Bytes:
        """Which of the rows lie in the time of some role."""
        times = [(self.rows[row].tx_hash, self.rows[row].block_time) for row in rows]
        return np.array([any(role.covers(*time) for role in roles) for time in times], bool)

    def index(self) -> DayIndex:
        """The index of the day."""
        count = len(self.rows)
        payers, receivers = np.zeros((count, 20), np.uint8), np.zeros((count, 20), np.uint8)
        payer, receiver = np.full(count, -1, np.int32), np.zeros(count, np.int32)
        number = {name: place for place, name in enumerate(self.names)}
        for place, row in enumerate(self.rows):
            if wrong := [
                text for text in (row.payer, row.receiver) if text is not None and not _is_raw(text)
            ]:
                raise _refused(f"the address {wrong[0]!r} is not 20 bytes", row.tx_hash)
            if row.asset != NATIVE and not _is_raw(row.asset):
                raise _refused(f"the asset {row.asset!r} is not 20 bytes", row.tx_hash)
            if row.payer is not None:
                payer[place] = 0
                payers[place] = np.frombuffer(address_of(row.payer), np.uint8)
            if row.receiver is not None:
                receivers[place] = np.frombuffer(address_of(row.receiver), np.uint8)
            else:
                receiver[place] = sink_place(sink_without_receiver(row))
        amount = np.array([split2(row.amount) for row in self.rows], np.uint64).reshape(-1, 2)
        assets = np.frombuffer(b"".join(asset_of(name) for name in self.names), np.uint8).reshape(-1, 20)
        return index_day(
            Rows(payer, receiver, amount, self.first),
            payers,
            receivers,
            assets,
            np.array([number[row.asset] for row in self.rows], np.int32),
        )


def _is_raw(text: str) -> bool:
    return RAW_ADDRESS.fullmatch(text) is not None


def _refused(what: str, tx_hash: str) -> ClawbackError:
    return ClawbackError(
        f"the compiled engine cannot trace this day: {what}",
        where=f"transaction {tx_hash}",
        remedy="trace this day with the plain engine (clawback trace)",
    )
