"""Traces what a person gives in files: reads all of it, says what it is worth, and runs the methods."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from clawback.errors import ClawbackError
from clawback.tracing.exchanges import Prices
from clawback.tracing.given_events import GivenEvents, read_events
from clawback.tracing.given_facts import (
    GivenLabels,
    read_balances,
    read_labels,
    read_thefts,
    read_words,
)
from clawback.tracing.given_prices import read_prices
from clawback.tracing.given_transfers import GivenTransfers, read_transfers
from clawback.tracing.methods import Method
from clawback.tracing.records import Role
from clawback.tracing.seen import SeenBalance
from clawback.tracing.whole import TraceResult, trace_methods


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

    def facts(self) -> dict[str, Any]:
        """What the input is worth, for the summary."""
        rows = self.transfers.transfers
        by_time = sum(row.order_quality == "time" for row in rows)
        # A row that names its own place is no repetition of another that says the same.
        contents = Counter(
            (row.chain, row.tx_hash, row.kind, row.from_address, row.to_address, row.asset, row.amount)
            + ((row.block_time,) if row.order_quality == "time" else (row.position,))
            for row in rows
        )
        return {
            "coverage": {
                "transfers": len(rows),
                "ordered_by_time": by_time,
                "ordered_by_time_per_mille": by_time * 1000 // len(rows) if rows else 0,
                "repeated_rows": sum(count - 1 for count in contents.values()),
                "first_time": min(row.block_time for row in rows).isoformat() if rows else None,
                "last_time": max(row.block_time for row in rows).isoformat() if rows else None,
                "transfers_skipped": len(self.transfers.skipped),
                "labels": len(self.labels.labels),
                "labels_skipped": len(self.labels.skipped),
                "labels_unmapped": dict(sorted(self.labels.unmapped.items())),
                "balances": len(self.balances),
                "events": len(self.events.rows),
                "events_skipped": len(self.events.skipped),
                "prices": sum(len(prices) for prices in self.prices.values()),
                "prices_without_decimals": self.prices_without_decimals,
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
    read = read_transfers(transfers, mapping, chain, skip_bad_rows=skip_bad_rows)
    facts = read_events(events, chain, skip_bad_rows=skip_bad_rows)
    moved = facts.transfers(read.transfers)
    if moved:
        progress(f"{len(moved)} burns and wrapped coins that only an event tells of")
        read.transfers += moved
    priced, without = read_prices(prices, read.decimals)
    if without:
        progress(f"{without} prices of assets without known decimals, left out")
    rows = read.transfers
    if seen and any(row.block_number is None for row in rows):
        raise ClawbackError(
            "balances are at the end of blocks, but some transfers name no block",
            remedy="give block_number with all transfers, or leave --balances away",
        )
    places = {(row.chain, row.from_address) for row in rows} | {(row.chain, row.to_address) for row in rows}
    strangers = sorted({role.address for role in roles if (role.chain, role.address) not in places})
    if strangers:
        progress(f"thefts name {len(strangers)} addresses without transfers, e.g. {strangers[0]}")
    progress(f"read {len(rows)} transfers, {len(roles)} theft rows, {len(known.labels)} labels")
    return Given(read, roles, known, seen, facts, priced, without, max_hops, _dust(dust), progress)


def trace_given(given: Given, methods: Sequence[Method], *, keeps_ways: bool = False) -> list[TraceResult]:
    """Runs the methods in one pass."""

    def told(day: date, transactions: int) -> None:
        given.progress(f"{day}: {transactions} transactions")

    return trace_methods(
        given.transfers.transfers,
        given.roles,
        given.labels.labels,
        methods,
        balances=given.balances,
        events=given.events.events,
        prices=given.prices,
        max_hops=given.max_hops,
        dust=given.dust,
        progress=told,
        keeps_ways=keeps_ways,
    )


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
