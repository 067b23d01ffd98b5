"""Name a release by its newest day and its content.

Invariants:
    The same marts on the same day give the same name, whoever builds them and whenever. The name hangs on the
    Parquet bytes alone: the assembled DuckDB file never repeats its bytes and has no say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from clawback.hashing import canonical_json, sha256_hex

HASH_LENGTH: Final = 7

_RELEASE_ID: Final = re.compile(r"(\d{4}-\d{2}-\d{2})-[0-9a-f]{7}")


def marts_hash(marts: Mapping[str, str]) -> str:
    """Return the sha256 over the marts' names and the sha256 of their Parquet files."""
    return sha256_hex(canonical_json(dict(marts)))


def release_id(day: str, marts: Mapping[str, str]) -> str:
    """Return the release's name, such as `2020-10-31-4be1c2a`.

    Args:
        day: newest day of the release, `YYYY-MM-DD`.
        marts: sha256 of the Parquet file of each mart, by the mart's name.
    """
    return f"{day}-{marts_hash(marts)[:HASH_LENGTH]}"


def is_release_id(text: str) -> bool:
    """Tell whether the text has the shape of a release id (and so is safe inside a lake key)."""
    return _RELEASE_ID.fullmatch(text) is not None


def day_of(release: str) -> str:
    """Return the newest day that a release id names."""
    return release[:10]
