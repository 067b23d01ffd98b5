"""Read the marts of a candidate or of a release.

Invariants:
    A filter's column is looked up in the file before it reaches SQL, its value is bound: nothing that a
    person wrote in a subscription is ever SQL.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from clawback.errors import ClawbackError

if TYPE_CHECKING:
    import duckdb

Row = dict[str, Any]

MAX_ROWS: Final = 1_000_000
"""More rows than this are no mail and no page."""


@dataclass(frozen=True)
class Mart:
    """The columns and rows of a mart, in the order of its file."""

    name: str
    columns: tuple[str, ...]
    rows: tuple[Row, ...]

    def require(self, *columns: str) -> None:
        """Refuse a file without these columns, naming the missing ones."""
        missing = [column for column in columns if column not in self.columns]
        if missing:
            raise ClawbackError(
                f"the mart {self.name} has no column {', '.join(missing)}",
                where=f"{self.name}.parquet",
                remedy="build the release with the dbt project of this version of clawback",
            )


def read_mart(path: Path, filters: Mapping[str, Sequence[object]] | None = None) -> Mart:
    """Read one mart's Parquet file, only the rows whose columns have one of the given values.

    Args:
        path: The file, named for the mart.
        filters: Allowed values by column, compared as text.
    """
    if not path.is_file():
        raise ClawbackError(f"the mart {path.stem} is missing", where=str(path), remedy="build the day again")
    with _connection() as connection:
        columns = tuple(
            str(name)
            for (name, *_) in connection.execute(
                "select column_name from (describe select * from read_parquet(?))", [str(path)]
            ).fetchall()
        )
        conditions: list[str] = []
        values: list[object] = [str(path)]
        for column, allowed in sorted((filters or {}).items()):
            if column not in columns:
                raise ClawbackError(
                    f"the mart {path.stem} has no column {column!r} to filter by",
                    remedy=f"use one of: {', '.join(columns)}",
                )
            marks = ", ".join("?" for _ in allowed)
            conditions.append(f"cast({_quoted(column)} as varchar) in ({marks})")
            values.extend(str(value) for value in allowed)
        where = f" where {' and '.join(conditions)}" if conditions else ""
        # The file's own order is the mart's key order, which DuckDB keeps (preserve_insertion_order).
        query = f"select * from read_parquet(?){where} limit {MAX_ROWS + 1}"  # noqa: S608 - columns looked up above, values bound
        # By way of Arrow: DuckDB's own timestamps with a zone need a package that is not ours.
        rows = tuple(connection.execute(query, values).to_arrow_table().to_pylist())
    if len(rows) > MAX_ROWS:
        raise ClawbackError(
            f"the mart {path.stem} has more than {MAX_ROWS:,} rows for a delivery", remedy="filter it"
        )
    return Mart(path.stem, columns, rows)


def _connection() -> duckdb.DuckDBPyConnection:
    import duckdb

    connection = duckdb.connect(":memory:")
    connection.execute("set timezone = 'UTC'")
    connection.execute("set autoinstall_known_extensions = false")
    return connection


def _quoted(column: str) -> str:
    return '"' + column.replace('"', '""') + '"'
