"""Rows of a feed of thefts as mentions."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

from clawback.errors import ClawbackError
from clawback.sources.tabular import BrokenFile, open_table
from clawback.tables.exact import parse_number
from clawback.thefts.mentions import Mention, When, when_of

COLUMNS: Final = ("source", "name", "date", "loss_usd")
MAX_BYTES: Final = 64 << 20
_MAX_TEXT: Final = 300


@dataclass(frozen=True)
class Rows:
    """Mentions in file order, and rows that were turned away as (row number, reason)."""

    mentions: tuple[Mention, ...]
    refused: tuple[tuple[int, str], ...]


def read_rows(path: Path) -> Rows:
    """Reads CSV or Parquet with at least the columns source, name, date, loss_usd (which may be empty).

    A mention's key is source:name:date; rows that share it are numbered from the second on.

    Raises:
        ClawbackError: no such file, or a column is missing.
    """
    mentions: list[Mention] = []
    refused: list[tuple[int, str]] = []
    keys: Counter[str] = Counter()
    try:
        table = open_table(path, max_inflated=MAX_BYTES)
        if missing := [name for name in COLUMNS if name not in table.columns]:
            raise ClawbackError(
                f"the column {', '.join(missing)} is missing",
                where=str(path),
                remedy="name the columns source, name, date, loss_usd",
            )
        for record in table.records:
            try:
                if record.problem is not None:
                    raise ValueError(record.problem)
                source, name, day, loss = (record.cells[column].strip() for column in COLUMNS)
                when = when_of(day) if day else None
                key = f"{_text(source, 'source')}:{_text(name, 'name')}:{day}"
                keys[key] += 1
                numbered = key if keys[key] == 1 else f"{key}#{keys[key]}"
                mentions.append(Mention(numbered, source, name, when, _loss(loss)))
            except ValueError as error:
                refused.append((record.number, str(error)))
    except (OSError, BrokenFile) as error:
        raise ClawbackError("the rows cannot be read", where=str(path), cause=str(error)) from error
    return Rows(tuple(mentions), tuple(refused))


def span_of(mentions: list[Mention]) -> When | None:
    """From the first to the last day that mentions name."""
    days = [mention.when for mention in mentions if mention.when is not None]
    if not days:
        return None
    return When(min(when.first for when in days), max(when.last for when in days))


def _loss(text: str) -> Decimal | None:
    if not text:
        return None
    loss = parse_number(text)
    if loss < 0:
        raise ValueError("the loss is negative")
    return loss or None


def _text(value: str, name: str) -> str:
    if not value or len(value) > _MAX_TEXT or not value.isprintable():
        raise ValueError(f"{name} is no plain text of at most {_MAX_TEXT} letters")
    return value
