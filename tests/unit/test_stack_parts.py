"""The parts of the stack that can be tried without starting it."""

from __future__ import annotations

import os
import signal
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clawback.errors import ClawbackError
from clawback.stack.airflow import environment
from clawback.stack.layout import StackLayout, Started, State
from clawback.stack.names import build_run, day_of_build
from clawback.stack.processes import MARK, choose_port, is_alive, of_stack, start, stop, tail, wait_for


@pytest.fixture
def layout(tmp_path: Path) -> StackLayout:
    made = StackLayout(tmp_path)
    made.prepare()
    return made


def test_first_state_of_a_day_has_the_plain_name() -> None:
    assert build_run("2020-09-25", "aa", None) == "day__2020-09-25"


def test_same_state_has_the_same_name_and_another_one_its_hash() -> None:
    assert build_run("2020-09-25", "aa", "aa") == "day__2020-09-25"
    assert build_run("2020-09-25", "bb", "aa") == "day__2020-09-25__bb"


@pytest.mark.parametrize(
    ("run_id", "day"),
    [
        ("day__2020-09-25", "2020-09-25"),
        ("day__2020-09-25__bb", "2020-09-25"),
        ("manual__2020-09-25", None),
        ("day", None),
    ],
)
def test_day_of_a_run(run_id: str, day: str | None) -> None:
    assert day_of_build(run_id) == day


def test_secrets_are_made_once_and_only_their_owner_reads_them(layout: StackLayout) -> None:
    first = layout.secret("jwt_secret")
    assert len(first) >= 32
    assert layout.secret("jwt_secret") == first
    assert layout.secret("other") != first
    layout.web_password("admin")
    files = list((layout.root / "secrets").iterdir())
    assert len(files) == 3
    assert {stat.S_IMODE(file.stat().st_mode) for file in files} == {0o600}
    assert stat.S_IMODE((layout.root / "secrets").stat().st_mode) == 0o700


def test_state_comes_back_as_it_was_written(layout: StackLayout) -> None:
    state = State(api_port=1, postgres_port=2, migrated_to="3").with_process("scheduler", Started(4, 5.5))
    layout.write_state(state)
    assert layout.read_state() == state


def test_broken_state_is_told(layout: StackLayout) -> None:
    (layout.root / "state.json").write_text('{"processes": 3')
    with pytest.raises(ClawbackError, match="state file"):
        layout.read_state()


def test_second_command_is_refused_at_once(layout: StackLayout) -> None:
    with layout.locked(), pytest.raises(ClawbackError, match="another command"), layout.locked():
        pytest.fail("two commands hold one stack")


def test_environment_is_closed(layout: StackLayout) -> None:
    outer = {"PATH": "/bin", "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS": "True", "LANG": "C"}
    env = environment(layout, 8081, 5433, schedule=False, outer=outer)
    assert env["AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_ALL_ADMINS"] == "False"
    assert env["AIRFLOW__API__HOST"] == "127.0.0.1"
    assert env["AIRFLOW__SCHEDULER__USE_JOB_SCHEDULE"] == "False"
    assert env["AIRFLOW__CORE__EXECUTION_API_SERVER_URL"] == "http://127.0.0.1:8081/execution/"
    assert "@127.0.0.1:5433/" in env["AIRFLOW__DATABASE__SQL_ALCHEMY_CONN"]
    assert env["LANG"] == "C"
    again = environment(layout, 8081, 5433, schedule=False, outer=outer)
    assert again == env, "every component must get the same keys"


def test_port_that_is_taken_is_not_chosen() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert choose_port(port) != port
    assert choose_port(port) == port


def test_leftovers_of_a_killed_parent_are_found_and_stopped(layout: StackLayout) -> None:
    child_code = "import time; time.sleep(60)"
    parent_code = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {child_code!r}]).wait()"
    env = {**os.environ, MARK: str(layout.root)}
    parent = start([sys.executable, "-c", parent_code], env, layout.log("parent"))
    bystander = subprocess.Popen([sys.executable, "-c", child_code], env={**os.environ, MARK: "/elsewhere"})
    try:
        deadline = time.monotonic() + 30
        while len(of_stack(layout.root)) < 2 and time.monotonic() < deadline:
            time.sleep(0.05)
        stop([parent], signal.SIGKILL, 5)
        orphans = of_stack(layout.root)
        assert len(orphans) == 1
        stop(orphans, signal.SIGTERM, 5)
        assert of_stack(layout.root) == []
        assert not is_alive(orphans[0])
        assert bystander.poll() is None
    finally:
        bystander.kill()
        bystander.wait()


def test_a_stubborn_process_is_killed(layout: StackLayout) -> None:
    deaf = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
    code = deaf + "print('up', flush=True); time.sleep(60)"
    started = start([sys.executable, "-c", code], dict(os.environ), layout.log("stubborn"))
    wait_for("it", lambda: "up" in tail(layout.log("stubborn")), started, layout.log("stubborn"), 60)
    stop([started], signal.SIGTERM, 0.5)
    assert not is_alive(started)


def test_a_part_that_ends_while_starting_is_told_with_its_log(layout: StackLayout) -> None:
    started = start(
        [sys.executable, "-c", "print('no more disk'); raise SystemExit(3)"], {}, layout.log("part")
    )
    with pytest.raises(ClawbackError, match="ended while starting") as told:
        wait_for("the part", lambda: False, started, layout.log("part"), 60)
    assert str(layout.log("part")) in str(told.value)
    assert "no more disk" in str(told.value)


def test_a_number_that_was_given_to_another_process_is_not_ours() -> None:
    assert not is_alive(Started(os.getpid(), 1.0))
