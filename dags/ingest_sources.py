"""Make one ingest DAG per enabled source of the settings: fetch a day, then ask whether it can be built."""

from __future__ import annotations

from datetime import timedelta

from airflow.sdk import DAG, CronPartitionTimetable, dag, task

from clawback.days import DAY_FORMAT
from clawback.settings import SourceSettings, load_settings
from clawback.stack.names import ingest_dag
from clawback.stack.trigger import TriggerBuild

OWNER = "data-engineering"
DOC = """
## What
Fetches one day of the source `{source}` (connector `{connector}`, {need}) into the raw lake, bytes before
parsing. Then asks whether the day has all it needs and, if so, triggers its build by name.

## Reads
The source, as `sources` in the settings describes it; nothing of the warehouse.

## Writes
`raw/{source}/<table>/dt=<day>/known=<day of the run>/`, manifest last. Bytes equal to the newest ones add
nothing. Triggers `build_day` as `day__<day>`, or `day__<day>__<hash>` when what is known about a built day
has changed; a name that was triggered before is skipped.

## When it fails
- `land_raw`: nothing is visible in the lake until its manifest is written, so clear it and it starts again.
  The log names file, row, cause and remedy. It is tried three times. The other sources go on meanwhile.
- `trigger_build` skipped: the log names the sources that are missing, or the build was triggered before.
- A source that fetches what case files name first fetches the days again that it searched for other thefts.
  Each is kept when it is there: where many of them take longer than an hour, the next try goes on.
- A day that was missed: trigger this DAG by hand with that day as the partition key.

## Owner
{owner}
"""


def make_ingest(source: SourceSettings) -> DAG:
    """The DAG of one source."""

    @dag(
        dag_id=ingest_dag(source.name),
        schedule=CronPartitionTimetable("15 2 * * *", timezone="UTC", run_offset=-1, key_format=DAY_FORMAT),
        catchup=False,
        max_active_runs=1,  # one day after the other: builds are then triggered in day order
        doc_md=DOC.format(
            source=source.name,
            connector=source.connector,
            need="required" if source.required else f"optional, waited for until {source.wait_until} UTC",
            owner=OWNER,
        ),
        tags=["layer:raw", f"connector:{source.connector}", "tier:1" if source.required else "tier:2"],
        default_args={"owner": OWNER, "execution_timeout": timedelta(minutes=5)},
    )
    def ingest() -> None:
        @task(
            pool="source_fetch",
            retries=2,
            retry_delay=timedelta(seconds=30),
            retry_exponential_backoff=2,
            execution_timeout=timedelta(hours=1),
        )
        def land_raw(source_name: str, day: str, known: str) -> str:
            from clawback.context import open_context
            from clawback.days import parse_day
            from clawback.run.ingest import ingest_source

            return ingest_source(open_context(), source_name, parse_day(day), parse_day(known), catch_up=True)

        # `known` is the day on which this run started, so a run that is cleared later knows its new day.
        landed = land_raw(source.name, "{{ partition_key }}", "{{ dag_run.start_date | ds }}")
        landed >> TriggerBuild(task_id="trigger_build", day="{{ partition_key }}", retries=2)

    return ingest()


for enabled in load_settings().enabled_sources:
    globals()[ingest_dag(enabled.name)] = make_ingest(enabled)
