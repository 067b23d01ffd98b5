"""Two runs that land one day at the same time leave each other's bytes alone."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from clawback.lake.local import LocalLake
from clawback.lake.partition import read_manifest, read_part
from clawback.sources.landing import Landing, RawFolder

DAY, KNOWN = date(2020, 9, 26), date(2026, 9, 15)
PREFIX = "raw/hacks/claims/dt=2020-09-26"


def landing(folder: RawFolder, tmp_path: Path) -> Landing:
    return Landing(folder, DAY, KNOWN, tmp_path / "staging")


def test_of_two_runs_with_different_answers_both_keep_theirs(tmp_path: Path) -> None:
    folder = RawFolder(LocalLake(tmp_path / "lake"), "hacks", "claims")
    one, other = landing(folder, tmp_path), landing(folder, tmp_path)
    first = [one.land("a.json", b"first")]
    second = [other.land("a.json", b"second")]
    keys = [one.complete(first, {"n": 1}), other.complete(second, {"n": 2})]
    assert keys == [f"{PREFIX}/known=2026-09-15{tail}/_manifest.json" for tail in ("", "_0002")]
    held = [read_part(folder.lake, read_manifest(folder.lake, key).parts[0]) for key in keys]
    assert held == [b"first", b"second"]
    newest = folder.newest(DAY)
    assert newest is not None
    assert newest.key == keys[1]


def test_of_two_runs_with_equal_answers_one_manifest_stays(tmp_path: Path) -> None:
    folder = RawFolder(LocalLake(tmp_path / "lake"), "hacks", "claims")
    one, other = landing(folder, tmp_path), landing(folder, tmp_path)
    keys = [run.complete([run.land("a.json", b"same")], {}) for run in (one, other)]
    assert keys[0] == keys[1]
    assert len(folder.lake.list("raw/")) == 2


def test_two_runs_that_share_all_files_but_name_others_both_get_a_manifest(tmp_path: Path) -> None:
    folder = RawFolder(LocalLake(tmp_path / "lake"), "hacks", "claims")
    one, other = landing(folder, tmp_path), landing(folder, tmp_path)
    first = [one.land("a.json", b"a", shared=True)]
    second = [*first, other.land("b.json", b"b", shared=True)]
    assert one.complete(first, {}) != other.complete(second, {})


def test_what_a_killed_run_left_is_passed_by_and_the_next_manifest_is_the_newest(tmp_path: Path) -> None:
    folder = RawFolder(LocalLake(tmp_path / "lake"), "hacks", "claims")
    landing(folder, tmp_path).land("a.json", b"killed")
    second = landing(folder, tmp_path)
    key = second.complete([second.land("a.json", b"second")], {})
    assert key == f"{PREFIX}/known=2026-09-15_0002/_manifest.json"
    third = landing(folder, tmp_path)
    third.complete([third.land("b.json", b"third")], {})
    newest = folder.newest(DAY)
    assert newest is not None
    assert newest.key == f"{PREFIX}/known=2026-09-15_0003/_manifest.json"
