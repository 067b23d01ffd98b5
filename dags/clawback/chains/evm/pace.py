"""How many blocks are asked for at once, and by how many threads: as much as the node takes well.

Invariants:
    Speed alone depends on it, never a row: batches are cut and joined again, chunks of blocks are fixed.
"""

from __future__ import annotations

import threading
from typing import Final

_AIM_BYTES: Final = 2 << 20
"""Size of an answer that is aimed at: it is worth a round trip, and what is made of it lies close to the
processor until it is read."""
_FIRST_BLOCKS: Final = 2
_PATIENCE: Final = 4
"""Waits worth hiding, one after the other, before one more thread is tried."""
_WORTH_HIDING: Final = 0.5
"""Of the time for reading an answer. A shorter wait costs less than threads that take turns."""


class Pace:
    """Batch size and number of threads of one worker. Threads share it."""

    def __init__(self, most_blocks: int = 100, most_lanes: int = 4) -> None:
        self.blocks = min(_FIRST_BLOCKS, most_blocks)
        self.lanes = 1
        self.reading = threading.Lock()
        """Held by whoever reads answers: for work, threads only stand in each other's way."""
        self._most_blocks = most_blocks
        self.most_lanes = most_lanes
        """Threads that may be needed."""
        self._waits = 0
        self._read_until = 0.0
        self._lock = threading.Lock()

    def took(self, blocks: int, size: int, waited: float, begun: float, ended: float) -> None:
        """A batch of that many blocks came well.

        Args:
            blocks: how many.
            size: bytes of its largest answer.
            waited: seconds until the answers were there.
            begun: when reading them began, in seconds of a clock that never goes back.
            ended: when they were read.
        """
        with self._lock:
            # What one thread waits for while another one reads costs nothing.
            idle = min(waited, begun - self._read_until)
            self._read_until = ended
            fitting = max(1, _AIM_BYTES * blocks // max(1, size))
            # At most doubled: one small block says little about the next.
            self.blocks = min(fitting, max(2 * blocks, self.blocks), self._most_blocks)
            self._waits = self._waits + 1 if idle > _WORTH_HIDING * (ended - begun) else 0
            if self._waits >= _PATIENCE:
                self._waits = 0
                self.lanes = min(self.lanes + 1, self.most_lanes)

    def too_much(self, blocks: int) -> None:
        """That many blocks at once were refused: never so many again."""
        with self._lock:
            self._most_blocks = max(1, min(self._most_blocks, blocks // 2))
            self.blocks = min(self.blocks, self._most_blocks)

    def too_large(self, blocks: int) -> None:
        """Answers about more than that many blocks were larger than what is held beside others."""
        with self._lock:
            self.blocks = max(1, min(self.blocks, blocks))

    def heavy(self) -> None:
        """A single block was: one thread, for others like it may follow, until waiting is worth hiding."""
        with self._lock:
            self._waits = 0
            self.blocks = self.lanes = 1

    def busy(self) -> None:
        """The node wants fewer questions."""
        with self._lock:
            self._waits = 0
            self.lanes = max(1, self.lanes // 2)
