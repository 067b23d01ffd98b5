"""Whole candidates through the audit: sound ones pass, spoiled ones leave the last release where it is."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from clawback.audit import step
from clawback.audit.step import AuditBlocked, AuditBroken, audit_candidate
from clawback.errors import ClawbackError
from clawback.lake.partition import read_manifest
from clawback.release.read import latest_release, list_releases
from clawback.release.runs import list_runs
from clawback.release.step import publish_candidate
from clawback.resources import expectations_dir
from tests.audit.candidates import D2, D3, context, write_candidate

pytestmark = pytest.mark.slow


def page(folder: Path) -> bytes:
    return b"<html></html>"


def audit_of(ctx: Any, name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((ctx.work_dir / "candidates" / name / "audit.json").read_bytes())
    return found


def test_a_sound_candidate_passes_and_is_published(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    name = write_candidate(ctx, D2, "second")
    assert audit_candidate(ctx, name) == "pass"
    audit = audit_of(ctx, name)
    assert audit["verdict"] == "pass"
    assert audit["previous"] is None
    assert len(audit["checks"]) > 60
    assert audit["keys"]["fct_claims"] == ["claim_id"]
    assert list_runs(ctx.lake) == []
    first = publish_candidate(ctx, name, D3, render=page)

    name = write_candidate(ctx, D3, "third")
    assert audit_candidate(ctx, name) == "pass"
    assert audit_of(ctx, name)["previous"] == first
    second = publish_candidate(ctx, name, D3, render=page)
    assert latest_release(ctx.lake) == second
    # Once more, after its own release: compared with the same as before, to the byte.
    before = (ctx.work_dir / "candidates" / name / "audit.json").read_bytes()
    assert audit_candidate(ctx, name) == "pass"
    assert (ctx.work_dir / "candidates" / name / "audit.json").read_bytes() == before
    assert not (ctx.work_dir / "candidates" / name / "audit.duckdb").exists()


SPOILED = {
    "a lost unit": (
        "update fct_incident_balances_daily set amount = amount - 1"
        " where part = 'held' and day = '2020-09-27'",
        {"fct_incident_balances_daily.parts_equal_whole", "fct_incident_balances_daily.units_match_lake"},
        '"amount":"844"',
    ),
    "a missing day": (
        "delete from rpt_recovery_status_daily where day = '2020-09-26'",
        {
            "rpt_recovery_status_daily.freshness_no_missing_day",
            "rpt_recovery_status_daily.volume_frozen_days_kept",
        },
        '"day":"2020-09-26"',
    ),
    "a duplicated key": (
        "insert into fct_fund_flows from fct_fund_flows where tx_hash = 'tx3'",
        {"fct_fund_flows.key_unique"},
        '"tx_hash":"tx3"',
    ),
}


@pytest.mark.parametrize("fault", SPOILED)
def test_a_spoiled_candidate_is_blocked_and_the_last_release_stays(tmp_path: Path, fault: str) -> None:
    statement, red, row = SPOILED[fault]
    ctx = context(tmp_path)
    good = write_candidate(ctx, D2, "good")
    audit_candidate(ctx, good)
    released = publish_candidate(ctx, good, D2, render=page)
    bad = write_candidate(ctx, D3, "bad", spoil=[statement])
    with pytest.raises(AuditBlocked) as blocked:
        audit_candidate(ctx, bad)
    for name in red:
        assert name in str(blocked.value)
    assert row in str(blocked.value)
    assert "the last release stays" in str(blocked.value)
    audit = audit_of(ctx, bad)
    assert {check["name"] for check in audit["checks"] if check["outcome"] == "blocked"} == red
    with pytest.raises(ClawbackError, match="verdict is blocked"):
        publish_candidate(ctx, bad, D3, render=page)
    assert latest_release(ctx.lake) == released
    assert list_releases(ctx.lake) == [released]
    run = list_runs(ctx.lake)[-1]
    assert (run["step"], run["outcome"], run["day"]) == ("audit", "blocked", "2020-09-27")
    assert set(run["reason"]) == red


def test_a_suite_with_a_check_removed_is_broken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "expectations"
    shutil.copytree(expectations_dir(), folder)
    suite = folder / "marts" / "fct_fund_flows.yml"
    text = suite.read_text()
    start = text.index("  - name: fct_fund_flows.theft_equals_stolen")
    end = text.index("  - name: fct_fund_flows.sinks_cover_their_flows")
    suite.write_text(text[:start] + text[end:])
    monkeypatch.setattr(step, "expectations_dir", lambda: folder)
    ctx = context(tmp_path)
    name = write_candidate(ctx, D2, "c")
    with pytest.raises(AuditBroken, match="broken") as broken:
        audit_candidate(ctx, name)
    assert "lacks the declared check fct_fund_flows.theft_equals_stolen" in str(broken.value)
    assert audit_of(ctx, name)["verdict"] == "broken"
    assert list_runs(ctx.lake)[-1]["outcome"] == "broken"
    with pytest.raises(ClawbackError, match="verdict is broken"):
        publish_candidate(ctx, name, D2, render=page)


def test_an_override_lets_a_failure_through_with_its_reason(tmp_path: Path) -> None:
    overrides = tmp_path / "overrides"
    overrides.mkdir()
    ctx = context(tmp_path, overrides=str(overrides))
    name = write_candidate(ctx, D3, "c", spoil=[SPOILED["a duplicated key"][0]])
    file = overrides / "2026-01-01-fct_fund_flows.key_unique.yml"
    file.write_text(
        "check: fct_fund_flows.key_unique\nwho: ann\nwhy: the explorer repeats tx3\n"
        "expires: 2026-01-02\nincident: kucoin\n"
    )
    file.write_text(file.read_text().replace("kucoin", "zaif"))
    with pytest.raises(AuditBlocked):
        audit_candidate(ctx, name)
    file.write_text(file.read_text().replace("zaif", "kucoin"))
    assert audit_candidate(ctx, name) == "warn"
    file.write_text(file.read_text().replace("2026-01-02", "2026-01-01"))
    with pytest.raises(AuditBlocked):
        audit_candidate(ctx, name)
    assert audit_of(ctx, name)["overrides"][0]["state"] == "expired"


def test_an_audit_is_held_again_when_anything_that_it_rests_on_changed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[str] = []
    real = step.run_checks

    def counted(scratch: Path, suites: list[Any]) -> list[Any]:
        held.append("once")
        return real(scratch, suites)

    monkeypatch.setattr(step, "run_checks", counted)
    folder = tmp_path / "expectations"
    shutil.copytree(expectations_dir(), folder)
    monkeypatch.setattr(step, "expectations_dir", lambda: folder)
    ctx = context(tmp_path)
    name = write_candidate(ctx, D2, "c")
    assert audit_candidate(ctx, name) == "pass"
    assert audit_candidate(ctx, name) == "pass"
    assert len(held) == 1
    suite = folder / "marts" / "fct_claims.yml"
    suite.write_text(suite.read_text() + "# reworded\n")
    assert audit_candidate(ctx, name) == "pass"
    assert len(held) == 2
    audit = ctx.work_dir / "candidates" / name / "audit.json"
    audit.write_text(audit.read_text().replace('"verdict": "pass"', '"verdict": "blocked"'))
    assert audit_candidate(ctx, name) == "pass"
    assert len(held) == 3


def test_a_hole_in_the_lake_under_the_candidate_is_blocked(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    name = write_candidate(ctx, D3, "c")
    key = "tables/_days/dt=2020-09-27/h.json"
    record = json.loads(ctx.lake.read(key))
    ctx.lake.put(key, json.dumps({**record, "previous": "tables/_days/dt=2020-09-25/h.json"}).encode())
    with pytest.raises(AuditBlocked, match=r"candidate_days\.no_missing_day|critical") as blocked:
        audit_candidate(ctx, name)
    assert '"chain":"tables","day":"2020-09-26","problem":"missing"' in str(blocked.value)


def test_a_method_that_stops_before_the_candidate_is_blocked(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    name = write_candidate(ctx, D3, "c")
    document = ctx.work_dir / "candidates" / name / "candidate.json"
    key = json.loads(document.read_text())["trace_key"]
    record = json.loads(ctx.lake.read(key))
    earlier = read_manifest(ctx.lake, record["methods"]["fifo"]).meta["previous"]
    ctx.lake.put(key, json.dumps({**record, "methods": {**record["methods"], "lifo": earlier}}).encode())
    with pytest.raises(AuditBlocked) as blocked:
        audit_candidate(ctx, name)
    assert '"chain":"trace lifo","day":"2020-09-27","problem":"missing"' in str(blocked.value)


def test_input_that_was_changed_after_it_was_written_is_broken(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    name = write_candidate(ctx, D3, "c")
    (key,) = [k for k in ctx.lake.list("tables/claims/dt=2020-09-27/") if k.endswith(".parquet")]
    ctx.lake.put(key, ctx.lake.read("tables/documents/dt=2020-09-27/h/part-0000.parquet"))
    with pytest.raises(AuditBroken, match="broken") as broken:
        audit_candidate(ctx, name)
    assert key in str(broken.value)


def test_a_mart_that_nobody_audits_is_broken(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    name = write_candidate(ctx, D2, "c", extra_mart="fct_rumours")
    with pytest.raises(AuditBroken) as broken:
        audit_candidate(ctx, name)
    assert "no suite audits the mart fct_rumours" in str(broken.value)


def test_a_duckdb_file_that_differs_from_the_parquet_is_blocked(tmp_path: Path) -> None:
    import duckdb

    ctx = context(tmp_path)
    name = write_candidate(ctx, D2, "c")
    with duckdb.connect(str(ctx.work_dir / "candidates" / name / "clawback.duckdb")) as connection:
        connection.execute("update fct_claims set value = value + 1 where claim_id = 'c1'")
    with pytest.raises(AuditBlocked) as blocked:
        audit_candidate(ctx, name)
    assert "candidate_marts.served_rows_equal" in str(blocked.value)
    assert '"mart":"fct_claims","missing_rows":1' in str(blocked.value)
