"""Landed answers as transfers (fees, value, inner value, ERC-20 logs, wrapped coins) and chain events.

Invariants:
    What is an amount and what is none, and what breaks a batch, is decided in `clawback.chains.evm`; this
    makes rows of it. Transfers of nothing and numbered tokens (ERC-721, ERC-1155) are no rows of `transfers`.
"""

from __future__ import annotations

import zlib
from collections.abc import Collection
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import msgspec

from clawback.chains.evm.failures import NodeFailure
from clawback.chains.evm.read import Answers, Reading, Wish, read_answers
from clawback.chains.evm.transfers import FEE_KIND, KINDS, TOKEN_KIND
from clawback.errors import ClawbackError
from clawback.schemas import NATIVE
from clawback.sources.base import Options, ParsedPart, QuarantinedRow, Row, cut_sample, read_bytes
from clawback.sources.evm_rpc.events import add_events

MAX_BYTES: Final = 256 << 20
MAX_INFLATED: Final = 1 << 30
_NONE: Final = b"null"
_TRIPLES: Final = msgspec.json.Decoder(list[tuple[msgspec.Raw, msgspec.Raw, msgspec.Raw]])


def parse(data: bytes | Path, options: Options, part: str, day: date | None) -> ParsedPart:
    """Read one landed part; see `clawback.sources.base`."""
    return parse_blocks(data, options, day)


def parse_blocks(
    data: bytes | Path, options: Options, day: date | None, only: Collection[str] | None = None
) -> ParsedPart:
    """Read landed blocks.

    Args:
        data: gzip of a JSON list of [blocks, receipts, traces or null].
        options: `chain`, `wrapped`, `traces`.
        day: only rows of this day, or all.
        only: hashes of transactions that rows are made of; all by default.
    """
    parsed = ParsedPart()
    wish = Wish(traces=options["traces"], wrapped=frozenset(options["wrapped"]))
    try:
        for answers in answers_in(read_bytes(data, MAX_BYTES)):
            reading = read_answers(answers, wish)
            _take(parsed, options["chain"], reading, day, only)
    except ClawbackError as error:
        parsed.broken = error.problem if error.cause is None else f"{error.problem}: {error.cause}"
    except NodeFailure as error:
        parsed.broken = str(error)
    except (ValueError, RecursionError) as error:
        parsed.broken = f"no batch of blocks and receipts: {type(error).__name__}: {error}"
    return parsed


def answers_in(data: bytes) -> list[Answers]:
    """The answers in a landed part.

    Raises:
        ValueError: no gzip, too large, or no list of answers.
    """
    return [
        Answers(bytes(blocks), bytes(receipts), None if bytes(traces) == _NONE else bytes(traces))
        for blocks, receipts, traces in _TRIPLES.decode(_inflated(data))
    ]


def _inflated(data: bytes) -> bytes:
    inflate = zlib.decompressobj(wbits=31)
    try:
        content = inflate.decompress(data, MAX_INFLATED)
    except zlib.error as error:
        raise ValueError(f"no gzip: {error}") from error
    if not inflate.eof:
        raise ValueError("the gzip file ends too early or is too large")
    return content


def _take(
    parsed: ParsedPart, chain: str, reading: Reading, day: date | None, only: Collection[str] | None
) -> None:
    batch, rows = reading.batch, reading.rows
    times = [datetime.fromtimestamp(second, tz=UTC) for second in batch.times.tolist()]
    block_of = batch.tx_block.tolist()
    tx_index = batch.tx_index.tolist()
    for tx, position, kind, sender, receiver, asset, amount in zip(
        rows.tx.tolist(),
        rows.position.tolist(),
        rows.kind.tolist(),
        *(map(bytes.hex, map(bytes, column)) for column in (rows.sender, rows.receiver, rows.asset)),
        (int.from_bytes(bytes(one), "little") for one in reading.amounts),
        strict=True,
    ):
        block = block_of[tx]
        if only is not None and batch.transactions[tx].hash not in only:
            continue
        if amount and (day is None or times[block].date() == day):
            row: Row = {
                "chain": chain,
                "block_number": int(batch.numbers[block]),
                "block_time": times[block],
                "block_hash": batch.headers[block].hash,
                "tx_hash": batch.transactions[tx].hash,
                "tx_index": tx_index[tx],
                "position": position,
                "kind": KINDS[kind],
                "from_address": f"0x{sender}",
                "to_address": None if kind == FEE_KIND else f"0x{receiver}",
                "asset": f"0x{asset}" if kind >= TOKEN_KIND else NATIVE,
                "amount": amount,
                "outpoint": None,
                "order_quality": "exact",
                "_positioned": True,
            }
            parsed.add("transfers", row)
    add_events(parsed, chain, batch, times, day, only)
    for tx, position, contract, reason, says in sorted(reading.refused.records):
        moment = times[block_of[tx]]
        if only is not None and batch.transactions[tx].hash not in only:
            continue
        if day is None or moment.date() == day:
            number = int(batch.numbers[block_of[tx]])
            sample: dict[str, Any] = {"position": position, "contract": contract, "says": says}
            about = (
                f"{batch.transactions[tx].hash}: {reason}: {says}"
                if says.isdecimal()
                else (f"{batch.transactions[tx].hash}: {reason}")
            )
            parsed.quarantined.append(
                QuarantinedRow("transfers", number, about, cut_sample(sample), moment.date())
            )
