"""Logs of an EVM chain as rows of `chain_events`, by the table of signatures.

Invariants:
    A log of another event costs one look-up. One whose words do not fit the types of its event is turned away
    with the reason: any contract can emit any topic. A row says what a contract says, never that it is true.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from clawback.chain_events.signatures import EventSignature, Parameter, SignatureTable, signature_table
from clawback.schemas import MAX_AMOUNT
from clawback.tables.transfers import LOG_BASE

Row = dict[str, Any]

OF_THE_EMITTER: Final = frozenset({"freeze", "unfreeze", "burn", "wrap", "unwrap"})
"""Kinds of events that a token's contract emits about its own units."""

_WORD: Final = 64
_HEX = re.compile(r"0x[0-9a-f]*")


@dataclass(frozen=True)
class LogColumns:
    """Logs of one chain, column by column; entries at one place belong to one log.

    Addresses, hashes, topics and data are hex text with 0x, in any case, or the bytes themselves.
    """

    address: Sequence[str | bytes]
    topics: Sequence[Sequence[str | bytes]]
    data: Sequence[str | bytes]
    block_number: Sequence[int]
    block_time: Sequence[datetime]
    tx_hash: Sequence[str | bytes]
    tx_index: Sequence[int | None]
    log_index: Sequence[int]


@dataclass
class DecodedEvents:
    """Rows of `chain_events` (without source and known_date), and what was turned away."""

    rows: list[Row] = field(default_factory=list)
    turned_away: list[tuple[int, str]] = field(default_factory=list)
    """Place of the log in its columns, and why it is no such event."""


def decode_events(chain: str, logs: LogColumns, table: SignatureTable | None = None) -> DecodedEvents:
    """Picks the logs of known events and decodes them, in the order of the columns.

    Args:
        chain: name of an EVM chain.
        logs: of any events; transfers and unknown ones are passed over.
        table: what events are known; that of the package by default.
    """
    table = table or signature_table()
    known: dict[str | bytes, str] = {}
    for topic0 in table.topic0s:
        known[topic0] = known[bytes.fromhex(topic0[2:])] = topic0
    found = DecodedEvents()
    for place, topics in enumerate(logs.topics):
        if not topics:
            continue
        first = topics[0]
        named = known.get(first.lower() if isinstance(first, str) else first)
        if named is None:
            continue
        try:
            event = table.events.get((named, len(topics)))
            if event is None:
                raise ValueError(f"{len(topics)} topics: an event of the same words with other indexed ones")
            found.rows.append(_row(chain, event, logs, place))
        except ValueError as error:
            found.turned_away.append((place, str(error)))
    return found


def _row(chain: str, event: EventSignature, logs: LogColumns, place: int) -> Row:
    values = _values(event, logs.topics[place], logs.data[place])
    emitter = "0x" + _hex(logs.address[place], 40, "the address")
    amount = None if event.amount is None else values[event.amount]
    if amount is not None and int(amount) > MAX_AMOUNT:
        raise ValueError(f"the amount is wider than DECIMAL(38,0): {amount}")
    return {
        "chain": chain,
        "block_number": logs.block_number[place],
        "block_time": logs.block_time[place],
        "tx_hash": "0x" + _hex(logs.tx_hash[place], _WORD, "the transaction hash"),
        "tx_index": logs.tx_index[place],
        "position": LOG_BASE + logs.log_index[place],
        "kind": event.kind,
        "event": event.name,
        "emitter": emitter,
        "address": None if event.address is None else values[event.address],
        "asset": emitter if event.kind in OF_THE_EMITTER else None,
        "amount": None if amount is None else int(amount),
        "parameters": json.dumps(values, sort_keys=True, separators=(",", ":")),
    }


def _values(event: EventSignature, topics: Sequence[str | bytes], data: str | bytes) -> dict[str, str]:
    words = [_hex(topic, _WORD, "a topic") for topic in topics[1:]]
    rest = [parameter for parameter in event.parameters if not parameter.is_indexed]
    # A few contracts append to the data what no parameter names: then it is another event.
    text = _hex(data, _WORD * len(rest), "the data")
    inline = [text[at : at + _WORD] for at in range(0, len(text), _WORD)]
    values: dict[str, str] = {}
    for parameter in event.parameters:
        values[parameter.name] = _value(parameter, (words if parameter.is_indexed else inline).pop(0))
    return values


def _value(parameter: Parameter, word: str) -> str:
    if parameter.type == "bytes32":
        return f"0x{word}"
    if parameter.type == "address":
        if word[:24].strip("0"):
            raise ValueError(f"{parameter.name} is no address: 0x{word}")
        return f"0x{word[24:]}"
    number = int(word, 16)
    if parameter.type.startswith("int") and number >> 255:
        number -= 1 << 256
    is_signed = parameter.type.startswith("int")
    lowest, highest = (
        (-(1 << parameter.bits - 1), 1 << parameter.bits - 1) if is_signed else (0, 1 << parameter.bits)
    )
    if not lowest <= number < highest:
        raise ValueError(f"{parameter.name} is no {parameter.type}: 0x{word}")
    return str(number)


def _hex(value: str | bytes, digits: int, name: str) -> str:
    text = f"0x{value.hex()}" if isinstance(value, bytes) else value.lower()
    if not _HEX.fullmatch(text) or len(text) != digits + 2:
        raise ValueError(f"{name} is not 0x and {digits} hex digits: {text[:80]}")
    return text[2:]
