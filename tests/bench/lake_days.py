"""Generated transfers as the tables of days in a lake, and as files for `clawback trace`."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from clawback.context import RunContext
from clawback.hashing import canonical_json, short_hash
from clawback.lake.local import LocalLake
from clawback.lake.partition import write_partition
from clawback.parquet import rows_to_table, table_to_bytes, table_to_rows, with_text
from clawback.schemas import INCIDENT_ROLES
from clawback.settings import Settings, SourceSettings, TracingSettings
from tests.bench.transfers import transfers_table

FIRST_DAY = date(2024, 1, 1)


def context_of(lake: Path, progress: Callable[[str], None]) -> RunContext:
    """What the trace step is given."""
    settings = Settings(
        first_day=FIRST_DAY,
        sources=[SourceSettings(name="labels", connector="label_files")],
        tracing=TracingSettings(methods=["fifo"]),
    )
    return RunContext(settings, LocalLake(lake), lambda: datetime(2024, 1, 1, tzinfo=UTC), lake, progress)


def make_day(file: Path, lake: Path, number: int, thefts: int) -> str:
    """Writes the tables of day `number`, from 1; gives the key of its record and of its transfers.

    The thefts are transfers of the first day.
    """
    store = LocalLake(lake)
    day = (FIRST_DAY + timedelta(days=number - 1)).isoformat()
    transfers = transfers_table(file)
    roles = lake / "roles.parquet"
    if number == 1:
        lake.mkdir(exist_ok=True)
        rows = [
            {"incident_id": f"K{place}", "chain": "ethereum", "address": address, "role": "theft_address",
             "tx_hash": tx_hash, "from_time": None, "to_time": None, "source_url": "https://example.org"}
            for place, (address, tx_hash) in enumerate(stolen(transfers, thefts))
        ]  # fmt: skip
        roles.write_bytes(table_to_bytes(rows_to_table(rows, INCIDENT_ROLES)))
    tables = {"transfers": table_to_bytes(transfers), "incident_roles": roles.read_bytes()}
    manifests = {}
    for name, data in tables.items():
        prefix = f"tables/{name}/dt={day}/0000000000000000"
        manifests[name] = write_partition(store, prefix, {"part-0000.parquet": data}, {})
    before = (FIRST_DAY + timedelta(days=number - 2)).isoformat()
    record = {
        "day": day,
        "previous": store.list(f"tables/_days/dt={before}/")[0] if number > 1 else None,
        "tables": {name: {"manifest": key, "rows": 0} for name, key in manifests.items()},
        "sources": {},
    }
    key = f"tables/_days/dt={day}/{short_hash(record)}.json"
    store.put(key, canonical_json(record))
    return f"{key} tables/transfers/dt={day}/0000000000000000/part-0000.parquet"


def write_file(file: Path, folder: Path, thefts: int) -> None:
    """Writes a generated file as one that `clawback trace` reads, and THEFTS.csv beside it."""
    transfers = transfers_table(file)
    pq.write_table(with_text(transfers), folder / file.name, compression="zstd", row_group_size=491_520)
    lines = [
        f"K{number},ethereum,{address},theft_address,{tx_hash}\n"
        for number, (address, tx_hash) in enumerate(stolen(transfers, thefts))
    ]
    (folder / "THEFTS.csv").write_text(
        "incident,chain,address,role,tx_hash\n" + "".join(lines), encoding="utf-8"
    )


def stolen(transfers: pa.Table, thefts: int) -> list[tuple[str, str]]:
    """Receiver and transaction of random transfers, always the same, among the first million."""
    rows = np.random.default_rng(thefts).choice(min(1_000_000, transfers.num_rows), thefts, replace=False)
    found = transfers.select(["to_address", "tx_hash"]).take(pa.array(np.sort(rows)))
    return [(row["to_address"], row["tx_hash"]) for row in table_to_rows(found)]
