"""Publications: the log of which release was shown when, and the pointer that follows it.

Invariants:
    `publications/<seq>.json` is the truth, decided by create-if-absent; `latest.json` is derived from the
    newest of them and only ever moves forward in seq, by conditional replace. A run that dies between the two
    is healed by whoever comes next.
    A publication never names a release without a manifest. It never goes back in days, save by rollback.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any, Final

from clawback.errors import ClawbackError
from clawback.hashing import canonical_json
from clawback.lake import Lake
from clawback.release.manifest import is_complete
from clawback.release.names import day_of
from clawback.release.runs import MAX_ATTEMPTS, create_numbered, newest_seq, numbered_key

PREFIX: Final = "publications/"
POINTER: Final = "latest.json"


@dataclass(frozen=True)
class Publication:
    """One moment at which a release became the one that readers see."""

    seq: int
    release: str
    previous: str | None
    published_at: str
    known: str
    verdict: str
    kind: str = "release"  # release | rollback
    why: str | None = None


def list_publications(lake: Lake) -> list[Publication]:
    """All publications, oldest first."""
    return [_read(lake.read(key)) for key in lake.list(PREFIX)]


def newest_publication(lake: Lake) -> Publication | None:
    """The newest publication of the log, which the pointer may still have to catch up with."""
    seq = newest_seq(lake, PREFIX)
    return _read(lake.read(numbered_key(PREFIX, seq))) if seq else None


def pointed_publication(lake: Lake) -> Publication | None:
    """The publication that the pointer names: what readers see."""
    found = lake.read_versioned(POINTER)
    return None if found is None else _read(found[0])


def publish(
    lake: Lake,
    clock: Callable[[], datetime],
    release: str,
    *,
    known: date,
    verdict: str,
    kind: str = "release",
    why: str | None = None,
) -> Publication | None:
    """Make a complete release the one that readers see.

    Returns:
        The new publication, or None when the release was the newest already (the pointer is mended then).

    Raises:
        ClawbackError: the release is not complete, or older than the newest publication's.
    """
    if not is_complete(lake, release):
        raise ClawbackError(f"the release {release} is not complete", remedy="run the day again")

    def make(seq: int) -> dict[str, Any]:
        newest = newest_publication(lake)
        if newest is not None and newest.release == release:
            raise _AlreadyNewestError
        if newest is not None and kind == "release":
            check_order(release, newest)
        previous = None if newest is None else newest.release
        now = clock().isoformat(timespec="seconds")
        record = Publication(seq, release, previous, now, known.isoformat(), verdict, kind, why)
        return asdict(record)

    try:
        key = create_numbered(lake, PREFIX, make)
    except _AlreadyNewestError:
        move_pointer(lake)
        return None
    move_pointer(lake)
    return _read(lake.read(key))


def check_order(release: str, newest: Publication) -> None:
    """Refuse a release of an older day than the one that readers see."""
    if day_of(release) < day_of(newest.release):
        raise ClawbackError(
            f"{release} is older than {newest.release}, which readers see",
            cause="a run moves the pointer only to an equal or newer day",
            remedy=f"run through {day_of(newest.release)} instead: a correction recomputes through the "
            "newest released day; or go back on purpose with `clawback release rollback`",
        )


def move_pointer(lake: Lake) -> None:
    """Bring `latest.json` up to the newest publication."""
    for _ in range(MAX_ATTEMPTS):
        newest = newest_publication(lake)
        present = lake.read_versioned(POINTER)
        if newest is None:
            return
        if present is not None and _read(present[0]).seq >= newest.seq:
            return
        version = None if present is None else present[1]
        lake.replace(POINTER, canonical_json(asdict(newest)), version)
    raise ClawbackError("the pointer could not be moved", where=f"{lake.url}/{POINTER}", remedy="run again")


def _read(data: bytes) -> Publication:
    return Publication(**json.loads(data))


class _AlreadyNewestError(Exception):
    """Nothing to publish."""
