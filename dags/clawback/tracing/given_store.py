"""What was read, kept in spans of days: few rows in memory, many on disk until they are asked for.

Layout:
    Rows wait in memory until there are more than `ROWS_IN_MEMORY`; from then on each day has files of its own
    in a folder that goes when the store does. A span is some whole days, in order. Each row has the number
    in which it was taken, in the column `number`.

Invariants:
    Spans are what one ordering of all rows would give: where blocks do not follow the days, or a transaction
    stands in two of them, all rows are one span, in the order in which they were taken.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Final

import numpy as np

from clawback.tracing.columnar.names import Longs, are_different, digests_of
from clawback.tracing.columnar.order import DAY_MICROSECONDS
from clawback.tracing.given_columns import given_schema

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_IN_MEMORY: Final = 1_000_000
NUMBER: Final = "number"


class GivenStore:
    """Rows that were read."""

    def __init__(self) -> None:
        self._waiting: list[pa.Table] = []
        self._count = 0
        self._folder: TemporaryDirectory[str] | None = None
        self._files: dict[int, list[Path]] = defaultdict(list)
        self._rows_of: dict[int, int] = defaultdict(int)
        self._spans: list[list[int]] | None = None

    def add(self, table: pa.Table) -> None:
        """Takes rows, in the order of the files."""
        import pyarrow as pa

        numbers = np.arange(self._count, self._count + table.num_rows)
        self._count += table.num_rows
        self._waiting.append(table.append_column(NUMBER, pa.array(numbers)))
        if sum(one.num_rows for one in self._waiting) > ROWS_IN_MEMORY:
            self._write_days()

    def is_on_disk(self) -> bool:
        """Whether there are more rows than fit in memory."""
        return self._folder is not None

    def finish(self, *, as_one: bool, progress: Callable[[str], None]) -> None:
        """Decides the spans, when all is there.

        Args:
            as_one: whether all rows must be one span.
            progress: told where they must be so for their content.
        """
        if not self.is_on_disk():
            return
        self._write_days()
        if not as_one and not self._days_follow_each_other():
            progress("blocks do not follow the days: all transfers are put in order at once, in memory")
            as_one = True
        self._spans = []
        rows = ROWS_IN_MEMORY + 1
        for day in sorted(self._files):
            if rows + self._rows_of[day] > ROWS_IN_MEMORY and not (as_one and self._spans):
                self._spans.append([])
                rows = 0
            self._spans[-1].append(day)
            rows += self._rows_of[day]

    def __len__(self) -> int:
        """How many spans there are."""
        return 1 if self._spans is None else len(self._spans)

    def span(self, place: int) -> pa.Table:
        """The rows of one span; those of one transaction in the order in which they were taken."""
        import pyarrow as pa

        empty = _schema().empty_table()
        if self._spans is None:
            return pa.concat_tables([empty, *self._waiting])
        files = [file for day in self._spans[place] for file in self._files[day]]
        table = pa.concat_tables([empty, *(_read(file) for file in files)])
        numbers = table.column(NUMBER).to_numpy()
        if len(self._spans) == 1 and (np.diff(numbers) < 0).any():
            # A transaction may stand in two days: the rows are then no longer in order.
            return table.take(pa.array(np.argsort(numbers, kind="stable")))
        return table

    def spans(self) -> Iterator[pa.Table]:
        """All spans, in order."""
        for place in range(len(self)):
            yield self.span(place)

    def replace(self, place: int, table: pa.Table) -> None:
        """Puts other rows in the place of a span."""
        if self._spans is None:
            self._waiting = [table]
            return
        for day in self._spans[place]:
            for file in self._files.pop(day):
                file.unlink()
        self._write_by_day(table)

    def _write_days(self) -> None:
        import pyarrow as pa

        waiting, self._waiting = self._waiting, []
        # Of the last rows of a file, none may be left.
        if any(table.num_rows for table in waiting):
            self._write_by_day(pa.concat_tables(waiting))

    def _write_by_day(self, table: pa.Table) -> None:
        import pyarrow as pa

        days = _days(table)
        order = np.argsort(days, kind="stable")
        begins = np.flatnonzero(np.diff(days[order], prepend=days[order[:1]] - 1))
        table = table.take(pa.array(order))
        for begin, end in zip(begins, np.append(begins[1:], len(days)), strict=True):
            self._write(int(days[order[begin]]), table.slice(begin, end - begin))

    def _write(self, day: int, table: pa.Table) -> None:
        import pyarrow.feather as feather

        if self._folder is None:
            self._folder = TemporaryDirectory(prefix="clawback-trace-")
        file = Path(self._folder.name) / f"{day}-{len(self._files[day])}.arrow"
        feather.write_feather(table, str(file), compression="zstd", compression_level=1)
        self._files[day].append(file)
        self._rows_of[day] = (
            self._rows_of[day] + table.num_rows if len(self._files[day]) > 1 else table.num_rows
        )

    def _days_follow_each_other(self) -> bool:
        highest: dict[str, int] = {}
        hashes: list[Longs] = []
        for day in sorted(self._files):
            present: dict[str, int] = {}
            of_day: list[Longs] = []
            for file in self._files[day]:
                table = _read(file, ["chain", "block_number", "tx_hash"])
                blocks = table.group_by("chain").aggregate([("block_number", "min"), ("block_number", "max")])
                for row in blocks.to_pylist():
                    if row["block_number_max"] is None:
                        continue
                    if row["block_number_min"] <= highest.get(row["chain"], -1):
                        return False
                    present[row["chain"]] = max(present.get(row["chain"], -1), row["block_number_max"])
                of_day.append(digests_of(table.column("tx_hash").combine_chunks()))
            highest |= {chain: max(number, highest.get(chain, -1)) for chain, number in present.items()}
            hashes.append(np.unique(np.concatenate(of_day)))
        # Two transactions of one digest cost no more than memory.
        return are_different(np.concatenate(hashes))


def _schema() -> pa.Schema:
    import pyarrow as pa

    return given_schema().append(pa.field(NUMBER, pa.int64()))


def _days(table: pa.Table) -> Longs:
    import pyarrow as pa

    times = table.column("block_time").cast(pa.int64()).to_numpy()
    days: Longs = times // DAY_MICROSECONDS
    return days


def _read(file: Path, columns: list[str] | None = None) -> pa.Table:
    import pyarrow.feather as feather

    return feather.read_table(str(file), columns=columns)
