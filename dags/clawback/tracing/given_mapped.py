"""Rows that a mapping explains, as columns, many at once; what is written otherwise goes row by row.

Method:
    As in `given_columns`: a row is usual where every cell has the form in which the tables store it. All
    other rows, and all rows of mappings that say more than columns can (exports of the coin, whose rows are
    two transfers; `unique`; decimal amounts whose decimals differ by row; times of other formats; chains that
    are not EVM ones), go through the reader of the source, which knows every form and says what is wrong.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clawback.cases.plain_yaml import read_plain_yaml
from clawback.errors import ClawbackError
from clawback.sources.base import ParsedPart
from clawback.sources.tabular import BrokenFile, Record
from clawback.sources.transfer_files.mapping import parse_mapping
from clawback.sources.transfer_files.parse import Reader, open_mapped
from clawback.tracing.given_columns import given_schema, table_of
from clawback.tracing.given_mapped_columns import Note, usual_rows

if TYPE_CHECKING:
    import pyarrow as pa


class MappedFile:
    """A file and its mapping."""

    def __init__(self, file: Path, mapping: Path) -> None:
        """Reads the mapping and the names of the columns.

        Raises:
            ClawbackError: The file does not fit its mapping.
        """
        self._where = f"{file}, {mapping}"
        value = read_plain_yaml(mapping.read_bytes(), where=str(mapping)).value
        self._mapping = parse_mapping(value, str(mapping))
        self._parsed = ParsedPart()
        self._reader = Reader(self._mapping, self._parsed, None)
        try:
            self._table = open_mapped(file, self._mapping, file.name)
        except BrokenFile as error:
            raise self._broken(str(error)) from error
        except ClawbackError as error:
            raise self._broken("; ".join(filter(None, (error.problem, error.cause, error.remedy)))) from error

    def tables(self, number: int, size: int) -> Iterator[pa.Table]:
        """The transfers, so many rows of the file at once.

        Args:
            number: of the file.
            size: rows.

        Raises:
            ClawbackError: The file breaks off.
        """
        try:
            for cells, numbers, record in self._table.batches(size):
                yield self._read(cells, len(numbers), record, number)
        except BrokenFile as error:
            raise self._broken(str(error)) from error
        self._reader.finish()

    def skipped(self) -> list[tuple[int, str]]:
        """Rows that could not be read since the last call, with the reason."""
        found = [(row.row, row.reason) for row in self._parsed.quarantined]
        self._parsed.quarantined.clear()
        return found

    def decimals(self) -> dict[tuple[str, str], int]:
        """What the rows said about assets, by (chain, asset), when all are read."""
        return {
            (asset["chain"], asset["asset"]): asset["decimals"]
            for asset in self._parsed.rows.get("assets", [])
            if asset["decimals"] is not None
        }

    def _broken(self, cause: str) -> ClawbackError:
        return ClawbackError("the file cannot be read by its mapping", where=self._where, cause=cause)

    def _read(self, cells: pa.Table, count: int, record: Any, number: int) -> pa.Table:
        import numpy as np
        import pyarrow as pa

        usual, kept, columns, notes = usual_rows(cells, count, self._mapping)
        columns["file"] = pa.repeat(pa.scalar(number, pa.int32()), count)
        schema = given_schema()
        whole = pa.table({name: columns[name] for name in schema.names}, schema=schema).filter(pa.array(kept))
        rows: list[dict[str, Any]] = []
        places: list[int] = []
        strange: list[tuple[int, Note | None]] = [(place, None) for place in np.flatnonzero(~usual).tolist()]
        # In the order of the file: what is said last of an asset counts.
        for place, note in heapq.merge(strange, notes, key=lambda event: event[0]):
            if note is not None:
                self._reader.note_asset(*note, date.min)
                continue
            made = self._take(record(place))
            rows += made
            places += [place] * len(made)
        if not rows:
            return whole
        order = np.argsort(np.concatenate([np.flatnonzero(kept), places]), kind="stable")
        return pa.concat_tables([whole, table_of(rows, number)]).take(pa.array(order))

    def _take(self, record: Record) -> list[dict[str, Any]]:
        self._reader.take(record)
        return self._parsed.rows.pop("transfers", [])
