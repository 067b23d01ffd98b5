"""Both engines on the same ledger, and what they say brought to one form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import groupby
from pathlib import Path
from typing import Any

from clawback.tracing.exchanges import Prices
from clawback.tracing.fast.balances import merge, openings_of, runs_after, runs_before
from clawback.tracing.fast.cases import address_of
from clawback.tracing.fast.index import Balances
from clawback.tracing.fast.records_day import RecordBook, asset_of
from clawback.tracing.fast.results import flow_records, lots_seen, sums_seen
from clawback.tracing.fast.state import load, save
from clawback.tracing.fast.tracer import Tracer
from clawback.tracing.fast.wide import to_int
from clawback.tracing.methods import METHODS
from clawback.tracing.order import order_by_day
from clawback.tracing.records import Label, Role, Transfer
from clawback.tracing.results import flow_rows
from clawback.tracing.whole import TraceResult, trace_transfers

CHAIN = "ethereum"


class FastResult:
    """What the compiled engine says."""

    def __init__(
        self,
        transfers: Sequence[Transfer],
        roles: Sequence[Role],
        labels: Sequence[Label],
        max_hops: int = 0,
        folder: Path | None = None,
        method: str = "fifo",
        dust: Mapping[str, int] | None = None,
        prices: Mapping[date, Prices] | None = None,
        created_by: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        limits = {asset_of(asset): units for asset, units in (dust or {}).items()}
        incidents = tuple(sorted({role.incident_id for role in roles}))
        self.tracer = Tracer(CHAIN, incidents, max_hops, method, limits)
        self.flows: list[dict[str, Any]] = []
        self.rows: list[list[Transfer]] = []
        self.handed_over = 0
        runs: dict[tuple[int, int], Balances] = {}
        flows = []
        transactions = order_by_day(transfers)
        for number, (day, group) in enumerate(groupby(transactions, key=lambda item: item.day)):
            book = RecordBook(list(group))
            index = book.index()
            before = openings_of(index.balances.keys, [runs[key] for key in runs_before(number)])
            of_day = (prices or {}).get(day)
            said = self.tracer.trace_day(day, index, book, roles, labels, before, of_day, created_by)
            self.handed_over += self.tracer.handed_over
            self.tracer.handed_over = 0
            flows += list(flow_records(self.tracer, said, book.rows, book.names))
            if folder is not None:
                # Incidents that come later change the numbers of those before them.
                save(self.tracer, folder / "state.npz")
                names = sorted({*self.tracer.incidents, f"A{number}", f"T{number}"})
                self.tracer = load(folder / "state.npz", names)
                self.tracer.dust = limits
            self.rows.append(book.rows)
            runs[number, 1] = index.balances
            for span in runs_after(number):
                runs[number, span] = merge(runs[number - span // 2, span // 2], runs[number, span // 2])
        flows.sort(key=lambda flow: flow.incident_id)
        self.flows = list(flow_rows(flows))

    def lots(self) -> dict[tuple[str, bytes, bytes], list[tuple[Any, ...]]]:
        """Lots as each incident sees them."""
        return {
            key: [
                (lot.amount, lot.hop)
                if lot.hop is None
                else (lot.amount, lot.hop, _came_by(self.rows[lot.day][lot.row]) if lot.day >= 0 else None)
                for lot in lots
            ]
            for key, lots in lots_seen(self.tracer).items()
        }

    def sums(self) -> dict[tuple[str, bytes, str], int]:
        """Sums since the theft."""
        return sums_seen(self.tracer)

    def refused(self) -> list[tuple[str, int, int]]:
        """Per incident: units too wide, unseen payments."""
        tracer = self.tracer
        return [
            (name, to_int(tracer.too_wide[place]), int(tracer.unseen[place]))
            for place, name in enumerate(tracer.incidents)
            if len(name) == 1
        ]


class PlainResult:
    """What the plain engine says."""

    def __init__(
        self,
        transfers: Sequence[Transfer],
        roles: Sequence[Role],
        labels: Sequence[Label],
        max_hops: int = 0,
        method: str = "fifo",
        dust: Mapping[str, int] | None = None,
        prices: Mapping[date, Prices] | None = None,
        created_by: Mapping[tuple[str, str], str] | None = None,
    ) -> None:
        limits = {(CHAIN, asset): units for asset, units in (dust or {}).items()}
        self.result: TraceResult = trace_transfers(
            transfers,
            roles,
            labels,
            METHODS[method],
            max_hops=max_hops,
            dust=limits,
            prices=prices,
            created_by=created_by,
        )
        self.flows = self.result.flows

    def lots(self) -> dict[tuple[str, bytes, bytes], list[tuple[Any, ...]]]:
        """Lots of each incident; the kernel does not tell clean lots of unknown age from others."""
        found: dict[tuple[str, bytes, bytes], list[tuple[Any, ...]]] = {}
        for ledger in self.result.book.ordered():
            for (_, address, asset), holding in ledger.held():
                lots: list[tuple[Any, ...]] = []
                for lot in holding.lots:
                    seen: tuple[Any, ...] = (lot.amount, lot.hop)
                    if lot.hop is not None:
                        seen = (lot.amount, lot.hop, lot.came_by)
                    if lots and lots[-1][1:] == seen[1:]:
                        seen = (lots.pop()[0] + lot.amount, *seen[1:])
                    lots.append(seen)
                found[ledger.incident_id, address_of(address), asset_of(asset)] = lots
        return found

    def sums(self) -> dict[tuple[str, bytes, str], int]:
        """Sums since the theft."""
        return {
            (ledger.incident_id, asset_of(asset), measure): amount
            for ledger in self.result.book.ordered()
            for (_, asset, measure), amount in ledger.sums.items()
            if amount
        }

    def refused(self) -> list[tuple[str, int, int]]:
        """Per incident: units too wide, unseen payments."""
        return [
            (ledger.incident_id, ledger.too_wide, ledger.unseen_payments)
            for ledger in self.result.book.ordered()
        ]


def _came_by(row: Transfer) -> tuple[str, str, int]:
    return (row.tx_hash, row.kind, row.position)


__all__ = ["CHAIN", "FastResult", "PlainResult"]


def hold_to_plain(
    given: tuple[Any, Any, Any, int], market: dict[str, Any], *, sources: bool, folder: Path | None = None
) -> FastResult:
    """Holds the compiled engine to the plain one, and gives what it found.

    Where incidents came to the same units by different transfers, a lot names the transfer of one of them: so
    `sources` are compared where there is one incident.

    Args:
        given: transfers, roles, labels and the limit of hops.
        market: prices, creators of pools, method and dust.
        sources: whether lots must name the same transfers.
        folder: where the compiled engine keeps its days.
    """
    plain = PlainResult(*given, **market)
    fast = FastResult(*given, folder, **market)
    assert fast.flows == plain.flows
    assert fast.sums() == plain.sums()
    assert fast.refused() == plain.refused()
    if sources:
        assert fast.lots() == plain.lots()
    else:
        assert hops_of(fast.lots()) == hops_of(plain.lots())
    return fast


def hops_of(lots: dict[Any, list[tuple[Any, ...]]]) -> dict[Any, list[tuple[int, int | None]]]:
    """Lots without the transfers that brought them."""
    found: dict[Any, list[tuple[int, int | None]]] = {}
    for key, held in lots.items():
        seen: list[tuple[int, int | None]] = []
        for amount, hop, *_ in held:
            before = seen.pop()[0] if seen and seen[-1][1] == hop else 0
            seen = [*seen, (before + amount, hop)] if before or amount else seen
        found[key] = seen
    return found
