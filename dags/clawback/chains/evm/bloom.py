"""Logs against the bloom filters that blocks and receipts carry: a log that a node withholds is seen.

A filter is a summary of the addresses and topics of all logs: it must be exactly the one of the logs that
came.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from clawback.chains.evm.blocks import Batch
from clawback.chains.evm.columns import HASH, fixed_bytes
from clawback.chains.evm.failures import Lie
from clawback.chains.evm.keccak import keccak256
from clawback.chains.evm.shapes import Header, Log

_BITS: Final = 2_048
_WIDTH: Final = 256


def bloom_of(logs: Iterable[Log]) -> int:
    """The filter of some logs, as a number of 2,048 bits. Raises Lie."""
    found = 0
    for log in logs:
        found |= _mask(log.address)
        for topic in log.topics:
            found |= _mask(topic)
    return found


def check_blooms(batch: Batch) -> None:
    """Every receipt's filter is that of its logs, every block's that of its receipts. Raises Lie."""
    of_block = [0] * len(batch.headers)
    for block, receipt in zip(batch.tx_block.tolist(), batch.receipts, strict=True):
        found = bloom_of(receipt.logs)
        if found != _read(receipt.logs_bloom):
            raise Lie(f"the logs of {receipt.transaction_hash} are not those of its bloom filter")
        of_block[block] |= found
    for header, found in zip(batch.headers, of_block, strict=True):
        if found != _read(header.logs_bloom):
            raise Lie(f"the logs of block {int(header.number, 16)} are not those of its bloom filter")


def may_have(header: Header, topic: str) -> bool:
    """Whether a block's filter has a topic; by chance it may have one that no log has. Raises Lie."""
    if not header.logs_bloom:
        return False  # some chains have no filters
    mask = _mask(topic)
    return mask & _read(header.logs_bloom) == mask


def check_logs_in_bloom(batch: Batch) -> None:
    """Of some of a block's logs: each is in the block's filter. Raises Lie."""
    blooms = [_read(header.logs_bloom) for header in batch.headers]
    blocks = batch.tx_block[batch.log_tx].tolist()
    for block, log in zip(blocks, batch.logs, strict=True):
        if (mask := bloom_of((log,))) & blooms[block] != mask:
            raise Lie(f"a log of block {int(log.block_number, 16)} is not in the block's bloom filter")


@lru_cache(maxsize=100_000)
def _mask(text: str) -> int:
    digest = keccak256(fixed_bytes((text,), (len(text) - 2) // 2 or HASH, "an address or topic").tobytes())
    found = 0
    for place in (0, 2, 4):
        found |= 1 << (int.from_bytes(digest[place : place + 2], "big") % _BITS)
    return found


def _read(text: str) -> int:
    if not text:
        raise Lie("a block or receipt has no logsBloom")
    return int.from_bytes(fixed_bytes((text,), _WIDTH, "logsBloom").tobytes(), "big")
