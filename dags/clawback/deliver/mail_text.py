"""Write the plain text of a mail: the table as a person reads it in a terminal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from clawback.deliver.figures import PARTS, STATUS_COLUMNS, Status, newest_status
from clawback.deliver.marts import Mart
from clawback.deliver.render import cell
from clawback.deliver.wording import NOTHING, counted, pct, plain, share, usd, words

STATUS_TABLE: Final = "rpt_recovery_status_daily"
MAX_ROWS: Final = 30
MAX_COLUMNS: Final = 6
_MAX_CELL: Final = 24


def mail_text(mart: Mart, release: str, previous: str | None, changed: bool) -> str:
    """Write the body of a mail.

    Args:
        mart: The rows of the subscription.
        release: The release they come from.
        previous: The release shown before, if there was one.
        changed: Whether the rows differ from those of the previous release.
    """
    lines = [f"Release {release}, {words(mart.name)}", ""]
    if previous is None:
        lines += ["This is the first release.", ""]
    elif not changed:
        lines += [f"No change since {previous}.", ""]
    else:
        lines += [f"Changed since {previous}.", ""]
    if mart.name == STATUS_TABLE and set(STATUS_COLUMNS) <= set(mart.columns):
        lines += _status_lines(mart)
    else:
        lines += _table_lines(mart)
    lines += ["", f"{counted(len(mart.rows), 'row')}, all of them in the attachment."]
    return "\n".join(lines) + "\n"


def _status_lines(mart: Mart) -> list[str]:
    lines: list[str] = []
    for incident in sorted({str(row["incident_id"]) for row in mart.rows}):
        newest = max(row["day"] for row in mart.rows if row["incident_id"] == incident)
        status = newest_status(mart.rows, incident, newest)
        if status is not None:
            lines += _incident_lines(incident, status)
    return lines[:-1] if lines else ["No incident matches this subscription."]


def _incident_lines(incident: str, status: Status) -> list[str]:
    row = status.row
    figures = [
        ("Reported loss, lowest", usd(row.get("reported_loss_low_usd")), ""),
        ("Reported loss, highest", usd(row.get("reported_loss_high_usd")), ""),
        ("Reported loss, chosen", usd(row.get("reported_loss_chosen_usd")), ""),
        ("Seen stolen, at the theft", usd(row["stolen_usd_at_theft"]), ""),
        ("Seen stolen, prices of the day", usd(row["stolen_usd_now"]), ""),
    ]
    figures += [
        (f"  {name}", usd(row[column]), share(row[column], status.total))
        for column, name, _ in PARTS
        if row[column]
    ]
    if row.get("reported_recovered_latest_usd") is not None:
        reported = (
            pct(row["reported_recovered_latest_pct"]) if row.get("reported_recovered_latest_pct") else ""
        )
        figures.append(("Reported recovered, latest", usd(row["reported_recovered_latest_usd"]), reported))
    title = f"{plain(row['victim'], 60)} ({plain(incident, 60)}), {row['day']}, USD"
    return [title, "-" * len(title), *_aligned(figures), *status.coverage, ""]


def _table_lines(mart: Mart) -> list[str]:
    columns = mart.columns[:MAX_COLUMNS]
    rows: list[Sequence[str]] = [[words(column) for column in columns]]
    rows += [
        [plain(cell(row[column]), _MAX_CELL) or NOTHING for column in columns] for row in mart.rows[:MAX_ROWS]
    ]
    lines = _aligned(rows, left=len(columns))
    if len(mart.rows) > MAX_ROWS:
        lines.append(f"... and {counted(len(mart.rows) - MAX_ROWS, 'more row')}")
    return lines


def _aligned(rows: Sequence[Sequence[str]], left: int = 1) -> list[str]:
    """Sets rows under each other: the first columns to the left, figures to the right."""
    widths = [max(len(row[index]) for row in rows) for index in range(len(rows[0]))]
    return [
        "  ".join(
            text.ljust(width) if index < left else text.rjust(width)
            for index, (text, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
