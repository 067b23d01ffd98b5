"""Start and stop the whole stack: database, schema, API server, scheduler, DAG processor."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path

import httpx
import psutil  # type: ignore[import-untyped]  # ships no types

from clawback.errors import ClawbackError
from clawback.stack import postgres
from clawback.stack.airflow import PREFERRED_PORT, WEB_USER, environment
from clawback.stack.layout import StackLayout, Started, State
from clawback.stack.processes import (
    HOST,
    choose_port,
    is_alive,
    is_postgres_of,
    of_stack,
    start,
    stop,
    tail,
    wait_for,
)

# The scheduler serves task logs on all interfaces unless told not to; the API server reads the files itself.
COMPONENTS: dict[str, list[str]] = {
    "api-server": ["api-server"],
    "dag-processor": ["dag-processor"],
    "scheduler": ["scheduler", "--skip-serve-logs"],
}
START_SECONDS = 180.0
STOP_SECONDS = 10.0


@dataclass(frozen=True)
class Running:
    """A stack that runs."""

    layout: StackLayout
    url: str
    user: str

    @property
    def password(self) -> str:
        """Password of the web user."""
        return self.layout.web_password(self.user)


def bring_up(layout: StackLayout, *, schedule: bool, progress: Callable[[str], None]) -> Running:
    """Start what does not run yet, and wait until all of it is healthy.

    Raises:
        ClawbackError: a part did not come up; what had been started is stopped again.
    """
    with layout.locked():
        layout.prepare()
        state = layout.read_state()
        if state.api_port and _all_alive(state):
            progress("the stack runs already")
            return _running(layout, state)
        _stop_all(layout, state)
        try:
            return _start_all(layout, state, schedule, progress)
        except BaseException:
            _stop_all(layout, layout.read_state())
            raise


def bring_down(layout: StackLayout, progress: Callable[[str], None]) -> int:
    """Stop every process of the stack, also those a killed parent left. Gives how many there were."""
    with layout.locked():
        stopped = _stop_all(layout, layout.read_state())
    progress(f"stack stopped, {stopped} processes ended" if stopped else "the stack was not running")
    return stopped


def health(layout: StackLayout) -> dict[str, str]:
    """For each part `running` or `stopped`, and for the API server's view `healthy` or what it says."""
    state = layout.read_state()
    parts = {name: "stopped" for name in ("postgres", *COMPONENTS)}
    for name, started in state.processes.items():
        parts[name] = "running" if is_alive(started) else "stopped"
    if parts["api-server"] == "running":
        for name, told in _monitor(state.api_port).items():
            if told != "healthy" and parts.get(name) == "running":
                parts[name] = f"running, {told}"
    return parts


def _start_all(layout: StackLayout, state: State, schedule: bool, progress: Callable[[str], None]) -> Running:
    began = time.monotonic()
    state = replace(
        state,
        api_port=choose_port(state.api_port or PREFERRED_PORT),
        postgres_port=choose_port(state.postgres_port),
        processes={},
    )
    env = environment(layout, state.api_port, state.postgres_port, schedule=schedule, outer=os.environ)
    progress("starting PostgreSQL")
    database = postgres.start_postgres(layout, state.postgres_port, env)
    state = _remember(layout, state, "postgres", database)
    # The API server imports for seconds before it asks the database anything: let it do so meanwhile.
    state = _start_component(layout, state, "api-server", env)
    wait_for(
        "PostgreSQL", lambda: postgres.is_ready(state.postgres_port), database, layout.log("postgres"), 60
    )
    state = _migrate(layout, state, env, progress)
    progress("starting Airflow: API server, DAG processor, scheduler")
    for name in ("dag-processor", "scheduler"):
        state = _start_component(layout, state, name, env)
    for name in COMPONENTS:
        healthy = _health_check(state.api_port, name)
        wait_for(name, healthy, state.processes[name], layout.log(name), START_SECONDS)
    progress(f"Airflow is up after {time.monotonic() - began:.0f} s")
    return _running(layout, state)


def _migrate(
    layout: StackLayout, state: State, env: Mapping[str, str], progress: Callable[[str], None]
) -> State:
    wanted = version("apache-airflow")
    if state.migrated_to == wanted:
        return state
    progress("preparing the metadata database")
    log = layout.log("migrate")
    with log.open("ab") as output:
        done = subprocess.run(
            [sys.executable, "-m", "clawback.stack.metadata"],
            env=dict(env),
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=300,
            check=False,
        )
    if done.returncode != 0:
        raise ClawbackError(
            "the metadata database could not be prepared",
            where=str(log),
            cause=tail(log),
            remedy="read the log; deleting var/stack starts afresh (run history is lost, the lake is not)",
        )
    state = replace(state, migrated_to=wanted)
    layout.write_state(state)
    return state


def _start_component(layout: StackLayout, state: State, name: str, env: Mapping[str, str]) -> State:
    command = [sys.executable, "-m", "airflow", *COMPONENTS[name]]
    started = start(command, env, layout.log(name), cwd=layout.airflow_home)
    return _remember(layout, state, name, started)


def _remember(layout: StackLayout, state: State, name: str, started: Started) -> State:
    state = state.with_process(name, started)
    layout.write_state(state)
    return state


def _stop_all(layout: StackLayout, state: State) -> int:
    root = layout.root
    before = of_stack(root)
    components = [started for name, started in state.processes.items() if name in COMPONENTS]
    stop([started for started in components if is_alive(started)], signal.SIGTERM, STOP_SECONDS)
    # Workers and tasks of a killed scheduler are nobody's children any more.
    stop([started for started in of_stack(root) if not _is_database(root, started)], signal.SIGTERM, 3.0)
    # Last, after its clients. SIGINT is PostgreSQL's fast shutdown: sessions are cut, the data is written.
    stop([started for started in of_stack(root) if _is_database(root, started)], signal.SIGINT, STOP_SECONDS)
    stop(of_stack(root), signal.SIGKILL, 5.0)
    if state.processes:
        layout.write_state(replace(state, processes={}))
    return len(before)


def _is_database(root: Path, started: Started) -> bool:
    try:
        return is_postgres_of(root, psutil.Process(started.pid))
    except psutil.NoSuchProcess:
        return False


def _all_alive(state: State) -> bool:
    return all(
        name in state.processes and is_alive(state.processes[name]) for name in ("postgres", *COMPONENTS)
    )


def _running(layout: StackLayout, state: State) -> Running:
    return Running(layout, f"http://{HOST}:{state.api_port}", WEB_USER)


def _health_check(port: int, name: str) -> Callable[[], bool]:
    part = {"api-server": "metadatabase", "dag-processor": "dag_processor"}.get(name, name)
    return lambda: _monitor(port).get(part) == "healthy"


def _monitor(port: int) -> dict[str, str]:
    try:
        answer = httpx.get(f"http://{HOST}:{port}/api/v2/monitor/health", timeout=5, trust_env=False)
        parts = answer.json() if answer.status_code == httpx.codes.OK else {}
        return {name: str(told.get("status")) for name, told in parts.items()}
    except (httpx.HTTPError, ValueError, AttributeError):
        return {}
