"""Rows of `quarantine`: what parsing or the merge of sources turned away, with its reason."""

from __future__ import annotations

from typing import Any

from clawback.sources.base import QuarantinedRow, cut_sample

Row = dict[str, Any]


def rejected_row(table: str, source: str, row: Row, reason: str) -> Row:
    """Row of `quarantine` about a row that the merge turned away; it has no file of its own any more."""
    shown = {name: str(value) for name, value in row.items() if value is not None and name[0] != "_"}
    return {
        "source": source,
        "table": table,
        "part": "merge",
        "row": 0,
        "reason": reason,
        "sample": cut_sample(shown),
    }


def quarantine_row(source: str, part: str, record: QuarantinedRow) -> Row:
    """Row of `quarantine` about a record that parsing turned away."""
    return {
        "source": source,
        "table": record.table,
        "part": part,
        "row": record.row,
        "reason": cut_sample(record.reason),
        "sample": record.sample,
    }
