"""Names of DAGs and runs: the one place that says what the build of a day is called."""

from __future__ import annotations

from typing import Final

BUILD_DAG: Final = "build_day"
WATCH_DAG: Final = "watch_releases"
INGEST_PREFIX: Final = "ingest_"


def ingest_dag(source: str) -> str:
    """DAG id of one source's ingest."""
    return INGEST_PREFIX + source


def first_build(day: str) -> str:
    """Run id of the first build of a day."""
    return f"day__{day}"


def build_run(day: str, inputs_hash: str, first_inputs: str | None) -> str:
    """Run id of the build of one state of a day.

    Args:
        day: the day.
        inputs_hash: hash of the inputs that are there now.
        first_inputs: the hash that the first build of the day was triggered for; None when there was none.
    """
    if first_inputs is None or first_inputs == inputs_hash:
        return first_build(day)
    return f"{first_build(day)}__{inputs_hash}"


def day_of_build(run_id: str) -> str | None:
    """The day that a build run is named after; None for a run of another name."""
    parts = run_id.split("__")
    return parts[1] if parts[0] == "day" and len(parts) in (2, 3) else None
