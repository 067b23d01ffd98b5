"""A correction ends where a warehouse ends that was right from the beginning."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from clawback.resources import sample_dir
from tests.e2e.warehouse import TWO_DAYS, Warehouse, run

pytestmark = pytest.mark.slow

FOLDERS = ("cases", "labels", "reports")
REPORT = "reports/2020-09-26-first-estimate.json"


def _home(folder: Path) -> Path:
    folder.mkdir()
    settings = (sample_dir() / "clawback.toml").read_text()
    for name in FOLDERS:
        shutil.copytree(sample_dir() / name, folder / name)
        settings = settings.replace(f'"sample:{name}"', f'"{name}"')
    (folder / "clawback.toml").write_text(settings)
    return folder


def _publications(warehouse: Warehouse) -> int:
    return len(warehouse.clawback("release", "list").stdout.splitlines())


def test_corrected_files_reach_the_past_from_whichever_day_they_are_fetched(
    two_days: Warehouse, tmp_path: Path
) -> None:
    home = _home(tmp_path / "corrected")
    # A wallet of the exchange that was robbed is not yet known to be one, and a figure is mistyped.
    labels = home / "labels/kucoin.yml"
    labels.write_text(labels.read_text().replace("confidence: 95", "confidence: 40"))
    report = home / REPORT
    report.write_text(report.read_text().replace("150000000", "150000001"))
    before = run(home, *TWO_DAYS)
    assert before.release != two_days.release

    for name in ("labels/kucoin.yml", REPORT):
        (home / name).write_bytes((sample_dir() / name).read_bytes())
    after = run(home, "--from", "2020-09-25", "--to", "2020-09-25", "--known", "2026-01-03")
    assert after.release == two_days.release
    assert after.marts() == two_days.marts()
    assert _publications(after) == 2
