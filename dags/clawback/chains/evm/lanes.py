"""Blocks that several threads fetch, given in the order of the chain.

Invariants:
    As many questions are under way as the pace says, each about as many blocks as it says. In memory is what
    these have brought; whoever takes slowly lets the threads wait.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator
from concurrent.futures import Executor, Future, wait
from typing import TypeVar

from clawback.chains.evm.nodes import Nodes

T = TypeVar("T")


def fetched_in_order(
    nodes: Nodes, blocks: range, fetch: Callable[[range], list[T]], lanes: Executor
) -> Generator[T, None, None]:
    """Fetch blocks, a few ranges of them at once; close it to end early.

    Args:
        nodes: whose pace decides how many, and how large they are.
        blocks: consecutive blocks.
        fetch: some of them, in the order of the chain.
        lanes: threads.

    Raises:
        ClawbackError: as of `fetch`; what was under way has ended then.
    """
    waiting: deque[Future[list[T]]] = deque()
    following = blocks.start
    try:
        while following < blocks.stop or waiting:
            while following < blocks.stop and len(waiting) < nodes.pace.lanes:
                asked = range(following, min(following + nodes.pace.blocks, blocks.stop))
                waiting.append(lanes.submit(fetch, asked))
                following = asked.stop
            yield from waiting.popleft().result()
    finally:
        for future in waiting:
            future.cancel()
        wait(waiting)
