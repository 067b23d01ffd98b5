"""The frontier of a day: searched, read and searched again until no new holding appears.

Invariants:
    What is found depends on the chain, on what is watched and on the limits alone: not on how questions were
    cut, nor on what an earlier search had found already.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Final

import msgspec
import numpy as np

from clawback.chains.evm.blocks import Batch
from clawback.chains.evm.failures import Lie, NodeFailure
from clawback.chains.evm.fetch import in_parts
from clawback.chains.evm.frontier.inner_calls import InnerCalls
from clawback.chains.evm.frontier.reach import Holding, Moved, Reach, Watched, follow, moved_of
from clawback.chains.evm.frontier.token_logs import TokenLogs
from clawback.chains.evm.frontier.values import Hit, Values, scan_values
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.plan import TraceMethod
from clawback.chains.evm.quantities import quantity
from clawback.chains.evm.read import Answers, Reading, Wish, ask_blocks, read_answers
from clawback.chains.evm.rpc import Question
from clawback.chains.evm.shapes import Header
from clawback.chains.evm.transfers import INTERNAL_KIND
from clawback.chains.evm.transport import Endpoint
from clawback.errors import ClawbackError
from clawback.lake.partition import Part
from clawback.sources.base import Context
from clawback.sources.evm_frontier.kept import Earlier, block_name
from clawback.sources.evm_rpc.parse import answers_in
from clawback.sources.evm_rpc.raw import packed_answers


class _Place(msgspec.Struct, rename="camel", gc=False):
    hash: str
    block_number: str
    transaction_index: str


_TRANSACTION: Final = Question("eth_getTransactionByHash", _Place)
_HEADER: Final = Question("eth_getBlockByNumber", Header)


@dataclass(frozen=True)
class Bounds:
    """A search ends with an error beyond `most_addresses`, and goes around an address beyond the other."""

    most_addresses: int
    most_transactions: int
    at_once: int


@dataclass
class Search:
    """One day's search on one chain."""

    ctx: Context
    nodes: Nodes
    blocks: range
    wish: Wish
    traces_whole: TraceMethod | None
    inner: InnerCalls | None
    logs: TokenLogs
    bounds: Bounds
    earlier: Earlier
    issuers: Mapping[Holding, list[Hit]] | None
    """What issuers said this day; asked for once something is reached."""
    ask_issuers: Callable[[], Mapping[Holding, list[Hit]]]
    follows: Callable[[Batch], None]
    asked_about: dict[str, list[Hit] | None] = field(default_factory=dict)
    parts: dict[int, Part] = field(default_factory=dict)
    moved: dict[Hit, Moved] = field(default_factory=dict)
    scanned: int = 0
    """Blocks that were read for value."""
    wanted: set[int] = field(default_factory=set)
    """Blocks that were found to hold something."""
    traced: set[int] = field(default_factory=set)
    """Those of them that came with traces."""
    _inner_calls: Values = field(default_factory=Values)
    _values: Values | None = None
    _hashes: dict[int, str] = field(default_factory=dict)

    def grow(self, watched: Watched) -> Reach:
        """Search until no new holding appears.

        Raises:
            ClawbackError: more addresses than the bound, an address of a case file that is too busy, or no
                node gave an answer that holds.
        """
        self._read(self._named(watched.transactions))
        while True:
            busy = [address for address, hits in self.asked_about.items() if hits is None]
            reach = follow(self.moved.values(), watched, busy)
            addresses = reach.addresses | watched.addresses
            new = sorted(addresses - self.asked_about.keys())
            if not new:
                self._check_index()
                return self._with_words(reach)
            if len(self.asked_about) + len(new) > self.bounds.most_addresses:
                raise ClawbackError(
                    f"taint can have reached more than {self.bounds.most_addresses} addresses",
                    where=f"source '{self.ctx.source}', day {self.ctx.day}",
                    cause=f"the newest are {', '.join(new[:3])}: a service without label may be among them",
                    remedy="label the services among them, lower most_transactions, or raise most_addresses",
                )
            self._search(new, watched)

    def close(self) -> None:
        """Let go of what was kept for further addresses."""
        self._inner_calls.close()
        if self.logs.proven is not None:
            self.logs.proven.close()
        if self._values is not None:
            self._values.close()

    def _check_index(self) -> None:
        """Inner payments in the blocks that were read are those that the nodes' index gave.

        Raises:
            ClawbackError: it lacks some, and may lack others in blocks that nobody read.
        """
        if self.inner is None:
            return
        quiet = {address: set(hits) for address, hits in self.asked_about.items() if hits is not None}
        for address, hits in self._inner_calls.touching(quiet).items():
            for number, _ in sorted(hits - quiet[address]):
                raise ClawbackError(
                    f"trace_filter left out a payment of {address} in block {number}",
                    where=f"source '{self.ctx.source}', day {self.ctx.day}",
                    cause="the block's own traces have it, so the nodes' index of traces is not whole",
                    remedy="set internal = 'whole', which traces every block, or name another node",
                )

    def _with_words(self, reach: Reach) -> Reach:
        """Keep what issuers say of the reached holdings too; it moves nothing, so nothing more is reached."""
        if self.issuers is None and reach.since:
            self._all_values()  # before it, nothing can be proven of logs
            self.issuers = self.ask_issuers()
        issuers = self.issuers or {}
        said = {hit for holding in reach.since for hit in issuers.get(holding, ())}
        self._read(said)
        kept = set(reach.kept)
        ordered = [
            moved.tx_hash for hit, moved in sorted(self.moved.items()) if hit in said or moved.tx_hash in kept
        ]
        return replace(reach, kept=ordered)

    def _search(self, new: Collection[str], watched: Watched) -> None:
        known = {
            address: self.earlier.addresses[address] for address in new if address in self.earlier.addresses
        }
        unknown = [address for address in new if address not in known]
        if unknown:
            by_value = self._all_values().touching(unknown)
            by_log = self.logs.touching(unknown, self.blocks)
            by_call = {} if self.inner is None else self.inner.touching(unknown, self.blocks)
            for address in unknown:
                hits = by_value[address] | by_log[address] | by_call.get(address, set())
                known[address] = sorted(hits) if len(hits) <= self.bounds.most_transactions else None
        wanted: set[Hit] = set()
        for address, found in known.items():
            if found is None and address in watched.accounts:
                raise ClawbackError(
                    f"{address} has more than {self.bounds.most_transactions} transactions on this day",
                    where=f"source '{self.ctx.source}', day {self.ctx.day}",
                    cause="a case file names it with all that it holds, so nothing may be left out",
                    remedy="raise most_transactions, or let the case file name the theft's transactions",
                )
            wanted.update(found or ())
        self.asked_about |= known
        self._read(wanted)

    def _read(self, hits: Collection[Hit]) -> None:
        self.wanted.update(block for block, _ in hits)
        by_block: dict[int, set[int]] = {}
        for block, place in hits:
            if (block, place) not in self.moved:
                by_block.setdefault(block, set()).add(place)
        for block, places in sorted(by_block.items()):
            reading = self._block(block)
            if max(places) >= len(reading.batch.transactions):
                raise ClawbackError(
                    f"the nodes disagree about block {block}",
                    where=f"source '{self.ctx.source}'",
                    cause="a log was found in a transaction that the block does not have",
                    remedy="run it again; if it stays so, leave out the node that is wrong",
                )
            for moved in moved_of(reading, block, places):
                self.moved[block, moved.tx_index] = moved

    def _block(self, number: int) -> Reading:
        part = self.parts.get(number) or self.earlier.blocks.get(block_name(number))
        if part is not None:
            (answers,) = answers_in(self.ctx.read(part))
            with suppress(NodeFailure):  # held to less then: it is asked for again
                reading = read_answers(answers, self.wish, range(number, number + 1))
                if number not in self.parts:
                    self.parts[number] = part
                    self._came(number, reading, traced=answers.traces is not None)
                return reading
            del answers
        ((answers, reading),) = in_parts(self.nodes, range(number, number + 1), self._ask)
        content = packed_answers(answers)
        traced = answers.traces is not None
        del answers
        self.parts[number] = self.ctx.land(block_name(number), content)
        self._came(number, reading, traced=traced)
        return reading

    def _came(self, number: int, reading: Reading, *, traced: bool) -> None:
        rows, batch = reading.rows, reading.batch
        inner = (rows.kind == INTERNAL_KIND) & reading.amounts.any(axis=1)
        places = batch.tx_index[rows.tx[inner]]
        self._inner_calls.add(
            np.concatenate((rows.sender[inner], rows.receiver[inner])),
            np.full(2 * len(places), number, np.int64),
            np.concatenate((places, places)),
        )
        self._hashes.setdefault(number, reading.batch.headers[0].hash)
        if traced:
            self.traced.add(number)

    def _ask(self, endpoint: Endpoint, asked: range) -> tuple[Answers, Reading]:
        answers = ask_blocks(endpoint, asked, self.wish.traces)
        reading = read_answers(answers, self.wish, asked)
        wanted = self._hashes.get(asked.start)
        if wanted is not None and reading.batch.headers[0].hash != wanted:
            raise Lie(f"block {asked.start} is another one than when the day was searched")
        return answers, reading

    def _all_values(self) -> Values:
        if self._values is None:
            self._values = scan_values(
                self.nodes,
                self.blocks,
                replace(self.wish, traces=self.traces_whole),
                self.bounds.at_once,
                self._take,
            )
        return self._values

    def _take(self, batch: Batch) -> None:
        self.follows(batch)
        for number, header in zip(batch.numbers.tolist(), batch.headers, strict=True):
            if self._hashes.setdefault(number, header.hash) != header.hash:
                raise ClawbackError(
                    f"the nodes disagree about block {number}",
                    where=f"source '{self.ctx.source}'",
                    cause=f"its hash was {self._hashes[number]}, and is {header.hash} now",
                    remedy="run it again; if it stays so, leave out the node that is wrong",
                )
        self.scanned += len(batch.headers)
        if self.logs.proven is not None:
            self.logs.proven.take(batch)

    def _named(self, hashes: Collection[str]) -> list[Hit]:
        """Places of named transactions that lie in this day."""
        found = []
        for tx_hash in sorted(hashes):

            def ask(endpoint: Endpoint, tx_hash: str = tx_hash) -> Hit:
                place = _TRANSACTION.ask(endpoint, [(tx_hash,)])[0][0]
                if place.hash != tx_hash:
                    raise Lie("the node gave another transaction")
                index = quantity(place.transaction_index, "an index")
                header = _HEADER.ask(endpoint, [(place.block_number, False)])[0][0]
                if header.number != place.block_number or header.transactions[index : index + 1] != [tx_hash]:
                    raise Lie(f"the transaction {tx_hash} is not in the block that the node names")
                return quantity(place.block_number, "a block"), index

            hit = self.nodes.try_each(f"the transaction {tx_hash}, which a case file names", ask)
            if hit[0] in self.blocks:
                found.append(hit)
        return found
