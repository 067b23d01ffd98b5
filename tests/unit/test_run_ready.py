"""Asking whether a day is there reads that day's part of the lake only."""

from __future__ import annotations

import builtins
from dataclasses import replace
from datetime import date
from pathlib import Path

from clawback.lake.local import LocalLake
from clawback.run.ready import newest_raw_manifest, readiness
from clawback.sources.ingest import ingest
from tests.contract.loopback import context_for
from tests.contract.transfer_rows import MAPPING_TEXT, source_in, token_row

DAY, KNOWN = date(2020, 9, 26), date(2026, 9, 15)


class Listening(LocalLake):
    """A lake that remembers which keys its listings gave."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.given: builtins.list[str] = []

    def list(self, prefix: str) -> builtins.list[str]:
        found = super().list(prefix)
        self.given += found
        return found


def test_only_the_keys_of_the_asked_day_are_listed(tmp_path: Path) -> None:
    ctx = context_for(tmp_path, source_in(tmp_path, [token_row()]))
    keys = [ingest(ctx, "tokens", date(2020, 9, day), KNOWN) for day in (25, 26, 27)]
    lake = Listening(Path(ctx.lake.url))
    listening = replace(ctx, lake=lake)
    assert newest_raw_manifest(listening, "tokens", DAY) == keys[1]
    assert readiness(listening, DAY).ready
    assert not readiness(listening, date(2020, 9, 28)).ready
    assert set(lake.given) == {keys[1]}


def test_the_newest_of_several_answers_of_a_day_counts(tmp_path: Path) -> None:
    ctx = context_for(tmp_path, source_in(tmp_path, [token_row()]))
    assert newest_raw_manifest(ctx, "tokens", DAY) is None
    first = ingest(ctx, "tokens", DAY, KNOWN)
    before = readiness(ctx, DAY).inputs_hash
    (tmp_path / "rows.yml").write_text(MAPPING_TEXT + "unique: true\n")
    second = ingest(ctx, "tokens", DAY, KNOWN)
    assert second != first
    assert newest_raw_manifest(ctx, "tokens", DAY) == second
    assert readiness(ctx, DAY).inputs_hash != before
