"""Lay out a day's tables and traces as the folder that the dbt project reads.

Layout:
    `<table>/dt=D/<file>` for what has one cut per day (transfers, prices, quarantine and the tracer's flows,
    holdings, totals), `<table>/<part>` for snapshots, and two small tables of our own: `days` (the chain of
    days) and `source_ranks` (the order of the settings). A table without rows is there too, typed.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from clawback.days import parse_day
from clawback.errors import ClawbackError
from clawback.hashing import file_sha256_hex
from clawback.lake import Lake
from clawback.lake.partition import Manifest, Part, read_manifest
from clawback.tracing.day_record import read_methods

if TYPE_CHECKING:
    import pyarrow as pa

_REMEDY: Final = "build the day again: `clawback run --from <day> --to <day>`"


@dataclass
class InputCounts:
    """Rows that the lake's manifests promise; the audit compares the marts with them."""

    days: list[str]
    rows: dict[str, int] = field(default_factory=dict)
    """By snapshot table."""
    rows_by_day: dict[str, dict[str, int]] = field(default_factory=dict)
    """By table with one cut per day, then by day."""

    def document(self) -> dict[str, Any]:
        """The counts as they stand in candidate.json."""
        return {"days": self.days, "rows": self.rows, "rows_by_day": self.rows_by_day}


def lay_out(
    lake: Lake, tables_key: str, trace_key: str, source_names: Sequence[str], folder: Path
) -> InputCounts:
    """Fill a folder with the inputs of a day and of all days before it.

    Args:
        lake: where the tables are.
        tables_key: key of the day's record.
        trace_key: key of the record of the day's traces.
        source_names: sources in rank order.
        folder: made anew; what was there is removed.

    Raises:
        ClawbackError: the trace covers other days than the record, or a file is not the one of its manifest.
    """
    from clawback.schemas import DAY_FLOWS, DAY_TABLES, HOLDINGS, QUARANTINE, SNAPSHOT_TABLES, TOTALS

    records = list(_records(lake, tables_key))[::-1]
    days = [record["day"] for record in records]
    traces = _traces_by_day(lake, trace_key, days)
    if folder.exists():
        shutil.rmtree(folder)
    counts = InputCounts(days)
    for name, schema in {**DAY_TABLES, "quarantine": QUARANTINE}.items():
        counts.rows_by_day[name] = {
            record["day"]: _place(
                lake, _table_parts(lake, record, name), schema, folder / name, record["day"]
            )
            for record in records
        }
    for name, schema in {"flows": DAY_FLOWS, "holdings": HOLDINGS, "totals": TOTALS}.items():
        counts.rows_by_day[name] = {
            day: _place(
                lake, [manifest.part(f"{name}.parquet") for manifest in of_day], schema, folder / name, day
            )
            for day, of_day in traces.items()
        }
    for name, schema in SNAPSHOT_TABLES.items():
        counts.rows[name] = _place(lake, _table_parts(lake, records[-1], name), schema, folder / name, None)
    write_days(folder, [parse_day(day) for day in days])
    write_source_ranks(folder, source_names)
    return counts


def write_days(folder: Path, days: Sequence[date]) -> None:
    """Write the chain of days."""
    import pyarrow as pa

    schema = pa.schema([pa.field("day", pa.date32(), nullable=False)])
    _write(folder / "days", [{"day": day} for day in days], schema)


def write_source_ranks(folder: Path, source_names: Sequence[str]) -> None:
    """Write the order of the sources: the first wins where two deliver the same row."""
    import pyarrow as pa

    schema = pa.schema(
        [pa.field("source", pa.string(), nullable=False), pa.field("source_rank", pa.int32(), nullable=False)]
    )
    rows = [{"source": name, "source_rank": rank} for rank, name in enumerate(source_names)]
    _write(folder / "source_ranks", rows, schema)


def _records(lake: Lake, key: str | None) -> Iterator[dict[str, Any]]:
    while key is not None:
        record = json.loads(lake.read(key))
        yield record
        key = record["previous"]


def _traces_by_day(lake: Lake, trace_key: str, days: Sequence[str]) -> dict[str, list[Manifest]]:
    """Manifests of all methods, by day; every method must have every day of the tables."""
    found: dict[str, list[Manifest]] = {day: [] for day in days}
    for method, newest in read_methods(lake, trace_key).items():
        chain = list(_chain(lake, newest))[::-1]
        traced = [manifest.meta["day"] for manifest in chain]
        if traced != days:
            raise ClawbackError(
                "the trace covers other days than the tables",
                where=newest,
                cause=f"tables from {days[0]} to {days[-1]}, {method} from {traced[0]} to {traced[-1]}",
                remedy=_REMEDY,
            )
        for manifest in chain:
            found[manifest.meta["day"]].append(manifest)
    return found


def _chain(lake: Lake, key: str | None) -> Iterator[Manifest]:
    while key is not None:
        manifest = read_manifest(lake, key)
        yield manifest
        key = manifest.meta["previous"]


def _table_parts(lake: Lake, record: dict[str, Any], name: str) -> list[Part]:
    table = record["tables"].get(name)
    return [] if table is None else list(read_manifest(lake, table["manifest"]).parts)


def _place(lake: Lake, parts: Sequence[Part], schema: pa.Schema, folder: Path, day: str | None) -> int:
    """Put the files of a table below its folder and return the rows that their manifest promises."""
    target = folder if day is None else folder / f"dt={day}"
    target.mkdir(parents=True, exist_ok=True)
    if not parts:
        _write(target, [], schema)
    for number, part in enumerate(parts):
        source = lake.local_path(part.key)
        if source.stat().st_size != part.bytes or file_sha256_hex(source) != part.sha256:
            raise ClawbackError(
                "the bytes in the lake are not those of the manifest",
                where=part.key,
                remedy="restore the object from a backup, or remove the partition so that it is made again",
            )
        _link(source, target / f"part-{number:04d}.parquet")
    return sum(part.rows or 0 for part in parts)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except OSError:
        # Another file system, or one without links.
        shutil.copyfile(source, target)


def _write(folder: Path, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    from clawback.parquet import rows_to_table, table_to_bytes

    folder.mkdir(parents=True, exist_ok=True)
    (folder / "part-0000.parquet").write_bytes(table_to_bytes(rows_to_table(rows, schema)))
