"""Which accounts exchanged assets in a transaction, whether that is proven, and what stood for what.

Rules:
    An account that by its net amounts over the whole transaction received one asset and gave another one
    exchanged them, if a label says that it is a `dex`, `router` or `wrapper`, or that a factory so labelled
    created it, or if both sides have a price that day and are worth between half and twice each other. An
    event alone proves nothing: any contract can emit one. Paying gas is never giving.
    Mints are given, and burns received, by the token's contract.
    An address whose role `theft_address` covers the transaction is no exchange of its own incident: what
    enters it is stolen, whatever it pays: the account where taint starts is never its own exchange.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from clawback.tracing.order import Transaction
from clawback.tracing.records import THEFT_ADDRESS, Role, Transfer
from clawback.tracing.sinks import BURNED, Endings, sink_without_receiver

EXCHANGE_LABELS: Final = frozenset({"dex", "router", "wrapper"})
BY_AMOUNT: Final = "amount"
BY_PRICE: Final = "price"
EQUALLY: Final = "equal"

Prices = Mapping[tuple[str, str], Fraction]
"""(chain, asset) -> USD of one base unit on the day, exact."""

Creators = Mapping[tuple[str, str], str | tuple[str, ...]]
"""(chain, address) -> the contract, or all contracts, that say they created it."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """An account with what it received and gave, net, each in the order of assets."""

    account: str
    received: tuple[tuple[str, int], ...]
    given: tuple[tuple[str, int], ...]
    basis: str = BY_AMOUNT
    received_weights: tuple[Fraction, ...] = ()
    given_weights: tuple[Fraction, ...] = ()

    def share_of_given(self, asset: str, amount: int) -> tuple[int, int]:
        """Which of `amount` units given stand for one asset received."""
        return _span(self.received, self.received_weights, asset, amount)

    def share_of_received(self, asset: str, amount: int) -> tuple[int, int]:
        """Which of `amount` units received stand for one asset given."""
        return _span(self.given, self.given_weights, asset, amount)


class Market:
    """Labels, prices, factories and theft addresses of one day."""

    def __init__(
        self,
        endings: Endings,
        prices: Prices | None = None,
        created_by: Creators | None = None,
        roles: Iterable[Role] = (),
    ) -> None:
        self._endings = endings
        self._prices: Prices = prices or {}
        self._created_by: Creators = created_by or {}
        self._thieves: dict[tuple[str, str, str], list[Role]] = defaultdict(list)
        for role in roles:
            if role.role == THEFT_ADDRESS:
                self._thieves[role.incident_id, role.chain, role.address].append(role)
        self._transaction: Transaction | None = None
        self._candidates: list[Exchange] = []
        self._found: dict[str, tuple[list[Exchange], list[Exchange]]] = {}

    def apart(self) -> Market:
        """The same facts for another thread, which asks for other transactions."""
        other = copy(self)
        other._transaction, other._candidates, other._found = None, [], {}
        return other

    def exchanges(self, incident_id: str, transaction: Transaction) -> tuple[list[Exchange], list[Exchange]]:
        """Proven and unproven exchanges of a transaction, each ordered by account.

        All methods ask for one transaction after the other, so the answers on the last one are kept.
        """
        if len(transaction.assets) < 2:
            return [], []
        if transaction is not self._transaction:
            self._transaction, self._candidates = transaction, candidates(transaction.assets)
            self._found = {}
        if incident_id not in self._found:
            self._found[incident_id] = self._judge(incident_id, transaction)
        return self._found[incident_id]

    def _judge(self, incident_id: str, transaction: Transaction) -> tuple[list[Exchange], list[Exchange]]:
        proven: list[Exchange] = []
        unproven: list[Exchange] = []
        for exchange in self._candidates:
            if self._endings.of_holding(incident_id, transaction.chain, exchange.account) is not None:
                continue
            if self._is_thief(incident_id, transaction, exchange.account):
                continue
            if self._is_proven(incident_id, transaction.chain, exchange):
                proven.append(self._weighted(transaction.chain, exchange))
            else:
                unproven.append(exchange)
        return proven, unproven

    def _is_thief(self, incident_id: str, transaction: Transaction, account: str) -> bool:
        return any(
            role.covers(transaction.tx_hash, transaction.block_time)
            for role in self._thieves.get((incident_id, transaction.chain, account), ())
        )

    def _is_proven(self, incident_id: str, chain: str, exchange: Exchange) -> bool:
        # Any contract can claim to have created another: one whose label says what it is must be among them.
        creators = self._created_by.get((chain, exchange.account), ())
        for name in (exchange.account, *((creators,) if isinstance(creators, str) else creators)):
            if self._endings.category(incident_id, chain, name) in EXCHANGE_LABELS:
                return True
        received = self._worth(chain, exchange.received)
        given = self._worth(chain, exchange.given)
        if received is None or given is None:
            return False
        return given <= 2 * received and received <= 2 * given

    def _worth(self, chain: str, side: Iterable[tuple[str, int]]) -> Fraction | None:
        worth = Fraction(0)
        for asset, amount in side:
            price = self._prices.get((chain, asset))
            if price is None:
                return None
            worth += amount * price
        return worth

    def _weighted(self, chain: str, exchange: Exchange) -> Exchange:
        received, received_priced = self._weights(chain, exchange.received)
        given, _ = self._weights(chain, exchange.given)
        basis = BY_AMOUNT
        if len(exchange.received) > 1:
            basis = BY_PRICE if received_priced else EQUALLY
        return Exchange(exchange.account, exchange.received, exchange.given, basis, received, given)

    def _weights(self, chain: str, side: Sequence[tuple[str, int]]) -> tuple[tuple[Fraction, ...], bool]:
        prices = [self._prices.get((chain, asset)) for asset, _ in side]
        known = [price for price in prices if price is not None]
        if len(known) == len(side):
            return tuple(amount * price for (_, amount), price in zip(side, known, strict=True)), True
        return (Fraction(1),) * len(side), False


def giver(row: Transfer) -> str:
    """Who gives in the sense of an exchange: the payer, or the token's contract where units are minted."""
    return row.asset if row.payer is None else row.payer


def taker(row: Transfer) -> str | None:
    """Who receives in the sense of an exchange: the receiver, or the token's contract of burned units."""
    if row.receiver is not None:
        return row.receiver
    return row.asset if sink_without_receiver(row) == BURNED else None


def shares(total: int, weights: Sequence[Fraction]) -> list[int]:
    """Cuts a total by weights; shares are rounded down and the last one gets the remainder."""
    whole = sum(weights, Fraction(0))
    if whole == 0:
        weights, whole = [Fraction(1)] * len(weights), Fraction(len(weights))
    parts = [int(total * weight / whole) for weight in weights[:-1]]
    return [*parts, total - sum(parts)]


def _span(
    side: Sequence[tuple[str, int]], weights: Sequence[Fraction], asset: str, amount: int
) -> tuple[int, int]:
    begin = 0
    for (name, _), share in zip(side, shares(amount, weights), strict=True):
        if name == asset:
            return begin, begin + share
        begin += share
    raise ValueError(f"{asset} is not on this side of the exchange")


def candidates(assets: Iterable[tuple[str, Sequence[Transfer]]]) -> list[Exchange]:
    """Accounts that received one asset and gave another one, proven or not, in the order of accounts."""
    nets: dict[str, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for asset, rows in assets:
        for row in rows:
            if row.kind == "fee":
                continue
            for account, amount in ((giver(row), -row.amount), (taker(row), row.amount)):
                if account is not None:
                    nets[account][asset] += amount
    found = []
    for account in sorted(nets):
        received = tuple((asset, net) for asset, net in sorted(nets[account].items()) if net > 0)
        given = tuple((asset, -net) for asset, net in sorted(nets[account].items()) if net < 0)
        if received and given:
            found.append(Exchange(account, received, given))
    return found
