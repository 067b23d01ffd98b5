"""The lake: one small interface over a local folder or S3.

Invariants:
    A key is either absent or holds one whole value: a reader never sees part of a write.
    `create` and `replace` are the only ways to decide a race; of several concurrent callers one wins.
    `list` is complete and sorted.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Protocol

from clawback.errors import ClawbackError

if TYPE_CHECKING:
    from clawback.settings import Settings

__all__ = ["KeyMissing", "Lake", "check_key", "open_lake"]


class KeyMissing(ClawbackError):
    """The lake has no such key."""


class Lake(Protocol):
    """Bytes under keys. Keys are relative POSIX paths such as `raw/x/dt=2020-09-25/part-0000.csv`."""

    url: str

    def read(self, key: str) -> bytes:
        """The bytes under a key. Raises KeyMissing."""

    def exists(self, key: str) -> bool:
        """Whether the key holds a value."""

    def list(self, prefix: str) -> list[str]:
        """All keys that begin with the prefix, sorted."""

    def put(self, key: str, data: bytes) -> None:
        """Write a value, over an older one if there is one."""

    def put_file(self, key: str, path: Path) -> None:
        """Like `put`, from a file."""

    def create(self, key: str, data: bytes) -> bool:
        """Write a value only if the key has none; False when it has one."""

    def read_versioned(self, key: str) -> tuple[bytes, str] | None:
        """The value and the version that `replace` asks for; None when absent."""

    def replace(self, key: str, data: bytes, version: str | None) -> bool:
        """Write only if the version is still the present one (None: still absent); False otherwise."""

    def local_path(self, key: str) -> Path:
        """A file on this machine with the key's bytes, to be read only. Raises KeyMissing."""


def check_key(key: str) -> str:
    """Return the key if it is a clean relative path.

    Raises:
        ClawbackError: the key is empty, absolute, has empty or dot segments, or control characters.
    """
    parts = key.split("/")
    if not key or any(part in ("", ".", "..") for part in parts) or not key.isprintable() or "\\" in key:
        raise ClawbackError("a lake key is malformed", where=repr(key))
    return key


def open_lake(settings: Settings) -> Lake:
    """Open the lake that the settings name: a folder, or `s3://bucket/prefix`.

    Raises:
        ClawbackError: the URL is of neither kind, or a setting that it needs is missing.
    """
    url = settings.lake.url
    if url.startswith("s3://"):
        from clawback.lake.s3 import S3Lake

        return S3Lake.connect(settings.lake, cache_dir=settings.work_path / "lake-cache")
    if "://" in url:
        raise ClawbackError(
            f"the lake URL '{url}' is of no known kind",
            where="lake.url",
            remedy="name a folder, or s3://bucket/prefix",
        )
    from clawback.lake.local import LocalLake

    folder = settings.base_dir / url
    if not url or (folder.exists() and not folder.is_dir()):
        raise ClawbackError(
            f"the lake URL '{url}' is no folder",
            where="lake.url",
            remedy="name a folder, or s3://bucket/prefix",
        )
    return LocalLake(folder)
