"""Logs that a node left out of an answer to `eth_getLogs`, as far as blocks give them away.

Rules:
    A block's filter that has the topic asked for, of a block that gave no such log, is a reason to look at
    its receipts: a filter may have a topic by chance, receipts settle it. So a node whose index of logs lacks
    a block is noticed. One that leaves out some logs of a block and gives others is not, unless all receipts
    are asked for.
    Receipts that settle something are all of their block: the gas adds up, and each bit of the block's filter
    is that of one of their logs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from clawback.chains.evm.blocks import Batch, logs_of_receipts
from clawback.chains.evm.bloom import check_filter_is_explained, may_have
from clawback.chains.evm.failures import Lie
from clawback.chains.evm.gas import check_gas
from clawback.chains.evm.quantities import quantities
from clawback.chains.evm.receipts import ask_receipts, read_receipts
from clawback.chains.evm.receipts_root import check_receipts_roots
from clawback.chains.evm.shapes import Header, Log, Receipt
from clawback.chains.evm.transport import Endpoint


@dataclass(frozen=True)
class Proof:
    """What receipts are held to; `gas` and `filters` say what a chain's blocks tell of their receipts."""

    gas: bool = True
    filters: bool = True
    root: bool = False


def proven_receipts(endpoint: Endpoint, headers: Sequence[Header], proof: Proof) -> list[list[Receipt]]:
    """Ask for all receipts of some blocks.

    Raises:
        NodeFailure: they are not all, not of these blocks, or cannot be had.
    """
    content = ask_receipts(
        endpoint,
        [int(header.number, 16) for header in headers],
        lambda: [header.transactions for header in headers],
    )
    receipts = read_receipts(content, len(headers))
    for header, of_block in zip(headers, receipts, strict=True):
        logs, _ = logs_of_receipts(int(header.number, 16), header, header.transactions, of_block)
        if proof.filters and not proof.root:
            check_filter_is_explained(header, logs)
    if proof.root:
        check_receipts_roots(headers, receipts)
    elif proof.gas:
        used = quantities([one.gas_used for of_block in receipts for one in of_block], "gasUsed")
        check_gas(headers, receipts, used)
    return receipts


def check_withheld(
    endpoint: Endpoint, batch: Batch, headers: Sequence[Header], topic: str, proof: Proof
) -> None:
    """Compare the logs of a batch with receipts, of suspicious blocks or of every one.

    Args:
        endpoint: that gave the logs.
        batch: headers with the logs that have this first topic.
        headers: its headers.
        topic: the first topic that was asked for.
        proof: what receipts are held to; where it is the root, those of every block are asked for.

    Raises:
        NodeFailure: a log was left out, or the receipts cannot be had.
    """
    given = np.bincount(batch.tx_block[batch.log_tx], minlength=len(headers))
    some = [
        header
        for place, header in enumerate(headers)
        if proof.root or (not given[place] and may_have(header, topic))
    ]
    if not some:
        return
    by_block: dict[str, list[Log]] = {}
    for log in batch.logs:
        by_block.setdefault(log.block_number, []).append(log)
    for header, of_block in zip(some, proven_receipts(endpoint, some, proof), strict=True):
        _check_block(header, of_block, by_block.get(header.number, []), topic)


def _check_block(header: Header, receipts: list[Receipt], given: list[Log], topic: str) -> None:
    number = int(header.number, 16)
    true = [log for one in receipts for log in one.logs if log.topics and log.topics[0] == topic]
    if len(true) != len(given):
        raise Lie(f"the node gave {len(given)} of the {len(true)} logs of block {number}")
    if true != given:
        raise Lie(f"the logs of block {number} are not those of its receipts")
