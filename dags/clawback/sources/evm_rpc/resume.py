"""Parts that a killed run has landed, so that the next one need not ask for them again.

Rules:
    A part is taken over if it is, byte for byte, what its blocks are landed as, passes every check that
    fetched answers pass, and follows on the one before. All of them are, if a node says that the last of
    their blocks is still the chain's: every block names its parent.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from clawback.chains.evm.failures import NodeFailure
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.probe import block_hash
from clawback.chains.evm.read import Wish, read_answers
from clawback.lake.partition import Part
from clawback.sources.base import Context, Rewritten
from clawback.sources.evm_rpc.links import LastBlock, check_following
from clawback.sources.evm_rpc.parse import answers_in
from clawback.sources.evm_rpc.raw import RawBlocks, parts_of, raw_blocks


@dataclass
class Progress:
    """How far a day has come: its parts, its last block, and how much was seen."""

    last: LastBlock | None
    parts: list[Part] = field(default_factory=list)
    got: dict[str, int] = field(
        default_factory=lambda: {"blocks": 0, "transactions": 0, "receipts": 0, "whole_blocks": 0},
    )

    def take(self, found: RawBlocks) -> RawBlocks:
        """Blocks that follow on the last one; the same. Raises Rewritten."""
        self.last = check_following(self.last, found.link)
        self.got["blocks"] += len(found.blocks)
        self.got["transactions"] += found.transactions
        self.got["receipts"] += found.receipts
        self.got["whole_blocks"] += found.whole
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
        size: blocks of a part.
        at_once: blocks that are decoded together.
        name_of: name of the part at a place.
        before: the last block before the day.
    """
    progress = Progress(before)
    for index, start in enumerate(range(blocks.start, blocks.stop, size)):
        content = ctx.left(name_of(index))
        asked = range(start, min(start + size, blocks.stop))
        found = None if content is None else _whole(content, wish, asked, at_once)
        if content is None or found is None:
            break
        try:
            for some in found:
                progress.take(some)
        except Rewritten:
            return Progress(before)
        progress.parts.append(ctx.land(name_of(index), content))
    if progress.parts and progress.last is not None:
        last = progress.last
        if block_hash(nodes, last.number) != last.hash:
            return Progress(before)
    return progress


def _whole(content: bytes, wish: Wish, asked: range, at_once: int) -> list[RawBlocks] | None:
    """What a part holds, if these bytes are what the blocks asked for are landed as."""
    found = []
    start = asked.start
    try:
        for answers in answers_in(content):
            if (answers.traces is None) != (wish.traces is None):
                return None
            group = range(start, min(start + at_once, asked.stop))
            found.append(raw_blocks(answers, read_answers(answers, wish, group)))
            start = group.stop
    except (NodeFailure, ValueError, RecursionError):
        return None
    return found if start == asked.stop and [content] == list(parts_of(found, len(asked), at_once)) else None
