"""Traces what a person gives in files: reads all of it, says what it is worth, and runs the methods."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from clawback.errors import ClawbackError
from clawback.tracing.chain_facts import ChainFacts, factories_of
from clawback.tracing.columnar.holdings import holdings_of
from clawback.tracing.columnar.merging import Runs
from clawback.tracing.columnar.reach import Touched, balances_to_see, days_of, scene_of
from clawback.tracing.columnar.runs import StartBalances
from clawback.tracing.columnar.transfers import columns_of
from clawback.tracing.conservation import Violation, violations
from clawback.tracing.engine import Book, Day, trace_transactions
from clawback.tracing.exchanges import Market, Prices
from clawback.tracing.flow_spool import FlowSpool
from clawback.tracing.flows import Flow
from clawback.tracing.given_events import GivenEvents, read_events
from clawback.tracing.given_facts import (
    GivenLabels,
    read_balances,
    read_labels,
    read_thefts,
    read_words,
    unread_columns,
)
from clawback.tracing.given_idle import idle_thefts
from clawback.tracing.given_idle import told as told_theft
from clawback.tracing.given_prices import read_prices
from clawback.tracing.given_transfers import GivenTransfers, read_transfers
from clawback.tracing.methods import Method
from clawback.tracing.records import ChainEvent, HoldingKey, Role, Transfer
from clawback.tracing.seen import BalanceChecks, SeenBalance
from clawback.tracing.sinks import Endings


@dataclass
class Given:
    """All that was read."""

    transfers: GivenTransfers
    roles: list[Role]
    labels: GivenLabels
    balances: list[SeenBalance]
    events: GivenEvents
    prices: dict[date, Prices]
    prices_without_decimals: int
    max_hops: int
    dust: dict[tuple[str, str], int]
    progress: Callable[[str], None]
    idle_thefts: int = 0
    """Theft rows that no transfer fits."""

    def facts(self) -> dict[str, Any]:
        """What the input is worth, for the summary."""
        read = self.transfers.coverage
        return {
            "incidents": sorted({role.incident_id for role in self.roles}),
            "coverage": {
                "transfers": read.transfers,
                "ordered_by_time": read.ordered_by_time,
                "ordered_by_time_per_mille": read.ordered_by_time * 1000 // max(1, read.transfers),
                "repeated_rows": read.repeated_rows,
                "first_time": None if read.first_time is None else read.first_time.isoformat(),
                "last_time": None if read.last_time is None else read.last_time.isoformat(),
                "transfers_skipped": self.transfers.skipped_rows,
                "labels": len(self.labels.labels),
                "labels_skipped": len(self.labels.skipped),
                "labels_unmapped": dict(sorted(self.labels.unmapped.items())),
                "balances": len(self.balances),
                "events": len(self.events.rows),
                "events_skipped": len(self.events.skipped),
                "prices": sum(len(prices) for prices in self.prices.values()),
                "prices_without_decimals": self.prices_without_decimals,
                "thefts_without_transfers": self.idle_thefts,
            },
            "files": dict(sorted(self.transfers.files.items())),
            "decimals": {
                f"{chain}/{asset}": decimals
                for (chain, asset), decimals in sorted(self.transfers.decimals.items())
            },
            "skipped": [
                *self.transfers.skipped[:100],
                *self.labels.skipped[:100],
                *self.events.skipped[:100],
            ],
            "limits": {
                "max_hops": self.max_hops,
                "dust": {
                    f"{chain}/{asset}": str(units) for (chain, asset), units in sorted(self.dust.items())
                },
            },
        }


def read_given(
    *,
    transfers: Sequence[Path],
    thefts: Path,
    labels: Sequence[Path],
    labels_map: Path | None,
    balances: Sequence[Path],
    events: Sequence[Path],
    prices: Sequence[Path],
    mapping: Sequence[Path],
    chain: str,
    max_hops: int,
    dust: Sequence[str],
    strict: bool,
    skip_bad_rows: bool,
    progress: Callable[[str], None],
) -> Given:
    """Reads the files of the command; its options explain each.

    Raises:
        ClawbackError: A file that cannot be used, or, with `strict`, a label.
    """
    roles = read_thefts(thefts)
    if unread := unread_columns(thefts):
        progress(f"{thefts}: no use is made of the columns {', '.join(map(repr, unread))}")
    words = read_words(labels_map) if labels_map is not None else {}
    known = read_labels(list(labels), words)
    if known.unmapped:
        told = ", ".join(f"'{word}' {count}" for word, count in known.unmapped.most_common())
        progress(f"label words without meaning, left out: {told}")
    if known.skipped:
        progress(f"{len(known.skipped)} labels cannot be read, e.g. {known.skipped[0]}")
    if strict and (known.unmapped or known.skipped):
        raise ClawbackError(
            f"{sum(known.unmapped.values()) + len(known.skipped)} labels cannot be used",
            cause="; ".join([*map(repr, known.unmapped), *known.skipped[:5]]),
            remedy="map the words with --labels-map, correct the rows, or leave --strict away",
        )
    seen = read_balances(list(balances))
    # Balances that were seen begin a holding anew: the sums of all days are then needed at once.
    read = read_transfers(
        transfers, mapping, chain, skip_bad_rows=skip_bad_rows, as_one=bool(seen), progress=progress
    )
    facts = read_events(events, chain, skip_bad_rows=skip_bad_rows)
    moved = facts.transfers(read.of_transactions({row["tx_hash"] for row in facts.rows}))
    if moved:
        progress(f"{len(moved)} burns and wrapped coins that only an event tells of")
        read.extend(moved, as_one=bool(seen), progress=progress)
    priced, without = read_prices(prices, read.decimals)
    if without:
        progress(f"{without} prices of assets without known decimals, left out")
    if seen and read.coverage.without_block:
        raise ClawbackError(
            "balances are at the end of blocks, but some transfers name no block",
            remedy="give block_number with all transfers, or leave --balances away",
        )
    strangers = _strangers(read, roles)
    if strangers:
        progress(f"thefts name {len(strangers)} addresses without transfers, e.g. {strangers[0]}")
    idle = idle_thefts(read.store.spans(), roles)
    if known_idle := [role for role in idle if role.address not in strangers]:
        progress(f"{len(known_idle)} theft rows fit no transfer, e.g. {told_theft(known_idle[0])}")
    progress(f"read {read.coverage.transfers} transfers, {len(roles)} theft rows, {len(known.labels)} labels")
    return Given(read, roles, known, seen, facts, priced, without, max_hops, _dust(dust), progress, len(idle))


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


def _strangers(read: GivenTransfers, roles: Sequence[Role]) -> list[str]:
    import pyarrow as pa
    import pyarrow.compute as pc

    named = {(role.chain, role.address) for role in roles}
    addresses = pa.array(sorted({address for _, address in named}), pa.string())
    found: set[tuple[str, str]] = set()
    for table in read.store.spans():
        for side in ("from_address", "to_address"):
            there = table.filter(pc.is_in(table.column(side), value_set=addresses))
            pairs = there.group_by(["chain", side]).aggregate([])
            found |= {(row["chain"], row[side]) for row in pairs.to_pylist()}
    return sorted(address for chain, address in named - found)


def _dust(limits: Sequence[str]) -> dict[tuple[str, str], int]:
    found = {}
    for limit in limits:
        name, mark, units = limit.rpartition("=")
        chain, slash, asset = name.partition("/")
        if not mark or not slash or not (units.isascii() and units.isdecimal()):
            raise ClawbackError(
                f"'{limit}' is no dust limit",
                where="--dust",
                remedy="write chain/asset=units in base units, e.g. ethereum/native=1000000000",
            )
        found[chain, asset] = int(units)
    return found
