"""A step that fails leaves a record, and `clawback release runs` shows it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from click.testing import CliRunner

from clawback.cli import clawback
from clawback.errors import ClawbackError
from clawback.lake import KeyMissing
from clawback.release.runs import list_runs, record_run
from clawback.run.ingest import ingest_source
from clawback.run.trace import trace_tables
from tests.contract.loopback import NOW, context_for
from tests.contract.transfer_rows import source_in

DAY, KNOWN = date(2020, 9, 26), date(2026, 9, 15)


def test_an_ingest_that_fails_leaves_a_record_with_its_source(tmp_path: Path) -> None:
    ctx = context_for(tmp_path, source_in(tmp_path, []))
    (tmp_path / "rows.csv").unlink()
    with pytest.raises(ClawbackError) as caught:
        ingest_source(ctx, "tokens", DAY, KNOWN)
    (run,) = list_runs(ctx.lake)
    assert (run["step"], run["day"], run["outcome"]) == ("ingest_tokens", "2020-09-26", "failed")
    assert run["reason"] == str(caught.value).splitlines()


def test_an_ingest_that_succeeds_leaves_none(tmp_path: Path) -> None:
    ctx = context_for(tmp_path, source_in(tmp_path, []))
    ingest_source(ctx, "tokens", DAY, KNOWN)
    assert list_runs(ctx.lake) == []


def test_a_trace_that_fails_leaves_a_record(tmp_path: Path) -> None:
    ctx = context_for(tmp_path)
    with pytest.raises(KeyMissing):
        trace_tables(ctx, "tables/_days/dt=2020-09-26/0123456789abcdef.json")
    (run,) = list_runs(ctx.lake)
    assert (run["step"], run["day"], run["outcome"]) == ("trace", "2020-09-26", "failed")


def test_the_newest_records_are_listed_with_their_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    ctx = context_for(tmp_path)
    for number in range(1, 4):
        reason = {"reason": [f"it broke {number}", "  where:  here"]} if number != 2 else {"release": "r-2"}
        outcome = "failed" if number != 2 else "published"
        record_run(
            ctx.lake, lambda: NOW, {"step": "tables", "day": "2020-09-26", "outcome": outcome, **reason}
        )
    shown = CliRunner().invoke(clawback, ["release", "runs", "-n", "2"])
    assert shown.exit_code == 0, shown.output
    assert [line.split() for line in shown.output.splitlines()] == [
        ["2", "2020-09-26", "tables", "published", "r-2"],
        ["3", "2020-09-26", "tables", "failed", "it", "broke", "3;", "where:", "here"],
    ]
    assert len(CliRunner().invoke(clawback, ["release", "runs"]).output.splitlines()) == 3
