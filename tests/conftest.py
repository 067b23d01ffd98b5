"""Fixtures that several test folders share: real servers on loopback and the shared facts."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

os.environ.setdefault("AIRFLOW__CORE__LOAD_EXAMPLES", "False")

S3_KEY, S3_SECRET = "clawback", "loopback-only"

ROOT = Path(__file__).resolve().parent.parent


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


def free_port() -> int:
    """A port that nothing listens on at the moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    """SeaweedFS on loopback, a real S3 server from a wheel."""
    folder = tmp_path_factory.mktemp("s3")
    port = free_port()
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
    for _ in range(300):
        if process.poll() is not None:
            pytest.fail(f"the S3 server ended: {log.read_text(errors='replace')[-2000:]}")
        try:
            client.head_bucket(Bucket=server.bucket)
        except (BotoCoreError, ClientError):
            time.sleep(0.1)
        else:
            return
    pytest.fail(f"the S3 server did not come up: {log.read_text(errors='replace')[-2000:]}")
