"""The candidate: complete, described, equal when made again, made anew when an input changes."""

# ruff: noqa: S608 - the SQL is made of names of the project and of this test

from __future__ import annotations

import fcntl
import json
import os
import shutil
import signal
from pathlib import Path
from time import monotonic, sleep

import duckdb
import pytest

from clawback.errors import ClawbackError
from clawback.hashing import file_sha256_hex
from clawback.lake.local import LocalLake
from clawback.release.candidate import read_candidate
from clawback.release.runs import list_runs
from clawback.warehouse.step import build_candidate, project_hash
from tests.dbt.conftest import Built
from tests.dbt.fixture_inputs import DAYS, FLOWS, SNAPSHOTS, context, fill_lake

pytestmark = pytest.mark.slow

MARTS = {
    "dim_incidents", "fct_claim_matches", "fct_claims", "fct_fund_flows", "fct_incident_balances_daily",
    "fct_incident_links", "fct_loss_estimates", "fct_recovery_events", "fct_sentences_for_review",
    "rpt_claim_coverage", "rpt_method_spread_daily", "rpt_recovery_status_daily",
}  # fmt: skip


def test_the_release_room_accepts_it(built: Built) -> None:
    candidate = read_candidate(built.ctx.work_dir, built.name)
    assert candidate.marts.keys() == MARTS
    assert candidate.day == DAYS[-1]
    assert (candidate.tables_key, candidate.trace_key) == built.keys
    assert {path.name for path in candidate.folder.iterdir()} == {
        "candidate.json", "candidate.duckdb", "clawback.duckdb", "marts", "dbt"
    }  # fmt: skip


def test_it_states_what_the_lake_promises(built: Built) -> None:
    expected = built.document["expected"]
    assert expected["days"] == [str(day) for day in DAYS]
    assert expected["rows"]["claims"] == len(SNAPSHOTS["claims"])
    assert expected["rows"]["incidents"] == 3
    assert expected["rows_by_day"]["flows"] == {str(day): len(FLOWS.get(day, [])) for day in DAYS}
    assert expected["rows_by_day"]["transfers"] == expected["rows_by_day"]["flows"]
    flows = sum(expected["rows_by_day"]["flows"].values())
    assert built.document["marts"]["fct_fund_flows"]["rows"] == flows


def test_the_results_of_dbt_name_every_node_and_no_path(built: Built) -> None:
    text = (built.folder / "dbt" / "run_results.json").read_text()
    results = json.loads(text)["results"]
    assert {result["status"] for result in results} <= {"success", "pass", "no-op"}
    assert "model.clawback.rpt_recovery_status_daily" in {result["unique_id"] for result in results}
    assert not any(result["unique_id"].startswith("unit_test.") for result in results)
    assert str(built.ctx.work_dir) not in text


def test_the_served_database_is_the_parquet_with_its_release(built: Built) -> None:
    release = built.document["release_id"]
    with duckdb.connect(str(built.folder / "clawback.duckdb"), read_only=True) as served:
        for mart in MARTS:
            file = built.folder / "marts" / f"{mart}.parquet"
            difference = served.sql(
                f"(select * exclude release_id from {mart} except all from read_parquet('{file}'))"
                f" union all (from read_parquet('{file}') except all select * exclude release_id from {mart})"
            ).fetchall()
            assert difference == []
            releases = served.sql(f"select distinct release_id from {mart}").fetchall()
            assert releases == [(release,)]
        uncommented = served.sql(
            "select table_name, column_name from duckdb_columns() where comment is null and not internal"
        ).fetchall()
        assert uncommented == []
        comment = served.sql(
            "select comment from duckdb_tables() where table_name = 'rpt_recovery_status_daily'"
        ).fetchone()
        assert comment is not None
        assert comment[0].startswith("One row per incident and day")


def test_files_are_ordered_by_their_key(built: Built) -> None:
    for mart, told in built.document["marts"].items():
        file = built.folder / "marts" / f"{mart}.parquet"
        key = ", ".join(told["key"])
        in_file = duckdb.sql(f"select {key} from read_parquet('{file}')").fetchall()
        assert in_file == duckdb.sql(f"select {key} from read_parquet('{file}') order by {key}").fetchall()
        assert len(set(in_file)) == len(in_file) == told["rows"]


def test_no_money_is_a_float(built: Built) -> None:
    for mart in MARTS:
        file = built.folder / "marts" / f"{mart}.parquet"
        types = duckdb.sql(f"select column_name, column_type from (describe from read_parquet('{file}'))")
        for column, kind in types.fetchall():
            assert kind not in ("DOUBLE", "FLOAT", "HUGEINT"), column
            if column.endswith("_usd") or column == "usd":
                assert kind in ("DECIMAL(38,2)", "DECIMAL(38,18)"), column


def test_another_folder_and_another_order_of_rows_give_the_same_bytes(built: Built, tmp_path: Path) -> None:
    ctx = context(tmp_path)
    turned = {table: rows[::-1] for table, rows in SNAPSHOTS.items()}
    turned["flows"] = {day: rows[::-1] for day, rows in FLOWS.items()}  # type: ignore[assignment] # by day
    name = build_candidate(ctx, *fill_lake(ctx.lake, changes=turned))
    again = json.loads((ctx.work_dir / "candidates" / name / "candidate.json").read_bytes())
    assert again["marts"] == built.document["marts"]
    assert again["release_id"] == built.document["release_id"]


def test_an_equal_candidate_is_used_again(built: Built) -> None:
    before = (built.folder / "candidate.duckdb").stat().st_mtime_ns
    assert build_candidate(built.ctx, *built.keys) == built.name
    assert (built.folder / "candidate.duckdb").stat().st_mtime_ns == before


def test_a_damaged_candidate_is_made_again(built: Built) -> None:
    mart = built.folder / "marts" / "fct_claims.parquet"
    sha256 = file_sha256_hex(mart)
    mart.write_bytes(b"half a file")
    assert build_candidate(built.ctx, *built.keys) == built.name
    assert file_sha256_hex(mart) == sha256


def test_what_an_interrupted_build_left_is_no_candidate(built: Built) -> None:
    kept = built.folder.with_name("kept")
    sha256 = file_sha256_hex(built.folder / "marts" / "fct_claims.parquet")
    shutil.copytree(built.folder, kept)
    (built.folder / "candidate.json").unlink()
    leftover = built.folder.parent / ".building-2020-09-29-0000"
    leftover.mkdir()
    try:
        assert build_candidate(built.ctx, *built.keys) == built.name
        assert file_sha256_hex(built.folder / "marts" / "fct_claims.parquet") == sha256
        assert not leftover.exists()
    finally:
        shutil.rmtree(kept)


def test_a_build_that_fails_is_written_down(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    tables_key, _ = fill_lake(ctx.lake)
    with pytest.raises(ClawbackError):
        build_candidate(ctx, tables_key, "trace/fifo/dt=2020-09-29/nowhere/_manifest.json")
    (run,) = list_runs(ctx.lake)
    assert (run["step"], run["outcome"]) == ("build", "failed")
    assert "nowhere" in " ".join(run["reason"])


def test_a_dbt_that_outlives_its_killed_parent_is_waited_for(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    keys = fill_lake(ctx.lake)
    child = os.fork()
    if child == 0:
        try:
            build_candidate(ctx, *keys)
        finally:
            os._exit(1)
    log = ctx.work_dir / "warehouse" / "logs" / "dbt.log"
    deadline = monotonic() + 300
    while not (log.is_file() and "Running with dbt" in log.read_text()):
        assert monotonic() < deadline
        sleep(0.02)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    with (ctx.work_dir / "warehouse" / "lock").open("w") as lock, pytest.raises(BlockingIOError):
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    read_candidate(ctx.work_dir, build_candidate(ctx, *keys))


def test_empty_tables_make_an_empty_candidate(built: Built, tmp_path: Path) -> None:
    ctx = context(tmp_path, tmp_path / "work")
    shutil.copytree(built.ctx.work_dir / "warehouse" / "target", ctx.work_dir / "warehouse" / "target")
    name = build_candidate(ctx, *fill_lake(ctx.lake, empty=True))
    candidate = read_candidate(ctx.work_dir, name)
    assert {mart.rows for mart in candidate.marts.values()} == {0}


def test_a_changed_project_makes_another_name(tmp_path: Path) -> None:
    (tmp_path / "a.sql").write_text("select 1")
    first = project_hash(tmp_path)
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "b.sql").write_text("left by hand")
    assert project_hash(tmp_path) == first
    (tmp_path / "a.sql").write_text("select 2")
    assert project_hash(tmp_path) != first


def test_the_lake_is_not_written_to(built: Built) -> None:
    lake = built.ctx.lake
    assert isinstance(lake, LocalLake)
    assert {key.partition("/")[0] for key in lake.list("")} == {"tables", "trace"}
