"""Ask SQL of Parquet files of a release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from clawback.release.compare import connect, quoted


def query(
    files: Mapping[str, Path], sql: str, values: Sequence[Any] | Mapping[str, Any] = ()
) -> tuple[list[str], list[tuple[Any, ...]]]:
    """Run one query.

    Args:
        files: Parquet file by the name under which the SQL reads it.
        sql: our own text; whatever a person gave enters by `values`.
        values: for `?` in order, or for `$name`.

    Returns:
        Names of the columns, and the rows.
    """
    with connect() as connection:
        for name, path in files.items():
            file = str(path).replace("'", "''")
            connection.execute(f"create view {quoted(name)} as from read_parquet('{file}')")
        bound = dict(values) if isinstance(values, Mapping) else list(values)
        connection.execute(sql, bound)
        return [column[0] for column in connection.description or ()], connection.fetchall()
