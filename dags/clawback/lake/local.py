"""A lake in a local folder.

Invariants:
    Every write is a temporary file in the lake's own `.tmp`, flushed to disk, then linked (create) or renamed
    (put, replace) into place, then the folder is flushed: after a crash at any point the key holds the old
    value, the new one, or nothing, never part of one.
    `replace` holds an advisory lock on one file of the lake for the compare and the rename.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

from clawback.errors import ClawbackError
from clawback.lake import KeyMissing, check_key

_TMP = ".tmp"


class LocalLake:
    """Bytes under keys in a folder of this machine."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()
        self.url = str(self.root)

    def read(self, key: str) -> bytes:
        """The bytes under a key."""
        try:
            return self._path(key).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            raise KeyMissing("the lake has no such key", where=f"{self.url}/{key}") from None

    def exists(self, key: str) -> bool:
        """Whether the key holds a value."""
        return self._path(key).is_file()

    def list(self, prefix: str) -> list[str]:
        """All keys that begin with the prefix, sorted."""
        folder = self.root / prefix.rpartition("/")[0]
        found = []
        for parent, folders, files in os.walk(folder):
            if Path(parent) == self.root and _TMP in folders:
                folders.remove(_TMP)
            base = Path(parent).relative_to(self.root).as_posix()
            for name in files:
                key = name if base == "." else f"{base}/{name}"
                if key.startswith(prefix):
                    found.append(key)
        return sorted(found)

    def put(self, key: str, data: bytes) -> None:
        """Write a value, over an older one if there is one."""
        with self._staged(data) as staged:
            self._rename(staged, self._path(key))

    def put_file(self, key: str, path: Path) -> None:
        """Like `put`, from a file."""
        with self._staged(path) as staged:
            self._rename(staged, self._path(key))

    def create(self, key: str, data: bytes) -> bool:
        """Write a value only if the key has none."""
        target = self._path(key)
        if target.exists():
            return False
        with self._staged(data) as staged:
            _make_folder(target.parent)
            try:
                # A hard link fails when the name exists: the file system decides the race.
                os.link(staged, target)
            except FileExistsError:
                return False
            _flush_folder(target.parent)
        return True

    def read_versioned(self, key: str) -> tuple[bytes, str] | None:
        """The value and the version that `replace` asks for."""
        try:
            data = self.read(key)
        except KeyMissing:
            return None
        return data, _version(data)

    def replace(self, key: str, data: bytes, version: str | None) -> bool:
        """Write only if the version is still the present one."""
        with self._locked():
            present = self.read_versioned(key)
            if (None if present is None else present[1]) != version:
                return False
            self.put(key, data)
        return True

    def local_path(self, key: str) -> Path:
        """The file itself."""
        path = self._path(key)
        if not path.is_file():
            raise KeyMissing("the lake has no such key", where=f"{self.url}/{key}")
        return path

    def _path(self, key: str) -> Path:
        check_key(key)
        if key.split("/", 1)[0] == _TMP:
            raise ClawbackError("a lake key is malformed", where=repr(key))
        return self.root / key

    @contextmanager
    def _staged(self, content: bytes | Path) -> Iterator[Path]:
        folder = self.root / _TMP
        _make_folder(folder)
        staged = folder / uuid4().hex
        try:
            with staged.open("xb") as stream:
                if isinstance(content, Path):
                    with content.open("rb") as origin:
                        shutil.copyfileobj(origin, stream, 1 << 20)
                else:
                    stream.write(content)
                stream.flush()
                os.fsync(stream.fileno())
            yield staged
        except OSError as error:
            raise ClawbackError(
                "the lake could not be written",
                where=self.url,
                cause=str(error),
                remedy="see that the disk has room and the folder is writable, then run again",
            ) from error
        finally:
            staged.unlink(missing_ok=True)

    def _rename(self, staged: Path, target: Path) -> None:
        _make_folder(target.parent)
        staged.replace(target)
        _flush_folder(target.parent)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        folder = self.root / _TMP
        _make_folder(folder)
        with (folder / "lock").open("ab") as stream:
            fcntl.flock(stream, fcntl.LOCK_EX)
            yield


def _version(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _make_folder(folder: Path) -> None:
    """Make a folder and flush every parent that got a new entry: else a crash may lose the folder itself."""
    absent = [path for path in (folder, *folder.parents) if not path.is_dir()]
    folder.mkdir(parents=True, exist_ok=True)
    for path in absent:
        _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
