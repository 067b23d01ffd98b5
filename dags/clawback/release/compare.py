"""Compare one mart of two releases, row by row, by its key."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

CHANGE: Final = "change"
"""added | removed | changed."""

CHANGED_COLUMNS: Final = "changed_columns"
"""Names of the columns whose value differs, joined by commas; empty unless changed."""


def compare_mart(current: Path, previous: Path | None, key: Sequence[str]) -> pa.Table:
    """Return the rows that differ, ordered by key.

    The columns are `change`, `changed_columns` and the current mart's own. An added or changed row stands
    with its new values, a removed one with its old. A column that only one side has is a change of schema,
    not of rows. Without a previous mart, or with one that lacks a column of the key, every row is added.

    Args:
        current: Parquet file of the newer mart.
        previous: Parquet file of the older one.
        key: columns that tell one row from another.
    """
    with connect() as connection:
        columns = columns_of(connection, current)
        before = columns_of(connection, previous) if previous is not None else {}
        if previous is None or not set(key) <= before.keys():
            return connection.execute(_all_added(columns, key), [str(current)]).to_arrow_table()
        query = _differing(columns, before, key)
        return connection.execute(query, [str(current), str(previous)]).to_arrow_table()


def columns_of(connection: duckdb.DuckDBPyConnection, path: Path) -> dict[str, str]:
    """Columns of a Parquet file with DuckDB's name of their type, in order."""
    found = connection.execute(
        "select column_name, column_type from (describe select * from read_parquet(?))", [str(path)]
    )
    return dict(found.fetchall())


def connect() -> duckdb.DuckDBPyConnection:
    """An in-memory DuckDB that speaks UTC and fetches nothing."""
    import duckdb

    connection = duckdb.connect(":memory:")
    connection.execute("set timezone = 'UTC'")
    connection.execute("set autoinstall_known_extensions = false")
    return connection


def quoted(name: str) -> str:
    """An identifier for SQL."""
    return '"' + name.replace('"', '""') + '"'


def _all_added(columns: dict[str, str], key: Sequence[str]) -> str:
    names = ", ".join(quoted(name) for name in columns)
    order = ", ".join(quoted(name) for name in key)
    # Only quoted column names of the file itself enter the text; the path is bound.
    return (
        f"select 'added' as {CHANGE}, '' as {CHANGED_COLUMNS}, {names} from read_parquet(?) order by {order}"  # noqa: S608
    )


def _differing(columns: dict[str, str], before: dict[str, str], key: Sequence[str]) -> str:
    shared = [name for name in columns if name in before and name not in key]
    differs = {name: _distinct(name, columns[name] == before[name]) for name in shared}
    listed = ", ".join(f"case when {differs[name]} then {_literal(name)} end" for name in shared)
    values = ", ".join(
        f"case when c._here then c.{quoted(name)} else p.{quoted(name)} end as {quoted(name)}"
        if name in before
        else f"c.{quoted(name)}"
        for name in columns
    )
    join = " and ".join(f"c.{quoted(name)} is not distinct from p.{quoted(name)}" for name in key)
    order = ", ".join(quoted(name) for name in key)
    any_differs = " or ".join(differs.values()) or "false"
    # Only quoted column names of the files themselves enter the text; the paths are bound.
    return f"""
        with c as (select *, true as _here from read_parquet(?)),
        p as (select *, true as _here from read_parquet(?)),
        joined as (
            select
                case when p._here is null then 'added' when c._here is null then 'removed' else 'changed' end
                    as {CHANGE},
                case when p._here and c._here then concat_ws(',', {listed or "null"}) else '' end
                    as {CHANGED_COLUMNS},
                {values}
            from c full outer join p on {join}
            where p._here is null or c._here is null or {any_differs}
        )
        select * from joined order by {order}, {CHANGE}
    """  # noqa: S608


def _distinct(name: str, same_type: bool) -> str:
    if same_type:
        return f"c.{quoted(name)} is distinct from p.{quoted(name)}"
    return f"c.{quoted(name)}::varchar is distinct from p.{quoted(name)}::varchar"


def _literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
