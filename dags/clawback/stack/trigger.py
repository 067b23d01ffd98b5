"""The tasks' side of readiness: ask the library, ask Airflow what was built, name the run.

Needs a running task: imported by DAG files and nowhere else.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk.exceptions import AirflowSkipException

from clawback.stack.names import BUILD_DAG, build_run, first_build

if TYPE_CHECKING:
    from airflow.sdk.definitions.context import Context

    from clawback.context import RunContext

FAILED_REST: Final = timedelta(hours=6)
"""A failed build is cleared at most this often, so that a blocked candidate is not built in a circle."""


class TriggerBuild(TriggerDagRunOperator):
    """Triggers the build of the run's day once it is ready; a name that was triggered before is skipped."""

    template_fields = ("day",)

    def __init__(self, *, day: str, **kwargs: Any) -> None:
        super().__init__(trigger_dag_id=BUILD_DAG, skip_when_already_exists=True, **kwargs)
        self.day = day

    def execute(self, context: Context) -> None:
        """Skip when something is missing, else trigger."""
        from clawback.context import open_context
        from clawback.days import parse_day
        from clawback.run.ready import readiness

        ready = readiness(open_context(), parse_day(self.day))
        if not ready.ready:
            raise AirflowSkipException(f"{self.day} is not ready, missing: {', '.join(ready.missing)}")
        wanted = build_request(self.day, ready.inputs_hash)
        self.trigger_run_id = wanted["trigger_run_id"]
        self.conf = wanted["conf"]
        # Among runs that wait, the scheduler starts the one with the oldest run_after: the oldest day.
        self.run_after = wanted["run_after"]
        super().execute(context)


def build_request(day: str, inputs_hash: str) -> dict[str, Any]:
    """What TriggerDagRunOperator must be told to build one state of a day."""
    first = _find_run(first_build(day))
    first_inputs = None if first is None else (first.conf or {}).get("inputs")
    return {
        "trigger_run_id": build_run(day, inputs_hash, first_inputs),
        "conf": {"day": day, "inputs": inputs_hash},
        "run_after": datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).isoformat(),
    }


def missing_builds(ctx: RunContext, days: Iterator[date], now: datetime) -> list[dict[str, Any]]:
    """Requests for the ready days whose present state has no build, or one that failed a while ago."""
    from clawback.run.ready import readiness

    requests = []
    for day in days:
        ready = readiness(ctx, day)
        if not ready.ready:
            ctx.progress(f"{day}: not ready, missing {', '.join(ready.missing)}")
            continue
        request = build_request(day.isoformat(), ready.inputs_hash)
        run = _find_run(request["trigger_run_id"])
        if run is None:
            ctx.progress(f"{day}: ready and never built")
            requests.append(request)
        elif run.state == "failed" and run.end_date is not None and now - run.end_date >= FAILED_REST:
            ctx.progress(f"{day}: {run.run_id} failed at {run.end_date.isoformat()}, cleared")
            requests.append(request)
    return requests


def _find_run(run_id: str) -> Any:
    # The task's public methods tell a run's state but not what it was triggered with.
    from airflow.sdk.execution_time import task_runner
    from airflow.sdk.execution_time.comms import GetDagRun
    from airflow.sdk.execution_time.task_runner import RuntimeTaskInstance

    if RuntimeTaskInstance.get_dr_count(BUILD_DAG, run_ids=[run_id]) == 0:
        return None
    return task_runner.SUPERVISOR_COMMS.send(GetDagRun(dag_id=BUILD_DAG, run_id=run_id))
