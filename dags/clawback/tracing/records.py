"""Records that the tracer reads: transfers, roles, labels, freezes, chain events.

Layout:
    A holding is named by (chain, address, asset). The zero address is no account: what comes from it was
    minted, what goes to it is burned.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, NamedTuple

HoldingKey = tuple[str, str, str]
"""(chain, address, asset)."""

ZERO_ADDRESSES: Final = frozenset({"0x" + "0" * 40, "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwb"})
UTXO_KINDS: Final = frozenset({"utxo_in", "utxo_out"})
THEFT_ADDRESS: Final = "theft_address"
SOURCE: Final = "source"
RETURN_ROLES: Final = frozenset({"victim", "recovery"})


class Arrival(NamedTuple):
    """The transfer by which a tainted lot came to where it lies."""

    tx_hash: str
    kind: str
    position: int


class Step(Arrival):
    """An arrival that knows the one before it; equal to no other step, for it stands for its own units."""

    parent: Arrival | None = None

    def __eq__(self, other: object) -> bool:
        if isinstance(other, Step):
            return self is other
        return tuple.__eq__(self, other) if isinstance(other, tuple) else NotImplemented

    def __ne__(self, other: object) -> bool:
        return not self == other

    __hash__ = Arrival.__hash__


def step_after(arrival: Arrival, parent: Arrival | None) -> Step:
    """The step by which units came that had come by another one before."""
    step = Step(*arrival)
    step.parent = parent
    return step


@dataclass(frozen=True, slots=True)
class Transfer:
    """One row of the transfers table, as far as tracing needs it."""

    chain: str
    block_number: int | None
    block_time: datetime
    tx_hash: str
    tx_index: int | None
    position: int
    kind: str
    from_address: str
    to_address: str | None
    asset: str
    amount: int
    order_quality: str = "exact"
    outpoint: str | None = None

    @property
    def payer(self) -> str | None:
        """Account that the units leave; none where they are minted."""
        if self.kind == "mint" or self.from_address in ZERO_ADDRESSES:
            return None
        return self.from_address

    @property
    def receiver(self) -> str | None:
        """Account that the units reach; none for gas, burns and where the table knows no receiver."""
        if self.kind in ("fee", "burn") or self.to_address in ZERO_ADDRESSES:
            return None
        return self.to_address


@dataclass(frozen=True, slots=True)
class Role:
    """What a case file says an address is, and for which transactions."""

    incident_id: str
    chain: str
    address: str
    role: str
    tx_hash: str | None = None
    from_time: datetime | None = None
    to_time: datetime | None = None

    def covers(self, tx_hash: str, time: datetime) -> bool:
        """Whether the role speaks of this transaction: named, and inside the window (both ends included)."""
        if self.tx_hash is not None and self.tx_hash != tx_hash:
            return False
        if self.from_time is not None and time < self.from_time:
            return False
        return self.to_time is None or time <= self.to_time

    @property
    def is_open(self) -> bool:
        """Whether it speaks of every transaction."""
        return self.tx_hash is None and self.from_time is None and self.to_time is None


@dataclass(frozen=True, slots=True)
class Label:
    """One statement about who stands behind an address."""

    chain: str
    address: str
    entity: str
    category: str
    confidence: int
    source: str
    incident_id: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None

    def is_valid_on(self, day: date) -> bool:
        """Whether the statement holds on that day (both ends included)."""
        if self.valid_from is not None and day < self.valid_from:
            return False
        return self.valid_to is None or day <= self.valid_to


@dataclass(frozen=True, slots=True)
class Freeze:
    """A holding that its issuer froze on a day."""

    chain: str
    address: str
    asset: str
    day: date


@dataclass(frozen=True, slots=True, order=True)
class ChainEvent:
    """What a contract says of an address: that it is frozen, or no more, or that it was created.

    Ordered as events happen on a chain.
    """

    chain: str
    block_number: int
    tx_index: int
    position: int
    day: date
    kind: str
    emitter: str
    address: str
