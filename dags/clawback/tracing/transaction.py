"""Moves the units of one asset through one transaction, in the ledger of one incident.

Rules:
    Gas first, by the method like any payment. Then in travel order: an account passes on first what it
    received in this transaction (by the method), and takes from its own lots only what is missing; what is
    left joins its holding at the end, in order of arrival.
    A receiver that is a sink ends the trail at once. Minted units are clean; burned ones are the sink
    `burned`; units whose receiver the table does not know are `unseen_outflow`. Only where the token's
    contract is a proven exchange are mints and burns its own giving and receiving.
    Holdings that taint has not reached are not followed: all they can add is clean units.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass, field, replace

from clawback.tracing.carried import carried_by
from clawback.tracing.flows import HELD, Flow, TurnedBy, arrival_of, name_dust, name_outcomes
from clawback.tracing.ledger import Ledger
from clawback.tracing.lots import JUST_STOLEN, Holding, Lot, tainted_amount
from clawback.tracing.outlets import Outlet
from clawback.tracing.records import HoldingKey, Label, Transfer
from clawback.tracing.sinks import BURNED, DUST, Ending, sink_without_receiver
from clawback.tracing.thefts import Claim

NOTHING_TURNED: TurnedBy = {}


@dataclass(frozen=True, slots=True)
class Opening:
    """What a holding has when taint first reaches it, and whether a balance that was seen says so."""

    amount: int
    is_seen: bool = False


@dataclass(slots=True)
class Passage:
    """One asset on its way through one transaction."""

    ledger: Ledger
    chain: str
    asset: str
    ending: Callable[[Transfer], Ending | None]
    balance_before: Callable[[HoldingKey], Opening]
    unproven: Set[str] = frozenset()
    """Accounts that received this asset and gave another one, without proof of an exchange."""
    outlets: Mapping[str, Outlet] = field(default_factory=dict)
    """Proven exchanges that give this asset."""
    contract: str | None = None
    """The token's contract, where it is a proven exchange."""
    tracks_start: bool = False
    arrived: dict[str, Holding] = field(default_factory=dict)
    burnt: Holding = field(default_factory=Holding)
    """What reached the contract by burning, where that is its leg of an exchange."""
    paid_unfollowed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    flows: list[Flow] = field(default_factory=list)

    def run(self, rows: Sequence[Transfer], claims: dict[int, Claim]) -> list[Flow]:
        """Moves all rows (in travel order) and gives the flows, in the same order."""
        self.move(rows, claims)
        return self.finish(rows, NOTHING_TURNED)

    def move(self, rows: Sequence[Transfer], claims: dict[int, Claim]) -> None:
        """Moves all rows; what arrived is not yet part of any holding."""
        for place, row in enumerate(rows):
            if row.amount > 0:
                flow = self._move(row, claims.get(place))
                if flow is not None:
                    self.flows.append(flow)

    def finish(self, rows: Sequence[Transfer], turned: TurnedBy) -> list[Flow]:
        """Lets what arrived join the holdings, and says how each flow ended."""
        lying = {address: holding.lots for address, holding in self.arrived.items()}
        flows = name_outcomes(self.flows, lying, self.unproven, turned, self.contract)
        self.ledger.book(self.chain, self.asset, BURNED, self.burnt.tainted)
        name_dust(flows, self._join({party for row in rows for party in (row.payer, row.receiver) if party}))
        return flows

    def _move(self, row: Transfer, claim: Claim | None) -> Flow | None:
        lots = self._take(row)
        if claim is not None:
            lots = self.ledger.steal(self.chain, self.asset, lots, claim.units)
            if self.tracks_start:
                # Stolen units start with the thief; where only the victim is known, with the victim.
                start = row.receiver if claim.by_theft_address > 0 else row.payer
                lots = [replace(lot, start=start) if lot.hop == JUST_STOLEN else lot for lot in lots]
        carried = carried_by(self.ledger, row, lots, claim)
        outcome, label = self._deliver(row, carried.lots)
        return carried.flow(outcome, label) if carried.tainted else None

    def _take(self, row: Transfer) -> list[Lot]:
        payer = row.payer
        if payer is None:
            minted = [Lot(row.amount)]
            outlet = self.outlets.get(self.contract) if self.contract is not None else None
            return minted if outlet is None else outlet.give(minted, row)
        arrived = self.arrived.get(payer)
        lots: list[Lot] = []
        missing = row.amount
        if arrived is not None and arrived.amount > 0:
            passed_on = min(arrived.amount, row.amount)
            lots = self.ledger.method.take(arrived, passed_on)
            missing -= passed_on
        if missing == 0:
            return lots
        own = self._take_own(payer, missing)
        if payer in self.outlets and row.kind != "fee":
            own = self.outlets[payer].give(own, row)
        return lots + own

    def _take_own(self, payer: str, amount: int) -> list[Lot]:
        key = self._key(payer)
        if key not in self.ledger.holdings:
            self.paid_unfollowed[payer] += amount
            return [Lot(amount)]
        own = self.ledger.pay(key, amount)
        if self.tracks_start:
            own = [replace(lot, start=payer) if lot.hop is not None else lot for lot in own]
        return own

    def _deliver(self, row: Transfer, lots: list[Lot]) -> tuple[str, Label | None]:
        method = self.ledger.method
        if row.receiver is None:
            sink = sink_without_receiver(row)
            if sink == BURNED and self.contract is not None:
                moved = self.ledger.advance(self.chain, self.asset, lots, arrival_of(row))
                method.receive(self.burnt, moved)
            else:
                self.ledger.book(self.chain, self.asset, sink, tainted_amount(lots))
            return sink, None
        arrived = self.arrived.setdefault(row.receiver, Holding())
        ending = self.ending(row)
        if ending is not None:
            self.ledger.book(self.chain, self.asset, ending.sink, tainted_amount(lots))
            # A return may be one for some transactions only; the units then lie there, clean.
            method.receive(arrived, [Lot(row.amount)])
            return ending.sink, ending.label
        moved = self.ledger.advance(self.chain, self.asset, lots, arrival_of(row))
        method.receive(arrived, moved)
        # Nothing tainted arrives where the hop limit cut all of it off.
        return (HELD if tainted_amount(moved) > 0 else DUST), None

    def _join(self, parties: set[str]) -> set[str]:
        cut_off: set[str] = set()
        for address in sorted(parties):
            key = self._key(address)
            holding = self.ledger.holdings.get(key)
            arrived = self.arrived.get(address)
            if arrived is not None and (holding is not None or arrived.tainted > 0):
                if holding is None:
                    opening = self.balance_before(key)
                    own = max(0, opening.amount - self.paid_unfollowed.get(address, 0))
                    holding = self.ledger.open(key, own, is_seen=opening.is_seen)
                lots: Sequence[Lot] = list(arrived.lots)
                if self.tracks_start:
                    lots = [replace(lot, start=None) for lot in lots]
                self.ledger.method.receive(holding, lots)
            if self.ledger.settle(key):
                cut_off.add(address)
        return cut_off

    def _key(self, address: str) -> HoldingKey:
        return self.chain, address, self.asset
