"""Extractions in folders beside each other: what adjoins there must be one chain, from day to day too."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import Any

from clawback.chains.evm.files import MANIFEST, read_json
from clawback.chains.evm.plan import FORMAT
from clawback.errors import ClawbackError

_TYPES = {"chain_id": int, "first_block": int, "last_block": int, "first_parent": str, "last_hash": str}


def check_neighbours(out: Path, manifest: dict[str, Any]) -> None:
    """Compare the ends of an extraction with those that lie in the folders beside it.

    Args:
        out: its folder.
        manifest: what it holds; not written yet.

    Raises:
        ClawbackError: one that comes just before or after it on this chain does not link to it.
    """
    own = out.resolve()
    for folder in sorted(path.parent for path in own.parent.glob(f"*/{MANIFEST}")):
        other = None if folder == own else _read(folder)
        if other is None or other["chain_id"] != manifest["chain_id"]:
            continue
        if _adjoin(other, manifest):
            _check(other, manifest, folder, own, folder)
        if _adjoin(manifest, other):
            _check(manifest, other, own, folder, folder)


def _read(folder: Path) -> dict[str, Any] | None:
    """A complete extraction; None for whatever else is called like one."""
    try:
        found = read_json(folder / MANIFEST)
        whole = found is not None and found.get("format") == FORMAT
        day = None if found is None else found.get("day")
        if day is not None:
            date.fromisoformat(day)
    except (OSError, ValueError, TypeError):
        return None
    if not whole or found is None:
        return None
    return found if all(isinstance(found.get(name), kind) for name, kind in _TYPES.items()) else None


def _adjoin(before: dict[str, Any], after: dict[str, Any]) -> bool:
    if before["last_block"] + 1 == after["first_block"]:
        return True
    first, second = before.get("day"), after.get("day")
    if first is None or second is None:
        return False
    return date.fromisoformat(second) - date.fromisoformat(first) == timedelta(days=1)


def _check(before: dict[str, Any], after: dict[str, Any], first: Path, second: Path, older: Path) -> None:
    last, begin = before["last_block"], after["first_block"]
    if last + 1 == begin and before["last_hash"] == after["first_parent"]:
        return
    stale = _name(before if older == first else after)
    raise ClawbackError(
        f"{_name(after)} does not follow on {_name(before)}",
        where=f"{first / MANIFEST} and {second}",
        cause=f"block {begin} of {second} is the child of {after['first_parent']}; the last block of {first} "
        f"is {last}, {before['last_hash']}: the chain was rewritten between the two extractions",
        remedy=f"delete {older}, extract {stale} again, then run this again (it goes on where it stopped); "
        "if that does not help, delete this folder too",
    )


def _name(manifest: dict[str, Any]) -> str:
    day: str | None = manifest.get("day")
    return f"the range {manifest['first_block']} to {manifest['last_block']}" if day is None else day
