"""Chain events of blocks: logs by the table of signatures, and contracts that were created.

A contract that another one creates is seen where the node traces, and told by the event of its factory, where
there is one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, datetime
from typing import Final

from clawback.chain_events.decode import LogColumns, decode_events
from clawback.chain_events.signatures import SignatureTable, signature_table
from clawback.chains.evm.blocks import Batch
from clawback.chains.evm.internal import Creation
from clawback.schemas import CHAIN_EVENTS
from clawback.sources.base import ParsedPart, QuarantinedRow, Row, cut_sample
from clawback.tables.transfers import VALUE

_TABLE: Final = "chain_events"
_FAILED: Final = "0x0"


def add_events(
    parsed: ParsedPart,
    chain: str,
    batch: Batch,
    times: Sequence[datetime],
    day: date | None,
    only: Collection[str] | None = None,
    table: SignatureTable | None = None,
    created: Sequence[Creation] = (),
) -> None:
    """Adds the events of a batch; a log that does not fit its event is turned away.

    Args:
        parsed: given the rows.
        chain: name of the chain.
        batch: full blocks with receipts, checked.
        times: of its blocks.
        day: only this day, or all.
        only: hashes of the transactions that are read; all by default.
        table: what events are known; that of the package by default.
        created: contracts that other contracts created.
    """
    table = table or signature_table()
    topic0s, block_of = table.topic0s, batch.tx_block.tolist()
    log_tx = batch.log_tx.tolist()
    wanted = [
        place
        for place, log in enumerate(batch.logs)
        if log.topics
        and log.topics[0] in topic0s
        and day in (None, times[block_of[log_tx[place]]].date())
        and (only is None or log.transaction_hash in only)
    ]
    logs, blocks = [batch.logs[place] for place in wanted], [block_of[log_tx[place]] for place in wanted]
    columns = LogColumns(
        [log.address for log in logs],
        [log.topics for log in logs],
        [log.data for log in logs],
        [int(batch.numbers[block]) for block in blocks],
        [times[block] for block in blocks],
        [batch.transactions[log_tx[place]].hash for place in wanted],
        [int(batch.tx_index[log_tx[place]]) for place in wanted],
        batch.log_index[wanted].tolist(),
    )
    found = decode_events(chain, columns, table)
    for row in [*_created(chain, batch, times, day, created), *found.rows]:
        if only is None or row["tx_hash"] in only:
            parsed.add(_TABLE, row)
    for place, reason in found.turned_away:
        about = f"{columns.tx_hash[place]!s}, log {columns.log_index[place]}: {reason}"
        sample = cut_sample({"address": columns.address[place], "topics": columns.topics[place]})
        moment = columns.block_time[place].date()
        number = columns.block_number[place]
        parsed.quarantined.append(QuarantinedRow(_TABLE, number, about, sample, moment, of_source=False))


def _created(
    chain: str, batch: Batch, times: Sequence[datetime], day: date | None, inner: Sequence[Creation]
) -> Iterator[Row]:
    creations = [
        Creation(tx, VALUE, transaction.sender.lower(), receipt.contract_address.lower())
        for tx, (transaction, receipt) in enumerate(zip(batch.transactions, batch.receipts, strict=True))
        if transaction.to is None and receipt.contract_address is not None and receipt.status != _FAILED
    ]
    for creation in sorted([*creations, *inner], key=lambda one: (one.tx, one.position)):
        block = int(batch.tx_block[creation.tx])
        if day in (None, times[block].date()):
            yield dict.fromkeys(CHAIN_EVENTS.names[:-2]) | {
                "chain": chain,
                "block_number": int(batch.numbers[block]),
                "block_time": times[block],
                "tx_hash": batch.transactions[creation.tx].hash,
                "tx_index": int(batch.tx_index[creation.tx]),
                "position": creation.position,
                "kind": "created",
                "event": "create",
                "emitter": creation.creator,
                "address": creation.address,
                "parameters": "{}",
            }
