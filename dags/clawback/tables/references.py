"""Reference data that several sources give: prices, assets and labels, merged in rank order."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any, Final

from clawback.tables.transfers import public

Row = dict[str, Any]
Rejected = list[tuple[str, Row, str]]
"""Source, row and reason of what was turned away."""

CONFLICT: Final = "conflict"
"""Source of an asset about whose decimals sources disagree: they stay unknown from then on."""


def merge_prices(found: Iterable[tuple[str, Row]]) -> tuple[list[Row], Rejected]:
    """Closes of the day, one for each asset; and those that contradict their own source.

    Args:
        found: rows of `prices` with their source, in rank order.
    """
    kept: dict[tuple[Any, ...], Row] = {}
    rejected: Rejected = []
    for source, row in found:
        key = (row["chain"], row["asset"], row["day"])
        present = kept.setdefault(key, {**row, "source": source})
        # Two feeds may differ, that is what rank is for; one feed that contradicts itself is wrong.
        if present["source"] == source and present["close_usd"] != row["close_usd"]:
            rejected.append((source, row, f"the source gives {present['close_usd']} for it too"))
    return [kept[key] for key in sorted(kept)], rejected


def merge_assets(found: Iterable[tuple[str, Row]], before: list[Row]) -> tuple[list[Row], Rejected]:
    """What is known about every asset by this day; and rows that contradict it.

    Args:
        found: rows of `assets` with their source, in rank order.
        before: rows of the day before; what is known stays known.
    """
    kept: dict[tuple[str, str], Row] = {(row["chain"], row["asset"]): dict(row) for row in before}
    rejected: Rejected = []
    for source, told in found:
        row = {**public(told), "source": source}
        key = (row["chain"], row["asset"])
        present = kept.get(key)
        if present is None:
            kept[key] = row
            continue
        if present["symbol"] is None:
            present["symbol"] = row["symbol"]
        if row["decimals"] is None or present["source"] == CONFLICT:
            continue
        if present["decimals"] is None:
            present["decimals"] = row["decimals"]
        elif present["decimals"] != row["decimals"]:
            reason = f"decimals {row['decimals']} where {present['source']} says {present['decimals']}"
            rejected.append((source, row, f"{reason}: unknown from now on"))
            present |= {"decimals": None, "source": CONFLICT}
    return [kept[key] for key in sorted(kept)], rejected


def merge_labels(found: Iterable[tuple[str, Row]]) -> list[Row]:
    """Labels of all sources, the surest of an address first; what several say in the same words stands once.

    Args:
        found: rows of `labels` with their source, in rank order.
    """
    rank: dict[str, int] = {}
    kept: dict[tuple[Any, ...], Row] = {}
    for source, told in found:
        row = {**told, "source": source}
        key = (
            row["chain"],
            row["address"],
            -row["confidence"],
            rank.setdefault(source, len(rank)),
            row["entity"],
            row["category"],
            row["incident_id"] or "",
            row["valid_from"] or date.min,
            row["valid_to"] or date.max,
            row["source_url"] or "",
        )
        kept.setdefault(key, row)
    return [kept[key] for key in sorted(kept)]
