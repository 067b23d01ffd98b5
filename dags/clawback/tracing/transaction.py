"""Moves the units of one asset through one transaction, in the ledger of one incident.

Rules:
    Gas first, by the method like any payment. Then in travel order: an account passes on first what it
    received in this transaction (by the method), and takes from its own lots only what is missing; what is
    left joins its holding at the end, in order of arrival.
    A receiver that is a sink ends the trail at once. Minted units are clean; burned ones are the sink
    `burned`; units whose receiver the table does not know are `unseen_outflow`.
    Holdings that taint has not reached are not followed: all they can add is clean units.
    A conversion (one asset given for another) will stand between this and the engine: it needs the arrivals
    of all assets of a transaction, which `Passage` keeps.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

from clawback.tracing.ledger import Ledger, was_just_stolen
from clawback.tracing.lots import Holding, Lot, tainted_amount
from clawback.tracing.records import Arrival, HoldingKey, Label, Transfer
from clawback.tracing.sinks import BURNED, DUST, FEE, UNSEEN_OUTFLOW, Ending
from clawback.tracing.thefts import Claim

HELD: Final = "held"
PASSED: Final = "passed"


@dataclass(slots=True)
class Flow:
    """One transfer that carried taint of one incident.

    `hop` is 0 where units are stolen by this transfer; else the smallest hop among the tainted lots
    taken, plus 1. `tainted` counts all stolen units in it, those stolen before included.
    """

    incident_id: str
    method: str
    transfer: Transfer
    hop: int
    tainted: int
    outcome: str
    theft_role: str | None = None
    label: Label | None = None


@dataclass(slots=True)
class Passage:
    """One asset on its way through one transaction."""

    ledger: Ledger
    chain: str
    asset: str
    ending: Callable[[Transfer], Ending | None]
    balance_before: Callable[[HoldingKey], int]
    arrived: dict[str, Holding] = field(default_factory=dict)
    paid_unfollowed: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    def run(self, rows: Sequence[Transfer], claims: dict[int, Claim]) -> list[Flow]:
        """Moves all rows (in travel order) and gives the flows, in the same order."""
        flows = []
        for place, row in enumerate(rows):
            if row.amount > 0:
                flow = self._move(row, claims.get(place))
                if flow is not None:
                    flows.append(flow)
        self._name_passed(flows)
        self._join({party for row in rows for party in (row.payer, row.receiver) if party is not None})
        return flows

    def _move(self, row: Transfer, claim: Claim | None) -> Flow | None:
        lots = self._take(row)
        if claim is not None:
            lots = self.ledger.steal(self.chain, self.asset, lots, claim.units)
        fresh = was_just_stolen(lots)
        carried = tainted_amount(lots)
        hop = min((lot.hop for lot in lots if lot.hop is not None), default=0) + 1
        outcome, label = self._deliver(row, lots)
        if carried == 0:
            return None
        role = claim.role if claim is not None and fresh else None
        return Flow(self.ledger.incident_id, self.ledger.method.name, row, hop, carried, outcome, role, label)

    def _take(self, row: Transfer) -> list[Lot]:
        payer = row.payer
        if payer is None:
            return [Lot(row.amount)]
        arrived = self.arrived.get(payer)
        lots: list[Lot] = []
        missing = row.amount
        if arrived is not None and arrived.amount > 0:
            passed_on = min(arrived.amount, row.amount)
            lots = self.ledger.method.take(arrived, passed_on)
            missing -= passed_on
        if missing == 0:
            return lots
        key = self._key(payer)
        if key in self.ledger.holdings:
            return lots + self.ledger.pay(key, missing)
        self.paid_unfollowed[payer] += missing
        return [*lots, Lot(missing)]

    def _deliver(self, row: Transfer, lots: list[Lot]) -> tuple[str, Label | None]:
        if row.receiver is None:
            sink = sink_without_receiver(row)
            self.ledger.book(self.chain, self.asset, sink, tainted_amount(lots))
            return sink, None
        arrived = self.arrived.setdefault(row.receiver, Holding())
        ending = self.ending(row)
        if ending is not None:
            self.ledger.book(self.chain, self.asset, ending.sink, tainted_amount(lots))
            # A return may be one for some transactions only; the units then lie there, clean.
            arrived.append(Lot(row.amount))
            return ending.sink, ending.label
        arrival = Arrival(row.tx_hash, row.kind, row.position)
        moved = self.ledger.advance(self.chain, self.asset, lots, arrival)
        arrived.extend(moved)
        # Nothing tainted arrives where the hop limit cut all of it off.
        return (HELD if tainted_amount(moved) > 0 else DUST), None

    def _name_passed(self, flows: list[Flow]) -> None:
        remains = {
            (address, lot.came_by)
            for address, holding in self.arrived.items()
            for lot in holding.lots
            if lot.hop is not None
        }
        for flow in flows:
            row = flow.transfer
            arrival = Arrival(row.tx_hash, row.kind, row.position)
            if flow.outcome == HELD and (row.receiver, arrival) not in remains:
                flow.outcome = PASSED

    def _join(self, parties: set[str]) -> None:
        for address in sorted(parties):
            key = self._key(address)
            holding = self.ledger.holdings.get(key)
            arrived = self.arrived.get(address)
            if arrived is not None and (holding is not None or arrived.tainted > 0):
                if holding is None:
                    own = max(0, self.balance_before(key) - self.paid_unfollowed.get(address, 0))
                    holding = self.ledger.open(key, own)
                holding.extend(arrived.lots)
            self.ledger.settle(key)

    def _key(self, address: str) -> HoldingKey:
        return self.chain, address, self.asset


def sink_without_receiver(row: Transfer) -> str:
    """The sink of a transfer that reaches no account."""
    if row.kind == "fee":
        return FEE
    if row.to_address is None and row.kind != "burn":
        return UNSEEN_OUTFLOW
    return BURNED
