"""What a node said about each block, and how it lies in the raw lake.

Layout:
    A part is gzip members, one after the other, each a JSON list of one [blocks, receipts, traces or null]:
    the answers about a group of blocks, as a list of {"id": its place, "result": the node's words}.

Invariants:
    The bytes hang on the blocks and on the node's words about them alone, never on how many blocks were asked
    for at once, in which order answers came, or what else an answer says beside its result. Where a group or
    a part ends is told by the words in it, so that a part by itself shows whether it is a whole one. A group
    is read and written as a whole: in memory are a group, and what a part has been packed to.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import msgspec

from clawback.chains.evm.read import READ_AT_ONCE, Answer, AnswerBytes, Answers, Reading
from clawback.chains.evm.rpc import weight
from clawback.sources.evm_rpc.links import Link, link_of

PART_BYTES: Final = 32 << 20
"""Words after which a part ends, before they are packed."""


@dataclass(frozen=True)
class RawBlock:
    """A node's words about one block."""

    block: msgspec.Raw
    receipts: msgspec.Raw
    traces: msgspec.Raw | None

    @property
    def weight(self) -> int:
        """Bytes of all of them."""
        return weight([one for one in (self.block, self.receipts, self.traces) if one is not None])


@dataclass(frozen=True)
class Tally:
    """What consecutive blocks, whose answers hold, link to, and how much is in them."""

    link: Link
    blocks: int
    transactions: int
    receipts: int
    whole: int
    """Blocks whose receipts were proven to be all that they have."""


@dataclass(frozen=True)
class RawBlocks:
    """Consecutive blocks whose answers hold, and what they come to."""

    blocks: tuple[RawBlock, ...]
    tally: Tally


@dataclass
class PartWriter:
    """One part, packed while it grows.

    `at_most` and `at_once` are blocks of a part and of a group; `take` is given each gzip member in turn.
    """

    at_most: int
    at_once: int
    take: Callable[[bytes], None]
    _group: list[RawBlock] = field(default_factory=list)
    _group_bytes: int = 0
    _blocks: int = 0
    _bytes: int = 0

    @property
    def is_full(self) -> bool:
        """Whether the part ends here."""
        return self._blocks >= self.at_most or self._bytes >= PART_BYTES

    def add(self, block: RawBlock) -> None:
        """Take a block."""
        size = block.weight
        if self._group and self._group_bytes + size > READ_AT_ONCE:
            self.end()
        self._group.append(block)
        self._group_bytes += size
        self._blocks += 1
        self._bytes += size
        if len(self._group) == self.at_once or self._group_bytes >= READ_AT_ONCE:
            self.end()

    def end(self) -> None:
        """No more blocks come."""
        if self._group:
            self.take(_member(self._group))
            self._group = []
            self._group_bytes = 0


def raw_blocks(answers: Answers, reading: Reading) -> RawBlocks:
    """The answers about some blocks, block by block; `reading` is what they were checked to be."""
    batch = reading.batch
    count = len(batch.headers)
    blocks, receipts, traces = answers.words(count)
    words = zip(blocks, receipts, [None] * count if traces is None else traces, strict=True)
    return RawBlocks(
        tuple(RawBlock(*of_block) for of_block in words),
        Tally(link_of(batch), count, len(batch.transactions), len(batch.receipts), reading.whole),
    )


def parts_of(found: Iterable[RawBlocks], size: int, at_once: int) -> Iterator[bytes]:
    """The bytes of each part.

    Args:
        found: blocks in the order of the chain.
        size: most blocks of a part; large ones are fewer.
        at_once: most blocks that are decoded together when the part is read; likewise.
    """
    packed: list[bytes] = []
    writer = PartWriter(size, at_once, packed.append)
    for some in found:
        blocks = list(reversed(some.blocks))
        # Held here alone, and not while the next ones come: a block may be most of what may be held.
        del some
        while blocks:
            writer.add(blocks.pop())
            if writer.is_full:
                writer.end()
                yield b"".join(packed)
                packed.clear()
                writer = PartWriter(size, at_once, packed.append)
    writer.end()
    if packed:
        yield b"".join(packed)


def packed_answers(answers: Answers) -> bytes:
    """Answers about one group as a gzip member."""
    # No name and no time in it: the same answers must be the same bytes whenever they are landed. Nothing is
    # put together before it is packed: it may be most of what may be held.
    pack = zlib.compressobj(6, zlib.DEFLATED, wbits=31)
    found = bytearray(pack.compress(b"[["))
    for place, answer in enumerate((answers.blocks, answers.receipts, answers.traces)):
        if place:
            found += pack.compress(b",")
        for piece in _pieces(answer):
            found += pack.compress(piece)
    found += pack.compress(b"]]")
    return bytes(found + pack.flush())


def _member(blocks: Sequence[RawBlock]) -> bytes:
    traces = [one.traces for one in blocks if one.traces is not None]
    return packed_answers(
        Answers([one.block for one in blocks], [one.receipts for one in blocks], traces or None)
    )


def _pieces(answer: Answer | None) -> Iterator[AnswerBytes | msgspec.Raw]:
    if answer is None:
        yield b"null"
    elif not isinstance(answer, list):
        yield answer
    else:
        for number, result in enumerate(answer):
            yield b'%b{"id":%d,"result":' % (b"," if number else b"[", number)
            yield result
            yield b"}"
        yield b"]"
