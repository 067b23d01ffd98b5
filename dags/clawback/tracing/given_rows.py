"""Small tables that a person gives beside the transfers: opened, checked, read row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TypeVar

from clawback.errors import ClawbackError
from clawback.sources.tabular import BrokenFile, Record, Table, open_table

Read = TypeVar("Read")
Cells = dict[str, str]


def open_given(file: Path) -> Table:
    """Opens any table.

    Raises:
        ClawbackError: it is none.
    """
    try:
        return open_table(file)
    except (BrokenFile, OSError) as error:
        raise ClawbackError("the file cannot be read", where=str(file), cause=str(error)) from error


def told_columns(columns: Sequence[str]) -> str:
    """The columns of a file for an error, and what may have made one of all of them."""
    told = "its columns are " + ", ".join(map(repr, columns))
    if len(columns) == 1 and (marks := [mark for mark in ";\t|" if mark in columns[0]]):
        told += f"; its cells seem to be separated by {marks[0]!r}, not by commas"
    return told


def read_records(file: Path, columns: Sequence[str]) -> Iterator[Record]:
    """Opens a small table that must have certain columns.

    Raises:
        ClawbackError: No such table.
    """
    table = open_given(file)
    missing = [name for name in columns if name not in table.columns]
    if missing:
        raise ClawbackError(
            f"the file has no column {', '.join(map(repr, missing))}",
            where=str(file),
            cause=told_columns(table.columns),
            remedy=f"needed are {', '.join(columns)}",
        )
    return table.records


def read_rows(file: Path, columns: Sequence[str], read: Callable[[Cells], Read]) -> Iterator[Read]:
    """Reads every row of such a table.

    Args:
        file: the table.
        columns: those that it must have.
        read: makes something of the cells of a row; what it raises is told with the row.

    Raises:
        ClawbackError: A row that cannot be read; names it.
    """
    for record in read_records(file, columns):
        try:
            yield read(cells_of(record))
        except (ValueError, ClawbackError) as error:
            raise ClawbackError(
                "a row cannot be used",
                where=f"{file}, row {record.number}",
                cause=str(error).split("\n")[0],
                remedy="correct the row, or take it out of the file",
            ) from error


def cells_of(record: Record) -> Cells:
    """The cells of a row without the spaces around them.

    Raises:
        ValueError: The row cannot be read.
    """
    if record.problem is not None:
        raise ValueError(record.problem)
    return {name: cell.strip() for name, cell in record.cells.items()}
