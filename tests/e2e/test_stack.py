"""One day through the real stack: scheduler, API server, DAG processor, PostgreSQL.

The tests of this module share one stack and run in the order in which they stand.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from clawback.resources import sample_dir
from clawback.stack.api import AirflowApi
from clawback.stack.layout import StackLayout
from clawback.stack.names import BUILD_DAG, WATCH_DAG, ingest_dag
from clawback.stack.processes import of_stack
from clawback.stack.supervisor import COMPONENTS, health

pytestmark = [pytest.mark.slow, pytest.mark.airflow, pytest.mark.timeout(900)]

DAY = "2020-09-25"
FIRST_BUILD = f"day__{DAY}"
STEPS = [
    "make_tables",
    "trace_day",
    "build_candidate",
    "audit_candidate",
    "publish_release",
    "deliver_release",
]
LISTEN = "0A"


def clawback(base: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AIRFLOW", "CLAWBACK"))}
    return subprocess.run(
        [str(Path(sys.executable).parent / "clawback"), *arguments],
        cwd=base,
        env=env,
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A warehouse of one day, with the sample's sources and its own copy of the prices."""
    folder = tmp_path_factory.mktemp("stack")
    settings = (sample_dir() / "clawback.toml").read_text(encoding="utf-8")
    settings = re.sub(r"^last_day = .*$", f"last_day = {DAY}", settings, flags=re.MULTILINE)
    settings = settings.replace("sample:prices/prices.csv", "prices.csv")
    (folder / "clawback.toml").write_text(settings, encoding="utf-8")
    shutil.copy(sample_dir() / "prices" / "prices.csv", folder / "prices.csv")
    yield folder
    clawback(folder, "stack", "down")


@pytest.fixture(scope="module")
def first_run(base: Path) -> subprocess.CompletedProcess[str]:
    return clawback(base, "stack", "run", "--from", DAY, "--to", DAY)


@pytest.fixture(scope="module")
def layout(base: Path, first_run: subprocess.CompletedProcess[str]) -> StackLayout:
    assert first_run.returncode == 0, first_run.stdout + first_run.stderr
    return StackLayout(base.resolve())


@pytest.fixture(scope="module")
def url(layout: StackLayout) -> str:
    return f"http://127.0.0.1:{layout.read_state().api_port}"


@pytest.fixture(scope="module")
def api(layout: StackLayout, url: str) -> Iterator[AirflowApi]:
    client = AirflowApi(url, "admin", layout.web_password("admin"))
    yield client
    client.close()


def wait(what: str, done: Callable[[], bool], seconds: float = 300) -> None:
    deadline = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < deadline, f"{what} did not happen within {seconds} s"
        time.sleep(0.5)


def run_state(api: AirflowApi, dag_id: str, run_id: str) -> str:
    return next((run["state"] for run in api.runs([dag_id]) if run["dag_run_id"] == run_id), "none")


def builds(api: AirflowApi) -> list[str]:
    return sorted(run["dag_run_id"] for run in api.runs([BUILD_DAG]))


def tasks_by_name(api: AirflowApi, dag_id: str, run_id: str) -> dict[str, dict[str, Any]]:
    return {task["task_id"]: task for task in api.tasks(dag_id, run_id)}


def fetch_again(api: AirflowApi, source: str, run_id: str) -> dict[str, dict[str, Any]]:
    assert api.trigger(ingest_dag(source), run_id, datetime.now(UTC), partition_key=DAY)
    wait(run_id, lambda: run_state(api, ingest_dag(source), run_id) in ("success", "failed"))
    return tasks_by_name(api, ingest_dag(source), run_id)


def test_a_day_goes_from_its_sources_to_a_release(
    base: Path, api: AirflowApi, first_run: subprocess.CompletedProcess[str]
) -> None:
    assert builds(api) == [FIRST_BUILD]
    tasks = tasks_by_name(api, BUILD_DAG, FIRST_BUILD)
    assert {name: task["state"] for name, task in tasks.items()} == dict.fromkeys(STEPS, "success")
    assert [name for name in tasks if name in STEPS] == STEPS
    assert json.loads((base / "var/lake/latest.json").read_text())["release"].startswith(DAY)
    assert f"{FIRST_BUILD} publish_release" in first_run.stdout
    assert not api.import_errors()


def test_every_part_says_that_it_is_healthy(layout: StackLayout) -> None:
    assert health(layout) == dict.fromkeys(("postgres", *COMPONENTS), "running")


def test_nothing_is_told_without_a_login(url: str) -> None:
    for path in ("/api/v2/dags", "/api/v2/dags/build_day/dagRuns", "/api/v2/variables", "/api/v2/pools"):
        assert httpx.get(url + path, trust_env=False).status_code == 401, path
    wrong = {"username": "admin", "password": "admin"}
    assert httpx.post(f"{url}/auth/token", json=wrong, trust_env=False).status_code == 401
    assert httpx.get(f"{url}/auth/token", trust_env=False).status_code == 403
    forged = {"Authorization": "Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9."}
    assert httpx.get(f"{url}/api/v2/dags", headers=forged, trust_env=False).status_code in (401, 403)


def test_the_database_needs_its_password(layout: StackLayout) -> None:
    import psycopg2

    port = layout.read_state().postgres_port
    with pytest.raises(psycopg2.OperationalError, match="password"):
        psycopg2.connect(f"host=127.0.0.1 port={port} user=airflow dbname=postgres password=wrong")


@pytest.mark.skipif(not Path("/proc/net/tcp").exists(), reason="needs /proc (Linux)")
def test_everything_listens_on_loopback_only(layout: StackLayout) -> None:
    family = {process.pid for process in of_stack(layout.root)}
    family |= {child.pid for pid in tuple(family) for child in psutil.Process(pid).children(recursive=True)}
    addresses = listening_addresses(family)
    ports = {port for _, port in addresses}
    state = layout.read_state()
    assert {state.api_port, state.postgres_port} <= ports
    assert {address for address, _ in addresses} == {"0100007F"}, addresses


def listening_addresses(pids: set[int]) -> set[tuple[str, int]]:
    sockets = set()
    for pid in pids:
        for descriptor in Path(f"/proc/{pid}/fd").iterdir():
            try:
                sockets.add(os.readlink(descriptor))
            except FileNotFoundError:
                continue
    found = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        if not Path(table).exists():
            continue
        for line in Path(table).read_text().splitlines()[1:]:
            columns = line.split()
            if columns[3] == LISTEN and f"socket:[{columns[9]}]" in sockets:
                address, port = columns[1].split(":")
                found.add((address, int(port, 16)))
    return found


@pytest.mark.parametrize("step", ["trace_day", "publish_release"])
def test_one_task_is_repeated_alone(api: AirflowApi, base: Path, step: str) -> None:
    before = tasks_by_name(api, BUILD_DAG, FIRST_BUILD)
    pointer = (base / "var/lake/latest.json").read_bytes()
    api.clear(BUILD_DAG, FIRST_BUILD, [step])
    wait(
        "the repeated task",
        lambda: (
            tasks_by_name(api, BUILD_DAG, FIRST_BUILD)[step]["try_number"] > before[step]["try_number"]
            and run_state(api, BUILD_DAG, FIRST_BUILD) == "success"
        ),
    )
    after = tasks_by_name(api, BUILD_DAG, FIRST_BUILD)
    assert after[step]["state"] == "success"
    assert after[step]["start_date"] > before[step]["start_date"]
    others = [name for name in STEPS if name != step]
    assert [after[name]["start_date"] for name in others] == [before[name]["start_date"] for name in others]
    assert (base / "var/lake/latest.json").read_bytes() == pointer


def test_second_trigger_of_a_name_is_skipped(api: AirflowApi) -> None:
    tasks = fetch_again(api, "sample_cases", "fetch_again")
    assert {name: task["state"] for name, task in tasks.items()} == {
        "land_raw": "success",
        "trigger_build": "skipped",
    }
    assert not api.trigger(BUILD_DAG, FIRST_BUILD, datetime.now(UTC), conf={"day": DAY})
    assert builds(api) == [FIRST_BUILD]


def test_the_watchdog_finds_a_day_whose_trigger_was_lost(api: AirflowApi, base: Path) -> None:
    pointer = (base / "var/lake/latest.json").read_bytes()
    assert api.trigger(WATCH_DAG, "watch_1", datetime.now(UTC))
    wait("a watch", lambda: run_state(api, WATCH_DAG, "watch_1") == "success")
    # All is built: nothing to do. The finding task must have run, or this says nothing.
    states = {task["task_id"]: task["state"] for task in api.tasks(WATCH_DAG, "watch_1")}
    assert states == {"find_days": "success", "build_again": "skipped"}

    api._check(api._http.delete(f"/api/v2/dags/{BUILD_DAG}/dagRuns/{FIRST_BUILD}"))
    assert api.trigger(WATCH_DAG, "watch_2", datetime.now(UTC))
    wait("the second watch", lambda: run_state(api, WATCH_DAG, "watch_2") == "success")
    wait("the new build", lambda: run_state(api, BUILD_DAG, FIRST_BUILD) in ("success", "failed"))
    assert run_state(api, BUILD_DAG, FIRST_BUILD) == "success"
    # The same bytes make the same release, so nothing was published again.
    assert (base / "var/lake/latest.json").read_bytes() == pointer


def test_a_correction_is_a_build_of_its_own_name(api: AirflowApi, base: Path) -> None:
    prices = base / "prices.csv"
    header, *rows = prices.read_text(encoding="utf-8").splitlines()
    place = next(index for index, row in enumerate(rows) if DAY in row)
    cells = rows[place].split(",")
    cells[header.split(",").index("close_usd")] += "1"
    rows[place] = ",".join(cells)
    prices.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    tasks = fetch_again(api, "sample_prices", "fetch_correction")
    assert tasks["trigger_build"]["state"] == "success"
    first, correction = builds(api)
    assert first == FIRST_BUILD
    assert re.fullmatch(rf"{FIRST_BUILD}__[0-9a-f]{{16}}", correction)


def test_down_leaves_no_process_even_after_a_kill(base: Path, layout: StackLayout) -> None:
    everything = [psutil.Process(process.pid) for process in of_stack(layout.root)]
    everything += [child for process in everything for child in process.children(recursive=True)]
    os.kill(layout.read_state().processes["scheduler"].pid, signal.SIGKILL)
    (layout.root / "state.json").unlink()
    stopped = clawback(base, "stack", "down")
    assert stopped.returncode == 0, stopped.stderr
    assert of_stack(layout.root) == []
    # Who was orphaned is reaped by the machine's first process, if that does so at all.
    left = [p for p in everything if p.is_running() and p.status() != psutil.STATUS_ZOMBIE]
    assert left == []
    assert not (layout.postgres / "data" / "postmaster.pid").exists(), "PostgreSQL was not shut down in order"
