"""What a person gives to a trace in files: all of it is read, and said what it is worth."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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
    unread_columns,
)
from clawback.tracing.given_idle import idle_thefts
from clawback.tracing.given_idle import told as told_theft
from clawback.tracing.given_prices import read_prices
from clawback.tracing.given_transfers import GivenTransfers, read_transfers
from clawback.tracing.records import Role
from clawback.tracing.seen import SeenBalance


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
                "rows_counted_once": read.rows_counted_once,
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
    chains: Mapping[str, Mapping[str, Any]],
    max_hops: int,
    dust: Sequence[str],
    strict: bool,
    skip_bad_rows: bool,
    progress: Callable[[str], None],
) -> Given:
    """Reads the files of the command; its options explain each.

    `chains` are rows of EVM chains that the settings change or add: their wrapped coins and events.

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
    facts = read_events(events, chain, chains, skip_bad_rows=skip_bad_rows)
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
