"""CSV and Parquet as a stream of records of text: bounded, and every odd record still comes out.

Invariants:
    At most `MAX_INFLATED` bytes come out of a gzip file, whatever it claims. A float column is never turned
    into text: its figures have lost digits already.
"""

from __future__ import annotations

import csv
import io
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

if TYPE_CHECKING:
    import pyarrow as pa

MAX_INFLATED: Final = 8 << 30
MAX_COLUMNS: Final = 1_000
_GZIP: Final = b"\x1f\x8b"
_PARQUET: Final = b"PAR1"
_CHUNK: Final = 1 << 18
_NO_PYTHON: Final = (ValueError, OverflowError, KeyError)
"""What cells raise that Python has no value for: letters that are none, far years, time zones of no place."""


class BrokenFile(Exception):
    """The file as a whole cannot be read; the message says why."""


@dataclass(frozen=True)
class Record:
    """One data row: its number from 1, its cells by column, or why it cannot be read."""

    number: int
    cells: dict[str, str]
    problem: str | None = None


Batch = tuple["pa.Table", list[int], Callable[[int], Record]]
"""Cells, as text or as the types that the file has; the numbers of the rows; and any one row as text."""


class Table:
    """A file's columns and records."""

    def __init__(
        self,
        columns: tuple[str, ...],
        records: Iterator[Record],
        floats: frozenset[str],
        batches: Callable[[int], Iterator[Batch]] | None = None,
    ) -> None:
        self.columns = columns
        self.records = records
        self.floats = floats
        """Columns that are floating point in the file."""
        self._batches = batches

    def batches(self, size: int) -> Iterator[Batch]:
        """The rows as columns, so many at once; instead of `records`, which gives them one by one."""
        return self._batches(size) if self._batches is not None else _text_batches(self, size)


def open_table(data: bytes | Path, delimiter: str = ",", max_inflated: int = MAX_INFLATED) -> Table:
    """Open CSV (plain or gzip) or Parquet; which one it is, the bytes say.

    Raises:
        BrokenFile: empty, no header, doubled columns, or no readable Parquet. Reading on may raise it too.
    """
    stream: IO[bytes] = io.BytesIO(data) if isinstance(data, bytes) else data.open("rb")
    head = stream.read(4)
    stream.seek(0)
    if head == _PARQUET:
        return _parquet(stream)
    if head[:2] == _GZIP:
        stream = io.BufferedReader(_Inflated(stream, max_inflated), _CHUNK)
    return _csv(stream, delimiter)


def _csv(stream: IO[bytes], delimiter: str) -> Table:
    # surrogateescape keeps a row with a broken letter readable; the row is turned away, not the file.
    text = io.TextIOWrapper(stream, encoding="utf-8-sig", errors="surrogateescape", newline="")
    reader = csv.reader(text, delimiter=delimiter, strict=True)
    try:
        header = next(reader, None)
    except (csv.Error, OSError, EOFError, zlib.error) as error:
        raise BrokenFile(f"the file cannot be read: {error}") from error
    if not header:
        raise BrokenFile("the file is empty")
    columns = tuple(name.strip() for name in header)
    _check_columns(columns)
    return Table(columns, _csv_records(reader, columns), frozenset())


def _csv_records(reader: Iterator[list[str]], columns: tuple[str, ...]) -> Iterator[Record]:
    number = 0
    while True:
        problem = None
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            cells, problem = [], f"not readable as CSV: {error}"
        except (OSError, EOFError, zlib.error) as error:
            raise BrokenFile(f"the file ends too early or is damaged: {error}") from error
        if not cells and problem is None:
            continue  # an empty line
        number += 1
        if problem is None and len(cells) != len(columns):
            problem = f"{len(cells)} cells where the header has {len(columns)}"
        if problem is None and any("\udc80" <= letter <= "\udcff" for cell in cells for letter in cell):
            problem = "not UTF-8"
        yield Record(number, dict(zip(columns, cells, strict=False)), problem)


def _parquet(stream: IO[bytes]) -> Table:
    import pyarrow as pa
    import pyarrow.parquet as pq

    from clawback.parquet import with_text
    from clawback.schemas import TRANSFERS

    try:
        file = pq.ParquetFile(stream)
    except (pa.ArrowInvalid, OSError) as error:
        raise BrokenFile(f"no readable Parquet: {error}") from error
    schema = file.schema_arrow
    columns = tuple(schema.names)
    _check_columns(columns)
    # Of our own tables, bytes may be text; in other files they are all hashes and addresses.
    in_text = with_text if schema.names == TRANSFERS.names else _as_it_is
    floats = frozenset(field.name for field in schema if pa.types.is_floating(field.type))

    def records() -> Iterator[Record]:
        number = 0
        try:
            for batch in file.iter_batches(batch_size=8_192):
                for row in in_text(pa.Table.from_batches([batch])).to_pylist():
                    number += 1
                    yield Record(number, {name: _text(value) for name, value in row.items()})
        except (pa.ArrowInvalid, OSError, *_NO_PYTHON) as error:
            raise BrokenFile(f"the Parquet file is damaged: {error}") from error

    def batches(size: int) -> Iterator[Batch]:
        number = 0
        try:
            for batch in file.iter_batches(batch_size=size):
                table = in_text(pa.Table.from_batches([batch]))
                numbers = list(range(number + 1, number + 1 + table.num_rows))
                number += table.num_rows
                yield table, numbers, partial(_record, table, numbers)
        except (pa.ArrowInvalid, OSError, *_NO_PYTHON) as error:
            raise BrokenFile(f"the Parquet file is damaged: {error}") from error

    return Table(columns, records(), floats, batches)


def _as_it_is(table: pa.Table) -> pa.Table:
    return table


def _record(table: pa.Table, numbers: list[int], place: int) -> Record:
    try:
        row = table.slice(place, 1).to_pylist()[0]
    except _NO_PYTHON as error:
        raise BrokenFile(f"the Parquet file is damaged: {error}") from error
    return Record(numbers[place], {name: _text(value) for name, value in row.items()})


def _text_batches(table: Table, size: int) -> Iterator[Batch]:
    import pyarrow as pa

    while waiting := list(islice(table.records, size)):
        # The cells of a row that cannot be read are of no use to anybody.
        cells = [{} if record.problem is not None else record.cells for record in waiting]
        columns = {
            name: pa.array([row.get(name, "") for row in cells], pa.string()) for name in table.columns
        }
        yield pa.table(columns), [record.number for record in waiting], waiting.__getitem__


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bytes):
        # Dune exports hashes and addresses as binary.
        return f"0x{value.hex()}"
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.replace(tzinfo=UTC)).isoformat()
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, bool):
        return "true" if value else "false"
    return value.isoformat() if isinstance(value, date) else str(value)


def _check_columns(columns: tuple[str, ...]) -> None:
    if len(columns) > MAX_COLUMNS:
        raise BrokenFile(f"{len(columns)} columns")
    if double := sorted({name for name in columns if columns.count(name) > 1}):
        raise BrokenFile(f"the column '{double[0]}' stands twice")


class _Inflated(io.RawIOBase):
    """A gzip stream that stops at a limit and notices a missing end."""

    def __init__(self, source: IO[bytes], limit: int) -> None:
        self._source = source
        self._limit = limit
        self._inflate = zlib.decompressobj(wbits=31)
        self._waiting = b""
        self._given = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # typeshed wants any buffer
        while True:
            if self._inflate.eof:
                rest = self._inflate.unused_data or self._source.read(1)
                if not rest.strip(b"\0"):
                    return 0
                # Concatenated gzip members are one file by RFC 1952.
                self._inflate, self._waiting = zlib.decompressobj(wbits=31), rest
            chunk = self._waiting or self._source.read(_CHUNK)
            if not chunk:
                raise EOFError("compressed file ended before its end mark")
            content = self._inflate.decompress(chunk, len(buffer))
            self._waiting = self._inflate.unconsumed_tail
            if content:
                self._given += len(content)
                if self._given > self._limit:
                    raise OSError(f"more than {self._limit} bytes come out of it")
                buffer[: len(content)] = content
                return len(content)
