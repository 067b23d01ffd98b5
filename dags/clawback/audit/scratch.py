"""The scratch database of an audit: the candidate, what it was made of, and the release before, side by side.

Layout:
    main      a view per mart of the candidate, under its own name, and the audit's own facts:
              `candidate_days` (chain, day), `candidate_inputs` (per file: rows declared, rows read),
              `candidate_marts` (per mart: rows declared, in the Parquet, in clawback.duckdb)
    lake      a view per input, identifiers as text; tables of grain day and trace tables have the column
              `day` besides
    previous  a view per mart of the release before; empty ones of the same columns without such a release
    facts     `candidate` (one row): day, first_day, previous_day
              `unchanged_days` (method, day, incident_id): traced from the same inputs as in the release
              before; incident_id is NULL where that holds for all incidents
    Marts lie in `main` because Great Expectations does not find columns of DuckDB tables in other schemas.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from clawback.audit.inputs import DAY_TABLES, SNAPSHOT_TABLES, TRACE_TABLES, InputFile, Inputs
from clawback.audit.unchanged import UnchangedDay
from clawback.errors import ClawbackError
from clawback.release.candidate import Candidate
from clawback.release.compare import columns_of, quoted

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

SERVED: str = "clawback.duckdb"
RELEASE_COLUMN: str = "release_id"


@dataclass(frozen=True)
class Baseline:
    """The release before: its day, the Parquet file of each of its marts, what was traced from the same."""

    day: date
    marts: Mapping[str, Path]
    unchanged: Sequence[UnchangedDay] = ()


def build_scratch(
    file: Path, candidate: Candidate, inputs: Inputs, before: Baseline | None, first_day: date
) -> None:
    """Write the scratch database, over an older one.

    Raises:
        ClawbackError: a file cannot be read, or clawback.duckdb is missing.
    """
    import duckdb

    file.unlink(missing_ok=True)
    try:
        with duckdb.connect(str(file)) as connection:
            connection.execute("set timezone = 'UTC'")
            connection.execute("set autoinstall_known_extensions = false")
            _add_marts(connection, candidate, before)
            _add_lake(connection, inputs)
            _add_facts(connection, candidate, inputs, before, first_day)
    except duckdb.Error as error:
        raise ClawbackError(
            "the audit could not read what it has to compare",
            where=str(candidate.folder),
            cause=str(error),
            remedy="build the candidate again",
        ) from error


def _add_marts(connection: duckdb.DuckDBPyConnection, candidate: Candidate, before: Baseline | None) -> None:
    connection.execute("create schema previous")
    for mart in candidate.marts.values():
        name = quoted(mart.name)
        connection.execute(f"create view main.{name} as from read_parquet({_text(mart.path)})")
        older = None if before is None else before.marts.get(mart.name)
        if older is None:
            connection.execute(f"create table previous.{name} as from main.{name} limit 0")
        else:
            # A column that the release before lacked is NULL in it, so that a suite may name it.
            had = columns_of(connection, older)
            columns = ", ".join(
                quoted(column) if column in had else f"null::{kind} as {quoted(column)}"
                for column, kind in columns_of(connection, mart.path).items()
            )
            connection.execute(
                f"create view previous.{name} as select {columns} from read_parquet({_text(older)})"  # noqa: S608 - quoted
            )


def _add_lake(connection: duckdb.DuckDBPyConnection, inputs: Inputs) -> None:
    from clawback.identifiers import sql_text
    from clawback.schemas import DAY_FLOWS, IDENTIFIER, TABLES, TOTALS

    connection.execute("create schema lake")
    connection.execute("create table lake.files (path varchar, day date)")
    by_table: dict[str, list[InputFile]] = defaultdict(list)
    for file in inputs.files:
        by_table[file.table].append(file)
        connection.execute("insert into lake.files values (?, ?)", [str(file.path), file.day])
    schemas = {**TABLES, "flows": DAY_FLOWS, "totals": TOTALS}
    for table in (*DAY_TABLES, *TRACE_TABLES, *SNAPSHOT_TABLES):
        dated = table not in SNAPSHOT_TABLES
        if files := by_table[table]:
            paths = ", ".join(_text(file.path) for file in files)
            day = ", files.day" if dated else ""
            raw = [field.name for field in schemas[table] if field.type == IDENTIFIER]
            texts = ", ".join(f"{sql_text(f'rows.{name}')} as {name}" for name in raw)
            shows = f" replace ({texts})" if raw else ""
            # The day stands in the record that names a file, not in the file's path, which may be a cache's.
            connection.execute(
                f"create view lake.{table} as select rows.* exclude (filename){shows}{day}"  # noqa: S608 - our paths and names
                f" from read_parquet([{paths}], filename = true, hive_partitioning = false) as rows"
                " inner join lake.files as files on rows.filename = files.path"
            )
        else:
            _create_empty(connection, f"lake.{table}", schemas[table], dated)


def _create_empty(connection: duckdb.DuckDBPyConnection, name: str, schema: pa.Schema, dated: bool) -> None:
    from clawback.parquet import with_text

    connection.register("_empty", with_text(schema.empty_table()))
    day = ", null::date as day" if dated else ""
    connection.execute(f"create table {name} as select *{day} from _empty limit 0")  # noqa: S608 - our names
    connection.unregister("_empty")


def _add_facts(
    connection: duckdb.DuckDBPyConnection,
    candidate: Candidate,
    inputs: Inputs,
    before: Baseline | None,
    first_day: date,
) -> None:
    connection.execute("create schema facts")
    connection.execute("create table facts.candidate (day date, first_day date, previous_day date)")
    previous_day = None if before is None else before.day
    connection.execute(
        "insert into facts.candidate values (?, ?, ?)", [candidate.day, first_day, previous_day]
    )
    connection.execute("create table facts.unchanged_days (method varchar, day date, incident_id varchar)")
    if before is not None and before.unchanged:
        connection.executemany(
            "insert into facts.unchanged_days values (?, ?, ?)",
            [(one.method, one.day, one.incident_id) for one in before.unchanged],
        )
    connection.execute("create table candidate_days (chain varchar, day date)")
    chains = {"tables": inputs.days} | {f"trace {name}": tuple(days) for name, days in inputs.traces.items()}
    for chain, days in chains.items():
        connection.executemany("insert into candidate_days values (?, ?)", [(chain, day) for day in days])
    connection.execute(
        "create table candidate_inputs (table_name varchar, day date, declared_rows bigint, read_rows bigint)"
    )
    for file in inputs.files:
        connection.execute(
            "insert into candidate_inputs select ?, ?, ?, count(*) from read_parquet(?)",
            [file.table, file.day, file.declared_rows, str(file.path)],
        )
    _add_served(connection, candidate)


def _add_served(connection: duckdb.DuckDBPyConnection, candidate: Candidate) -> None:
    connection.execute(
        "create table candidate_marts (mart varchar, declared_rows bigint, parquet_rows bigint,"
        " served_rows bigint, missing_rows bigint, extra_rows bigint, misnamed_rows bigint)"
    )
    served = candidate.file(SERVED)
    if not served.is_file():
        raise ClawbackError("the candidate has no clawback.duckdb", where=str(candidate.folder))
    connection.execute(f"attach {_text(served)} as served (read_only)")
    present = {
        name
        for (name,) in connection.execute(
            "select table_name from duckdb_tables() where database_name = 'served' and schema_name = 'main'"
        ).fetchall()
    }
    for mart in candidate.marts.values():
        name = quoted(mart.name)
        rows = "null, null, null, null"
        if mart.name in present:
            theirs = f"(select * exclude ({RELEASE_COLUMN}) from served.main.{name})"  # noqa: S608 - quoted
            rows = (
                f"(select count(*) from served.main.{name}),"  # noqa: S608 - quoted
                f" (select count(*) from (from main.{name} except all from {theirs})),"
                f" (select count(*) from (from {theirs} except all from main.{name})),"
                f" (select count(*) from served.main.{name} where {RELEASE_COLUMN} is distinct from ?)"
            )
        connection.execute(
            f"insert into candidate_marts select ?, ?, (select count(*) from main.{name}), {rows}",  # noqa: S608 - quoted
            [mart.name, mart.rows, *([candidate.release_id] if mart.name in present else [])],
        )
    connection.execute("detach served")


def _text(path: Path) -> str:
    return "'" + str(path).replace("'", "''") + "'"
