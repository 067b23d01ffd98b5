"""Traces a folder of bulk days under one method."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path

from clawback.tracing.exchanges import Prices
from clawback.tracing.fast.all_methods import follow_all
from clawback.tracing.fast.day_book import DayBook, ReadDay, read_day
from clawback.tracing.fast.flow_files import flows_table, write_flows
from clawback.tracing.fast.tracer import DayFlows, Tracer
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

    Raises:
        ClawbackError: A unit was lost or made.
    """

    def keep(tracer: Tracer, read: ReadDay, flows: DayFlows) -> None:
        write_flows(tracer.incidents, read, flows, out)

    for number, counts in follow_all(folder, days, [tracer], roles, labels, keep, prices, created_by):
        yield number, counts[tracer.method]
