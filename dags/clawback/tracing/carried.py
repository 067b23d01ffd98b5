"""What one transfer carries in the ledger of one incident, whichever model its chain has."""

from __future__ import annotations

from dataclasses import dataclass

from clawback.tracing.flows import Flow, arrival_of
from clawback.tracing.ledger import Ledger
from clawback.tracing.lots import JUST_STOLEN, Lot, tainted_amount
from clawback.tracing.records import Label, Transfer
from clawback.tracing.thefts import Claim


@dataclass(frozen=True, slots=True)
class Carried:
    """Lots on their way, and what the flow row says of them."""

    ledger: Ledger
    row: Transfer
    lots: list[Lot]
    tainted: int
    hop: int
    fresh: int
    role: str | None

    def flow(self, outcome: str, label: Label | None = None) -> Flow:
        """The flow row; it needs tainted units."""
        ledger = self.ledger
        return Flow(
            ledger.incident_id,
            ledger.method.name,
            self.row,
            self.hop,
            self.tainted,
            outcome,
            self.role,
            label,
            fresh=self.fresh,
        )


def carried_by(ledger: Ledger, row: Transfer, lots: list[Lot], claim: Claim | None) -> Carried:
    """Counts what a transfer carries, its thefts marked; where ways are kept, it becomes a step of them."""
    fresh = sum(lot.amount for lot in lots if lot.hop == JUST_STOLEN)
    hop = min((lot.hop for lot in lots if lot.hop is not None), default=0) + 1
    role = claim.role if claim is not None and fresh else None
    stepped = ledger.record(lots, arrival_of(row))
    return Carried(ledger, row, stepped, tainted_amount(lots), hop, fresh, role)
