"""Why a kernel stops before a transaction: something may be too small for it, or it is not for the kernel."""

from __future__ import annotations

from typing import Final

FINISHED: Final = 0
MORE_CELLS: Final = 1
MORE_GROUPS: Final = 2
MORE_SUMS: Final = 3
MORE_FLOWS: Final = 4
EXCHANGE: Final = 5
"""Taint moves in a transaction in which assets may have been exchanged: see `exchanged`."""
MORE_STAKES: Final = 6
MORE_PILES: Final = 7
NOT_SIMPLE: Final = 8
"""A kernel of simple transfers alone: the next one needs all rules."""
