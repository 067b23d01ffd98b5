"""Blocks, transactions and logs of a batch, checked against each other and laid side by side.

Invariants:
    What leaves here is whole and consistent: every block that was asked for, in order, each the child of the
    one before; a receipt for every transaction; log indexes without a gap; and every number and hash that an
    answer repeats is the one of the block it belongs to. Anything else is a Lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import numpy as np

from clawback.chains.evm.columns import HASH, Bytes, Integers, fixed_bytes, small_integers
from clawback.chains.evm.failures import Lie
from clawback.chains.evm.shapes import Block, Header, Log, Receipt, Transaction

_counted: list[str] = []


@dataclass(frozen=True)
class Batch:
    """Consecutive blocks and what is in them.

    `tx_block` has, for each transaction, its block's place in `numbers`; `log_tx`, for each log, its
    transaction's place in `tx_hashes`. Without full blocks `transactions` and `receipts` are empty; without
    receipts `logs` are too.
    """

    headers: Sequence[Block | Header]
    numbers: Integers
    times: Integers
    hashes: Bytes
    tx_hashes: Bytes
    tx_block: Integers
    tx_index: Integers
    logs: Sequence[Log]
    log_tx: Integers
    log_index: Integers
    transactions: Sequence[Transaction] = field(default=())
    receipts: Sequence[Receipt] = field(default=())

    @property
    def tx_counts(self) -> Integers:
        """Transactions of each block."""
        return np.bincount(self.tx_block, minlength=len(self.numbers)).astype(np.int64)


def batch_of_blocks(asked: range, blocks: list[Block], receipts: list[list[Receipt]]) -> Batch:
    """Full blocks with their receipts, in the order of asking. Raises Lie."""
    numbers, times, hashes = _chain(asked, blocks)
    transactions: list[Transaction] = []
    flat: list[Receipt] = []
    for number, block, of_block in zip(asked, blocks, receipts, strict=True):
        if len(of_block) != len(block.transactions):
            raise Lie(
                f"block {number} has {len(block.transactions)} transactions and {len(of_block)} receipts"
            )
        _check_transactions(number, block)
        _check_receipts(number, block, of_block)
        transactions += block.transactions
        flat += of_block
    tx_block, tx_index = _places([len(block.transactions) for block in blocks])
    logs_of_tx = [len(receipt.logs) for receipt in flat]
    log_tx = np.repeat(np.arange(len(flat), dtype=np.int64), logs_of_tx)
    _, log_index = _places([sum(len(receipt.logs) for receipt in of_block) for of_block in receipts])
    return Batch(
        blocks,
        numbers,
        times,
        hashes,
        fixed_bytes([transaction.hash for transaction in transactions], HASH, "a transaction's hash"),
        tx_block,
        tx_index,
        [log for receipt in flat for log in receipt.logs],
        log_tx,
        log_index,
        transactions,
        flat,
    )


def batch_of_transactions(asked: range, blocks: list[Block]) -> Batch:
    """Full blocks without their receipts, in the order of asking. Raises Lie."""
    numbers, times, hashes = _chain(asked, blocks)
    for number, block in zip(asked, blocks, strict=True):
        _check_transactions(number, block)
    transactions = [transaction for block in blocks for transaction in block.transactions]
    tx_block, tx_index = _places([len(block.transactions) for block in blocks])
    nothing = np.empty(0, np.int64)
    return Batch(
        blocks,
        numbers,
        times,
        hashes,
        fixed_bytes([transaction.hash for transaction in transactions], HASH, "a transaction's hash"),
        tx_block,
        tx_index,
        [],
        nothing,
        nothing,
        transactions,
    )


def batch_of_logs(asked: range, headers: list[Header], logs: list[Log]) -> Batch:
    """Headers with some of their logs, as `eth_getLogs` gives them. Raises Lie."""
    numbers, times, hashes = _chain(asked, headers)
    tx_block, tx_index = _places([len(header.transactions) for header in headers])
    places = {header.number: place for place, header in enumerate(headers)}
    try:
        log_block = np.array([places[log.block_number] for log in logs], np.int64)
    except KeyError as error:
        raise Lie(f"a log belongs to none of the blocks {asked.start} to {asked.stop - 1}") from error
    log_index = small_integers([log.log_index for log in logs], "a log's index")
    if not ((np.diff(log_block) > 0) | ((np.diff(log_block) == 0) & (np.diff(log_index) > 0))).all():
        raise Lie("logs are not in order, or come twice")
    own_index = small_integers([log.transaction_index for log in logs], "a log's transaction index")
    counts = np.array([len(header.transactions) for header in headers], np.int64)
    if (own_index >= counts[log_block]).any():
        raise Lie("a log belongs to a transaction that its block does not have")
    log_tx = (np.cumsum(counts) - counts)[log_block] + own_index
    tx_hashes = [text for header in headers for text in header.transactions]
    _same(
        [log.transaction_hash for log in logs],
        [tx_hashes[place] for place in log_tx.tolist()],
        "a log's transaction hash",
        asked.start,
    )
    _same(
        [log.block_hash for log in logs],
        [headers[place].hash for place in log_block.tolist()],
        "a log's block hash",
        asked.start,
    )
    _check_removed(logs, asked.start)
    return Batch(
        headers,
        numbers,
        times,
        hashes,
        fixed_bytes(tx_hashes, HASH, "a transaction's hash"),
        tx_block,
        tx_index,
        logs,
        log_tx,
        log_index,
    )


def _chain(asked: range, blocks: Sequence[Block | Header]) -> tuple[Integers, Integers, Bytes]:
    if [block.number for block in blocks] != [hex(number) for number in asked]:
        raise Lie(f"the node did not give the blocks {asked.start} to {asked.stop - 1}")
    for number, (parent, child) in zip(asked[1:], pairwise(blocks), strict=True):
        if child.parent_hash != parent.hash:
            raise Lie(f"block {number} is not the child of the block before it")
    times = small_integers([block.timestamp for block in blocks], "a block's time")
    if (np.diff(times) < 0).any():
        raise Lie(f"the times of the blocks {asked.start} to {asked.stop - 1} run backwards")
    hashes = fixed_bytes([block.hash for block in blocks], HASH, "a block's hash")
    return np.arange(asked.start, asked.stop, dtype=np.int64), times, hashes


def _check_transactions(number: int, block: Block) -> None:
    count = len(block.transactions)
    own = block.transactions
    _same([one.transaction_index for one in own], _counting(count), "a transaction's index", number)
    _same([one.block_hash for one in own], [block.hash] * count, "a transaction's block hash", number)
    _same([one.block_number for one in own], [block.number] * count, "a transaction's block number", number)


def _check_receipts(number: int, block: Block, receipts: list[Receipt]) -> None:
    hashes = [one.hash for one in block.transactions]
    count = len(hashes)
    _same([one.transaction_hash for one in receipts], hashes, "a receipt's transaction", number)
    _same([one.block_hash for one in receipts], [block.hash] * count, "a receipt's block hash", number)
    _same([one.block_number for one in receipts], [block.number] * count, "a receipt's block number", number)
    indexes = _counting(count)
    _same([one.transaction_index for one in receipts], indexes, "a receipt's transaction index", number)
    logs = [log for one in receipts for log in one.logs]
    _same([log.log_index for log in logs], _counting(len(logs)), "a log's index", number)
    _same([log.block_hash for log in logs], [block.hash] * len(logs), "a log's block hash", number)
    _same([log.block_number for log in logs], [block.number] * len(logs), "a log's block number", number)
    owners = [one.transaction_hash for one in receipts for _ in one.logs]
    _same([log.transaction_hash for log in logs], owners, "a log's transaction hash", number)
    places = [index for one, index in zip(receipts, indexes, strict=True) for _ in one.logs]
    _same([log.transaction_index for log in logs], places, "a log's transaction index", number)
    _check_removed(logs, number)


def _check_removed(logs: Sequence[Log], number: int) -> None:
    if any([log.removed for log in logs]):  # a list is quicker here than a generator
        raise Lie(f"a log of block {number} or after is marked as removed: the chain was rewritten")


def _same(found: list[str], wanted: list[str], name: str, number: int) -> None:
    # Comparing whole lists of text is one call; only a difference is worth a closer look.
    if found != wanted:
        place = next((i for i, pair in enumerate(zip(found, wanted, strict=False)) if pair[0] != pair[1]), -1)
        raise Lie(f"{name} is not as in block {number} (entry {place}: {found[place][:70]})")


def _counting(count: int) -> list[str]:
    while len(_counted) < count:
        _counted.append(hex(len(_counted)))
    return _counted[:count]


def _places(counts: list[int]) -> tuple[Integers, Integers]:
    """For each item its owner's place and its own place in the owner."""
    lengths = np.array(counts, np.int64)
    owner = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    starts = np.cumsum(lengths) - lengths
    return owner, np.arange(len(owner), dtype=np.int64) - np.repeat(starts, lengths)
