"""One sound scratch database for all tests of the suites; each works on a copy."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest

from clawback.audit.inputs import find_inputs
from clawback.audit.scratch import Baseline, build_scratch
from clawback.audit.unchanged import unchanged_days
from clawback.release.candidate import read_candidate
from tests.audit.candidates import D1, D2, D3, context, write_candidate


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The scratch database of a sound candidate of the third day, after a release of the second."""
    root = tmp_path_factory.mktemp("sound")
    ctx = context(root)
    before = read_candidate(ctx.work_dir, write_candidate(ctx, D2, "before"))
    candidate = read_candidate(ctx.work_dir, write_candidate(ctx, D3, "candidate"))
    file = root / "sound.duckdb"
    inputs = find_inputs(ctx.lake, candidate)
    unchanged = unchanged_days(ctx.lake, inputs.traces, before.trace_key)
    baseline = Baseline(D2, {mart.name: mart.path for mart in before.marts.values()}, unchanged)
    build_scratch(file, candidate, inputs, baseline, D1)
    with duckdb.connect(str(file)) as connection:
        views = connection.execute(
            "select schema_name, view_name from duckdb_views() where not internal and database_name = 'sound'"
        ).fetchall()
        for schema, view in views:
            connection.execute(f"create table {schema}.copied as from {schema}.{view}")
            connection.execute(f"drop view {schema}.{view}")
            connection.execute(f"alter table {schema}.copied rename to {view}")
    return file
