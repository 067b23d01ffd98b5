"""Traces given transfers with the compiled engine, and brings what it says to the form of the plain one.

Invariants:
    Flows, holdings and sums are those that `given_run.trace_given` gives, in the same order. What the
    compiled engine does not count is how many holdings it opened.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from clawback.schemas import FLOWS
from clawback.tracing.conservation import violations
from clawback.tracing.engine import Book
from clawback.tracing.fast.all_methods import follow_all
from clawback.tracing.fast.bulk_day import name_of_asset
from clawback.tracing.fast.day_book import ReadDay
from clawback.tracing.fast.flow_files import by_incident, flows_table
from clawback.tracing.fast.records_day import asset_of
from clawback.tracing.fast.results import each_seen, stolen_by_source, sums_seen
from clawback.tracing.fast.tracer import DayFlows, Tracer
from clawback.tracing.fast.wide import to_int
from clawback.tracing.flow_spool import FlowSpool
from clawback.tracing.given_bulk import write_bulk
from clawback.tracing.given_input import Given
from clawback.tracing.given_run import GivenTrace
from clawback.tracing.lots import SummedHolding
from clawback.tracing.methods import Method
from clawback.tracing.records import HoldingKey
from clawback.tracing.said import Said, said_by

if TYPE_CHECKING:
    import pyarrow as pa

PART: Final = 1 << 17
"""Flows that are made text at once."""
HEX: Final = np.frombuffer(b"0123456789abcdef", np.uint8)


@contextmanager
def trace_compiled(given: Given, methods: Sequence[Method], beside: Path) -> Iterator[list[Said]]:
    """Runs the methods in one pass.

    Args:
        given: what was read.
        methods: each with lots of its own.
        beside: a folder on the disk that may fill; what is written there goes when the context ends.

    Yields:
        What each method says; the ledgers of one are gone before those of the next one are made.

    Raises:
        ClawbackError: The compiled engine does not trace some of it.
    """
    with TemporaryDirectory(prefix=".clawback-trace-", dir=beside) as name:
        folder = Path(name)
        incidents = tuple(sorted({role.incident_id for role in given.roles}))
        chain, days = write_bulk(given.transfers.store, folder, given.progress)
        limits = {
            asset_of(asset): units
            for (where, asset), units in given.dust.items()
            if where == chain and (asset == "native" or len(asset) == 42)
        }
        tracers = [Tracer(chain, incidents, given.max_hops, method.name, limits) for method in methods]
        spools: dict[str, FlowSpool] = {}
        for method in methods:
            (folder / f"flows-{method.name}").mkdir()
            spools[method.name] = FlowSpool(folder / f"flows-{method.name}")

        def keep(tracer: Tracer, read: ReadDay, flows: DayFlows) -> None:
            for table in flow_tables(tracer, read, flows):
                spools[tracer.method].add_table(table)

        said = (given.roles, given.labels.labels, keep, given.prices)
        for number, counts in follow_all(folder, range(days), tracers, *said):
            told = ", ".join(f"{method} {count}" for method, count in counts.items())
            given.progress(f"day {number + 1} of {days}: flows {told}")
        # A tracer goes when it has said what it knows.
        yield [_said_by(tracers.pop(0), method, given, spools[method.name]) for method in methods]


def flow_tables(tracer: Tracer, read: ReadDay, flows: DayFlows) -> Iterator[pa.Table]:
    """Flows of a day as rows of the table of flows, by incident, then as they happened."""
    order = by_incident(flows.rows, len(tracer.incidents))
    for first in range(0, len(order), PART):
        part = DayFlows(flows.rows[order[first : first + PART]], flows.endings)
        yield _flow_table(tracer, read, part)


def _flow_table(tracer: Tracer, read: ReadDay, flows: DayFlows) -> pa.Table:
    import pyarrow as pa

    made = flows_table(tracer.incidents, read, flows)
    count, rows = made.num_rows, made.column("row").combine_chunks()
    columns: dict[str, Any] = {name: made.column(name) for name in made.column_names if name in FLOWS.names}
    columns |= {name: _hex_text(column.take(rows)) for name, column in read.addresses.items()}
    columns["tx_hash"] = _hex_text(made.column("tx_hash").combine_chunks())
    for name in ("asset", "converted_asset"):
        assets = made.column(name).combine_chunks()
        names = pa.array([name_of_asset(raw) for raw in assets.dictionary.to_pylist()], pa.string())
        columns[name] = names.take(assets.indices)
    exits = (flows.rows[:, 5] >> np.uint64(16)).astype(np.int64) - 1
    ended = pa.array(exits, mask=exits < 0)
    for name in ("entity", "source", "confidence"):
        said = [None if one.label is None else getattr(one.label, name) for one in flows.endings]
        field = FLOWS.field(f"label_{name}")
        columns[field.name] = pa.array(said, field.type).take(ended)
    fixed = {"method": tracer.method, "chain": tracer.chain, "order_quality": "exact"}
    columns |= {name: pa.repeat(pa.scalar(value), count) for name, value in fixed.items()}
    return pa.table({name: columns[name] for name in FLOWS.names}).cast(FLOWS)


def _hex_text(column: pa.Array) -> pa.Array:
    # 0x and the digits of fixed bytes; unknown stays unknown.
    import pyarrow as pa

    count, size = len(column), column.type.byte_width
    raw = np.frombuffer(column.buffers()[1], np.uint8).reshape(-1, size)
    raw = raw[column.offset : column.offset + count]
    text = np.empty((count, 2 + 2 * size), np.uint8)
    text[:, 0], text[:, 1] = ord("0"), ord("x")
    text[:, 2::2], text[:, 3::2] = HEX[raw >> 4], HEX[raw & 15]
    offsets = np.arange(count + 1, dtype=np.int32) * (2 + 2 * size)
    whole = pa.StringArray.from_buffers(count, pa.py_buffer(offsets), pa.py_buffer(text))
    return pa.compute.if_else(column.is_valid(), whole, pa.scalar(None, pa.string()))


def _said_by(tracer: Tracer, method: Method, given: Given, spool: FlowSpool) -> Said:
    book = Book(method, given.max_hops, given.dust)
    for place, incident in enumerate(tracer.incidents):
        ledger = book.ledger(incident)
        ledger.too_wide = to_int(tracer.too_wide[place])
        ledger.unseen_payments = int(tracer.unseen[place])
    for (incident, asset, measure), amount in sums_seen(tracer).items():
        book.ledgers[incident].sums[tracer.chain, name_of_asset(asset), measure] = amount
    for (incident, asset), amount in stolen_by_source(tracer).items():
        spool.by_source[incident, tracer.chain, name_of_asset(asset)] = amount
    # Many ledgers have the same holdings.
    keys: dict[tuple[bytes, bytes], HoldingKey] = {}
    for (incident, address, asset), lots in each_seen(tracer):
        fresh = (tracer.chain, "0x" + address.hex(), name_of_asset(asset))
        key = keys.setdefault((address, asset), fresh)
        hops = [lot.hop for lot in lots if lot.hop is not None]
        tainted = sum(lot.amount for lot in lots if lot.hop is not None)
        holding = SummedHolding(sum(lot.amount for lot in lots), tainted, min(hops))
        # Nobody pays out of it any more, so nobody need watch it.
        book.ledgers[incident].holdings[key] = holding
    return said_by(GivenTrace(book, spool, set(), violations(book.ordered()), counts_openings=False))
