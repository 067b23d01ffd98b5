"""A range of blocks from the nodes to checked rows, whichever way the blocks are asked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import pyarrow as pa

from clawback.chains.evm.blocks import Batch, batch_of_blocks, batch_of_logs
from clawback.chains.evm.bloom import check_blooms, check_logs_in_bloom
from clawback.chains.evm.failures import NotOffered, TooMuch
from clawback.chains.evm.internal import values_of_frames, values_of_traces
from clawback.chains.evm.logs import Wanted, wanted_logs
from clawback.chains.evm.nft import numbered_transfers
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.plan import TraceMethod
from clawback.chains.evm.receipts_root import check_receipts_roots
from clawback.chains.evm.rpc import Question
from clawback.chains.evm.shapes import Block, Header, Log, Receipt, Trace, TracedTransaction
from clawback.chains.evm.tables import (
    block_table,
    log_table,
    nft_table,
    quarantine_table,
    transfer_table,
)
from clawback.chains.evm.topics import TRANSFER
from clawback.chains.evm.transfers import (
    Refused,
    Rows,
    fees,
    in_order,
    native_values,
    token_transfers,
    without_wide,
    wrapped_moves,
)
from clawback.chains.evm.transport import Endpoint
from clawback.errors import ClawbackError

_BLOCKS: Final = Question("eth_getBlockByNumber", Block)
_HEADERS: Final = Question("eth_getBlockByNumber", Header)
_RECEIPTS: Final = Question("eth_getBlockReceipts", list[Receipt])
_LOGS: Final = Question("eth_getLogs", list[Log])
_TRACES: Final = Question("trace_block", list[Trace])
_FRAMES: Final = Question("debug_traceBlockByNumber", list[TracedTransaction])
_CALL_TRACER: Final = {"tracer": "callTracer"}


@dataclass(frozen=True)
class Wish:
    """What is asked of the nodes, and what of it is proven by more than the default checks."""

    only_token_transfers: bool = False
    traces: TraceMethod | None = None
    check_bloom: bool = False
    check_receipts_root: bool = False
    wrapped: frozenset[str] = frozenset()
    """Contracts of the wrapped native asset, lower-case hex."""
    logs: Wanted = field(default_factory=Wanted)


@dataclass(frozen=True)
class Piece:
    """Consecutive blocks, checked, as rows of tables; and what the next ones must link to."""

    first_parent: str
    last_hash: str
    first_time: int
    last_time: int
    counts: Mapping[str, int]
    tables: Mapping[str, pa.Table]


def fetch(nodes: Nodes, asked: range, wish: Wish) -> list[Piece]:
    """Fetch blocks; in halves where a node does not give so many at once.

    Raises:
        ClawbackError: no node gave an answer that holds.
    """
    name = f"block {asked.start}" if len(asked) == 1 else f"blocks {asked.start} to {asked.stop - 1}"
    try:
        found = nodes.try_each(
            name, lambda endpoint: _fetch(nodes, endpoint, asked, wish), divisible=len(asked) > 1
        )
        return [found]
    except TooMuch:
        nodes.pace.too_much(len(asked))
    except NotOffered as error:
        raise ClawbackError(
            "the node does not offer what is needed",
            cause=str(error),
            remedy="name a node that does: --rpc URL2",
        ) from error
    middle = asked.start + len(asked) // 2
    halves = range(asked.start, middle), range(middle, asked.stop)
    return [piece for half in halves for piece in fetch(nodes, half, wish)]


def _fetch(nodes: Nodes, endpoint: Endpoint, asked: range, wish: Wish) -> Piece:
    # Rows are made in here too: text that turns out to be no address is a reason to ask another node.
    return (
        _of_logs(nodes, endpoint, asked, wish)
        if wish.only_token_transfers
        else _of_blocks(nodes, endpoint, asked, wish)
    )


def _of_blocks(nodes: Nodes, endpoint: Endpoint, asked: range, wish: Wish) -> Piece:
    blocks, of_blocks = _BLOCKS.ask(endpoint, [(hex(number), True) for number in asked])
    receipts, of_receipts = _RECEIPTS.ask(endpoint, [(hex(number),) for number in asked])
    batch = batch_of_blocks(asked, blocks, receipts)
    if wish.check_bloom:
        check_blooms(batch)
    if wish.check_receipts_root:
        check_receipts_roots(blocks, receipts)
    refused = Refused()
    tokens = token_transfers(batch, refused)
    parts = [
        fees(batch),
        native_values(batch, refused),
        tokens,
        wrapped_moves(batch, wish.wrapped, tokens),
    ]
    of_traces = 0
    if wish.traces == "trace_block":
        traces, of_traces = _TRACES.ask(endpoint, [(hex(number),) for number in asked])
        parts.append(values_of_traces(batch, traces))
    elif wish.traces == "debug_traceBlockByNumber":
        frames, of_traces = _FRAMES.ask(endpoint, [(hex(number), _CALL_TRACER) for number in asked])
        parts.append(values_of_frames(batch, frames))
    piece = _piece(batch, parts, refused, wish.logs)
    nodes.pace.took(len(asked), max(of_blocks, of_receipts, of_traces))
    return piece


def _of_logs(nodes: Nodes, endpoint: Endpoint, asked: range, wish: Wish) -> Piece:
    headers, of_headers = _HEADERS.ask(endpoint, [(hex(number), False) for number in asked])
    bounds = {"fromBlock": hex(asked.start), "toBlock": hex(asked.stop - 1), "topics": [TRANSFER]}
    logs, of_logs = _LOGS.ask(endpoint, [(bounds,)])
    batch = batch_of_logs(asked, headers, logs[0])
    if wish.check_bloom:
        check_logs_in_bloom(batch)
    refused = Refused()
    piece = _piece(batch, [token_transfers(batch, refused)], refused, wish.logs)
    nodes.pace.took(len(asked), max(of_headers, of_logs))
    return piece


def _piece(batch: Batch, parts: list[Rows], refused: Refused, wanted: Wanted) -> Piece:
    rows, amounts = without_wide(in_order(parts), refused)
    numbered = numbered_transfers(batch, refused)
    return Piece(
        batch.headers[0].parent_hash,
        batch.headers[-1].hash,
        int(batch.times[0]),
        int(batch.times[-1]),
        {
            "blocks": len(batch.headers),
            "transactions": len(batch.tx_hashes),
            "receipts": len(batch.receipts),
            "logs": len(batch.logs),
        },
        {
            "blocks": block_table(batch),
            "transfers": transfer_table(batch, rows, amounts),
            "nft_transfers": nft_table(batch, numbered),
            "logs": log_table(batch, wanted_logs(batch, wanted)),
            "quarantine": quarantine_table(batch, refused),
        },
    )
