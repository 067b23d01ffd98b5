"""The gate's verdict: pass, warn, blocked or broken, from results alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import pytest

from clawback.audit.gate import judge
from clawback.audit.overrides import Override, load_overrides
from clawback.audit.results import CheckResult
from clawback.audit.suites import Check, Suite
from clawback.errors import ClawbackError

TODAY = date(2020, 10, 1)


def check(name: str, severity: str = "critical") -> Check:
    return Check(name, "UnexpectedRowsExpectation", {}, severity, "why", "owner", "runbook")


def suite(*checks: Check, declared: tuple[str, ...] | None = None) -> Suite:
    return Suite("marts", "t", ("id",), checks, declared or tuple(c.name for c in checks), "t.yml")


def passed(name: str) -> CheckResult:
    return CheckResult(name, True, None, 0, ())


def failed(name: str, *rows: dict[str, Any], failing: int | None = None) -> CheckResult:
    return CheckResult(name, False, None, len(rows) if failing is None else failing, rows)


def override(check_name: str, expires: date = TODAY, incident: str | None = None) -> Override:
    return Override(f"2020-09-30-{check_name}.yml", check_name, "ann", "looked at it", expires, incident)


SUITES = [suite(check("t.a"), check("t.w", "warning"), check("t.i", "info"))]


@pytest.mark.parametrize(
    ("red", "verdict"),
    [
        (set(), "pass"),
        ({"t.i"}, "pass"),
        ({"t.w"}, "warn"),
        ({"t.a"}, "blocked"),
        ({"t.a", "t.w"}, "blocked"),
    ],
)
def test_severity_decides(red: set[str], verdict: str) -> None:
    results = [failed(n, {"id": 1}) if n in red else passed(n) for n in ("t.a", "t.w", "t.i")]
    judgement = judge(SUITES, results, [], TODAY)
    assert judgement.verdict == verdict
    assert judgement.problems == ()


@pytest.mark.parametrize("severity", ["critical", "warning", "info"])
def test_a_check_that_raised_is_broken_whatever_its_severity(severity: str) -> None:
    suites = [suite(check("t.a", severity), check("t.b"))]
    results = [CheckResult("t.a", False, "no such column", 0, ()), failed("t.b", {"id": 1})]
    judgement = judge(suites, results, [override("t.a"), override("t.b")], TODAY)
    assert judgement.verdict == "broken"
    assert judgement.problems == ("the check t.a raised: no such column",)


def test_a_check_that_was_not_evaluated_is_broken() -> None:
    judgement = judge(SUITES, [passed("t.a"), passed("t.w")], [], TODAY)
    assert judgement.verdict == "broken"
    assert "the check t.i was not evaluated" in judgement.problems


def test_a_check_that_was_evaluated_twice_is_broken() -> None:
    results = [passed(n) for n in ("t.a", "t.a", "t.w", "t.i")]
    assert judge(SUITES, results, [], TODAY).verdict == "broken"


def test_a_check_that_left_its_suite_is_broken() -> None:
    suites = [suite(check("t.a"), declared=("t.a", "t.gone"))]
    judgement = judge(suites, [passed("t.a")], [], TODAY)
    assert judgement.verdict == "broken"
    assert "the suite of t lacks the declared check t.gone" in judgement.problems


def test_a_check_that_nobody_declared_is_broken() -> None:
    suites = [suite(check("t.a"), check("t.new"), declared=("t.a",))]
    judgement = judge(suites, [passed("t.a"), passed("t.new")], [], TODAY)
    assert judgement.verdict == "broken"
    assert "the check t.new is not declared in declared.yml" in judgement.problems


@pytest.mark.parametrize("suites", [[], [suite(declared=("t.a",))]])
def test_nothing_checked_is_broken(suites: list[Suite]) -> None:
    assert judge(suites, [], [], TODAY).verdict == "broken"


def test_an_override_lifts_a_failure_to_a_warning_and_is_written_down() -> None:
    results = [failed("t.a", {"id": 1}), passed("t.w"), passed("t.i")]
    judgement = judge(SUITES, results, [override("t.a")], TODAY)
    assert judgement.verdict == "warn"
    assert [c["outcome"] for c in judgement.checks] == ["overridden", "passed", "passed"]
    (told,) = judgement.overrides
    assert (told["state"], told["who"], told["why"]) == ("used", "ann", "looked at it")


def test_an_expired_override_has_no_effect_and_is_reported() -> None:
    results = [failed("t.a", {"id": 1}), passed("t.w"), passed("t.i")]
    judgement = judge(SUITES, results, [override("t.a", date(2020, 9, 30))], TODAY)
    assert judgement.verdict == "blocked"
    assert judgement.overrides[0]["state"] == "expired"


def test_an_override_that_is_not_needed_is_reported() -> None:
    judgement = judge(SUITES, [passed(n) for n in ("t.a", "t.w", "t.i")], [override("t.a")], TODAY)
    assert judgement.verdict == "pass"
    assert judgement.overrides[0]["state"] == "unused"


def test_an_override_that_names_no_check_is_broken() -> None:
    judgement = judge(SUITES, [passed(n) for n in ("t.a", "t.w", "t.i")], [override("t.typo")], TODAY)
    assert judgement.verdict == "broken"
    assert judgement.problems == ("the override 2020-09-30-t.typo.yml names no check: 't.typo'",)


@pytest.mark.parametrize(
    ("result", "verdict"),
    [
        (failed("t.a", {"incident_id": "kucoin"}), "warn"),
        (failed("t.a", {"incident_id": "kucoin"}, {"incident_id": "zaif"}), "blocked"),
        (failed("t.a", {"id": 1}), "blocked"),
        # Rows that nobody fetched could be of any incident.
        (failed("t.a", {"incident_id": "kucoin"}, failing=2), "blocked"),
    ],
)
def test_an_override_of_one_incident_covers_that_incident_only(result: CheckResult, verdict: str) -> None:
    results = [result, passed("t.w"), passed("t.i")]
    assert judge(SUITES, results, [override("t.a", incident="kucoin")], TODAY).verdict == verdict


def test_a_sample_is_cut_and_in_one_order_whatever_the_engine_gave() -> None:
    rows = [{"id": f"{n:02}"} for n in range(30)]
    samples = [
        judge([suite(check("t.a"))], [failed("t.a", *order)], [], TODAY).checks[0]
        for order in (rows, rows[::-1])
    ]
    assert samples[0] == samples[1]
    assert samples[0]["failing_rows"] == 30
    assert [row["id"] for row in samples[0]["sample"]] == [f"{n:02}" for n in range(20)]


GOOD = "check: t.a\nwho: ann\nwhy: looked at it\nexpires: 2020-10-31\n"


def test_overrides_are_read_from_files(tmp_path: Path) -> None:
    assert load_overrides(tmp_path / "none") == []
    (tmp_path / "2020-09-30-t.a.yml").write_text(GOOD + "incident: kucoin\n")
    (found,) = load_overrides(tmp_path)
    assert (found.check, found.expires, found.incident) == ("t.a", date(2020, 10, 31), "kucoin")
    assert not found.is_expired(date(2020, 10, 31))
    assert found.is_expired(date(2020, 11, 1))


@pytest.mark.parametrize(
    ("name", "text", "problem"),
    [
        ("2020-09-30-t.b.yml", GOOD, "has the name of another"),
        ("someday-t.a.yml", GOOD, "not a day"),
        ("2020-09-30-t.a.yml", GOOD.replace("who: ann\n", ""), "'who' is missing"),
        ("2020-09-30-t.a.yml", GOOD.replace("ann", "''"), "without 'who'"),
        ("2020-09-30-t.a.yml", GOOD.replace("2020-10-31", "never"), "not a day"),
        ("2020-09-30-t.a.yml", GOOD + "until: x\n", "'until' is no field"),
        ("2020-09-30-t.a.yml", GOOD + "who: bob\n", "no YAML"),
        ("2020-09-30-t.a.yml", "- a\n", "no mapping"),
        ("2020-09-30-t.a.yml", "a: &a [*a, *a", "no YAML"),
    ],
)
def test_a_malformed_override_is_an_error_that_names_its_file(
    tmp_path: Path, name: str, text: str, problem: str
) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(ClawbackError, match=problem) as refused:
        load_overrides(tmp_path)
    assert name in str(refused.value)
