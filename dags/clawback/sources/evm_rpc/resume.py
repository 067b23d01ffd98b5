"""Parts that a killed run has landed, so that the next one need not ask for them again.

Rules:
    A part is taken over if it is, byte for byte, what its blocks are landed as, ends where one ends, passes
    every check that fetched answers pass, and follows on the one before. All of them are, if a node says that
    the last of their blocks is still the chain's: every block names its parent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from clawback.chains.evm.failures import NodeFailure
from clawback.chains.evm.headers import block_hash
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.read import Answers, Wish, read_answers
from clawback.lake.partition import Part
from clawback.sources.base import Context, Rewritten
from clawback.sources.evm_rpc.links import LastBlock, check_following
from clawback.sources.evm_rpc.parse import answers_in
from clawback.sources.evm_rpc.raw import PartWriter, RawBlocks, Tally, raw_blocks


@dataclass
class Progress:
    """How far a day has come: its parts, its last block, and how much was seen."""

    last: LastBlock | None
    parts: list[Part] = field(default_factory=list)
    got: dict[str, int] = field(
        default_factory=lambda: {"blocks": 0, "transactions": 0, "receipts": 0, "whole_blocks": 0},
    )

    def take(self, tally: Tally) -> None:
        """Count blocks that follow on the last one. Raises Rewritten."""
        self.last = check_following(self.last, tally.link)
        self.got["blocks"] += tally.blocks
        self.got["transactions"] += tally.transactions
        self.got["receipts"] += tally.receipts
        self.got["whole_blocks"] += tally.whole

    def taken(self, found: RawBlocks) -> RawBlocks:
        """The same blocks, counted. Raises Rewritten."""
        self.take(found.tally)
        return found


def resumed(
    ctx: Context,
    nodes: Nodes,
    wish: Wish,
    blocks: range,
    size: int,
    at_once: int,
    name_of: Callable[[int], str],
    before: LastBlock | None,
) -> Progress:
    """What a killed run has done of a day; nothing, where it cannot be relied on.

    Args:
        ctx: whose `left` gives bytes that such a run has landed.
        nodes: the chain's nodes.
        wish: how answers are checked and read.
        blocks: of the day.
        size: most blocks of a part.
        at_once: most blocks that are decoded together.
        name_of: name of the part at a place.
        before: the last block before the day.
    """
    progress = Progress(before)
    rest = blocks
    while rest:
        name = name_of(len(progress.parts))
        content = ctx.left(name)
        found = None if content is None else _whole(content, wish, rest, size, at_once)
        if content is None or found is None:
            break
        try:
            for tally in found:
                progress.take(tally)
        except Rewritten:
            return Progress(before)
        progress.parts.append(ctx.land(name, content))
        rest = rest[sum(tally.blocks for tally in found) :]
    if progress.parts and progress.last is not None:
        last = progress.last
        if block_hash(nodes, last.number) != last.hash:
            return Progress(before)
    return progress


def _whole(content: bytes, wish: Wish, rest: range, size: int, at_once: int) -> list[Tally] | None:
    """What is in a part, if these bytes are what the first of the rest of the blocks are landed as."""
    found: list[Tally] = []
    packed = _Compared(content)
    writer = PartWriter(size, at_once, packed.take)
    try:
        for answers in answers_in(content):
            if (answers.traces is None) != (wish.traces is None):
                return None
            some = raw_blocks(answers, read_answers(answers, wish, _asked(answers, rest)))
            for block in some.blocks:
                if writer.is_full:
                    return None
                writer.add(block)
            found.append(some.tally)
            rest = rest[some.tally.blocks :]
            if packed.differs:
                return None
    except (NodeFailure, ValueError, RecursionError):
        return None
    writer.end()
    # The last one of a day ends with it, any other where it is full.
    return found if packed.is_same and (writer.is_full or not rest) else None


def _asked(answers: Answers, rest: range) -> range:
    return rest[: len(answers.words()[0])]


@dataclass
class _Compared:
    """Compares what a part is packed to with what lies there, without putting it together."""

    content: bytes
    differs: bool = False
    _end: int = 0

    @property
    def is_same(self) -> bool:
        """Whether all of it was the same."""
        return not self.differs and self._end == len(self.content)

    def take(self, member: bytes) -> None:
        """The next gzip member."""
        self.differs |= not self.content.startswith(member, self._end)
        self._end += len(member)
