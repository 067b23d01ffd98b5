"""Rows of transfer files, the mappings that name their columns, and a source that reads them."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

from clawback.sources.base import ParsedPart
from clawback.sources.transfer_files.parse import parse

A, B, C = "0x" + "a1" * 20, "0x" + "b2" * 20, "0x" + "c3" * 20
ZERO = "0x" + "0" * 40
TX = "0x" + "12" * 32
DAY = date(2020, 9, 26)

NATIVE = {
    "version": "1",
    "chain": "ethereum",
    "rows": "native_transactions",
    "columns": {
        "tx_hash": "hash",
        "block_number": "block",
        "tx_index": "index",
        "block_time": "time",
        "from_address": "from",
        "to_address": "to",
        "amount": "value",
        "gas_used": "gas",
        "gas_price": "price",
        "status": "status",
    },
    "amount_unit": "base",
    "time_format": "iso8601",
    "address_form": "evm",
    "failed_values": ["failed"],
}
NATIVE_HEADER = "hash,block,index,time,from,to,value,gas,price,status"
TOKEN = {
    "version": "1",
    "chain": "ethereum",
    "rows": "token_transfers",
    "columns": {
        "tx_hash": "hash",
        "block_time": "time",
        "from_address": "from",
        "to_address": "to",
        "asset": "token",
        "amount": "value",
        "decimals": "decimals",
        "symbol": "symbol",
    },
    "amount_unit": "base",
    "time_format": "iso8601",
    "address_form": "evm",
}
COLUMNS = "hash,time,from,to,token,value,decimals,symbol"


def token_row(**changed: str) -> str:
    cells = {
        "hash": TX,
        "time": "2020-09-26T10:00:00Z",
        "from": A,
        "to": B,
        "token": C,
        "value": "5",
        "decimals": "6",
        "symbol": "USDT",
    }
    return ",".join((cells | changed).values())


def native_row(**changed: str) -> str:
    cells = {
        "hash": TX,
        "block": "100",
        "index": "7",
        "time": "2020-09-26T10:00:00Z",
        "from": A,
        "to": B,
        "value": "1000",
        "gas": "21000",
        "price": "3",
        "status": "ok",
    }
    return ",".join((cells | changed).values())


def read(mapping: dict[str, Any], *lines: str, day: date | None = DAY) -> ParsedPart:
    return parse("\n".join(lines).encode(), {"mappings": {"file": mapping}}, "file", day)


def transfers(parsed: ParsedPart) -> list[dict[str, Any]]:
    assert parsed.broken is None
    assert parsed.quarantined == []
    return parsed.rows.get("transfers", [])


def reason(parsed: ParsedPart) -> str:
    assert parsed.broken is None
    (turned_away,) = parsed.quarantined
    assert turned_away.table == "transfers"
    return turned_away.reason


MAPPING_TEXT = """\
version: 1
chain: ethereum
rows: token_transfers
columns: {tx_hash: hash, block_time: time, from_address: from, to_address: to, asset: token, amount: value,
  decimals: decimals, symbol: symbol}
amount_unit: base
time_format: iso8601
address_form: evm
"""


def source_in(folder: Path, rows: list[str], mapping: str = MAPPING_TEXT) -> dict[str, Any]:
    (folder / "rows.csv").write_text("\n".join([COLUMNS, *rows]) + "\n")
    (folder / "rows.yml").write_text(mapping)
    return {
        "name": "tokens",
        "connector": "transfer_files",
        "options": {"path": "rows.csv", "mapping": "rows.yml"},
    }
