"""Which transactions moved value from or to an address: all blocks of a day, read once, kept as columns.

Invariants:
    Nothing that moved is missing; some of it may not have moved, for whether a transaction failed stands in
    its receipt, which is not read here. Whoever reads the transaction sees it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from typing import Final

import msgspec
import numpy as np

from clawback.chains.evm.blocks import Batch, batch_of_blocks
from clawback.chains.evm.columns import ADDRESS, Bytes, Integers, fixed_bytes
from clawback.chains.evm.failures import Lie
from clawback.chains.evm.fetch import in_parts
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.read import Wish, ask_traces, inner_values
from clawback.chains.evm.rpc import Question
from clawback.chains.evm.shapes import Block
from clawback.chains.evm.transactions_root import SIGNED_BLOCKS, check_transactions_roots
from clawback.chains.evm.transport import Endpoint

Hit = tuple[int, int]
"""(block, the transaction's place in it)."""


class Created(msgspec.Struct, rename="camel", gc=False):
    """Of a receipt, the contract that a transaction made."""

    transaction_hash: str
    contract_address: str | None = None
    status: str | None = None


_BLOCKS: Final = Question("eth_getBlockByNumber", Block)
_CREATED: Final = Question("eth_getTransactionReceipt", Created)


@dataclass(frozen=True)
class Values:
    """Addresses of senders and receivers of value, ascending, with block and transaction; equal lengths."""

    addresses: Bytes
    blocks: Integers
    tx_indexes: Integers

    def touching(self, addresses: Collection[str]) -> dict[str, set[Hit]]:
        """For each address (lower-case hex) the transactions that it sent, or that moved value to it."""
        keys = _keys(self.addresses)
        asked = sorted(addresses)
        words = _keys(fixed_bytes(asked, ADDRESS, "an address"))
        begins, ends = np.searchsorted(keys, words, "left"), np.searchsorted(keys, words, "right")
        return {
            address: set(
                zip(self.blocks[begin:end].tolist(), self.tx_indexes[begin:end].tolist(), strict=True)
            )
            for address, begin, end in zip(asked, begins.tolist(), ends.tolist(), strict=True)
        }


def scan_values(
    nodes: Nodes,
    blocks: range,
    wish: Wish,
    at_once: int,
    follows: Callable[[Batch], None],
) -> Values:
    """Read all blocks.

    Args:
        nodes: the chain's nodes.
        blocks: consecutive blocks.
        wish: how inner calls are traced, and how that is checked; without traces their value is left out.
        at_once: most blocks of a question.
        follows: told of each batch in order; raises where it is not the child of what came before.

    Raises:
        ClawbackError: no node gave an answer that holds.
    """
    columns: list[tuple[Bytes, Integers, Integers]] = []
    for start in range(blocks.start, blocks.stop, at_once):
        asked = range(start, min(start + at_once, blocks.stop))
        for batch, places, addresses in in_parts(
            nodes, asked, lambda endpoint, part: _ask(endpoint, part, wish)
        ):
            follows(batch)
            columns.append((addresses, batch.numbers[batch.tx_block[places]], batch.tx_index[places]))
    if not columns:
        return Values(np.empty((0, ADDRESS), np.uint8), np.empty(0, np.int64), np.empty(0, np.int64))
    addresses, numbers, indexes = (np.concatenate(parts) for parts in zip(*columns, strict=True))
    return values_of(addresses, numbers, indexes)


def values_of(addresses: Bytes, blocks: Integers, tx_indexes: Integers) -> Values:
    """Addresses with blocks and transactions, in any order."""
    order = np.argsort(_keys(addresses), kind="stable")
    return Values(addresses[order], blocks[order], tx_indexes[order])


def _ask(endpoint: Endpoint, asked: range, wish: Wish) -> tuple[Batch, Integers, Bytes]:
    traced = ask_traces(endpoint, asked, wish.traces)
    content = _BLOCKS.post(endpoint, [(hex(number), True) for number in asked])
    batch = batch_of_blocks(asked, _BLOCKS.read(content, len(asked)))
    if wish.check_transactions_root:
        check_transactions_roots(SIGNED_BLOCKS.read(content, len(asked)))
    own = batch.transactions
    senders = fixed_bytes([one.sender for one in own], ADDRESS, "a sender")
    paying = [place for place, one in enumerate(own) if one.value != "0x0" and one.to is not None]
    receivers = fixed_bytes([own[place].to or "" for place in paying], ADDRESS, "a receiver")
    making, made = _created(endpoint, batch)
    places = [np.arange(len(own), dtype=np.int64), np.array(paying, np.int64), np.array(making, np.int64)]
    addresses = [senders, receivers, made]
    if traced is not None:
        rows = inner_values(batch, traced, wish)
        places += [rows.tx, rows.tx]
        addresses += [rows.sender, rows.receiver]
    return batch, np.concatenate(places), np.concatenate(addresses)


def _created(endpoint: Endpoint, batch: Batch) -> tuple[list[int], Bytes]:
    """Transactions that gave a new contract value, and the contracts: the receipt alone names them."""
    places = [place for place, one in enumerate(batch.transactions) if one.to is None and one.value != "0x0"]
    if not places:
        return [], np.empty((0, ADDRESS), np.uint8)
    hashes = [batch.transactions[place].hash for place in places]
    receipts = _CREATED.ask(endpoint, [(one,) for one in hashes])[0]
    if [one.transaction_hash for one in receipts] != hashes:
        raise Lie("the node gave receipts of other transactions")
    if any(one.status == "0x1" and one.contract_address is None for one in receipts):
        raise Lie("a transaction without receiver created no contract")
    # One that failed may name no contract; then nothing moved.
    making = [
        (place, one.contract_address)
        for place, one in zip(places, receipts, strict=True)
        if one.contract_address is not None
    ]
    made = fixed_bytes([address for _, address in making], ADDRESS, "a contract")
    return [place for place, _ in making], made


def _keys(addresses: Bytes) -> np.ndarray[tuple[int], np.dtype[np.void]]:
    """Addresses as one value each, which NumPy can sort and search."""
    return np.ascontiguousarray(addresses).view(f"S{ADDRESS}").reshape(len(addresses))
