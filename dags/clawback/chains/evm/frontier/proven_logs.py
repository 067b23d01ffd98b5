"""Logs that must be there: out of the receipts of blocks whose filters say that they may have some.

A filter never misses a log, and has one by chance; receipts, held to the filter and to the gas of their
block, settle it. So what a node's index of logs leaves out is noticed, a single log too.

Invariants:
    The receipts of a block are asked for once a day, whatever is looked for in them later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from clawback.chains.evm.blocks import Batch
from clawback.chains.evm.bloom import Filters
from clawback.chains.evm.columns import ADDRESS, Flags, fixed_bytes
from clawback.chains.evm.failures import Lie
from clawback.chains.evm.fetch import first_of
from clawback.chains.evm.frontier.values import Hit, Values
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.rpc import Question
from clawback.chains.evm.shapes import Header, Log
from clawback.chains.evm.topics import DEPOSIT, TRANSFER, WITHDRAWAL
from clawback.chains.evm.transport import Endpoint
from clawback.chains.evm.withheld import Proof, proven_receipts

_HEADERS: Final = Question("eth_getBlockByNumber", Header)
_PAD: Final = "0x" + "0" * 24


def word_of(address: str) -> str:
    """An address as a topic."""
    return _PAD + address[2:]


def parties_of(log: Log, wrapped: Collection[str]) -> set[str]:
    """Addresses that a log says units came from or went to; none where it is no log that is asked for."""
    topics = log.topics
    if not topics:
        return set()
    if topics[0] == TRANSFER:
        named = topics[1:3]
    elif topics[0] in (DEPOSIT, WITHDRAWAL) and log.address in wrapped:
        named = topics[1:2]
    else:
        return set()
    return {"0x" + topic[len(_PAD) :] for topic in named if topic.startswith(_PAD)}


@dataclass
class ProvenLogs:
    """What receipts of a day's blocks say; `take` must have seen all blocks before anything is looked for.

    Args:
        nodes: the chain's nodes.
        blocks: of the day.
        at_once: most blocks of a question.
        wrapped: contracts of the wrapped coin.
        rare: first topics of logs that are kept whole, whoever emits them.
        proof: what receipts are held to.
    """

    nodes: Nodes
    blocks: range
    at_once: int
    wrapped: Collection[str]
    rare: Collection[str]
    proof: Proof
    _filters: Filters = field(init=False)
    _read: Flags = field(init=False)
    _hashes: dict[int, str] = field(default_factory=dict)
    _counts: dict[int, int] = field(default_factory=dict)
    _parties: Values = field(default_factory=Values)
    _rare: dict[int, list[Log]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Make room for all blocks."""
        self._filters = Filters(self.blocks)
        self._read = np.zeros(len(self.blocks), np.bool_)

    def take(self, batch: Batch) -> None:
        """Remember the filters of consecutive blocks, and how many transactions they were seen to have."""
        self._filters.add(batch.headers)
        numbers = batch.numbers.tolist()
        self._hashes.update(zip(numbers, (header.hash for header in batch.headers), strict=True))
        self._counts.update(zip(numbers, batch.tx_counts.tolist(), strict=True))

    def look_for(self, addresses: Iterable[str]) -> None:
        """Read the receipts of all blocks that may have a log of one of these. Raises ClawbackError."""
        transfers = self._filters.having(TRANSFER)
        moves = self._filters.having_any((DEPOSIT, WITHDRAWAL)) & self._filters.having_any(self.wrapped)
        some = transfers | moves
        self._ask(some & self._filters.having_any(map(word_of, addresses)))

    def look_for_rare(self) -> None:
        """Read the receipts of all blocks that may have a log that is kept whole. Raises ClawbackError."""
        self._ask(self._filters.having_any(self.rare))

    def check(self, addresses: Collection[str], blocks: range, given: Iterable[tuple[str, Hit]]) -> None:
        """Nothing is missing of what a node gave about addresses in some of the blocks. Raises Lie."""
        told = set(given)
        for address, hits in self._parties.touching(addresses).items():
            for block, place in hits:
                if block in blocks and (address, (block, place)) not in told:
                    raise _left_out(block)

    def check_rare(self, blocks: range, given: Sequence[Log]) -> None:
        """Nothing is missing of what a node gave of the logs that are kept whole. Raises Lie."""
        told = {(log.block_number, log.log_index) for log in given}
        for number, logs in self._rare.items():
            if number in blocks and any((log.block_number, log.log_index) not in told for log in logs):
                raise _left_out(number)

    def close(self) -> None:
        """Let go of what receipts said."""
        self._parties.close()

    def _ask(self, wanted: Flags) -> None:
        missing: list[int] = (np.flatnonzero(wanted & ~self._read) + self.blocks.start).tolist()
        at_once = self.at_once
        while missing:
            # Within the share of one question among several: what is decoded takes several times its bytes.
            some, count = first_of(self.nodes, missing[:at_once], self._proven, alone=False)
            if not count:
                some, count = first_of(self.nodes, missing[:1], self._proven, alone=True)
            self._keep(some)
            self._read[np.array(missing[:count], np.int64) - self.blocks.start] = True
            del some, missing[:count]
            # Blocks that are near each other weigh alike.
            at_once = min(self.at_once, 2 * count)

    def _proven(self, endpoint: Endpoint, numbers: list[int]) -> list[Log]:
        headers = _HEADERS.ask(endpoint, [(hex(number), False) for number in numbers])[0]
        for number, header in zip(numbers, headers, strict=True):
            if header.number != hex(number) or header.hash != self._hashes[number]:
                raise Lie(f"block {number} is another one than when the day was searched")
            if len(header.transactions) != self._counts[number]:
                raise Lie(
                    f"block {number} has {len(header.transactions)} transactions, "
                    f"and had {self._counts[number]} when the day was searched"
                )
        receipts = proven_receipts(endpoint, headers, self.proof)
        return [log for of_block in receipts for one in of_block for log in one.logs]

    def _keep(self, logs: Iterable[Log]) -> None:
        found: set[tuple[str, int, int]] = set()
        for log in logs:
            number, place = int(log.block_number, 16), int(log.transaction_index, 16)
            found.update((address, number, place) for address in parties_of(log, self.wrapped))
            if log.topics and log.topics[0] in self.rare:
                self._rare.setdefault(number, []).append(log)
        if found:
            addresses, numbers, places = zip(*found, strict=True)
            self._parties.add(
                fixed_bytes(addresses, ADDRESS, "a party"),
                np.array(numbers, np.int64),
                np.array(places, np.int64),
            )


def _left_out(number: int) -> Lie:
    return Lie(f"the node left out logs of block {number} that its receipts have")
