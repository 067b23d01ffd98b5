"""JSON-RPC quantities: numbers as hex text.

Invariants:
    A node's text never reaches `int` unchecked, since Python also reads signs, spaces and underscores as
    numbers.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from clawback.chains.evm.failures import Lie

_LONGEST: Final = 66
"""0x and the digits of 256 bits."""


def quantities(texts: Sequence[str], name: str) -> list[int]:
    """JSON-RPC quantities as integers of any size up to 256 bits. Raises Lie."""
    joined = "".join(texts)
    if not texts:
        return []
    if not (joined.isascii() and joined.isalnum()) or joined.count("0x") != len(texts):
        raise Lie(f"{name} is not always a quantity")
    if max(map(len, texts)) > _LONGEST:
        raise Lie(f"{name} is wider than 256 bits")
    try:
        return [int(text, 16) for text in texts]
    except ValueError as error:
        raise Lie(f"{name} is not always a quantity") from error


def quantity(text: str, name: str) -> int:
    """One quantity. Raises Lie."""
    return quantities((text,), name)[0]
