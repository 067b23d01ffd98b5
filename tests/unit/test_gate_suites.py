"""Suites are read strictly: what is not understood is an error, never a weaker audit."""

from __future__ import annotations

import shutil
from pathlib import Path

import duckdb
import pytest

from clawback.audit.suites import LAYERS, check_against, load_suites
from clawback.errors import ClawbackError
from clawback.resources import expectations_dir

SUITE = """\
table: t
key: [id]
checks:
  - name: t.key
    type: ExpectColumnValuesToBeUnique
    severity: critical
    why: a row twice
    owner: data
    runbook: r.md
    kwargs:
      column: id
  - name: t.rows
    type: UnexpectedRowsExpectation
    severity: warning
    why: none may be negative
    owner: data
    runbook: r.md
    kwargs:
      unexpected_rows_query: select id from {batch} where id < 0
"""
DECLARED = "marts/t: [t.key, t.rows]\n"


def write(folder: Path, suite: str = SUITE, declared: str = DECLARED) -> Path:
    (folder / "marts").mkdir(exist_ok=True)
    (folder / "marts" / "t.yml").write_text(suite)
    (folder / "declared.yml").write_text(declared)
    return folder


def test_a_suite_is_loaded(tmp_path: Path) -> None:
    (suite,) = load_suites(write(tmp_path))
    assert (suite.table, suite.key, suite.declared) == ("t", ("id",), ("t.key", "t.rows"))
    assert [check.name for check in suite.checks] == ["t.key", "t.rows"]
    assert suite.differences() == []


def test_a_check_taken_out_is_a_difference(tmp_path: Path) -> None:
    cut = SUITE[: SUITE.index("  - name: t.rows")]
    (suite,) = load_suites(write(tmp_path, cut))
    assert suite.differences() == ["the suite of t lacks the declared check t.rows"]


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("ExpectColumnValuesToBeUnique", "ExpectTheBest", "no expectation has the type"),
        ("t.rows", "t.key", "two checks have the name t.key"),
        ("severity: critical", "severity: fatal", "no severity is called"),
        ("owner: data", "owner: ''", "'owner' is empty"),
        ("    why: a row twice\n", "", "'why' is missing"),
        ("    why: a row twice\n", "    why: a row twice\n    mostly: 0.9\n", "'mostly' is no field"),
        ("name: t.key", "name: u.key", "must begin with 't.'"),
        ("      column: id\n", "      columns: id\n", "must hold column"),
        ("from {batch} where", "from t where", "does not read {batch}"),
        ("table: t\n", "table: u\n", "the suite is for 'u'"),
        ("key: [id]\n", "", "'key' is missing"),
        ("table: t\n", "table: t\ntable: t\n", "no YAML"),
    ],
)
def test_a_suite_with_a_fault_is_refused(tmp_path: Path, old: str, new: str, problem: str) -> None:
    assert old in SUITE
    with pytest.raises(ClawbackError, match=problem) as refused:
        load_suites(write(tmp_path, SUITE.replace(old, new)))
    assert "t.yml" in str(refused.value)


def test_a_suite_must_be_declared_and_a_declared_one_must_be_there(tmp_path: Path) -> None:
    with pytest.raises(ClawbackError, match="is not declared"):
        load_suites(write(tmp_path, declared="marts/u: [u.a]\n"))
    write(tmp_path)
    (tmp_path / "marts" / "t.yml").unlink()
    with pytest.raises(ClawbackError, match="marts/t is declared but missing"):
        load_suites(tmp_path)


def test_unknown_tables_and_columns_are_refused(tmp_path: Path) -> None:
    with duckdb.connect() as connection:
        with pytest.raises(ClawbackError, match="nothing to audit"):
            check_against(connection, load_suites(write(tmp_path)))
        connection.execute("create table t (id integer)")
        check_against(connection, load_suites(write(tmp_path)))
        for old, new in (
            ("column: id", "column: name"),
            ("where id", "where name"),
            ("key: [id]", "key: [name]"),
        ):
            with pytest.raises(ClawbackError, match="name") as refused:
                check_against(connection, load_suites(write(tmp_path, SUITE.replace(old, new))))
            assert "t.yml" in str(refused.value)


def test_the_suites_that_ship_are_whole(tmp_path: Path) -> None:
    suites = load_suites(expectations_dir())
    assert [problem for suite in suites for problem in suite.differences()] == []
    assert {suite.layer for suite in suites} == set(LAYERS)
    # A copy without one file: the audit must not run on what is left.
    folder = tmp_path / "copy"
    shutil.copytree(expectations_dir(), folder)
    (folder / "marts" / "fct_claims.yml").unlink()
    with pytest.raises(ClawbackError, match="marts/fct_claims is declared but missing"):
        load_suites(folder)
