"""Receipts against the root that a block's hash commits to: the strongest check of logs that there is.

The root is that of a Merkle Patricia trie over the encoded receipts (Ethereum yellow paper, appendices B and
D; EIP-2718 for typed receipts). The trie is only ever built once and hashed, so the forty lines below take
the place of a library that keeps, proves and prunes tries.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from clawback.chains.evm.columns import fixed_bytes
from clawback.chains.evm.failures import Lie
from clawback.chains.evm.keccak import keccak256
from clawback.chains.evm.quantities import quantity
from clawback.chains.evm.shapes import Block, Header, Log, Receipt
from clawback.errors import ClawbackError

Encodable = bytes | list["Encodable"]

_TYPES: Final = range(5)
"""Receipt types of Ethereum itself, all encoded alike; some rollups add types with fields of their own."""
_NIBBLES: Final = 16


def check_receipts_roots(blocks: Sequence[Block | Header], receipts: list[list[Receipt]]) -> None:
    """Every block's receipts have the root that it names.

    Raises:
        Lie: they have not.
        ClawbackError: a receipt of a type that this check does not know.
    """
    for block, of_block in zip(blocks, receipts, strict=True):
        if receipts_root(of_block) != block.receipts_root.lower():
            raise Lie(f"the receipts of block {quantity(block.number, 'number')} have not its receiptsRoot")


def check_odd_blocks(
    blocks: Sequence[Block | Header], receipts: list[list[Receipt]], odd: Collection[int]
) -> None:
    """The receipts of blocks that hold odd logs have the root that the block names: contracts wrote them.

    Args:
        blocks: of a chain whose receipts are Ethereum's own.
        receipts: of each block.
        odd: places of blocks with logs that fit no form. A block that names no root proves nothing, nor does
            one with receipts of a type that is not known yet.

    Raises:
        Lie: they have not: the node garbled them.
    """
    for place in sorted(odd):
        known = all(quantity(one.type, "a receipt's type") in _TYPES for one in receipts[place])
        if blocks[place].receipts_root and known:
            check_receipts_roots([blocks[place]], [receipts[place]])


def receipts_root(receipts: list[Receipt]) -> str:
    """Root of a block's receipts, as 0x text. Raises Lie or ClawbackError."""
    items = [(_nibbles(rlp(_integer(place))), _encoded(receipt)) for place, receipt in enumerate(receipts)]
    return f"0x{keccak256(rlp(_node(sorted(items), 0)) if items else rlp(b'')).hex()}"


def rlp(item: Encodable) -> bytes:
    """Recursive-length-prefix encoding."""
    if isinstance(item, bytes):
        if len(item) == 1 and item[0] < 0x80:
            return item
        return _prefix(len(item), 0x80) + item
    content = b"".join(rlp(part) for part in item)
    return _prefix(len(content), 0xC0) + content


def _prefix(length: int, base: int) -> bytes:
    if length < 56:
        return bytes((base + length,))
    size = _integer(length)
    return bytes((base + 55 + len(size),)) + size


def _integer(value: int) -> bytes:
    return value.to_bytes((value.bit_length() + 7) // 8, "big")


def _encoded(receipt: Receipt) -> bytes:
    kind = quantity(receipt.type, "a receipt's type")
    if kind not in _TYPES:
        raise ClawbackError(
            f"the receipts root cannot be checked: a receipt has the type {kind:#x}",
            where=receipt.transaction_hash,
            remedy="leave out --check receipts-root for this chain; --check bloom works on any",
        )
    outcome = (
        _data(receipt.root or "")
        if receipt.status is None
        else _integer(quantity(receipt.status, "a receipt's status"))
    )
    content = rlp(
        [
            outcome,
            _integer(quantity(receipt.cumulative_gas_used, "cumulativeGasUsed")),
            _data(receipt.logs_bloom),
            [_log(log) for log in receipt.logs],
        ]
    )
    return content if kind == 0 else bytes((kind,)) + content


def _log(log: Log) -> Encodable:
    return [_data(log.address), [_data(topic) for topic in log.topics], _data(log.data)]


def _data(text: str) -> bytes:
    return fixed_bytes((text,), (len(text) - 2) // 2, "data").tobytes() if text != "0x" else b""


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
    # No key of a list of receipts begins another one, so a branch never carries a value.
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
