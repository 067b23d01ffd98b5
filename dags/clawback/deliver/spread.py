"""Says how far the tracing methods lie apart on a day."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from clawback.deliver.figures import PARTS
from clawback.deliver.wording import counted, usd


def spread_sentence(rows: Sequence[Mapping[str, Any]], day: date) -> str | None:
    """Give the figures on which the methods that conserve units disagree; None where only one was traced.

    Args:
        rows: Rows of `rpt_method_spread_daily` of one incident.
        day: The day of the figures.
    """
    today = {row["figure"]: row for row in rows if row["day"] == day}
    if not today or max(row["methods_count"] for row in today.values()) < 2:
        return None
    count = counted(max(row["methods_count"] for row in today.values()), "tracing method")
    ranges = [
        f"{name.lower()} {usd(row['lowest_usd'])} to {usd(row['highest_usd'])} USD"
        for column, name, _ in PARTS
        if (row := today.get(column)) and row["lowest_usd"] != row["highest_usd"]
    ]
    if not ranges:
        return f"{count} agree on every part."
    said = "; ".join(ranges)
    return f"{count} were traced, none is the truth, and those that keep every unit say: {said}."
