"""What every account moved, day by day, in the lake: the openings of whatever taint reaches later.

Layout:
    nets/dt=D/<hash>/nets.arrow, then the manifest: the run that ends with that day (see `columnar.runs`). The
    hash covers the bytes of the transfers table and the hash of the day before, so a corrected day gives new
    nets from there on. `runs` in the manifest names the files that cover all days up to this one, oldest
    first. Nets know no incident and no method.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

from clawback.hashing import short_hash
from clawback.lake import Lake
from clawback.lake.partition import (
    MANIFEST_NAME,
    Manifest,
    manifest_key,
    put_file_part,
    read_manifest,
    write_manifest,
)
from clawback.tracing.columnar.holdings import holdings_of
from clawback.tracing.columnar.merging import add_run
from clawback.tracing.columnar.runs import batches_of
from clawback.tracing.columnar.transfers import columns_of
from clawback.tracing.day_inputs import DayInputs, read_inputs

if TYPE_CHECKING:
    import pyarrow as pa

NETS_VERSION: Final = "2"
"""Raised whenever the same transfers may give other sums, or other files of them."""

NETS: Final = "nets.arrow"


def nets_before(lake: Lake, tables_key: str | None) -> Manifest | None:
    """The nets up to the day before, made where they are not there.

    Args:
        lake: where the tables and the nets are.
        tables_key: key of the record of the last day that counts; none before the first.
    """
    waiting: list[tuple[str, dict[str, Any]]] = []
    found: Manifest | None = None
    while tables_key is not None and found is None:
        record = json.loads(lake.read(tables_key))
        found = _of_record(lake, record["day"], tables_key)
        if found is None:
            waiting.append((tables_key, record))
            tables_key = record["previous"]
    for key, record in reversed(waiting):
        inputs = read_inputs(lake, record)
        batches = partial(_batches_of_day, inputs)
        found = keep_nets(lake, key, record["day"], inputs.content()["transfers"], found, batches)
    return found


def keep_nets(
    lake: Lake,
    tables_key: str,
    day: str,
    transfers: list[str],
    previous: Manifest | None,
    batches: Callable[[], Iterator[pa.RecordBatch]],
) -> Manifest:
    """Writes the nets of a day and the runs that they complete, unless they are there.

    Args:
        lake: where they go.
        tables_key: key of the record of the day.
        day: YYYY-MM-DD.
        transfers: the sha256 of each file of the day's transfers.
        previous: nets of the day before.
        batches: gives the sums of the day as rows of a run.
    """
    before = None if previous is None else previous.key.split("/")[-2]
    prefix = (
        f"nets/dt={day}/{short_hash({'version': NETS_VERSION, 'previous': before, 'transfers': transfers})}"
    )
    key = manifest_key(prefix)
    if lake.exists(key):
        return read_manifest(lake, key)
    number = 1 + (0 if previous is None else previous.meta["number"])
    runs = [] if previous is None else list(previous.meta["runs"])
    with TemporaryDirectory(prefix="clawback-nets-") as folder:
        older = [lake.local_path(run) for run in runs]
        left, newest, rows = add_run(older, number, Path(folder) / NETS, batches())
        meta = {
            "version": NETS_VERSION,
            "day": day,
            "number": number,
            "previous": None if previous is None else previous.key,
            "tables_key": tables_key,
            "runs": [*runs[:left], f"{prefix}/{NETS}"],
        }
        part = put_file_part(lake, f"{prefix}/{NETS}", newest, rows)
    return read_manifest(lake, write_manifest(lake, prefix, [part], meta))


def runs_of(lake: Lake, nets: Manifest | None) -> list[Path]:
    """Files that cover all days up to that of some nets, oldest first."""
    return [] if nets is None else [lake.local_path(key) for key in nets.meta["runs"]]


def _of_record(lake: Lake, day: str, tables_key: str) -> Manifest | None:
    for key in lake.list(f"nets/dt={day}/"):
        if key.endswith(f"/{MANIFEST_NAME}"):
            manifest = read_manifest(lake, key)
            # Those of an older version are made anew.
            if (manifest.meta["tables_key"], manifest.meta.get("version")) == (tables_key, NETS_VERSION):
                return manifest
    return None


def _batches_of_day(inputs: DayInputs) -> Iterator[pa.RecordBatch]:
    columns = columns_of(inputs.transfers())
    return batches_of(columns, holdings_of(columns))
