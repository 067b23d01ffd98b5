"""Look for days that are ready and were never built, or whose build failed, and have them built."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.trigger_dagrun import TriggerDagRunOperator
from airflow.sdk import dag, task

from clawback.stack.names import BUILD_DAG, WATCH_DAG

OWNER = "data-engineering"
WINDOW_DAYS = 14
DOC = """
## What
Asks every hour, for the last fourteen days, whether the day is ready but its present state was never built
(an optional source that did not come in time, a trigger that was lost), or was built by a run that failed six
hours ago or earlier. The first it triggers, the second it clears.

## Reads
Manifests under `raw/`, through the same readiness as the ingest DAGs; the runs of `build_day`.

## Writes
Nothing but runs of `build_day`.

## When it fails
Nothing is lost: the next hour asks again, and a build can be triggered by hand. A day that it clears again
and again has a fault that waits for a person: read the failed task of that run of `build_day`.

## Owner
data-engineering
"""


@dag(
    dag_id=WATCH_DAG,
    schedule="45 * * * *",
    catchup=False,
    max_active_runs=1,
    doc_md=DOC,
    tags=["layer:release", "tier:1", "watchdog"],
    default_args={
        "owner": OWNER,
        "retries": 1,
        "retry_delay": timedelta(minutes=1),
        "execution_timeout": timedelta(minutes=10),
    },
)
def watch_releases() -> None:
    """Wire the question to the trigger."""

    @task
    def find_days(now: str) -> list[dict[str, Any]]:
        from datetime import datetime

        from clawback.context import open_context
        from clawback.days import day_range
        from clawback.stack.trigger import missing_builds

        ctx, moment = open_context(), datetime.fromisoformat(now)
        newest = moment.date() - timedelta(days=1)
        last = min(newest, ctx.settings.last_day or newest)
        first = max(ctx.settings.first_day, last - timedelta(days=WINDOW_DAYS - 1))
        return missing_builds(ctx, day_range(first, last), moment)

    # reset_dag_run clears a run of that name, and is the same as a trigger when there is none.
    TriggerDagRunOperator.partial(
        task_id="build_again", trigger_dag_id=BUILD_DAG, reset_dag_run=True
    ).expand_kwargs(find_days("{{ dag_run.start_date.isoformat() }}"))


watch_releases()
