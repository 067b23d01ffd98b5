"""Great Expectations on DuckDB: every class that suites may use, seen to pass and to fail."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from clawback.audit.results import CheckResult
from clawback.audit.suites import COLUMN_ARGUMENTS, SQL_TYPE, Check, Suite

pytestmark = pytest.mark.slow

GOOD: dict[str, dict[str, Any]] = {
    "ExpectColumnValuesToNotBeNull": {"column": "id"},
    "ExpectColumnValuesToBeUnique": {"column": "id"},
    "ExpectCompoundColumnsToBeUnique": {"column_list": ["id", "day"]},
    "ExpectTableRowCountToBeBetween": {"min_value": 10, "max_value": 10},
    SQL_TYPE: {"unexpected_rows_query": "select * from {batch} where amount < 0"},
}
BAD: dict[str, dict[str, Any]] = {
    "ExpectColumnValuesToNotBeNull": {"column": "hole"},
    "ExpectColumnValuesToBeUnique": {"column": "day"},
    "ExpectCompoundColumnsToBeUnique": {"column_list": ["day", "amount"]},
    "ExpectTableRowCountToBeBetween": {"min_value": 11},
    SQL_TYPE: {"unexpected_rows_query": "select id, day, amount from {batch} where id >= 8 order by id"},
}


@pytest.fixture
def table(tmp_path: Path) -> Path:
    file = tmp_path / "canary.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(
            "create view t as select range as id, date '2020-01-01' as day, 10::decimal(38, 0) as amount,"
            " case when range = 3 then null else 1 end as hole from range(10)"
        )
    return file


def run(file: Path, kwargs: dict[str, dict[str, Any]]) -> dict[str, CheckResult]:
    # Importing Great Expectations takes seconds that collecting the fast tests should not pay.
    from clawback.audit.gx_duckdb import run_suites

    checks = tuple(Check(f"t.{t}", t, kw, "critical", "w", "o", "r") for t, kw in kwargs.items())
    suite = Suite("marts", "t", ("id",), checks, tuple(c.name for c in checks), "t.yml")
    return {result.name.removeprefix("t."): result for result in run_suites(file, [suite])}


def test_the_canary_knows_every_class() -> None:
    assert GOOD.keys() == BAD.keys() == COLUMN_ARGUMENTS.keys()


def test_every_class_passes_where_all_is_well(table: Path) -> None:
    results = run(table, GOOD)
    assert {name: (r.success, r.raised) for name, r in results.items()} == dict.fromkeys(GOOD, (True, None))


def test_every_class_fails_where_something_is_wrong_and_shows_it(table: Path) -> None:
    results = run(table, BAD)
    assert {name: (r.success, r.raised) for name, r in results.items()} == dict.fromkeys(BAD, (False, None))
    assert {name: r.failing for name, r in results.items()} == {
        "ExpectColumnValuesToNotBeNull": 1,
        "ExpectColumnValuesToBeUnique": 10,
        "ExpectCompoundColumnsToBeUnique": 10,
        "ExpectTableRowCountToBeBetween": 1,
        SQL_TYPE: 2,
    }
    assert results[SQL_TYPE].rows == (
        {"id": 8, "day": "2020-01-01", "amount": "10"},
        {"id": 9, "day": "2020-01-01", "amount": "10"},
    )
    assert results["ExpectTableRowCountToBeBetween"].rows == ({"observed": 10},)


def test_one_check_that_raises_does_not_take_the_others_along(table: Path) -> None:
    broken = {**GOOD, SQL_TYPE: {"unexpected_rows_query": "select nope from {batch}"}}
    results = run(table, broken)
    assert "nope" in str(results[SQL_TYPE].raised)
    assert all(
        result.raised is None and result.success for name, result in results.items() if name != SQL_TYPE
    )


def test_the_file_is_let_go_afterwards(table: Path) -> None:
    run(table, GOOD)
    with duckdb.connect(str(table)) as connection:
        connection.execute("create table written (id integer)")
        assert connection.execute("select count(*) from t").fetchone() == (10,)
    assert not table.with_name(table.name + ".wal").exists()


def test_the_run_is_silent_and_the_clock_of_the_machine_does_not_matter(table: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from tests.audit.test_gx_duckdb import run, GOOD, BAD;"
        "run(Path(sys.argv[1]), GOOD); run(Path(sys.argv[1]), BAD)"
    )
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code, str(table)],
        cwd=root,
        env={**os.environ, "TZ": "Asia/Tokyo", "PYTHONPATH": f"{root}:{root / 'dags'}"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
