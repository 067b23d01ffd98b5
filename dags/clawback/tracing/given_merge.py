"""Puts the rows of several files together, transaction by transaction, and counts what they are worth.

Method:
    Most transactions need nothing: their rows have true positions of their own. Where two rows have one
    position, or some have none, the rows of that transaction go through the merge that the tables step uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from clawback.tables.transfers import merge_transfers
from clawback.tracing.columnar.hashes import Hashes
from clawback.tracing.columnar.names import Longs, numbered
from clawback.tracing.given_columns import table_of
from clawback.tracing.given_store import NUMBER

if TYPE_CHECKING:
    import pyarrow as pa

CONTENT: Final = ("chain", "tx_hash", "kind", "from_address", "to_address", "asset", "amount", "block_time")
"""What makes a row that names no place of its own a repetition of another."""


@dataclass
class Coverage:
    """What the rows are, counted span by span."""

    transfers: int = 0
    ordered_by_time: int = 0
    repeated_rows: int = 0
    rows_counted_once: int = 0
    """Rows that were left out because another one says the same transfer."""
    first_time: datetime | None = None
    last_time: datetime | None = None
    without_block: int = 0

    def count(self, table: pa.Table) -> None:
        """Adds the rows of a span, put together."""
        import pyarrow.compute as pc

        if not table.num_rows:
            return
        self.transfers += table.num_rows
        by_time = table.filter(pc.equal(table.column("order_quality"), "time"))
        self.ordered_by_time += by_time.num_rows
        # A row that names its own place is no repetition of another that says the same.
        contents = by_time.select(CONTENT).group_by(list(CONTENT)).aggregate([([], "count_all")])
        self.repeated_rows += by_time.num_rows - contents.num_rows
        times = pc.min_max(table.column("block_time")).as_py()
        self.first_time = min(times["min"], self.first_time or times["min"])
        self.last_time = max(times["max"], self.last_time or times["max"])
        self.without_block += table.column("block_number").null_count


def put_together(
    table: pa.Table, files: Sequence[str]
) -> tuple[pa.Table, list[tuple[int, str, str]], list[int]]:
    """Merges the rows of a span.

    Args:
        table: of a store.
        files: names by number.

    Returns:
        The rows that stay; of each that contradicts another its number, its file and what it says; and per
        file how many rows say what another one had said.
    """
    import pyarrow as pa

    group = _transactions(table)
    table, group, torn = _in_one_block(table, group, files)
    knotty = _knotty(table, group)
    if not knotty.any():
        return table, torn, [0] * len(files)
    rows = table.filter(pa.array(knotty)).to_pylist()
    by_file: list[tuple[str, list[dict[str, Any]]]] = [(name, []) for name in files]
    for row in rows:
        by_file[row["file"]][1].append(
            {**row, "amount": int(row["amount"]), "_positioned": row["positioned"]}
        )
    merged, rejected = merge_transfers(by_file)
    # Of rows that say the same the first stays, under its own number.
    stays = {row[NUMBER] for row in merged} | {row[NUMBER] for _, row, _ in rejected}
    said_before = [sum(row[NUMBER] not in stays for row in of_file) for _, of_file in by_file]
    contradicting = [
        (row[NUMBER], file, f"{row['tx_hash']} position {row['position']}: {reason}")
        for file, row, reason in rejected
    ]
    kept = table.filter(pa.array(~knotty))
    numbers = pa.array([row[NUMBER] for row in merged], pa.int64())
    made = table_of(merged, 0).append_column(NUMBER, numbers)
    return pa.concat_tables([kept, made]).cast(table.schema), [*torn, *contradicting], said_before


def _transactions(table: pa.Table) -> Longs:
    """Numbers the transactions of the rows, in the order of their first digests."""
    _, (chain,) = numbered(table.column("chain"))
    hashes = Hashes()
    for text in table.column("tx_hash").chunks:
        hashes.add(text)
    group = hashes.groups(chain)
    order = np.argsort(group, kind="stable")
    group[order] = np.cumsum(np.diff(group[order], prepend=group[order[:1]]) != 0)
    return group


def _in_one_block(
    table: pa.Table, group: Longs, files: Sequence[str]
) -> tuple[pa.Table, Longs, list[tuple[int, str, str]]]:
    """Leaves out rows that put a transaction into another block than its first row does.

    A chain that was rewritten may have both versions of a transaction in a file: they moved the units once.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    block: Longs = pc.fill_null(table.column("block_number"), -1).to_numpy()
    order = np.argsort(group, kind="stable")
    one, other = order[:-1], order[1:]
    if not ((group[one] == group[other]) & (block[one] != block[other])).any():
        return table, group, []
    named = np.flatnonzero(block >= 0)
    number: Longs = table.column(NUMBER).to_numpy()
    by_place = named[np.lexsort((number[named], group[named]))]
    begins = np.flatnonzero(np.diff(group[by_place], prepend=-1))
    first = np.full(int(group.max()) + 1, -1, np.int64)
    first[group[by_place[begins]]] = block[by_place[begins]]
    wrong = (block >= 0) & (block != first[group])
    if not wrong.any():
        return table, group, []
    found = [
        (
            row[NUMBER],
            files[row["file"]],
            f"{row['tx_hash']} stands in block {before} and here in block {row['block_number']}",
        )
        for row, before in zip(
            table.filter(pa.array(wrong)).to_pylist(), first[group[wrong]].tolist(), strict=True
        )
    ]
    return table.filter(pa.array(~wrong)), group[~wrong], found


def _knotty(table: pa.Table, group: Longs) -> Any:
    # Rows of transactions in which a place is taken twice, or not known.
    several = np.bincount(group, minlength=1)[group] > 1
    those = np.flatnonzero(several)
    if not len(those):
        return several
    _, (kind,) = numbered(table.column("kind"))
    position: Longs = table.column("position").to_numpy()
    names = np.stack([group[those], kind[those].astype(np.int64), position[those]])
    by_name = np.lexsort(names[::-1])
    taken = np.zeros(len(those), bool)
    taken[by_name[1:]] = (names[:, by_name[1:]] == names[:, by_name[:-1]]).all(axis=0)
    loose = ~table.column("positioned").to_numpy()[those]
    knots = np.zeros(int(group.max()) + 1, bool)
    knots[group[those[taken | loose]]] = True
    return knots[group]
