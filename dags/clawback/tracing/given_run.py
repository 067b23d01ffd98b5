"""Traces what a person gives in files, by some methods in one pass."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from clawback.tracing.chain_facts import ChainFacts, factories_of
from clawback.tracing.columnar.holdings import holdings_of
from clawback.tracing.columnar.merging import Runs
from clawback.tracing.columnar.reach import Touched, balances_to_see, days_of, scene_of
from clawback.tracing.columnar.runs import StartBalances
from clawback.tracing.columnar.transfers import columns_of
from clawback.tracing.conservation import Violation, violations
from clawback.tracing.engine import Book, Day, trace_transactions
from clawback.tracing.exchanges import Market
from clawback.tracing.flow_spool import FlowSpool
from clawback.tracing.flows import Flow
from clawback.tracing.given_input import Given
from clawback.tracing.methods import Method
from clawback.tracing.records import ChainEvent, HoldingKey, Transfer
from clawback.tracing.seen import BalanceChecks
from clawback.tracing.sinks import Endings


@dataclass(frozen=True)
class GivenTrace:
    """What one method says."""

    book: Book
    flows: FlowSpool
    frozen: set[HoldingKey]
    violations: list[Violation]
    counts_openings: bool = True
    """Whether the ledgers know how many holdings they opened."""


@contextmanager
def trace_given(
    given: Given, methods: Sequence[Method], *, keeps_ways: bool = False
) -> Iterator[tuple[list[GivenTrace], list[Transfer]]]:
    """Runs the methods in one pass.

    Args:
        given: what was read.
        methods: each with ledgers of its own.
        keeps_ways: lots keep the whole way by which they came, and the touched transfers are kept too.

    Yields:
        One trace per method, and the touched transfers; what is on disk goes when the context ends.
    """
    with TemporaryDirectory(prefix="clawback-trace-") as name:
        folder = Path(name)
        books = [Book(method, given.max_hops, given.dust, keeps_ways) for method in methods]
        spools = []
        for number, _ in enumerate(books):
            (folder / f"flows-{number}").mkdir()
            spools.append(FlowSpool(folder / f"flows-{number}"))
        transfers, frozen = _trace_spans(given, books, spools, folder, keeps_ways)
        yield (
            [
                GivenTrace(book, spool, frozen, violations(book.ordered()))
                for book, spool in zip(books, spools, strict=True)
            ],
            transfers,
        )


def _trace_spans(
    given: Given, books: Sequence[Book], spools: Sequence[FlowSpool], folder: Path, keeps_ways: bool
) -> tuple[list[Transfer], set[HoldingKey]]:
    store = given.transfers.store
    labels, runs = given.labels.labels, Runs(folder)
    checks, facts, factories = BalanceChecks(given.balances), ChainFacts(), factories_of(labels)
    events: dict[date, list[ChainEvent]] = defaultdict(list)
    for event in given.events.events:
        events[event.day].append(event)
    # A day on which nothing moved may still have been looked at, or frozen something.
    quiet = events.keys() | {one.block_time.date() for one in given.balances if one.block_time is not None}
    kept: list[Transfer] = []

    def spill(flows: list[list[Flow]]) -> None:
        for spool, found in zip(spools, flows, strict=True):
            spool.add(found)

    def trace_span(number: int, after: date) -> date:
        # A function of its own, so that nothing of one span lives on beside the next.
        is_last = number == len(store) - 1
        columns = columns_of([store.span(number)])
        holdings = holdings_of(columns)
        scene = scene_of(columns, holdings, given.roles)
        start = StartBalances(runs.files())
        must_see = columns.has_outpoints() | balances_to_see(columns, given.balances)
        today: Day | None = None
        for day, begin, end in days_of(columns, quiet, after=after, is_last=is_last):
            facts.learn(events.get(day, ()), factories)
            endings = Endings(labels, given.roles, day)
            market = Market(endings, given.prices.get(day), facts.created_by, given.roles)
            today, after = Day(endings, market, given.roles, scene.balances, start, checks), day
            touched = Touched(scene, books, begin, end, must_see, kept if keeps_ways else None)
            spill(trace_transactions(books, touched, today, columns.coinbases(begin, end), spill))
            checks.finish_day(day, books, today)
            given.progress(f"{day}: {end - begin} transactions, {touched.count} of them touched")
        if not is_last:
            runs.add(columns, holdings)
        elif today is not None:
            checks.finish(books, today)
        return after

    last_day = date.min
    for number in range(len(store)):
        last_day = trace_span(number, last_day)
    return kept, facts.frozen((), last_day)
