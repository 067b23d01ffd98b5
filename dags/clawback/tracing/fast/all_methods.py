"""Traces a folder of bulk days under several methods in one pass.

Method:
    A day is read once. Its index, what case files and labels say of it, and the balances that holdings had
    before it are the same for all methods; each method then works it off with lots of its own, two of them at
    the same time, and its flows are written while the next one is at work.

Layout:
    `flows-METHOD-NNNNN.parquet`, each as the files of `bulk`.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from pathlib import Path
from queue import SimpleQueue
from typing import Final

from clawback.errors import ClawbackError
from clawback.tracing.conservation import refuse
from clawback.tracing.exchanges import Prices
from clawback.tracing.fast.balances import read_openings
from clawback.tracing.fast.conserved import violations
from clawback.tracing.fast.day_book import DayBook, ReadDay, read_day
from clawback.tracing.fast.flow_files import by_incident, flows_table
from clawback.tracing.fast.tracer import DayFlows, SharedDay, Tracer, share_day
from clawback.tracing.methods import METHODS
from clawback.tracing.records import Label, Role

LANES: Final = 2
"""Methods at work at the same time: each holds the queues of a whole day, and poison alone is half of all."""
Keep = Callable[[Tracer, ReadDay, DayFlows], None]
PART: Final = 1 << 17
"""Flows that are made a table at once. Memory of this size is used again for the next ones; more of it would
be asked of the system each time, which must wipe it: under poison that cost more than the writing."""


def flows_file(out: Path, method: str, day: int) -> Path:
    """Where the flows of a day under a method are."""
    return out / f"flows-{method}-{day:05d}.parquet"


def write_in_parts(incidents: Sequence[str], read: ReadDay, flows: DayFlows, file: Path) -> None:
    """Writes the flows of a day by incident, then as they happened, some of them at a time."""
    import pyarrow.parquet as pq

    order = by_incident(flows.rows, len(incidents))
    table = flows_table(incidents, read, DayFlows(flows.rows[order[:PART]], flows.endings))
    names = ["incident_id", "asset", "outcome", "theft_role", "block_number", "block_time", "hop"]
    with pq.ParquetWriter(
        file, table.schema, compression="zstd", compression_level=1, use_dictionary=names
    ) as writer:
        writer.write_table(table)
        for first in range(PART, len(order), PART):
            part = DayFlows(flows.rows[order[first : first + PART]], flows.endings)
            writer.write_table(flows_table(incidents, read, part))


def _trace_with(tracer: Tracer, free_days: SimpleQueue[SharedDay]) -> DayFlows:
    shared = free_days.get()
    try:
        return tracer.trace_shared(shared)
    finally:
        free_days.put(shared)


def trace_all(
    folder: Path,
    days: Iterable[int],
    tracers: Sequence[Tracer],
    roles: Sequence[Role],
    labels: Sequence[Label],
    out: Path,
) -> Iterator[tuple[int, dict[str, int]]]:
    """Traces days in order and writes their flows to a folder; see `follow_all`."""

    def keep(tracer: Tracer, read: ReadDay, flows: DayFlows) -> None:
        write_in_parts(tracer.incidents, read, flows, flows_file(out, tracer.method, read.number))

    yield from follow_all(folder, days, tracers, roles, labels, keep)


def follow_all(
    folder: Path,
    days: Iterable[int],
    tracers: Sequence[Tracer],
    roles: Sequence[Role],
    labels: Sequence[Label],
    keep: Keep,
    prices: Mapping[date, Prices] | None = None,
    created_by: Mapping[tuple[str, str], str] | None = None,
) -> Iterator[tuple[int, dict[str, int]]]:
    """Traces days in order; gives each day and how many flows it has under each method.

    Args:
        folder: of the bulk table.
        days: numbers, one after the other.
        tracers: one a method, of the same chain and incidents; their states are those of the day before the
            first, and changed in place.
        roles: of the tracers' incidents.
        labels: of services.
        keep: given the flows of each day and method, one after the other, on a thread of their own. It has
            had those of the last day when the iterator has ended.
        prices: by day, USD of a base unit; they prove exchanges.
        created_by: (chain, address) -> the factory that created it.

    Raises:
        ClawbackError: The tracers are of different chains, incidents or days, or a unit was lost or made.
    """
    if len({(tracer.chain, tracer.incidents, tracer.days) for tracer in tracers}) != 1:
        raise ClawbackError(
            "the methods to trace in one pass do not stand at the same place",
            where=", ".join(tracer.method for tracer in tracers),
            remedy="use states of the same chain, incidents and day",
        )
    numbers = list(days)
    lanes = min(LANES, len(tracers), os.cpu_count() or 1)
    with (
        ThreadPoolExecutor(1) as reader,
        ThreadPoolExecutor(1) as writer,
        ThreadPoolExecutor(lanes) as workers,
    ):
        coming = reader.submit(read_day, folder, numbers[0])
        writing: Future[None] | None = None
        for place, number in enumerate(numbers):
            read = coming.result()
            if place + 1 < len(numbers):
                coming = reader.submit(read_day, folder, numbers[place + 1])
            openings = read_openings(folder, number)
            head = tracers[0]
            book = DayBook(head.chain, read)
            said = (roles, labels, openings, (prices or {}).get(read.day), created_by)
            shared = share_day(head.chain, head.incidents, read.day, read.index, book, *said)
            free_days: SimpleQueue[SharedDay] = SimpleQueue()
            for lane in range(lanes):
                free_days.put(shared if lane == 0 else shared.apart())
            # The last methods take longest: poison is half of all, and must not be waited for at the end.
            made = {
                tracer.method: workers.submit(_trace_with, tracer, free_days)
                for tracer in sorted(tracers, key=lambda tracer: -list(METHODS).index(tracer.method))
            }
            counts: dict[str, int] = {}
            for tracer in tracers:
                flows = made.pop(tracer.method).result()
                refuse(violations(tracer), f"{tracer.method}, day {number} of {folder}")
                if writing is not None:
                    writing.result()
                writing = writer.submit(keep, tracer, read, flows)
                counts[tracer.method] = len(flows.rows)
            yield number, counts
        if writing is not None:
            writing.result()
