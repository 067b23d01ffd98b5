"""Landed answers as transfers (fees, value, inner value, ERC-20, wrapped coins), numbered tokens, events.

Invariants:
    What is an amount and what is none, and what breaks a batch, is decided in `clawback.chains.evm`; this
    makes columns and rows of it. Transfers of nothing are no rows; numbered tokens (ERC-721, ERC-1155) are
    rows of `nft_transfers`, never of `transfers`.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection, Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from clawback.chain_events.signatures import SignatureTable, signatures_with
from clawback.chains.evm.blocks import Batch
from clawback.chains.evm.bounded import inflated
from clawback.chains.evm.failures import NodeFailure
from clawback.chains.evm.heap import be_frugal, give_back
from clawback.chains.evm.internal import UNTOLD
from clawback.chains.evm.nft import numbered_transfers
from clawback.chains.evm.quantities import quantity
from clawback.chains.evm.read import READ_AT_ONCE, Answers, Reading, Wish, read_answers
from clawback.chains.evm.rows import Refused
from clawback.chains.evm.rpc import Question
from clawback.errors import ClawbackError
from clawback.schemas import NATIVE
from clawback.sources.base import Options, ParsedPart, QuarantinedRow, Row, cut_sample, read_bytes
from clawback.sources.evm_rpc.columns import transfer_columns
from clawback.sources.evm_rpc.events import add_events
from clawback.sources.evm_rpc.numbered import numbered_columns
from clawback.sources.stretches import BrokenPart, Places, Stretch, rows_of

MAX_BYTES: Final = 256 << 20
MAX_INFLATED: Final = 1 << 30
_NONE: Final = b"null"
_PIECE: Final = 256 << 10
"""Bytes of a packed file that are unpacked at once."""
_DECIMALS: Final = 18
"""Of every EVM chain's own coin: the machine counts in parts of 10^18."""
_TRIPLES: Final = msgspec.json.Decoder(list[tuple[msgspec.Raw, msgspec.Raw, msgspec.Raw]])


class _Named(msgspec.Struct, gc=False):
    hash: str


class _Place(msgspec.Struct, gc=False):
    number: str
    timestamp: str
    transactions: list[_Named]


_PLACES: Final = Question("eth_getBlockByNumber", _Place)


def parse(data: bytes | Path, options: Options, part: str, day: date | None) -> ParsedPart:
    """Read one landed part; see `clawback.sources.base`."""
    return parse_blocks(data, options, day)


def parse_blocks(
    data: bytes | Path, options: Options, day: date | None, only: Collection[str] | None = None
) -> ParsedPart:
    """Read landed blocks as rows.

    Args:
        data: gzip of JSON lists of [blocks, receipts, traces or null].
        options: `chain`, `native`, `wrapped`, `traces`, `events`, `gas_adds_up`.
        day: only rows of this day, or all.
        only: hashes of transactions that rows are made of; all by default.
    """
    parsed = ParsedPart()
    try:
        for asset in facts(options):
            parsed.add("assets", asset)
        for stretch in stretches(read_bytes(data, MAX_BYTES), options, day, only):
            for row in rows_of(stretch.transfers):
                parsed.add("transfers", row)
            for numbered in stretch.numbered.to_pylist():
                parsed.add("nft_transfers", numbered)
            for event in stretch.events:
                parsed.add("chain_events", event)
            parsed.quarantined += stretch.quarantined
    except ValueError as error:
        parsed.broken = str(error)
    return parsed


def stretches(
    data: bytes, options: Options, day: date | None, only: Collection[str] | None = None
) -> Iterator[Stretch]:
    """Read landed blocks as columns; arguments as of `parse_blocks`, see `clawback.sources.stretches`."""
    be_frugal()
    wish = Wish(
        traces=options["traces"],
        # What an older version has landed was believed then.
        gas_adds_up=options.get("gas_adds_up", False),
        wrapped=frozenset(options["wrapped"]),
    )
    try:
        table = signatures_with(options.get("events", ()))
        for answers in answers_in(data):
            # Parts of older versions hold more at once.
            groups = [group for _, group in answers.in_groups()]
            # What was read is not held while the rows of it are written.
            del answers
            groups.reverse()
            while groups:
                yield _stretch(options["chain"], read_answers(groups.pop(), wish), day, only, table)
    except ClawbackError as error:
        raise BrokenPart(
            error.problem if error.cause is None else f"{error.problem}: {error.cause}"
        ) from error
    except NodeFailure as error:
        raise BrokenPart(str(error)) from error
    except (ValueError, RecursionError) as error:
        raise BrokenPart(f"no batch of blocks and receipts: {type(error).__name__}: {error}") from error


def facts(options: Options) -> list[Row]:
    """The chain's own coin as a row of `assets`; see `clawback.sources.stretches`."""
    if "native" not in options:
        return []  # landed by an older version
    coin = {"symbol": options["native"], "decimals": _DECIMALS}
    return [{"chain": options["chain"], "asset": NATIVE, **coin}]


def places(data: bytes) -> Iterator[Places]:
    """Where the transactions of landed blocks are; see `clawback.sources.stretches`."""
    try:
        for answers in answers_in(data):
            yield Places(
                [
                    (
                        quantity(block.number, "a block's number"),
                        datetime.fromtimestamp(quantity(block.timestamp, "a block's time"), tz=UTC),
                        [transaction.hash.lower() for transaction in block.transactions],
                    )
                    for block in _PLACES.read(answers.blocks)
                ]
            )
    except (NodeFailure, ValueError, OverflowError, RecursionError) as error:
        raise BrokenPart(f"no blocks: {type(error).__name__}: {error}") from error


def answers_in(data: bytes) -> Iterator[Answers]:
    """The answers in a landed part.

    Raises:
        ValueError: no gzip, too large, or no list of answers.
    """
    position = 0
    left = MAX_INFLATED
    while position < len(data) or not position:
        content, position = _member(data, position, left)
        size = len(content)
        left -= size
        triples = _TRIPLES.decode(content)
        del content
        triples.reverse()
        while triples:
            # Whoever takes it holds it alone: it may be most of what may be held.
            yield _answers(triples.pop())
        if size > READ_AT_ONCE:
            give_back()


def _answers(triple: tuple[msgspec.Raw, msgspec.Raw, msgspec.Raw]) -> Answers:
    blocks, receipts, traces = (memoryview(one) for one in triple)
    return Answers(blocks, receipts, None if bytes(traces[: len(_NONE)]) == _NONE else traces)


def _member(data: bytes, position: int, most: int) -> tuple[bytearray, int]:
    """What the gzip member at a position holds, and where the next one begins."""
    inflate = zlib.decompressobj(wbits=31)
    # Grown in place: the library would put large pieces together beside them.
    content = bytearray()
    while not inflate.eof:
        piece = data[position : position + _PIECE]
        if not piece:
            raise ValueError("the gzip file ends too early")
        position += len(piece)
        try:
            for found in inflated(inflate, piece):
                content += found
                if len(content) > most:
                    raise ValueError("the gzip file is too large")
        except zlib.error as error:
            raise ValueError(f"no gzip: {error}") from error
    return content, position - len(inflate.unused_data)


def _stretch(
    chain: str,
    reading: Reading,
    day: date | None,
    only: Collection[str] | None,
    table: SignatureTable,
) -> Stretch:
    batch = reading.batch
    times = [datetime.fromtimestamp(second, tz=UTC) for second in batch.times.tolist()]
    found = ParsedPart()
    add_events(found, chain, batch, times, day, only, table, reading.created)
    no_tokens = Refused()
    numbered = numbered_transfers(batch, no_tokens)
    return Stretch(
        int(batch.numbers[0]),
        int(batch.numbers[-1]),
        batch.headers[0].parent_hash,
        batch.headers[-1].hash,
        transfer_columns(chain, reading, day, only),
        numbered_columns(chain, batch, numbered, day, only),
        found.rows.get("chain_events", []),
        [
            *found.quarantined,
            *_refused("transfers", batch, reading.refused, times, day, only),
            *_refused("nft_transfers", batch, no_tokens, times, day, only),
        ],
    )


def _refused(
    table: str,
    batch: Batch,
    refused: Refused,
    times: list[datetime],
    day: date | None,
    only: Collection[str] | None,
) -> Iterator[QuarantinedRow]:
    for tx, position, contract, reason, says in sorted(refused.records):
        block, tx_hash = int(batch.tx_block[tx]), batch.transactions[tx].hash
        moment = times[block].date()
        if (only is not None and tx_hash not in only) or day not in (None, moment):
            continue
        # An amount's digits are part of the reason: the sample may be cut.
        about = f"{tx_hash}: {reason}: {says}" if says.isdecimal() else f"{tx_hash}: {reason}"
        sample: dict[str, Any] = {"position": position, "contract": contract, "says": says}
        of_node = reason == UNTOLD
        yield QuarantinedRow(table, int(batch.numbers[block]), about, cut_sample(sample), moment, of_node)
