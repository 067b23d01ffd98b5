"""Canonical JSON and the hashes that name inputs and results."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any, Final

_CHUNK: Final = 1 << 20


def canonical_json(value: Any) -> bytes:
    """Write a value as the one JSON text that it has: sorted keys, no spaces, ends with a line feed.

    Floats are refused: their text differs between platforms, and no figure here is one.

    Raises:
        TypeError: the value holds something that JSON has no exact form for.
    """
    _refuse_floats(value)
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode() + b"\n"


def readable_json(value: Any) -> bytes:
    """Like `canonical_json`, indented: for files that people open."""
    _refuse_floats(value)
    return json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False).encode() + b"\n"


def sha256_hex(data: bytes) -> str:
    """The sha256 of bytes, 64 hex digits."""
    return hashlib.sha256(data).hexdigest()


def file_sha256_hex(path: Path) -> str:
    """The sha256 of a file, read in chunks."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(_CHUNK):
            digest.update(chunk)
    return digest.hexdigest()


def short_hash(value: Any) -> str:
    """The first 16 hex digits of the sha256 of the canonical JSON: names partitions by their inputs."""
    return sha256_hex(canonical_json(value))[:16]


def _refuse_floats(value: Any) -> None:
    if isinstance(value, float):
        raise TypeError(f"a float has no canonical JSON: {value!r}")
    if isinstance(value, dict):
        for item in value.values():
            _refuse_floats(item)
    elif isinstance(value, list | tuple):
        for item in value:
            _refuse_floats(item)
