"""Which transactions moved value from or to an address: all blocks of a day, read once, kept in a file.

Invariants:
    Nothing that moved is missing; some of it may not have moved, for whether a transaction failed stands in
    its receipt, which is not read here. Whoever reads the transaction sees it. In memory is a run of rows,
    whatever the day's size.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Collection, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import replace
from typing import IO, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from clawback.chains.evm.blocks import Batch, batch_of_blocks
from clawback.chains.evm.columns import ADDRESS, Bytes, Integers, fixed_bytes
from clawback.chains.evm.failures import Lie
from clawback.chains.evm.fetch import first_of
from clawback.chains.evm.lanes import fetched_in_order
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.read import Wish, ask_traces, inner_values
from clawback.chains.evm.rpc import Question
from clawback.chains.evm.shapes import Block, Header
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


_ROW: Final = np.dtype([("address", f"S{ADDRESS}"), ("block", "<i8"), ("tx_index", "<i4")])
_RUN: Final = 500_000
"""Rows that are sorted together: 16 MB."""

Found = tuple[Batch, Integers, Bytes]
"""Blocks without what is in them; places of their transactions; addresses these moved value from or to."""


class Values:
    """Addresses with the transactions that have to do with them.

    In memory is a run of rows, the others are in a file. It has no name, and is gone with the process,
    however that ends.
    """

    def __init__(self) -> None:
        self._file: IO[bytes] | None = None
        self._waiting: list[NDArray[np.void]] = []
        self._waiting_rows = 0
        self._runs: list[int] = []

    def add(self, addresses: Bytes, blocks: Integers, tx_indexes: Integers) -> None:
        """Take addresses with blocks and the places of transactions in these, in any order."""
        rows = np.empty(len(addresses), _ROW)
        rows["address"] = _keys(addresses)
        rows["block"] = blocks
        rows["tx_index"] = tx_indexes
        self._waiting.append(rows)
        self._waiting_rows += len(rows)
        if self._waiting_rows >= _RUN:
            self._write()

    def touching(self, addresses: Collection[str]) -> dict[str, set[Hit]]:
        """For each address (lower-case hex) the transactions that were added with it."""
        asked = sorted(addresses)
        words = _keys(fixed_bytes(asked, ADDRESS, "an address"))
        found: dict[str, set[Hit]] = {address: set() for address in asked}
        for run in self._sorted_runs():
            begins = np.searchsorted(run["address"], words, "left")
            ends = np.searchsorted(run["address"], words, "right")
            for place in np.flatnonzero(ends > begins).tolist():
                some = run[begins[place] : ends[place]]
                found[asked[place]].update(
                    zip(some["block"].tolist(), some["tx_index"].tolist(), strict=True)
                )
        return found

    def close(self) -> None:
        """Let go of all of it."""
        if self._file is not None:
            self._file.close()

    def _sorted_runs(self) -> Iterator[NDArray[np.void]]:
        if self._file is None:
            if self._waiting:
                self._waiting = [self._sorted()]
                yield self._waiting[0]
            return
        self._write()
        self._file.seek(0)
        for rows in self._runs:
            yield np.frombuffer(self._file.read(rows * _ROW.itemsize), _ROW)

    def _write(self) -> None:
        """Write what waits, as one more run."""
        if not self._waiting:
            return
        if self._file is None:
            self._file = tempfile.TemporaryFile()  # noqa: SIM115 - it is open as long as it is asked
        run = self._sorted()
        self._waiting, self._waiting_rows = [], 0
        self._file.seek(0, os.SEEK_END)
        self._file.write(run.data)
        self._runs.append(len(run))

    def _sorted(self) -> NDArray[np.void]:
        waiting = np.concatenate(self._waiting)
        return waiting[np.argsort(waiting["address"], kind="stable")]


def scan_values(
    nodes: Nodes,
    blocks: range,
    wish: Wish,
    at_once: int,
    follows: Callable[[Batch], None],
) -> Values:
    """Read all blocks, as many at once as the nodes' pace says.

    Args:
        nodes: the chain's nodes.
        blocks: consecutive blocks.
        wish: how inner calls are traced, and how that is checked; without traces their value is left out.
        at_once: most blocks of a question.
        follows: told of each batch in order; raises where it is not the child of what came before.

    Raises:
        ClawbackError: no node gave an answer that holds.
    """
    values = Values()

    def some(asked: range, alone: bool) -> tuple[list[Found], int]:
        return first_of(nodes, asked, lambda endpoint, part: [_ask(nodes, endpoint, part, wish)], alone=alone)

    with (
        ThreadPoolExecutor(nodes.pace.most_lanes, thread_name_prefix="lane") as lanes,
        closing(fetched_in_order(nodes, blocks, some, lanes, at_once)) as found,
    ):
        for batch, places, addresses in found:
            follows(batch)
            values.add(addresses, batch.numbers[batch.tx_block[places]], batch.tx_index[places])
    return values


def _ask(nodes: Nodes, endpoint: Endpoint, asked: range, wish: Wish) -> Found:
    begun = time.monotonic()
    traced = ask_traces(endpoint, asked, wish.traces)
    answer = _BLOCKS.post(endpoint, [(hex(number), True) for number in asked])
    waited = time.monotonic() - begun
    with nodes.pace.reading:
        begun = time.monotonic()
        if wish.check_transactions_root:
            check_transactions_roots(SIGNED_BLOCKS.read(answer, len(asked)))
        batch = batch_of_blocks(asked, _BLOCKS.read(answer, len(asked)))
        own = batch.transactions
        senders = fixed_bytes([one.sender for one in own], ADDRESS, "a sender")
        paying = [place for place, one in enumerate(own) if one.value != "0x0" and one.to is not None]
        receivers = fixed_bytes([own[place].to or "" for place in paying], ADDRESS, "a receiver")
        places = [np.arange(len(own), dtype=np.int64), np.array(paying, np.int64)]
        addresses = [senders, receivers]
        if traced is not None:
            rows = inner_values(batch, traced, wish)
            places += [rows.tx, rows.tx]
            addresses += [rows.sender, rows.receiver]
        size = max(len(answer), len(traced or b""))
        nodes.pace.took(len(asked), size, waited, begun, time.monotonic())
    # This asks the node again.
    making, made = _created(endpoint, batch)
    return (
        _emptied(batch),
        np.concatenate([*places, np.array(making, np.int64)]),
        np.concatenate([*addresses, made]),
    )


def _emptied(batch: Batch) -> Batch:
    """The blocks alone, with their filters: transactions as structs take several times their bytes."""
    headers = [
        Header(
            *(one.number, one.hash, one.parent_hash, one.timestamp, one.gas_used, one.miner, []),
            logs_bloom=one.logs_bloom,
            receipts_root=one.receipts_root,
        )
        for one in batch.headers
    ]
    return replace(batch, headers=headers, transactions=(), receipts=())


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
