"""Run the dbt project as a process of its own and say what failed, on which rows.

Layout:
    The project folder is only read: target, logs and the parse cache lie below the warehouse's work folder.
    The paths given to dbt are the same in every run, for a changed one would throw its parse cache away.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from clawback.errors import ClawbackError

_ENVIRONMENT: Final = ("HOME", "LANG", "LC_ALL", "PATH", "PYTHONPATH", "TMPDIR", "TZ", "VIRTUAL_ENV")
"""What dbt gets of the caller's environment: no secret, and no stray DBT_ variable that changes its work."""

_SAMPLE_ROWS: Final = 5
_MAX_FAILURES: Final = 5
_FAILED: Final = frozenset({"error", "fail", "runtime error"})


@dataclass(frozen=True)
class DbtRoom:
    """The places of one dbt run."""

    project: Path
    inputs: Path
    database: Path
    work: Path
    held: int | None = None
    """Descriptor of the lock on this room: a dbt that outlives its killed parent makes the next one wait."""

    @property
    def target(self) -> Path:
        """Where dbt leaves its manifest and results."""
        return self.work / "target"

    @property
    def logs(self) -> Path:
        """Where dbt logs."""
        return self.work / "logs"


def build(room: DbtRoom, *, unit_tests: bool = False) -> list[dict[str, Any]]:
    """Build and test all models into a fresh database.

    Args:
        room: the places.
        unit_tests: also run dbt's unit tests, which check the project and not the data.

    Returns:
        Per node: unique_id, status, failures, message, seconds; ordered by unique_id.

    Raises:
        ClawbackError: a model could not be built or a test failed.
    """
    room.database.unlink(missing_ok=True)
    results_file = room.target / "run_results.json"
    results_file.unlink(missing_ok=True)
    command = ["build"] if unit_tests else ["build", "--exclude-resource-type", "unit_test"]
    finished = _run(room, *command)
    if not results_file.is_file():
        raise ClawbackError(
            "dbt could not start its work",
            where=str(room.project),
            cause=_tail(finished.stdout),
            remedy=f"see {room.logs / 'dbt.log'}",
        )
    raw = json.loads(results_file.read_bytes())["results"]
    if failed := [result for result in raw if result["status"] in _FAILED]:
        raise _explain(room, failed)
    if finished.returncode != 0:
        raise ClawbackError(
            f"dbt ended with {finished.returncode}", cause=_tail(finished.stdout), where=str(room.project)
        )
    return sorted((_outcome(result) for result in raw), key=lambda result: str(result["unique_id"]))


def read_dbt_manifest(room: DbtRoom) -> dict[str, Any]:
    """What dbt knows of the project: models, columns, descriptions."""
    manifest: dict[str, Any] = json.loads((room.target / "manifest.json").read_bytes())
    return manifest


def _run(room: DbtRoom, *arguments: str) -> subprocess.CompletedProcess[str]:
    for folder in (room.target, room.logs):
        folder.mkdir(parents=True, exist_ok=True)
    command = [
        # -P: dbt takes any importable module named dbt_* for a plugin, so the present folder stays out.
        sys.executable, "-P", "-m", "dbt.cli.main",
        "--no-version-check", "--no-send-anonymous-usage-stats", "--no-use-colors",
        "--log-level-file", "info",
        *arguments,
        "--project-dir", str(room.project), "--profiles-dir", str(room.project),
        "--target-path", str(room.target), "--log-path", str(room.logs),
    ]  # fmt: skip
    environment = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    environment |= {
        "CLAWBACK_INPUTS": str(room.inputs),
        "CLAWBACK_CANDIDATE": str(room.database),
        "DO_NOT_TRACK": "1",
        "PYTHONUNBUFFERED": "1",
    }
    return subprocess.run(  # noqa: S603 - our own interpreter and arguments
        command,
        env=environment,
        cwd=room.work,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        pass_fds=() if room.held is None else (room.held,),
        check=False,
    )


def _outcome(result: dict[str, Any]) -> dict[str, Any]:
    return {
        "unique_id": result["unique_id"],
        "status": result["status"],
        "failures": result["failures"],
        "message": result["message"],
        "seconds": f"{result['execution_time']:.3f}",
    }


def _explain(room: DbtRoom, failed: list[dict[str, Any]]) -> ClawbackError:
    lines = []
    for result in failed[:_MAX_FAILURES]:
        kind, _, name = result["unique_id"].partition(".")
        lines.append(f"{kind} {name.partition('.')[2]}: {' '.join(str(result['message']).split())}")
        if kind == "test" and result["status"] == "fail":
            lines.extend(f"  {row}" for row in _failing_rows(room.database, result["compiled_code"]))
    if len(failed) > _MAX_FAILURES:
        lines.append(f"and {len(failed) - _MAX_FAILURES} more")
    first = failed[0]["unique_id"].split(".")
    return ClawbackError(
        f"dbt's {first[0]} {first[2]} failed" + (f", and {len(failed) - 1} more" if len(failed) > 1 else ""),
        where=str(room.database),
        cause="\n          ".join(lines),
        remedy=f"the rows are in the database above; dbt's log is {room.logs / 'dbt.log'}",
    )


def _failing_rows(database: Path, sql: str) -> list[str]:
    """The first rows that a test found, as text."""
    import duckdb

    try:
        with duckdb.connect(str(database), read_only=True) as connection:
            found = connection.execute(f"select * from ({sql}) limit {_SAMPLE_ROWS}")  # noqa: S608 - compiled by dbt of our own project
            names = [column[0] for column in found.description or ()]
            return [
                ", ".join(f"{name}={value}" for name, value in zip(names, row, strict=True))[:500]
                for row in found.fetchall()
            ]
    except duckdb.Error as error:
        # The rows are a courtesy; that they cannot be read must not hide which test failed.
        return [f"(its rows could not be read: {error})"]


def _tail(text: str) -> str:
    return "\n          ".join(text.strip().splitlines()[-15:])
