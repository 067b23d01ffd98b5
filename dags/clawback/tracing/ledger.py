"""The ledger of one incident: holdings that carry its taint, and what left them for good.

Invariants:
    For each (chain, asset): stolen + converted_in = tainted units held + converted_out + every sink, always.
    A holding is here only while it carries taint. When its taint falls to 0 its lots are one clean lot, and
    the size of that lot is the balance that the running nets know (see `nets`): so it is forgotten here, and
    read from there when taint reaches it again. Nothing is lost by it, and the state stays as small as the
    trail.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Final

from clawback.schemas import MAX_AMOUNT
from clawback.tracing.lots import Holding, Lot, steal_last, tainted_amount
from clawback.tracing.methods import Method
from clawback.tracing.records import Arrival, HoldingKey, Step, step_after
from clawback.tracing.sinks import DUST, UNSEEN_OUTFLOW

STOLEN: Final = "stolen"
CONVERTED_IN: Final = "converted_in"
CONVERTED_OUT: Final = "converted_out"
UNSEEN_INFLOW: Final = "unseen_inflow"
Watch = dict[HoldingKey, set[str]]
"""Which incidents follow a holding; shared by their ledgers, so that most transfers cost one look."""


class Ledger:
    """Lots and sums of one incident under one method."""

    def __init__(
        self,
        incident_id: str,
        method: Method,
        *,
        max_hops: int = 0,
        dust: Mapping[tuple[str, str], int] | None = None,
        watch: Watch | None = None,
    ) -> None:
        self.incident_id = incident_id
        self.method = method
        self.holdings: dict[HoldingKey, Holding] = {}
        self.owners: dict[HoldingKey, str] = {}
        """Addresses of the holdings that are outpoints."""
        self.sums: dict[tuple[str, str, str], int] = defaultdict(int)
        """(chain, asset, measure) -> base units since the theft."""
        self.too_wide = 0
        """Units left clean because the stolen sum would not fit a DECIMAL(38,0)."""
        self.recorder: list[tuple[int, Step]] | None = None
        """Where set, every lot keeps its whole way, and what each transfer carried is written down here."""
        self.unseen_payments = 0
        """Payments, since this ledger was made, of more than the holding was seen to have."""
        self.openings = 0
        """Holdings that taint reached, since this ledger was made."""
        self.unknown_openings = 0
        """Those of them whose balance before rests on the transfers read alone."""
        self._max_hops = max_hops
        self._dust = dust if dust is not None and method.cuts_dust else {}
        self._watch: Watch = watch if watch is not None else {}

    def open(self, key: HoldingKey, balance: int, *, is_seen: bool = False) -> Holding:
        """Begins to follow a holding; what it held is its oldest lot, clean.

        Args:
            key: of the holding.
            balance: what it held.
            is_seen: whether that goes back to a balance that was seen, not to the transfers read alone.
        """
        self.openings += 1
        self.unknown_openings += not is_seen
        holding = Holding([Lot(balance, unknown=not is_seen)])
        self.restore(key, holding)
        return holding

    def restore(self, key: HoldingKey, holding: Holding, owner: str | None = None) -> None:
        """Follows a holding as it was left the day before; one that is an outpoint has an owner."""
        self.holdings[key] = holding
        if owner is not None:
            self.owners[key] = owner
        self._watch.setdefault(key, set()).add(self.incident_id)

    def pay(self, key: HoldingKey, amount: int) -> list[Lot]:
        """Takes a payment out of a followed holding.

        What the holding was not seen to have is its newest lot, clean, and counted as unseen inflow.
        """
        holding = self.holdings[key]
        if amount > holding.amount:
            unseen = amount - holding.amount
            self.book(key[0], key[2], UNSEEN_INFLOW, unseen)
            self.unseen_payments += 1
            self.method.receive(holding, [Lot(unseen)])
        return self.method.take(holding, amount)

    def steal(self, chain: str, asset: str, lots: list[Lot], units: int) -> list[Lot]:
        """Marks the clean ones among the last `units` units as stolen."""
        marked = steal_last(lots, units)
        fresh = tainted_amount(marked) - tainted_amount(lots)
        if self.would_overflow(chain, asset, fresh):
            # A hostile token can be sent into any open theft window; it must not stop the day.
            self.too_wide += fresh
            return lots
        self.book(chain, asset, STOLEN, fresh)
        return marked

    def would_overflow(self, chain: str, asset: str, amount: int) -> bool:
        """Whether so many units more would not fit a DECIMAL(38,0), wherever they lie in the end."""
        came = sum(self.sums.get((chain, asset, measure), 0) for measure in (STOLEN, CONVERTED_IN))
        return came + amount > MAX_AMOUNT

    def advance(self, chain: str, asset: str, lots: Iterable[Lot], arrival: Arrival) -> list[Lot]:
        """Counts the hop that a transfer makes; taint beyond the limit is booked as dust."""
        moved = []
        for lot in lots:
            if lot.hop is None:
                moved.append(Lot(lot.amount))
            elif self._max_hops > 0 and lot.hop + 1 > self._max_hops:
                self.book(chain, asset, DUST, lot.amount)
                moved.append(Lot(lot.amount))
            else:
                came_by = arrival if self.recorder is None else lot.came_by
                moved.append(replace(lot, hop=lot.hop + 1, came_by=came_by))
        return moved

    def record(self, lots: Iterable[Lot], arrival: Arrival) -> list[Lot]:
        """Gives each tainted lot that a transfer carries its own step, where ways are kept."""
        if self.recorder is None:
            return list(lots)
        stepped = []
        for lot in lots:
            if lot.hop is not None:
                step = step_after(arrival, lot.came_by)
                self.recorder.append((lot.amount, step))
                lot = replace(lot, came_by=step)
            stepped.append(lot)
        return stepped

    def book(self, chain: str, asset: str, measure: str, amount: int) -> None:
        """Adds to one of the sums."""
        if amount > 0:
            self.sums[chain, asset, measure] += amount

    def end(self, key: HoldingKey, sink: str) -> None:
        """Books all taint of a holding at a sink and forgets the holding."""
        self.book(key[0], key[2], sink, self.holdings[key].tainted)
        self._forget(key)

    def settle(self, key: HoldingKey) -> bool:
        """Forgets a holding whose taint has fallen to 0, or to no more than the dust limit of its asset.

        Returns:
            Whether taint was cut off as dust.
        """
        holding = self.holdings.get(key)
        if holding is None:
            return False
        if holding.tainted > self._dust.get((key[0], key[2]), 0):
            self.method.compact(holding)
            return False
        is_dust = holding.tainted > 0
        self.end(key, DUST)
        return is_dust

    def fork(self, keys: Iterable[HoldingKey]) -> Ledger:
        """A ledger to try a transaction on: the holdings named, and the sums, as they are now."""
        twin = Ledger(self.incident_id, self.method, max_hops=self._max_hops, dust=self._dust)
        twin.sums.update(self.sums)
        twin.recorder = None if self.recorder is None else []
        for key in keys:
            if key in self.holdings:
                twin.restore(key, self.holdings[key].copy())
        return twin

    def spend(self, key: HoldingKey, amount: int) -> list[Lot]:
        """Takes all lots of an outpoint; what the spending row knows better is unseen inflow or outflow."""
        holding = self.holdings[key]
        lots = self.pay(key, amount) if amount > holding.amount else holding.take_oldest(amount)
        self.end(key, UNSEEN_OUTFLOW)
        return lots

    def address_of(self, key: HoldingKey) -> str:
        """The address that a holding belongs to."""
        return self.owners.get(key, key[1])

    def held(self) -> Iterator[tuple[HoldingKey, Holding]]:
        """Followed holdings, ordered by key."""
        for key in sorted(self.holdings):
            yield key, self.holdings[key]

    def _forget(self, key: HoldingKey) -> None:
        del self.holdings[key]
        self.owners.pop(key, None)
        followers = self._watch[key]
        followers.discard(self.incident_id)
        if not followers:
            del self._watch[key]
