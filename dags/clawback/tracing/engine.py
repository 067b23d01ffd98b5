"""Traces transfers, day by day and incident by incident; knows nothing of the lake.

Invariants:
    Incidents do not see each other: each has a ledger of its own, and a transaction is worked off in it
    as if it were the only one. What they share (running nets, the index of followed holdings) is the same
    whichever incidents there are.
    Day by day equals one run: only ledgers and nets go from one day to the next.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import groupby
from typing import Any

from clawback.tracing.conservation import Violation, violations
from clawback.tracing.ledger import Ledger, Watch
from clawback.tracing.methods import FIFO, Method
from clawback.tracing.nets import Nets
from clawback.tracing.order import Transaction, order_by_day
from clawback.tracing.records import Freeze, HoldingKey, Label, Role, Transfer
from clawback.tracing.results import flow_rows, holding_rows, total_rows
from clawback.tracing.sinks import Ending, Endings
from clawback.tracing.thefts import Thefts
from clawback.tracing.flows import Flow
from clawback.tracing.transaction import Passage


@dataclass
class Book:
    """The ledgers of all incidents under one method."""

    method: Method
    max_hops: int = 0
    dust: Mapping[tuple[str, str], int] = field(default_factory=dict)
    ledgers: dict[str, Ledger] = field(default_factory=dict)
    watch: Watch = field(default_factory=dict)

    def ledger(self, incident_id: str) -> Ledger:
        """The ledger of an incident, a new one where there is none."""
        if incident_id not in self.ledgers:
            self.ledgers[incident_id] = Ledger(
                incident_id, self.method, max_hops=self.max_hops, dust=self.dust, watch=self.watch
            )
        return self.ledgers[incident_id]

    def ordered(self) -> list[Ledger]:
        """All ledgers, by incident."""
        return [self.ledgers[incident_id] for incident_id in sorted(self.ledgers)]


@dataclass(frozen=True)
class TraceResult:
    """All that a trace says, as rows of the tables of `clawback.schemas`."""

    flows: list[dict[str, Any]]
    holdings: list[dict[str, Any]]
    totals: list[dict[str, Any]]
    violations: list[Violation]
    book: Book


def trace_transfers(
    transfers: Iterable[Transfer],
    roles: Iterable[Role],
    labels: Iterable[Label] = (),
    method: Method = FIFO,
    *,
    opening: Mapping[HoldingKey, int] | None = None,
    freezes: Iterable[Freeze] = (),
    max_hops: int = 0,
    dust: Mapping[tuple[str, str], int] | None = None,
) -> TraceResult:
    """Traces all transfers in one go, without a lake.

    Args:
        transfers: in any order, of any number of days.
        roles: of any number of incidents.
        labels: the first of equal confidence wins.
        method: which lots payments take.
        opening: what holdings held before the first transfer (nothing where not named).
        freezes: those up to the last day reclassify what is held at the end.
        max_hops: 0 for no limit.
        dust: by (chain, asset), the taint of a holding that is not worth following; haircut alone cuts it.
    """
    roles, labels = list(roles), list(labels)
    book, nets, flows = Book(method, max_hops, dust or {}), Nets(), []
    held_before = opening or {}
    last_day = date.min
    for day, transactions in groupby(order_by_day(transfers), key=lambda transaction: transaction.day):
        last_day = day
        flows += trace_transactions(
            book,
            list(transactions),
            Endings(labels, roles, day),
            roles,
            nets,
            lambda key: held_before.get(key, 0),
        )
    flows.sort(key=lambda flow: flow.incident_id)
    frozen = {(freeze.chain, freeze.address, freeze.asset) for freeze in freezes if freeze.day <= last_day}
    return TraceResult(
        list(flow_rows(flows)),
        list(holding_rows(book.ordered(), frozen)),
        list(total_rows(book.ordered(), frozen)),
        violations(book.ordered()),
        book,
    )


def trace_transactions(
    book: Book,
    transactions: Sequence[Transaction],
    endings: Endings,
    roles: Sequence[Role],
    nets: Nets,
    start_balance: Callable[[HoldingKey], int],
) -> list[Flow]:
    """Works off the transactions of one day.

    Args:
        book: ledgers as they were at the end of the day before; changed in place.
        transactions: in order.
        endings: labels and case files of the day.
        roles: roles of the day's case files.
        nets: running sums since the balances that `start_balance` knows; changed in place.
        start_balance: what a holding held when `nets` began; asked for holdings that taint reaches.

    Returns:
        Flows ordered by incident, then as they happened.
    """
    thefts = Thefts(roles)
    for role in roles:
        book.ledger(role.incident_id)
    _end_at_services(book, endings)
    flows: list[Flow] = []

    def balance_before(key: HoldingKey) -> int:
        return nets.balance(key, start_balance(key))

    for transaction in transactions:
        for asset, rows in transaction.assets:
            chain = transaction.chain
            followers = _followers(book.watch, chain, asset, rows)
            claims = thefts.claims(transaction, rows) if thefts.may_concern(chain, rows) else {}
            for incident_id in sorted(followers | claims.keys()):
                passage = Passage(
                    book.ledger(incident_id),
                    chain,
                    asset,
                    _ending_for(endings, incident_id, transaction),
                    balance_before,
                )
                flows += passage.run(rows, claims.get(incident_id, {}))
            nets.add(rows)
    flows.sort(key=lambda flow: flow.incident_id)
    return flows


def reachable(
    watch: Mapping[HoldingKey, object], transactions: Iterable[Transaction], thefts: Thefts
) -> set[HoldingKey]:
    """Holdings that taint of any incident can reach on this day: all that it does reach, and maybe more."""
    reached = set(watch)
    for transaction in transactions:
        for asset, rows in transaction.assets:
            theft = thefts.may_concern(transaction.chain, rows)
            for row in rows:
                if row.receiver is None:
                    continue
                if theft or (transaction.chain, row.payer, asset) in reached:
                    reached.add((transaction.chain, row.receiver, asset))
    return reached


def _followers(watch: Watch, chain: str, asset: str, rows: Iterable[Transfer]) -> set[str]:
    followers: set[str] = set()
    for row in rows:
        for address in (row.from_address, row.to_address):
            if address is not None and (found := watch.get((chain, address, asset))) is not None:
                followers |= found
    return followers


def _ending_for(
    endings: Endings, incident_id: str, transaction: Transaction
) -> Callable[[Transfer], Ending | None]:
    def ending(row: Transfer) -> Ending | None:
        return endings.at_receipt(
            incident_id, row.chain, row.receiver or "", transaction.tx_hash, transaction.block_time
        )

    return ending


def _end_at_services(book: Book, endings: Endings) -> None:
    # An address may be recognised as a service after taint reached it. From that day the trail ends there;
    # without this its payments would go on carrying units that are mixed with everybody's.
    for ledger in book.ordered():
        for key in list(ledger.holdings):
            ending = endings.of_holding(ledger.incident_id, key[0], key[1])
            if ending is not None:
                ledger.end(key, ending.sink)
