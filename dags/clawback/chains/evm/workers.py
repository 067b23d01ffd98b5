"""Processes that extract chunks. Decoding is what takes the time, and one process decodes on one core.

Workers are copies of a process that has imported what they need: of this one where it has a single thread, as
a command has, else of a server that is started for it. A copy of a process with threads could wait for
ever for a lock that one of them held.
"""

from __future__ import annotations

import os
import sys
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from multiprocessing.context import BaseContext
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from clawback.chains.evm.plan import Access, Plan

_FRUGAL: Final = {
    # Threads that decode leave holes in a heap each: one heap for all takes 122 MiB where many take 211.
    "MALLOC_ARENA_MAX": "1",
    "ARROW_DEFAULT_MEMORY_POOL": "system",
    # Threads that nothing here needs: NumPy's for matrices, and that of a heap which Arrow then does not use.
    "OPENBLAS_NUM_THREADS": "1",
    "JE_ARROW_MALLOC_CONF": "background_thread:false",
}


class Workers:
    """Use it as a context manager, before anything is opened that the workers should not hold too."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._before = {name: os.environ.get(name) for name in _FRUGAL}
        # Read by libraries when they are loaded, and by a child when it starts.
        os.environ.update(_FRUGAL)
        self._pool = ProcessPoolExecutor(count, mp_context=_context(), initializer=_begin)

    def __enter__(self) -> Workers:
        for _ in range(self._count):
            self._pool.submit(_ready)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)
        for name, value in self._before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value

    def extract(
        self, plan: Plan, access: Access, out: Path, blocks: range, prefer: int = 0
    ) -> Future[dict[str, Any]]:
        """Have a chunk extracted; see `chunk.extract_chunk`."""
        return self._pool.submit(_extract, plan, access, out, blocks, prefer)


def _context() -> BaseContext:
    import clawback.chains.evm.chunk  # noqa: F401 - what the copies need

    # Not Python's own count: libraries have threads of which it does not know.
    if sys.platform == "linux" and len(os.listdir("/proc/self/task")) == 1:
        return get_context("fork")
    context = get_context("forkserver")
    context.set_forkserver_preload(["clawback.chains.evm.chunk"])
    return context


def _extract(plan: Plan, access: Access, out: Path, blocks: range, prefer: int) -> dict[str, Any]:
    from clawback.chains.evm.chunk import extract_chunk

    return extract_chunk(plan, access, out, blocks, prefer)


def _ready() -> None:
    """Nothing: to have it done, a worker must be there."""


def _begin() -> None:
    from clawback.chains.evm.heap import use_one_heap

    use_one_heap()
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A killed process cannot say goodbye; without this its workers would wait for work for ever.
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
