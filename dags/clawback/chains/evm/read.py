"""Answers about full blocks, checked and read as transfers: one way for what comes and what was landed.

Invariants:
    What is decoded at once is bounded by its bytes, for as structs it takes several times as many: many
    blocks are read a few at a time, and of a block that is larger its receipts one by one, its inner calls
    likewise. The rows do not depend on it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

import msgspec

from clawback.chains.evm.blocks import Batch, batch_of_blocks
from clawback.chains.evm.bloom import check_blooms
from clawback.chains.evm.columns import Bytes
from clawback.chains.evm.failures import Lie
from clawback.chains.evm.gas import check_gas
from clawback.chains.evm.internal import Creation, Seen, values_of_frames, values_of_traces
from clawback.chains.evm.logs import Wanted
from clawback.chains.evm.plan import TraceMethod
from clawback.chains.evm.quantities import quantity
from clawback.chains.evm.receipts import BY_BLOCK, ask_receipts, read_receipts
from clawback.chains.evm.receipts_root import check_odd_blocks, check_receipts_roots
from clawback.chains.evm.rows import Refused, Rows, in_order, without_wide
from clawback.chains.evm.rpc import Question, Words, decoded, weight
from clawback.chains.evm.shapes import Block, Trace, TracedTransaction
from clawback.chains.evm.transactions_root import SIGNED_BLOCKS, check_transactions_roots
from clawback.chains.evm.transfers import fees, native_values, token_transfers, wrapped_moves
from clawback.chains.evm.transport import Endpoint
from clawback.chains.evm.trees import whole_trees
from clawback.chains.evm.withheld import Proof
from clawback.tables.transfers import LOG_BASE

T = TypeVar("T")

_BLOCKS: Final = Question("eth_getBlockByNumber", Block)
_TRACES: Final = Question("trace_block", list[msgspec.Raw])
_FRAMES: Final = Question("debug_traceBlockByNumber", list[msgspec.Raw])
_TRACE: Final = msgspec.json.Decoder(Trace)
_TRACED: Final = msgspec.json.Decoder(TracedTransaction)
_CALL_TRACER: Final = {"tracer": "callTracer"}
READ_AT_ONCE: Final = 4 << 20
"""Bytes of answers about blocks that are decoded together."""


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
Answer = AnswerBytes | Words
"""The same, or the words in it about some of the blocks."""


@dataclass(frozen=True)
class Answers:
    """What a node said about some blocks, as it came; traces where they were asked for."""

    blocks: Answer
    receipts: Answer
    traces: Answer | None

    @property
    def sizes(self) -> list[int]:
        """Bytes of each answer."""
        found = (self.blocks, self.receipts, self.traces)
        return [weight(one) if isinstance(one, list) else len(one) for one in found if one is not None]

    def words(self, count: int | None = None) -> tuple[Words, Words, Words | None]:
        """What they say about each block, of so many blocks or all. Raises NodeFailure."""
        blocks = _words(_BLOCKS, self.blocks, count)
        receipts = _words(BY_BLOCK, self.receipts, len(blocks))
        return blocks, receipts, None if self.traces is None else _words(_TRACES, self.traces, len(blocks))

    def in_groups(self, count: int | None = None) -> Iterator[tuple[int | None, Answers]]:
        """The same, cut where they are too large to be decoded together; and of how many blocks each is.

        Raises NodeFailure.
        """
        if count == 1 or sum(self.sizes) <= READ_AT_ONCE:
            yield count, self
            return
        blocks, receipts, traces = self.words(count)
        first = held = 0
        for place in range(len(blocks)):
            size = weight([words[place] for words in (blocks, receipts, traces) if words is not None])
            if held and held + size > READ_AT_ONCE:
                yield place - first, _some(blocks, receipts, traces, first, place)
                first, held = place, 0
            held += size
        yield len(blocks) - first, _some(blocks, receipts, traces, first, len(blocks))


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


def inner_values(batch: Batch, answer: Answer, wish: Wish, seen: Seen | None = None) -> Rows:
    """Inner value of a batch, out of its traces; `seen` takes what else they tell. Raises NodeFailure."""
    count = len(batch.headers)
    if wish.traces != "trace_block":
        return values_of_frames(batch, read_frames(answer, count), seen)
    traces: Iterable[Iterable[Trace]] = read_traces(answer, count)
    return values_of_traces(batch, map(whole_trees, traces) if wish.check_traces else traces, seen)


def read_traces(answer: Answer, count: int) -> list[Iterator[Trace]]:
    """Answers of `trace_block` to so many questions; traces are decoded one by one. Raises NodeFailure."""
    return [_each(_TRACE, of_block, _TRACES.method) for of_block in _TRACES.read(answer, count)]


def read_frames(answer: Answer, count: int) -> list[Iterator[TracedTransaction]]:
    """The same of `debug_traceBlockByNumber`. Raises NodeFailure."""
    return [_each(_TRACED, of_block, _FRAMES.method) for of_block in _FRAMES.read(answer, count)]


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
    if wish.check_transactions_root:
        check_transactions_roots(SIGNED_BLOCKS.read(answers.blocks, len(blocks)))
    receipts = read_receipts(answers.receipts, len(blocks))
    if not blocks:
        raise Lie("there is no block in the answer")
    if asked is None:
        first = quantity(blocks[0].number, "a block's number")
        asked = range(first, first + len(blocks))
    traces = answers.traces
    del answers  # where nobody else holds them either, they need not be there while rows are made
    batch = batch_of_blocks(asked, blocks, receipts)
    if wish.check_bloom:
        check_blooms(batch)
    whole = 0
    if wish.check_receipts_root:
        whole = check_receipts_roots(blocks, receipts)
    elif wish.gas_adds_up:
        whole = check_gas(blocks, receipts, batch.gas_used)
    refused = Refused()
    seen = Seen(refused)
    inner = []
    if traces is not None:
        inner = [inner_values(batch, traces, wish, seen)]
        del traces
    tokens = token_transfers(batch, refused)
    moves = [
        fees(batch),
        native_values(batch, refused),
        tokens,
        wrapped_moves(batch, wish.wrapped, tokens),
        *inner,
    ]
    rows, amounts = without_wide(in_order(moves), refused)
    if wish.check_odd_blocks and not wish.check_receipts_root:
        odd = {int(batch.tx_block[tx]) for tx, position, *_ in refused.records if position >= LOG_BASE}
        check_odd_blocks(blocks, receipts, odd)
    return Reading(batch, rows, amounts, refused, whole, seen.created)


def _each(decoder: msgspec.json.Decoder[T], words: Words, method: str) -> Iterator[T]:
    return (decoded(decoder, one, method) for one in words)


def _words(question: Question[Any], answer: Answer, count: int | None) -> Words:
    return answer if isinstance(answer, list) else question.words(answer, count)


def _some(blocks: Words, receipts: Words, traces: Words | None, first: int, after: int) -> Answers:
    some = slice(first, after)
    return Answers(blocks[some], receipts[some], None if traces is None else traces[some])
