"""Whether an audit has been held before: same bytes, same suites, same overrides, same release before.

Invariants:
    Only a verdict that lets a candidate through is taken over. A blocked or broken one is held again, since
    its cause may lie outside of what the fingerprint names.
"""

from __future__ import annotations

import json
from datetime import date
from importlib.metadata import version
from pathlib import Path

from clawback.audit.gate import PASS, WARN
from clawback.audit.overrides import load_overrides
from clawback.audit.scratch import SERVED
from clawback.errors import ClawbackError
from clawback.hashing import file_sha256_hex, sha256_hex, short_hash
from clawback.release.candidate import Candidate
from clawback.release.manifest import ReleaseManifest


def fingerprint(
    candidate: Candidate,
    before: ReleaseManifest | None,
    suites_folder: Path,
    overrides_folder: Path,
    today: date,
) -> str:
    """Hash of all that the verdict depends on.

    Args:
        candidate: its marts, and the database that will be served.
        before: the release that it is compared with.
        suites_folder: the declared checks.
        overrides_folder: the overrides.
        today: decides which overrides have expired, and matters only through them.
    """
    served = candidate.file(SERVED)
    try:
        in_force = [entry.file for entry in load_overrides(overrides_folder) if not entry.is_expired(today)]
    except ClawbackError as error:
        # The audit itself will say what is wrong with the file; here it is merely another input.
        in_force = [str(error)]
    return short_hash(
        {
            "clawback": _code_hash(),
            "great_expectations": version("great_expectations"),
            "duckdb": version("duckdb"),
            "keys": [candidate.name, candidate.marts_hash],
            "served": file_sha256_hex(served) if served.is_file() else None,
            "before": None if before is None else before.release,
            "suites": _contents(suites_folder),
            "overrides": _contents(overrides_folder),
            "in_force": in_force,
        }
    )


def verdict_held(file: Path, mark: str) -> str | None:
    """The verdict of an audit of the same fingerprint that let the candidate through, or None."""
    try:
        document = json.loads(file.read_bytes())
    except (FileNotFoundError, ValueError):
        return None
    if document.get("inputs_hash") != mark or document.get("verdict") not in (PASS, WARN):
        return None
    return str(document["verdict"])


def _contents(folder: Path) -> dict[str, str]:
    return {
        path.relative_to(folder).as_posix(): file_sha256_hex(path) for path in sorted(folder.rglob("*.yml"))
    }


def _code_hash() -> str:
    # The gate and the scratch database are code: an audit by older code is not this audit.
    files = sorted(Path(__file__).parent.glob("*.py"))
    return sha256_hex(b"".join(path.read_bytes() for path in files))
