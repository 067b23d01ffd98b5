"""What every step is given: settings, lake, clock, work folder, progress."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from clawback.errors import ClawbackError
from clawback.lake import Lake, open_lake
from clawback.settings import Settings, load_settings


@dataclass(frozen=True)
class RunContext:
    """Everything from outside that a step may use.

    `clock` gives the present UTC time; it may enter manifests and run records, never rows.
    `progress` takes one line for a person who waits.
    """

    settings: Settings
    lake: Lake
    clock: Callable[[], datetime]
    work_dir: Path
    progress: Callable[[str], None]


def utc_now() -> datetime:
    """The present time, UTC."""
    return datetime.now(UTC)


def open_context(
    settings_path: Path | None = None,
    *,
    clock: Callable[[], datetime] = utc_now,
    progress: Callable[[str], None] | None = None,
) -> RunContext:
    """Load the settings and open what they name.

    Args:
        settings_path: see `clawback.settings.load_settings`.
        clock: the present time.
        progress: where progress lines go; standard error by default.
    """
    settings = load_settings(settings_path)
    work_dir = settings.work_path
    try:
        work_dir.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ClawbackError(
            "the work folder cannot be made",
            where=str(work_dir),
            cause=error.strerror,
            remedy="set work_dir to a folder that you may write",
        ) from error
    return RunContext(settings, open_lake(settings), clock, work_dir, progress or _to_stderr)


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr, flush=True)
