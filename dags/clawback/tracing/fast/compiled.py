"""The one way in which functions of this package are compiled.

Rules:
    Integers only: fastmath and floats have no place here. The GIL is released, so that the next day can be
    read while one is worked off. Compiled code is kept beside the module, or in numba's own cache folder
    where that cannot be written.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import numba
import numpy as np
from numpy.typing import NDArray

Function = TypeVar("Function", bound=Callable[..., Any])
Limbs = NDArray[np.uint64]
Places = NDArray[np.int32]
Longs = NDArray[np.int64]
Bytes = NDArray[np.uint8]


def compiled(function: Function) -> Function:
    """Compiles a function at its first call."""
    made: Function = numba.njit(cache=True, nogil=True)(function)
    return made
