"""Names and small files of an extraction's folder."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any, Final

from clawback.hashing import readable_json

CHUNKS: Final = "chunks"
PLAN: Final = "plan.json"
MANIFEST: Final = "manifest.json"
VIEWS: Final = "views.sql"

_ALL: Final = ("blocks", "transfers", "nft_transfers", "logs", "quarantine")
_OF_TOKENS: Final = ("blocks", "transfers", "nft_transfers", "quarantine")


def table_names(only_token_transfers: bool) -> tuple[str, ...]:
    """Tables that an extraction writes."""
    return _OF_TOKENS if only_token_transfers else _ALL


def chunk_name(blocks: range) -> str:
    """Name of a chunk; names sort as the blocks do."""
    return f"{blocks.start:012d}-{blocks.stop - 1:012d}"


def write_json(path: Path, content: dict[str, Any]) -> None:
    """Write as a whole or not at all, always the same way."""
    write_text(path, readable_json(content).decode())


def write_text(path: Path, text: str) -> None:
    """Write as a whole or not at all, and onto the disk."""
    draft = path.with_name(f".{path.name}.{os.getpid()}")
    with draft.open("w", encoding="utf-8") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


def read_json(path: Path) -> dict[str, Any] | None:
    """What was written; None where nothing was, or where it is no JSON object."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return None
    return found if isinstance(found, dict) else None
