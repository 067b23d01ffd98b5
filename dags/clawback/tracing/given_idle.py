"""Theft rows that say nothing about the transfers read: a wrong hash, a window in which nothing moved."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from clawback.tracing.records import SOURCE, THEFT_ADDRESS, Role

if TYPE_CHECKING:
    import pyarrow as pa


def idle_thefts(tables: Iterable[pa.Table], roles: Sequence[Role]) -> list[Role]:
    """Theft roles that no transfer of their address fits.

    Args:
        tables: the transfers, span by span.
        roles: of all kinds; only those that say what is stolen are looked at.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    idle = {role for role in roles if role.role in (SOURCE, THEFT_ADDRESS)}
    for table in tables:
        if not idle:
            break
        by_address: dict[str, list[Role]] = defaultdict(list)
        for role in idle:
            by_address[role.address].append(role)
        addresses = sorted(by_address)
        for side in ("from_address", "to_address"):
            which = pc.index_in(table.column(side), value_set=pa.array(addresses, pa.string()))
            there = table.select(["chain", "tx_hash", "block_time"]).append_column("which", which)
            there = there.filter(which.is_valid()).sort_by("which")
            places = there.column("which").to_numpy()
            found, begins, counts = np.unique(places, return_index=True, return_counts=True)
            for place, begin, count in zip(found, begins, counts, strict=True):
                own = there.slice(begin, count)
                idle -= {role for role in by_address[addresses[place]] if _fits(own, role)}
    return [role for role in roles if role in idle]


def told(role: Role) -> str:
    """A theft role in one line."""
    begin, end = (None if time is None else time.isoformat() for time in (role.from_time, role.to_time))
    where = [role.tx_hash, begin and f"from {begin}", end and f"to {end}"]
    return " ".join([role.incident_id, role.role, role.address, *(part for part in where if part)])


def _fits(rows: pa.Table, role: Role) -> bool:
    import pyarrow as pa
    import pyarrow.compute as pc

    kind = pa.timestamp("us", "UTC")
    fits: Any = pc.equal(rows.column("chain"), role.chain)
    if role.tx_hash is not None:
        fits = pc.and_(fits, pc.equal(rows.column("tx_hash"), role.tx_hash))
    if role.from_time is not None:
        fits = pc.and_(fits, pc.greater_equal(rows.column("block_time"), pa.scalar(role.from_time, kind)))
    if role.to_time is not None:
        fits = pc.and_(fits, pc.less_equal(rows.column("block_time"), pa.scalar(role.to_time, kind)))
    return bool(pc.any(fits).as_py())
