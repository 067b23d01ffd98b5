"""How a process that reads large answers takes memory from the system, and gives it back.

Rules:
    One heap for all threads: those that decode would leave holes in one each. What is large is taken from the
    system by itself, so that it goes back whole when it is done with; else a heap grows around it and stays.
    Arrow takes what it needs the same way.
"""

from __future__ import annotations

import ctypes
import sys
from typing import Any, Final

_MMAP_THRESHOLD: Final = -3
_ARENA_MAX: Final = -8
"""As glibc's `mallopt` knows them."""
_LARGE: Final = 128 << 10


def be_frugal() -> None:
    """Take memory that way from now on; without effect on the results, and where the system is another."""
    import pyarrow as pa

    pa.set_memory_pool(pa.system_memory_pool())
    use_one_heap()
    limit = _of_glibc("mallopt")
    if limit is not None:
        limit(_MMAP_THRESHOLD, _LARGE)


def use_one_heap() -> None:
    """The first rule alone: for workers, which have memory to spare and would lose a fifth of their speed."""
    limit = _of_glibc("mallopt")
    if limit is not None:
        limit(_ARENA_MAX, 1)


def give_back() -> None:
    """Give back what lies free between what is held: worth its while before something large is read."""
    trim = _of_glibc("malloc_trim")
    if trim is not None:
        trim(0)


def _of_glibc(name: str) -> Any:
    return getattr(ctypes.CDLL(None), name, None) if sys.platform == "linux" else None
