"""Processes that extract chunks. Decoding is what takes the time, and one process decodes on one core."""

from __future__ import annotations

import os
import threading
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context, parent_process
from pathlib import Path
from types import TracebackType
from typing import Any, Final

from clawback.chains.evm.plan import Access, Plan

_FRUGAL: Final = {"MALLOC_ARENA_MAX": "1", "ARROW_DEFAULT_MEMORY_POOL": "system"}
"""Threads that decode leave holes in a heap each: one heap for all takes 122 MiB where many take 211."""


class Workers:
    """Use it as a context manager."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._before = {name: os.environ.get(name) for name in _FRUGAL}
        # A child reads these when it starts, which the pool puts off until there is work.
        os.environ.update(_FRUGAL)
        context = get_context("forkserver")
        # One process imports, workers are copies of it: half a second of work once instead of for each, while
        # this process still asks the nodes who they are.
        context.set_forkserver_preload(["clawback.chains.evm.chunk"])
        self._pool = ProcessPoolExecutor(count, mp_context=context, initializer=_begin)

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


def _extract(plan: Plan, access: Access, out: Path, blocks: range, prefer: int) -> dict[str, Any]:
    from clawback.chains.evm.chunk import extract_chunk

    return extract_chunk(plan, access, out, blocks, prefer)


def _ready() -> None:
    """Nothing: to have it done, a worker must be there."""


def _begin() -> None:
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    # A killed process cannot say goodbye; without this its workers would wait for work for ever.
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
