"""Blocks, transactions and logs of a batch, checked against each other and laid side by side.

Invariants:
    What leaves here is whole and consistent: every block that was asked for, in order, each the child of the
    one before; a receipt for every transaction; log indexes without a gap; and every number and hash that an
    answer repeats is the one of the block it belongs to. Anything else is a Lie.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import chain, pairwise, repeat

import numpy as np

from clawback.chains.evm.columns import HASH, Bytes, Integers, fixed_bytes, small_integers
from clawback.chains.evm.failures import Lie
from clawback.chains.evm.quantities import quantities
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
    gas_used: Sequence[int] = field(default=())
    """Of each receipt."""

    @property
    def tx_counts(self) -> Integers:
        """Transactions of each block."""
        return np.bincount(self.tx_block, minlength=len(self.numbers)).astype(np.int64)


def batch_of_blocks(asked: range, blocks: list[Block], receipts: list[list[Receipt]] | None = None) -> Batch:
    """Full blocks in the order of asking, with their receipts or without any. Raises Lie."""
    numbers, times, hashes = _chain(asked, blocks)
    tx_hashes: list[str] = []
    flat: list[Receipt] = []
    logs: list[Log] = []
    logs_of_tx: list[int] = []
    logs_of_block: list[int] = []
    # Block by block: what one block says is checked while it lies close to the processor.
    for place, (number, block) in enumerate(zip(asked, blocks, strict=True)):
        own = [one.hash for one in block.transactions]
        _check_places(number, block, block.transactions, "a transaction")
        tx_hashes += own
        if receipts is not None:
            own_logs, counts = logs_of_receipts(number, block, own, receipts[place])
            flat += receipts[place]
            logs += own_logs
            logs_of_tx += counts
            logs_of_block.append(len(own_logs))
    tx_block, tx_index = _places([len(block.transactions) for block in blocks])
    log_tx, _ = _places(logs_of_tx)
    _, log_index = _places(logs_of_block)
    return Batch(
        blocks,
        numbers,
        times,
        hashes,
        fixed_bytes(tx_hashes, HASH, "a transaction's hash"),
        tx_block,
        tx_index,
        logs,
        log_tx,
        log_index,
        [one for block in blocks for one in block.transactions],
        flat,
        quantities([receipt.gas_used for receipt in flat], "gasUsed"),
    )


def batch_of_logs(asked: range, headers: list[Header], logs: list[Log]) -> Batch:
    """Headers with some of their logs, as `eth_getLogs` gives them. Raises Lie."""
    numbers, times, hashes = _chain(asked, headers)
    tx_block, tx_index = _places([len(header.transactions) for header in headers])
    places = {header.number: place for place, header in enumerate(headers)}
    try:
        log_block = np.fromiter([places[log.block_number] for log in logs], np.int64, len(logs))
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
    in_lower_case(logs)
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


def logs_of_receipts(
    number: int, block: Block | Header, hashes: list[str], receipts: list[Receipt]
) -> tuple[list[Log], list[int]]:
    """The logs of a block's receipts, and how many each transaction has. Raises Lie."""
    if len(receipts) != len(hashes):
        raise Lie(f"block {number} has {len(hashes)} transactions and {len(receipts)} receipts")
    _same([one.transaction_hash for one in receipts], hashes, "a receipt's transaction", number)
    _check_places(number, block, receipts, "a receipt")
    of_each = [one.logs for one in receipts]
    logs = list(chain.from_iterable(of_each))
    counts = list(map(len, of_each))
    count = len(logs)
    _same([log.transaction_hash for log in logs], _spread(hashes, counts), "a log's transaction hash", number)
    _same([log.block_hash for log in logs], [block.hash] * count, "a log's block hash", number)
    _same([log.block_number for log in logs], [block.number] * count, "a log's block number", number)
    _same([log.log_index for log in logs], _counting(count), "a log's index", number)
    indexes = _spread(_counting(len(hashes)), counts)
    _same([log.transaction_index for log in logs], indexes, "a log's transaction index", number)
    _check_removed(logs, number)
    in_lower_case(logs)
    return logs, counts


def in_lower_case(logs: Sequence[Log]) -> None:
    """Write logs as they are known: some nodes write addresses in mixed case."""
    written = "".join([text for log in logs for text in (log.address, *log.topics)])
    if written == written.lower():
        return
    for log in logs:
        log.address = log.address.lower()
        log.topics = [topic.lower() for topic in log.topics]


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


def _check_places(
    number: int, block: Block | Header, own: Sequence[Transaction] | Sequence[Receipt], name: str
) -> None:
    """Transactions or receipts stand where they say that they do."""
    count = len(own)
    _same([one.transaction_index for one in own], _counting(count), f"{name}'s index", number)
    _same([one.block_hash for one in own], [block.hash] * count, f"{name}'s block hash", number)
    _same([one.block_number for one in own], [block.number] * count, f"{name}'s block number", number)


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


def _spread(texts: list[str], counts: list[int]) -> list[str]:
    """Each text as often as its count says."""
    return list(chain.from_iterable(map(repeat, texts, counts)))


def _places(counts: list[int]) -> tuple[Integers, Integers]:
    """For each item its owner's place and its own place in the owner."""
    lengths = np.array(counts, np.int64)
    owner = np.repeat(np.arange(len(lengths), dtype=np.int64), lengths)
    starts = np.cumsum(lengths) - lengths
    return owner, np.arange(len(owner), dtype=np.int64) - np.repeat(starts, lengths)
