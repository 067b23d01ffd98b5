"""Fixtures that several test folders share: real servers on loopback and the shared facts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from itertools import count, islice
from pathlib import Path

import pytest

os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")

S3_KEY, S3_SECRET = "clawback", "loopback-only"

ROOT = Path(__file__).resolve().parent.parent

# What takes minutes, the longest first: a worker that begins one of these last keeps all others waiting.
LONGEST = (
    "unit/test_cli_trace_compiled.py",
    "audit/test_spoiled.py",
    "e2e/test_sample.py",
    "e2e/test_stack.py",
    "e2e/test_corrections.py",
    "e2e/test_sample_on_s3.py",
)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Workers of `-n auto`: as many as processors may be used, eight at most (each takes up to 1 GiB)."""
    count = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    limit = Path("/sys/fs/cgroup/cpu.max")
    quota, _, period = limit.read_text().partition(" ") if limit.is_file() else ("max", "", "")
    if quota != "max":
        count = min(count, max(1, round(int(quota) / int(period))))
    return min(count, 8)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Puts the longest files first, then the other slow ones; the tests of a file keep their order."""
    places = {ROOT / "tests" / name: place for place, name in enumerate(LONGEST)}
    slow = {item.path for item in items if item.get_closest_marker("slow")}
    items.sort(key=lambda item: (places.get(item.path, len(places)), item.path not in slow))


@pytest.fixture(scope="session")
def shared_facts() -> Path:
    """Folder of real data that is not part of the project; absent on a user's machine."""
    folder = Path(os.environ.get("CLAWBACK_SHARED", ROOT.parent / "shared"))
    if not (folder / "data" / "SOURCES.md").is_file():
        pytest.skip("the shared facts are not on this machine (set CLAWBACK_SHARED to their folder)")
    return folder


@dataclass(frozen=True)
class S3Server:
    """A running S3 server and the bucket made for the tests."""

    endpoint_url: str
    bucket: str


# Below the ports that the kernel lends to whoever asks: nobody else takes one before its server is up.
# Processes that test at the same time begin at different ports.
_PORTS = range(12_000, 22_000)
_ports = (_PORTS[(os.getpid() * 100 + step) % len(_PORTS)] for step in count())


def free_port() -> int:
    """A port that nothing listens on at the moment, and that this process was not given lately."""
    for port in islice(_ports, len(_PORTS)):
        with socket.socket() as probe, suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise AssertionError("no port is free")


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """SeaweedFS on loopback, a real S3 server from a wheel."""
    folder = tmp_path_factory.mktemp("s3")
    port = free_port()
    # Without names for these, two servers at once would both want the default ones.
    others = [f"-{part}.port={free_port()}" for part in ("master", "volume", "filer", "admin")]
    environment = {**os.environ, "AWS_ACCESS_KEY_ID": S3_KEY, "AWS_SECRET_ACCESS_KEY": S3_SECRET}
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen(
            [
                str(Path(sys.executable).parent / "weed"),
                f"-logdir={folder}",
                "mini",
                f"-dir={folder}",
                "-ip=127.0.0.1",
                "-ip.bind=127.0.0.1",
                f"-s3.port={port}",
                "-s3.port.iceberg=0",
                "-s3.port.lance=0",
                *others,
                "-admin.ui=false",
                "-webdav=false",
                "-bucket=clawback-test",
            ],
            stdout=log,
            stderr=log,
            env=environment,
        )
    try:
        ready = S3Server(f"http://127.0.0.1:{port}", "clawback-test")
        _wait_for_bucket(ready, server, folder / "log")
        yield ready
    finally:
        server.kill()
        server.wait()


def _wait_for_bucket(server: S3Server, process: subprocess.Popen[bytes], log: Path) -> None:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    client = boto3.session.Session(S3_KEY, S3_SECRET, region_name="us-east-1").client(
        "s3", endpoint_url=server.endpoint_url, config=Config(retries={"total_max_attempts": 1})
    )
    for _ in range(600):
        if process.poll() is not None:
            pytest.fail(f"the S3 server ended: {log.read_text(errors='replace')[-2000:]}")
        try:
            client.head_bucket(Bucket=server.bucket)
        except (BotoCoreError, ClientError):
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the S3 server did not come up: {log.read_text(errors='replace')[-2000:]}")
