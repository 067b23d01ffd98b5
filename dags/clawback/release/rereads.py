"""Days of a release that were read again since the release before: chains are rewritten, files mended."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from clawback.lake import Lake

MOST_DAYS: Final = 400
"""How far back the records are compared; an older day that changes shows in the rows of the delta."""


@dataclass(frozen=True)
class Reread:
    """A source's day whose bytes are others than in the release before."""

    day: str
    source: str
    before: str
    now: str
    """Keys of the raw manifests."""

    def words(self) -> str:
        """For people."""
        return f"{self.day}: {self.source} was read again ({self.before} -> {self.now})"


def rereads(lake: Lake, now: str, before: str | None) -> list[Reread]:
    """Days read again, oldest first.

    Args:
        lake: with the records of the typed tables.
        now: key of the record of the newest day of this release.
        before: that of the release before; None for the first release.
    """
    if before is None or not lake.exists(before):
        return []
    old = _records(lake, before)
    found: list[Reread] = []
    present = next(old, None)
    for record in _records(lake, now):
        while present is not None and present["day"] > record["day"]:
            present = next(old, None)
        if present is None or present == record:
            break
        if present["day"] == record["day"]:
            found += _changed(record, present)
    return sorted(found, key=lambda one: (one.day, one.source))


def _changed(now: dict[str, Any], before: dict[str, Any]) -> Iterator[Reread]:
    for source, held in now["sources"].items():
        known = before["sources"].get(source)
        # A snapshot is another one every day; a source that delivers days is asked for one once.
        if known is None or held["raw"] is None or known["raw"] is None or held["newest_day"] != now["day"]:
            continue
        if known["newest_day"] == now["day"] and held["raw"] != known["raw"]:
            yield Reread(now["day"], source, known["raw"], held["raw"])


def _records(lake: Lake, key: str | None) -> Iterator[dict[str, Any]]:
    for _ in range(MOST_DAYS):
        if key is None:
            return
        record = json.loads(lake.read(key))
        yield record
        key = record["previous"]
