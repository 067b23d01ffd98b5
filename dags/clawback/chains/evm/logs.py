"""Raw logs as columns, for whoever reads events out of them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

import numpy as np

from clawback.chains.evm.blocks import Batch
from clawback.chains.evm.columns import ADDRESS, HASH, Bytes, Flags, Integers, fixed_bytes
from clawback.chains.evm.failures import Lie

_MOST_TOPICS: Final = 4


@dataclass(frozen=True)
class Wanted:
    """Which logs are kept: those with one of these first topics, and those of these contracts.

    Lower-case 0x hex, as nodes write it.
    """

    topics: frozenset[str] = frozenset()
    addresses: frozenset[str] = frozenset()


@dataclass(frozen=True)
class LogColumns:
    """Logs side by side. Shapes: address (rows, 20); topics (4, rows, 32) with `topic_counts` of them set.

    `tx` is the transaction's place in the batch; `data` has any length.
    """

    tx: Integers
    log_index: Integers
    address: Bytes
    topic_counts: Integers
    topics: Bytes
    data: list[bytes]

    def has_topic(self, which: int) -> Flags:
        """Whether each log has its topic number `which` (from 0)."""
        return self.topic_counts > which


_NOTHING: Final = LogColumns(
    np.empty(0, np.int64),
    np.empty(0, np.int64),
    np.empty((0, ADDRESS), np.uint8),
    np.empty(0, np.int64),
    np.empty((_MOST_TOPICS, 0, HASH), np.uint8),
    [],
)


def wanted_logs(batch: Batch, wanted: Wanted) -> LogColumns:
    """The logs of a batch that somebody asked for, in their order. Raises Lie."""
    if not (wanted.topics or wanted.addresses):
        return _NOTHING
    taken = [
        place
        for place, log in enumerate(batch.logs)
        if log.address in wanted.addresses or (log.topics and log.topics[0] in wanted.topics)
    ]
    return columns_of(batch, taken)


def columns_of(batch: Batch, places: Collection[int]) -> LogColumns:
    """The logs at some places of a batch as columns. Raises Lie."""
    logs = [batch.logs[place] for place in places]
    counts = np.array([len(log.topics) for log in logs], np.int64)
    if (counts > _MOST_TOPICS).any():
        raise Lie("a log has more than four topics")
    topics = np.zeros((_MOST_TOPICS, len(logs), HASH), np.uint8)
    for which in range(_MOST_TOPICS):
        having = np.flatnonzero(counts > which)
        topics[which, having] = fixed_bytes([logs[i].topics[which] for i in having], HASH, "a topic")
    where = np.array(list(places), np.int64)
    return LogColumns(
        batch.log_tx[where],
        batch.log_index[where],
        fixed_bytes([log.address for log in logs], ADDRESS, "a log's address"),
        counts,
        topics,
        [_data(log.data) for log in logs],
    )


def _data(text: str) -> bytes:
    try:
        if text.startswith("0x"):
            return bytes.fromhex(text[2:])
    except ValueError:
        pass
    raise Lie("a log's data is no hex")
