"""The blocks of a UTC day, and whether they are one chain."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any

from clawback.days import day_bounds
from clawback.errors import ClawbackError
from clawback.sources.evm_rpc.rpc import BadAnswer, ask_one, quantity
from clawback.sources.http import HttpClient


@dataclass(frozen=True)
class BlockHead:
    """What is needed of a block to place it."""

    number: int
    hash: str
    parent: str
    seconds: int
    transactions: int


def head_of(block: Any) -> BlockHead:
    """Read a block's header fields. Raises BadAnswer."""
    try:
        return BlockHead(
            quantity(block["number"], "number"),
            str(block["hash"]).lower(),
            str(block["parentHash"]).lower(),
            quantity(block["timestamp"], "timestamp"),
            len(block["transactions"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise BadAnswer("a block lacks its number, hash, parent, time or transactions") from error


def day_range_of_blocks(http: HttpClient, url: str, day: date, confirmations: int) -> tuple[int, int] | None:
    """First and last block of a day, by binary search over their times; None when the day has no block.

    Raises:
        ClawbackError: the day is not over yet on this chain, or its last block may still change.
    """
    start, end = (int(moment.timestamp()) for moment in day_bounds(day))
    newest = _block(http, url, "latest")
    if newest.seconds < end:
        raise ClawbackError(
            f"{day} is not over yet for this node",
            cause=f"its newest block {newest.number} is from second {newest.seconds}",
            remedy="wait until the node has caught up, then ingest the day again",
        )
    first = _first_from(http, url, start, newest.number)
    after = _first_from(http, url, end, newest.number)
    if newest.number - (after - 1) < confirmations:
        raise ClawbackError(
            f"the last block of {day} has fewer than {confirmations} blocks after it",
            remedy="wait until it is final, or lower the option confirmations",
        )
    return None if first == after else (first, after - 1)


def check_chain(heads: list[BlockHead], first: int, last: int, before: tuple[int, str] | None) -> None:
    """Every block is the child of the one before it, without a gap.

    Args:
        heads: in the order of asking.
        first: first block that was asked for.
        last: last block that was asked for.
        before: number and hash of the block that was landed last before these, where one was.

    Raises:
        ClawbackError: a gap, or a parent that is another block: the chain has been rewritten.
    """
    if [head.number for head in heads] != list(range(first, last + 1)):
        raise ClawbackError(f"the node did not give every block from {first} to {last}")
    for parent, child in pairwise(heads):
        if child.parent != parent.hash:
            raise _rewritten(child.number, child.parent, parent.hash, "ingest the day again")
    if before is not None and heads:
        remedy = "ingest the day before again (the last one that has blocks), then this one"
        if before[0] != first - 1:
            raise ClawbackError(
                f"block {first} does not follow the last block of the day before, {before[0]}",
                cause=f"the chain was rewritten since that day was landed (its last block was {before[1]})",
                remedy=remedy,
            )
        if heads[0].parent != before[1]:
            raise _rewritten(first, heads[0].parent, before[1], remedy)


def _rewritten(number: int, parent: str, landed: str, remedy: str) -> ClawbackError:
    return ClawbackError(
        f"the chain was rewritten before block {number}",
        cause=f"its parent is {parent}, the block landed before it is {landed}",
        remedy=remedy,
    )


def _first_from(http: HttpClient, url: str, second: int, newest: int) -> int:
    """The first block whose time is not before a second; newest itself is known to be such a one."""
    low, high = 0, newest
    while low < high:
        middle = (low + high) // 2
        if _block(http, url, hex(middle)).seconds >= second:
            high = middle
        else:
            low = middle + 1
    return low


def _block(http: HttpClient, url: str, name: str) -> BlockHead:
    return head_of(ask_one(http, url, "eth_getBlockByNumber", [name, False]))
