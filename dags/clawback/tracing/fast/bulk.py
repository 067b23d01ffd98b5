"""Traces a folder of bulk days: reads the next day while the kernel works on this one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date
from pathlib import Path

from clawback.tracing.exchanges import Prices
from clawback.tracing.fast.balances import read_run, runs_before
from clawback.tracing.fast.day_book import DayBook, ReadDay, read_day
from clawback.tracing.fast.flow_files import flows_table, write_flows
from clawback.tracing.fast.tracer import Tracer
from clawback.tracing.records import Label, Role

__all__ = ["DayBook", "ReadDay", "flows_table", "read_day", "trace_folder", "write_flows"]


def trace_folder(
    folder: Path,
    days: Iterable[int],
    tracer: Tracer,
    roles: Sequence[Role],
    labels: Sequence[Label],
    out: Path,
    prices: Mapping[date, Prices] | None = None,
    created_by: Mapping[tuple[str, str], str] | None = None,
) -> Iterator[tuple[int, int]]:
    """Traces days in order; gives (day, flows) when the flows of a day are written.

    Args:
        folder: of the bulk table.
        days: numbers, one after the other.
        tracer: its state is that of the day before the first; changed in place.
        roles: of the tracer's incidents.
        labels: of services.
        out: where flows go (see `flow_files`).
        prices: by day, USD of a base unit; they prove exchanges.
        created_by: (chain, address) -> the factory that created it.
    """
    numbers = list(days)
    with ThreadPoolExecutor(1) as reader, ThreadPoolExecutor(1) as writer:
        coming = reader.submit(read_day, folder, numbers[0])
        writing: Future[None] | None = None
        for place, number in enumerate(numbers):
            read = coming.result()
            if place + 1 < len(numbers):
                coming = reader.submit(read_day, folder, numbers[place + 1])
            runs = [read_run(folder, last, span) for last, span in runs_before(number)]
            book, of_day = DayBook(tracer.chain, read), (prices or {}).get(read.day)
            flows = tracer.trace_day(read.day, read.index, book, roles, labels, runs, of_day, created_by)
            if writing is not None:
                writing.result()
            writing = writer.submit(write_flows, tracer.incidents, read, flows, out)
            yield number, len(flows.rows)
        if writing is not None:
            writing.result()
