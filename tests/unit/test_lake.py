"""The local lake: whole values, decided races, complete listings, nothing left by a kill."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from clawback.errors import ClawbackError
from clawback.lake import KeyMissing
from clawback.lake.local import LocalLake
from clawback.lake.partition import (
    manifest_key,
    read_manifest,
    read_part,
    write_partition,
)
from tests.conftest import free_port
from tests.lake_promises import LakePromises


@pytest.fixture
def lake(tmp_path: Path) -> LocalLake:
    return LocalLake(tmp_path / "lake")


class TestLocalLake(LakePromises):
    """The local lake keeps the promises of every lake."""


def test_a_value_is_read_back(lake: LocalLake) -> None:
    lake.put("a/b", b"one")
    lake.put("a/b", b"two")
    assert lake.read("a/b") == b"two"
    assert lake.exists("a/b")
    assert lake.local_path("a/b").read_bytes() == b"two"


def test_an_absent_key_says_where(lake: LocalLake) -> None:
    with pytest.raises(KeyMissing, match="no such key") as caught:
        lake.read("a/b")
    assert "a/b" in str(caught.value)
    assert not lake.exists("a/b")
    assert lake.read_versioned("a/b") is None


def test_a_folder_is_no_key(lake: LocalLake) -> None:
    lake.put("a/b", b"x")
    assert not lake.exists("a")
    with pytest.raises(KeyMissing):
        lake.read("a")


@pytest.mark.parametrize("key", ["", "/a", "a//b", "../a", "a/../b", "a/", "a\\b", "a\nb", ".tmp/x"])
def test_a_malformed_key_is_refused(lake: LocalLake, key: str) -> None:
    with pytest.raises(ClawbackError, match="malformed"):
        lake.put(key, b"x")


def test_list_is_complete_sorted_and_by_prefix(lake: LocalLake) -> None:
    keys = ["raw/a/dt=2", "raw/a/dt=1", "raw/ab/x", "raw/a", "z"]
    for key in keys[:3] + keys[4:]:
        lake.put(key, b"x")
    assert lake.list("") == ["raw/a/dt=1", "raw/a/dt=2", "raw/ab/x", "z"]
    assert lake.list("raw/a") == ["raw/a/dt=1", "raw/a/dt=2", "raw/ab/x"]
    assert lake.list("raw/a/") == ["raw/a/dt=1", "raw/a/dt=2"]
    assert lake.list("nothing/") == []


def test_of_many_replacers_each_version_has_one_successor(lake: LocalLake) -> None:
    lake.put("n", b"0")
    wins: list[bool] = []
    start = threading.Barrier(8)

    def add() -> None:
        start.wait()
        data, version = lake.read_versioned("n") or (b"", "")
        wins.append(lake.replace("n", str(int(data) + 1).encode(), version))

    threads = [threading.Thread(target=add) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert int(lake.read("n")) == sum(wins)


def test_no_temporary_file_stays(lake: LocalLake) -> None:
    lake.put("a", b"x")
    lake.create("b", b"x")
    lake.create("b", b"y")
    lake.replace("c", b"x", None)
    assert [path.name for path in (lake.root / ".tmp").iterdir()] == ["lock"]


def test_a_full_disk_is_told_and_leaves_the_old_value(lake: LocalLake) -> None:
    lake.put("a", b"old")
    with pytest.raises(ClawbackError, match="could not be written") as caught:
        lake.put_file("a", Path("/proc/self/mem"))  # reading it fails with an OSError halfway
    assert caught.value.remedy is not None
    assert lake.read("a") == b"old"


_WRITER = """
import os, signal, sys
from pathlib import Path
from clawback.lake.local import LocalLake
from clawback.lake.partition import write_partition

count, stop = 0, int(sys.argv[2])
def guard(name):
    real = getattr(os, name)
    def call(*args, **kwargs):
        global count
        if count == stop:
            os.kill(os.getpid(), signal.SIGKILL)
        count += 1
        return real(*args, **kwargs)
    setattr(os, name, call)
for name in ("fsync", "link", "replace", "rename", "unlink", "open", "mkdir"):
    guard(name)
write_partition(LocalLake(Path(sys.argv[1])), "t/dt=1/h", {"a": b"a" * 70000, "b": b"b"}, {"day": "1"})
print(count)
"""


def test_kill_9_between_any_two_writes_leaves_nothing_that_looks_complete(tmp_path: Path) -> None:
    """The writer is killed before its first file-system call, its second, ... until it survives."""
    for stop in range(200):
        root = tmp_path / str(stop)
        done = subprocess.run(
            [sys.executable, "-c", _WRITER, str(root), str(stop)],
            capture_output=True,
            check=False,
            env={**os.environ},
        )
        lake = LocalLake(root)
        complete = lake.exists(manifest_key("t/dt=1/h"))
        if complete:
            manifest = read_manifest(lake, manifest_key("t/dt=1/h"))
            assert [len(read_part(lake, part)) for part in manifest.parts] == [70000, 1]
        for key in lake.list("t/"):
            assert lake.read(key) in (b"a" * 70000, b"b") or key.endswith("_manifest.json")
        assert write_partition(lake, "t/dt=1/h", {"a": b"a" * 70000, "b": b"b"}, {"day": "1"})
        if done.returncode == 0:
            assert stop > 8, "the guard met too few calls to prove anything"
            return
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    pytest.fail("the writer never finished")


@pytest.mark.parametrize("call", ["exists", "read", "local_path", "list"])
def test_an_s3_server_that_has_gone_is_told(tmp_path: Path, call: str) -> None:
    import boto3
    from botocore.config import Config

    from clawback.lake.s3 import S3Lake

    client = boto3.session.Session("a", "b", region_name="us-east-1").client(
        "s3",
        endpoint_url=f"http://127.0.0.1:{free_port()}",
        config=Config(retries={"total_max_attempts": 1}),
    )
    with pytest.raises(ClawbackError, match="refused or failed"):
        getattr(S3Lake(client, "bucket", "", tmp_path), call)("some/key")


@pytest.mark.parametrize("write", ["put", "create"])
def test_every_folder_that_got_a_new_entry_is_flushed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, write: str
) -> None:
    flushed: list[str] = []
    fsync = os.fsync

    def listening(handle: int) -> None:
        flushed.append(os.readlink(f"/proc/self/fd/{handle}"))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", listening)
    lake = LocalLake(tmp_path / "lake")
    getattr(lake, write)("a/b/c", b"x")
    root = tmp_path / "lake"
    assert {str(path) for path in (root / "a" / "b", root / "a", root, tmp_path)} <= set(flushed)
    flushed.clear()
    getattr(lake, write)("a/b/d", b"x")
    assert [path for path in flushed if ".tmp" not in path] == [str(root / "a" / "b")]
