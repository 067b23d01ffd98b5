"""Works off one transaction that has proven exchanges, in the ledger of one incident.

Method:
    The transaction is tried on copies of the ledger, asset by asset, with the conversions known so far. The
    exchange that taint reached first and that is not worked off yet is converted; then the assets that it
    gives are tried again, until no taint reaches an exchange any more. The last trial is made on the ledger
    itself. Which account passes on what does not depend on the order of giving and receiving, so a flash swap
    needs no rule of its own.
    Each (exchange, asset received) is converted once: taint that a later conversion brings there stays.

Cost:
    A conversion changes only what its exchange gives, so only the parts of those assets in which it pays are
    tried again (see `parts`). Exchanges that taint has reached through a part that no conversion changes
    meanwhile are converted together, unless two of them change one part from which a further exchange takes.
    What each brings taint to waits behind what those before it do: so the order is that of converting one
    after the other. Many exchanges, side by side or one behind the other, are then tried a few times each.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from clawback.tracing.exchanges import Exchange, giver, taker
from clawback.tracing.flows import Flow
from clawback.tracing.images import Moved, convert, settle_kept, swap_rows
from clawback.tracing.kept import Conversion, Reached, kept_units
from clawback.tracing.ledger import Ledger
from clawback.tracing.order import Transaction
from clawback.tracing.outlets import Outlet
from clawback.tracing.parts import Part, divided, undivided
from clawback.tracing.records import HoldingKey, Transfer
from clawback.tracing.sinks import Ending
from clawback.tracing.thefts import Claim
from clawback.tracing.transaction import Opening, Passage

Spot = tuple[str, str]
"""(account of an exchange, asset)."""


@dataclass
class Trial:
    """A run of the transaction, asset by asset."""

    ledgers: dict[str, Ledger] = field(default_factory=dict)
    outlets: dict[Spot, Outlet] = field(default_factory=dict)
    reached: dict[Spot, Reached] = field(default_factory=dict)


@dataclass
class Settlement:
    """One transaction, one incident."""

    ledger: Ledger
    transaction: Transaction
    proven: Sequence[Exchange]
    unproven: Sequence[Exchange]
    claims: dict[str, dict[int, Claim]]
    ending: Callable[[Transfer], Ending | None]
    balance_before: Callable[[HoldingKey], Opening]
    conversions: dict[Spot, Conversion] = field(default_factory=dict)
    forced: set[str] = field(default_factory=set)
    """Exchanges whose own taint is set aside from the start."""
    refused: set[Spot] = field(default_factory=set)
    """Where taint stays what it is, because its image would overflow or eat its own source."""

    def __post_init__(self) -> None:
        """Finds what each part of an asset has to do with which exchange."""
        self._rows = dict(self.transaction.assets)
        # Stolen units of an asset have a sum that all of them count in.
        self._parts = {
            asset: undivided(asset, rows) if self.claims.get(asset) else divided(asset, rows)
            for asset, rows in self.transaction.assets
        }
        self._given_by: dict[str, list[str]] = {}
        self._givers: dict[str, dict[str, int]] = defaultdict(dict)
        self._takers: dict[int, list[tuple[Exchange, int]]] = defaultdict(list)
        for exchange in self.proven:
            self._given_by[exchange.account] = [asset for asset, _ in exchange.given]
            for asset, net in exchange.given:
                self._givers[asset][exchange.account] = net
            for asset, net in exchange.received:
                part = self._parts[asset].left.get(exchange.account)
                if part is not None:
                    self._takers[id(part)].append((exchange, net))
        self._unproven: dict[str, set[str]] = defaultdict(set)
        for exchange in self.unproven:
            for asset, _ in exchange.received:
                self._unproven[asset].add(exchange.account)
        self._of_account: dict[str, list[Conversion]] = defaultdict(list)
        self._keys_of = self._keys()
        # Own taint of an exchange that it may pay decides who comes next: then one at a time.
        self._together = not any(
            self.ledger.holdings.get((self.transaction.chain, exchange.account, asset))
            for exchange in self.proven
            for asset, _ in exchange.given
        )

    def run(self) -> list[Flow]:
        """Moves all assets and gives the flows, by asset and in travel order."""
        while not self._find_conversions():
            self.conversions = {}
            self._of_account.clear()
        trial = Trial(dict.fromkeys(self._rows, self.ledger))
        passages = {
            asset: self._try(trial, undivided(asset, rows).all[0]) for asset, rows in self._rows.items()
        }
        return self._finish(trial, passages)

    def _find_conversions(self) -> bool:
        """Finds all conversions; False where an own taint must be set aside first (it was added)."""
        waiting: dict[Spot, None] = {}
        trial = Trial({asset: self.ledger.fork(self._keys_of[asset]) for asset in self._rows})
        changed = [[part for parts in self._parts.values() for part in parts.all]]
        before = (self.ledger.too_wide, set(self.refused))
        is_bundled = False
        while True:
            tried = [[spot for part in parts for spot in self._try_again(trial, part)] for parts in changed]
            if lost := [spot for spots in tried for spot in spots if self._is_lost(trial, spot)]:
                if is_bundled:
                    # One at a time it may be another one that is found first.
                    self._together = False
                    self.ledger.too_wide, self.refused = before
                    return False
                found = {spot: place for place, spot in enumerate(self.conversions)}
                return self._force(min(lost, key=lambda spot: found[spot]))
            for spots in tried:
                fresh = [spot for spot in spots if spot in trial.reached and not self._is_settled(spot)]
                for spot in sorted(fresh, key=lambda spot: (trial.reached[spot].first, spot)):
                    waiting.setdefault(spot)
            ready = [spot for spot in waiting if spot in trial.reached]
            if not ready:
                return True
            # Own taint of an exchange that will be set aside must not reach another one first.
            ready.sort(key=lambda spot: not self._pays_own_taint(trial, spot[0]))
            dirty: set[int] = set()
            changed = []
            for number, spot in enumerate(ready):
                own = self._given_parts(spot[0])
                again = [part for part in own if id(part) in dirty]
                if number and (
                    not self._together
                    or id(self._parts[spot[1]].left[spot[0]]) in dirty
                    or any(self._takers.get(id(part)) for part in again)
                ):
                    break
                is_bundled = is_bundled or number > 0
                self._convert(trial, spot)
                del waiting[spot]
                changed.append([part for part in own if id(part) not in dirty])
                dirty |= {id(part) for part in own}

    def _given_parts(self, account: str) -> list[Part]:
        # The parts in which an exchange pays, which its conversion changes.
        parts = [self._parts[asset].own[account] for asset in self._given_by[account]]
        return list({id(part): part for part in parts}.values())

    def _is_settled(self, spot: Spot) -> bool:
        return spot in self.conversions or spot in self.refused

    def _is_lost(self, trial: Trial, spot: Spot) -> bool:
        # Whether less taint reaches an exchange than was converted there.
        if spot not in self.conversions:
            return False
        reached = trial.reached.get(spot)
        return reached is None or sum(units for _, units in reached.arrivals) < self.conversions[spot].tainted

    def _convert(self, trial: Trial, spot: Spot) -> None:
        reached = trial.reached[spot]
        conversion = convert(trial.ledgers, self.transaction.chain, reached)
        if conversion is None:
            self.ledger.too_wide += sum(units for _, units in reached.arrivals)
            self.refused.add(spot)
        else:
            self.conversions[spot] = conversion
            self._of_account[spot[0]].append(conversion)

    def _force(self, spot: Spot) -> bool:
        # A path that runs in a circle may take away what it began with. Then the exchanges of the circle set
        # their own taint aside from the start; where that does not help, this one keeps what it received.
        own = {account for account, _ in self.conversions} - self.forced
        self.forced |= own
        if not own:
            self.refused.add(spot)
        return False

    def _try_again(self, trial: Trial, part: Part) -> list[Spot]:
        # Gives the spots at which other taint may have arrived.
        chain, asset = self.transaction.chain, part.asset
        if self.claims.get(asset):
            trial.ledgers[asset] = self.ledger.fork(self._keys_of[asset])
        for owner in part.owners:
            key = (chain, owner, asset)
            if key in self.ledger.holdings:
                trial.ledgers[asset].restore(key, self.ledger.holdings[key].copy())
        passage = self._try(trial, part)
        spots = []
        for exchange, net in self._takers.get(id(part), ()):
            spot = (exchange.account, asset)
            spots.append(spot)
            reached = kept_units(passage, exchange, asset, net).reached()
            trial.reached.pop(spot, None)
            if reached is not None:
                trial.reached[spot] = reached
        return spots

    def _try(self, trial: Trial, part: Part) -> Passage:
        asset = part.asset
        contract = asset if asset in self._given_by else None
        outlets = self._outlets(trial.ledgers[asset], part, contract)
        passage = Passage(
            trial.ledgers[asset],
            self.transaction.chain,
            asset,
            self.ending,
            self.balance_before,
            unproven=self._unproven.get(asset, frozenset()),
            outlets=outlets,
            contract=contract,
            tracks_start=True,
        )
        passage.move(part.rows, self.claims.get(asset, {}))
        trial.outlets.update({(account, asset): outlet for account, outlet in outlets.items()})
        return passage

    def _outlets(self, ledger: Ledger, part: Part, contract: str | None) -> dict[str, Outlet]:
        outlets: dict[str, Outlet] = {}
        givers = self._givers.get(part.asset, {})
        paid = _own_units(part.rows, contract) if givers else {}
        for account in part.owners:
            if account not in givers:
                continue
            net = givers[account]
            outlet = Outlet(ledger.method, paid[account] - net, net)
            if account in self._of_account or account in self.forced:
                outlet.open(
                    [
                        piece
                        for conversion in self._of_account.get(account, ())
                        for piece in conversion.images.get(part.asset, ())
                    ]
                )
            outlets[account] = outlet
        return outlets

    def _pays_own_taint(self, trial: Trial, account: str) -> bool:
        return any(trial.outlets[account, asset].pays_own_taint for asset in self._given_by[account])

    def _finish(self, trial: Trial, passages: Mapping[str, Passage]) -> list[Flow]:
        chain = self.transaction.chain
        turned = {}
        swaps: dict[str, list[Flow]] = defaultdict(list)
        for exchange in self.proven:
            aside = {asset: trial.outlets[exchange.account, asset].set_aside for asset, _ in exchange.given}
            moved: Moved = {}
            for asset, net in exchange.received:
                kept = kept_units(passages[asset], exchange, asset, net)
                conversion = self.conversions.get((exchange.account, asset))
                turned.update(settle_kept(self.ledger, chain, kept, conversion, aside, moved))
            for asset, found in swap_rows(self.ledger, exchange, aside, moved).items():
                swaps[asset] += found
        flows: list[Flow] = []
        for asset, rows in self.transaction.assets:
            own = passages[asset].finish(rows, turned)
            flows += [*own, *_numbered(swaps[asset], own)]
        return flows

    def _keys(self) -> Mapping[str, list[HoldingKey]]:
        chain = self.transaction.chain
        return {
            asset: sorted(
                {
                    (chain, account, asset)
                    for row in rows
                    for account in (giver(row), taker(row))
                    if account is not None
                }
            )
            for asset, rows in self.transaction.assets
        }


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
