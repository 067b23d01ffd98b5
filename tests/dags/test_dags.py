"""The DAG files: what Airflow finds in them, and what a person finds in Airflow."""

from __future__ import annotations

import ast
import itertools
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from clawback.settings import load_settings
from clawback.stack.airflow import POOLS

ROOT = Path(__file__).resolve().parent.parent.parent
SNAPSHOT = Path(__file__).with_name("graphs.json")
HEADINGS = ["What", "Reads", "Writes", "When it fails", "Owner"]
DAG_FILES = sorted((ROOT / "dags").glob("*.py"))
BUILD_STEPS = (
    "make_tables",
    "trace_day",
    "build_candidate",
    "audit_candidate",
    "publish_release",
    "deliver_release",
)
# A verdict and a publication are decided once; asking again would only hide the answer.
DECIDED_ONCE = {"audit_candidate", "publish_release"}


def parse(hash_seed: str, settings: Path | None = None) -> dict[str, Any]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "CLAWBACK"))}
    env["PYTHONHASHSEED"] = hash_seed
    if settings is not None:
        env["CLAWBACK_SETTINGS"] = str(settings)
    done = subprocess.run(
        [sys.executable, "-m", "tests.dags.parse_dags"],
        cwd=ROOT,
        env=env,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    report: dict[str, Any] = json.loads(done.stdout)
    return report


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    return parse("1")


@pytest.fixture(scope="module")
def graphs(report: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = report["graphs"]
    return found


def test_every_file_is_imported(report: dict[str, Any]) -> None:
    assert report["errors"] == {}


def test_exact_set_of_dags(graphs: dict[str, Any]) -> None:
    # The base folder of this run is the checkout, which has no settings of its own: the sample's are read.
    sources = [source.name for source in load_settings().enabled_sources]
    assert sources
    assert set(graphs) == {"build_day", "watch_releases", *(f"ingest_{name}" for name in sources)}


def test_a_source_that_is_switched_on_gets_its_dag(tmp_path: Path) -> None:
    settings = tmp_path / "clawback.toml"
    settings.write_text(
        "first_day = 2020-09-25\n"
        '[[sources]]\nname = "here"\nconnector = "price_files"\noptions = { path = "p.csv" }\n'
        '[[sources]]\nname = "gone"\nconnector = "price_files"\nenabled = false\n'
        'options = { path = "p.csv" }\n',
        encoding="utf-8",
    )
    assert set(parse("1", settings)["graphs"]) == {"build_day", "watch_releases", "ingest_here"}


def test_parsing_is_quick_and_loads_nothing_heavy(report: dict[str, Any]) -> None:
    assert report["heavy_before"] == []
    assert report["heavy"] == []
    assert report["seconds"] < 10


def test_serialising_twice_gives_the_same(report: dict[str, Any]) -> None:
    # Another process, another order of sets: a difference would make a new DAG version at every parse.
    assert parse("2")["serialised"] == report["serialised"]


def test_docs_help_at_night(graphs: dict[str, Any]) -> None:
    for dag_id, graph in graphs.items():
        assert re.findall(r"^## (.+)$", graph["doc_md"], re.MULTILINE) == HEADINGS, dag_id
        when_it_fails = graph["doc_md"].split("## When it fails")[1].split("## Owner")[0]
        assert len(when_it_fails.split()) > 20, dag_id


def test_build_doc_speaks_of_every_step(graphs: dict[str, Any]) -> None:
    when_it_fails = graphs["build_day"]["doc_md"].split("## When it fails")[1]
    for step in BUILD_STEPS:
        assert f"`{step}`" in when_it_fails, step


def test_every_dag_has_tags_and_runs_one_at_a_time(graphs: dict[str, Any]) -> None:
    for dag_id, graph in graphs.items():
        assert graph["tags"], dag_id
        assert graph["max_active_runs"] == 1, dag_id
        assert graph["catchup"] is False, dag_id


def test_every_task_has_a_limit_an_owner_and_a_known_pool(graphs: dict[str, Any]) -> None:
    for dag_id, graph in graphs.items():
        for task_id, task in graph["tasks"].items():
            assert task["timeout_seconds"], (dag_id, task_id)
            assert task["owner"] not in ("", "airflow"), (dag_id, task_id)
            assert task["pool"] in {"default_pool", *POOLS}, (dag_id, task_id)


def test_retries(graphs: dict[str, Any]) -> None:
    for dag_id, graph in graphs.items():
        for task_id, task in graph["tasks"].items():
            if task_id in DECIDED_ONCE:
                assert task["retries"] == 0, (dag_id, task_id)
            else:
                assert 1 <= task["retries"] <= 3, (dag_id, task_id)


def test_the_writer_has_one_slot(graphs: dict[str, Any]) -> None:
    assert POOLS["duckdb_writer"][0] == 1
    users = {
        (dag_id, task_id)
        for dag_id, graph in graphs.items()
        for task_id, task in graph["tasks"].items()
        if task["pool"] == "duckdb_writer"
    }
    assert users == {("build_day", "build_candidate")}


def test_steps_of_a_build_come_one_after_the_other(graphs: dict[str, Any]) -> None:
    tasks = graphs["build_day"]["tasks"]
    for step, following in itertools.pairwise(BUILD_STEPS):
        assert following in tasks[step]["downstream"], step


def test_graphs_are_as_agreed(graphs: dict[str, Any]) -> None:
    """Renew after a change that is meant: python -m tests.dags.parse_dags --snapshot."""
    shapes = {dag_id: {**graph, "doc_md": None} for dag_id, graph in graphs.items()}
    assert shapes == json.loads(SNAPSHOT.read_text(encoding="utf-8"))


@pytest.mark.parametrize("path", DAG_FILES, ids=lambda path: path.name)
def test_file_is_wiring_only(path: Path) -> None:
    source = path.read_text(encoding="utf-8")
    tree = ast.parse(source)
    assert 40 <= len(source.splitlines()) <= 120
    assert not path.name.startswith("dbt_"), "dbt imports modules of that name as plugins"
    assert not any(isinstance(node, ast.Lambda | ast.Set | ast.SetComp) for node in ast.walk(tree))
    top = [node for node in tree.body if isinstance(node, ast.Import | ast.ImportFrom)]
    names = {(node.module or "") if isinstance(node, ast.ImportFrom) else node.names[0].name for node in top}
    allowed = ("__future__", "datetime", "typing", "airflow.sdk", "airflow.providers.standard", "clawback")
    assert all(name.startswith(allowed) for name in names), names
    called = {ast.unparse(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    assert not called & {"datetime.now", "datetime.utcnow", "Variable.get", "open"}
