"""Rows of the table `chain_events`, or raw logs, as events.

Layout:
    Given events have chain (or the option of that name), block_number, block_time, tx_hash, kind, emitter,
    and position or log_index; where known tx_index, event, address, asset, amount, parameters (as JSON).
    Raw logs have chain (or the option), address, topics (a list as JSON, or separated by commas) or topic0
    to topic3, data, block_number, block_time, tx_hash, log_index and where known tx_index.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Final

from clawback.chain_events.decode import OF_THE_EMITTER, LogColumns, decode_events
from clawback.chain_events.signatures import SignatureTable, signatures_with
from clawback.schemas import EVENT_KINDS
from clawback.sources.base import Options, ParsedPart, QuarantinedRow, Row, cut_sample
from clawback.sources.tabular import BrokenFile, Record, Table, open_table
from clawback.tables.addresses import (
    EVM_CHAINS,
    FORMS_OF_CHAIN,
    normalise_address,
    normalise_asset,
    normalise_tx_hash,
)
from clawback.tables.exact import parse_integer, parse_number, parse_time, to_base_units
from clawback.tables.transfers import LOG_BASE

_PLACE: Final = frozenset({"block_number", "block_time", "tx_hash"})
_GIVEN: Final = _PLACE | {"kind", "emitter"}
_LOGS: Final = _PLACE | {"address", "data", "log_index"}
_TOPICS: Final = ("topic0", "topic1", "topic2", "topic3")
_WITH_ADDRESS: Final = OF_THE_EMITTER | {"created"}
_WITH_AMOUNT: Final = frozenset({"burn", "wrap", "unwrap"})
_MAX_NAME: Final = 100
_MAX_PARAMETERS: Final = 10_000
_MAX_TOPICS: Final = 1_000


def parse(data: bytes | Path, options: Options, part: str, day: date | None) -> ParsedPart:
    """Read a file of events or logs; see `clawback.sources.base`."""
    parsed = ParsedPart()
    try:
        table = open_table(data)
        columns = set(table.columns)
        if "chain" not in columns and options.get("chain") is None:
            raise BrokenFile("no column 'chain', and the source has no option of that name")
        if "amount" in table.floats:
            raise BrokenFile("amount is floating point: its figures have lost digits")
        is_logs = columns >= _LOGS and bool(columns & {"topics", "topic0"})
        if not is_logs and not (columns >= _GIVEN and columns & {"position", "log_index"}):
            raise BrokenFile(
                f"the columns are {', '.join(table.columns)}, expected {', '.join(sorted(_GIVEN))} and"
                f" position or log_index, or of logs {', '.join(sorted(_LOGS))} and topics or topic0"
            )
        signatures = {name: signatures_with(rows) for name, rows in options.get("events", {}).items()}
        _read(parsed, table, options.get("chain"), day, signatures if is_logs else None)
    except BrokenFile as error:
        parsed.broken = str(error)
    return parsed


def _read(
    parsed: ParsedPart,
    table: Table,
    chain: str | None,
    day: date | None,
    signatures: Mapping[str, SignatureTable] | None,
) -> None:
    """Reads logs by the signatures of chains that have some of their own; given events where None."""
    for record in table.records:
        moment: date | None = None
        try:
            if record.problem is not None:
                raise ValueError(record.problem)
            cells = {name: cell.strip() for name, cell in record.cells.items()}
            cells["chain"] = cells.get("chain") or chain or ""
            time = parse_time(cells["block_time"], "iso8601")
            moment = time.date()
            if day is not None and moment != day:
                continue
            common = {**_common(cells), "block_time": time}
            row = _given(cells, common) if signatures is None else _decoded(cells, common, signatures)
            if row is not None:
                parsed.add("chain_events", row)
        except ValueError as error:
            parsed.quarantined.append(_turned_away(record, str(error), moment))


def _common(cells: dict[str, str]) -> Row:
    chain = cells["chain"]
    if chain not in FORMS_OF_CHAIN:
        raise ValueError(f"no chain is named '{chain[:40]}'")
    return {
        "chain": chain,
        "block_number": parse_integer(cells["block_number"], "block_number", 2**62),
        "tx_hash": normalise_tx_hash(cells["tx_hash"], chain),
        "tx_index": _whole(cells, "tx_index", 2**31 - 1),
    }


def _given(cells: dict[str, str], common: Row) -> Row:
    chain, kind = common["chain"], cells["kind"]
    if kind not in EVENT_KINDS:
        raise ValueError(f"'{kind[:40]}' is no kind of event ({', '.join(sorted(EVENT_KINDS))})")
    log_index, position = _whole(cells, "log_index", 2**40), _whole(cells, "position", 2**62)
    if position is None and log_index is None:
        raise ValueError("neither position nor log_index")
    emitter = normalise_address(cells["emitter"], chain)
    address, asset, amount = (cells.get(name, "") for name in ("address", "asset", "amount"))
    if not address and kind in _WITH_ADDRESS:
        raise ValueError(f"'{kind}' needs an address")
    if not amount and kind in _WITH_AMOUNT:
        raise ValueError(f"'{kind}' needs an amount")
    event = cells.get("event", "") or kind
    if len(event) > _MAX_NAME or not event.isprintable():
        raise ValueError("event is no plain name")
    return {
        **common,
        "position": position if position is not None else LOG_BASE + (log_index or 0),
        "kind": kind,
        "event": event,
        "emitter": emitter,
        "address": normalise_address(address, chain) if address else None,
        "asset": _asset(asset, kind, emitter, chain),
        "amount": to_base_units(parse_number(amount), 0) if amount else None,
        "parameters": _parameters(cells.get("parameters", "")),
    }


def _asset(text: str, kind: str, emitter: str, chain: str) -> str | None:
    if kind not in OF_THE_EMITTER:
        return normalise_asset(text, chain) if text else None
    # A contract freezes and burns its own units alone; a file that says otherwise would burn anybody's.
    if text and normalise_asset(text, chain) != emitter:
        raise ValueError(f"'{kind}' is about units of the emitter, not of {text[:60]}")
    return emitter


def _parameters(text: str) -> str:
    if len(text) > _MAX_PARAMETERS:
        raise ValueError(f"the parameters have more than {_MAX_PARAMETERS} characters")
    try:
        # Numbers stay the text that they are: a float would lose digits.
        value = json.loads(text or "{}", parse_int=str, parse_float=str, parse_constant=str)
    except RecursionError as error:
        raise ValueError("the parameters nest too deeply") from error
    if not isinstance(value, dict):
        raise ValueError("the parameters are no JSON object")
    return json.dumps(value, sort_keys=True, separators=(",", ":"))


def _decoded(cells: dict[str, str], common: Row, signatures: Mapping[str, SignatureTable]) -> Row | None:
    if common["chain"] not in EVM_CHAINS:
        raise ValueError(f"logs of '{common['chain']}' cannot be decoded")
    found = decode_events(
        common["chain"],
        LogColumns(
            [normalise_address(cells["address"], common["chain"])],
            [_topics(cells)],
            [cells["data"] or "0x"],
            [common["block_number"]],
            [common["block_time"]],
            [common["tx_hash"]],
            [common["tx_index"]],
            [parse_integer(cells["log_index"], "log_index", 2**40)],
        ),
        signatures.get(common["chain"]),
    )
    if found.turned_away:
        raise ValueError(found.turned_away[0][1])
    return found.rows[0] if found.rows else None


def _topics(cells: dict[str, str]) -> list[str]:
    if "topics" not in cells:
        return [topic for name in _TOPICS if (topic := cells.get(name, ""))]
    text = cells["topics"]
    if len(text) > _MAX_TOPICS:
        raise ValueError(f"the topics have more than {_MAX_TOPICS} characters")
    if not text.startswith("["):
        return [topic.strip() for topic in text.split(",") if topic.strip()]
    # A list of a Parquet column reads with single quotes.
    topics = json.loads(text.replace("'", '"'))
    if not all(isinstance(topic, str) for topic in topics):
        raise ValueError("the topics are no list of text")
    return list(topics)


def _whole(cells: dict[str, str], name: str, most: int) -> int | None:
    text = cells.get(name, "")
    return parse_integer(text, name, most) if text else None


def _turned_away(record: Record, reason: str, day: date | None) -> QuarantinedRow:
    sample = cut_sample(list(record.cells.values()))
    return QuarantinedRow("chain_events", record.number, reason, sample, day)
