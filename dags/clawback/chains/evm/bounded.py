"""How much an answer may bring: counted while it comes, and while it is unpacked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from clawback.chains.evm.failures import TooLarge

_PIECE: Final = 1 << 20


@dataclass(frozen=True)
class Room:
    """Bytes that the answers of an attempt may have together, and how many they have already."""

    most: int
    held: int = 0

    @property
    def left(self) -> int:
        """Bytes that the next answer may have."""
        return max(0, self.most - self.held)

    def passed(self, size: int) -> TooLarge:
        """What is raised when it has so many, and more than are left."""
        whose = "the answers are together" if self.held else "the answer is"
        times = max(2, -(-(self.held + size) // self.most))
        return TooLarge(f"{whose} larger than {self.most} bytes", times)


def inflated(inflate: Any, chunk: bytes) -> Iterator[bytes]:
    """What a packed chunk unpacks to, in pieces of bounded size; `inflate` is a `zlib.decompressobj`."""
    more = True
    while more:
        piece = inflate.decompress(chunk, _PIECE)
        yield piece
        chunk = inflate.unconsumed_tail
        # A full piece may not be all of it, even where nothing is left to be read.
        more = not inflate.eof and (bool(chunk) or len(piece) == _PIECE)
