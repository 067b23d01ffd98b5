"""Which day a run makes the release of."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from clawback.context import RunContext
from clawback.release.manifest import release_key
from clawback.release.publish import POINTER, publish
from clawback.run.pipeline import target_day
from tests.contract.loopback import NOW, context_for

FIRST, SECOND, THIRD = date(2020, 9, 25), date(2020, 9, 26), date(2020, 9, 27)


def show(ctx: RunContext, day: date, kind: str = "release") -> None:
    release = f"{day}-0123456"
    ctx.lake.create(release_key(release), b"{}")
    publish(ctx.lake, lambda: NOW, release, known=THIRD, verdict="pass", kind=kind)


def test_a_run_makes_its_own_day_or_the_newer_one_that_readers_see(tmp_path: Path) -> None:
    ctx = context_for(tmp_path)
    assert target_day(ctx, FIRST) == FIRST
    show(ctx, SECOND)
    assert [target_day(ctx, day) for day in (FIRST, SECOND, THIRD)] == [SECOND, SECOND, THIRD]


def test_after_a_rollback_the_pointer_s_day_counts(tmp_path: Path) -> None:
    ctx = context_for(tmp_path)
    show(ctx, FIRST)
    show(ctx, THIRD)
    show(ctx, FIRST, "rollback")
    assert target_day(ctx, SECOND) == SECOND


def test_a_pointer_that_a_killed_run_left_behind_is_moved_first(tmp_path: Path) -> None:
    ctx = context_for(tmp_path)
    show(ctx, FIRST)
    left_behind = ctx.lake.read(POINTER)
    show(ctx, THIRD)
    ctx.lake.put(POINTER, left_behind)
    assert target_day(ctx, SECOND) == THIRD
