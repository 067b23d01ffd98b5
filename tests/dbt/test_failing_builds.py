"""What a build says when an input or the project is wrong; nothing half-made is left."""

from __future__ import annotations

import json
import shutil
import stat
from pathlib import Path
from typing import Any

import pytest

from clawback.errors import ClawbackError
from clawback.hashing import canonical_json
from clawback.lake.partition import read_manifest
from clawback.resources import dbt_project_dir
from clawback.tracing.day_record import read_methods, write_day_record
from clawback.warehouse.dbt import DbtRoom, build, read_dbt_manifest
from clawback.warehouse.inputs import lay_out
from clawback.warehouse.step import build_candidate
from tests.dbt.conftest import Built
from tests.dbt.fixture_inputs import DAYS, FLOWS, SNAPSHOTS, TOTALS, context, fill_lake

pytestmark = pytest.mark.slow


def failure(built: Built, tmp_path: Path, changes: dict[str, Any]) -> str:
    ctx = context(tmp_path, built.ctx.work_dir)
    keys = fill_lake(ctx.lake, changes=changes)
    with pytest.raises(ClawbackError) as caught:
        build_candidate(ctx, *keys)
    assert [path.name for path in (ctx.work_dir / "candidates").iterdir()] == [built.name]
    return str(caught.value)


def test_a_lost_unit_is_named_with_its_row(built: Built, tmp_path: Path) -> None:
    totals = dict(TOTALS)
    totals[DAYS[4]] = [
        row | {"amount": row["amount"] - 1}
        if (row["incident_id"], row["asset"], row["measure"]) == ("alpha", "native", "mixer")
        else row
        for row in TOTALS[DAYS[4]]
    ]
    message = failure(built, tmp_path, {"totals": totals})
    assert "parts_equal_stolen_units" in message
    assert "incident_id=alpha" in message
    assert "stolen_amount=10000000000000000000" in message
    assert "parts_amount=9999999999999999999" in message
    assert "sink_flows_equal_sink_totals" in message


def test_a_doubled_key_is_named(built: Built, tmp_path: Path) -> None:
    message = failure(built, tmp_path, {"claims": [*SNAPSHOTS["claims"], SNAPSHOTS["claims"][0]]})
    assert "unique_stg_lake__claims_claim_id" in message
    assert "unique_field=c01" in message


def test_a_missing_theft_transfer_is_named(built: Built, tmp_path: Path) -> None:
    message = failure(built, tmp_path, {"flows": FLOWS | {DAYS[0]: FLOWS[DAYS[0]][1:]}})
    assert "theft_flows_equal_stolen_units" in message


def test_an_unknown_measure_is_named(built: Built, tmp_path: Path) -> None:
    stray = TOTALS[DAYS[0]][0] | {"measure": "vanished"}
    message = failure(built, tmp_path, {"totals": TOTALS | {DAYS[0]: [*TOTALS[DAYS[0]], stray]}})
    assert "measure=vanished" in message


def test_changed_bytes_in_the_lake_are_refused(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    keys = fill_lake(ctx.lake)
    record = json.loads(ctx.lake.read(keys[0]))
    part = read_manifest(ctx.lake, record["tables"]["claims"]["manifest"]).parts[0]
    ctx.lake.put(part.key, ctx.lake.read(part.key)[:-1] + b"?")
    with pytest.raises(ClawbackError, match="not those of the manifest") as caught:
        build_candidate(ctx, *keys)
    assert part.key in str(caught.value)


def test_a_trace_of_other_days_is_refused(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    tables_key, trace_key = fill_lake(ctx.lake)
    methods = read_methods(ctx.lake, trace_key)
    earlier = read_manifest(ctx.lake, methods["fifo"]).meta["previous"]
    for lacking in ({"fifo": earlier}, {**methods, "lifo": earlier}):
        record = write_day_record(ctx.lake, str(DAYS[-1]), tables_key, lacking)
        with pytest.raises(ClawbackError, match="other days") as caught:
            build_candidate(ctx, tables_key, record)
        assert earlier in str(caught.value)


def test_a_record_of_no_traces_is_refused(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    tables_key, trace_key = fill_lake(ctx.lake)
    ctx.lake.put(trace_key, canonical_json({"day": str(DAYS[-1]), "tables": tables_key, "methods": {}}))
    with pytest.raises(ClawbackError, match="names no method") as caught:
        build_candidate(ctx, tables_key, trace_key)
    assert trace_key in str(caught.value)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the dbt project to break."""
    return Path(shutil.copytree(dbt_project_dir(), tmp_path / "dbt"))


def room(built: Built, project: Path, work: Path) -> DbtRoom:
    work.mkdir()
    # Failed builds of other tests may have left their inputs on the shared bench.
    ctx = built.ctx
    lay_out(ctx.lake, *built.keys, [source.name for source in ctx.settings.sources], work / "inputs")
    return DbtRoom(project, work / "inputs", work / "build.duckdb", work)


def test_contracts_are_enforced(built: Built, project: Path, tmp_path: Path) -> None:
    contract = project / "models" / "marts" / "incidents" / "fct_claims.yml"
    text = contract.read_text()
    column = "- name: quote_start\n        data_type: "
    broken = text.replace(f"{column}integer", f"{column}varchar")
    assert broken != text
    contract.write_text(broken)
    with pytest.raises(ClawbackError) as caught:
        build(room(built, project, tmp_path / "work"))
    assert "fct_claims" in str(caught.value)
    assert "contract" in str(caught.value)


def test_a_broken_project_says_so(built: Built, project: Path, tmp_path: Path) -> None:
    model = project / "models" / "marts" / "incidents" / "fct_claims.sql"
    model.write_text("select * from {{ ref('nowhere') }}")
    with pytest.raises(ClawbackError, match="could not start") as caught:
        build(room(built, project, tmp_path / "work"))
    assert "nowhere" in str(caught.value)


def test_unit_tests_of_the_project_pass_from_a_read_only_folder(
    built: Built, project: Path, tmp_path: Path
) -> None:
    for path in [project, *project.rglob("*")]:
        path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
    before = sorted(project.rglob("*"))
    place = room(built, project, tmp_path / "work")
    results = build(place, unit_tests=True)
    unit_tests = [result for result in results if result["unique_id"].startswith("unit_test.")]
    assert len(unit_tests) == len(read_dbt_manifest(place)["unit_tests"]) > 20
    assert {result["status"] for result in unit_tests} == {"pass"}
    assert sorted(project.rglob("*")) == before
