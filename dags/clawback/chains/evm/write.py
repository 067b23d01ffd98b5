"""Parquet with fixed settings, a row group at a time: the same rows give the same bytes, in bounded memory.

Invariants:
    Row groups are cut by their number of rows, and by their bytes where rows have any size, never by how the
    rows arrived. A file has its name only
    when it is whole. It is not forced onto the disk: whoever goes on from it looks at its hash.
"""

from __future__ import annotations

import os
from pathlib import Path
from types import TracebackType
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROWS_PER_GROUP: Final = 122_880
"""What DuckDB hands to one thread, and what it skips as a whole."""
ROWS_OF_ANY_SIZE: Final = 16_384
"""The same for tables with bytes of any length, whose rows may be large."""
BYTES_OF_ANY_SIZE: Final = 16 << 20
"""Such bytes of a row group, after which it ends."""

_COUNTED: Final = frozenset({"block_number", "block_time", "tx_index", "position", "log_index", "part"})
_REPEATED: Final = frozenset(
    {"kind", "standard", "from_address", "to_address", "asset", "contract", "address", "miner", "reason"}
)


class TableFile:
    """One Parquet file that grows by tables. Use it as a context manager; `close` gives it its name."""

    def __init__(self, path: Path, schema: pa.Schema) -> None:
        self.path = path
        self.rows = 0
        self._wide = [
            place
            for place, field in enumerate(schema)
            if pa.types.is_binary(field.type) or pa.types.is_string(field.type)
        ]
        self._rows_per_group = ROWS_OF_ANY_SIZE if self._wide else ROWS_PER_GROUP
        self._draft = path.with_name(f".{path.name}.{os.getpid()}")
        self._held: list[pa.Table] = []
        self._held_rows = 0
        self._held_bytes = 0
        names = set(schema.names)
        self._writer = pq.ParquetWriter(
            self._draft,
            schema,
            version="2.6",
            store_schema=False,
            compression="zstd",
            compression_level=1,
            # Numbers of a chain go up by little; addresses repeat; hashes do neither.
            use_dictionary=sorted(names & _REPEATED),
            column_encoding={name: "DELTA_BINARY_PACKED" for name in sorted(names & _COUNTED)},
        )

    def __enter__(self) -> TableFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None:
            self._writer.close()
        self._draft.unlink(missing_ok=True)

    def add(self, table: pa.Table) -> None:
        """Take rows."""
        if not table.num_rows:
            return
        if self._wide:
            self._add_wide(table)
            return
        self._held.append(table)
        self._held_rows += table.num_rows
        while self._held_rows >= self._rows_per_group:
            self._flush(self._rows_per_group)

    def close(self) -> None:
        """Write what is left, and give the file its name."""
        if self._held_rows:
            self._flush(self._held_rows)
        self._writer.close()
        self._draft.rename(self.path)

    def _add_wide(self, table: pa.Table) -> None:
        ends = np.cumsum(sum(_lengths(table.column(place)) for place in self._wide))
        start = 0
        while start < table.num_rows:
            before = int(ends[start - 1]) if start else 0
            full = int(np.searchsorted(ends, before + BYTES_OF_ANY_SIZE - self._held_bytes)) + 1
            stop = min(full, start + self._rows_per_group - self._held_rows, table.num_rows)
            self._held.append(table.slice(start, stop - start))
            self._held_rows += stop - start
            self._held_bytes += int(ends[stop - 1]) - before
            if self._held_rows == self._rows_per_group or self._held_bytes >= BYTES_OF_ANY_SIZE:
                self._flush(self._held_rows)
                self._held_bytes = 0
            start = stop

    def _flush(self, rows: int) -> None:
        whole = pa.concat_tables(self._held)
        # One array per column: how many batches the rows came in must leave no trace in the file.
        self._writer.write_table(whole.slice(0, rows).combine_chunks(), row_group_size=rows)
        self.rows += rows
        self._held = [whole.slice(rows)] if whole.num_rows > rows else []
        self._held_rows = whole.num_rows - rows


def _lengths(column: pa.ChunkedArray) -> Any:
    """Bytes of each value, from the ends that Arrow keeps: its compute module takes long to import."""
    found = []
    for chunk in column.chunks:
        ends = np.frombuffer(chunk.buffers()[1], np.int32)[chunk.offset : chunk.offset + len(chunk) + 1]
        found.append(np.diff(ends.astype(np.int64)))
    return np.concatenate(found)
