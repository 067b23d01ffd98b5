"""Reads chain events that a person names in files: what is frozen or created, and what they alone move.

Layout:
    Files as the source `event_files` takes them: given events, or raw logs.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from clawback.chain_events.transfers import WrappedCoin, event_transfers
from clawback.chains.evm.catalogue import events_of_chains, wrapped_coins
from clawback.errors import ClawbackError
from clawback.sources.event_files.parse import parse
from clawback.tables.chain_facts import merge_events
from clawback.tracing.day_inputs import events_of
from clawback.tracing.records import ChainEvent, Transfer


@dataclass
class GivenEvents:
    """What the files hold."""

    rows: list[dict[str, Any]] = field(default_factory=list)
    skipped: list[str] = field(default_factory=list)
    """Rows that cannot be read, with the reason."""
    wrapped: Collection[WrappedCoin] = frozenset()
    """Contracts of chains' own coins in token form."""

    @property
    def events(self) -> list[ChainEvent]:
        """Freezes and creations."""
        return events_of(self.rows)

    def transfers(self, present: Sequence[Transfer]) -> list[Transfer]:
        """Burns and wrapped coins that no transfer present stands for.

        Raises:
            ClawbackError: an event contradicts the transfer at its place.
        """
        transactions = {(row["chain"], row["tx_hash"]) for row in self.rows}
        names = Transfer.__dataclass_fields__
        beside = [
            {name: getattr(row, name) for name in names}
            for row in present
            if (row.chain, row.tx_hash) in transactions
        ]
        told, contradicting = event_transfers(self.rows, beside, self.wrapped)
        if contradicting:
            row, reason = contradicting[0]
            raise ClawbackError(
                "an event contradicts a transfer",
                where=f"--events, {row['tx_hash']} position {row['position']}",
                cause=reason,
                remedy="correct the log index of the one, or the position of the other",
            )
        return [Transfer(**{name: row[name] for name in names}) for row in told]


def read_events(
    files: Sequence[Path],
    chain: str,
    chains: Mapping[str, Mapping[str, Any]],
    *,
    skip_bad_rows: bool = False,
) -> GivenEvents:
    """Reads all files and puts them together; events that several files tell count once.

    Args:
        files: CSV (plain or gzip) or Parquet.
        chain: of files whose columns do not say it.
        chains: rows of EVM chains that the settings change or add.
        skip_bad_rows: count rows that cannot be read, or contradict others, instead of refusing the file.

    Raises:
        ClawbackError: A file that cannot be used; names the row.
    """
    given = GivenEvents(wrapped=wrapped_coins(chains))
    options = {"chain": chain, "events": events_of_chains(chains)}
    found: list[dict[str, Any]] = []
    for file in files:
        parsed = parse(file, options, file.name, None)
        if parsed.broken is not None:
            raise ClawbackError("the file holds no chain events", where=str(file), cause=parsed.broken)
        given.skipped += [f"{file}, row {row.row}: {row.reason}" for row in parsed.quarantined]
        found += [{**row, "source": str(file)} for row in parsed.rows.get("chain_events", [])]
    given.rows, contradicting = merge_events(found)
    given.skipped += [f"{row['source']}, {row['tx_hash']}: {reason}" for row, reason in contradicting]
    if given.skipped and not skip_bad_rows:
        raise ClawbackError(
            f"{len(given.skipped)} events cannot be used",
            where=", ".join(map(str, files)),
            cause="; ".join(given.skipped[:5]),
            remedy="correct the files, or leave such rows out with --skip-bad-rows",
        )
    return given
