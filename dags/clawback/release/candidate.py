"""Read a candidate and prove that its files are the ones that its maker described.

Layout:
    `<work_dir>/candidates/<name>/`, see docs/architecture.md. `candidate.json` is what the build says;
    nothing here trusts it without hashing the marts again.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from clawback.days import parse_day
from clawback.errors import ClawbackError
from clawback.hashing import file_sha256_hex
from clawback.release.names import marts_hash, release_id

MAX_JSON_BYTES: Final = 16 << 20
"""A candidate.json or audit.json above this is not one of ours."""

_REMEDY: Final = "build the day again: `clawback run --from <day> --to <day>`"


@dataclass(frozen=True)
class MartFile:
    """One mart of a candidate."""

    name: str
    path: Path
    rows: int
    sha256: str


@dataclass(frozen=True)
class Candidate:
    """A build that may become a release."""

    name: str
    folder: Path
    day: date
    release_id: str
    marts_hash: str
    tables_key: str
    trace_key: str
    marts: Mapping[str, MartFile]

    def file(self, name: str) -> Path:
        """Path of one file of the candidate."""
        return self.folder / name


def read_candidate(work_dir: Path, name: str) -> Candidate:
    """Read `candidate.json` and hash every mart again.

    Raises:
        ClawbackError: the candidate is missing, malformed, or its files are not those that it names.
    """
    folder = work_dir / "candidates" / name
    if not name or name != Path(name).name or name in (".", ".."):
        raise ClawbackError("a candidate's name is one folder name", where=repr(name))
    file = folder / "candidate.json"
    document = read_json(file)
    try:
        day = parse_day(document["day"], where=str(file))
        marts = {
            mart: MartFile(mart, folder / "marts" / f"{mart}.parquet", int(told["rows"]), str(told["sha256"]))
            for mart, told in sorted(document["marts"].items())
        }
        candidate = Candidate(
            name=name,
            folder=folder,
            day=day,
            release_id=document["release_id"],
            marts_hash=marts_hash({mart.name: mart.sha256 for mart in marts.values()}),
            tables_key=document["tables_key"],
            trace_key=document["trace_key"],
            marts=marts,
        )
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise ClawbackError(
            "candidate.json is not complete", where=str(file), cause=repr(error), remedy=_REMEDY
        ) from error
    _check_files(candidate)
    return candidate


def read_json(file: Path) -> dict[str, Any]:
    """Read a JSON object of a candidate.

    Raises:
        ClawbackError: no such file, too large, or no JSON object.
    """
    if not file.is_file():
        raise ClawbackError(f"the candidate has no {file.name}", where=str(file), remedy=_REMEDY)
    if file.stat().st_size > MAX_JSON_BYTES:
        raise ClawbackError(f"{file.name} is larger than {MAX_JSON_BYTES} bytes", where=str(file))
    try:
        document = json.loads(file.read_bytes())
    except ValueError as error:
        raise ClawbackError(
            f"{file.name} is no JSON", where=str(file), cause=str(error), remedy=_REMEDY
        ) from error
    if not isinstance(document, dict):
        raise ClawbackError(f"{file.name} is no JSON object", where=str(file), remedy=_REMEDY)
    return document


def _check_files(candidate: Candidate) -> None:
    if not candidate.marts:
        raise ClawbackError("the candidate has no mart", where=str(candidate.folder), remedy=_REMEDY)
    for mart in candidate.marts.values():
        found = file_sha256_hex(mart.path) if mart.path.is_file() else "no file"
        if found != mart.sha256:
            raise ClawbackError(
                f"the mart {mart.name} is not the one that was built",
                where=str(mart.path),
                cause=f"candidate.json names sha256 {mart.sha256}, found {found}",
                remedy=_REMEDY,
            )
    # A file that candidate.json does not name would be audited by nobody and shipped all the same.
    present = {path.name for path in (candidate.folder / "marts").iterdir()}
    if stray := present - {mart.path.name for mart in candidate.marts.values()}:
        raise ClawbackError(
            f"the candidate holds files that it does not name: {', '.join(sorted(stray))}",
            where=str(candidate.folder / "marts"),
            remedy=_REMEDY,
        )
    expected = release_id(
        candidate.day.isoformat(), {mart.name: mart.sha256 for mart in candidate.marts.values()}
    )
    if candidate.release_id != expected:
        raise ClawbackError(
            f"the candidate calls itself {candidate.release_id}, its marts make it {expected}",
            where=str(candidate.folder / "candidate.json"),
            remedy=_REMEDY,
        )
