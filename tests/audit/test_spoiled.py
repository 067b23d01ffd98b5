"""Each check has a candidate that turns it red, and it alone."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import duckdb
import pytest

from clawback.audit.gate import BLOCKED, BROKEN, PASS, WARN, judge
from clawback.audit.results import CheckResult
from clawback.audit.step import run_checks
from clawback.audit.suites import Suite, load_suites
from clawback.resources import expectations_dir
from tests.audit.candidates import contract
from tests.audit.spoils import SPOILS

pytestmark = pytest.mark.slow
TODAY = date(2026, 1, 1)
SUITES = load_suites(expectations_dir())
CHECKS = {check.name: check for suite in SUITES for check in suite.checks}


def run_spoiled(sound: Path, folder: Path, statements: list[str]) -> list[CheckResult]:
    file = folder / "spoiled.duckdb"
    shutil.copy(sound, file)
    with duckdb.connect(str(file)) as connection:
        connection.execute("set timezone = 'UTC'")
        for statement in statements:
            changed = connection.execute(statement).fetchone()
            assert changed is not None
            assert changed[0] > 0, f"spoils nothing: {statement}"
    return run_checks(file, SUITES)


def test_the_sound_candidate_passes(sound: Path, tmp_path: Path) -> None:
    judgement = judge(SUITES, run_spoiled(sound, tmp_path, []), [], TODAY)
    assert (judgement.verdict, judgement.problems) == (PASS, ())


def test_every_check_has_a_spoiled_candidate() -> None:
    """Taking a check out of its suite and out of declared.yml turns this red."""
    assert sorted(CHECKS) == sorted(SPOILS)


@pytest.mark.parametrize("name", sorted(SPOILS))
def test_a_spoiled_candidate_turns_its_check_red_and_no_other(sound: Path, tmp_path: Path, name: str) -> None:
    results = run_spoiled(sound, tmp_path, SPOILS[name])
    assert {result.name for result in results if result.raised} == set()
    assert [result.name for result in results if not result.success] == [name]
    (result,) = [result for result in results if result.name == name]
    assert result.failing > 0
    assert result.rows, "a red check shows the rows that are wrong"
    verdict = judge(SUITES, results, [], TODAY).verdict
    assert verdict == {"critical": BLOCKED, "warning": WARN, "info": PASS}[CHECKS[name].severity]


def test_taking_any_check_out_of_its_suite_is_broken(sound: Path, tmp_path: Path) -> None:
    results = run_spoiled(sound, tmp_path, [])
    for name in CHECKS:
        suites = [
            Suite(**{**vars(suite), "checks": tuple(c for c in suite.checks if c.name != name)})
            for suite in SUITES
        ]
        judgement = judge(suites, [result for result in results if result.name != name], [], TODAY)
        assert judgement.verdict == BROKEN
        assert any(f"lacks the declared check {name}" in problem for problem in judgement.problems)


def test_every_check_names_a_runbook_that_is_there() -> None:
    root = expectations_dir().parent
    for check in CHECKS.values():
        file, _, heading = check.runbook.partition("#")
        headings = [
            line.strip("# ").lower().replace(" ", "-") for line in (root / file).read_text().splitlines()
        ]
        assert heading in headings, check.runbook


def test_keys_of_the_suites_are_those_of_the_contracts() -> None:
    for suite in SUITES:
        if suite.layer == "marts":
            assert suite.key == contract(suite.table)[1], suite.table
