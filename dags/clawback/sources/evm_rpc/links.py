"""Whether what was fetched follows on what was there: within a day, and from one day to the next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from clawback.chains.evm.blocks import Batch
from clawback.sources.base import Rewritten


@dataclass(frozen=True)
class LastBlock:
    """The block whose child the next one must be; `landed` is the day under which an earlier run has it."""

    number: int
    hash: str
    landed: date | None = None


@dataclass(frozen=True)
class Link:
    """Ends of consecutive blocks that follow on each other."""

    first: int
    parent: str
    last: int
    hash: str


def link_of(batch: Batch) -> Link:
    """Ends of checked blocks."""
    headers = batch.headers
    return Link(int(batch.numbers[0]), headers[0].parent_hash, int(batch.numbers[-1]), headers[-1].hash)


def check_link(last: LastBlock | None, batch: Batch) -> LastBlock:
    """The batch follows on the last block; its own last block. Raises Rewritten."""
    return check_following(last, link_of(batch))


def check_following(last: LastBlock | None, link: Link) -> LastBlock:
    """Blocks follow on the last block; their own last block.

    Raises:
        Rewritten: a gap, or a parent that is another block: the chain has been rewritten.
    """
    first, parent = link.first, link.parent
    if last is not None:
        remedy = "ingest the day again"
        if last.landed is not None:
            remedy = f"ingest {last.landed} again, then this day"
        if last.number != first - 1:
            raise _rewritten(
                last,
                f"block {first} does not follow the last block of the day before, {last.number}",
                f"the chain was rewritten since that day was landed (its last block was {last.hash})",
                remedy,
            )
        if parent != last.hash:
            raise _rewritten(
                last,
                f"the chain was rewritten before block {first}",
                f"its parent is {parent}, the block landed before it is {last.hash}",
                remedy,
            )
    return LastBlock(link.last, link.hash)


def _rewritten(last: LastBlock, problem: str, cause: str, remedy: str) -> Rewritten:
    found = Rewritten(problem, cause=cause, remedy=remedy)
    found.day = last.landed
    return found
