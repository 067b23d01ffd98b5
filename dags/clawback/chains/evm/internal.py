"""Value that contracts moved in inner calls, and contracts they made, from either way in which nodes trace.

Invariants:
    Both ways give the same rows. A call's position is 2 + its place among all inner calls of its transaction
    in the order in which they were begun, whether they carried value or not: what one node leaves out because
    it is zero must not move the rest. Nothing moves or is created in a call that failed, nor in any call
    inside it. What a trace does not tell is refused, never taken for nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import msgspec
import numpy as np

from clawback.chains.evm.blocks import Batch
from clawback.chains.evm.columns import ADDRESS, fixed_bytes, words_of
from clawback.chains.evm.failures import Lie
from clawback.chains.evm.quantities import quantities
from clawback.chains.evm.rows import Refused, Rows, all_rows
from clawback.chains.evm.rpc import decoded
from clawback.chains.evm.shapes import CallFrame, LargeFrame, Trace, TracedTransaction, Transaction
from clawback.chains.evm.transfers import INTERNAL_KIND
from clawback.tables.transfers import INTERNAL_BASE

_CREATING: Final = frozenset({"CREATE", "CREATE2"})
_MOVING: Final = frozenset({"CALL", "CREATE", "CREATE2", "SELFDESTRUCT"})
"""Frames that move value: a delegate call repeats its caller's, a callcode pays itself."""

UNTOLD: Final = "a contract destroyed itself, and the node does not say who got what it held"
"""The one reason to turn something away for which the node is to blame."""
_DECODED_AT_ONCE: Final = 256 << 10
"""Bytes of a frame. A larger one is decoded call by call, for as structs it takes several times its bytes."""
_MOVES_AT_ONCE: Final = 8_192
"""Moves that are kept as texts, which takes three times what rows take."""
_FRAME: Final = msgspec.json.Decoder(CallFrame)
_LARGE: Final = msgspec.json.Decoder(LargeFrame)

# The EVM nests 1,024 calls, and the decoder counts its own steps against this limit too.
sys.setrecursionlimit(max(sys.getrecursionlimit(), 5_000))


@dataclass(frozen=True, slots=True)
class Creation:
    """A contract that another one created. `tx` is the transaction's place in the batch."""

    tx: int
    position: int
    creator: str
    address: str


@dataclass
class Seen:
    """What traces tell beside the value that moved."""

    refused: Refused = field(default_factory=Refused)
    created: list[Creation] = field(default_factory=list)


@dataclass
class _Moves:
    seen: Seen
    tx: list[int] = field(default_factory=list)
    position: list[int] = field(default_factory=list)
    sender: list[str] = field(default_factory=list)
    receiver: list[str] = field(default_factory=list)
    value: list[str] = field(default_factory=list)
    made: list[Rows] = field(default_factory=list)

    def create(self, tx: int, place: int, creator: str, address: str | None) -> None:
        if address is None:
            raise Lie("a trace creates a contract without an address")
        fixed_bytes([creator, address], ADDRESS, "who creates or is created in a trace")
        self.seen.created.append(Creation(tx, INTERNAL_BASE + place, creator.lower(), address.lower()))

    def add(self, tx: int, place: int, sender: str, receiver: str | None, value: str | None) -> None:
        if value is None or value == "0x0":
            return
        if receiver is None:
            raise Lie("a trace moves value to nobody")
        self.tx.append(tx)
        self.position.append(INTERNAL_BASE + place)
        self.sender.append(sender)
        self.receiver.append(receiver)
        self.value.append(value)
        if len(self.tx) == _MOVES_AT_ONCE:
            self._make()

    def rows(self) -> Rows:
        self._make()
        return all_rows(self.made)

    def _make(self) -> None:
        count = len(self.tx)
        rows = Rows(
            np.array(self.tx, np.int64),
            np.array(self.position, np.int64),
            np.full(count, INTERNAL_KIND, np.uint8),
            fixed_bytes(self.sender, ADDRESS, "a trace's sender"),
            fixed_bytes(self.receiver, ADDRESS, "a trace's receiver"),
            np.zeros((count, ADDRESS), np.uint8),
            words_of(quantities(self.value, "a trace's value")),
        )
        self.made.append(rows)
        for column in (self.tx, self.position, self.sender, self.receiver, self.value):
            column.clear()


def values_of_traces(batch: Batch, traces: Iterable[Iterable[Trace]], seen: Seen | None = None) -> Rows:
    """Inner value out of `trace_block`, block by block; `seen` takes the rest. Raises Lie."""
    moves = _Moves(Seen() if seen is None else seen)
    starts = np.concatenate(([0], np.cumsum(batch.tx_counts)))
    for block, of_block in enumerate(traces):
        first, after = int(starts[block]), int(starts[block + 1])
        block_hash = batch.headers[block].hash
        tx, failed, place = first - 1, False, 0
        broken: list[list[int]] = []
        for trace in of_block:
            if trace.block_hash != block_hash:
                raise Lie("a trace belongs to another block")
            if trace.type == "reward":
                continue
            if not trace.trace_address:
                tx, failed, place, broken = tx + 1, trace.error is not None, 0, []
                if tx >= after:
                    raise Lie("more transactions are traced than the block has")
            if tx < first or trace.transaction_hash != batch.transactions[tx].hash:
                raise Lie("a trace belongs to another transaction")
            if not trace.trace_address:
                continue
            inside = any(trace.trace_address[: len(path)] == path for path in broken)
            if trace.error is not None and not inside:
                broken.append(trace.trace_address)
            if not failed and not inside and trace.error is None:
                _take_trace(moves, tx, place, trace)
            place += 1
        if tx != after - 1:
            raise Lie(f"{tx + 1 - first} transactions are traced of {after - first} in the block")
    return moves.rows()


def values_of_frames(
    batch: Batch, traced: Iterable[Iterable[TracedTransaction]], seen: Seen | None = None
) -> Rows:
    """Inner value out of `debug_traceBlockByNumber` with geth's callTracer; as above. Raises Lie."""
    moves = _Moves(Seen() if seen is None else seen)
    tx = after = 0
    for count, of_block in zip(batch.tx_counts.tolist(), traced, strict=True):
        first, after = after, after + count
        for one in of_block:
            if tx == after:
                raise Lie("more transactions are traced than the block has")
            root = frame_of(one.result)
            _check_whose(one.tx_hash, root, batch.transactions[tx])
            for place, frame, fails in _inner(root):
                if not fails:
                    _take_frame(moves, tx, place, frame)
            tx += 1
        if tx != after:
            raise Lie(f"{tx - first} transactions are traced of {count} in the block")
    return moves.rows()


def frame_of(words: msgspec.Raw) -> CallFrame | LargeFrame:
    """A frame out of its words; the calls inside a large one stay words. Raises Lie."""
    method = "debug_traceBlockByNumber"
    if memoryview(words).nbytes > _DECODED_AT_ONCE:
        return decoded(_LARGE, words, method)
    return decoded(_FRAME, words, method)


def _check_whose(tx_hash: str | None, whole: CallFrame | LargeFrame, transaction: Transaction) -> None:
    """The trace is of the transaction: by hash; where a node names none, by sender, receiver and value."""
    if tx_hash is not None:
        told = tx_hash == transaction.hash
    else:
        told = (whole.sender.lower(), whole.value) == (transaction.sender.lower(), transaction.value) and (
            transaction.to is None or (whole.to or "").lower() == transaction.to.lower()
        )
    if not told:
        raise Lie("a trace belongs to another transaction")


def _take_trace(moves: _Moves, tx: int, place: int, trace: Trace) -> None:
    action = trace.action
    if trace.type == "call":
        if action.call_type == "call":
            moves.add(tx, place, action.sender, action.to, action.value)
    elif trace.type == "create":
        made = None if trace.result is None else trace.result.address
        moves.create(tx, place, action.sender, made)
        moves.add(tx, place, action.sender, made, action.value)
    elif trace.type == "suicide":
        moves.add(tx, place, action.address or "", action.refund_address, action.balance)
    else:
        raise Lie(f"a trace has the unknown type {trace.type[:30]}")


def _take_frame(moves: _Moves, tx: int, place: int, frame: CallFrame | LargeFrame) -> None:
    if frame.type == "SELFDESTRUCT" and not frame.sender:
        # The first callTracer of geth names the step alone.
        moves.seen.refused.add(tx, INTERNAL_BASE + place, "", UNTOLD, frame.type)
        return
    if frame.type in _CREATING:
        moves.create(tx, place, frame.sender, frame.to)
    if frame.type in _MOVING:
        moves.add(tx, place, frame.sender, frame.to, frame.value)


def _inner(root: CallFrame | LargeFrame) -> Iterator[tuple[int, CallFrame | LargeFrame, bool]]:
    """Inner calls in the order in which they were begun, and whether they or a call around them failed."""
    around: list[tuple[Iterator[CallFrame | msgspec.Raw], bool]] = [
        (iter(root.calls or ()), root.error is not None)
    ]
    place = 0
    while around:
        calls, failed = around[-1]
        inner = next(calls, None)
        if inner is None:
            around.pop()
            continue
        frame: CallFrame | LargeFrame = frame_of(inner) if isinstance(inner, msgspec.Raw) else inner
        fails = failed or frame.error is not None
        yield place, frame, fails
        place += 1
        if frame.calls:
            around.append((iter(frame.calls), fails))
