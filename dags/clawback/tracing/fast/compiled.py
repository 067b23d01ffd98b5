"""The one way in which functions of this package are compiled.

Rules:
    Integers only: fastmath and floats have no place here. The GIL is released, so that the next day can be
    read while one is worked off.
    Compiled code is kept in the user's cache folder, under a name made of all sources of this package: numba
    itself looks only at the file of a function, and would go on using an older version of what it calls.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])
Limbs = NDArray[np.uint64]
Places = NDArray[np.int32]
Longs = NDArray[np.int64]
Bytes = NDArray[Any]
"""Bytes or truth values."""


def _cache_folder() -> str | None:
    sources = hashlib.sha256()
    for file in sorted(Path(__file__).parent.glob("*.py")):
        sources.update(file.read_bytes())
    home = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    folder = Path(home) / "clawback" / f"compiled-{sources.hexdigest()[:16]}"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    return str(folder) if os.access(folder, os.W_OK) else None


CACHE_FOLDER: Final = _cache_folder()


def compiled(function: Function) -> Function:
    """Compiles a function at its first call; to its callers it keeps its type."""
    made: Function
    if CACHE_FOLDER is None:
        plain: Any = numba.njit(nogil=True)
        made = plain(function)
        return made
    config: Any = numba.config
    before = config.CACHE_DIR
    config.CACHE_DIR = CACHE_FOLDER
    try:
        cached: Any = numba.njit(cache=True, nogil=True)
        made = cached(function)
        return made
    finally:
        config.CACHE_DIR = before


@compiled
def whole(number: Any) -> int:
    """A number of any width as one of 64 bits, so that what takes it is compiled once."""
    return int(np.int64(number))
