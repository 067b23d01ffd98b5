"""The trace step: one partition per method and day, each made of the day before and that day's tables.

Layout:
    trace/<method>/dt=D/<hash>/{state,flows,holdings,totals,nets}.parquet, then the manifest. The hash covers
    the code version, the method, its limits, the hash of the day before, and the bytes of the tables read:
    so a table that changes on day D gives new partitions from D on, and nothing before it is touched. A
    folder without a manifest is a day that never finished; it is made again.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from clawback.context import RunContext
from clawback.days import parse_day
from clawback.hashing import short_hash
from clawback.lake.partition import MANIFEST_NAME, manifest_key, read_manifest, read_part, write_partition
from clawback.parquet import read_table, rows_to_table, table_to_bytes
from clawback.schemas import FLOWS, HOLDINGS, TOTALS
from clawback.tracing.conservation import require_conserved
from clawback.tracing.day_inputs import DayInputs, read_inputs
from clawback.tracing.engine import Book, reachable, trace_transactions
from clawback.tracing.methods import Method, method_named
from clawback.tracing.nets import Nets, read_balances
from clawback.tracing.order import order_by_day
from clawback.tracing.records import HoldingKey, Transfer
from clawback.tracing.results import flow_rows, holding_rows, total_rows
from clawback.tracing.sinks import Endings
from clawback.tracing.state import restore, state_rows, state_schema
from clawback.tracing.thefts import Thefts

if TYPE_CHECKING:
    import pyarrow as pa

CODE_VERSION: Final = "1"
"""Raised whenever the same inputs may give other figures."""

METHOD: Final = "fifo"


def trace_day(ctx: RunContext, tables_key: str) -> str:
    """Traces a day, and every earlier day of its chain that is not traced yet.

    Args:
        ctx: settings, lake and progress.
        tables_key: key of the day's record.

    Returns:
        Key of the trace's manifest.

    Raises:
        ClawbackError: Unknown method, a table that is not whole, or figures that are not conserved.
    """
    run = _Run(ctx, method_named(METHOD))
    for name in ctx.settings.tracing.methods:
        method_named(name)
    waiting: list[tuple[str, dict[str, Any]]] = []
    key: str | None = tables_key
    trace_key: str | None = None
    while key is not None:
        record = json.loads(ctx.lake.read(key))
        trace_key = run.find(record["day"], key)
        if trace_key is not None:
            break
        waiting.append((key, record))
        key = record["previous"]
    for key, record in reversed(waiting):
        trace_key = run.trace(key, record, trace_key)
    if trace_key is None:
        raise AssertionError("a chain of days has at least one day")
    return trace_key


@dataclass
class _Run:
    ctx: RunContext
    method: Method
    previous_of: dict[str, str | None] = field(default_factory=dict)

    @property
    def rank(self) -> list[str]:
        return [source.name for source in self.ctx.settings.enabled_sources]

    def rules(self) -> dict[str, Any]:
        max_hops = self.ctx.settings.tracing.max_hops
        return {"code_version": CODE_VERSION, "method": self.method.name, "max_hops": max_hops}

    def find(self, day: str, tables_key: str) -> str | None:
        """A finished trace of exactly this record under exactly these rules.

        A record names the one before it, so all earlier inputs are the same too. A trace that an equal day of
        another record left is not found here, but met by its hash in `trace`.
        """
        lake = self.ctx.lake
        for key in lake.list(f"trace/{self.method.name}/dt={day}/"):
            if not key.endswith(f"/{MANIFEST_NAME}"):
                continue
            meta = read_manifest(lake, key).meta
            if (meta["tables_key"], meta["rules"], meta["label_rank"]) == (
                tables_key,
                self.rules(),
                self.rank,
            ):
                return key
        return None

    def trace(self, tables_key: str, record: dict[str, Any], previous: str | None) -> str:
        """Traces one day after the one before it, unless a trace of equal inputs is there."""
        lake, day = self.ctx.lake, record["day"]
        inputs = read_inputs(lake, record)
        labels = inputs.labels(self.rank)
        asked = {label.source for label in labels}
        identity = {
            **self.rules(),
            # Rank decides between labels of equal confidence, and only between sources that have labels.
            "label_sources": [source for source in self.rank if source in asked],
            "previous": None if previous is None else previous.split("/")[-2],
            "tables": inputs.content(),
        }
        prefix = f"trace/{self.method.name}/dt={day}/{short_hash(identity)}"
        key = manifest_key(prefix)
        if lake.exists(key):
            return key
        transfers = inputs.transfers()
        tables, facts = self._tables(parse_day(day), inputs, transfers, previous, key)
        meta = {
            "day": day,
            "rules": self.rules(),
            "label_rank": self.rank,
            "tables_key": tables_key,
            "previous": previous,
            "inputs": {name: manifest.key for name, manifest in inputs.manifests.items()},
            "transfers": len(transfers),
            "transfers_ordered_by_time": sum(row.order_quality == "time" for row in transfers),
            **facts,
        }
        files = {f"{name}.parquet": table_to_bytes(table) for name, table in tables.items()}
        rows = {f"{name}.parquet": table.num_rows for name, table in tables.items()}
        self.ctx.progress(
            f"trace {day}: {len(transfers)} transfers, {rows['flows.parquet']} with stolen units"
        )
        return write_partition(lake, prefix, files, meta, rows)

    def _tables(
        self, day: date, inputs: DayInputs, transfers: list[Transfer], previous: str | None, key: str
    ) -> tuple[dict[str, pa.Table], dict[str, Any]]:
        book = self._book(previous)
        roles = inputs.roles()
        transactions = order_by_day(transfers)
        starts = self._start_balances(book, reachable(book.watch, transactions, Thefts(roles)), previous)
        nets = Nets()
        endings = Endings(inputs.labels(self.rank), roles, day)
        flows = trace_transactions(book, transactions, endings, roles, nets, starts.__getitem__)
        ledgers = book.ordered()
        require_conserved(ledgers, key)
        frozen = {(item.chain, item.address, item.asset) for item in inputs.freezes() if item.day <= day}
        tables = {
            "state": rows_to_table(state_rows(ledgers), state_schema()),
            "flows": rows_to_table(flow_rows(flows), FLOWS),
            "holdings": rows_to_table(holding_rows(ledgers, frozen), HOLDINGS),
            "totals": rows_to_table(total_rows(ledgers, frozen), TOTALS),
            "nets": nets.table(),
        }
        facts = {
            "conserved": True,
            "unseen_inflows": sum(ledger.unseen_payments for ledger in ledgers),
            "units_too_wide": str(sum(ledger.too_wide for ledger in ledgers)),
        }
        return tables, facts

    def _book(self, previous: str | None) -> Book:
        book = Book(self.method, self.ctx.settings.tracing.max_hops)
        if previous is not None:
            manifest = read_manifest(self.ctx.lake, previous)
            restore(
                book,
                read_table(read_part(self.ctx.lake, manifest.part("state.parquet")), state_schema()),
                read_table(read_part(self.ctx.lake, manifest.part("totals.parquet")), TOTALS),
            )
        return book

    def _start_balances(
        self, book: Book, wanted: set[HoldingKey], previous: str | None
    ) -> dict[HoldingKey, int]:
        starts = {
            key: holding.amount
            for ledger in book.ledgers.values()
            for key, holding in ledger.holdings.items()
        }
        missing = wanted - starts.keys()
        files: list[Path] = []
        key = previous
        while missing and key is not None:
            files.append(self.ctx.lake.local_path(f"{key.removesuffix(MANIFEST_NAME)}nets.parquet"))
            if key not in self.previous_of:
                self.previous_of[key] = read_manifest(self.ctx.lake, key).meta["previous"]
            key = self.previous_of[key]
        return starts | dict(read_balances(files[::-1], missing))
