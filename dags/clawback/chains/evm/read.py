"""Answers about full blocks, checked and read as transfers: one way for what comes and what was landed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from clawback.chains.evm.blocks import Batch, batch_of_blocks
from clawback.chains.evm.bloom import check_blooms
from clawback.chains.evm.columns import Bytes
from clawback.chains.evm.failures import Lie
from clawback.chains.evm.gas import check_gas
from clawback.chains.evm.internal import Creation, Seen, check_trees, values_of_frames, values_of_traces
from clawback.chains.evm.logs import Wanted
from clawback.chains.evm.plan import TraceMethod
from clawback.chains.evm.quantities import quantity
from clawback.chains.evm.receipts import BY_BLOCK, ask_receipts
from clawback.chains.evm.receipts_root import check_odd_blocks, check_receipts_roots
from clawback.chains.evm.rows import Refused, Rows, in_order, without_wide
from clawback.chains.evm.rpc import Question
from clawback.chains.evm.shapes import Block, Trace, TracedTransaction
from clawback.chains.evm.transactions_root import SIGNED_BLOCKS, check_transactions_roots
from clawback.chains.evm.transfers import fees, native_values, token_transfers, wrapped_moves
from clawback.chains.evm.transport import Endpoint
from clawback.chains.evm.withheld import Proof
from clawback.tables.transfers import LOG_BASE

_BLOCKS: Final = Question("eth_getBlockByNumber", Block)
_TRACES: Final = Question("trace_block", list[Trace])
_FRAMES: Final = Question("debug_traceBlockByNumber", list[TracedTransaction])
_CALL_TRACER: Final = {"tracer": "callTracer"}


@dataclass(frozen=True)
class Wish:
    """What is asked of the nodes, and what of it is proven by more than the default checks."""

    only_token_transfers: bool = False
    traces: TraceMethod | None = None
    check_bloom: bool = False
    check_receipts_root: bool = False
    check_traces: bool = False
    check_transactions_root: bool = False
    gas_adds_up: bool = True
    """Whether the chain's blocks use the gas of their receipts, so that a cut one is noticed."""
    filters_add_up: bool = True
    """Whether its blocks' filters hold nothing but their receipts' logs."""
    check_odd_blocks: bool = False
    """Receipts of blocks with logs that fit no form, against the block's root."""
    wrapped: frozenset[str] = frozenset()
    """Contracts of the wrapped native asset, lower-case hex."""
    logs: Wanted = field(default_factory=Wanted)

    @property
    def proves_whole(self) -> bool:
        """Whether receipts are proven to be all that a block has."""
        return self.check_receipts_root or self.gas_adds_up

    @property
    def proof(self) -> Proof:
        """What receipts are held to that settle whether logs were left out."""
        return Proof(self.gas_adds_up, self.filters_add_up, self.check_receipts_root)


AnswerBytes = bytes | bytearray | memoryview
"""An answer as it came, or where it lies in a landed part."""


@dataclass(frozen=True)
class Answers:
    """What a node said about some blocks, as it came; traces where they were asked for."""

    blocks: AnswerBytes
    receipts: AnswerBytes
    traces: AnswerBytes | None

    @property
    def largest(self) -> int:
        """Bytes of the largest answer."""
        return max(len(self.blocks), len(self.receipts), len(self.traces or b""))


@dataclass(frozen=True)
class Reading:
    """Blocks and their transfers in the order of the chain; amounts of shape (rows, 16), little endian."""

    batch: Batch
    rows: Rows
    amounts: Bytes
    refused: Refused
    whole: int = 0
    """Blocks whose receipts were proven to be all that they have."""
    created: Sequence[Creation] = ()
    """Contracts that other contracts created, where traces tell."""


def ask_blocks(endpoint: Endpoint, asked: range, traces: TraceMethod | None) -> Answers:
    """Ask for full blocks, receipts and traces. Raises NodeFailure."""
    traced = ask_traces(endpoint, asked, traces)
    blocks = _BLOCKS.post(endpoint, [(hex(number), True) for number in asked])
    return Answers(blocks, ask_receipts(endpoint, asked, lambda: _hashes(blocks, len(asked))), traced)


def _hashes(blocks: AnswerBytes, count: int) -> list[list[str]]:
    """Hashes of the transactions of each block."""
    return [[one.hash for one in block.transactions] for block in _BLOCKS.read(blocks, count)]


def ask_traces(endpoint: Endpoint, asked: range, traces: TraceMethod | None) -> bytes | bytearray | None:
    """Ask for the traces of some blocks, where a way of tracing is named. Raises NodeFailure."""
    if traces is None:
        return None
    if traces == "trace_block":
        return _TRACES.post(endpoint, [(hex(number),) for number in asked])
    return _FRAMES.post(endpoint, [(hex(number), _CALL_TRACER) for number in asked])


def inner_values(batch: Batch, answer: AnswerBytes, wish: Wish, seen: Seen | None = None) -> Rows:
    """Inner value of a batch, out of its traces; `seen` takes what else they tell. Raises NodeFailure."""
    count = len(batch.headers)
    if wish.traces != "trace_block":
        return values_of_frames(batch, read_frames(answer, count), seen)
    traces = read_traces(answer, count)
    if wish.check_traces:
        check_trees(traces)
    return values_of_traces(batch, traces, seen)


def read_traces(answer: AnswerBytes, count: int) -> list[list[Trace]]:
    """Answers of `trace_block` to so many questions. Raises NodeFailure."""
    return _TRACES.read(answer, count)


def read_frames(answer: AnswerBytes, count: int) -> list[list[TracedTransaction]]:
    """Answers of `debug_traceBlockByNumber` to so many questions. Raises NodeFailure."""
    return _FRAMES.read(answer, count)


def read_answers(answers: Answers, wish: Wish, asked: range | None = None) -> Reading:
    """Check the answers and read them.

    Args:
        answers: of one node about the same blocks.
        wish: which traces these are, and what is checked.
        asked: the blocks that were asked for; None where the first block says where they begin.

    Raises:
        NodeFailure: they contradict themselves or each other, or are none.
    """
    count = None if asked is None else len(asked)
    blocks = _BLOCKS.read(answers.blocks, count)
    receipts = BY_BLOCK.read(answers.receipts, len(blocks))
    if not blocks:
        raise Lie("there is no block in the answer")
    if asked is None:
        first = quantity(blocks[0].number, "a block's number")
        asked = range(first, first + len(blocks))
    batch = batch_of_blocks(asked, blocks, receipts)
    if wish.check_transactions_root:
        check_transactions_roots(SIGNED_BLOCKS.read(answers.blocks, len(blocks)))
    if wish.check_bloom:
        check_blooms(batch)
    whole = 0
    if wish.check_receipts_root:
        whole = check_receipts_roots(blocks, receipts)
    elif wish.gas_adds_up:
        whole = check_gas(blocks, receipts, batch.gas_used)
    refused = Refused()
    tokens = token_transfers(batch, refused)
    moves = [
        fees(batch),
        native_values(batch, refused),
        tokens,
        wrapped_moves(batch, wish.wrapped, tokens),
    ]
    seen = Seen(refused)
    if answers.traces is not None:
        moves.append(inner_values(batch, answers.traces, wish, seen))
    rows, amounts = without_wide(in_order(moves), refused)
    if wish.check_odd_blocks and not wish.check_receipts_root:
        odd = {int(batch.tx_block[tx]) for tx, position, *_ in refused.records if position >= LOG_BASE}
        check_odd_blocks(blocks, receipts, odd)
    return Reading(batch, rows, amounts, refused, whole, seen.created)
