"""Gas of receipts against that of their block: transactions that are cut off together with their receipts.

Rules:
    What the receipts used adds up to what the block used. Where it does not, the receipts must have the root
    that the block names: then the chain counts gas in another way, as Ethereum from its fork Amsterdam on,
    where refunds are the sender's alone (EIP-7778). A block that passes neither is cut.
    The sum is compared, not the last receipt's cumulativeGasUsed: some chains append a transaction of their
    own whose receipt begins at zero.
"""

from __future__ import annotations

from collections.abc import Sequence

from clawback.chains.evm.failures import Lie
from clawback.chains.evm.quantities import quantity
from clawback.chains.evm.receipts_root import receipts_root
from clawback.chains.evm.shapes import Block, Header, Receipt
from clawback.errors import ClawbackError


def check_gas(
    blocks: Sequence[Block | Header], receipts: Sequence[list[Receipt]], used: Sequence[int]
) -> int:
    """Every block's receipts are all that it has; how many blocks these are.

    Args:
        blocks: as they came.
        receipts: of each of them.
        used: the gas of all these receipts, one after the other.

    Raises:
        Lie: a block used other gas than its receipts, and names another root than they have.
    """
    start = 0
    for block, of_block in zip(blocks, receipts, strict=True):
        stop = start + len(of_block)
        says, found = quantity(block.gas_used, "a block's gasUsed"), sum(used[start:stop])
        if says != found:
            _check_root(
                block, of_block, f"says that it used {says} gas, its {len(of_block)} receipts {found}"
            )
        start = stop
    return len(blocks)


def _check_root(block: Block | Header, receipts: list[Receipt], differs: str) -> None:
    try:
        proven = bool(block.receipts_root) and receipts_root(receipts) == block.receipts_root.lower()
    except ClawbackError as error:
        differs, proven = f"{differs}; {error.problem}", False
    if not proven:
        raise Lie(
            f"block {quantity(block.number, 'number')} {differs}: transactions are missing, "
            "or the chain counts otherwise (gas_adds_up = false in its settings then)"
        )
