"""Logs that a node left out of an answer to `eth_getLogs`, as far as blocks give them away.

Rules:
    A block's filter that has the topic asked for, of a block that gave no such log, is a reason to look at
    its receipts: a filter may have a topic by chance, receipts settle it. So a node whose index of logs lacks
    a block is noticed. One that leaves out some logs of a block and gives others is not, unless all receipts
    are asked for.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from clawback.chains.evm.blocks import Batch
from clawback.chains.evm.bloom import may_have
from clawback.chains.evm.failures import Lie
from clawback.chains.evm.receipts import BY_BLOCK, ask_receipts
from clawback.chains.evm.receipts_root import check_receipts_roots
from clawback.chains.evm.shapes import Header, Log, Receipt
from clawback.chains.evm.transport import Endpoint


def check_withheld(
    endpoint: Endpoint, batch: Batch, headers: Sequence[Header], topic: str, every: bool
) -> None:
    """Compare the logs of a batch with receipts, of suspicious blocks or of every one.

    Args:
        endpoint: that gave the logs.
        batch: headers with the logs that have this first topic.
        headers: its headers.
        topic: the first topic that was asked for.
        every: whether the receipts of every block are asked for and held to the root that the block names.

    Raises:
        NodeFailure: a log was left out, or the receipts cannot be had.
    """
    given = np.bincount(batch.tx_block[batch.log_tx], minlength=len(headers))
    looked_at = [
        place
        for place, header in enumerate(headers)
        if every or (not given[place] and may_have(header, topic))
    ]
    if not looked_at:
        return
    some = [headers[place] for place in looked_at]
    content = ask_receipts(
        endpoint,
        [int(header.number, 16) for header in some],
        lambda: [header.transactions for header in some],
    )
    receipts = BY_BLOCK.read(content, len(some))
    if every:
        check_receipts_roots(some, receipts)
    by_block: dict[str, list[Log]] = {}
    for log in batch.logs:
        by_block.setdefault(log.block_number, []).append(log)
    for header, of_block in zip(some, receipts, strict=True):
        _check_block(header, of_block, by_block.get(header.number, []), topic)


def _check_block(header: Header, receipts: list[Receipt], given: list[Log], topic: str) -> None:
    number = int(header.number, 16)
    if [one.transaction_hash for one in receipts] != header.transactions:
        raise Lie(f"the receipts of block {number} are not those of its transactions")
    true = [log for one in receipts for log in one.logs if log.topics and log.topics[0] == topic]
    if len(true) != len(given):
        raise Lie(f"the node gave {len(given)} of the {len(true)} logs of block {number}")
    if true != given:
        raise Lie(f"the logs of block {number} are not those of its receipts")
