"""Find, in the lake, what a candidate was made of; independent of how the build finds it.

The day's record names that of the day before, a trace names the trace of the day before under the same
method: the audit walks these chains itself, so that a build which forgets a day or a method is seen.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

from clawback.days import parse_day
from clawback.errors import ClawbackError
from clawback.hashing import file_sha256_hex
from clawback.lake import Lake
from clawback.lake.partition import Part, read_manifest
from clawback.release.candidate import Candidate
from clawback.tracing.day_record import read_methods

DAY_TABLES: Final = ("transfers", "chain_events", "balances", "documents")
SNAPSHOT_TABLES: Final = (
    "document_versions",
    "claims",
    "claim_matches",
    "sentences_for_review",
    "incidents",
    "incident_links",
    "recoveries",
)
TRACE_TABLES: Final = ("flows", "totals")


@dataclass(frozen=True)
class InputFile:
    """One Parquet file of the lake that went into a candidate."""

    table: str
    day: date
    path: Path
    declared_rows: int


@dataclass(frozen=True)
class Inputs:
    """Everything of the lake that the audit compares a candidate with."""

    days: tuple[date, ...]
    traces: Mapping[str, Mapping[date, str]]
    """Method -> day -> key of the manifest of its trace, oldest day first."""
    files: tuple[InputFile, ...]


def find_inputs(lake: Lake, candidate: Candidate) -> Inputs:
    """Walk the chains of the candidate's tables and trace back to their first day.

    Raises:
        ClawbackError: a record or file is missing, or a file is not the one that its manifest names.
    """
    days: list[date] = []
    files: list[InputFile] = []
    key: str | None = candidate.tables_key
    while key is not None:
        record = json.loads(lake.read(key))
        day = parse_day(record["day"], where=key)
        _require_earlier(day, days, key)
        for table in DAY_TABLES if days else (*DAY_TABLES, *SNAPSHOT_TABLES):
            # A source that is not enabled leaves its table out; comparing with nothing is then right.
            if table in record["tables"]:
                files += _parts(lake, table, day, record["tables"][table]["manifest"])
        days.append(day)
        key = record["previous"]
    traces = find_traces(lake, candidate.trace_key)
    for chain in traces.values():
        for day, key in reversed(chain.items()):
            manifest = read_manifest(lake, key)
            files += [_file(lake, table, day, manifest.part(f"{table}.parquet")) for table in TRACE_TABLES]
    return Inputs(tuple(days[::-1]), traces, tuple(files))


def find_traces(lake: Lake, trace_key: str) -> dict[str, dict[date, str]]:
    """Walks the chains of traces back: method -> day -> key of its manifest, oldest day first.

    Raises:
        ClawbackError: a record or manifest is missing, or a chain does not go back in time.
    """
    traces: dict[str, dict[date, str]] = {}
    for method, newest in read_methods(lake, trace_key).items():
        days: list[date] = []
        keys: list[str] = []
        key: str | None = newest
        while key is not None:
            meta = read_manifest(lake, key).meta
            day = parse_day(meta["day"], where=key)
            _require_earlier(day, days, key)
            days.append(day)
            keys.append(key)
            key = meta["previous"]
        traces[method] = dict(zip(days[::-1], keys[::-1], strict=True))
    return traces


def _require_earlier(day: date, later: list[date], key: str) -> None:
    # Also ends a chain that bites its own tail.
    if later and day >= later[-1]:
        raise ClawbackError("a chain of days does not go back in time", where=key)


def _parts(lake: Lake, table: str, day: date, manifest_key: str) -> Iterator[InputFile]:
    for part in read_manifest(lake, manifest_key).parts:
        yield _file(lake, table, day, part)


def _file(lake: Lake, table: str, day: date, part: Part) -> InputFile:
    path = lake.local_path(part.key)
    found = file_sha256_hex(path)
    if found != part.sha256:
        raise ClawbackError(
            "the bytes in the lake are not those of the manifest",
            where=part.key,
            cause=f"expected sha256 {part.sha256}, found {found}",
            remedy="restore the object from a backup, or remove the partition so that it is made again",
        )
    if part.rows is None:
        raise ClawbackError("the manifest does not say how many rows a table has", where=part.key)
    return InputFile(table, day, path, part.rows)
