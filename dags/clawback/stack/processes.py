"""Start, find and stop the processes of one stack.

Every process inherits `CLAWBACK_STACK=<stack folder>` in its environment. So leftovers are found by that mark
even when their parent was killed and the state file is gone, and nothing else can be hit by mistake.
PostgreSQL overwrites its environment with its title; it is known by the data folder in its command line.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import psutil  # type: ignore[import-untyped]  # ships no types

from clawback.errors import ClawbackError
from clawback.stack.layout import Started

MARK = "CLAWBACK_STACK"
HOST = "127.0.0.1"
POLL_SECONDS = 0.1


def start(
    command: Sequence[str],
    env: Mapping[str, str],
    log: Path,
    *,
    user: str | None = None,
    cwd: Path | None = None,
) -> Started:
    """Start a process of its own session that outlives this command; its output goes to the log."""
    with log.open("ab") as output:
        child = subprocess.Popen(  # noqa: S603  # the command is made by this package
            list(command),
            env=dict(env),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            user=user,
            group=user,
            extra_groups=[] if user else None,
            cwd=cwd,
        )
    return Started(child.pid, psutil.Process(child.pid).create_time())


def is_alive(started: Started) -> bool:
    """Whether this very process still runs."""
    try:
        process = psutil.Process(started.pid)
        same = abs(process.create_time() - started.created) < 1.0
        return bool(same and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


def of_stack(root: Path) -> list[Started]:
    """Every living process that carries the mark of this stack, except this one and its parents."""
    mine = {os.getpid(), *(parent.pid for parent in psutil.Process().parents())}
    found = []
    for process in psutil.process_iter():
        try:
            if process.pid in mine or process.status() == psutil.STATUS_ZOMBIE:
                continue
            marked = process.environ().get(MARK) == str(root)
            if marked or is_postgres_of(root, process):
                found.append(Started(process.pid, process.create_time()))
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


def is_postgres_of(root: Path, process: psutil.Process) -> bool:
    """Whether the process is the database server of this stack (its own children end with it)."""
    return process.name() == "postgres" and str(root / "postgres" / "data") in process.cmdline()


def stop(processes: Sequence[Started], first: signal.Signals, grace_seconds: float) -> None:
    """Ask processes to end, wait, and kill those that did not."""
    for how, seconds in ((first, grace_seconds), (signal.SIGKILL, 10.0)):
        living = [process for process in processes if is_alive(process)]
        for process in living:
            try:
                os.kill(process.pid, how)
            except ProcessLookupError:
                continue
        deadline = time.monotonic() + seconds
        while any(is_alive(process) for process in living) and time.monotonic() < deadline:
            _reap(living)
            time.sleep(POLL_SECONDS)
        _reap(living)


def wait_for(
    what: str, ready: Callable[[], bool], watched: Started | None, log: Path, seconds: float
) -> None:
    """Wait until something is ready.

    Raises:
        ClawbackError: its process ended, or the time is over; names the log and shows its last lines.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        ended = watched is not None and not is_alive(watched)
        if ended or time.monotonic() > deadline:
            raise ClawbackError(
                f"{what} {'ended while starting' if ended else f'was not ready after {seconds:.0f} seconds'}",
                where=str(log),
                cause=tail(log),
                remedy="read the log; `clawback stack down` stops what is left",
            )
        time.sleep(POLL_SECONDS)


def tail(log: Path, lines: int = 15) -> str:
    """The last lines of a log."""
    if not log.exists():
        return "(no log)"
    with log.open("rb") as file:
        file.seek(0, os.SEEK_END)
        file.seek(max(0, file.tell() - 64 * 1024))
        text = file.read().decode("utf-8", errors="replace")
    return "\n".join(text.splitlines()[-lines:])


def choose_port(preferred: int) -> int:
    """A free loopback port: the preferred one if nobody has it."""
    for port in (preferred, 0):
        with socket.socket() as probe:
            # Without this a port that was in use a moment ago would count as taken for a minute.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            chosen: int = probe.getsockname()[1]
            return chosen
    raise ClawbackError("no free port on 127.0.0.1", remedy="stop other servers on this machine")


def _reap(processes: Sequence[Started]) -> None:
    # Children of this very process stay zombies until somebody asks for their exit code.
    for process in processes:
        try:
            os.waitpid(process.pid, os.WNOHANG)
        except ChildProcessError:
            continue
