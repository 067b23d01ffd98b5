"""The tables of a day of which some chains come as columns: written while they are read.

Invariants:
    Rows are those, and in the order, that `tables.merge` gives where every source gives rows. In memory are
    some blocks, a row group of each file, the rows of other sources, and some of what is turned away.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa

from clawback.parquet import GrowingFile, rows_to_table
from clawback.schemas import QUARANTINE, TABLES
from clawback.tables.numbered import TABLE as NUMBERED
from clawback.tables.turned_away import TurnedAway
from clawback.tables.windows import BlockSource, Window, windows

if TYPE_CHECKING:
    from clawback.tables.merge import SourceDay

Row = dict[str, Any]

STREAMED: Final = ("transfers", "chain_events", "nft_transfers")
"""Tables that whole blocks have rows of."""


@dataclass
class ChainDay:
    """One day's sources of whole blocks, and what the other sources say of their chains."""

    blocks: Sequence[BlockSource]
    rank: Sequence[str]
    day: date
    is_first: bool
    wrapped: frozenset[tuple[str, str]]
    """(chain, contract) of every chain's own coin in token form."""
    light: dict[str, list[tuple[str, Row]]] = field(default_factory=dict)
    """By table, rows of other sources that are about these chains."""

    @property
    def chains(self) -> list[str]:
        """Chains that come as columns, ascending."""
        return sorted({one.parts.chain for one in self.blocks})

    def take_from(self, days: Sequence[SourceDay]) -> None:
        """Take from rows of other sources what is about these chains; they must be in rank order."""
        chains = set(self.chains)
        for table in STREAMED:
            taken = self.light.setdefault(table, [])
            for one in days:
                rows = one.found.rows.get(table, [])
                own = {"source": one.source, "known_date": one.known}
                taken += [(one.source, {**row, **own}) for row in rows if row["chain"] in chains]
                if rows:
                    one.found.rows[table] = [row for row in rows if row["chain"] not in chains]

    def windows(self, chain: str) -> Iterator[Window]:
        """One chain's blocks, merged. Raises BrokenPart."""
        of_chain = {
            table: [(source, row) for source, row in self.light.get(table, []) if row["chain"] == chain]
            for table in STREAMED
        }
        sources = [one for one in self.blocks if one.parts.chain == chain]
        transfers, events, numbered = (of_chain[table] for table in STREAMED)
        return windows(
            *(sources, self.rank, transfers, events, numbered, self.day, self.wrapped), is_first=self.is_first
        )


def write_chain_day(
    chain_day: ChainDay, merged: Mapping[str, list[Row]], wanted: Collection[str], folder: Path
) -> dict[str, tuple[Path, int]]:
    """Write the streamed tables that are wanted, and with them all quarantined records.

    Args:
        chain_day: given the other sources' rows before.
        merged: what `merge_day` made of the other rows.
        wanted: names of tables.
        folder: of this call alone.

    Returns:
        Files with their rows, by table; `quarantine` only where it is wanted.

    Raises:
        BrokenPart: a landed part cannot be used.
    """
    turned_away = TurnedAway(folder)
    turned_away.add(rows_to_table(merged["quarantine"], QUARANTINE))
    rest = {table: _by_chain(merged[table]) for table in STREAMED}
    chains = sorted({*chain_day.chains, *(chain for rows in rest.values() for chain in rows)})
    with ExitStack() as stack:
        files = {
            table: stack.enter_context(GrowingFile(folder / f"{table}.parquet", TABLES[table]))
            for table in STREAMED
            if table in wanted
        }
        for chain in chains:
            if chain in chain_day.chains:
                for window in chain_day.windows(chain):
                    found = {
                        "transfers": window.transfers,
                        "chain_events": window.events,
                        NUMBERED: window.numbered,
                    }
                    for table, file in files.items():
                        file.add(found[table])
                    if "quarantine" in wanted:
                        turned_away.add(_turned_away(window))
                    del window, found  # not while the next blocks are read
            else:
                for table, file in files.items():
                    file.add(rows_to_table(rest[table].get(chain, []), TABLES[table]))
        for file in files.values():
            file.close()
    written = {table: (file.path, file.rows) for table, file in files.items()}
    if "quarantine" in wanted:
        path = folder / "quarantine.parquet"
        written["quarantine"] = (path, turned_away.write(path))
    return written


def _by_chain(rows: Sequence[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in rows:
        found.setdefault(row["chain"], []).append(row)
    return found


def _turned_away(window: Window) -> pa.Table:
    from clawback.tables.rejected import quarantine_row, rejected_row

    return rows_to_table(
        [
            *(rejected_row(table, source, row, reason) for table, source, row, reason in window.rejected),
            *(quarantine_row(source, part, record) for source, part, record in window.quarantined),
        ],
        QUARANTINE,
    )
