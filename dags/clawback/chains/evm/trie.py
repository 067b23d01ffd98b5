"""Roots of lists as block headers commit to them: a Merkle Patricia trie over encoded items.

The trie (Ethereum yellow paper, appendices B and D) is only ever built once and hashed, so the forty lines
below take the place of a library that keeps, proves and prunes tries.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from clawback.chains.evm.columns import fixed_bytes
from clawback.chains.evm.keccak import keccak256

Encodable = bytes | list["Encodable"]

_NIBBLES: Final = 16


def root_of(items: Sequence[bytes]) -> str:
    """Root of encoded items under their places, as 0x text."""
    keyed = [(_nibbles(rlp(integer(place))), item) for place, item in enumerate(items)]
    return f"0x{keccak256(rlp(_node(sorted(keyed), 0)) if keyed else rlp(b'')).hex()}"


def rlp(item: Encodable) -> bytes:
    """Recursive-length-prefix encoding."""
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            return item
        return _prefix(len(item), 0x80) + item
    content = b"".join(rlp(part) for part in item)
    return _prefix(len(content), 0xC0) + content


def integer(value: int) -> bytes:
    """A number without leading zeros."""
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def data(text: str) -> bytes:
    """Bytes of 0x text of any length. Raises Lie."""
    return fixed_bytes((text,), (len(text) - 2) // 2, "data").tobytes() if text != "0x" else b""


def _prefix(length: int, base: int) -> bytes:
    if length < 56:
        return bytes((base + length,))
    size = integer(length)
    return bytes((base + 55 + len(size),)) + size


def _node(items: list[tuple[bytes, bytes]], depth: int) -> Encodable:
    """The trie node over sorted (nibbles, value), all of which agree in their first `depth` nibbles."""
    first, last = items[0][0], items[-1][0]
    if len(items) == 1:
        return [_path(first[depth:], 2), items[0][1]]
    shared = depth
    while shared < len(first) and first[shared] == last[shared]:
        shared += 1
    if shared > depth:
        return [_path(first[depth:shared], 0), _reference(_node(items, shared))]
    # No key of a list begins another one, so a branch never carries a value.
    return [*(_branch(items, depth, nibble) for nibble in range(_NIBBLES)), b""]


def _branch(items: list[tuple[bytes, bytes]], depth: int, nibble: int) -> Encodable:
    below = [item for item in items if item[0][depth] == nibble]
    return _reference(_node(below, depth + 1)) if below else b""


def _reference(node: Encodable) -> Encodable:
    encoded = rlp(node)
    return node if len(encoded) < 32 else keccak256(encoded)


def _path(nibbles: bytes, flag: int) -> bytes:
    odd = len(nibbles) % 2
    whole = bytes((flag + odd,)) + nibbles if odd else bytes((flag, 0)) + nibbles
    return bytes(whole[i] << 4 | whole[i + 1] for i in range(0, len(whole), 2))


def _nibbles(key: bytes) -> bytes:
    return bytes(half for byte in key for half in (byte >> 4, byte & 15))
