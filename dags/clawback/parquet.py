"""Deterministic Parquet: the same rows give the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Final, Self

from clawback.errors import ClawbackError

if TYPE_CHECKING:
    import pyarrow as pa

ROW_GROUP: Final = 61_440
"""Half of what DuckDB writes: a table grows by a row group, which is in memory twice while it is written."""
SETTINGS: Final[dict[str, Any]] = {
    "compression": "zstd",
    "compression_level": 3,
    "version": "2.6",
    # It would embed a serialised Arrow schema whose bytes are an implementation detail; the types used here
    # survive without it.
    "store_schema": False,
    "write_statistics": True,
}


def rows_to_table(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Make a typed table of rows; order is kept.

    Args:
        rows: mappings with exactly the schema's columns (an optional one may be missing);
            identifiers are text.
        schema: from `clawback.schemas`.

    Raises:
        ClawbackError: a row has a column that the schema lacks, or lacks a required one, or a value has
            another type.
    """
    import pyarrow as pa

    from clawback.arrays import array_of
    from clawback.identifiers import bytes_of
    from clawback.schemas import IDENTIFIER, shown

    names = set(schema.names)
    required = {field.name for field in schema if not field.nullable}
    columns: dict[str, list[Any]] = {name: [] for name in schema.names}
    for number, row in enumerate(rows, start=1):
        if unknown := row.keys() - names:
            raise ClawbackError(f"row {number} has unknown columns: {', '.join(sorted(unknown))}")
        for name in schema.names:
            value = row.get(name)
            if value is None and name in required:
                raise ClawbackError(f"row {number} has no value for the column '{name}'")
            columns[name].append(value)
    arrays = []
    for field in schema:
        try:
            values = array_of(columns[field.name], shown(field).type)
            arrays.append(bytes_of(values) if field.type == IDENTIFIER else values)
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise ClawbackError(
                f"a value of the column '{field.name}' is no {field.type}", cause=str(error)
            ) from error
    return pa.Table.from_arrays(arrays, schema=schema)


def table_to_rows(table: pa.Table) -> list[dict[str, Any]]:
    """The rows of a table, identifiers as text."""
    rows: list[dict[str, Any]] = with_text(table).to_pylist()
    return rows


def with_text(table: pa.Table) -> pa.Table:
    """The same table with text in place of the bytes of identifiers."""
    import pyarrow as pa

    from clawback.identifiers import text_of
    from clawback.schemas import IDENTIFIER, shown

    columns = [
        pa.chunked_array([text_of(chunk) for chunk in column.chunks], pa.string())
        if column.type == IDENTIFIER
        else column
        for column in table.columns
    ]
    return pa.Table.from_arrays(columns, schema=pa.schema([shown(field) for field in table.schema]))


def table_to_bytes(table: pa.Table) -> bytes:
    """Write a table as Parquet with fixed settings."""
    import io

    import pyarrow.parquet as pq

    sink = io.BytesIO()
    pq.write_table(table.combine_chunks(), sink, row_group_size=ROW_GROUP, **SETTINGS)
    return sink.getvalue()


class GrowingFile:
    """A Parquet file that grows by tables, with the bytes that all of them at once would have.

    Use it as a context manager; `close` gives the file its name. A row group at a time is in memory.
    """

    def __init__(self, path: Path, schema: pa.Schema, rows_per_group: int = ROW_GROUP) -> None:
        """Begin a file. `path` is replaced when it is closed; all tables are of that schema."""
        import pyarrow.parquet as pq

        self.path = path
        self.rows = 0
        self._schema = schema
        self._rows_per_group = rows_per_group
        self._draft = path.with_name(f".{path.name}.part")
        self._writer = pq.ParquetWriter(self._draft, schema, **SETTINGS)
        self._waiting: list[pa.Table] = []
        self._waiting_rows = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._writer.close()
        self._draft.unlink(missing_ok=True)

    def add(self, table: pa.Table) -> None:
        """Take rows."""
        self._waiting.append(table.cast(self._schema))
        self._waiting_rows += table.num_rows
        while self._waiting_rows >= self._rows_per_group:
            self._write(self._rows_per_group)

    def close(self) -> None:
        """Write what is left, and give the file its name."""
        if self._waiting_rows or not self.rows:
            self._write(self._waiting_rows)
        self._writer.close()
        self._draft.replace(self.path)

    def _write(self, rows: int) -> None:
        import pyarrow as pa

        whole = pa.concat_tables([rows_to_table([], self._schema), *self._waiting])
        rest = whole.slice(rows)
        self._waiting = [rest] if rest.num_rows else []
        self._waiting_rows = rest.num_rows
        # One array per column: how many tables the rows came in must leave no trace. Column by column, so
        # that the pieces of one are gone before the next is put together.
        columns = []
        whole = whole.slice(0, rows)
        for _ in self._schema.names:
            columns.append(_in_one_piece(whole.column(0)))
            whole = whole.remove_column(0)
        group = pa.Table.from_arrays(columns, schema=self._schema)
        self._writer.write_table(group, row_group_size=self._rows_per_group)
        self.rows += rows


def _in_one_piece(column: pa.ChunkedArray) -> pa.Array:
    import pyarrow as pa

    return pa.concat_arrays(column.chunks)


def write_tables(path: Path, tables: Iterable[pa.Table], schema: pa.Schema) -> None:
    """Write tables one after the other into a file.

    Args:
        path: replaced when all is written.
        tables: of that schema; a row group at a time is in memory.
        schema: of the file.
    """
    with GrowingFile(path, schema) as file:
        for table in tables:
            file.add(table)
        file.close()


def read_table(source: bytes | Path, schema: pa.Schema) -> pa.Table:
    """Read Parquet and check that it has exactly the schema's columns and types.

    Raises:
        ClawbackError: the file is no Parquet, or has other columns.
    """
    import io

    import pyarrow as pa
    import pyarrow.parquet as pq

    where = str(source) if isinstance(source, Path) else f"{len(source)} bytes"
    try:
        # `pq.read_table` would import pandas, see `clawback.arrays`.
        with pq.ParquetFile(source if isinstance(source, Path) else io.BytesIO(source)) as file:
            table = file.read()
    except (pa.ArrowInvalid, OSError) as error:
        raise ClawbackError("this is no readable Parquet", where=where, cause=str(error)) from error
    _require_names(table.schema.names, schema, where)
    return table.cast(schema)


def read_row_groups(
    path: Path, schema: pa.Schema, columns: Sequence[str], repeated: Sequence[str]
) -> Iterator[pa.Table]:
    """Read some columns of a Parquet file that has exactly the schema's, a row group at a time.

    Args:
        path: of the file.
        schema: of the whole file.
        columns: those that are read.
        repeated: columns of texts or identifiers that come as dictionaries.

    Raises:
        ClawbackError: the file is no Parquet, or has other columns.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    wanted = pa.schema(
        [
            schema.field(name).with_type(pa.dictionary(pa.int32(), schema.field(name).type))
            if name in repeated
            else schema.field(name)
            for name in columns
        ]
    )
    try:
        with pq.ParquetFile(path, read_dictionary=list(repeated)) as file:
            _require_names(file.schema_arrow.names, schema, str(path))
            for number in range(file.num_row_groups):
                yield file.read_row_group(number, list(columns)).cast(wanted)
    except (pa.ArrowInvalid, OSError) as error:
        raise ClawbackError("this is no readable Parquet", where=str(path), cause=str(error)) from error


def _require_names(names: Sequence[str], schema: pa.Schema, where: str) -> None:
    if list(names) != schema.names:
        raise ClawbackError(
            "a Parquet file has other columns than expected",
            where=where,
            cause=f"found {list(names)}, expected {schema.names}",
        )
