"""A range of blocks from the nodes to checked rows, whichever way the blocks are asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

import pyarrow as pa

from clawback.chains.evm.blocks import batch_of_logs
from clawback.chains.evm.bloom import check_logs_in_bloom
from clawback.chains.evm.failures import NotOffered, TooMuch
from clawback.chains.evm.logs import Wanted, wanted_logs
from clawback.chains.evm.nft import numbered_transfers
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.read import Answers, Reading, Wish, ask_blocks, read_answers
from clawback.chains.evm.rows import Refused, without_wide
from clawback.chains.evm.rpc import Question
from clawback.chains.evm.shapes import Header, Log
from clawback.chains.evm.tables import (
    block_table,
    log_table,
    nft_table,
    quarantine_table,
    transfer_table,
)
from clawback.chains.evm.topics import TRANSFER
from clawback.chains.evm.transfers import token_transfers
from clawback.chains.evm.transport import Endpoint
from clawback.chains.evm.withheld import check_withheld
from clawback.errors import ClawbackError

T = TypeVar("T")
Some = TypeVar("Some", range, list[int])
"""Numbers of blocks, ascending."""

_HEADERS: Final = Question("eth_getBlockByNumber", Header)
_LOGS: Final = Question("eth_getLogs", list[Log])


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
    """Fetch blocks as rows, in one piece where the node gives so many at once.

    Raises:
        ClawbackError: no node gave an answer that holds.
    """
    return in_parts(nodes, asked, lambda endpoint, part: _fetch(nodes, endpoint, part, wish))


def in_parts(nodes: Nodes, asked: Some, attempt: Callable[[Endpoint, Some], T]) -> list[T]:
    """Let the nodes attempt some blocks; in halves where that is too much for them.

    Raises:
        ClawbackError: no node succeeded.
    """
    name = f"block {asked[0]}" if len(asked) == 1 else f"blocks {asked[0]} to {asked[-1]}"
    try:
        return [nodes.try_each(name, lambda endpoint: attempt(endpoint, asked), divisible=len(asked) > 1)]
    except TooMuch:
        nodes.pace.too_much(len(asked))
    except NotOffered as error:
        raise ClawbackError(
            "the node does not offer what is needed",
            cause=str(error),
            remedy="name a node that does, beside this one or in its place",
        ) from error
    middle = len(asked) // 2
    return [part for half in (asked[:middle], asked[middle:]) for part in in_parts(nodes, half, attempt)]


def ask_and_read(
    nodes: Nodes, endpoint: Endpoint, asked: range, wish: Wish, make: Callable[[Answers, Reading], T]
) -> T:
    """Ask one endpoint for full blocks, check the answers, and make something of them; the pace learns.

    Raises:
        NodeFailure: they do not hold.
    """
    begun = time.monotonic()
    answers = ask_blocks(endpoint, asked, wish.traces)
    waited = time.monotonic() - begun
    with nodes.pace.reading:
        begun = time.monotonic()
        found = make(answers, read_answers(answers, wish, asked))
        nodes.pace.took(len(asked), answers.largest, waited, begun, time.monotonic())
    return found


def _fetch(nodes: Nodes, endpoint: Endpoint, asked: range, wish: Wish) -> Piece:
    # Rows are made in here too: text that turns out to be no address is a reason to ask another node.
    return (
        _of_logs(nodes, endpoint, asked, wish)
        if wish.only_token_transfers
        else ask_and_read(nodes, endpoint, asked, wish, lambda _, reading: _piece(reading, wish.logs))
    )


def _of_logs(nodes: Nodes, endpoint: Endpoint, asked: range, wish: Wish) -> Piece:
    begun = time.monotonic()
    of_headers = _HEADERS.post(endpoint, [(hex(number), False) for number in asked])
    bounds = {"fromBlock": hex(asked.start), "toBlock": hex(asked.stop - 1), "topics": [TRANSFER]}
    of_logs = _LOGS.post(endpoint, [(bounds,)])
    waited = time.monotonic() - begun
    with nodes.pace.reading:
        begun = time.monotonic()
        headers = _HEADERS.read(of_headers, len(asked))
        batch = batch_of_logs(asked, headers, _LOGS.read(of_logs, 1)[0])
        if wish.check_bloom:
            check_logs_in_bloom(batch)
        refused = Refused()
        rows, amounts = without_wide(token_transfers(batch, refused), refused)
        piece = _piece(Reading(batch, rows, amounts, refused), wish.logs)
        largest = max(len(of_headers), len(of_logs))
        nodes.pace.took(len(asked), largest, waited, begun, time.monotonic())
    # This may ask the node again.
    check_withheld(endpoint, batch, headers, TRANSFER, wish.proof)
    return piece


def _piece(reading: Reading, wanted: Wanted) -> Piece:
    batch = reading.batch
    numbered = numbered_transfers(batch, reading.refused)
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
            "whole_blocks": reading.whole,
        },
        {
            "blocks": block_table(batch),
            "transfers": transfer_table(batch, reading.rows, reading.amounts),
            "nft_transfers": nft_table(batch, numbered),
            "logs": log_table(batch, wanted_logs(batch, wanted)),
            "quarantine": quarantine_table(batch, reading.refused),
        },
    )
