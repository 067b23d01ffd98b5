"""Say how two releases differ, mart by mart and row by row."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

from clawback.lake import Lake
from clawback.release.compare import CHANGE, CHANGED_COLUMNS, compare_mart
from clawback.release.manifest import ReleaseManifest, read_release, release_key
from clawback.release.rereads import Reread, rereads

MAX_SAMPLES: Final = 20
"""Rows shown of one mart; the counts are always whole."""


@dataclass(frozen=True)
class MartDiff:
    """How one mart differs; `samples` are lines such as `~ kucoin-2020 2020-10-02: held_usd`."""

    mart: str
    added: int
    removed: int
    changed: int
    samples: tuple[str, ...]


@dataclass(frozen=True)
class ReleaseDiff:
    """How release `b` differs from release `a`."""

    a: str
    b: str
    marts: tuple[MartDiff, ...]
    marts_added: tuple[str, ...]
    marts_removed: tuple[str, ...]
    read_again: tuple[str, ...] = ()
    """In words, days of which a source gave other bytes in between, such as a chain that was rewritten."""

    @property
    def is_empty(self) -> bool:
        """Whether both hold the same."""
        return not (self.marts or self.marts_added or self.marts_removed)

    def lines(self) -> list[str]:
        """The difference in words."""
        if self.is_empty:
            return [f"{self.a} and {self.b} hold the same rows", *self.read_again]
        lines = [f"{self.a} -> {self.b}", *self.read_again]
        lines += [f"{mart}: only in {self.b}" for mart in self.marts_added]
        lines += [f"{mart}: only in {self.a}" for mart in self.marts_removed]
        for diff in self.marts:
            lines.append(f"{diff.mart}: {diff.added} added, {diff.removed} removed, {diff.changed} changed")
            lines += [f"  {sample}" for sample in diff.samples]
            hidden = diff.added + diff.removed + diff.changed - len(diff.samples)
            if hidden:
                lines.append(f"  ... and {hidden} more rows")
        return lines


def diff_releases(lake: Lake, a: str, b: str) -> str:
    """The difference of two complete releases in words."""
    return "\n".join(diff(lake, a, b).lines())


def diff(lake: Lake, a: str, b: str) -> ReleaseDiff:
    """Compare two complete releases.

    Raises:
        ClawbackError: one of them does not exist.
    """
    older, newer = read_release(lake, a), read_release(lake, b)
    found = []
    for mart in sorted(older.marts.keys() & newer.marts.keys()):
        if older.marts[mart].sha256 != newer.marts[mart].sha256:
            one = _diff_mart(lake, older, newer, mart)
            if one is not None:
                found.append(one)
    return ReleaseDiff(
        a,
        b,
        tuple(found),
        tuple(sorted(newer.marts.keys() - older.marts.keys())),
        tuple(sorted(older.marts.keys() - newer.marts.keys())),
        tuple(one.words() for one in _rereads(lake, older, newer)),
    )


def _rereads(lake: Lake, older: ReleaseManifest, newer: ReleaseManifest) -> list[Reread]:
    tables = newer.inputs.get("tables")
    return (
        [] if tables is None or not lake.exists(tables) else rereads(lake, tables, older.inputs.get("tables"))
    )


def _diff_mart(lake: Lake, older: ReleaseManifest, newer: ReleaseManifest, mart: str) -> MartDiff | None:
    key = newer.keys[mart]
    table = compare_mart(
        lake.local_path(release_key(newer.release, newer.marts[mart].name)),
        lake.local_path(release_key(older.release, older.marts[mart].name)),
        key,
    )
    changes = table.column(CHANGE).to_pylist()
    if not changes:
        return None  # other bytes, same rows: another version of DuckDB wrote them
    samples = tuple(_line(row, key) for row in table.slice(0, MAX_SAMPLES).to_pylist())
    return MartDiff(mart, changes.count("added"), changes.count("removed"), changes.count("changed"), samples)


def _line(row: dict[str, Any], key: tuple[str, ...]) -> str:
    sign = {"added": "+", "removed": "-", "changed": "~"}[row[CHANGE]]
    name = " ".join(str(row[column]) for column in key)
    columns = row[CHANGED_COLUMNS].replace(",", ", ")
    return f"{sign} {name}" + (f": {columns}" if columns else "")
