"""Moves the units of one transaction of the UTXO model, in the ledger of one incident.

Rules:
    The inputs are laid behind each other in vin order and cut by the outputs in vout order; the fee is what
    is left. `lifo` lays the last input first. The other methods choose from the pool of all inputs, output by
    output, as from a holding. Fees follow the subsidy into the coinbase of their block, in transaction order;
    where the transfers lack that coinbase, they end in the sink `fee`.
    What the inputs lack is unseen inflow, the newest input. An output is a holding of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence, Set
from dataclasses import dataclass, field

from clawback.tracing.carried import carried_by
from clawback.tracing.flows import HELD, Flow, arrival_of
from clawback.tracing.ledger import UNSEEN_INFLOW, Ledger
from clawback.tracing.lots import Holding, Lot, tainted_amount
from clawback.tracing.order import Transaction
from clawback.tracing.records import HoldingKey, Transfer
from clawback.tracing.sinks import BURNED, DUST, FEE, Ending
from clawback.tracing.thefts import Claim

Fees = list[tuple[int, dict[str, list[Lot]]]]
"""Per transaction of a block: its fee, and the lots of it for the incidents that it concerns."""


@dataclass
class BlockFees:
    """Fees of the block at hand, waiting for its coinbase."""

    with_coinbase: Set[tuple[str, int | None]]
    block: tuple[str, int | None] | None = None
    fees: Fees = field(default_factory=list)
    is_paid: bool = False

    def enter(self, transaction: Transaction) -> None:
        """Forgets the fees of another block."""
        block = (transaction.chain, transaction.block_number)
        if block != self.block:
            self.block, self.fees, self.is_paid = block, [], False

    def have_coinbase(self) -> bool:
        """Whether the fees of the block at hand still go on into a coinbase."""
        return self.block in self.with_coinbase and not self.is_paid

    def pay_out(self) -> None:
        """Forgets the fees that the coinbase took; none that come later go into it."""
        self.fees, self.is_paid = [], True


def outpoint_key(row: Transfer) -> HoldingKey:
    """The holding that an input spends, or an output makes."""
    return row.chain, row.outpoint or f"{row.tx_hash}:{row.position}", row.asset


def coinbase_inputs(transaction: Transaction, fees: Fees, incident_id: str) -> list[list[Lot]]:
    """What a coinbase pays out: the subsidy, then the fees of the block."""
    subsidy = sum(row.amount for row in transaction.outputs) - sum(amount for amount, _ in fees)
    return [[Lot(max(0, subsidy))], *(lots.get(incident_id, [Lot(amount)]) for amount, lots in fees)]


@dataclass(slots=True)
class Spending:
    """One transaction, one incident."""

    ledger: Ledger
    transaction: Transaction
    ending: Callable[[Transfer], Ending | None]

    def inputs(self) -> list[list[Lot]]:
        """The lots of each input."""
        laid = []
        for row in self.transaction.inputs:
            key = outpoint_key(row)
            laid.append(
                self.ledger.spend(key, row.amount) if key in self.ledger.holdings else [Lot(row.amount)]
            )
        return laid

    def run(self, inputs: Sequence[list[Lot]], claims: dict[int, Claim]) -> tuple[list[Flow], list[Lot]]:
        """Cuts the inputs by the outputs; gives the flows and the lots of the fee."""
        method = self.ledger.method
        pool = self._pool(inputs)
        flows: list[Flow] = []
        for place, row in enumerate(self.transaction.outputs):
            if row.amount == 0:
                continue
            lots = pool.take_oldest(row.amount) if method.takes_newest else method.take(pool, row.amount)
            flow = self._deliver(row, lots, claims.get(place))
            if flow is not None:
                flows.append(flow)
        return flows, list(pool.lots)

    def end_fee(self, lots: Iterable[Lot]) -> list[Flow]:
        """Books a fee that no coinbase takes on."""
        lots = list(lots)
        tainted = tainted_amount(lots)
        if tainted == 0:
            return []
        # A coinbase spends no outpoint; what it does not pay out is nobody's.
        first = (self.transaction.inputs or self.transaction.outputs)[0]
        sink = BURNED if self.transaction.is_coinbase else FEE
        self.ledger.book(first.chain, first.asset, sink, tainted)
        row = Transfer(
            first.chain,
            first.block_number,
            first.block_time,
            first.tx_hash,
            first.tx_index,
            0,
            "fee",
            first.from_address,
            None,
            first.asset,
            sum(lot.amount for lot in lots),
            first.order_quality,
        )
        hop = min(lot.hop for lot in lots if lot.hop is not None) + 1
        return [Flow(self.ledger.incident_id, self.ledger.method.name, row, hop, tainted, sink)]

    def _pool(self, inputs: Sequence[list[Lot]]) -> Holding:
        method = self.ledger.method
        given = sum(lot.amount for lots in inputs for lot in lots)
        missing = sum(row.amount for row in self.transaction.outputs) - given
        laid = list(inputs)
        if missing > 0:
            laid.append([Lot(missing)])
            if any(lot.tainted for lots in inputs for lot in lots):
                row = self.transaction.outputs[0]
                self.ledger.book(row.chain, row.asset, UNSEEN_INFLOW, missing)
                self.ledger.unseen_payments += 1
        pool = Holding()
        for lots in reversed(laid) if method.takes_newest else laid:
            method.receive(pool, lots)
        return pool

    def _deliver(self, row: Transfer, lots: list[Lot], claim: Claim | None) -> Flow | None:
        ledger = self.ledger
        if claim is not None:
            lots = ledger.steal(row.chain, row.asset, lots, claim.units)
        carried = carried_by(ledger, row, lots, claim)
        if carried.tainted == 0:
            return None
        ending = self.ending(row)
        if ending is not None:
            ledger.book(row.chain, row.asset, ending.sink, carried.tainted)
            return carried.flow(ending.sink, ending.label)
        moved = ledger.advance(row.chain, row.asset, carried.lots, arrival_of(row))
        outcome = HELD if tainted_amount(moved) > 0 else DUST
        key = outpoint_key(row)
        holding = Holding()
        ledger.method.receive(holding, moved)
        ledger.restore(key, holding, row.to_address or key[1])
        if ledger.settle(key):
            outcome = DUST
        return carried.flow(outcome)
