"""Traces all transfers in one go, without a lake, under one method or several."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import groupby
from typing import Any

from clawback.tracing.chain_facts import ChainFacts, factories_of
from clawback.tracing.conservation import Violation, violations
from clawback.tracing.engine import Book, Day, trace_transactions
from clawback.tracing.exchanges import Creators, Market, Prices
from clawback.tracing.flows import Flow
from clawback.tracing.methods import FIFO, Method
from clawback.tracing.nets import Nets
from clawback.tracing.order import order_by_day
from clawback.tracing.records import SOURCE, ChainEvent, Freeze, HoldingKey, Label, Role, Transfer
from clawback.tracing.results import flow_rows, holding_rows, total_rows
from clawback.tracing.seen import BalanceChecks, SeenBalance
from clawback.tracing.sinks import Endings


@dataclass(frozen=True)
class TraceResult:
    """All that a trace says, as rows of the tables of `clawback.schemas`."""

    flows: list[dict[str, Any]]
    holdings: list[dict[str, Any]]
    totals: list[dict[str, Any]]
    violations: list[Violation]
    book: Book
    by_source: dict[HoldingKey, int]
    """(incident, chain, asset) -> stolen units that rest on the role `source` alone."""


def trace_methods(
    transfers: Iterable[Transfer],
    roles: Iterable[Role],
    labels: Iterable[Label] = (),
    methods: Sequence[Method] = (FIFO,),
    *,
    opening: Mapping[HoldingKey, int] | None = None,
    balances: Iterable[SeenBalance] = (),
    freezes: Iterable[Freeze] = (),
    prices: Mapping[date, Prices] | None = None,
    created_by: Creators | None = None,
    events: Iterable[ChainEvent] = (),
    max_hops: int = 0,
    dust: Mapping[tuple[str, str], int] | None = None,
    progress: Callable[[date, int], None] | None = None,
    keeps_ways: bool = False,
) -> list[TraceResult]:
    """Traces all transfers under several methods in one pass.

    Args:
        transfers: in any order, of any number of days.
        roles: of any number of incidents.
        labels: the first of equal confidence wins.
        methods: each with ledgers of its own.
        opening: what holdings held before the first transfer (nothing where not named).
        balances: what holdings were seen to hold at the end of blocks.
        freezes: by case files; those up to the last day reclassify what is held at the end.
        prices: by day, USD of a base unit; they prove exchanges and weigh what several assets stand for.
        created_by: (chain, address) -> the factory that created it, where no event says so.
        events: what contracts say is frozen, or was created by them.
        max_hops: 0 for no limit.
        dust: by (chain, asset), the taint of a holding that is not worth following; haircut alone cuts it.
        keeps_ways: lots keep the whole way by which they came, for `steps_back`.
        progress: told each day and how many transactions it has, before it is worked off.
    """
    roles, labels = list(roles), list(labels)
    books = [Book(method, max_hops, dust or {}, keeps_ways) for method in methods]
    flows: list[list[Flow]] = [[] for _ in books]
    nets = Nets()
    held_before = opening or {}
    balances, by_day = list(balances), _by_day(events)
    checks, facts, factories = BalanceChecks(balances), ChainFacts(), factories_of(labels)
    ordered = {
        day: list(found)
        for day, found in groupby(order_by_day(transfers), key=lambda transaction: transaction.day)
    }
    # A day on which nothing moved may still have been looked at, or frozen something.
    seen_on = {balance.block_time.date() for balance in balances if balance.block_time is not None}
    last_day = date.min
    last: Day | None = None
    for day in sorted(ordered.keys() | seen_on | by_day.keys()):
        last_day = day
        transactions = ordered.get(day, [])
        if progress is not None:
            progress(day, len(transactions))
        facts.learn(by_day.get(day, ()), factories)
        endings = Endings(labels, roles, day)
        creators = {**(created_by or {}), **facts.created_by}
        market = Market(endings, (prices or {}).get(day), creators, roles)
        last = Day(endings, market, roles, nets, lambda key: held_before.get(key, 0), checks)
        for place, found in enumerate(trace_transactions(books, transactions, last)):
            flows[place] += found
        checks.finish_day(day, books, last)
    if last is not None:
        checks.finish(books, last)
    frozen = facts.frozen(freezes, last_day)
    results = []
    for book, found in zip(books, flows, strict=True):
        found.sort(key=lambda flow: flow.incident_id)
        results.append(
            TraceResult(
                list(flow_rows(found)),
                list(holding_rows(book.ordered(), frozen)),
                list(total_rows(book.ordered(), frozen)),
                violations(book.ordered()),
                book,
                _by_source(found),
            )
        )
    return results


def _by_day(events: Iterable[ChainEvent]) -> dict[date, list[ChainEvent]]:
    by_day: dict[date, list[ChainEvent]] = defaultdict(list)
    for event in events:
        by_day[event.day].append(event)
    return by_day


def _by_source(flows: Iterable[Flow]) -> dict[HoldingKey, int]:
    sums: dict[HoldingKey, int] = defaultdict(int)
    for flow in flows:
        if flow.theft_role == SOURCE:
            sums[flow.incident_id, flow.transfer.chain, flow.transfer.asset] += flow.fresh
    return dict(sums)


def trace_transfers(
    transfers: Iterable[Transfer],
    roles: Iterable[Role],
    labels: Iterable[Label] = (),
    method: Method = FIFO,
    **more: Any,
) -> TraceResult:
    """Traces all transfers under one method; see `trace_methods`."""
    return trace_methods(transfers, roles, labels, (method,), **more)[0]
