"""Cuts the transfers of one asset in one transaction into parts: what happens in one changes no other.

Method:
    Two transfers belong together if units of one can go on in the other: an account passes on what it
    received before, or both take from the account's own units. An account that has passed on all that it had
    received begins anew. How many units arrive and are passed on does not depend on which are tainted, so
    parts are known before anything is traced.
    The token's own contract mints and burns, and is never cut.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from clawback.tracing.exchanges import giver, taker
from clawback.tracing.records import Transfer

OWN: Final = -1
"""Stands for an account's own units; numbers from 0 on for what it received since that was last used up."""


@dataclass
class Part:
    """Some transfers of an asset, in travel order."""

    asset: str
    rows: list[Transfer] = field(default_factory=list)
    owners: list[str] = field(default_factory=list)
    """Accounts that pay units of their own in it."""


@dataclass
class Parts:
    """All parts of an asset, and where an account's own units and what it has left at the end are in them."""

    all: list[Part]
    own: dict[str, Part]
    left: dict[str, Part]


def undivided(asset: str, rows: Sequence[Transfer]) -> Parts:
    """All transfers of an asset as one part."""
    part = Part(asset, list(rows))
    part.owners = sorted({giver(row) for row in rows})
    everyone = {account for row in rows for account in (giver(row), taker(row)) if account is not None}
    return Parts([part], dict.fromkeys(everyone, part), dict.fromkeys(everyone, part))


def divided(asset: str, rows: Sequence[Transfer]) -> Parts:
    """The transfers of an asset in as many parts as there are."""
    groups = _Groups()
    arrived: dict[str, int] = defaultdict(int)
    times: dict[str, int] = defaultdict(int)
    placed: list[tuple[Transfer, int]] = []
    own: dict[str, int] = {}

    def received_by(account: str) -> int:
        return groups.number((account, 0 if account == asset else times[account]))

    for row in rows:
        if row.amount == 0:
            continue
        payer, receiver = giver(row), taker(row)
        group = received_by(payer)
        passed_on = min(arrived[payer], row.amount) if payer != asset else 0
        arrived[payer] -= passed_on
        if passed_on < row.amount:
            own[payer] = groups.joined(group, groups.number((payer, OWN)))
        if arrived[payer] == 0:
            times[payer] += 1
        placed.append((row, group))
        if receiver is not None:
            groups.joined(group, received_by(receiver))
            arrived[receiver] += row.amount
    parts: dict[int, Part] = {}
    for row, group in placed:
        part = parts.setdefault(groups.find(group), Part(asset))
        part.rows.append(row)
    paying = {account: parts[groups.find(group)] for account, group in own.items()}
    for account, part in paying.items():
        part.owners.append(account)
    left = {
        account: parts[groups.find(received_by(account))] for account, amount in arrived.items() if amount > 0
    }
    return Parts(list(parts.values()), paying, left)


class _Groups:
    """Sets of numbered names that are joined."""

    def __init__(self) -> None:
        self._numbers: dict[tuple[str, int], int] = {}
        self._above: list[int] = []

    def number(self, name: tuple[str, int]) -> int:
        """The number of a name, a new one if need be."""
        if name not in self._numbers:
            self._numbers[name] = len(self._above)
            self._above.append(len(self._above))
        return self._numbers[name]

    def find(self, number: int) -> int:
        """The number that stands for the set."""
        while self._above[number] != number:
            self._above[number] = self._above[self._above[number]]
            number = self._above[number]
        return number

    def joined(self, one: int, other: int) -> int:
        """Joins two sets; gives the number that stands for both."""
        one, other = self.find(one), self.find(other)
        self._above[other] = one
        return one
