"""The order of `clawback.tracing.order`, for whole columns at once.

Rules:
    The same ones, read there: transactions by day, chain, time that never runs backwards, block, index and
    hash; inside a transaction its assets by name, each in the order in which units travel. Rows that only
    the receipts-first rule can put in order are handed back to it, transaction by transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from clawback.tracing.columnar.hashes import Hashes
from clawback.tracing.columnar.names import Longs, Places

DAY_MICROSECONDS: Final = 86_400_000_000
Flags = np.ndarray[Any, np.dtype[np.bool_]]


@dataclass(frozen=True)
class RowFacts:
    """What order asks of rows; unknown numbers are -1."""

    chain: Places
    block_number: Longs
    block_time: Longs
    """Microseconds since 1970."""
    tx_index: Longs
    tx_hash: Hashes
    is_output: Flags
    """Whether the row is an output of the UTXO model."""


@dataclass(frozen=True)
class Transactions:
    """Transactions in order. Those of one day follow each other."""

    of_row: Places
    """The transaction of each row."""
    day: Longs
    """Days since 1970, by the time that never runs backwards."""
    block_time: Longs
    block_number: Longs
    chain: Places
    is_coinbase: Flags


def order_of_transactions(facts: RowFacts, group: Longs) -> Transactions:
    """Orders transactions.

    Args:
        facts: of the rows.
        group: which rows belong together: any number for each transaction, equal for equal ones.
    """
    rows = np.arange(len(group)) if _ascends([group]) else np.argsort(group, kind="stable")
    sorted_group = group[rows]
    starts = np.flatnonzero(np.diff(sorted_group, prepend=sorted_group[:1] - 1))
    first = rows[starts]
    number = _least_known(facts.block_number[rows], starts)
    index = _least_known(facts.tx_index[rows], starts)
    time = np.minimum.reduceat(facts.block_time[rows], starts) if len(starts) else facts.block_time[:0]
    outputs = np.minimum.reduceat(facts.is_output[rows], starts) if len(starts) else facts.is_output[:0]
    chain = facts.chain[first]
    no_block, no_index = number < 0, index < 0
    number, index = np.maximum(number, 0), np.maximum(index, 0)
    is_coinbase = ~no_index & (index == 0) & outputs
    seen = _never_backwards(chain, no_block, number, time)
    day = seen // DAY_MICROSECONDS
    keys = [day, chain, seen, no_block, number, is_coinbase, no_index, index]
    order = _sorted(keys, facts.tx_hash, first)
    rank = np.empty(len(order), np.int32)
    rank[order] = np.arange(len(order), dtype=np.int32)
    of_row = np.empty(len(group), np.int32)
    of_row[rows] = np.repeat(rank, np.diff(np.append(starts, len(rows))))
    number[no_block] = -1
    return Transactions(of_row, day[order], time[order], number[order], chain[order], is_coinbase[order])


def _least_known(values: Longs, starts: Longs) -> Longs:
    if not len(starts):
        return values
    known = np.where(values < 0, np.iinfo(np.int64).max, values)
    least = np.minimum.reduceat(known, starts)
    return np.where(least == np.iinfo(np.int64).max, -1, least)


def _never_backwards(chain: Places, no_block: Flags, number: Longs, time: Longs) -> Longs:
    # A block counts with the latest time among itself and the blocks before it.
    order = lexicographic([chain, no_block, number, time])
    seen = time[order]
    for one in np.unique(chain):
        here = np.flatnonzero((chain[order] == one) & ~no_block[order])
        seen[here] = np.maximum.accumulate(seen[here])
    back = np.empty_like(seen)
    back[order] = seen
    return back


def _sorted(keys: Sequence[Any], tx_hash: Hashes, first: Longs) -> Longs:
    # Hashes are looked at only where nothing before them decides: few blocks lack the index.
    import pyarrow.compute as pc

    order = lexicographic(keys)
    same = np.ones(max(0, len(order) - 1), bool)
    for key in keys:
        same &= np.diff(key[order].astype(np.int64)) == 0
    tied = np.zeros(len(order), bool)
    tied[1:] |= same
    tied[:-1] |= same
    places = np.flatnonzero(tied)
    if len(places):
        run = np.cumsum(np.concatenate(([True], ~same)))[places]
        texts = tx_hash.take(first[order[places]])
        rank = np.empty(len(places), np.int64)
        rank[pc.sort_indices(texts).to_numpy()] = np.arange(len(places))
        order[places] = order[places][np.lexsort((rank, run))]
    return order


def lexicographic(keys: Sequence[Any]) -> Longs:
    """The places that put rows in order: by the first key, then by the next, then as they were."""
    # Rows mostly lie in order already, and most keys say nothing.
    useful = [key for key in keys if len(key) and key.min() != key.max()]
    if not useful or _ascends(useful):
        return np.arange(len(keys[0]))
    return np.lexsort(useful[::-1])


def _ascends(keys: Sequence[Any]) -> bool:
    if not len(keys[0]):
        return True
    open_ = np.ones(len(keys[0]) - 1, bool)
    for key in keys:
        before, after = key[:-1], key[1:]
        if (open_ & (after < before)).any():
            return False
        open_ &= after == before
    return True
