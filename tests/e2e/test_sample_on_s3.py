"""The same days on S3: the same release as on a local folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import S3_KEY, S3_SECRET, S3Server
from tests.e2e.warehouse import TWO_DAYS, Warehouse, run

pytestmark = pytest.mark.slow


def test_s3_and_a_folder_hold_the_same_release(
    s3_server: S3Server, two_days: Warehouse, tmp_path: Path
) -> None:
    on_s3 = {
        "CLAWBACK_LAKE__URL": f"s3://{s3_server.bucket}/sample",
        "CLAWBACK_LAKE__ENDPOINT_URL": s3_server.endpoint_url,
        "AWS_ACCESS_KEY_ID": S3_KEY,
        "AWS_SECRET_ACCESS_KEY": S3_SECRET,
    }
    release = run(tmp_path, *TWO_DAYS, **on_s3).release
    assert release == two_days.release
    assert release == run(tmp_path, *TWO_DAYS, **on_s3).release
    assert not (tmp_path / "var/lake").exists()
