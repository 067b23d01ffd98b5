"""Processes that extract chunks. Decoding is what takes the time, and one process decodes on one core."""

from __future__ import annotations

import os
import threading
import time
from concurrent.futures import Future, ProcessPoolExecutor
from multiprocessing import get_context
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
        self._pool = ProcessPoolExecutor(
            count, mp_context=get_context("spawn"), initializer=_begin, initargs=(os.getpid(),)
        )

    def __enter__(self) -> Workers:
        # They import what they need while this process still asks the nodes who they are.
        for _ in range(self._count):
            self._pool.submit(_import)
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


def _import() -> None:
    import clawback.chains.evm.chunk  # noqa: F401 - for its effect: later chunks find it loaded


def _begin(parent: int) -> None:
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    # A killed parent cannot say goodbye; without this its workers would wait for work for ever.
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
