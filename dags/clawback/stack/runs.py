"""Take days through Airflow: trigger their ingests, wait for their builds, tell what happens."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from clawback.errors import ClawbackError
from clawback.stack.api import AirflowApi
from clawback.stack.names import BUILD_DAG, day_of_build, ingest_dag

POLL_SECONDS = 1.0
PARSE_SECONDS = 120.0
FINAL = ("success", "failed")


@dataclass(frozen=True)
class DayRun:
    """How the newest build of one day ended."""

    day: str
    run_id: str
    seconds: float
    is_new: bool


def run_days(
    api: AirflowApi,
    days: Sequence[date],
    sources: Sequence[str],
    progress: Callable[[str], None],
    now: datetime,
    timeout_seconds: float = 1800.0,
) -> list[DayRun]:
    """Ingest and build days through the scheduler.

    A failed build of one of the days is started again first. A day that was built from the same bytes before
    is not built again.

    Raises:
        ClawbackError: a run failed, a day did not become ready, or the time is over.
    """
    deadline = time.monotonic() + timeout_seconds
    wanted = [day.isoformat() for day in days]
    _wait_for_dags(api, [BUILD_DAG, *(ingest_dag(source) for source in sources)])
    before = {run["dag_run_id"]: run["state"] for run in _builds(api, wanted)}
    _repeat_failed(api, wanted, progress)
    stamp = now.astimezone(UTC).strftime("%Y%m%dT%H%M%S")
    for day in days:
        for source in sources:
            # run_after puts waiting runs in day order: the oldest starts first.
            after = datetime.combine(day, datetime.min.time(), UTC)
            name = f"fetch__{day.isoformat()}__{stamp}"
            api.trigger(ingest_dag(source), name, after, partition_key=day.isoformat())
    progress(f"fetching {len(sources)} sources for {len(days)} days, {wanted[0]} to {wanted[-1]}")
    _wait_for_fetches(api, [ingest_dag(source) for source in sources], stamp, progress, deadline)
    return _wait_for_builds(api, wanted, before, progress, deadline)


def _wait_for_dags(api: AirflowApi, wanted: Sequence[str]) -> None:
    deadline = time.monotonic() + PARSE_SECONDS
    while missing := sorted(set(wanted) - api.dag_ids()):
        errors = api.import_errors()
        if errors or time.monotonic() > deadline:
            raise ClawbackError(
                f"Airflow does not know the DAGs {', '.join(missing)}",
                cause="\n".join(errors) or f"not parsed within {PARSE_SECONDS:.0f} seconds",
                remedy="`clawback config check` tells whether the settings are valid",
            )
        time.sleep(POLL_SECONDS / 2)


def _wait_for_fetches(
    api: AirflowApi, dag_ids: Sequence[str], stamp: str, progress: Callable[[str], None], deadline: float
) -> None:
    told = -1
    while True:
        runs = [run for run in api.runs(dag_ids, "fetch__") if run["dag_run_id"].endswith(stamp)]
        done = [run for run in runs if run["state"] in FINAL]
        if len(done) != told:
            told = len(done)
            progress(f"fetched {told} of {len(runs)}")
        for run in done:
            if run["state"] == "failed":
                raise _failure(api, run)
        if runs and len(done) == len(runs):
            return
        _check_time(deadline, "the fetches")
        time.sleep(POLL_SECONDS)


def _wait_for_builds(
    api: AirflowApi,
    wanted: Sequence[str],
    before: dict[str, str],
    progress: Callable[[str], None],
    deadline: float,
) -> list[DayRun]:
    told: set[tuple[str, str]] = set()
    while True:
        runs = _builds(api, wanted)
        for run in runs:
            _tell_tasks(api, run, before, told, progress)
            if run["state"] == "failed":
                raise _failure(api, run)
        unbuilt = sorted(set(wanted) - {_day(run) for run in runs})
        if unbuilt:
            raise ClawbackError(
                f"the days {', '.join(unbuilt)} did not become ready",
                remedy="the log of `trigger_build` in the ingest DAGs names the sources that are missing",
            )
        if all(run["state"] in FINAL for run in runs):
            return [_day_run(run, before) for run in runs]
        _check_time(deadline, "the builds")
        time.sleep(POLL_SECONDS)


def _tell_tasks(
    api: AirflowApi,
    run: dict[str, Any],
    before: dict[str, str],
    told: set[tuple[str, str]],
    progress: Callable[[str], None],
) -> None:
    run_id = run["dag_run_id"]
    if run["state"] == "queued" or before.get(run_id) == "success" or (run_id, "") in told:
        return
    for task in api.tasks(BUILD_DAG, run_id):
        key = (run_id, task["task_id"])
        if task["state"] == "success" and key not in told:
            told.add(key)
            progress(f"{run_id} {task['task_id']}: {task['duration'] or 0:.1f} s")
    if run["state"] in FINAL:
        told.add((run_id, ""))


def _repeat_failed(api: AirflowApi, wanted: Sequence[str], progress: Callable[[str], None]) -> None:
    for run in _builds(api, wanted):
        if run["state"] == "failed":
            progress(f"{run['dag_run_id']} failed before: starting again where it stopped")
            tasks = api.tasks(BUILD_DAG, run["dag_run_id"])
            unfinished = [task["task_id"] for task in tasks if task["state"] != "success"]
            api.clear(BUILD_DAG, run["dag_run_id"], unfinished)


def _builds(api: AirflowApi, wanted: Sequence[str]) -> list[dict[str, Any]]:
    return [run for run in api.runs([BUILD_DAG], "day__") if _day(run) in wanted]


def _day(run: dict[str, Any]) -> str | None:
    return day_of_build(run["dag_run_id"])


def _day_run(run: dict[str, Any], before: dict[str, str]) -> DayRun:
    began, ended = datetime.fromisoformat(run["start_date"]), datetime.fromisoformat(run["end_date"])
    is_new = before.get(run["dag_run_id"]) != "success"
    return DayRun(_day(run) or "", run["dag_run_id"], (ended - began).total_seconds(), is_new)


def _failure(api: AirflowApi, run: dict[str, Any]) -> ClawbackError:
    dag_id, run_id = run["dag_id"], run["dag_run_id"]
    failed = [task for task in api.tasks(dag_id, run_id) if task["state"] == "failed"]
    if not failed:
        return ClawbackError(
            f"{dag_id} {run_id} failed without a failed task", remedy="see the scheduler's log"
        )
    task = failed[0]
    return ClawbackError(
        f"the task {task['task_id']} of {dag_id} failed",
        where=f"run {run_id}, try {task['try_number']}",
        cause=api.log_tail(dag_id, run_id, task["task_id"], task["try_number"]),
        remedy=f"the description of {dag_id} in Airflow tells what each task's failure means; the same"
        " command starts again where it stopped",
    )


def _check_time(deadline: float, what: str) -> None:
    if time.monotonic() > deadline:
        raise ClawbackError(
            f"{what} did not end in time",
            remedy="`clawback stack status` shows what runs; logs lie in var/stack",
        )
