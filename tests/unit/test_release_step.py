"""A candidate becomes a release, once; older days and unaudited bytes do not."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from clawback.errors import ClawbackError
from clawback.hashing import canonical_json, file_sha256_hex
from clawback.lake.local import LocalLake
from clawback.release.publish import list_publications
from clawback.release.read import (
    file_path,
    latest,
    latest_day,
    latest_release,
    list_releases,
    mart_path,
    published_as_of,
    read_release,
    require_release,
)
from clawback.release.runs import list_runs
from clawback.release.step import publish_candidate, rollback
from clawback.release.verify import verify_release
from tests.unit.release_candidates import D1, D2, D3, Killed, MortalLake, context, make_candidate, page


def test_a_candidate_becomes_a_whole_release(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    release = publish_candidate(ctx, make_candidate(ctx, D1), D3, render=page)
    manifest = read_release(ctx.lake, release)
    assert {file.name for file in manifest.files} == {
        "CHANGES.md",
        "audit.json",
        "clawback.duckdb",
        "dbt/run_results.json",
        "delta.json",
        "delta/dim_incidents.parquet",
        "delta/rpt_recovery_status_daily.parquet",
        "marts/dim_incidents.parquet",
        "marts/rpt_recovery_status_daily.parquet",
        "page.html",
    }
    assert (manifest.day, manifest.previous, manifest.verdict) == ("2020-09-26", None, "pass")
    assert manifest.overrides == ({"check": "c", "state": "used"},)
    assert manifest.marts["dim_incidents"].rows == 1
    assert manifest.marts["dim_incidents"].schema_sha256
    assert verify_release(ctx.lake, release).ok
    publication = latest(ctx.lake)
    assert publication is not None
    assert (publication.seq, publication.release, publication.previous) == (1, release, None)
    assert (publication.known, publication.verdict) == ("2020-09-28", "pass")
    assert publication.published_at.startswith("2026-01-02T")
    assert latest_release(ctx.lake) == release
    assert latest_day(ctx.lake) == D1
    assert mart_path(ctx.lake, release, "dim_incidents").is_file()
    assert [run["outcome"] for run in list_runs(ctx.lake)] == ["published"]


def test_the_same_candidate_again_adds_no_release(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    first = publish_candidate(ctx, make_candidate(ctx, D1), D1, render=page)
    before = {key: ctx.lake.read(key) for key in ctx.lake.list("") if not key.startswith("runs/")}
    again = publish_candidate(ctx, make_candidate(ctx, D1, name="rebuilt"), D2, render=page)
    assert again == first
    assert {key: ctx.lake.read(key) for key in ctx.lake.list("") if not key.startswith("runs/")} == before
    assert [run["outcome"] for run in list_runs(ctx.lake)] == ["published", "unchanged"]


def test_a_release_of_other_marts_under_the_same_name_is_not_taken_for_this_one(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    candidate = make_candidate(ctx, D1)
    release = publish_candidate(ctx, candidate, D1, render=page)
    key = f"releases/{release}/manifest.json"
    told = json.loads(ctx.lake.read(key))
    ctx.lake.put(key, json.dumps({**told, "marts_hash": release[-7:] + "0" * 57}).encode())
    with pytest.raises(ClawbackError, match="another release has the name") as refused:
        publish_candidate(ctx, candidate, D2, render=page)
    assert told["marts_hash"] in str(refused.value)
    assert len(list_publications(ctx.lake)) == 1


def test_the_next_day_names_the_day_before(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    first = publish_candidate(ctx, make_candidate(ctx, D1), D1, render=page)
    second = publish_candidate(ctx, make_candidate(ctx, D2), D2, render=page)
    assert list_releases(ctx.lake) == [first, second]
    assert read_release(ctx.lake, second).previous == first
    assert [p.previous for p in list_publications(ctx.lake)] == [None, first]


def test_what_was_known_on_a_day(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    assert published_as_of(ctx.lake, D3) is None
    first = publish_candidate(ctx, make_candidate(ctx, D1), D1, render=page)
    corrected = publish_candidate(ctx, make_candidate(ctx, D1, held="90.00"), D3, render=page)
    known = [published_as_of(ctx.lake, day) for day in (D1, D2, D3)]
    assert [p.release for p in known if p is not None] == [first, first, corrected]


def test_an_older_day_does_not_move_the_pointer_back(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    old = make_candidate(ctx, D1, held="1.00")
    published = publish_candidate(ctx, make_candidate(ctx, D2), D2, render=page)
    with pytest.raises(ClawbackError, match="is older than") as refused:
        publish_candidate(ctx, old, D3, render=page)
    assert "run through 2020-09-27" in str(refused.value)
    assert latest_release(ctx.lake) == published
    assert list_releases(ctx.lake) == [published]


def test_a_task_of_an_older_published_day_may_run_again(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    candidate = make_candidate(ctx, D1)
    first = publish_candidate(ctx, candidate, D1, render=page)
    second = publish_candidate(ctx, make_candidate(ctx, D2), D2, render=page)
    assert publish_candidate(ctx, candidate, D3, render=page) == first
    assert latest_release(ctx.lake) == second
    assert len(list_publications(ctx.lake)) == 2


@pytest.mark.parametrize("verdict", ["blocked", "broken", "nonsense"])
def test_a_candidate_that_the_gate_held_back_is_refused(tmp_path: Path, verdict: str) -> None:
    ctx = context(tmp_path)
    with pytest.raises(ClawbackError, match=f"verdict is {verdict}"):
        publish_candidate(ctx, make_candidate(ctx, D1, verdict=verdict), D1, render=page)
    assert ctx.lake.list("") == []


def test_a_candidate_without_audit_is_refused(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    name = make_candidate(ctx, D1)
    (ctx.work_dir / "candidates" / name / "audit.json").unlink()
    with pytest.raises(ClawbackError, match="was not audited"):
        publish_candidate(ctx, name, D1, render=page)


@pytest.mark.parametrize("file", ["marts/dim_incidents.parquet", "clawback.duckdb", "marts/stray.parquet"])
def test_bytes_that_were_not_audited_are_refused(tmp_path: Path, file: str) -> None:
    ctx = context(tmp_path)
    name = make_candidate(ctx, D1)
    with (ctx.work_dir / "candidates" / name / file).open("ab") as stream:
        stream.write(b"x")
    with pytest.raises(ClawbackError):
        publish_candidate(ctx, name, D1, render=page)
    assert ctx.lake.list("") == []


def test_an_audit_of_another_candidate_is_refused(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    name, other = make_candidate(ctx, D1), make_candidate(ctx, D1, held="7.00")
    folder = ctx.work_dir / "candidates"
    (folder / name / "audit.json").write_bytes((folder / other / "audit.json").read_bytes())
    with pytest.raises(ClawbackError, match="not of these bytes"):
        publish_candidate(ctx, name, D1, render=page)


def test_an_audit_against_a_release_that_readers_left_is_refused(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    late = make_candidate(ctx, D2, held="5.00")
    publish_candidate(ctx, make_candidate(ctx, D1), D1, render=page)
    with pytest.raises(ClawbackError, match="readers have moved on"):
        publish_candidate(ctx, late, D2, render=page)


def test_going_back_is_a_publication_of_its_own(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    first = publish_candidate(ctx, make_candidate(ctx, D1), D1, render=page)
    candidate = make_candidate(ctx, D2)
    second = publish_candidate(ctx, candidate, D2, render=page)
    assert rollback(ctx, first, D3, "labels of the second day were wrong") == first
    assert latest_release(ctx.lake) == first
    newest = list_publications(ctx.lake)[-1]
    assert (newest.kind, newest.previous, newest.seq) == ("rollback", second, 3)
    assert newest.why == "labels of the second day were wrong"
    # The next run starts from the pointer's day, so the newer day may be published again.
    assert publish_candidate(ctx, candidate, D3, render=page) == second
    assert latest_release(ctx.lake) == second
    assert len(list_publications(ctx.lake)) == 4


def test_going_back_needs_a_reason_and_whole_bytes(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    first = publish_candidate(ctx, make_candidate(ctx, D1), D1, render=page)
    second = publish_candidate(ctx, make_candidate(ctx, D2), D2, render=page)
    with pytest.raises(ClawbackError, match="needs a reason"):
        rollback(ctx, first, D3, " ")
    with pytest.raises(ClawbackError, match="no release"):
        rollback(ctx, "2020-09-26-0000000", D3, "why not")
    ctx.lake.put(f"releases/{first}/page.html", b"defaced")
    with pytest.raises(ClawbackError, match="not as it was published"):
        rollback(ctx, first, D3, "why not")
    assert latest_release(ctx.lake) == second


def test_a_name_from_a_person_cannot_leave_the_releases(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    for name in ("../../etc", "2020-09-26-abcdefg/..", ""):
        with pytest.raises(ClawbackError, match="not the name of a release"):
            read_release(ctx.lake, name)
    with pytest.raises(ClawbackError, match="nothing has been published"):
        require_release(ctx.lake)


@pytest.mark.slow
@pytest.mark.parametrize("after_the_write", [False, True])
def test_a_run_killed_between_any_two_writes_leaves_nothing_half(
    tmp_path: Path, after_the_write: bool
) -> None:
    """Die at every write in turn; readers see the old release or the new, and a rerun ends the same."""
    outcome = None
    for deaths in range(100):
        root = tmp_path / str(deaths)
        ctx = context(root)
        first = publish_candidate(ctx, make_candidate(ctx, D1), D1, render=page)
        candidate = make_candidate(ctx, D2)
        lake = MortalLake(LocalLake(root / "lake"), deaths, after_the_write)
        try:
            publish_candidate(context(root, lake), candidate, D2, render=page)
        except Killed:
            pass
        else:
            break
        seen = latest_release(ctx.lake)
        assert seen is not None
        assert verify_release(ctx.lake, seen).ok
        assert all(verify_release(ctx.lake, release).ok for release in list_releases(ctx.lake))
        newest = published_as_of(ctx.lake, D3)
        assert newest is not None
        assert newest.release == seen

        second = publish_candidate(ctx, candidate, D2, render=page)
        assert [p.release for p in list_publications(ctx.lake)] == [first, second]
        assert latest_release(ctx.lake) == second
        state = {
            key: ctx.lake.read(key)
            for key in ctx.lake.list("")
            if key.startswith("releases/")
            and not key.endswith(("clawback.duckdb", "manifest.json", "audit.json"))
        }
        assert outcome in (None, state)
        outcome = state
    assert deaths > 12, "the lake was never written that often: the test killed nothing"
    assert json.loads(ctx.lake.read("latest.json"))["seq"] == 2


def test_of_two_runs_that_publish_at_once_the_newer_day_stays(tmp_path: Path) -> None:
    """Another run wins the number that this one was about to take, with a newer day."""
    ctx = context(tmp_path)
    slow, fast = make_candidate(ctx, D2), make_candidate(ctx, D3)

    class RacingLake(MortalLake):
        def create(self, key: str, data: bytes) -> bool:
            if key.startswith("publications/") and not self.inner.exists(key):
                publish_candidate(ctx, fast, D3, render=page)
            return super().create(key, data)

    lake = RacingLake(LocalLake(tmp_path / "lake"), writes_left=1000)
    with pytest.raises(ClawbackError, match="is older than"):
        publish_candidate(context(tmp_path, lake), slow, D3, render=page)
    assert [p.release[:10] for p in list_publications(ctx.lake)] == ["2020-09-28"]
    assert latest_day(ctx.lake) == D3


@pytest.mark.parametrize("writes_before", range(14))
def test_of_two_machines_that_upload_one_release_at_once_either_leaves_it_whole(
    tmp_path: Path, writes_before: int
) -> None:
    """The other machine, whose DuckDB file has other bytes, publishes between two writes of this one."""
    ctx = context(tmp_path)
    ours, theirs = make_candidate(ctx, D1), make_candidate(ctx, D1, name="elsewhere")
    folder = ctx.work_dir / "candidates" / theirs
    (folder / "clawback.duckdb").write_bytes(b"the bytes of another machine")
    told = json.loads((folder / "audit.json").read_bytes())
    told["served_sha256"] = file_sha256_hex(folder / "clawback.duckdb")
    (folder / "audit.json").write_bytes(canonical_json(told))

    class RacingLake(MortalLake):
        def _live(self, write):
            self.writes_left -= 1
            if self.writes_left == -1:
                publish_candidate(ctx, theirs, D1, render=page)
            return write()

    lake = RacingLake(LocalLake(tmp_path / "lake"), writes_left=writes_before)
    release = publish_candidate(context(tmp_path, lake), ours, D1, render=page)
    found = verify_release(ctx.lake, release)
    assert found.problems == []
    audit = json.loads(file_path(ctx.lake, release, "audit.json").read_bytes())
    assert audit["served_sha256"] == file_sha256_hex(file_path(ctx.lake, release, "clawback.duckdb"))
    assert len(list_publications(ctx.lake)) == 1


def test_what_a_dead_attempt_left_is_neither_taken_nor_called_damage(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    name = make_candidate(ctx, D1)
    release = json.loads((ctx.work_dir / "candidates" / name / "candidate.json").read_bytes())["release_id"]
    ctx.lake.put(f"releases/{release}/clawback.duckdb", b"of a build that died")
    assert publish_candidate(ctx, name, D1, render=page) == release
    assert verify_release(ctx.lake, release).ok
    served = file_path(ctx.lake, release, "clawback.duckdb")
    assert served.read_bytes() == (ctx.work_dir / "candidates" / name / "clawback.duckdb").read_bytes()
    ctx.lake.put(f"releases/{release}/attempts/0123456789abcdef/stray", b"x")
    assert verify_release(ctx.lake, release).extra == ("attempts/0123456789abcdef/stray",)


def test_a_pointer_that_fell_behind_is_mended_and_never_set_back(tmp_path: Path) -> None:
    ctx = context(tmp_path)
    candidate = make_candidate(ctx, D1)
    publish_candidate(ctx, candidate, D1, render=page)
    behind = ctx.lake.read("latest.json")
    newer = make_candidate(ctx, D2)
    second = publish_candidate(ctx, newer, D2, render=page)
    ctx.lake.put("latest.json", behind)
    assert latest_day(ctx.lake) == D1
    assert publish_candidate(ctx, newer, D2, render=page) == second
    assert latest_release(ctx.lake) == second
    assert len(list_publications(ctx.lake)) == 2
