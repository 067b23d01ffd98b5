"""Bytes first: landing files in the raw lake and completing a day with its manifest.

Layout:
    raw/<source>/<table>/files/<sha256>/<name>       a file that serves many days, landed once
    raw/<source>/<table>/dt=D/known=K/{<name>,_manifest.json}
    A second, different answer of one day K goes to `known=K_0002`, and so on: a manifest never changes.

Invariants:
    The manifest comes last. When all parts equal those of the newest manifest of the day, nothing is added.
    No key is written twice: of two runs that fetch one day at the same time, the one that finds other bytes
    under a name goes on under the next `known=K_000n`, so neither touches what the other's manifest names.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

from clawback.days import day_before
from clawback.errors import ClawbackError
from clawback.hashing import file_sha256_hex, sha256_hex
from clawback.lake import Lake
from clawback.lake.partition import (
    MANIFEST_NAME,
    Manifest,
    Part,
    create_manifest,
    manifest_key,
    read_manifest,
)

OPTIONS_NAME: Final = "_options.json"
"""The part that holds the options its siblings are parsed with: raw alone is enough to parse again."""

_MOST: Final = 10_000

_UNSAFE = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True)
class RawFolder:
    """Where one source's table lies in the raw lake."""

    lake: Lake
    source: str
    table: str

    @property
    def prefix(self) -> str:
        """Prefix of all its keys."""
        return f"raw/{self.source}/{self.table}"

    def newest(self, day: date) -> Manifest | None:
        """The newest manifest of exactly that day."""
        key = self.newest_key(day)
        return None if key is None else read_manifest(self.lake, key)

    def newest_key(self, day: date) -> str | None:
        """Key of the newest manifest of exactly that day."""
        return next(reversed(self._manifest_keys(day)), None)

    def newest_known(self, day: date, known: date) -> Manifest | None:
        """The newest manifest of that day that was known by then."""
        keys = [key for key in self._manifest_keys(day) if _known_of(key) <= known.isoformat()]
        return read_manifest(self.lake, keys[-1]) if keys else None

    def newest_snapshot(self, day: date) -> Manifest | None:
        """The newest manifest of the newest day that is not after `day`."""
        # Nearly always the day itself; the whole list is asked only when it has none.
        if (found := self.newest(day)) is not None:
            return found
        days = sorted(
            {
                key.removeprefix(f"{self.prefix}/dt=").partition("/")[0]
                for key in self.lake.list(f"{self.prefix}/dt=")
                if key.endswith(f"/{MANIFEST_NAME}")
            }
        )
        earlier = [text for text in days if text <= day.isoformat()]
        return self.newest(date.fromisoformat(earlier[-1])) if earlier else None

    def free_prefixes(self, day: date, known: date) -> Iterator[str]:
        """Where the next manifest of (day, known) may go, first choice first: after all that are there."""
        stem = f"{self.prefix}/dt={day.isoformat()}/known={known.isoformat()}"
        taken = [_number_of(key) for key in self._manifest_keys(day) if key.startswith(stem)]
        for number in range(max(taken, default=0) + 1, _MOST):
            yield stem if number == 1 else f"{stem}_{number:04d}"
        raise ClawbackError(f"{_MOST} answers of one day and known day", where=stem)

    def _manifest_keys(self, day: date) -> list[str]:
        found = self.lake.list(f"{self.prefix}/dt={day.isoformat()}/known=")
        # '_' sorts after '/', so K_0002 comes after K.
        return [key for key in found if key.endswith(f"/{MANIFEST_NAME}")]


class Landing:
    """Lands the files of one extraction."""

    def __init__(self, folder: RawFolder, day: date, known: date, staging: Path) -> None:
        self.folder = folder
        self._prefixes = folder.free_prefixes(day, known)
        self._prefix = next(self._prefixes)
        self._staging = staging
        self._present = {
            (part.sha256, part.key.rpartition("/")[2]): part
            for manifest in (folder.newest_snapshot(day), folder.newest_snapshot(day_before(day)))
            if manifest is not None
            for part in manifest.parts
        }

    def land(self, name: str, content: bytes | Path, *, shared: bool = False) -> Part:
        """Land one file; bytes that an earlier manifest holds under that name are referred to instead."""
        name = _UNSAFE.sub("_", name).lstrip(".") or "file"
        if isinstance(content, Path):
            return self._land_file(name, content)
        digest = sha256_hex(content)
        if (present := self._present.get((digest, name))) is not None:
            return present
        return Part(self._written(name, content, digest, shared), len(content), digest, None)

    def left(self, name: str) -> bytes | None:
        """What lies under the name that a file landed now would get; None where nothing does.

        No manifest names it: a run left it that was killed, or that still goes on. It is whole.
        """
        key = f"{self._prefix}/{name}"
        return self.folder.lake.read(key) if self.folder.lake.exists(key) else None

    def complete(self, parts: list[Part], meta: dict[str, Any]) -> str:
        """Write the manifest, last of all; where another run came first with an equal one, give that."""
        while not create_manifest(self.folder.lake, self._prefix, parts, meta):
            present = read_manifest(self.folder.lake, manifest_key(self._prefix))
            if same_parts(present, parts):
                return present.key
            self._prefix = next(self._prefixes)
        return manifest_key(self._prefix)

    def _land_file(self, name: str, path: Path) -> Part:
        # Copied first: a file that somebody is still writing must not differ between hash and upload.
        self._staging.mkdir(parents=True, exist_ok=True)
        staged = self._staging / uuid4().hex
        try:
            shutil.copyfile(path, staged)
            digest = file_sha256_hex(staged)
            if (present := self._present.get((digest, name))) is not None:
                return present
            part = Part(self._shared_key(name, digest), staged.stat().st_size, digest, None)
            if not self.folder.lake.exists(part.key):
                self.folder.lake.put_file(part.key, staged)
            return part
        except OSError as error:
            raise ClawbackError(
                "a source file cannot be read",
                where=str(path),
                cause=error.strerror or str(error),
                remedy="check that the file exists and is readable, and that the disk has room",
            ) from error
        finally:
            staged.unlink(missing_ok=True)

    def _written(self, name: str, content: bytes, digest: str, shared: bool) -> str:
        lake = self.folder.lake
        if shared:
            lake.create(self._shared_key(name, digest), content)
            return self._shared_key(name, digest)
        while not lake.create(key := f"{self._prefix}/{name}", content):
            if sha256_hex(lake.read(key)) == digest:
                break
            self._prefix = next(self._prefixes)
        return key

    def _shared_key(self, name: str, digest: str) -> str:
        return f"{self.folder.prefix}/files/{digest}/{name}"


def _known_of(key: str) -> str:
    return key.partition("/known=")[2][:10]


def _number_of(key: str) -> int:
    """1 of `known=K`, n of `known=K_000n`."""
    return int(key.rpartition("/")[0].partition("/known=")[2][11:] or 1)


def same_parts(one: Manifest, parts: list[Part]) -> bool:
    """Whether a manifest holds exactly these bytes under these names."""
    return _named(one.parts) == _named(parts)


def _named(parts: tuple[Part, ...] | list[Part]) -> list[tuple[str, str]]:
    return sorted((part.key.rpartition("/")[2], part.sha256) for part in parts)
