"""Curated reports as rows of `reports` and `claims`."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from clawback.claims.documents import MAX_BYTES, parse_report
from clawback.sources.base import WHOLE_FILE, Options, ParsedPart, QuarantinedRow, read_bytes


def parse(data: bytes | Path, options: Options, part: str, day: date | None) -> ParsedPart:
    """Read one report; see `clawback.sources.base`. A claim keeps its victim's name for the matching."""
    parsed = ParsedPart()
    try:
        content = read_bytes(data, MAX_BYTES)
    except ValueError as error:
        parsed.quarantined.append(QuarantinedRow("reports", WHOLE_FILE, str(error), ""))
        return parsed
    # Source and part are set where the tables are made; here the same bytes must give the same rows.
    report = parse_report(content, source="")
    if report.report_row is not None:
        parsed.add("reports", report.report_row)
    for claim, victim in zip(report.claims, report.victims, strict=True):
        parsed.add("claims", {**claim, "_victim": victim})
    for reject in report.rejected:
        table = "reports" if reject.row == WHOLE_FILE else "claims"
        parsed.quarantined.append(QuarantinedRow(table, reject.row, reject.reason, reject.sample))
    return parsed
