"""Blocks that several threads fetch, given in the order of the chain.

Invariants:
    As many questions are under way as the pace says, each about as many blocks as it says. In memory is what
    these have brought, each no more than its share; whoever takes slowly lets the threads wait. A block that
    weighs more is fetched while nothing else is under way.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Executor, Future, wait
from typing import TypeVar

from clawback.chains.evm.heap import give_back
from clawback.chains.evm.nodes import Nodes

T = TypeVar("T")


def fetched_in_order(
    nodes: Nodes,
    blocks: range,
    fetch: Callable[[range, bool], tuple[list[T], int]],
    lanes: Executor,
    most_blocks: int | None = None,
) -> Generator[T, None, None]:
    """Fetch blocks, a few ranges of them at once; close it to end early.

    Args:
        nodes: whose pace decides how many, and how large they are.
        blocks: consecutive blocks.
        fetch: the first of some blocks, as `first_of` gives them; told whether nothing else is under way.
        lanes: threads.
        most_blocks: most blocks of a question, beside what the pace says.

    Raises:
        ClawbackError: as of `fetch`; what was under way has ended then.
    """
    waiting: deque[tuple[range, Future[tuple[list[T], int]]]] = deque()

    def begin(start: int, stop: int) -> tuple[range, Future[tuple[list[T], int]]]:
        count = nodes.pace.blocks if most_blocks is None else min(nodes.pace.blocks, most_blocks)
        asked = range(start, min(start + count, stop))
        return asked, lanes.submit(fetch, asked, False)

    position = following = blocks.start
    try:
        while position < blocks.stop:
            if waiting and waiting[0][0].start != position:
                # Of the range before only the first blocks came: the rest comes next.
                waiting.appendleft(begin(position, waiting[0][0].start))
            elif not waiting:
                following = position
            while following < blocks.stop and len(waiting) < max(1, nodes.pace.lanes):
                waiting.append(begin(following, blocks.stop))
                following = waiting[-1][0].stop
            made, count = waiting.popleft()[1].result()
            if not count:
                # A block that may not be held beside others. What others have brought is asked for again.
                _end(waiting)
                give_back()
                made, count = lanes.submit(fetch, range(position, position + 1), True).result()
            yield from made
            made = []  # not while the next ones come
            position += count
    finally:
        _end(waiting)


def _end(waiting: deque[tuple[range, Future[T]]]) -> None:
    for _, future in waiting:
        future.cancel()
    wait([future for _, future in waiting])
    waiting.clear()
