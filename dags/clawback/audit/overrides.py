"""Overrides: a person lets a failed check through, for a reason, for a time.

Layout:
    `<folder>/<date>-<check>.yml`: check, who, why, expires, and optionally incident (it then covers only
    failures whose every row is of that incident). An override lifts a failed critical check to a warning; it
    never helps a check that could not run.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from clawback.audit.results import CheckResult
from clawback.audit.strict_yaml import read_strict_yaml, require_fields
from clawback.days import parse_day
from clawback.errors import ClawbackError

_FIELDS: Final = {"check", "who", "why", "expires"}
_OPTIONAL: Final = {"incident"}
_DATE_LENGTH: Final = 10


@dataclass(frozen=True)
class Override:
    """One override file."""

    file: str
    check: str
    who: str
    why: str
    expires: date
    incident: str | None

    def is_expired(self, today: date) -> bool:
        """Whether it has no effect any more; it still has one on the day that it names."""
        return today > self.expires

    def covers(self, result: CheckResult) -> bool:
        """Whether this failure is one that the override speaks of."""
        if result.name != self.check:
            return False
        if self.incident is None:
            return True
        # Rows beyond those fetched could be of any incident.
        return 0 < result.failing <= len(result.rows) and all(
            row.get("incident_id") == self.incident for row in result.rows
        )


def load_overrides(folder: Path) -> list[Override]:
    """Load all overrides, ordered by file name; a missing folder holds none.

    Raises:
        ClawbackError: a file is malformed or its name is not that of its check.
    """
    return [_read(path) for path in sorted(folder.glob("*.yml"))] if folder.is_dir() else []


def _read(path: Path) -> Override:
    document = read_strict_yaml(path)
    require_fields(document, _FIELDS, str(path), _OPTIONAL)
    parse_day(path.stem[:_DATE_LENGTH], where=str(path))
    if path.stem[_DATE_LENGTH:] != f"-{document['check']}":
        raise ClawbackError(
            f"an override of {document['check']} has the name of another",
            where=str(path),
            remedy=f"call it <date>-{document['check']}.yml",
        )
    for field in ("who", "why"):
        if not isinstance(document[field], str) or not document[field].strip():
            raise ClawbackError(f"an override without '{field}'", where=str(path))
    return Override(
        file=path.name,
        check=str(document["check"]),
        who=document["who"],
        why=document["why"],
        expires=_day(document["expires"], path),
        incident=document.get("incident"),
    )


def _day(value: Any, path: Path) -> date:
    # YAML reads an unquoted day as a date already.
    return value if type(value) is date else parse_day(str(value), where=f"{path}, expires")
