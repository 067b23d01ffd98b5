"""The S3 lake against a real server: the same promises as the local one."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from uuid import uuid4

import pytest

from clawback.errors import ClawbackError
from clawback.lake import KeyMissing
from clawback.lake.partition import manifest_key, read_manifest, read_part, write_partition
from clawback.lake.s3 import S3Lake
from clawback.settings import LakeSettings
from tests.conftest import S3_KEY, S3_SECRET, S3Server
from tests.lake_promises import LakePromises

pytestmark = pytest.mark.slow


@pytest.fixture
def lake(s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> S3Lake:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", S3_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", S3_SECRET)
    return S3Lake.connect(_settings(s3_server, uuid4().hex), tmp_path / "cache")


def _settings(server: S3Server, prefix: str) -> LakeSettings:
    return LakeSettings(url=f"s3://{server.bucket}/{prefix}", endpoint_url=server.endpoint_url)


class TestS3Lake(LakePromises):
    """The S3 lake keeps the promises of every lake."""


def test_a_value_is_read_back_and_listed(lake: S3Lake) -> None:
    lake.put("raw/a", b"1")
    lake.put("raw/b/c", b"2")
    assert lake.read("raw/a") == b"1"
    assert lake.list("raw/") == ["raw/a", "raw/b/c"]
    assert lake.exists("raw/a")
    assert not lake.exists("raw/b")
    with pytest.raises(KeyMissing):
        lake.read("raw/none")


def test_a_listing_is_complete_past_one_page(lake: S3Lake) -> None:
    for number in range(1100):
        lake.put(f"many/{number:04}", b"")
    assert lake.list("many/") == [f"many/{number:04}" for number in range(1100)]


def test_a_file_goes_up_and_its_copy_is_never_stale(lake: S3Lake, tmp_path: Path) -> None:
    big = tmp_path / "big"
    big.write_bytes(b"x" * (9 << 20))  # past boto's threshold: goes up in parts
    lake.put_file("f", big)
    assert lake.local_path("f").stat().st_size == 9 << 20
    lake.put("f", b"new")
    assert lake.local_path("f").read_bytes() == b"new"


def test_a_wrong_secret_is_told_plainly(
    s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", S3_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "wrong")
    with pytest.raises(ClawbackError, match="refused or failed") as caught:
        S3Lake.connect(_settings(s3_server, "x"), tmp_path)
    assert "wrong" not in str(caught.value)
    assert "credentials" in str(caught.value)


def test_a_missing_bucket_is_told_plainly(
    s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", S3_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", S3_SECRET)
    settings = LakeSettings(url="s3://no-such-bucket/x", endpoint_url=s3_server.endpoint_url)
    with pytest.raises(ClawbackError, match="refused or failed") as caught:
        S3Lake.connect(settings, tmp_path)
    assert "no-such-bucket" in str(caught.value)


_WRITER = """
import os, signal, sys
from pathlib import Path
from botocore.client import BaseClient
from clawback.lake.partition import write_partition
from clawback.lake.s3 import S3Lake
from clawback.settings import LakeSettings

url, endpoint, cache, stop = sys.argv[1:4] + [int(sys.argv[4])]
lake = S3Lake.connect(LakeSettings(url=url, endpoint_url=endpoint), Path(cache))
count, real = 0, BaseClient._make_api_call
def call(self, *args, **kwargs):
    global count
    if count == stop:
        os.kill(os.getpid(), signal.SIGKILL)
    count += 1
    return real(self, *args, **kwargs)
BaseClient._make_api_call = call
write_partition(lake, "t/dt=1/h", {"a": b"a" * 70000, "b": b"b"}, {"day": "1"})
"""


def test_kill_9_between_any_two_writes_leaves_nothing_that_looks_complete(
    s3_server: S3Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The writer is killed before its first call to the server, its second, ... until it survives."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", S3_KEY)
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", S3_SECRET)
    for stop in range(20):
        settings = _settings(s3_server, f"killed-{uuid4().hex}")
        words = [settings.url, str(settings.endpoint_url), str(tmp_path), str(stop)]
        done = subprocess.run([sys.executable, "-c", _WRITER, *words], capture_output=True, check=False)
        lake = S3Lake.connect(settings, tmp_path / "cache")
        survived = done.returncode == 0
        assert survived or done.returncode == -signal.SIGKILL, done.stderr.decode()
        assert lake.exists(manifest_key("t/dt=1/h")) == survived
        key = write_partition(lake, "t/dt=1/h", {"a": b"a" * 70000, "b": b"b"}, {"day": "1"})
        manifest = read_manifest(lake, key)
        assert [len(read_part(lake, part)) for part in manifest.parts] == [70000, 1]
        if survived:
            assert stop == 3, "two parts and a manifest are three calls"
            return
    pytest.fail("the writer never finished")
