"""Build, audit and publish one day; triggered by name as soon as the day is ready."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import Param, dag, task

from clawback.stack.names import BUILD_DAG

OWNER = "data-engineering"
DOC = """
## What
Makes one day: typed tables, the ledger of stolen units, the dbt build, the audit, the release, its
delivery. Earlier days that are missing are made first; a day older than the one that readers see is
recomputed through that one. Runs are named `day__<day>`, or
`day__<day>__<hash of inputs>` for a correction, and run one at a time, oldest day first.

## Reads
`raw/`, up to the day; the state that the day before left in `tables/_days/` and `trace/`.

## Writes
`tables/`, `trace/`, a candidate in the work folder, then `releases/`, `publications/`, `latest.json`,
`runs/`, `drops/` and mails. Each step leaves its manifest last and gives the next one a key; the pointer
moves at the end.

## When it fails
Readers see the last release until `publish_release` has ended, so there is time. Every task can be cleared
alone: it takes the keys of those before it and writes the same bytes again.
- `make_tables`, `trace_day`, `build_candidate`: the log says which file, row or model. Mend, clear the task.
- `audit_candidate`: not a fault of the run but a verdict. *blocked*: the log names check and rows; correct
  the source (the next ingest triggers a correction) or sign an override, then clear this task. *broken*: a
  check could not run; mend the suite, clear. It is never retried by itself.
- `publish_release`: clear it; a release that is already there is found, not made twice.
- `deliver_release`: the release stands; clear it, what was sent is not sent again.

## Owner
data-engineering
"""
DAY = "{{ params.day }}"
KNOWN = "{{ dag_run.start_date | ds }}"


@dag(
    dag_id=BUILD_DAG,
    schedule=None,
    catchup=False,
    max_active_runs=1,
    doc_md=DOC,
    tags=["layer:marts", "layer:release", "tier:1"],
    params={
        "day": Param(type="string", format="date", description="UTC day to build, YYYY-MM-DD"),
        "inputs": Param("", type="string", description="hash of the inputs that triggered this build"),
    },
    default_args={"owner": OWNER, "retries": 1, "retry_delay": timedelta(seconds=30)},
)
def build_day() -> None:
    """Wire the six steps."""

    @task(task_id="make_tables", execution_timeout=timedelta(minutes=30))
    def tables_step(day: str) -> str:
        from clawback.context import open_context
        from clawback.days import parse_day
        from clawback.run.pipeline import target_day
        from clawback.tables.step import make_tables

        ctx = open_context()
        return make_tables(ctx, target_day(ctx, parse_day(day)))

    @task(task_id="trace_day", execution_timeout=timedelta(hours=1))
    def trace_step(tables_key: str) -> str:
        from clawback.context import open_context
        from clawback.run.trace import trace_tables

        return trace_tables(open_context(), tables_key)

    @task(task_id="build_candidate", pool="duckdb_writer", execution_timeout=timedelta(hours=1))
    def build_step(tables_key: str, trace_key: str) -> str:
        from clawback.context import open_context
        from clawback.warehouse.step import build_candidate

        return build_candidate(open_context(), tables_key, trace_key)

    @task(task_id="audit_candidate", retries=0, execution_timeout=timedelta(minutes=30))
    def audit_step(candidate: str) -> str:
        from clawback.audit.step import audit_candidate
        from clawback.context import open_context

        return audit_candidate(open_context(), candidate)

    @task(task_id="publish_release", retries=0, execution_timeout=timedelta(minutes=30))
    def publish_step(candidate: str, known: str) -> str:
        from clawback.context import open_context
        from clawback.days import parse_day
        from clawback.release.step import publish_candidate

        return publish_candidate(open_context(), candidate, parse_day(known))

    @task(task_id="deliver_release", retries=2, execution_timeout=timedelta(minutes=15))
    def deliver_step(release_id: str) -> list[str]:
        from clawback.context import open_context
        from clawback.deliver.step import deliver_release

        return [str(sent) for sent in deliver_release(open_context(), release_id)]

    tables = tables_step(DAY)
    candidate = build_step(tables, trace_step(tables))
    release = publish_step(candidate, KNOWN)
    audit_step(candidate) >> release
    deliver_step(release)


build_day()
