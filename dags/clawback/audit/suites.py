"""Load the suites of `expectations/`: what has to hold before a candidate may be shown.

Layout:
    `expectations/<layer>/<table>.yml`: `table`, `key` (marts only) and `checks`, a list of {name, type,
    kwargs, severity, why, owner, runbook}. `expectations/declared.yml` names, per suite, the checks that must
    be there: a check that somebody took out of a suite makes the audit broken, not weaker.
    A check written in SQL reads its table as `{batch}` and returns the rows that are wrong.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from clawback.audit.strict_yaml import read_strict_yaml, require_fields
from clawback.errors import ClawbackError

if TYPE_CHECKING:
    import duckdb

LAYERS: Final = ("candidate", "marts")
MARTS_LAYER: Final = "marts"
SEVERITIES: Final = ("critical", "warning", "info")
SQL_TYPE: Final = "UnexpectedRowsExpectation"
SQL_ARGUMENT: Final = "unexpected_rows_query"
DECLARED_FILE: Final = "declared.yml"

COLUMN_ARGUMENTS: Final = {
    "ExpectColumnValuesToNotBeNull": ("column",),
    "ExpectColumnValuesToBeUnique": ("column",),
    "ExpectCompoundColumnsToBeUnique": ("column_list",),
    "ExpectTableRowCountToBeBetween": (),
    SQL_TYPE: (),
}
"""Classes that suites may use, with their arguments that name columns; tests/audit runs each on DuckDB."""

_SUITE_FIELDS: Final = {"table", "key", "checks"}
_CHECK_FIELDS: Final = {"name", "type", "kwargs", "severity", "why", "owner", "runbook"}


@dataclass(frozen=True)
class Check:
    """One expectation. `name` is unique over all suites: `<table>.<what>`."""

    name: str
    type: str
    kwargs: Mapping[str, Any]
    severity: str
    why: str
    owner: str
    runbook: str


@dataclass(frozen=True)
class Suite:
    """All checks of one table, and the names that must be among them."""

    layer: str
    table: str
    key: tuple[str, ...]
    checks: tuple[Check, ...]
    declared: tuple[str, ...]
    file: str

    def differences(self) -> list[str]:
        """What is missing from the suite or was never declared, in words."""
        names = [check.name for check in self.checks]
        found = [
            f"the suite of {self.table} lacks the declared check {n}" for n in self.declared if n not in names
        ]
        found += [
            f"the check {n} is not declared in {DECLARED_FILE}" for n in names if n not in self.declared
        ]
        if not names:
            found.append(f"the suite of {self.table} holds no check at all")
        return found


def load_suites(folder: Path) -> list[Suite]:
    """Load every suite, in order of layer and table.

    Raises:
        ClawbackError: a file is malformed, a type or field unknown, a name used twice; names file and check.
    """
    declared = _read_declared(folder / DECLARED_FILE)
    suites = [
        _read_suite(layer, path, declared)
        for layer in LAYERS
        for path in sorted((folder / layer).glob("*.yml"))
    ]
    known = {f"{suite.layer}/{suite.table}" for suite in suites}
    if missing := sorted(declared.keys() - known):
        raise ClawbackError(
            f"the suite {missing[0]} is declared but missing",
            where=str(folder / DECLARED_FILE),
            remedy=f"restore {folder / missing[0]}.yml",
        )
    owners: dict[str, str] = {}
    for suite in suites:
        for check in suite.checks:
            if check.name in owners:
                raise ClawbackError(
                    f"two checks have the name {check.name}", where=f"{owners[check.name]} and {suite.file}"
                )
            owners[check.name] = suite.file
    return suites


def check_against(connection: duckdb.DuckDBPyConnection, suites: list[Suite]) -> None:
    """Refuse suites that name a table or column that the audited data does not have.

    Raises:
        ClawbackError: names the suite, the check and the table or column.
    """
    import duckdb

    for suite in suites:
        found = connection.execute(
            "select column_name from information_schema.columns"
            " where table_schema = 'main' and table_name = ?",
            [suite.table],
        ).fetchall()
        columns = {name for (name,) in found}
        if not columns:
            raise ClawbackError(
                f"the suite of {suite.table} has nothing to audit",
                where=suite.file,
                cause="the candidate has no such table",
                remedy="build the candidate with the dbt project of this version",
            )
        _require_columns(suite, None, suite.key, columns)
        for check in suite.checks:
            for argument in COLUMN_ARGUMENTS[check.type]:
                named = check.kwargs[argument]
                _require_columns(suite, check, [named] if isinstance(named, str) else named, columns)
            if check.type == SQL_TYPE:
                try:
                    # Binding finds unknown names without running anything.
                    connection.execute(
                        "explain " + check.kwargs[SQL_ARGUMENT].replace("{batch}", f'"{suite.table}"')
                    )
                except duckdb.Error as error:
                    raise ClawbackError(
                        f"the check {check.name} does not fit its tables",
                        where=suite.file,
                        cause=str(error),
                        remedy="mend the SQL of the check, or the column that it reads",
                    ) from error


def _require_columns(suite: Suite, check: Check | None, named: Any, columns: set[str]) -> None:
    for column in named:
        if column not in columns:
            raise ClawbackError(
                f"{suite.table} has no column '{column}'",
                where=f"{suite.file}, {check.name if check else 'key'}",
                remedy="known columns: " + ", ".join(sorted(columns)),
            )


def _read_declared(path: Path) -> dict[str, tuple[str, ...]]:
    document = read_strict_yaml(path)
    declared = {}
    for suite, names in document.items():
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            raise ClawbackError(f"{suite} declares no list of checks", where=str(path))
        declared[suite] = tuple(names)
    return declared


def _read_suite(layer: str, path: Path, declared: Mapping[str, tuple[str, ...]]) -> Suite:
    document = read_strict_yaml(path)
    require_fields(document, _SUITE_FIELDS if layer == MARTS_LAYER else _SUITE_FIELDS - {"key"}, str(path))
    table, name = document["table"], f"{layer}/{path.stem}"
    if table != path.stem:
        raise ClawbackError(f"the suite is for '{table}', its file for '{path.stem}'", where=str(path))
    if name not in declared:
        raise ClawbackError(
            f"the suite {name} is not declared",
            where=str(path),
            remedy=f"name its checks in {DECLARED_FILE}",
        )
    if not isinstance(document["checks"], list):
        raise ClawbackError("`checks` is no list", where=str(path))
    checks = tuple(_read_check(table, item, path) for item in document["checks"])
    return Suite(layer, table, tuple(document.get("key", ())), checks, declared[name], str(path))


def _read_check(table: str, item: Any, path: Path) -> Check:
    where = f"{path}, {item.get('name') if isinstance(item, dict) else item!r}"
    if not isinstance(item, dict):
        raise ClawbackError("a check is no mapping", where=where)
    require_fields(item, _CHECK_FIELDS, where)
    for field in sorted(_CHECK_FIELDS - {"kwargs"}):
        if not isinstance(item[field], str) or not item[field].strip():
            raise ClawbackError(f"'{field}' is empty", where=where)
    if item["type"] not in COLUMN_ARGUMENTS:
        raise ClawbackError(
            f"no expectation has the type '{item['type']}'",
            where=where,
            remedy="known types: " + ", ".join(COLUMN_ARGUMENTS),
        )
    if item["severity"] not in SEVERITIES:
        raise ClawbackError(f"no severity is called '{item['severity']}'", where=where)
    if not item["name"].startswith(f"{table}."):
        raise ClawbackError(f"the name must begin with '{table}.'", where=where)
    kwargs = item["kwargs"]
    needed = (*COLUMN_ARGUMENTS[item["type"]], *((SQL_ARGUMENT,) if item["type"] == SQL_TYPE else ()))
    if not isinstance(kwargs, dict) or not set(needed) <= kwargs.keys():
        raise ClawbackError(f"'kwargs' must hold {', '.join(needed)}", where=where)
    if item["type"] == SQL_TYPE:
        if "{batch}" not in kwargs[SQL_ARGUMENT]:
            raise ClawbackError("the SQL does not read {batch}", where=where)
        # Ordered, so that the sample of failing rows is the same every time.
        kwargs = {SQL_ARGUMENT: f"select * from (\n{kwargs[SQL_ARGUMENT]}\n) order by all"}  # noqa: S608 - from our own suite
    return Check(**{**item, "kwargs": kwargs})
