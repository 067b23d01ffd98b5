"""What readers ask of releases: which there are, which one counts, where its files lie.

Invariants:
    Nothing here sees a release without a manifest, or a publication that the pointer has not reached.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

from clawback.days import parse_day
from clawback.errors import ClawbackError
from clawback.lake import Lake
from clawback.release.manifest import (
    FILE_NAME,
    PREFIX,
    ReleaseManifest,
    is_complete,
    read_release,
    release_key,
)
from clawback.release.names import day_of, is_release_id
from clawback.release.publish import Publication, list_publications, pointed_publication
from clawback.release.query import query

__all__ = [
    "Publication",
    "baseline",
    "file_path",
    "latest",
    "latest_day",
    "latest_release",
    "list_publications",
    "list_releases",
    "mart_path",
    "published_as_of",
    "query",
    "read_release",
    "require_release",
    "show_release",
]


def latest(lake: Lake) -> Publication | None:
    """The publication that readers see now."""
    return pointed_publication(lake)


def latest_release(lake: Lake) -> str | None:
    """The release that readers see now."""
    publication = latest(lake)
    return None if publication is None else publication.release


def latest_day(lake: Lake) -> date | None:
    """Newest day of the release that readers see now."""
    release = latest_release(lake)
    return None if release is None else parse_day(day_of(release))


def published_as_of(lake: Lake, known: date) -> Publication | None:
    """What was known on a day: the last publication whose known day is not after it."""
    reached = pointed_publication(lake)
    if reached is None:
        return None
    found = [
        publication
        for publication in list_publications(lake)
        if publication.seq <= reached.seq and publication.known <= known.isoformat()
    ]
    return found[-1] if found else None


def list_releases(lake: Lake) -> list[str]:
    """Complete releases, by name (so by day)."""
    names = [key.removeprefix(PREFIX).partition("/") for key in lake.list(PREFIX)]
    return sorted(name for name, _, rest in names if rest == FILE_NAME and is_release_id(name))


def require_release(lake: Lake, release: str | None = None, *, as_of: date | None = None) -> str:
    """The named release, the one that was known on a day, or the latest.

    Raises:
        ClawbackError: there is none, or both a name and a day are given.
    """
    if release is not None and as_of is not None:
        raise ClawbackError("a release is asked for by name and by day", remedy="give one of the two")
    if release is not None:
        return read_release(lake, release).release
    found = latest(lake) if as_of is None else published_as_of(lake, as_of)
    if found is None:
        raise ClawbackError(
            "nothing has been published yet" if as_of is None else f"nothing was known on {as_of}",
            where=lake.url,
            remedy="run `clawback run` first, or see `clawback release list`",
        )
    return found.release


def show_release(lake: Lake, release: str) -> dict[str, Any]:
    """The manifest of a complete release, for people."""
    return asdict(read_release(lake, release))


def file_path(lake: Lake, release: str, name: str) -> Path:
    """A file of a complete release, on this machine, to be read only."""
    manifest = read_release(lake, release)
    found = {file.name: file for file in manifest.files}
    if name not in found:
        raise ClawbackError(
            f"the release {release} has no file {name}",
            remedy="it has: " + ", ".join(found),
        )
    return lake.local_path(release_key(release, found[name].place))


def mart_path(lake: Lake, release: str, mart: str) -> Path:
    """The Parquet file of one mart of a release."""
    return file_path(lake, release, f"marts/{mart}.parquet")


def baseline(lake: Lake, release: str) -> ReleaseManifest | None:
    """The release that a candidate of this name is compared with.

    A release that is complete keeps what it was compared with at first, so repeating a run compares with the
    same as before. Otherwise it is the last one shown whose day is not after the candidate's.
    """
    if is_complete(lake, release):
        previous = read_release(lake, release).previous
        return None if previous is None else read_release(lake, previous)
    reached = pointed_publication(lake)
    if reached is None:
        return None
    for publication in reversed(list_publications(lake)):
        if publication.seq <= reached.seq and day_of(publication.release) <= day_of(release):
            return read_release(lake, publication.release)
    return None
