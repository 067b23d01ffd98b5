"""What issuers say of holdings without moving a unit: frozen, released, destroyed.

Any contract can emit these words about anybody. They count for a holding of the contract's own units alone.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from clawback.chain_events.decode import LogColumns, decode_events
from clawback.chain_events.signatures import SignatureTable
from clawback.chains.evm.columns import small_integers
from clawback.chains.evm.frontier.reach import Holding
from clawback.chains.evm.frontier.values import Hit
from clawback.chains.evm.shapes import Log

_KINDS: Final = frozenset({"freeze", "unfreeze", "burn"})
_ANY_TIME: Final = datetime(1970, 1, 1, tzinfo=UTC)


def issuer_topics(table: SignatureTable) -> list[str]:
    """First topics of the events that are asked for, ascending."""
    return sorted({event.topic0 for event in table.events.values() if event.kind in _KINDS})


def words_of_issuers(chain: str, logs: Sequence[Log], table: SignatureTable) -> dict[Holding, list[Hit]]:
    """For each holding the transactions in which its issuer speaks of it; what is no such event is left out.

    Raises:
        Lie: a number of a log is none.
    """
    numbers = small_integers([log.block_number for log in logs], "a log's block").tolist()
    places = small_integers([log.transaction_index for log in logs], "a log's transaction index").tolist()
    found = decode_events(
        chain,
        LogColumns(
            [log.address for log in logs],
            [log.topics for log in logs],
            [log.data for log in logs],
            numbers,
            [_ANY_TIME] * len(logs),
            [log.transaction_hash for log in logs],
            places,
            small_integers([log.log_index for log in logs], "a log's index").tolist(),
        ),
        table,
    )
    hits: dict[Holding, set[Hit]] = {}
    for row in found.rows:
        if row["kind"] in _KINDS and row["address"] is not None:
            where = (row["block_number"], row["tx_index"])
            hits.setdefault((row["address"], row["emitter"]), set()).add(where)
    return {holding: sorted(places) for holding, places in sorted(hits.items())}
