"""Logs against the bloom filters that blocks and receipts carry: a log that a node withholds is seen.

A filter is a summary of the addresses and topics of all logs: it must be exactly the one of the logs that
came.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Final

import numpy as np

from clawback.chains.evm.blocks import Batch
from clawback.chains.evm.columns import HASH, Flags, fixed_bytes
from clawback.chains.evm.failures import Lie
from clawback.chains.evm.keccak import keccak256
from clawback.chains.evm.shapes import Block, Header, Log

_BITS: Final = 2_048
_WIDTH: Final = 256
_EMPTY: Final = "0x" + "00" * _WIDTH


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


def check_filter_is_explained(header: Header, logs: Iterable[Log]) -> None:
    """A block's filter has nothing that none of its logs has. Raises Lie."""
    # The other way round does not hold everywhere: Polygon's own transactions have logs that no filter has.
    if header.logs_bloom and _read(header.logs_bloom) & ~bloom_of(logs):
        raise Lie(f"the logs of block {int(header.number, 16)} are fewer than those of its bloom filter")


class Filters:
    """The filters of a range of blocks: which of them may have a log with some address or topic.

    256 bytes a block, byte by byte over all blocks: what is looked for is three bits of each.
    """

    def __init__(self, blocks: range) -> None:
        self._blocks = blocks
        self._bytes = np.zeros((_WIDTH, len(blocks)), np.uint8)

    def add(self, headers: Sequence[Block | Header]) -> None:
        """Take the filters of consecutive blocks; one without filter may have nothing. Raises Lie."""
        start = int(headers[0].number, 16) - self._blocks.start
        texts = [header.logs_bloom or _EMPTY for header in headers]
        self._bytes[:, start : start + len(texts)] = fixed_bytes(texts, _WIDTH, "logsBloom").T

    def having(self, text: str) -> Flags:
        """For each block whether it may have an address or topic."""
        found = np.ones(len(self._blocks), np.bool_)
        for place in _places(text):
            found &= self._bytes[_WIDTH - 1 - place // 8] & (1 << place % 8) != 0
        return found

    def having_any(self, texts: Iterable[str]) -> Flags:
        """For each block whether it may have one of several."""
        found = np.zeros(len(self._blocks), np.bool_)
        for text in texts:
            found |= self.having(text)
        return found


def check_logs_in_bloom(batch: Batch) -> None:
    """Of some of a block's logs: each is in the block's filter. Raises Lie."""
    blooms = [_read(header.logs_bloom) for header in batch.headers]
    blocks = batch.tx_block[batch.log_tx].tolist()
    for block, log in zip(blocks, batch.logs, strict=True):
        if (mask := bloom_of((log,))) & blooms[block] != mask:
            raise Lie(f"a log of block {int(log.block_number, 16)} is not in the block's bloom filter")


@lru_cache(maxsize=100_000)
def _mask(text: str) -> int:
    found = 0
    for place in _places(text):
        found |= 1 << place
    return found


def _places(text: str) -> list[int]:
    """Bits of an address or topic, counted from the end of the filter."""
    digest = keccak256(fixed_bytes((text,), (len(text) - 2) // 2 or HASH, "an address or topic").tobytes())
    return [int.from_bytes(digest[place : place + 2], "big") % _BITS for place in (0, 2, 4)]


def _read(text: str) -> int:
    if not text:
        raise Lie("a block or receipt has no logsBloom")
    return int.from_bytes(fixed_bytes((text,), _WIDTH, "logsBloom").tobytes(), "big")
