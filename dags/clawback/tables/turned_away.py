"""Records that are turned away on a day, put in order on disk: a day of nothing else takes no more memory.

Layout:
    Sorted runs in a folder of the call, each of some megabytes. As soon as there are many, they become one
    longer run; in the end what is left is merged into the file.

Invariants:
    Every record is in the file, in the order of its columns; equal ones stay as many as they were.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from itertools import islice
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from clawback.parquet import GrowingFile
from clawback.schemas import QUARANTINE

_RUN_BYTES: Final = 8 << 20
_AT_ONCE: Final = 32
"""Runs that are merged together."""
_BATCH: Final = 256
"""Records of each that are in memory then."""
ROWS_PER_GROUP: Final = 16_384
"""A record has up to a kilobyte of text, so a group has fewer rows than of other tables."""

_ORDER: Final = [(name, "ascending") for name in QUARANTINE.names]
_NO_RECORDS: Final = pa.Table.from_batches([], QUARANTINE)
_Record = tuple[Any, ...]


class TurnedAway:
    """Takes records in any order; `write` puts them into a file."""

    def __init__(self, folder: Path) -> None:
        """`folder` is of this call alone; whoever made it removes it."""
        self._folder = folder
        self._waiting: list[pa.Table] = []
        self._bytes = 0
        self._levels: list[list[Path]] = []
        self._runs = 0

    def add(self, records: pa.Table) -> None:
        """Take some records, of the schema `QUARANTINE`."""
        if not records.num_rows:
            return
        self._waiting.append(records)
        self._bytes += records.nbytes
        if self._bytes >= _RUN_BYTES:
            self._add_run(0, [self._sorted()])

    def write(self, path: Path) -> int:
        """Write all records in order; how many there are."""
        last = self._sorted()
        with GrowingFile(path, QUARANTINE, ROWS_PER_GROUP) as file, ExitStack() as opened:
            runs = [run for level in self._levels for run in level]
            if not runs:
                file.add(last)
            else:
                readers = [opened.enter_context(_Run(run)) for run in runs]
                for table in _merged([*readers, _records(last.to_batches(max_chunksize=_BATCH))]):
                    file.add(table)
            file.close()
        return file.rows

    def _sorted(self) -> pa.Table:
        table = pa.concat_tables([_NO_RECORDS, *self._waiting]).sort_by(_ORDER)
        self._waiting.clear()
        self._bytes = 0
        return table

    def _add_run(self, level: int, tables: Iterable[pa.Table]) -> None:
        self._runs += 1
        path = self._folder / f"run-{self._runs:06d}.arrow"
        with pa.OSFile(str(path), "wb") as sink, pa.ipc.new_file(sink, QUARANTINE) as writer:
            for table in tables:
                writer.write_table(table, max_chunksize=_BATCH)
        while len(self._levels) <= level:
            self._levels.append([])
        runs = self._levels[level]
        runs.append(path)
        if len(runs) == _AT_ONCE:
            self._levels[level] = []
            with ExitStack() as opened:
                self._add_run(level + 1, _merged([opened.enter_context(_Run(run)) for run in runs]))
            for run in runs:
                run.unlink()


class _Run:
    """The records of a run, a batch of them in memory. Use it as a context manager."""

    def __init__(self, path: Path) -> None:
        self._file = pa.OSFile(str(path), "rb")

    def __enter__(self) -> Iterator[_Record]:
        reader = pa.ipc.open_file(self._file)
        return _records(reader.get_batch(number) for number in range(reader.num_record_batches))

    def __exit__(self, *_: object) -> None:
        self._file.close()


def _records(batches: Iterable[pa.RecordBatch]) -> Iterator[_Record]:
    for batch in batches:
        yield from zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _merged(sources: Sequence[Iterator[_Record]]) -> Iterator[pa.Table]:
    merged = heapq.merge(*sources)
    while some := list(islice(merged, _BATCH)):
        columns = zip(*some, strict=True)
        arrays = [pa.array(column, field.type) for column, field in zip(columns, QUARANTINE, strict=True)]
        yield pa.Table.from_arrays(arrays, schema=QUARANTINE)
