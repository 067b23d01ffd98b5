"""Partitions: files under one prefix, complete when and only when their manifest is there.

Layout:
    `<prefix>/<file>` ... and `<prefix>/_manifest.json`, written last by create-if-absent:
    `{"format": 1, "parts": [{"key", "bytes", "sha256", "rows"}], "meta": {...}}`.
    Until the manifest exists the prefix may be overwritten; afterwards it never changes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from clawback.errors import ClawbackError
from clawback.hashing import canonical_json, sha256_hex
from clawback.lake import Lake

MANIFEST_NAME: Final = "_manifest.json"
_FORMAT: Final = 1


@dataclass(frozen=True)
class Part:
    """One file of a partition. `rows` is None where nobody has counted yet (raw bytes)."""

    key: str
    bytes: int
    sha256: str
    rows: int | None


@dataclass(frozen=True)
class Manifest:
    """What a complete partition holds, and what its maker says about it."""

    key: str
    parts: tuple[Part, ...]
    meta: dict[str, Any]

    def part(self, name: str) -> Part:
        """The part whose file name is `name`."""
        for part in self.parts:
            if part.key.rpartition("/")[2] == name:
                return part
        raise ClawbackError(f"the partition has no part '{name}'", where=self.key)


def manifest_key(prefix: str) -> str:
    """Where the manifest of a prefix lies."""
    return f"{prefix}/{MANIFEST_NAME}"


def put_part(lake: Lake, key: str, data: bytes, rows: int | None) -> Part:
    """Write one file and say what it is; it belongs to no partition until a manifest names it."""
    lake.put(key, data)
    return Part(key, len(data), sha256_hex(data), rows)


def put_file_part(lake: Lake, key: str, path: Path, rows: int | None) -> Part:
    """Like `put_part`, from a file that need not fit the memory."""
    with path.open("rb") as stream:
        digest = hashlib.file_digest(stream, "sha256").hexdigest()
    lake.put_file(key, path)
    return Part(key, path.stat().st_size, digest, rows)


def create_manifest(lake: Lake, prefix: str, parts: list[Part], meta: dict[str, Any]) -> bool:
    """Complete a partition if it is not; False when it has a manifest already."""
    document = {
        "format": _FORMAT,
        "parts": [asdict(part) for part in _in_order(parts)],
        "meta": meta,
    }
    return lake.create(manifest_key(prefix), canonical_json(document))


def write_manifest(lake: Lake, prefix: str, parts: list[Part], meta: dict[str, Any]) -> str:
    """Complete a partition.

    Two runs that make the same partition write the same bytes, so whoever comes second changes nothing.

    Returns:
        The manifest's key.

    Raises:
        ClawbackError: a different manifest is there already: same inputs gave another result.
    """
    key = manifest_key(prefix)
    if not create_manifest(lake, prefix, parts, meta):
        present = read_manifest(lake, key)
        if present.parts != tuple(_in_order(parts)):
            raise ClawbackError(
                "the same inputs gave another result than before",
                where=key,
                cause="a step is not deterministic, or its code changed without a new code version",
                remedy="raise the step's code version, or report this as a bug",
            )
    return key


def write_partition(
    lake: Lake,
    prefix: str,
    files: Mapping[str, bytes],
    meta: dict[str, Any],
    rows: Mapping[str, int] | None = None,
) -> str:
    """Write all files, then the manifest; the manifest's key is returned."""
    counted = rows or {}
    parts = [put_part(lake, f"{prefix}/{name}", data, counted.get(name)) for name, data in files.items()]
    return write_manifest(lake, prefix, parts, meta)


def read_manifest(lake: Lake, key: str) -> Manifest:
    """Read a manifest. Raises KeyMissing when the partition is not complete."""
    document = json.loads(lake.read(key))
    if document.get("format") != _FORMAT:
        raise ClawbackError(
            f"the manifest has format {document.get('format')}, this version reads {_FORMAT}", where=key
        )
    return Manifest(key, tuple(Part(**part) for part in document["parts"]), document["meta"])


def read_part(lake: Lake, part: Part) -> bytes:
    """The bytes of a part, checked.

    Raises:
        ClawbackError: they are not the bytes that the manifest names.
    """
    data = lake.read(part.key)
    _require_same(part, len(data), sha256_hex(data))
    return data


def part_path(lake: Lake, part: Part) -> Path:
    """A file with the bytes of a part, checked, to be read only.

    Raises:
        ClawbackError: they are not the bytes that the manifest names.
    """
    path = lake.local_path(part.key)
    with path.open("rb") as stream:
        found = hashlib.file_digest(stream, "sha256").hexdigest()
    _require_same(part, path.stat().st_size, found)
    return path


def _require_same(part: Part, size: int, sha256: str) -> None:
    if (size, sha256) != (part.bytes, part.sha256):
        raise ClawbackError(
            "the bytes in the lake are not those of the manifest",
            where=part.key,
            cause=f"expected sha256 {part.sha256}, found {sha256}",
            remedy="restore the object from a backup, or remove the partition so that it is made again",
        )


def _in_order(parts: list[Part]) -> list[Part]:
    return sorted(parts, key=lambda part: part.key)
