"""Deterministic Parquet: the same rows give the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from clawback.errors import ClawbackError

if TYPE_CHECKING:
    import pyarrow as pa


def rows_to_table(rows: Iterable[Mapping[str, Any]], schema: pa.Schema) -> pa.Table:
    """Make a typed table of rows; order is kept.

    Args:
        rows: mappings with exactly the schema's columns (an optional one may be missing).
        schema: from `clawback.schemas`.

    Raises:
        ClawbackError: a row has a column that the schema lacks, or lacks a required one, or a value has
            another type.
    """
    import pyarrow as pa

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
            arrays.append(pa.array(columns[field.name], type=field.type))
        except (pa.ArrowInvalid, pa.ArrowTypeError) as error:
            raise ClawbackError(
                f"a value of the column '{field.name}' is no {field.type}", cause=str(error)
            ) from error
    return pa.Table.from_arrays(arrays, schema=schema)


def table_to_bytes(table: pa.Table) -> bytes:
    """Write a table as Parquet with fixed settings."""
    import io

    import pyarrow.parquet as pq

    sink = io.BytesIO()
    # store_schema would embed a serialised Arrow schema whose bytes are an implementation detail; the types
    # used here survive without it.
    pq.write_table(
        table.combine_chunks(),
        sink,
        compression="zstd",
        compression_level=3,
        version="2.6",
        store_schema=False,
        row_group_size=122_880,
        write_statistics=True,
    )
    return sink.getvalue()


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
        table = pq.read_table(source if isinstance(source, Path) else io.BytesIO(source), partitioning=None)
    except (pa.ArrowInvalid, OSError) as error:
        raise ClawbackError("this is no readable Parquet", where=where, cause=str(error)) from error
    if table.schema.names != schema.names:
        raise ClawbackError(
            "a Parquet file has other columns than expected",
            where=where,
            cause=f"found {table.schema.names}, expected {schema.names}",
        )
    return table.cast(schema)
