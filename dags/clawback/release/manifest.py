"""The manifest of a release: everything it holds, hashed. It is what makes a release one.

Layout:
    `releases/<release>/manifest.json`, written last by create-if-absent. Until then nothing under the prefix
    is a release; afterwards it never changes.
    `releases/<release>/<name>`, or `releases/<release>/attempts/<hash>/<name>` where an attempt that died, or
    another machine at the same moment, left other bytes under the plain name, as DuckDB files are prone to.

Invariants:
    Under one key never lie other bytes than at first, so a manifest is right whoever completes the release.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Final

from clawback.errors import ClawbackError
from clawback.hashing import canonical_json, file_sha256_hex, sha256_hex
from clawback.lake import KeyMissing, Lake
from clawback.release.names import is_release_id

PREFIX: Final = "releases/"
FILE_NAME: Final = "manifest.json"
_FORMAT: Final = 1
_ATTEMPT: Final = re.compile(r"attempts/[0-9a-f]{16}/")


@dataclass(frozen=True)
class ReleaseFile:
    """One file of a release. Only Parquet has rows and schema.

    `stored` is its key below the release where that is another than `name`.
    """

    name: str
    bytes: int
    sha256: str
    rows: int | None = None
    schema_sha256: str | None = None
    stored: str | None = None

    @property
    def place(self) -> str:
        """Its key below the release."""
        return self.stored or self.name


@dataclass(frozen=True)
class ReleaseManifest:
    """What a release holds and what it came from."""

    release: str
    day: str
    previous: str | None
    marts_hash: str
    verdict: str
    overrides: tuple[Mapping[str, Any], ...]
    keys: Mapping[str, tuple[str, ...]]  # per mart the columns of its key
    inputs: Mapping[str, str]
    files: tuple[ReleaseFile, ...]

    @property
    def marts(self) -> dict[str, ReleaseFile]:
        """The marts by name."""
        return {
            file.name.removeprefix("marts/").removesuffix(".parquet"): file
            for file in self.files
            if file.name.startswith("marts/")
        }


def release_key(release: str, name: str = FILE_NAME) -> str:
    """Lake key of a file of a release.

    Raises:
        ClawbackError: the text is no release id (it may come from a person, and it becomes part of a key).
    """
    if not is_release_id(release):
        raise ClawbackError(
            f"'{release}' is not the name of a release",
            remedy="see `clawback release list`; a name looks like 2020-10-31-4be1c2a",
        )
    return f"{PREFIX}{release}/{name}"


def describe_bytes(name: str, data: bytes) -> ReleaseFile:
    """Describe a file that is at hand as bytes."""
    return ReleaseFile(name, len(data), sha256_hex(data))


def describe_file(name: str, path: Path) -> ReleaseFile:
    """Describe a file; Parquet is opened for its rows and schema."""
    rows, schema = None, None
    if path.suffix == ".parquet":
        import pyarrow.parquet as pq

        with pq.ParquetFile(path) as parquet:
            rows = parquet.metadata.num_rows
            fields = [[field.name, str(field.type), field.nullable] for field in parquet.schema_arrow]
        schema = sha256_hex(canonical_json(fields))
    return ReleaseFile(name, path.stat().st_size, file_sha256_hex(path), rows, schema)


def place_file(lake: Lake, release: str, file: ReleaseFile, data: bytes) -> ReleaseFile:
    """Write a file without touching other bytes that lie under its name; says where it lies."""
    key = release_key(release, file.name)
    if lake.create(key, data) or sha256_hex(lake.read(key)) == file.sha256:
        return file
    stored = f"attempts/{file.sha256[:16]}/{file.name}"
    lake.create(release_key(release, stored), data)
    return replace(file, stored=stored)


def left_by_an_attempt(manifest: ReleaseManifest, place: str) -> bool:
    """Whether a key below the release is what an attempt other than the one that completed it left."""
    return _ATTEMPT.sub("", place, count=1) in {file.name for file in manifest.files} - {
        f"marts/{mart}.parquet" for mart in manifest.marts
    }


def write_manifest(lake: Lake, manifest: ReleaseManifest) -> bool:
    """Complete a release; False when another run completed it first."""
    document = {**asdict(manifest), "format": _FORMAT}
    document["files"] = [asdict(file) for file in sorted(manifest.files, key=lambda file: file.name)]
    return lake.create(release_key(manifest.release), canonical_json(document))


def is_complete(lake: Lake, release: str) -> bool:
    """Whether the release is one, as opposed to an attempt that never finished."""
    return lake.exists(release_key(release))


def read_release(lake: Lake, release: str) -> ReleaseManifest:
    """Read the manifest of a complete release.

    Raises:
        ClawbackError: there is no such release, or it was never completed.
    """
    key = release_key(release)
    try:
        document = json.loads(lake.read(key))
    except KeyMissing:
        raise ClawbackError(
            f"there is no release {release}",
            where=f"{lake.url}/{key}",
            remedy="see `clawback release list`",
        ) from None
    if document.pop("format", None) != _FORMAT:
        raise ClawbackError(f"the manifest's format is not {_FORMAT}", where=f"{lake.url}/{key}")
    document["files"] = tuple(ReleaseFile(**file) for file in document["files"])
    document["keys"] = {mart: tuple(columns) for mart, columns in document["keys"].items()}
    document["overrides"] = tuple(document["overrides"])
    return ReleaseManifest(**document)
