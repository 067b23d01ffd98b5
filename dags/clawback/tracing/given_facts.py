"""Reads what a person knows beside the transfers: thefts, labels, balances, the words of a label source."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from decimal import Decimal
from pathlib import Path
from typing import Final

from clawback.cases.plain_yaml import read_plain_yaml
from clawback.days import parse_day
from clawback.errors import ClawbackError
from clawback.schemas import LABEL_CATEGORIES
from clawback.tables.addresses import normalise_address, normalise_asset, normalise_tx_hash
from clawback.tables.exact import parse_integer, parse_number, parse_time, to_base_units
from clawback.tracing.given_rows import Cells, cells_of, open_given, read_records, read_rows
from clawback.tracing.records import RETURN_ROLES, SOURCE, THEFT_ADDRESS, Label, Role
from clawback.tracing.seen import SeenBalance

ROLES: Final = (SOURCE, THEFT_ADDRESS, *sorted(RETURN_ROLES))
DEFAULT_CONFIDENCE: Final = 50
THEFT_COLUMNS: Final = ("incident", "chain", "address", "role")
THEFT_MAY_HAVE: Final = ("tx_hash", "from_time", "to_time")
_SHARE: Final = re.compile("[01]?[.][0-9]{1,18}")


@dataclass
class GivenLabels:
    """Labels that can be used, and what could not be."""

    labels: list[Label] = field(default_factory=list)
    unmapped: Counter[str] = field(default_factory=Counter)
    """Words that no category of the project was named for, and how many labels carry them."""
    skipped: list[str] = field(default_factory=list)


def read_thefts(file: Path) -> list[Role]:
    """Reads THEFTS.csv: incident, chain, address, role; optionally tx_hash, from_time, to_time.

    Raises:
        ClawbackError: A row that says nothing usable; names it.
    """
    roles = list(read_rows(file, THEFT_COLUMNS, _role))
    if not roles:
        raise ClawbackError("the file names no theft", where=str(file))
    return roles


def unread_columns(file: Path) -> list[str]:
    """Columns of a THEFTS.csv that mean nothing to the tracer: a misspelt `tx_hash` would widen the theft."""
    return [name for name in open_given(file).columns if name not in (*THEFT_COLUMNS, *THEFT_MAY_HAVE)]


def read_labels(files: list[Path], words: dict[str, str]) -> GivenLabels:
    """Reads label files: chain, address, category, entity, and optionally more.

    Args:
        files: earlier ones win between labels of equal confidence.
        words: what the words of the source mean, in categories of the project; its own need no entry.
    """
    given = GivenLabels()
    for file in files:
        for record in read_records(file, ("chain", "address", "category", "entity")):
            word = record.cells.get("category", "").strip()
            category = words.get(word, word)
            if category not in LABEL_CATEGORIES and record.problem is None:
                given.unmapped[word] += 1
                continue
            try:
                given.labels.append(_label(cells_of(record), category, file.stem))
            except (ValueError, ClawbackError) as error:
                given.skipped.append(f"{file}, row {record.number}: {error}")
    return given


def read_words(file: Path) -> dict[str, str]:
    """Reads a labels map: `word: category`, one a line.

    Raises:
        ClawbackError: Something is mapped on what is no category.
    """
    value = read_plain_yaml(file.read_bytes(), where=str(file)).value
    if not isinstance(value, dict) or not all(isinstance(word, str) for word in value.values()):
        raise ClawbackError("the labels map is no mapping of words to categories", where=str(file))
    wrong = sorted({category for category in value.values() if category not in LABEL_CATEGORIES})
    if wrong:
        raise ClawbackError(
            f"the labels map names unknown categories: {', '.join(wrong)}",
            where=str(file),
            remedy=f"categories: {', '.join(sorted(LABEL_CATEGORIES))}",
        )
    return dict(value)


def read_balances(files: list[Path]) -> list[SeenBalance]:
    """Reads balances: chain, address, asset, block_number (state at its end), amount, and maybe block_time.

    A balance that stands twice counts once.

    Raises:
        ClawbackError: A row that cannot be read, or says another amount than one before it; names it.
    """
    columns = ("chain", "address", "asset", "block_number", "amount")
    found: dict[tuple[str, int, str, str], SeenBalance] = {}

    def read(cells: Cells) -> None:
        one = _balance(cells)
        known = found.setdefault((one.chain, one.block_number, one.address, one.asset), one)
        if known.amount != one.amount:
            raise ValueError(
                f"another row says {known.amount} of {one.asset} for {one.address} at the end of block"
                f" {one.block_number}, this one {one.amount}"
            )

    for file in files:
        for _ in read_rows(file, columns, read):
            pass
    return list(found.values())


def _balance(cells: Cells) -> SeenBalance:
    chain, time = cells["chain"], cells.get("block_time", "")
    return SeenBalance(
        chain,
        parse_integer(cells["block_number"], "block_number", 2**62),
        normalise_address(cells["address"], chain),
        normalise_asset(cells["asset"], chain),
        to_base_units(parse_number(cells["amount"]), 0),
        parse_time(time, "iso8601") if time else None,
    )


def _role(cells: Cells) -> Role:
    if not cells["incident"]:
        raise ValueError("the incident has no name")
    if cells["role"] not in ROLES:
        raise ValueError(f"'{cells['role'][:40]}' is no role ({', '.join(ROLES)})")
    chain, tx_hash = cells["chain"], cells.get("tx_hash", "")
    begin = _moment(cells.get("from_time", ""), time.min)
    end = _moment(cells.get("to_time", ""), time.max)
    if begin is not None and end is not None and end < begin:
        raise ValueError("to_time is before from_time")
    return Role(
        cells["incident"],
        chain,
        normalise_address(cells["address"], chain),
        cells["role"],
        normalise_tx_hash(tx_hash, chain) if tx_hash else None,
        begin,
        end,
    )


def _label(cells: Cells, category: str, source: str) -> Label:
    if cells.get("validity", "").startswith("bad"):
        raise ValueError(f"the file itself calls the address {cells['validity']}")
    begin, end = _day(cells.get("valid_from", "")), _day(cells.get("valid_to", ""))
    if begin is not None and end is not None and end < begin:
        raise ValueError("valid_to is before valid_from")
    return Label(
        cells["chain"],
        normalise_address(cells["address"], cells["chain"]),
        cells["entity"],
        category,
        _confidence(cells.get("confidence", "")),
        cells.get("source", "") or source,
        cells.get("incident", "") or None,
        begin,
        end,
    )


def _confidence(text: str) -> int:
    if not text:
        return DEFAULT_CONFIDENCE
    # With a point it is a share of 1, without one of 100: `1.0` is sure, `1` is next to nothing.
    if _SHARE.fullmatch(text):
        share = Decimal(text)
        if share > 1:
            raise ValueError("confidence is more than 1")
        return int(share * 100)
    return parse_integer(text, "confidence", 100)


def _moment(text: str, time_of_day: time) -> datetime | None:
    if not text:
        return None
    # A window may name days: its last one counts whole.
    if len(text) == 10:
        return datetime.combine(parse_day(text), time_of_day, tzinfo=UTC)
    return parse_time(text, "iso8601")


def _day(text: str) -> date | None:
    return parse_day(text[:10]) if text else None
