"""Made-up ledgers in which most transactions trade: thefts first, then swaps of every shape."""

from __future__ import annotations

from datetime import date, timedelta
from fractions import Fraction
from random import Random
from typing import Any, NamedTuple

from clawback.tracing.exchanges import Prices
from clawback.tracing.records import Label, Role, Transfer
from tests.unit.tracing_chain import FIRST_DAY, ZERO, moved

TOKENS = ["0x" + digits * 20 for digits in ("e1", "e2", "e3", "e4")]
ASSETS = ["native", *TOKENS]
WRAPPED = TOKENS[0]
ROUTER, FACTORY, SHOP = ("0x" + digits * 20 for digits in ("a1", "a2", "a3"))
Leg = tuple[str, str | None, str, int, str]


class Ledger(NamedTuple):
    """What both engines are given."""

    transfers: list[Transfer]
    roles: list[Role]
    labels: list[Label]
    max_hops: int
    prices: dict[date, Prices]
    created_by: dict[tuple[str, str], str]


class Market:
    """Draws transactions between so many users and pools."""

    def __init__(self, random: Random, users: int, pools: int) -> None:
        self.random = random
        self.users = [f"0x{number + 1:040x}" for number in range(users)]
        self.pools = [f"0x{number + 1:020x}{7:020x}" for number in range(pools)]
        self.largest = random.choice([9, 100, 10**6, 10**27, 2**126])

    def amount(self) -> int:
        """An amount: often 0 or little, now and then as wide as the ledger has them."""
        random = self.random
        if random.random() < 0.1:
            return random.randint(0, 1)
        return random.randint(0, self.largest) if random.random() < 0.7 else random.randint(0, 9)

    def user(self) -> str:
        """The first ones trade more."""
        return self.users[int(len(self.users) * self.random.random() ** 2)]

    def swap(self, user: str, pool: str, gave: str, got: str) -> list[Leg]:
        """In and out, sometimes in pieces."""
        legs: list[Leg] = [
            (user, pool, gave, self.amount(), "token"),
            (pool, user, got, self.amount(), "token"),
        ]
        if self.random.random() < 0.2:
            legs.insert(1, (user, pool, gave, self.amount(), "token"))
        if self.random.random() < 0.2:
            legs.append((pool, user, got, self.amount(), "token"))
        if self.random.random() < 0.1:
            legs.append((pool, user, gave, self.amount(), "token"))
        return legs

    def trade(self) -> list[Leg]:
        """The legs of one trade of a random shape."""
        random, user = self.random, self.user()
        first, second = random.choice(self.pools), random.choice(self.pools)
        gave, between, got = random.sample(ASSETS, 3)
        paid, middle, out = self.amount(), self.amount(), self.amount()
        shape = random.choice(
            [
                "swap",
                "swap",
                "swap",
                "hops",
                "hops",
                "routed",
                "split",
                "round",
                "wrap",
                "unwrap",
                "both",
                "odd",
            ]
        )
        if shape == "hops":
            return [
                (user, first, gave, paid, "token"),
                (first, second, between, middle, "token"),
                (second, user, got, out, "token"),
            ]
        if shape == "routed":
            return [
                (user, ROUTER, gave, paid, "token"),
                (ROUTER, first, gave, paid, "token"),
                (first, ROUTER, got, out, "token"),
                (ROUTER, user, got, out - out // random.choice([1000, 3]), "token"),
            ]
        if shape == "split":
            share = paid // 3
            return [
                (user, first, gave, share, "token"),
                (user, second, gave, paid - share, "token"),
                (first, user, got, out, "token"),
                (second, user, got, middle, "token"),
            ]
        if shape == "round":
            return [*self.swap(user, first, gave, got), *self.swap(user, second, got, gave)]
        if shape == "wrap":
            return [(user, WRAPPED, "native", paid, "native"), (ZERO, user, WRAPPED, out, "mint")]
        if shape == "unwrap":
            return [(user, ZERO, WRAPPED, paid, "burn"), (WRAPPED, user, "native", out, "internal")]
        if shape == "both":
            return [*self.swap(user, first, gave, got), *self.swap(self.user(), first, got, gave)]
        if shape == "odd":
            return [
                (user, first, gave, paid, "token"),
                (user, first, between, middle, "token"),
                (first, user, got, out, "token"),
            ]
        return self.swap(user, first, gave, got)

    def transaction(self) -> list[Leg]:
        """The legs of one transaction, in any order."""
        random = self.random
        legs = self.trade() if random.random() < 0.8 else []
        if random.random() < 0.25:
            receiver = random.choice([*self.users, *self.pools, SHOP, ZERO, None])
            legs.append(
                (
                    random.choice([self.user(), self.pools[0]]),
                    receiver,
                    random.choice(ASSETS),
                    self.amount(),
                    "token",
                )
            )
        if random.random() < 0.3:
            random.shuffle(legs)
        if random.random() < 0.2:
            legs.append((self.user(), None, "native", random.randint(0, 3), "fee"))
        return legs


def trade_ledger(
    seed: int, transactions: int, incidents: tuple[str, ...], users: int = 6, pools: int = 3
) -> Ledger:
    """A ledger: pools are filled, then everybody trades; every eighth transaction may be a theft too."""
    random = Random(seed)  # noqa: S311 - the same ledgers each time
    market = Market(random, users, pools)
    transfers: list[Transfer] = []
    roles: set[Role] = {Role(name, "ethereum", market.users[-1], "other") for name in incidents}
    thefts = random.sample(range(max(8, transactions // 4)), len(incidents))
    for number in range(transactions):
        day, tx_hash = 4 * number // transactions, f"0x{number:064x}"
        legs = market.transaction()
        for name, at in zip(incidents, thefts, strict=True):
            if at == number:
                thief = market.user()
                legs = [
                    (
                        random.choice([market.users[-1], market.pools[-1]]),
                        thief,
                        random.choice(ASSETS),
                        3 * market.largest,
                        "token",
                    )
                ]
                roles.add(Role(name, "ethereum", thief, random.choice(["theft_address", "source"]), tx_hash))
        if number % 5 == 0 and random.random() < 0.5:
            legs = [
                (market.users[-1], pool, asset, market.amount(), "token")
                for pool in market.pools
                for asset in ASSETS
            ]
        for place, (payer, receiver, asset, amount, kind) in enumerate(legs):
            more: dict[str, Any] = {"kind": kind, "asset": asset, "place": place, "day": day}
            transfers.append(moved(number, payer, receiver, min(amount, 10**38 - 1), tx_hash=tx_hash, **more))
    return Ledger(
        transfers,
        sorted(roles, key=repr),
        _labels(random, market, incidents),
        random.choice([0, 0, 0, 2]),
        _prices(random),
        {("ethereum", market.pools[0]): FACTORY},
    )


def _labels(random: Random, market: Market, incidents: tuple[str, ...]) -> list[Label]:
    labels = [Label("ethereum", pool, "Pool", "dex", 90, "a") for pool in market.pools[1:]]
    labels += [
        Label("ethereum", FACTORY, "Factory", "dex", 90, "a", valid_from=FIRST_DAY + timedelta(days=1)),
        Label("ethereum", SHOP, "Shop", "exchange", 90, "a"),
    ]
    choice = [
        Label("ethereum", WRAPPED, "Wrapper", "wrapper", 90, "a"),
        Label("ethereum", market.users[0], "User", "router", 90, "a"),
        Label(
            "ethereum", market.users[1], "User", "bridge", 90, "a", valid_from=FIRST_DAY + timedelta(days=2)
        ),
        Label("ethereum", market.pools[-1], "Odd", "other", 99, "a", incident_id=incidents[0]),
        Label("ethereum", ROUTER, "Router", "router", 90, "a"),
    ]
    return labels + [label for label in choice if random.random() < 0.3]


def _prices(random: Random) -> dict[date, Prices]:
    if random.random() < 0.5:
        return {}
    known = random.sample(ASSETS, random.randint(1, len(ASSETS)))
    prices = {
        ("ethereum", asset): Fraction(random.choice([1, 1, 2, 3]), random.choice([1, 10**6]))
        for asset in known
    }
    return {FIRST_DAY + timedelta(days=day): prices for day in range(4)}
