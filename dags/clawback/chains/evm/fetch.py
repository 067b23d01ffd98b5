"""A range of blocks from the nodes to checked rows, whichever way the blocks are asked for."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

import msgspec
import pyarrow as pa

from clawback.chains.evm.blocks import Batch, batch_of_logs
from clawback.chains.evm.bloom import check_logs_in_bloom
from clawback.chains.evm.failures import Lie, NotOffered, TooLarge, TooMuch
from clawback.chains.evm.logs import Wanted, wanted_logs
from clawback.chains.evm.nft import numbered_transfers
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.read import READ_AT_ONCE, Answers, Reading, Wish, ask_blocks, read_answers
from clawback.chains.evm.receipts import read_logs
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
_EACH_LOG: Final = Question("eth_getLogs", list[msgspec.Raw])


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
    parts = in_parts(nodes, asked, lambda endpoint, part: _fetch(nodes, endpoint, part, wish))
    return [piece for part in parts for piece in part]


def fetch_first(nodes: Nodes, asked: range, wish: Wish, *, alone: bool) -> tuple[list[Piece], int]:
    """Fetch the first of some blocks as rows, for `lanes`; arguments and what is given as of `first_of`."""
    return first_of(nodes, asked, lambda endpoint, part: _fetch(nodes, endpoint, part, wish), alone=alone)


def first_of(
    nodes: Nodes, asked: Some, attempt: Callable[[Endpoint, Some], list[T]], *, alone: bool
) -> tuple[list[T], int]:
    """Let the nodes attempt some blocks; fewer of them, where that is too much for them or for us.

    Args:
        nodes: the chain's nodes.
        asked: numbers of blocks.
        attempt: asks an endpoint, and makes something of some of the blocks.
        alone: whether nothing else is under way.

    Returns:
        What was made of the first blocks, and how many these are: none where not even one may be held beside
        others.

    Raises:
        ClawbackError: no node succeeded.
    """
    while True:
        divisible = len(asked) > 1 or not alone
        attempt_these = _bound(attempt, asked)
        try:
            return nodes.try_each(_name(asked), attempt_these, divisible=divisible, alone=alone), len(asked)
        except TooMuch as error:
            if len(asked) == 1:
                nodes.pace.heavy()
                return [], 0
            _learn(nodes, error, len(asked))
            # A node that has made an answer for nothing is to do so once, not once for each halving.
            asked = asked[: max(1, len(asked) // (error.times if isinstance(error, TooLarge) else 2))]
        except NotOffered as error:
            raise _not_offered(error) from error


def in_parts(nodes: Nodes, asked: Some, attempt: Callable[[Endpoint, Some], T]) -> list[T]:
    """Let the nodes attempt some blocks; in halves where that is too much for them.

    Raises:
        ClawbackError: no node succeeded.
    """
    try:
        return [
            nodes.try_each(_name(asked), lambda endpoint: attempt(endpoint, asked), divisible=len(asked) > 1)
        ]
    except TooMuch as error:
        _learn(nodes, error, len(asked))
    except NotOffered as error:
        raise _not_offered(error) from error
    middle = len(asked) // 2
    return [part for half in (asked[:middle], asked[middle:]) for part in in_parts(nodes, half, attempt)]


def ask_and_read(
    nodes: Nodes, endpoint: Endpoint, asked: range, wish: Wish, make: Callable[[Answers, Reading], T]
) -> list[T]:
    """Ask one endpoint for full blocks, check the answers, and make something of them; the pace learns.

    Returns:
        What was made, of as many blocks at a time as are decoded together.

    Raises:
        NodeFailure: they do not hold.
    """
    begun = time.monotonic()
    answers = ask_blocks(endpoint, asked, wish.traces)
    waited = time.monotonic() - begun
    with nodes.pace.reading:
        begun = time.monotonic()
        found: list[T] = []
        last: Batch | None = None
        rest = asked
        for count, group in answers.in_groups(len(asked)):
            reading = read_answers(group, wish, rest[:count])
            rest = rest[count:]
            _check_follows(last, reading.batch)
            last = reading.batch
            found.append(make(group, reading))
        nodes.pace.took(len(asked), max(answers.sizes), waited, begun, time.monotonic())
    return found


def _name(asked: Sequence[int]) -> str:
    return f"block {asked[0]}" if len(asked) == 1 else f"blocks {asked[0]} to {asked[-1]}"


def _bound(attempt: Callable[[Endpoint, Some], T], asked: Some) -> Callable[[Endpoint], T]:
    return lambda endpoint: attempt(endpoint, asked)


def _learn(nodes: Nodes, error: TooMuch, blocks: int) -> None:
    if isinstance(error, TooLarge):
        nodes.pace.too_large(blocks // error.times)
    else:
        nodes.pace.too_much(blocks)


def _not_offered(error: NotOffered) -> ClawbackError:
    return ClawbackError(
        "the node does not offer what is needed",
        cause=str(error),
        remedy="name a node that does, beside this one or in its place",
    )


def _check_follows(last: Batch | None, batch: Batch) -> None:
    if last is not None and (
        batch.headers[0].parent_hash != last.headers[-1].hash or batch.times[0] < last.times[-1]
    ):
        raise Lie(f"block {batch.numbers[0]} is not the child of the block before it")


def _fetch(nodes: Nodes, endpoint: Endpoint, asked: range, wish: Wish) -> list[Piece]:
    # Rows are made in here too: text that turns out to be no address is a reason to ask another node.
    return (
        [_of_logs(nodes, endpoint, asked, wish)]
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
        batch = batch_of_logs(asked, headers, _logs(of_logs))
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


def _logs(answer: bytes | bytearray) -> list[Log]:
    if len(answer) <= READ_AT_ONCE:
        return _LOGS.read(answer, 1)[0]
    return read_logs(_EACH_LOG.read(answer, 1)[0], _LOGS.method)


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
