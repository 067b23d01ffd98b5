"""The table `nft_transfers`: what several sources say about numbered tokens, each transfer once.

Invariants:
    Key (chain, tx_hash, position, part): a log, and the place of a token in it. Sources are given in rank
    order; the first is kept, one that says otherwise is turned away. Where one source alone speaks, its
    columns go through as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any, Final

import numpy as np
import pyarrow as pa

from clawback.chains.evm.tables import texts
from clawback.schemas import NFT_TRANSFERS

Row = dict[str, Any]

TABLE: Final = "nft_transfers"
NO_ROWS: Final = pa.Table.from_batches([], NFT_TRANSFERS)
"""Not by `empty_table`, which imports pandas."""
_EPOCH: Final = date(1970, 1, 1)
_KEY: Final = ("chain", "tx_hash", "position", "part")
_COMPARED: Final = (
    *("block_number", "block_time", "standard", "contract", "from_address", "to_address"),
    *("token_id", "quantity"),
)
_ORDER: Final = ("chain", "block_number", "tx_index", "tx_hash", "position", "part")


def complete(table: pa.Table, source: str, known: date) -> pa.Table:
    """Columns of a source with what only the lake knows, as those of `NFT_TRANSFERS`."""
    if not table.num_rows:
        return NO_ROWS
    days = np.full(table.num_rows, (known - _EPOCH).days, np.int32)
    own = {
        "source": texts([source] * table.num_rows),
        "known_date": pa.Array.from_buffers(pa.date32(), table.num_rows, [None, pa.py_buffer(days)]),
    }
    columns = [own[name] if name in own else table[name] for name in NFT_TRANSFERS.names]
    return pa.Table.from_arrays(columns, schema=NFT_TRANSFERS)


def merge_numbered(tables: Sequence[pa.Table]) -> tuple[pa.Table, list[tuple[Row, str]]]:
    """Put what the sources say together.

    Args:
        tables: of each source, complete, in rank order.

    Returns:
        The transfers in the order of the chain, and what contradicts them with the reason.
    """
    speaking = [table for table in tables if table.num_rows]
    if len(speaking) < 2:
        # Blocks come in order, and so does what is in them.
        return (speaking[0] if speaking else NO_ROWS), []
    rows, rejected = merge_numbered_rows(row for table in speaking for row in table.to_pylist())
    return pa.Table.from_pylist(rows, schema=NFT_TRANSFERS), rejected


def merge_numbered_rows(rows: Iterable[Row]) -> tuple[list[Row], list[tuple[Row, str]]]:
    """The same of rows, in rank order of their sources."""
    kept: dict[tuple[Any, ...], Row] = {}
    rejected: list[tuple[Row, str]] = []
    for row in rows:
        present = kept.setdefault(tuple(row[name] for name in _KEY), row)
        if different := [name for name in _COMPARED if present[name] != row[name]]:
            says = ", ".join(f"{name} {_text(present[name])}" for name in different)
            reason = f"disagrees with {present['source']} about this, which says {says}"
            rejected.append(({name: _text(value) for name, value in row.items()}, reason))
    return sorted(kept.values(), key=lambda row: tuple(row[name] for name in _ORDER)), rejected


class LightNumbered:
    """Rows of sources that give rows, taken in the order of blocks beside those of whole blocks."""

    def __init__(self, rows: Iterable[tuple[str, Row]]) -> None:
        """Take rows with their source, complete with `source` and `known_date`."""
        self._coming: Iterator[tuple[str, Row]] = iter(
            sorted(rows, key=lambda one: int(one[1]["block_number"]))
        )
        self._next = next(self._coming, None)

    def up_to(self, block: int | None) -> dict[str, pa.Table]:
        """By source, rows of blocks up to that one that were not given yet; of all where it is None."""
        found: dict[str, list[Row]] = {}
        while self._next is not None and (block is None or self._next[1]["block_number"] <= block):
            source, row = self._next
            found.setdefault(source, []).append(row)
            self._next = next(self._coming, None)
        return {source: pa.Table.from_pylist(rows, schema=NFT_TRANSFERS) for source, rows in found.items()}


def in_rank_order(found: Mapping[str, Sequence[pa.Table]], rank: Sequence[str]) -> list[pa.Table]:
    """One table for each source, in rank order."""
    return [pa.concat_tables(found[source]) for source in rank if found.get(source)]


def _text(value: Any) -> Any:
    return f"0x{value.hex()}" if isinstance(value, bytes) else value
