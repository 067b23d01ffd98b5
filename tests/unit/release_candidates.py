"""Small candidates as the build would leave them, already audited: what the release room starts from."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb
import pyarrow as pa

from clawback.context import RunContext
from clawback.hashing import canonical_json, file_sha256_hex
from clawback.lake import Lake
from clawback.lake.local import LocalLake
from clawback.parquet import table_to_bytes
from clawback.release.names import marts_hash, release_id
from clawback.release.read import baseline
from clawback.settings import Settings

STATUS = pa.schema([("incident_id", pa.string()), ("day", pa.date32()), ("held_usd", pa.decimal128(38, 2))])
INCIDENTS = pa.schema([("incident_id", pa.string()), ("title", pa.string())])
KEYS = {"rpt_recovery_status_daily": ["incident_id", "day"], "dim_incidents": ["incident_id"]}
D1, D2, D3 = date(2020, 9, 26), date(2020, 9, 27), date(2020, 9, 28)


def page(folder: Path) -> bytes:
    return b"<html>" + (folder / "candidate.json").read_bytes() + b"</html>"


class Killed(BaseException):
    """The process is gone: nothing may catch this and tidy up."""


@dataclass
class MortalLake:
    """A lake whose process dies after so many writes: before (or right after) the next one takes place."""

    inner: LocalLake
    writes_left: int
    after_the_write: bool = False
    writes: int = field(default=0, init=False)

    @property
    def url(self) -> str:
        return self.inner.url

    def read(self, key: str) -> bytes:
        return self.inner.read(key)

    def exists(self, key: str) -> bool:
        return self.inner.exists(key)

    def list(self, prefix: str) -> list[str]:
        return self.inner.list(prefix)

    def read_versioned(self, key: str) -> tuple[bytes, str] | None:
        return self.inner.read_versioned(key)

    def local_path(self, key: str) -> Path:
        return self.inner.local_path(key)

    def put(self, key: str, data: bytes) -> None:
        self._live(lambda: self.inner.put(key, data))

    def put_file(self, key: str, path: Path) -> None:
        self._live(lambda: self.inner.put_file(key, path))

    def create(self, key: str, data: bytes) -> bool:
        return self._live(lambda: self.inner.create(key, data))

    def replace(self, key: str, data: bytes, version: str | None) -> bool:
        return self._live(lambda: self.inner.replace(key, data, version))

    def _live(self, write):
        if self.writes_left == self.writes and not self.after_the_write:
            raise Killed
        outcome = write()
        if self.writes_left == self.writes:
            raise Killed
        self.writes += 1
        return outcome


def context(root: Path, lake: Lake | None = None) -> RunContext:
    ticks = iter(range(10**6))
    return RunContext(
        settings=Settings(first_day=D1),
        lake=lake or LocalLake(root / "lake"),
        clock=lambda: datetime(2026, 1, 2, tzinfo=UTC) + timedelta(seconds=next(ticks)),
        work_dir=root / "work",
        progress=lambda line: None,
    )


def make_candidate(
    ctx: RunContext,
    day: date,
    *,
    held: str = "100.00",
    titles: Iterable[str] = ("KuCoin",),
    verdict: str = "pass",
    name: str | None = None,
) -> str:
    """Write a candidate of `day` with one incident a title, and its audit."""
    folder = ctx.work_dir / "candidates" / (name or f"{day}-{held}")
    (folder / "marts").mkdir(parents=True)
    (folder / "dbt").mkdir()
    ids = [title.lower() for title in titles]
    days = [D1 + timedelta(days=n) for n in range((day - D1).days + 1)]
    status = pa.Table.from_pylist(
        [
            {"incident_id": i, "day": d, "held_usd": Decimal(held) if d == day else Decimal("100.00")}
            for i in ids
            for d in days
        ],
        schema=STATUS,
    )
    incidents = pa.Table.from_pylist(
        [{"incident_id": i, "title": t} for i, t in zip(ids, titles, strict=True)], schema=INCIDENTS
    )
    marts = {}
    with duckdb.connect(str(folder / "clawback.duckdb")) as served:
        for mart, table in (("dim_incidents", incidents), ("rpt_recovery_status_daily", status)):
            path = folder / "marts" / f"{mart}.parquet"
            path.write_bytes(table_to_bytes(table))
            marts[mart] = {"rows": table.num_rows, "sha256": file_sha256_hex(path)}
            served.execute(f"create table {mart} as from read_parquet('{path}')")
    hashes = {mart: told["sha256"] for mart, told in marts.items()}
    release = release_id(day.isoformat(), hashes)
    candidate = {
        "day": day.isoformat(),
        "tables_key": f"tables/_days/dt={day}/x.json",
        "trace_key": f"trace/_days/dt={day}/x.json",
        "marts_hash": marts_hash(hashes),
        "release_id": release,
        "marts": marts,
    }
    (folder / "candidate.json").write_bytes(canonical_json(candidate))
    (folder / "dbt" / "run_results.json").write_bytes(b"{}\n")
    before = baseline(ctx.lake, release)
    audit = {
        "verdict": verdict,
        "release_id": release,
        "marts_hash": marts_hash(hashes),
        "served_sha256": file_sha256_hex(folder / "clawback.duckdb"),
        "previous": None if before is None else before.release,
        "keys": KEYS,
        "overrides": [{"check": "c", "state": "used"}, {"check": "d", "state": "expired"}],
    }
    (folder / "audit.json").write_bytes(canonical_json(audit))
    return folder.name
