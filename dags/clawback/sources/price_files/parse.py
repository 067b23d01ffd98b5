"""Rows `chain,asset,symbol,day,close_usd` as prices: exact decimals above zero."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Final

from clawback.days import parse_day
from clawback.errors import ClawbackError
from clawback.sources.base import Options, ParsedPart, QuarantinedRow, Row, cut_sample
from clawback.sources.tabular import BrokenFile, open_table
from clawback.tables.addresses import normalise_asset
from clawback.tables.exact import parse_number

COLUMNS: Final = ("chain", "asset", "symbol", "day", "close_usd")
_MAX_INTEGER_DIGITS: Final = 20
_MAX_FRACTION_DIGITS: Final = 18


def parse(data: bytes | Path, options: Options, part: str, day: date | None) -> ParsedPart:
    """Read a price file; see `clawback.sources.base`."""
    parsed = ParsedPart()
    try:
        table = open_table(data)
        if sorted(table.columns) != sorted(COLUMNS):
            raise BrokenFile(f"the columns are {', '.join(table.columns)}, expected {', '.join(COLUMNS)}")
        if "close_usd" in table.floats:
            raise BrokenFile("close_usd is floating point: its prices have lost digits")
        for record in table.records:
            priced: date | None = None
            try:
                if record.problem is not None:
                    raise ValueError(record.problem)
                priced = _day(record.cells["day"])
                if day is None or priced == day:
                    parsed.add("prices", _price(record.cells, priced))
            except ValueError as error:
                sample = cut_sample(list(record.cells.values()))
                parsed.quarantined.append(QuarantinedRow("prices", record.number, str(error), sample, priced))
    except BrokenFile as error:
        parsed.broken = str(error)
    return parsed


def _price(cells: dict[str, str], day: date) -> Row:
    chain = cells["chain"].strip()
    try:
        asset = normalise_asset(cells["asset"], chain)
    except ValueError as error:
        raise ValueError(f"bad asset: {error}") from error
    return {"chain": chain, "asset": asset, "day": day, "close_usd": _close(cells["close_usd"])}


def _day(text: str) -> date:
    try:
        return parse_day(text.strip())
    except ClawbackError as error:
        raise ValueError(f"bad day: {error.problem}") from error


def _close(text: str) -> Decimal:
    price = parse_number(text)
    _, digits, exponent = price.as_tuple()
    if price <= 0:
        raise ValueError("the price is not above zero")
    if not isinstance(exponent, int) or price.adjusted() >= _MAX_INTEGER_DIGITS:
        raise ValueError("the price is too large")
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    if -exponent - zeros > _MAX_FRACTION_DIGITS:
        raise ValueError(f"the price has more than {_MAX_FRACTION_DIGITS} fractional digits")
    return price
