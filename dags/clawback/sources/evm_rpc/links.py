"""Whether what was fetched follows on what was there: within a day, and from one day to the next."""

from __future__ import annotations

from dataclasses import dataclass

from clawback.chains.evm.blocks import Batch
from clawback.errors import ClawbackError


@dataclass(frozen=True)
class LastBlock:
    """The block that the next one must be the child of; `landed_before` where an earlier run landed it."""

    number: int
    hash: str
    landed_before: bool = False


def check_link(last: LastBlock | None, batch: Batch) -> LastBlock:
    """The batch follows on the last block; its own last block.

    Raises:
        ClawbackError: a gap, or a parent that is another block: the chain has been rewritten.
    """
    first = int(batch.numbers[0])
    parent = batch.headers[0].parent_hash
    if last is not None:
        remedy = "ingest the day again"
        if last.landed_before:
            remedy = "ingest the day before again (the last one that has blocks), then this one"
        if last.number != first - 1:
            raise ClawbackError(
                f"block {first} does not follow the last block of the day before, {last.number}",
                cause=f"the chain was rewritten since that day was landed (its last block was {last.hash})",
                remedy=remedy,
            )
        if parent != last.hash:
            raise ClawbackError(
                f"the chain was rewritten before block {first}",
                cause=f"its parent is {parent}, the block landed before it is {last.hash}",
                remedy=remedy,
            )
    return LastBlock(int(batch.numbers[-1]), batch.headers[-1].hash)
