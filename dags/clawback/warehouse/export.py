"""Export the marts in the order of their keys, and assemble the database that readers get.

Invariants:
    One thread, one total order, fixed settings: the same rows give the same Parquet bytes on one version of
    DuckDB. A DuckDB file never repeats its bytes, so the database is assembled from the Parquet files
    and only those are hashed into the release's name.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from clawback.errors import ClawbackError
from clawback.hashing import file_sha256_hex

if TYPE_CHECKING:
    import duckdb

MARTS_SCHEMA: Final = "marts"
_COPY_OPTIONS: Final = "format parquet, compression zstd, compression_level 3, row_group_size 122880"


@dataclass(frozen=True)
class Mart:
    """A mart as the dbt project describes it."""

    name: str
    description: str
    key: tuple[str, ...]
    columns: tuple[tuple[str, str], ...]
    """Name and description, in the order of the contract."""


@dataclass(frozen=True)
class Exported:
    """One exported file."""

    rows: int
    sha256: str
    key: tuple[str, ...]


def marts_of(manifest: Mapping[str, Any]) -> list[Mart]:
    """All marts of a dbt manifest, by name.

    Raises:
        ClawbackError: a mart names no key, so its export has no total order.
    """
    marts = []
    for node in manifest["nodes"].values():
        if node["resource_type"] != "model" or node["schema"] != MARTS_SCHEMA:
            continue
        columns = tuple((name, column["description"]) for name, column in node["columns"].items())
        key = tuple(node["config"]["meta"].get("key", ()))
        if not key or not set(key) <= {name for name, _ in columns}:
            raise ClawbackError(
                f"the mart {node['name']} has no key of its own columns",
                where=node["original_file_path"],
                remedy="name it in the model's yml: config.meta.key",
            )
        marts.append(Mart(node["name"], node["description"].strip(), key, columns))
    return sorted(marts, key=lambda mart: mart.name)


def export_marts(database: Path, marts: list[Mart], folder: Path) -> dict[str, Exported]:
    """Write one Parquet file per mart, ordered by its key.

    The views of the staging layer are dropped from the database: they read a folder that the next build
    overwrites, and would show another day's rows.
    """
    import duckdb

    folder.mkdir(parents=True)
    exported = {}
    with duckdb.connect(str(database)) as connection:
        connection.execute("set threads = 1")
        for mart in marts:
            path = folder / f"{mart.name}.parquet"
            columns = ", ".join(_name(name) for name, _ in mart.columns)
            order = ", ".join(_name(name) for name in mart.key)
            connection.execute(
                f"copy (select {columns} from {MARTS_SCHEMA}.{_name(mart.name)} order by {order}) "  # noqa: S608 - names of our own project
                f"to {_text(str(path))} ({_COPY_OPTIONS})"
            )
            exported[mart.name] = Exported(_row_count(connection, path), file_sha256_hex(path), mart.key)
        connection.execute("drop schema if exists staging cascade")
    return exported


def assemble(folder: Path, marts: list[Mart], release_id: str, database: Path) -> None:
    """Make the database that readers get, of the exported files, every table with its release."""
    import duckdb

    with duckdb.connect(str(database)) as connection:
        connection.execute("set threads = 1")
        for mart in marts:
            table = _name(mart.name)
            connection.execute(
                f"create table {table} as select *, {_text(release_id)} as release_id "  # noqa: S608 - names of our own project
                f"from read_parquet({_text(str(folder / f'{mart.name}.parquet'))})"
            )
            connection.execute(f"comment on table {table} is {_text(mart.description)}")
            for name, description in (*mart.columns, ("release_id", "Release that the row is served by.")):
                connection.execute(f"comment on column {table}.{_name(name)} is {_text(description)}")


def _row_count(connection: duckdb.DuckDBPyConnection, path: Path) -> int:
    row = connection.execute("select count(*) from read_parquet(?)", [str(path)]).fetchone()
    return 0 if row is None else int(row[0])


def _name(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def _text(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
