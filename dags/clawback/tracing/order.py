"""Puts transfers into the one order in which they happened, grouped by transaction.

Layout:
    Transactions of a chain are ordered by time of their block (never running backwards: a block counts with
    the latest time among itself and the blocks before it), block_number, tx_index (unknown last) and tx_hash.
    The coinbase of a block of the UTXO model comes last in it: it takes the fees of all others.
    Rows of one transaction may come from several sources of which only one knows the index; what one row
    knows holds for all. Inside a transaction: gas first, then position, kind and content. Where only times
    are known (order_quality `time`), an account's receipts of an asset come before its payments.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import NamedTuple

from clawback.tracing.records import UTXO_KINDS, Transfer


@dataclass(frozen=True, slots=True)
class Transaction:
    """Transfers of one transaction, asset by asset, each in the order in which units travel."""

    chain: str
    tx_hash: str
    block_time: datetime
    day: date
    assets: tuple[tuple[str, tuple[Transfer, ...]], ...]
    block_number: int | None = None
    inputs: tuple[Transfer, ...] = ()
    """Outpoints that it spends, in vin order."""
    outputs: tuple[Transfer, ...] = ()
    """Outpoints that it makes, in vout order."""
    is_coinbase: bool = False

    def transfers(self) -> list[Transfer]:
        """All its transfers."""
        return [*(row for _, rows in self.assets for row in rows), *self.inputs, *self.outputs]


def order_transactions(transfers: Iterable[Transfer]) -> list[Transaction]:
    """Groups transfers by transaction and orders them."""
    groups: dict[tuple[str, str], list[Transfer]] = {}
    for transfer in transfers:
        groups.setdefault((transfer.chain, transfer.tx_hash), []).append(transfer)
    heads = [_head(rows) for rows in groups.values()]
    # By block: chain, then number. Transactions of no known block wait for the second sorting.
    heads.sort(key=lambda head: (head.chain, head.has_no_block, head.block_number, head.block_time))
    latest: dict[str, datetime] = {}
    keyed: list[tuple[datetime, _Head]] = []
    for head in heads:
        seen = head.block_time
        if not head.has_no_block:
            seen = latest[head.chain] = max(seen, latest.get(head.chain, seen))
        keyed.append((seen, head))
    keyed.sort(key=lambda item: (item[1].chain, item[0], *item[1][1:]))
    return [
        transaction_of(
            groups[head.chain, head.tx_hash],
            head.block_time,
            seen.date(),
            None if head.has_no_block else head.block_number,
            head.is_coinbase,
        )
        for seen, head in keyed
    ]


def order_by_day(transfers: Iterable[Transfer]) -> list[Transaction]:
    """Orders transactions by day first: chains know nothing of each other, days are worked off together."""
    return sorted(order_transactions(transfers), key=lambda transaction: transaction.day)


def transaction_of(
    rows: Sequence[Transfer],
    block_time: datetime,
    day: date,
    block_number: int | None,
    is_coinbase: bool,
) -> Transaction:
    """A transaction of all its rows; see `Transaction` for the rest."""
    return Transaction(
        rows[0].chain,
        rows[0].tx_hash,
        block_time,
        day,
        _by_asset(rows),
        block_number,
        _of_kind(rows, "utxo_in"),
        _of_kind(rows, "utxo_out"),
        is_coinbase,
    )


def travel_order(rows: Sequence[Transfer]) -> tuple[Transfer, ...]:
    """Orders the transfers of one asset in one transaction."""
    ordered = rows if len(rows) == 1 else sorted(rows, key=_content)
    return tuple(ordered[place] for place in travel_places(ordered))


def travel_places(ordered: Sequence[Transfer]) -> Sequence[int]:
    """The places in which transfers of one asset in one transaction travel, given in order of content."""
    if len(ordered) > 2 and any(row.order_quality == "time" for row in ordered):
        return _receipts_first(ordered)
    if len(ordered) == 2 and ordered[0].order_quality == "time":
        return _receipts_first(ordered)
    return range(len(ordered))


class _Head(NamedTuple):
    # In the order in which transactions of one chain and time are sorted.
    chain: str
    has_no_block: bool
    block_number: int
    is_coinbase: bool
    has_no_index: bool
    tx_index: int
    tx_hash: str
    block_time: datetime


def _head(rows: Sequence[Transfer]) -> _Head:
    numbers = [row.block_number for row in rows if row.block_number is not None]
    indices = [row.tx_index for row in rows if row.tx_index is not None]
    return _Head(
        rows[0].chain,
        not numbers,
        min(numbers, default=0),
        bool(indices) and min(indices) == 0 and {row.kind for row in rows} == {"utxo_out"},
        not indices,
        min(indices, default=0),
        rows[0].tx_hash,
        rows[0].block_time if len(rows) == 1 else min(row.block_time for row in rows),
    )


def _by_asset(rows: Sequence[Transfer]) -> tuple[tuple[str, tuple[Transfer, ...]], ...]:
    if len(rows) == 1 and rows[0].kind not in UTXO_KINDS:
        return ((rows[0].asset, (rows[0],)),)
    assets: dict[str, list[Transfer]] = defaultdict(list)
    for row in rows:
        if row.kind not in UTXO_KINDS:
            assets[row.asset].append(row)
    return tuple((asset, travel_order(assets[asset])) for asset in sorted(assets))


def _of_kind(rows: Sequence[Transfer], kind: str) -> tuple[Transfer, ...]:
    found = [row for row in rows if row.kind == kind]
    found.sort(key=lambda row: (row.position, row.outpoint or "", row.amount))
    return tuple(found)


def _content(row: Transfer) -> tuple[bool, int, str, str, str, int]:
    return row.kind != "fee", row.position, row.kind, row.from_address, row.to_address or "", row.amount


def _receipts_first(ordered: Sequence[Transfer]) -> list[int]:
    # Kahn's algorithm over accounts. A cycle has no such order: it is cut at the first transfer that is left.
    awaited: dict[str, int] = defaultdict(int)
    payments: dict[str, list[int]] = defaultdict(list)
    for index, row in enumerate(ordered):
        if row.receiver is not None and row.receiver != row.payer:
            awaited[row.receiver] += 1
        if row.payer is not None:
            payments[row.payer].append(index)
    ready = [index for index, row in enumerate(ordered) if _is_free(row, awaited)]
    heapq.heapify(ready)
    done: set[int] = set()
    result: list[int] = []
    first_left = 0
    while len(result) < len(ordered):
        while first_left in done:
            first_left += 1
        index = heapq.heappop(ready) if ready else first_left
        if index in done:
            continue
        done.add(index)
        row = ordered[index]
        result.append(index)
        if row.receiver is not None and row.receiver != row.payer:
            awaited[row.receiver] -= 1
            if awaited[row.receiver] == 0:
                for payment in payments[row.receiver]:
                    if payment not in done:
                        heapq.heappush(ready, payment)
    return result


def _is_free(row: Transfer, awaited: dict[str, int]) -> bool:
    # Gas is paid before anything is received.
    return row.kind == "fee" or row.payer is None or awaited[row.payer] == 0
