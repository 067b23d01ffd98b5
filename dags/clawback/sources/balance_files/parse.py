"""Rows `chain,address,asset,block_number,block_time,amount` as balances: base units at the end of a block."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final

from clawback.sources.base import Options, ParsedPart, QuarantinedRow, Row, cut_sample
from clawback.sources.tabular import BrokenFile, open_table
from clawback.tables.addresses import normalise_address, normalise_asset
from clawback.tables.exact import parse_integer, parse_number, parse_time, to_base_units

COLUMNS: Final = ("chain", "address", "asset", "block_number", "block_time", "amount")
IGNORED: Final = frozenset({"source", "known_date"})


def parse(data: bytes | Path, options: Options, part: str, day: date | None) -> ParsedPart:
    """Read a file of balances; see `clawback.sources.base`."""
    parsed = ParsedPart()
    try:
        table = open_table(data)
        if sorted(set(table.columns) - IGNORED) != sorted(COLUMNS):
            raise BrokenFile(f"the columns are {', '.join(table.columns)}, expected {', '.join(COLUMNS)}")
        if "amount" in table.floats:
            raise BrokenFile("amount is floating point: its figures have lost digits")
        for record in table.records:
            seen: date | None = None
            try:
                if record.problem is not None:
                    raise ValueError(record.problem)
                time = parse_time(record.cells["block_time"], "iso8601")
                seen = time.date()
                if day is None or seen == day:
                    parsed.add("balances", {**_balance(record.cells), "block_time": time})
            except ValueError as error:
                sample = cut_sample(list(record.cells.values()))
                parsed.quarantined.append(QuarantinedRow("balances", record.number, str(error), sample, seen))
    except BrokenFile as error:
        parsed.broken = str(error)
    return parsed


def _balance(cells: dict[str, str]) -> Row:
    chain = cells["chain"].strip()
    return {
        "chain": chain,
        "address": normalise_address(cells["address"], chain),
        "asset": normalise_asset(cells["asset"], chain),
        "block_number": parse_integer(cells["block_number"], "block_number", 2**62),
        "amount": to_base_units(parse_number(cells["amount"]), 0),
    }
