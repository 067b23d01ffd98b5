"""Flows on their way to a file: few as records, the rest as columns, on disk where there are many.

Invariants:
    They come out by incident, and each incident's in the order in which they came.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Final

from clawback.parquet import rows_to_table
from clawback.schemas import DAY_FLOWS, FLOWS
from clawback.tracing.flows import Flow
from clawback.tracing.records import SOURCE, HoldingKey
from clawback.tracing.results import day_flow_rows, flow_rows

if TYPE_CHECKING:
    import pyarrow as pa

ROWS_IN_MEMORY: Final = 500_000
ROWS_WAITING: Final = 100_000
"""So many go to the disk at once: there may be a spool for each method."""


class FlowSpool:
    """The flows of one method."""

    def __init__(self, folder: Path | None = None, schema: pa.Schema = FLOWS) -> None:
        """Begins empty.

        Args:
            folder: where flows go when they are many; without it they stay in memory.
            schema: FLOWS, or DAY_FLOWS.
        """
        self._schema = schema
        self.outcomes: Counter[str] = Counter()
        self.by_source: dict[HoldingKey, int] = defaultdict(int)
        """(incident, chain, asset) -> stolen units that rest on the role `source` alone."""
        self._folder = folder
        self._incidents: Counter[str] = Counter()
        self._waiting: list[pa.Table] = []
        self._files: list[Path] = []

    def add(self, flows: Sequence[Flow]) -> None:
        """Takes flows, in any order of incidents."""
        if not flows:
            return
        for flow in flows:
            self._incidents[flow.incident_id] += 1
            self.outcomes[flow.outcome] += 1
            if flow.theft_role == SOURCE:
                self.by_source[flow.incident_id, flow.transfer.chain, flow.transfer.asset] += flow.fresh
        rows = day_flow_rows(flows) if self._schema is DAY_FLOWS else flow_rows(flows)
        self._keep(rows_to_table(rows, self._schema))

    def add_table(self, table: pa.Table) -> None:
        """Takes flows as rows of the table of flows; what rests on one role is for the caller to say."""
        for name, counts in (("incident_id", self._incidents), ("outcome", self.outcomes)):
            for row in table.column(name).value_counts().to_pylist():
                counts[row["values"]] += row["counts"]
        self._keep(table)

    def _keep(self, table: pa.Table) -> None:
        self._waiting.append(table)
        if self._folder is not None and sum(map(len, self._waiting)) >= min(ROWS_WAITING, ROWS_IN_MEMORY):
            self._write()

    def __len__(self) -> int:
        """How many flows there are."""
        return self._incidents.total()

    def tables(self) -> Iterator[pa.Table]:
        """All flows, a part at a time."""
        for incidents in self._together():
            if len(incidents) == 1:
                # However many they are, they lie in order.
                yield from self._of(incidents)
            else:
                yield _by_incident(list(self._of(incidents)))

    def table(self) -> pa.Table:
        """All flows at once."""
        import pyarrow as pa

        return pa.concat_tables([self._schema.empty_table(), *self.tables()])

    def _together(self) -> Iterator[list[str]]:
        those: list[str] = []
        count = 0
        for incident in sorted(self._incidents):
            if those and count + self._incidents[incident] > ROWS_IN_MEMORY:
                yield those
                those, count = [], 0
            those.append(incident)
            count += self._incidents[incident]
        if those:
            yield those

    def _of(self, incidents: list[str]) -> Iterator[pa.Table]:
        import pyarrow as pa
        import pyarrow.compute as pc
        import pyarrow.feather as feather

        wanted = pa.array(incidents, pa.string())
        for part in (*self._files, *self._waiting):
            table = feather.read_table(str(part)) if isinstance(part, Path) else part
            yield table.filter(pc.is_in(table.column("incident_id"), value_set=wanted))

    def _write(self) -> None:
        import pyarrow as pa
        import pyarrow.feather as feather

        if self._folder is not None:
            file = self._folder / f"{len(self._files)}.arrow"
            feather.write_feather(
                pa.concat_tables(self._waiting), str(file), compression="zstd", compression_level=1
            )
            self._files.append(file)
            self._waiting = []


def _by_incident(tables: list[pa.Table]) -> pa.Table:
    import numpy as np
    import pyarrow as pa

    table = pa.concat_tables(tables)
    _, places = np.unique(table.column("incident_id").to_pylist(), return_inverse=True)
    return table.take(pa.array(np.argsort(places, kind="stable")))
