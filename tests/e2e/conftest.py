"""One run of the sample's first two days, which several files here compare theirs with."""

from __future__ import annotations

import fcntl
import os
import shutil

import pytest

from tests.e2e.warehouse import TWO_DAYS, Warehouse, run


@pytest.fixture(scope="session")
def two_days(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The sample's first two days, run by whichever worker needs them first; only to be read."""
    folder = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        folder = folder.parent
    home, said = folder / "two-days", folder / "two-days.txt"
    with (folder / "two-days.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not said.exists():
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            said.write_text(run(home, *TWO_DAYS).said, encoding="utf-8")
    return Warehouse(home, said.read_text(encoding="utf-8"))
