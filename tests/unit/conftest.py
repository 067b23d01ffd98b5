"""What tests of one command share."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.trace_room import LABELS, SWAP, TABLE, THEFTS


@pytest.fixture
def room(tmp_path: Path) -> Path:
    (tmp_path / "t.csv").write_text(TABLE + SWAP, encoding="utf-8")
    (tmp_path / "THEFTS.csv").write_text(THEFTS, encoding="utf-8")
    (tmp_path / "labels.csv").write_text(LABELS, encoding="utf-8")
    (tmp_path / "words.yml").write_text("hot_wallet: exchange\n", encoding="utf-8")
    return tmp_path
