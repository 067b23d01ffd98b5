"""Works off one transaction that has proven exchanges, in the ledger of one incident.

Method:
    The transaction is tried on a copy of the ledger, with the conversions known so far. The exchange that
    taint reached first and that is not worked off yet is converted; then it is tried again, until no taint
    reaches an exchange any more. The last trial is made on the ledger itself. Which account passes on what
    does not depend on the order of giving and receiving, so a flash swap needs no rule of its own.
    Each (exchange, asset received) is converted once: taint that a later conversion brings there stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from clawback.tracing.exchanges import Exchange, giver, taker
from clawback.tracing.flows import Flow
from clawback.tracing.images import Moved, convert, settle_kept, swap_rows
from clawback.tracing.kept import Conversion, Reached, kept_units
from clawback.tracing.ledger import Ledger
from clawback.tracing.order import Transaction
from clawback.tracing.outlets import Outlet, Piece
from clawback.tracing.records import HoldingKey, Transfer
from clawback.tracing.sinks import Ending
from clawback.tracing.thefts import Claim
from clawback.tracing.transaction import Passage

Spot = tuple[str, str]
"""(account of an exchange, asset)."""


@dataclass
class Trial:
    """One asset-by-asset run of the transaction."""

    passages: dict[str, Passage]
    outlets: dict[Spot, Outlet]


@dataclass
class Settlement:
    """One transaction, one incident."""

    ledger: Ledger
    transaction: Transaction
    proven: Sequence[Exchange]
    unproven: Sequence[Exchange]
    claims: dict[str, dict[int, Claim]]
    ending: Callable[[Transfer], Ending | None]
    balance_before: Callable[[HoldingKey], int]
    conversions: dict[Spot, Conversion] = field(default_factory=dict)
    forced: set[str] = field(default_factory=set)
    """Exchanges whose own taint is set aside from the start."""
    refused: set[Spot] = field(default_factory=set)
    """Where taint stays what it is, because its image would overflow or eat its own source."""

    def run(self) -> list[Flow]:
        """Moves all assets and gives the flows, by asset and in travel order."""
        keys = self._keys()
        while not self._find_conversions(keys):
            self.conversions = {}
        trial = self._try(self.ledger)
        return self._finish(trial)

    def _find_conversions(self, keys: Sequence[HoldingKey]) -> bool:
        """Finds all conversions; False where an own taint must be set aside first (it was added)."""
        waiting: list[Spot] = []
        while True:
            ledger = self.ledger.fork(keys)
            trial = self._try(ledger)
            reached = self._reached(trial)
            for spot, conversion in self.conversions.items():
                if spot not in reached or sum(n for _, n in reached[spot].arrivals) < conversion.tainted:
                    return self._force(spot)
            waiting += [
                spot
                for spot in sorted(reached, key=lambda spot: (reached[spot].first, spot))
                if spot not in waiting
            ]
            ready = [
                spot
                for spot in waiting
                if spot in reached and spot not in self.conversions and spot not in self.refused
            ]
            if not ready:
                return True
            # Own taint of an exchange that will be set aside must not reach another one first.
            ready.sort(key=lambda spot: not self._pays_own_taint(trial, spot[0]))
            conversion_or_none = convert(ledger, self.transaction.chain, reached[ready[0]])
            if conversion_or_none is None:
                self.ledger.too_wide += sum(units for _, units in reached[ready[0]].arrivals)
                self.refused.add(ready[0])
            else:
                self.conversions[ready[0]] = conversion_or_none

    def _force(self, spot: Spot) -> bool:
        # A path that runs in a circle may take away what it began with. Then the exchanges of the circle set
        # their own taint aside from the start; where that does not help, this one keeps what it received.
        own = {account for account, _ in self.conversions} - self.forced
        self.forced |= own
        if not own:
            self.refused.add(spot)
        return False

    def _try(self, ledger: Ledger) -> Trial:
        chain = self.transaction.chain
        contracts = {exchange.account for exchange in self.proven}
        unproven: dict[str, set[str]] = defaultdict(set)
        for exchange in self.unproven:
            for asset, _ in exchange.received:
                unproven[asset].add(exchange.account)
        trial = Trial({}, {})
        for asset, rows in self.transaction.assets:
            contract = asset if asset in contracts else None
            outlets = self._outlets(ledger, asset, rows, contract)
            passage = Passage(
                ledger,
                chain,
                asset,
                self.ending,
                self.balance_before,
                unproven=unproven[asset],
                outlets=outlets,
                contract=contract,
                tracks_start=True,
            )
            passage.move(rows, self.claims.get(asset, {}))
            trial.passages[asset] = passage
            trial.outlets.update({(account, asset): outlet for account, outlet in outlets.items()})
        return trial

    def _outlets(
        self, ledger: Ledger, asset: str, rows: Sequence[Transfer], contract: str | None
    ) -> dict[str, Outlet]:
        outlets: dict[str, Outlet] = {}
        active = {account for account, _ in self.conversions} | self.forced
        paid: dict[str, int] | None = None
        for exchange in self.proven:
            net = dict(exchange.given).get(asset)
            if net is None:
                continue
            paid = _own_units(rows, contract) if paid is None else paid
            outlet = Outlet(ledger.method, paid.get(exchange.account, 0) - net, net)
            if exchange.account in active:
                outlet.open(self._pieces(exchange.account, asset))
            outlets[exchange.account] = outlet
        return outlets

    def _pieces(self, account: str, asset: str) -> list[Piece]:
        return [
            piece
            for (name, _), conversion in self.conversions.items()
            if name == account
            for piece in conversion.images.get(asset, ())
        ]

    def _reached(self, trial: Trial) -> dict[Spot, Reached]:
        found: dict[Spot, Reached] = {}
        for exchange in self.proven:
            for asset, net in exchange.received:
                passage = trial.passages[asset]
                reached = kept_units(passage, exchange, asset, net).reached()
                if reached is not None:
                    found[exchange.account, asset] = reached
        return found

    def _pays_own_taint(self, trial: Trial, account: str) -> bool:
        return any(outlet.pays_own_taint for (name, _), outlet in trial.outlets.items() if name == account)

    def _finish(self, trial: Trial) -> list[Flow]:
        chain = self.transaction.chain
        turned = {}
        swaps: dict[str, list[Flow]] = defaultdict(list)
        for exchange in self.proven:
            aside = {asset: trial.outlets[exchange.account, asset].set_aside for asset, _ in exchange.given}
            moved: Moved = {}
            for asset, net in exchange.received:
                kept = kept_units(trial.passages[asset], exchange, asset, net)
                conversion = self.conversions.get((exchange.account, asset))
                turned.update(settle_kept(self.ledger, chain, kept, conversion, aside, moved))
            for asset, found in swap_rows(self.ledger, exchange, aside, moved).items():
                swaps[asset] += found
        flows: list[Flow] = []
        for asset, rows in self.transaction.assets:
            own = trial.passages[asset].finish(rows, turned)
            flows += [*own, *_numbered(swaps[asset], own)]
        return flows

    def _keys(self) -> list[HoldingKey]:
        chain = self.transaction.chain
        parties = {
            (chain, account, asset)
            for asset, rows in self.transaction.assets
            for row in rows
            for account in (giver(row), taker(row))
            if account is not None
        }
        return sorted(parties)


def _own_units(rows: Sequence[Transfer], contract: str | None) -> dict[str, int]:
    """How many units each account pays that it did not receive in this transaction before, gas apart."""
    arrived: dict[str, int] = defaultdict(int)
    own: dict[str, int] = defaultdict(int)
    for row in rows:
        payer = row.payer if row.payer is not None else contract
        if payer is not None:
            passed_on = min(arrived[payer], row.amount) if row.payer is not None else 0
            arrived[payer] -= passed_on
            if row.kind != "fee":
                own[payer] += row.amount - passed_on
        if row.receiver is not None:
            arrived[row.receiver] += row.amount
    return own


def _numbered(swaps: Sequence[Flow], flows: Sequence[Flow]) -> list[Flow]:
    used: dict[tuple[str, int], int] = defaultdict(int)
    for flow in flows:
        used[flow.transfer.kind, flow.transfer.position] += 1
    for flow in swaps:
        key = (flow.transfer.kind, flow.transfer.position)
        flow.leg = used[key]
        used[key] += 1
    return list(swaps)
