"""What `clawback stack` does: up, down, status, run."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

from clawback.days import day_range
from clawback.errors import ClawbackError
from clawback.settings import Settings, load_settings
from clawback.stack.layout import StackLayout

Echo = Callable[[str], object]


def stack_up(settings_path: Path | None, echo: Echo) -> None:
    """Start the stack and leave it serving; says where and how to log in."""
    from clawback.stack.supervisor import bring_up

    layout, settings = _open(settings_path)
    # A warehouse whose sources end on a day has nothing to fetch by the clock.
    running = bring_up(layout, schedule=settings.last_day is None, progress=_say(echo))
    echo(f"Airflow:  {running.url}")
    echo(f"user:     {running.user}")
    echo(f"password: in {layout.passwords}")
    echo(f"logs:     {layout.logs}")


def stack_down(settings_path: Path | None, echo: Echo) -> None:
    """Stop the stack, and what an earlier one left behind."""
    from clawback.stack.supervisor import bring_down

    layout, _ = _open(settings_path)
    bring_down(layout, _say(echo))


def stack_status(settings_path: Path | None, echo: Echo) -> bool:
    """Tell what runs. True when all of it does."""
    from clawback.stack.supervisor import health

    layout, _ = _open(settings_path)
    parts = health(layout)
    for name, state in parts.items():
        echo(f"{name:<14} {state}")
    echo(f"{'folder':<14} {layout.root}")
    return all(state == "running" for state in parts.values())


def stack_run(settings_path: Path | None, first: date, last: date, echo: Echo) -> None:
    """Take days through the scheduler; the stack is started if it does not run, and stays up.

    Raises:
        ClawbackError: a task failed; names it, shows the end of its log and says what to do.
    """
    from clawback.stack.api import AirflowApi
    from clawback.stack.runs import run_days
    from clawback.stack.supervisor import bring_up

    layout, settings = _open(settings_path)
    days = list(day_range(first, last))
    if not days or first < settings.first_day:
        raise ClawbackError(
            f"the range {first}..{last} is empty or begins before the first day",
            where=f"first_day = {settings.first_day} in {settings.file}",
            remedy="give --from before --to, and not before first_day",
        )
    running = bring_up(layout, schedule=settings.last_day is None, progress=_say(echo))
    api = AirflowApi(running.url, running.user, running.password)
    try:
        sources = [source.name for source in settings.enabled_sources]
        builds = run_days(api, days, sources, _say(echo), datetime.now(UTC))
    finally:
        api.close()
    for build in builds:
        told = f"built in {build.seconds:.0f} s" if build.is_new else "built before from the same bytes"
        echo(f"{build.day}  {told}  ({build.run_id})")


def _open(settings_path: Path | None) -> tuple[StackLayout, Settings]:
    settings = load_settings(settings_path)
    if settings.file is not None:
        # The components are other processes: they must read the very same file.
        os.environ["CLAWBACK_SETTINGS"] = str(settings.file.resolve())
    return StackLayout(settings.base_dir.resolve()), settings


def _say(echo: Echo) -> Callable[[str], None]:
    def say(line: str) -> None:
        echo(line)

    return say
