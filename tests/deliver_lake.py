"""A lake with complete releases and a context to deliver them from."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from clawback.context import RunContext
from clawback.hashing import canonical_json
from clawback.lake.local import LocalLake
from clawback.release.manifest import ReleaseFile, ReleaseManifest, describe_file, release_key, write_manifest
from clawback.settings import Settings

NOW = datetime(2020, 11, 14, 2, 15, tzinfo=UTC)


@dataclass
class Desk:
    """Everything that a delivery needs, in one folder."""

    folder: Path
    smtp: dict[str, Any] = field(default_factory=dict)
    told: list[str] = field(default_factory=list)
    clock: Callable[[], datetime] = lambda: NOW

    @property
    def lake(self) -> LocalLake:
        return LocalLake(self.folder / "lake")

    @property
    def context(self) -> RunContext:
        settings = Settings(
            first_day=date(2020, 9, 25),
            subscriptions=str(self.folder / "subscriptions"),
            smtp={"sender": "clawback <robot@example.org>", **self.smtp},
        )
        return RunContext(settings, self.lake, self.clock, self.folder / "work", self.told.append)

    def subscribe(self, identity: str, **more: str) -> None:
        keys = {
            "id": identity,
            "who": "Recovery desk",
            "table": "rpt_recovery_status_daily",
            "filter": "{day: $day}",
            "format": "csv",
            "channel": "drop",
            "on": "daily",
        } | more
        folder = self.folder / "subscriptions"
        folder.mkdir(exist_ok=True)
        (folder / f"{identity}.yml").write_text("".join(f"{key}: {value}\n" for key, value in keys.items()))

    def release(self, name: str, marts: Mapping[str, pa.Table], previous: str | None = None) -> str:
        files: list[ReleaseFile] = []
        for mart, table in marts.items():
            path = self.folder / f"{mart}.parquet"
            pq.write_table(table, path)
            self.lake.put_file(release_key(name, f"marts/{mart}.parquet"), path)
            files.append(describe_file(f"marts/{mart}.parquet", path))
        manifest = ReleaseManifest(name, name[:10], previous, "0" * 64, "pass", (), {}, {}, tuple(files))
        assert write_manifest(self.lake, manifest)
        return name

    def interrupt(self, release: str, subscription: str, dedupe_id: str, channel: str = "mail") -> None:
        """Leaves what a crash between taking and noting leaves."""
        record = {
            "release": release,
            "subscription": subscription,
            "channel": channel,
            "dedupe_id": dedupe_id,
            "state": "sending",
            "attempt": 1,
            "started_at": "2020-11-14T02:00:00+00:00",
            "finished_at": None,
            "detail": None,
        }
        assert self.lake.create(f"deliveries/{release}/{subscription}.json", canonical_json(record))
