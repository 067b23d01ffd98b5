"""What a check found, in values that JSON holds exactly."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from clawback.hashing import canonical_json


@dataclass(frozen=True)
class CheckResult:
    """The outcome of one expectation; `rows` are all failing rows that were fetched, `failing` counts all."""

    name: str
    success: bool
    raised: str | None
    failing: int
    rows: tuple[Mapping[str, Any], ...]

    def ordered_rows(self) -> list[dict[str, Any]]:
        """The rows in an order that does not depend on the engine."""
        return sorted((dict(row) for row in self.rows), key=canonical_json)


def plain(value: Any) -> Any:
    """A value as JSON holds it: exact numbers as text, times in ISO form."""
    if value is None or isinstance(value, bool | int | str):
        return value
    if isinstance(value, date | datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return str(value)
