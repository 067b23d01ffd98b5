"""Receipts against the root that a block's hash commits to: the strongest check of logs that there is.

Typed receipts are encoded as EIP-2718 says.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Final

from clawback.chains.evm.failures import Lie
from clawback.chains.evm.quantities import quantity
from clawback.chains.evm.shapes import Block, Header, Log, Receipt
from clawback.chains.evm.trie import Encodable, data, integer, rlp, root_of
from clawback.errors import ClawbackError

_TYPES: Final = range(5)
"""Receipt types of Ethereum itself, all encoded alike; some rollups add types with fields of their own."""


def check_receipts_roots(blocks: Sequence[Block | Header], receipts: list[list[Receipt]]) -> int:
    """Every block's receipts have the root that it names; how many blocks these are.

    Raises:
        Lie: they have not.
        ClawbackError: a receipt of a type that this check does not know.
    """
    for block, of_block in zip(blocks, receipts, strict=True):
        if receipts_root(of_block) != block.receipts_root.lower():
            raise Lie(f"the receipts of block {quantity(block.number, 'number')} have not its receiptsRoot")
    return len(blocks)


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
    return root_of([_encoded(receipt) for receipt in receipts])


def _encoded(receipt: Receipt) -> bytes:
    kind = quantity(receipt.type, "a receipt's type")
    if kind not in _TYPES:
        raise ClawbackError(
            f"the receipts root cannot be checked: a receipt has the type {kind:#x}",
            where=receipt.transaction_hash,
            remedy="leave out --check receipts-root for this chain; --check bloom works on any",
        )
    outcome = (
        data(receipt.root or "")
        if receipt.status is None
        else integer(quantity(receipt.status, "a receipt's status"))
    )
    content = rlp(
        [
            outcome,
            integer(quantity(receipt.cumulative_gas_used, "cumulativeGasUsed")),
            data(receipt.logs_bloom),
            [_log(log) for log in receipt.logs],
        ]
    )
    return content if kind == 0 else bytes((kind,)) + content


def _log(log: Log) -> Encodable:
    return [data(log.address), [data(topic) for topic in log.topics], data(log.data)]
