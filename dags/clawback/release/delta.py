"""What a release changes against the one before: rows per mart, and the figures that moved in words.

Layout:
    `delta/<mart>.parquet` (see compare.py) and `delta.json` are always there, empty when nothing changed: a
    reader never has to tell "no change" from "no delta". `CHANGES.md` says the same for people.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from clawback.hashing import readable_json
from clawback.parquet import table_to_bytes
from clawback.release.compare import CHANGE, columns_of, compare_mart, connect, quoted
from clawback.release.rereads import Reread

STATUS_MART: Final = "rpt_recovery_status_daily"
MAX_FIGURES: Final = 40
"""Figures told one by one for an incident; the rest is in the delta."""


@dataclass(frozen=True)
class TableDelta:
    """How one mart differs from the release before."""

    rows: int
    added: int
    removed: int
    changed: int
    columns_added: tuple[str, ...]
    columns_removed: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs."""
        return not (self.added or self.removed or self.changed or self.columns_added or self.columns_removed)


def make_delta(
    release: str,
    previous: str | None,
    current: Mapping[str, Path],
    before: Mapping[str, Path],
    keys: Mapping[str, Sequence[str]],
    read_again: Sequence[Reread] = (),
) -> dict[str, bytes]:
    """Make the delta's files.

    Args:
        release: name of the new release.
        previous: name of the one before, None for the first.
        current: Parquet file of each mart.
        before: Parquet file of each mart of the release before.
        keys: columns of each mart's key.
        read_again: days whose sources were read again since the release before.

    Returns:
        Bytes by name below the release.
    """
    files, deltas = {}, {}
    for mart in sorted(current):
        table = compare_mart(current[mart], before.get(mart), keys[mart])
        files[f"delta/{mart}.parquet"] = table_to_bytes(table)
        deltas[mart] = _count(table.column(CHANGE).to_pylist(), current[mart], before.get(mart))
    gone = sorted(before.keys() - current.keys())
    document = {
        "release": release,
        "previous": previous,
        "tables": {mart: asdict(delta) for mart, delta in deltas.items()},
        "tables_removed": gone,
        "days_read_again": [asdict(one) for one in read_again],
    }
    figures = list(_moved_figures(current, before))
    files["delta.json"] = readable_json(document)
    files["CHANGES.md"] = _words(release, previous, deltas, gone, figures, read_again).encode()
    return files


def _count(changes: list[str], current: Path, before: Path | None) -> TableDelta:
    with connect() as connection:
        now = columns_of(connection, current)
        then = columns_of(connection, before) if before is not None else now
        (rows,) = connection.execute("select count(*) from read_parquet(?)", [str(current)]).fetchone() or (
            0,
        )
    return TableDelta(
        rows=rows,
        added=changes.count("added"),
        removed=changes.count("removed"),
        changed=changes.count("changed"),
        columns_added=tuple(name for name in now if name not in then),
        columns_removed=tuple(name for name in then if name not in now),
    )


def _moved_figures(current: Mapping[str, Path], before: Mapping[str, Path]) -> Iterator[str]:
    """Sentences on the status figures of each incident: newest day against newest day before."""
    if STATUS_MART not in current or STATUS_MART not in before:
        return
    now, then = _newest_rows(current[STATUS_MART]), _newest_rows(before[STATUS_MART])
    for incident in sorted(now.keys() | then.keys()):
        if incident not in then:
            yield f"{incident}: new in this release"
            continue
        if incident not in now:
            yield f"{incident}: no longer in this release"
            continue
        old, new = then[incident], now[incident]
        moved = [name for name in new if _is_figure(name) and name in old and new[name] != old[name]]
        for name in moved[:MAX_FIGURES]:
            before_now = f"{_show(old[name])} -> {_show(new[name])}"
            yield f"{incident}: `{name}` {before_now}{_step(old[name], new[name])}"
        if len(moved) > MAX_FIGURES:
            yield f"{incident}: {len(moved) - MAX_FIGURES} more figures moved"
        if not moved:
            yield f"{incident}: no figure moved"


def _newest_rows(path: Path) -> dict[str, dict[str, Any]]:
    with connect() as connection:
        columns = columns_of(connection, path)
        if not {"incident_id", "day"} <= columns.keys():
            return {}
        names = ", ".join(quoted(name) for name in columns if _is_figure(name) or name == "incident_id")
        query = f"select {names} from read_parquet(?) qualify day = max(day) over (partition by incident_id)"  # noqa: S608 - quoted column names only
        rows = connection.execute(query, [str(path)]).to_arrow_table().to_pylist()
    return {row["incident_id"]: row for row in rows}


def _is_figure(name: str) -> bool:
    return "_usd" in name or name.endswith("_pct")


def _show(value: Any) -> str:
    return "unknown" if value is None else f"{value:,}"


def _step(old: Any, new: Any) -> str:
    if isinstance(old, Decimal | int) and isinstance(new, Decimal | int):
        return f" ({new - old:+,})"
    return ""


def _words(
    release: str,
    previous: str | None,
    deltas: Mapping[str, TableDelta],
    gone: Sequence[str],
    figures: Sequence[str],
    read_again: Sequence[Reread],
) -> str:
    lines = [f"# Changes of {release}", ""]
    if previous is None:
        lines += ["The first release: there is none before it to compare with.", ""]
    elif all(delta.is_empty for delta in deltas.values()) and not gone:
        lines += [f"Nothing changed since {previous}.", ""]
    else:
        lines += [f"Compared with {previous}.", ""]
    if read_again:
        lines += ["## Days read again", "", *(f"- {one.words()}" for one in read_again), ""]
    if figures:
        lines += ["## Figures of the recovery status", "", *(f"- {line}" for line in figures), ""]
    lines += ["## Rows", "", "| table | rows | added | removed | changed |", "|---|---:|---:|---:|---:|"]
    lines += [
        f"| {mart} | {delta.rows:,} | {delta.added:,} | {delta.removed:,} | {delta.changed:,} |"
        for mart, delta in deltas.items()
    ]
    notes = [
        f"- {mart}: new columns {', '.join(d.columns_added)}" for mart, d in deltas.items() if d.columns_added
    ]
    notes += [
        f"- {mart}: columns gone {', '.join(d.columns_removed)}"
        for mart, d in deltas.items()
        if d.columns_removed
    ]
    notes += [f"- {mart}: no longer published" for mart in gone]
    if notes:
        lines += ["", "## Schema", "", *notes]
    return "\n".join(lines) + "\n"
