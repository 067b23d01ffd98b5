"""The tables `chain_events` and `balances`: what several sources say about a day, each fact once.

Invariants:
    Sources are given in rank order; the first is kept, one that says otherwise about the same key is turned
    away with the reason.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

Row = dict[str, Any]

EVENT_KEY: Final = ("chain", "tx_hash", "position")
BALANCE_KEY: Final = ("chain", "address", "asset", "block_number")
_EVENT_COMPARED: Final = ("block_number", "block_time", "kind", "emitter", "address", "asset", "amount")
_BALANCE_COMPARED: Final = ("block_time", "amount")


def merge_events(rows: Iterable[Row]) -> tuple[list[Row], list[tuple[Row, str]]]:
    """Puts events in the order of the chain: the rows, and what contradicts them with the reason."""
    kept, rejected = _merge(rows, EVENT_KEY, _EVENT_COMPARED)
    kept.sort(
        key=lambda row: (
            row["chain"],
            row["block_number"],
            2**31 if row["tx_index"] is None else row["tx_index"],
            row["tx_hash"],
            row["position"],
        )
    )
    return kept, rejected


def merge_balances(rows: Iterable[Row]) -> tuple[list[Row], list[tuple[Row, str]]]:
    """Puts balances in the order of their key: the rows, and what contradicts them with the reason."""
    kept, rejected = _merge(rows, BALANCE_KEY, _BALANCE_COMPARED)
    kept.sort(key=lambda row: tuple(row[name] for name in BALANCE_KEY))
    return kept, rejected


def _merge(
    rows: Iterable[Row], key: tuple[str, ...], compared: tuple[str, ...]
) -> tuple[list[Row], list[tuple[Row, str]]]:
    kept: dict[tuple[Any, ...], Row] = {}
    rejected: list[tuple[Row, str]] = []
    for row in rows:
        present = kept.setdefault(tuple(row[name] for name in key), row)
        different = [name for name in compared if present[name] != row[name]]
        if different:
            says = ", ".join(f"{name} {present[name]}" for name in different)
            rejected.append((row, f"disagrees with {present['source']} about this, which says {says}"))
    return list(kept.values()), rejected
