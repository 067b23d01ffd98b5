"""The table `transfers`: what several sources say about a day, as one ordered list.

Invariants:
    Key (chain, tx_hash, kind, position). Sources that deliver one key must agree; the first in the settings'
    order is kept, a disagreement is quarantined. A row without a true position is matched by what it moves
    and by occurrence, so two sources that see the same three equal transfers give three, not six.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from typing import Any, Final

Row = dict[str, Any]

FEE: Final = 0
VALUE: Final = 1
INTERNAL_BASE: Final = 2
LOG_BASE: Final = 1_000_000

_MATCHED: Final = ("chain", "tx_hash", "kind", "from_address", "to_address", "asset", "amount")
_COMPARED: Final = ("block_time", "from_address", "to_address", "asset", "amount")


def transfer_key(row: Row) -> tuple[str, str, str, int]:
    """What identifies a transfer."""
    return row["chain"], row["tx_hash"], row["kind"], row["position"]


def number_unpositioned(rows: Iterable[Row], taken: Iterable[Row] = ()) -> None:
    """Give rows without a true position the next free log places of their transaction, by content."""
    used: dict[tuple[str, str], set[int]] = defaultdict(set)
    for row in taken:
        used[_transaction(row)].add(row["position"])
    loose: dict[tuple[str, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row["_positioned"]:
            used[_transaction(row)].add(row["position"])
        else:
            loose[_transaction(row)].append(row)
    for transaction, members in loose.items():
        place = LOG_BASE
        for row in sorted(members, key=_content_order):
            while place in used[transaction]:
                place += 1
            row["position"] = place
            place += 1


def merge_transfers(by_source: list[tuple[str, list[Row]]]) -> tuple[list[Row], list[tuple[str, Row, str]]]:
    """Merge the sources' rows, given in rank order.

    Returns:
        The rows in transfer order, and what was turned away as (source, row, reason).
    """
    kept: dict[tuple[str, str, str, int], tuple[str, Row]] = {}
    rejected: list[tuple[str, Row, str]] = []
    for source, rows in by_source:
        for row in rows:
            if not row["_positioned"]:
                continue
            key = transfer_key(row)
            if key not in kept:
                kept[key] = source, row
            elif reason := _disagreement(*kept[key], row):
                rejected.append((source, row, reason))
    exact = [row for _, row in kept.values()]
    loose = _unmatched(exact, by_source)
    number_unpositioned(loose, exact)
    return in_order(exact + loose), rejected


def public(row: Row) -> Row:
    """A row without what only the merge needs to know."""
    return {name: value for name, value in row.items() if not name.startswith("_")}


def in_order(rows: list[Row]) -> list[Row]:
    """Order of events: by block where all rows of a chain name theirs, else by time; then by content."""
    by_time = {row["chain"] for row in rows if row["block_number"] is None}
    return sorted(rows, key=lambda row: _order(row, row["chain"] in by_time))


def _order(row: Row, by_time: bool) -> tuple[Any, ...]:
    return (
        row["chain"],
        row["block_time"] if by_time else row["block_number"],
        # A transaction without an index comes after those that have one: its place in the block is unknown.
        2**31 if row["tx_index"] is None else row["tx_index"],
        row["tx_hash"],
        row["position"],
        row["kind"],
    )


def _unmatched(exact: list[Row], by_source: list[tuple[str, list[Row]]]) -> list[Row]:
    present = Counter(_content(row) for row in exact)
    loose: list[Row] = []
    for _, rows in by_source:
        own: Counter[tuple[Any, ...]] = Counter()
        for row in rows:
            if row["_positioned"]:
                continue
            content = _content(row)
            own[content] += 1
            if own[content] > present[content]:
                loose.append(dict(row))
        # What this source added counts for the next one, but not against itself.
        present |= own
    return loose


def _disagreement(kept_source: str, kept: Row, row: Row) -> str | None:
    different = [name for name in _COMPARED if kept[name] != row[name]]
    if kept["block_number"] is not None and row["block_number"] not in (None, kept["block_number"]):
        different.append("block_number")
    if not different:
        return None
    says = ", ".join(f"{name} {kept[name]}" for name in different)
    return f"disagrees with {kept_source} about this transfer, which says {says}"


def _transaction(row: Row) -> tuple[str, str]:
    return row["chain"], row["tx_hash"]


def _content(row: Row) -> tuple[Any, ...]:
    # The kind is part of it: a value and an inner call of equal size in one transaction are two transfers.
    return tuple(row[name] for name in _MATCHED)


def _content_order(row: Row) -> tuple[Any, ...]:
    return row["from_address"], row["to_address"] or "", row["asset"], row["amount"], row["kind"]
