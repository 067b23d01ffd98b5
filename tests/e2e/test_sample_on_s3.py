"""The same days on S3: the same release as on a local folder."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import S3_KEY, S3_SECRET, S3Server

pytestmark = pytest.mark.slow

WORDS = ["run", "--from", "2020-09-25", "--to", "2020-09-26", "--known", "2026-01-02"]


def _release(home: Path, **environment: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("CLAWBACK_")}
    done = subprocess.run(
        [str(Path(sys.executable).parent / "clawback"), *WORDS],
        cwd=home,
        env=kept | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    found = re.search(r"^release +(\S+)", done.stdout, re.MULTILINE)
    assert found is not None, done.stdout
    return found[1]


def test_s3_and_a_folder_hold_the_same_release(s3_server: S3Server, tmp_path: Path) -> None:
    there, here = tmp_path / "s3", tmp_path / "folder"
    there.mkdir()
    here.mkdir()
    on_s3 = {
        "CLAWBACK_LAKE__URL": f"s3://{s3_server.bucket}/sample",
        "CLAWBACK_LAKE__ENDPOINT_URL": s3_server.endpoint_url,
        "AWS_ACCESS_KEY_ID": S3_KEY,
        "AWS_SECRET_ACCESS_KEY": S3_SECRET,
    }
    release = _release(there, **on_s3)
    assert release == _release(here)
    assert release == _release(there, **on_s3)
    assert not (there / "var/lake").exists()
