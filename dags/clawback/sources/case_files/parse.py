"""Case files as rows of the incident tables."""

from __future__ import annotations

from datetime import date
from pathlib import Path

from clawback.cases.load import parse_case
from clawback.cases.tables import case_rows
from clawback.errors import ClawbackError
from clawback.sources.base import WHOLE_FILE, Options, ParsedPart, QuarantinedRow, cut_sample, read_bytes
from clawback.sources.case_files.connector import MATCHES
from clawback.thefts.overrides import parse_overrides

_MAX_BYTES = 1_000_000


def parse(data: bytes | Path, options: Options, part: str, day: date | None) -> ParsedPart:
    """Read one case file; see `clawback.sources.base`. A wrong one is turned away whole, the others go on.

    The parsed case itself goes along as table `_cases`, decisions about matches as `_matches`: claims are
    matched by them.
    """
    parsed = ParsedPart()
    try:
        if part == MATCHES:
            parsed.add("_matches", {"decided": parse_overrides(read_bytes(data, _MAX_BYTES), part)})
            return parsed
        case = parse_case(read_bytes(data, _MAX_BYTES), where=part)
    except (ClawbackError, ValueError) as error:
        reason = cut_sample("; ".join(line.strip() for line in str(error).splitlines()))
        parsed.quarantined.append(QuarantinedRow("incidents", WHOLE_FILE, reason, ""))
        return parsed
    for table, rows in case_rows([case]).items():
        for row in rows:
            parsed.add(table, row)
    parsed.add("_cases", {"case": case})
    return parsed
