"""Receipts of whole blocks, from nodes that give them by block and from those that give them one by one.

Invariants:
    Both ways give one form, that of `eth_getBlockReceipts`, with every field of each receipt: what is checked
    and read does not depend on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from clawback.chains.evm.failures import NodeFailure, NotOffered, TooMuch
from clawback.chains.evm.rpc import Question
from clawback.chains.evm.shapes import Receipt
from clawback.chains.evm.transport import Endpoint

BY_BLOCK: Final = Question("eth_getBlockReceipts", list[Receipt])
_ONE: Final = Question("eth_getTransactionReceipt", dict[str, Any])
_AT_ONCE: Final = 100
"""Transactions of one question: most hosted nodes take a batch of that size."""
_HEAD: Final = 200


def ask_receipts(
    endpoint: Endpoint, asked: Sequence[int], hashes_of: Callable[[], list[list[str]]]
) -> bytes | bytearray:
    """The receipts of some blocks, in the form of a batch of `eth_getBlockReceipts`.

    Args:
        endpoint: remembers which way it offers.
        asked: numbers of blocks.
        hashes_of: tells the hashes of the transactions of each; asked only where they are needed.

    Raises:
        NodeFailure: no usable answer; NotOffered where it offers neither way.
    """
    if BY_BLOCK.method not in endpoint.lacks:
        content = BY_BLOCK.post(endpoint, [(hex(number),) for number in asked])
        if not _is_refused(content):
            return content
    hashes = hashes_of()
    found = iter(_one_by_one(endpoint, [tx_hash for of_block in hashes for tx_hash in of_block]))
    # Only now: a node that offers neither way is to say so of the better one.
    endpoint.lacks.add(BY_BLOCK.method)
    answers = [
        {"id": number, "result": [next(found) for _ in of_block]} for number, of_block in enumerate(hashes)
    ]
    return msgspec.json.encode(answers)


def _is_refused(content: bytes | bytearray) -> bool:
    """Whether an answer says that the node does not know the method."""
    # An error stands where the first result would; reading every answer twice would cost as much as all else.
    if b'"error"' not in content[:_HEAD]:
        return False
    try:
        BY_BLOCK.read(content)
    except NotOffered:
        return True
    except NodeFailure:
        pass  # whoever reads the answer meets it again
    return False


def _one_by_one(endpoint: Endpoint, hashes: Sequence[str]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    at_once = _AT_ONCE
    while len(found) < len(hashes):
        some = hashes[len(found) : len(found) + at_once]
        try:
            found += _ONE.ask(endpoint, [(tx_hash,) for tx_hash in some])[0]
        except TooMuch:
            if len(some) == 1:
                raise
            at_once = len(some) // 2
    return found
