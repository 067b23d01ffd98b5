"""The trace step: one partition per method and day, each made of the day before and that day's tables.

Layout:
    trace/<method>/dt=D/<hash>/{state,flows,holdings,totals,facts}.parquet, then the manifest. The hash
    covers the code version, the method, its limits, the hash of the day before, and the bytes of the tables
    read: so a table that changes on day D gives new partitions from D on, and nothing before it is touched. A
    folder without a manifest is a day that never finished; it is made again.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from clawback.context import RunContext
from clawback.days import parse_day
from clawback.hashing import short_hash
from clawback.lake.partition import MANIFEST_NAME, manifest_key, read_manifest, read_part, write_partition
from clawback.parquet import read_table, rows_to_table, table_to_bytes
from clawback.schemas import DAY_FLOWS, HOLDINGS, TOTALS
from clawback.tracing.chain_facts import ChainFacts, factories_of, facts_schema, read_facts
from clawback.tracing.columnar.holdings import holdings_of
from clawback.tracing.columnar.reach import Scene, Touched, balances_to_see, scene_of
from clawback.tracing.columnar.runs import StartBalances, batches_of
from clawback.tracing.columnar.transfers import columns_of
from clawback.tracing.conservation import require_conserved
from clawback.tracing.day_inputs import DayInputs, dust_limits, read_inputs
from clawback.tracing.engine import Book, Day, trace_transactions
from clawback.tracing.exchanges import Market
from clawback.tracing.flow_spool import FlowSpool
from clawback.tracing.flows import Flow, one_per_transfer
from clawback.tracing.kept_nets import keep_nets, nets_before, runs_of
from clawback.tracing.methods import Method, method_named
from clawback.tracing.records import HoldingKey
from clawback.tracing.results import holding_rows, total_rows
from clawback.tracing.seen import BalanceChecks
from clawback.tracing.sinks import Endings
from clawback.tracing.state import restore, state_rows, state_schema

if TYPE_CHECKING:
    import pyarrow as pa

CODE_VERSION: Final = "7"
"""Raised whenever the same inputs may give other figures."""

METHOD: Final = "fifo"
"""The method of the daily table; always traced."""


def trace_day(ctx: RunContext, tables_key: str) -> str:
    """Traces a day under all methods of the settings; gives the manifest that the daily table is made of."""
    return trace_methods(ctx, tables_key)[METHOD]


def trace_methods(ctx: RunContext, tables_key: str) -> dict[str, str]:
    """Traces a day, and every earlier untraced day of its chain, under all methods of the settings.

    Args:
        ctx: settings, lake and progress.
        tables_key: key of the day's record.

    Returns:
        Method -> key of the manifest of its trace.

    Raises:
        ClawbackError: Unknown method, a table that is not whole, or figures that are not conserved.
    """
    names = dict.fromkeys((METHOD, *ctx.settings.tracing.methods))
    run = _Run(ctx, [method_named(name) for name in names])
    waiting: list[tuple[str, dict[str, Any]]] = []
    key: str | None = tables_key
    found: Keys = dict.fromkeys(names)
    while key is not None:
        record = json.loads(ctx.lake.read(key))
        found = {name: run.find(name, record["day"], key) for name in names}
        if all(found.values()):
            break
        waiting.append((key, record))
        key = record["previous"]
    else:
        found = dict.fromkeys(names)
    for key, record in reversed(waiting):
        found = run.trace(key, record, found)
    return {name: newest for name, newest in found.items() if newest is not None}


Keys = dict[str, str | None]
"""Method -> key of the manifest of its trace; none before the first day."""


@dataclass
class _Run:
    ctx: RunContext
    methods: list[Method]

    @property
    def rank(self) -> list[str]:
        return [source.name for source in self.ctx.settings.enabled_sources]

    def rules(self, name: str) -> dict[str, Any]:
        tracing = self.ctx.settings.tracing
        rules = {"code_version": CODE_VERSION, "method": name, "max_hops": tracing.max_hops}
        if method_named(name).cuts_dust:
            rules["dust"] = dict(sorted(tracing.dust.items()))
        return rules

    def find(self, name: str, day: str, tables_key: str) -> str | None:
        """A finished trace of exactly this record under exactly these rules.

        A record names the one before it, so all earlier inputs are the same too. A trace that an equal day of
        another record left is not found here, but met by its hash in `trace`.
        """
        lake = self.ctx.lake
        for key in lake.list(f"trace/{name}/dt={day}/"):
            if not key.endswith(f"/{MANIFEST_NAME}"):
                continue
            meta = read_manifest(lake, key).meta
            if (meta["tables_key"], meta["rules"], meta["label_rank"]) == (
                tables_key,
                self.rules(name),
                self.rank,
            ):
                return key
        return None

    def trace(self, tables_key: str, record: dict[str, Any], previous: Keys) -> Keys:
        """Traces one day after the one before it, under each method that has no trace of equal inputs."""
        lake, day = self.ctx.lake, record["day"]
        inputs = read_inputs(lake, record)
        asked = {label.source for label in inputs.labels(self.rank)}
        keys: Keys = {}
        wanted: list[Method] = []
        for method in self.methods:
            before = previous[method.name]
            identity = {
                **self.rules(method.name),
                # Rank decides between labels of equal confidence, and only between sources that have labels.
                "label_sources": [source for source in self.rank if source in asked],
                "previous": None if before is None else before.split("/")[-2],
                "tables": inputs.content(),
            }
            keys[method.name] = manifest_key(f"trace/{method.name}/dt={day}/{short_hash(identity)}")
            if not lake.exists(keys[method.name] or ""):
                wanted.append(method)
        if wanted:
            self._make(tables_key, record, inputs, wanted, previous, keys)
        return keys

    def _make(
        self,
        tables_key: str,
        record: dict[str, Any],
        inputs: DayInputs,
        methods: list[Method],
        previous: Keys,
        keys: Keys,
    ) -> None:
        lake, day = self.ctx.lake, record["day"]
        # First of all: where nets of earlier days are missing, each takes the room of a day.
        nets_yesterday = nets_before(lake, record["previous"])
        columns = columns_of(inputs.transfers())
        holdings = holdings_of(columns)
        with ThreadPoolExecutor(1) as beside:
            # What is written does not depend on the trace, nor the trace on it.
            transfers, sums = inputs.content()["transfers"], lambda: batches_of(columns, holdings)
            kept = beside.submit(keep_nets, lake, tables_key, day, transfers, nets_yesterday, sums)
            scene = scene_of(columns, holdings, inputs.roles())
            start = StartBalances(runs_of(lake, nets_yesterday))
            books = [self._book(method, previous[method.name]) for method in methods]
            facts = self._facts(previous[methods[0].name])
            spools = self._trace(day, inputs, scene, start, books, facts)
            kept.result()
        frozen = facts.frozen(inputs.freezes(), parse_day(day))
        for book, found in zip(books, spools, strict=True):
            key = keys[book.method.name] or ""
            require_conserved(book.ordered(), key)
            meta = {
                "day": day,
                "rules": self.rules(book.method.name),
                "label_rank": self.rank,
                "tables_key": tables_key,
                "previous": previous[book.method.name],
                "inputs": {name: manifest.key for name, manifest in inputs.manifests.items()},
                "transfers": len(columns.kind),
                "transfers_ordered_by_time": columns.ordered_by_time(),
            }
            self._write(key, book, found, {"facts": facts.table()}, frozen, meta)

    def _trace(
        self,
        day: str,
        inputs: DayInputs,
        scene: Scene,
        start: StartBalances,
        books: list[Book],
        facts: ChainFacts,
    ) -> list[FlowSpool]:
        """Traces a day; changes books and facts, and gives the flows of each book."""
        columns, roles, labels = scene.columns, inputs.roles(), inputs.labels(self.rank)
        facts.learn(inputs.events(), factories_of(labels))
        scene.names.know(list(facts.balances))
        for holding, amount in facts.balances.items():
            scene.balances.fix(holding, amount)
        endings = Endings(labels, roles, parse_day(day))
        market = Market(endings, inputs.prices(), facts.created_by, roles)
        seen = inputs.balances()
        checks = BalanceChecks(seen)
        today = Day(endings, market, roles, scene.balances, start, checks)
        must_see = columns.has_outpoints() | balances_to_see(columns, seen)
        touched = Touched(scene, books, 0, len(columns), must_see)
        spools = [FlowSpool(schema=DAY_FLOWS) for _ in books]

        def spill(flows: list[list[Flow]]) -> None:
            for spool, found in zip(spools, flows, strict=True):
                spool.add(one_per_transfer(found))

        spill(trace_transactions(books, touched, today, columns.coinbases(0, len(columns)), spill))
        checks.finish(books, today)
        facts.balances = scene.balances.seen()
        return spools

    def _write(
        self,
        key: str,
        book: Book,
        flows: FlowSpool,
        shared: dict[str, pa.Table],
        frozen: set[HoldingKey],
        meta: dict[str, Any],
    ) -> None:
        ledgers = book.ordered()
        tables = {
            "state": rows_to_table(state_rows(ledgers), state_schema()),
            "flows": flows.table(),
            "holdings": rows_to_table(holding_rows(ledgers, frozen), HOLDINGS),
            "totals": rows_to_table(total_rows(ledgers, frozen), TOTALS),
            **shared,
        }
        facts = {
            "conserved": book.method.conserves,
            "unseen_inflows": sum(ledger.unseen_payments for ledger in ledgers),
            "units_too_wide": str(sum(ledger.too_wide for ledger in ledgers)),
        }
        files = {f"{name}.parquet": table_to_bytes(table) for name, table in tables.items()}
        rows = {f"{name}.parquet": table.num_rows for name, table in tables.items()}
        method = "" if book.method.name == METHOD else f" {book.method.name}"
        self.ctx.progress(
            f"trace{method} {meta['day']}: {meta['transfers']} transfers, {len(flows)} with stolen units"
        )
        write_partition(self.ctx.lake, key.removesuffix(f"/{MANIFEST_NAME}"), files, {**meta, **facts}, rows)

    def _book(self, method: Method, previous: str | None) -> Book:
        tracing = self.ctx.settings.tracing
        book = Book(method, tracing.max_hops, dust_limits(tracing.dust))
        if previous is not None:
            manifest = read_manifest(self.ctx.lake, previous)
            restore(
                book,
                read_table(read_part(self.ctx.lake, manifest.part("state.parquet")), state_schema()),
                read_table(read_part(self.ctx.lake, manifest.part("totals.parquet")), TOTALS),
            )
        return book

    def _facts(self, previous: str | None) -> ChainFacts:
        if previous is None:
            return ChainFacts()
        part = read_manifest(self.ctx.lake, previous).part("facts.parquet")
        return read_facts(read_table(read_part(self.ctx.lake, part), facts_schema()))
