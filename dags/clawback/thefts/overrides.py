"""What a person decided about pairs of mentions, which no rule changes."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from clawback.cases.plain_yaml import read_plain_yaml
from clawback.errors import ClawbackError
from clawback.thefts.judge import Judgement

OVERRIDE: Final = "override"
FILE: Final = Path(__file__).with_name("overrides.yml")
"""Those that come with clawback."""

_SURE: Final = 1_000
_KEYS: Final = frozenset({"left", "right", "same", "by", "reason"})


@dataclass(frozen=True)
class Overrides:
    """Decided pairs, the smaller key first."""

    decided: Mapping[tuple[str, str], Judgement] = field(default_factory=dict)

    @property
    def joined(self) -> frozenset[str]:
        """Mentions of which a person has said to what they belong."""
        return frozenset(key for pair, judgement in self.decided.items() if judgement.joins for key in pair)

    def of(self, left: str, right: str) -> Judgement | None:
        """What was decided about a pair."""
        return self.decided.get((left, right) if left < right else (right, left))

    def pairs(self, known: Container[str]) -> set[tuple[str, str]]:
        """Decided pairs of mentions that there are."""
        return {pair for pair in self.decided if pair[0] in known and pair[1] in known}


def load_overrides(path: Path) -> Overrides:
    """Reads a file of decisions, see `parse_overrides`.

    Raises:
        ClawbackError: not such a file, or it cannot be read.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise ClawbackError("the overrides cannot be read", where=str(path), cause=str(error)) from error
    return parse_overrides(data, str(path))


def parse_overrides(data: bytes, path: str) -> Overrides:
    """Reads a list of `left`, `right`, `same` (true or false), `by` and `reason`.

    Args:
        data: the file's bytes.
        path: its name, for errors.

    Raises:
        ClawbackError: not such a list, or a pair decided twice.
    """
    found = read_plain_yaml(data, where=path).value
    if not isinstance(found, list):
        raise ClawbackError("the overrides are no list", where=path)
    decided: dict[tuple[str, str], Judgement] = {}
    for number, entry in enumerate(found, start=1):
        where = f"{path}, entry {number}"
        if not isinstance(entry, dict) or entry.keys() != _KEYS or entry["same"] not in ("true", "false"):
            raise ClawbackError(
                "an override lacks something",
                where=where,
                remedy="write left, right, same: true or false, by and reason",
            )
        if not all(isinstance(entry[name], str) and entry[name].strip() for name in _KEYS):
            raise ClawbackError("an override has an empty field", where=where)
        left, right = sorted((entry["left"], entry["right"]))
        if left == right or (left, right) in decided:
            raise ClawbackError(f"{left} and {right} are decided twice, or one", where=where)
        score = _SURE if entry["same"] == "true" else -_SURE
        decided[left, right] = Judgement(score, OVERRIDE, (f"{entry['by']}: {entry['reason']}",))
    return Overrides(decided)
