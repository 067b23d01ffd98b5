"""How many blocks are asked for at once, and by how many threads: as much as the node takes well.

Invariants:
    Speed alone depends on it, never a row: batches are cut and joined again, chunks of blocks are fixed.
"""

from __future__ import annotations

import threading
from typing import Final

_AIM_BYTES: Final = 2 << 20
"""Size of an answer that is aimed at: it hides a round trip, and several of them fit in memory."""
_FIRST_BLOCKS: Final = 4
_PATIENCE: Final = 8
"""Good answers before one more thread is tried."""


class Pace:
    """Batch size and number of threads of one worker. Threads share it."""

    def __init__(self, most_blocks: int = 100, most_lanes: int = 4) -> None:
        self.blocks = min(_FIRST_BLOCKS, most_blocks)
        self.lanes = min(2, most_lanes)
        self._most_blocks = most_blocks
        self._most_lanes = most_lanes
        self._good = 0
        self._lock = threading.Lock()

    def took(self, blocks: int, size: int, waited: float, worked: float) -> None:
        """A batch of that many blocks came well.

        Args:
            blocks: how many.
            size: bytes of its largest answer.
            waited: seconds until the answers were there.
            worked: seconds of reading them.
        """
        with self._lock:
            fitting = max(1, _AIM_BYTES * blocks // max(1, size))
            # At most doubled: one small block says little about the next.
            self.blocks = min(fitting, max(2 * blocks, self.blocks), self._most_blocks)
            # Threads hide waiting; for work they only stand in each other's way.
            self._good = self._good + 1 if waited > worked else 0
            if self._good >= _PATIENCE:
                self._good = 0
                self.lanes = min(self.lanes + 1, self._most_lanes)

    def too_much(self, blocks: int) -> None:
        """That many blocks at once were refused: never so many again."""
        with self._lock:
            self._most_blocks = max(1, min(self._most_blocks, blocks // 2))
            self.blocks = min(self.blocks, self._most_blocks)

    def busy(self) -> None:
        """The node wants fewer questions."""
        with self._lock:
            self._good = 0
            self.lanes = max(1, self.lanes // 2)
