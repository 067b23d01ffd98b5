"""One measured figure, and whole processes measured from outside."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Figure:
    """One figure. `against` says what it is to be read against."""

    name: str
    value: float
    unit: str
    against: str

    def line(self) -> str:
        """The figure for a person."""
        return f"{self.name:<34} {self.value:>10.2f} {self.unit:<8} {self.against}"


@dataclass(frozen=True)
class Process:
    """A finished process: wall seconds, peak resident memory in MiB, what it printed."""

    seconds: float
    peak_mib: float
    said: str


def measure(words: list[str], cwd: Path, environment: Mapping[str, str]) -> Process:
    """Run a command and measure it.

    The peak is that of the largest single process of the command and of those that it waited for.

    Raises:
        RuntimeError: the command failed.
    """
    said, errors = cwd / "measured.out", cwd / "measured.err"
    started = time.monotonic()
    with said.open("wb") as out, errors.open("wb") as err:
        process = subprocess.Popen(words, cwd=cwd, env=dict(environment), stdout=out, stderr=err)
        _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise RuntimeError(f"{' '.join(words)} failed:\n{errors.read_text()[-4000:]}")
    return Process(seconds, usage.ru_maxrss / 1024, said.read_text())
