"""The build step: tables and trace of a day become a candidate, complete or not there at all.

Layout:
    `<work_dir>/warehouse/` is dbt's bench: the laid-out inputs, its parse cache, the database in the making.
    One process at a time works there, under a file lock. `<work_dir>/candidates/<day>-<hash of inputs>/`
    appears by one rename when everything is in it.
"""

from __future__ import annotations

import os
import shutil
from importlib.metadata import version
from pathlib import Path
from time import monotonic
from typing import Final

from clawback.context import RunContext
from clawback.errors import ClawbackError
from clawback.hashing import file_sha256_hex, readable_json, short_hash
from clawback.locks import alone
from clawback.release.candidate import read_candidate
from clawback.release.names import marts_hash, release_id
from clawback.release.runs import failure_recorded
from clawback.resources import dbt_project_dir
from clawback.warehouse.dbt import DbtRoom, build, read_dbt_manifest
from clawback.warehouse.export import Exported, assemble, export_marts, marts_of
from clawback.warehouse.inputs import InputCounts, lay_out

CODE_VERSION: Final = 1
"""Raised whenever this room makes another candidate of the same inputs."""

CANDIDATE_FILE: Final = "candidate.json"
_BUILDING: Final = ".building-"
_PROJECT_FILES: Final = frozenset({".sql", ".yml", ".csv"})


def build_candidate(ctx: RunContext, tables_key: str, trace_key: str) -> str:
    """Build the marts of a day as a candidate for a release; an equal candidate is used again.

    Args:
        ctx: settings, lake, work folder and progress.
        tables_key: key of the day's record.
        trace_key: key of the record of the day's traces.

    Returns:
        Name of the folder under `<work_dir>/candidates/`.

    Raises:
        ClawbackError: an input is not whole, a model could not be built, or a dbt test failed.
    """
    project = dbt_project_dir()
    day = _day_of(tables_key)
    ranks = [source.name for source in ctx.settings.enabled_sources]
    identity = [CODE_VERSION, version("duckdb"), project_hash(project), tables_key, trace_key, ranks]
    name = f"{day}-{short_hash(identity)}"
    candidates = ctx.work_dir.absolute() / "candidates"
    if _is_whole(ctx, name):
        ctx.progress(f"build {day}: {name} is there already")
        return name
    bench = ctx.work_dir.absolute() / "warehouse"
    with alone(bench / "lock") as held, failure_recorded(ctx.lake, ctx.clock, "build", day):
        if _is_whole(ctx, name):
            return name
        _clear(candidates, name)
        started = monotonic()
        room = DbtRoom(project, bench / "inputs", bench / "build.duckdb", bench, held)
        counts = lay_out(ctx.lake, tables_key, trace_key, ranks, room.inputs)
        results = build(room)
        folder = candidates / f"{_BUILDING}{name}"
        folder.mkdir(parents=True)
        marts = marts_of(read_dbt_manifest(room))
        exported = export_marts(room.database, marts, folder / "marts")
        hashes = {mart: told.sha256 for mart, told in exported.items()}
        release = release_id(day, hashes)
        assemble(folder / "marts", marts, release, folder / "clawback.duckdb")
        os.replace(room.database, folder / "candidate.duckdb")
        (folder / "dbt").mkdir()
        (folder / "dbt" / "run_results.json").write_bytes(readable_json({"results": results}))
        document = _document(day, tables_key, trace_key, exported, counts)
        (folder / CANDIDATE_FILE).write_bytes(readable_json(document))
        folder.rename(candidates / name)
    rows = sum(told.rows for told in exported.values())
    ctx.progress(
        f"build {day}: {len(exported)} marts, {rows:,} rows, {len(results)} dbt nodes, "
        f"{monotonic() - started:.1f} s, release {release}"
    )
    return name


def project_hash(project: Path) -> str:
    """Hash of all that the dbt project is made of."""
    files = sorted(
        path
        for path in project.rglob("*")
        if path.suffix in _PROJECT_FILES
        and path.is_file()
        # What a dbt run by hand leaves in a checkout.
        and path.relative_to(project).parts[0] not in ("target", "logs")
    )
    return short_hash({path.relative_to(project).as_posix(): file_sha256_hex(path) for path in files})


def _document(
    day: str, tables_key: str, trace_key: str, exported: dict[str, Exported], counts: InputCounts
) -> dict[str, object]:
    hashes = {mart: told.sha256 for mart, told in exported.items()}
    return {
        "day": day,
        "tables_key": tables_key,
        "trace_key": trace_key,
        "marts_hash": marts_hash(hashes),
        "release_id": release_id(day, hashes),
        "marts": {
            mart: {"rows": told.rows, "sha256": told.sha256, "key": list(told.key)}
            for mart, told in exported.items()
        },
        "expected": counts.document(),
    }


def _day_of(tables_key: str) -> str:
    for segment in tables_key.split("/"):
        if segment.startswith("dt="):
            return segment.removeprefix("dt=")
    raise ClawbackError("this is no key of a day's record", where=tables_key)


def _is_whole(ctx: RunContext, name: str) -> bool:
    if not (ctx.work_dir / "candidates" / name / CANDIDATE_FILE).is_file():
        return False
    try:
        read_candidate(ctx.work_dir, name)
    except ClawbackError as error:
        # Every later step would refuse it and ask for a build, which has to be one then.
        ctx.progress(f"build: {name} is damaged and made again: {error.problem}")
        return False
    return True


def _clear(candidates: Path, name: str) -> None:
    """Remove what an interrupted build left, and a candidate of this name that is not complete."""
    for path in candidates.glob(f"{_BUILDING}*"):
        shutil.rmtree(path)
    if (candidates / name).exists():
        shutil.rmtree(candidates / name)
