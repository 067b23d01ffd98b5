"""Names, run records, delta, diff and verification, each alone."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clawback.errors import ClawbackError
from clawback.lake.local import LocalLake
from clawback.release.diff import diff
from clawback.release.names import day_of, is_release_id, release_id
from clawback.release.publish import list_publications, move_pointer, publish
from clawback.release.read import (
    file_path,
    latest,
    mart_path,
    query,
    require_release,
    show_release,
)
from clawback.release.runs import list_runs, record_run
from clawback.release.step import publish_candidate
from clawback.release.verify import verify_release
from tests.unit.release_candidates import D1, D2, D3, context, make_candidate, page

_HASHES = st.dictionaries(
    st.from_regex(r"[a-z_]{1,20}", fullmatch=True),
    st.from_regex(r"[0-9a-f]{64}", fullmatch=True),
    min_size=1,
    max_size=6,
)


@given(_HASHES)
def test_a_name_hangs_on_content_not_on_order(marts: dict[str, str]) -> None:
    name = release_id("2020-10-31", marts)
    assert release_id("2020-10-31", dict(reversed(marts.items()))) == name
    assert is_release_id(name)
    assert day_of(name) == "2020-10-31"
    changed = {mart: sha[::-1] + "0" for mart, sha in marts.items()}
    assert release_id("2020-10-31", changed) != name


def test_the_name_of_a_known_content_never_changes() -> None:
    # Every published release would be renamed by a change here.
    assert release_id("2020-10-31", {"fct_claims": "0" * 64}) == "2020-10-31-acdc23e"


def test_run_records_are_numbered_and_never_overwritten(tmp_path: Path) -> None:
    lake = LocalLake(tmp_path)
    clock = lambda: datetime(2026, 1, 1, tzinfo=UTC)  # noqa: E731 - a clock is one value
    for outcome in ("blocked", "published"):
        record_run(lake, clock, {"step": "x", "day": "2020-09-26", "outcome": outcome})
    assert lake.list("runs/") == ["runs/00000001.json", "runs/00000002.json"]
    assert [(run["seq"], run["outcome"]) for run in list_runs(lake)] == [(1, "blocked"), (2, "published")]
    lake.put("runs/readme.txt", b"not a run")
    assert record_run(lake, clock, {"step": "x"}) == "runs/00000003.json"


def test_the_first_delta_adds_every_row(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    release = publish_candidate(ctx, make_candidate(ctx, D2), D2, render=page)
    delta = json.loads(file_path(ctx.lake, release, "delta.json").read_bytes())
    assert delta["previous"] is None
    assert delta["tables"]["rpt_recovery_status_daily"]["added"] == 2
    assert "first release" in file_path(ctx.lake, release, "CHANGES.md").read_text()


def test_a_delta_tells_added_removed_and_changed_rows(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    first = publish_candidate(ctx, make_candidate(ctx, D2, titles=["KuCoin", "Zaif"]), D2, render=page)
    second = publish_candidate(
        ctx, make_candidate(ctx, D2, held="1234.50", titles=["KuCoin", "Upbit"]), D3, render=page
    )
    table = pq.read_table(file_path(ctx.lake, second, "delta/rpt_recovery_status_daily.parquet"))
    rows = [
        (row["change"], row["incident_id"], row["day"], row["changed_columns"]) for row in table.to_pylist()
    ]
    assert rows == [
        ("changed", "kucoin", D2, "held_usd"),
        ("added", "upbit", D1, ""),
        ("added", "upbit", D2, ""),
        ("removed", "zaif", D1, ""),
        ("removed", "zaif", D2, ""),
    ]
    told = json.loads(file_path(ctx.lake, second, "delta.json").read_bytes())["tables"]
    assert {k: told["rpt_recovery_status_daily"][k] for k in ("rows", "added", "removed", "changed")} == {
        "rows": 4,
        "added": 2,
        "removed": 2,
        "changed": 1,
    }
    words = file_path(ctx.lake, second, "CHANGES.md").read_text()
    assert "- kucoin: `held_usd` 100.00 -> 1,234.50 (+1,134.50)" in words
    assert "- upbit: new in this release" in words
    assert "- zaif: no longer in this release" in words

    found = diff(ctx.lake, first, second)
    assert [(d.mart, d.added, d.removed, d.changed) for d in found.marts] == [
        ("dim_incidents", 1, 1, 0),
        ("rpt_recovery_status_daily", 2, 2, 1),
    ]
    assert "  ~ kucoin 2020-09-27: held_usd" in found.lines()
    assert diff(ctx.lake, first, first).lines() == [f"{first} and {first} hold the same rows"]


def test_an_unchanged_day_has_an_empty_delta(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    publish_candidate(ctx, make_candidate(ctx, D1), D1, render=page)
    second = publish_candidate(ctx, make_candidate(ctx, D2), D2, render=page)
    table = pq.read_table(file_path(ctx.lake, second, "delta/dim_incidents.parquet"))
    assert table.num_rows == 0
    assert table.column_names == ["change", "changed_columns", "incident_id", "title"]


def test_verify_names_missing_changed_and_extra_files(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    release = publish_candidate(ctx, make_candidate(ctx, D1), D1, render=page)
    root = tmp_path / "lake" / "releases" / release
    (root / "page.html").unlink()
    (root / "marts" / "extra.parquet").write_bytes(b"x")
    mart = bytearray((root / "marts" / "dim_incidents.parquet").read_bytes())
    mart[10] ^= 1
    (root / "marts" / "dim_incidents.parquet").write_bytes(bytes(mart))
    found = verify_release(ctx.lake, release)
    assert not found.ok
    assert found.missing == ("page.html",)
    assert found.changed == ("marts/dim_incidents.parquet",)
    assert found.extra == ("marts/extra.parquet",)
    assert "changed  marts/dim_incidents.parquet" in found.problems


def test_an_incomplete_release_is_never_published(tmp_path: Path) -> None:
    lake = LocalLake(tmp_path)
    lake.put("releases/2020-09-26-abcdef0/marts/dim_incidents.parquet", b"x")
    with pytest.raises(ClawbackError, match="is not complete"):
        publish(
            lake,
            lambda: datetime(2026, 1, 1, tzinfo=UTC),
            "2020-09-26-abcdef0",
            known=date(2026, 1, 1),
            verdict="pass",
        )
    assert list_publications(lake) == []


def test_a_slow_run_does_not_move_the_pointer_back(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    publish_candidate(ctx, make_candidate(ctx, D1), D1, render=page)
    slow = ctx.lake.read_versioned("latest.json")
    publish_candidate(ctx, make_candidate(ctx, D2), D2, render=page)
    assert slow is not None
    assert not ctx.lake.replace("latest.json", slow[0], slow[1])
    move_pointer(ctx.lake)
    newest = latest(ctx.lake)
    assert newest is not None
    assert newest.seq == 2


def test_a_release_is_found_by_name_by_day_or_as_the_latest(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    first = publish_candidate(ctx, make_candidate(ctx, D1), D1, render=page)
    second = publish_candidate(ctx, make_candidate(ctx, D2), D3, render=page)
    assert require_release(ctx.lake) == second
    assert require_release(ctx.lake, first) == first
    assert require_release(ctx.lake, as_of=D2) == first
    with pytest.raises(ClawbackError, match="nothing was known on 2020-09-25"):
        require_release(ctx.lake, as_of=date(2020, 9, 25))
    with pytest.raises(ClawbackError, match="by name and by day"):
        require_release(ctx.lake, first, as_of=D2)
    assert show_release(ctx.lake, first)["day"] == "2020-09-26"


def test_values_of_a_query_are_bound(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    release = publish_candidate(ctx, make_candidate(ctx, D2), D2, render=page)
    files = {"mart": mart_path(ctx.lake, release, "rpt_recovery_status_daily")}
    columns, rows = query(files, "select incident_id, day from mart where day = ?", [D1])
    assert (columns, rows) == (["incident_id", "day"], [("kucoin", D1)])
    assert query(files, "select 1 from mart where incident_id = $who", {"who": "x' or true --"})[1] == []
