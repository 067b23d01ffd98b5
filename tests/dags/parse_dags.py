"""Parse the DAG files as Airflow would, in a process of its own, and print what was found as JSON.

`python -m tests.dags.parse_dags --snapshot` renews graphs.json after a change that is meant.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

DAGS = Path(__file__).resolve().parent.parent.parent / "dags"
HEAVY = ("boto3", "dbt", "duckdb", "great_expectations", "numba", "numpy", "pandas", "pyarrow")


def main() -> None:
    """Print the report, or renew the snapshot."""
    with tempfile.TemporaryDirectory() as home, contextlib.redirect_stdout(sys.stderr):
        # Airflow reads these once, when it is imported.
        os.environ["AIRFLOW_HOME"] = home
        os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
        os.environ["AIRFLOW__CORE__DAGS_FOLDER"] = str(DAGS)
        report = parse()
    if "--snapshot" in sys.argv:
        shapes = {dag_id: {**graph, "doc_md": None} for dag_id, graph in report["graphs"].items()}
        text = json.dumps(shapes, indent=1, sort_keys=True) + "\n"
        Path(__file__).with_name("graphs.json").write_text(text, encoding="utf-8")
        return
    json.dump(report, sys.stdout)


def parse() -> dict[str, Any]:
    """Everything that the tests look at."""
    from airflow.dag_processing.dagbag import BundleDagBag
    from airflow.serialization.serialized_objects import DagSerialization

    before = set(sys.modules)
    began = time.perf_counter()
    bag = BundleDagBag(dag_folder=str(DAGS), bundle_path=DAGS, bundle_name="dags-folder")
    seconds = time.perf_counter() - began
    heavy = sorted(name for name in HEAVY if name in sys.modules and name not in before)
    return {
        "seconds": seconds,
        "heavy": heavy,
        "heavy_before": sorted(name for name in HEAVY if name in before),
        "errors": {Path(file).name: text for file, text in bag.import_errors.items()},
        "graphs": {dag_id: _graph(dag) for dag_id, dag in sorted(bag.dags.items())},
        "serialised": {dag_id: DagSerialization.to_dict(dag) for dag_id, dag in sorted(bag.dags.items())},
    }


def _graph(dag: Any) -> dict[str, Any]:
    return {
        "doc_md": dag.doc_md,
        "tags": sorted(dag.tags),
        "max_active_runs": dag.max_active_runs,
        "catchup": dag.catchup,
        "schedule": type(dag.timetable).__name__,
        "tasks": {
            task.task_id: {
                "downstream": sorted(task.downstream_task_ids),
                "pool": task.pool,
                "retries": task.retries,
                "timeout_seconds": task.execution_timeout and task.execution_timeout.total_seconds(),
                "trigger_rule": str(task.trigger_rule),
                "owner": task.owner,
            }
            for task in sorted(dag.tasks, key=lambda task: str(task.task_id))
        },
    }


if __name__ == "__main__":
    main()
