"""Make Great Expectations 1.24 run on DuckDB.

Out of the box every expectation errors there: the engine hands back a result after it has closed the
connection, and DuckDB's result is empty by then. Keeping one connection open is the whole cure. The canary in
tests/audit runs one expectation of every class that suites may use, so an upgrade that breaks this is seen.

Importing this module imports Great Expectations (about ten seconds): do it inside functions only.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

# Stands before the first import of Great Expectations, which reads it.
os.environ.setdefault("GX_ANALYTICS_ENABLED", "false")

import great_expectations as gx
import great_expectations.expectations as gxe
from great_expectations.data_context.types.base import ProgressBarsConfig
from great_expectations.datasource.fluent.sql_datasource import SQLDatasource
from great_expectations.execution_engine.sqlalchemy_execution_engine import SqlAlchemyExecutionEngine

from clawback.audit.results import CheckResult, plain
from clawback.audit.suites import SQL_TYPE, Suite

if TYPE_CHECKING:
    import sqlalchemy


class DuckEngine(SqlAlchemyExecutionEngine):
    """The SQL engine with one connection that stays open."""

    opened: ClassVar[list[DuckEngine]] = []
    """Engines that hold the file; Great Expectations makes new ones as it likes."""

    _kept: sqlalchemy.Connection | None = None

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.opened.append(self)

    @contextmanager
    def get_connection(self) -> Generator[sqlalchemy.Connection, None, None]:
        """Yield the same open connection every time."""
        if self._kept is None:
            self._kept = self.engine.connect()
            self._kept.exec_driver_sql("set timezone = 'UTC'")
        yield self._kept

    def close(self) -> None:
        """Let go of the file."""
        if self._kept is not None:
            self._kept.close()
            self._kept = None
        super().close()


_EngineClass: TypeAlias = type[DuckEngine]  # inside the data source, `type` is a field


class DuckDatasource(SQLDatasource):
    """A SQL data source on a DuckDB file; registers itself as `add_duckdb_sql`."""

    type: Literal["duckdb_sql"] = "duckdb_sql"  # type: ignore[assignment]  # GX registers a datasource by this

    @property
    def execution_engine_type(self) -> _EngineClass:
        """Return the engine that keeps its connection."""
        return DuckEngine


def run_suites(database: Path, suites: list[Suite]) -> list[CheckResult]:
    """Run every check of every suite on a DuckDB file, which is opened read-only.

    Returns:
        A result for each expectation that Great Expectations reports on; the caller compares them with
        what was declared.
    """
    with _quiet():
        context = gx.get_context(mode="ephemeral")
        context.variables.progress_bars = ProgressBarsConfig(globally=False)
        source = context.data_sources.add_duckdb_sql(
            "candidate",
            connection_string=f"duckdb:///{database}",
            create_temp_table=False,
            kwargs={"connect_args": {"read_only": True}},
        )
        try:
            found: list[CheckResult] = []
            for suite in suites:
                found += _run_suite(source, suite)
            return found
        finally:
            # A file that stays open read-only shuts the next writer out, in this process too.
            while DuckEngine.opened:
                DuckEngine.opened.pop().close()
            source.get_engine().dispose()


def _run_suite(source: Any, suite: Suite) -> list[CheckResult]:
    # Names of checks travel in `meta`: Great Expectations reports in an order of its own.
    expectations = [
        getattr(gxe, check.type)(**check.kwargs, severity=check.severity, meta={"name": check.name})
        for check in suite.checks
    ]
    asset = source.add_table_asset(suite.table, table_name=suite.table)
    batch = asset.add_batch_definition_whole_table(suite.table).get_batch()
    outcome = batch.validate(
        gx.ExpectationSuite(suite.table, expectations=expectations),
        result_format={"result_format": "COMPLETE"},
    )
    types = {check.name: check.type for check in suite.checks}
    return [_read(result, types) for result in outcome.results]


def _read(result: Any, types: dict[str, str]) -> CheckResult:
    name = result.expectation_config.meta["name"]
    raised = _raised(result.exception_info)
    told = result.result or {}
    if types[name] == SQL_TYPE:
        rows = told.get("details", {}).get("unexpected_rows", [])
        sample = [{column: plain(value) for column, value in row.items()} for row in rows]
        failing = int(told.get("observed_value") or 0)
    else:
        values = [
            value if isinstance(value, dict) else {"value": value}
            for value in told.get("unexpected_list", [])
        ]
        sample = [{column: plain(value) for column, value in row.items()} for row in values]
        # Counts are None on an empty table, and absent where a whole table is judged.
        failing = int(told.get("unexpected_count") or (0 if result.success else 1))
        if not sample and not result.success and "observed_value" in told:
            sample = [{"observed": plain(told["observed_value"])}]
    return CheckResult(name, bool(result.success), raised, failing, tuple(sample))


def _raised(info: Any) -> str | None:
    # Two shapes: one flat record, or one record per metric that failed.
    records = [info] if "raised_exception" in (info or {}) else list((info or {}).values())
    messages = [str(record.get("exception_message")) for record in records if record.get("raised_exception")]
    return "; ".join(sorted(set(messages))) if messages else None


@contextmanager
def _quiet() -> Iterator[None]:
    # It logs a traceback for every metric that fails; the gate tells the same in words.
    logger = logging.getLogger("great_expectations")
    before = logger.level
    logger.setLevel(logging.CRITICAL)
    try:
        yield
    finally:
        logger.setLevel(before)
