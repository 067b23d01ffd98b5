"""Receipts of whole blocks, from nodes that give them by block and from those that give them one by one.

Invariants:
    Both ways give one form, that of `eth_getBlockReceipts`, with the node's words about each receipt: what is
    checked and read does not depend on the way.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import msgspec
from typing_extensions import Buffer

from clawback.chains.evm.failures import NodeFailure, NotOffered, TooMuch
from clawback.chains.evm.rpc import Question, Words, decoded, weight
from clawback.chains.evm.shapes import LargeReceipt, Log, Receipt
from clawback.chains.evm.transport import Endpoint

BY_BLOCK: Final = Question("eth_getBlockReceipts", list[Receipt])
_ONE: Final = Question("eth_getTransactionReceipt", Receipt)
_EACH: Final = msgspec.json.Decoder(list[msgspec.Raw])
_RECEIPT: Final = msgspec.json.Decoder(LargeReceipt)
_LOG: Final = msgspec.json.Decoder(Log)
_DECODED_AT_ONCE: Final = 4 << 20
"""Bytes of receipts. As structs they take up to twice that."""
_AT_ONCE: Final = 100
"""Transactions of one question: most hosted nodes take a batch of that size."""
_HEAD: Final = 200
_NO_DATA: Final = "0x"


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
    answers = bytearray(b"[")
    for number, of_block in enumerate(hashes):
        answers += b'%b{"id":%d,"result":[' % (b"," if number else b"", number)
        for place, _ in enumerate(of_block):
            if place:
                answers += b","
            answers += memoryview(next(found))
        answers += b"]}"
    return answers + b"]"


def read_receipts(answer: Buffer | Words, count: int) -> list[list[Receipt]]:
    """Receipts of so many blocks; where they are large, log by log. Raises NodeFailure."""
    size = weight(answer) if isinstance(answer, list) else memoryview(answer).nbytes
    if size <= _DECODED_AT_ONCE:
        return BY_BLOCK.read(answer, count)
    words = answer if isinstance(answer, list) else BY_BLOCK.words(answer, count)
    found: list[list[Receipt]] = []
    for of_block in words:
        receipts: list[Receipt] = []
        for one in decoded(_EACH, of_block, BY_BLOCK.method):
            words_of_logs = decoded(_RECEIPT, one, BY_BLOCK.method)
            receipt: Receipt = words_of_logs
            receipt.logs = read_logs(words_of_logs.logs, BY_BLOCK.method)
            receipts.append(receipt)
        found.append(receipts)
    return found


def read_logs(answer: Words, method: str) -> list[Log]:
    """Logs one by one: what they repeat takes memory once. Raises Lie."""
    logs: list[Log] = []
    known: dict[str, str] = {}
    same = known.setdefault
    for words in answer:
        log = decoded(_LOG, words, method)
        log.address = same(log.address, log.address)
        log.topics[:1] = [same(topic, topic) for topic in log.topics[:1]]
        log.block_number, log.block_hash = (same(one, one) for one in (log.block_number, log.block_hash))
        log.transaction_hash = same(log.transaction_hash, log.transaction_hash)
        log.transaction_index = same(log.transaction_index, log.transaction_index)
        if log.data == _NO_DATA:
            log.data = _NO_DATA
        logs.append(log)
    return logs


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


def _one_by_one(endpoint: Endpoint, hashes: Sequence[str]) -> Words:
    found: Words = []
    at_once = _AT_ONCE
    while len(found) < len(hashes):
        some = hashes[len(found) : len(found) + at_once]
        try:
            found += _ONE.words(_ONE.post(endpoint, [(tx_hash,) for tx_hash in some]), len(some))
        except TooMuch:
            if len(some) == 1:
                raise
            at_once = len(some) // 2
    return found
