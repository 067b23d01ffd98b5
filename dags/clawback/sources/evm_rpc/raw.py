"""What a node said about each block, and how it lies in the raw lake.

Layout:
    A part is gzip of a JSON list of [blocks, receipts, traces or null]: the answers about a few blocks each,
    as a list of {"id": its place, "result": the node's words}.

Invariants:
    The bytes hang on the blocks and on the node's words about them alone, never on how many blocks were asked
    for at once, in which order answers came, or what else an answer says beside its result.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import msgspec

from clawback.chains.evm.read import AnswerBytes, Answers, Reading
from clawback.sources.evm_rpc.links import Link, link_of
from clawback.sources.evm_rpc.nodes import joined


class _Answer(msgspec.Struct, gc=False):
    id: int
    result: msgspec.Raw


_ANSWERS: Final = msgspec.json.Decoder(list[_Answer] | _Answer)


@dataclass(frozen=True)
class RawBlock:
    """A node's words about one block."""

    block: msgspec.Raw
    receipts: msgspec.Raw
    traces: msgspec.Raw | None


@dataclass(frozen=True)
class RawBlocks:
    """Consecutive blocks whose answers hold, and what they link to."""

    blocks: tuple[RawBlock, ...]
    link: Link
    transactions: int
    receipts: int
    whole: int


def raw_blocks(answers: Answers, reading: Reading) -> RawBlocks:
    """The answers about some blocks, block by block; `reading` is what they were checked to be."""
    batch = reading.batch
    count = len(batch.headers)
    traces = [None] * count if answers.traces is None else _results(answers.traces)
    words = zip(_results(answers.blocks), _results(answers.receipts), traces, strict=True)
    return RawBlocks(
        tuple(RawBlock(*of_block) for of_block in words),
        link_of(batch),
        len(batch.transactions),
        len(batch.receipts),
        reading.whole,
    )


def parts_of(found: Iterable[RawBlocks], size: int, at_once: int) -> Iterator[bytes]:
    """The bytes of each part.

    Args:
        found: blocks in the order of the chain.
        size: blocks of a part; the last one may have fewer.
        at_once: blocks that are decoded together when the part is read.
    """
    waiting: list[RawBlock] = []
    for some in found:
        waiting += some.blocks
        while len(waiting) >= size:
            yield _part(waiting[:size], at_once)
            del waiting[:size]
    if waiting:
        yield _part(waiting, at_once)


def _part(blocks: list[RawBlock], at_once: int) -> bytes:
    groups = [blocks[start : start + at_once] for start in range(0, len(blocks), at_once)]
    # mtime 0: the same answers must be the same bytes whenever they are landed.
    return gzip.compress(joined([_answers(group) for group in groups]), compresslevel=6, mtime=0)


def _answers(blocks: list[RawBlock]) -> Answers:
    traces = [one.traces for one in blocks if one.traces is not None]
    return Answers(
        _enveloped([one.block for one in blocks]),
        _enveloped([one.receipts for one in blocks]),
        _enveloped(traces) if traces else None,
    )


def _enveloped(results: list[msgspec.Raw]) -> bytes:
    answers = (b'{"id":%d,"result":%b}' % (number, bytes(result)) for number, result in enumerate(results))
    return b"[" + b",".join(answers) + b"]"


def _results(answer: AnswerBytes) -> list[msgspec.Raw]:
    found = _ANSWERS.decode(answer)
    several = found if isinstance(found, list) else [found]
    return [one.result for one in sorted(several, key=lambda one: one.id)]
