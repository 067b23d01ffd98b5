"""How a payment chooses the lots that it takes.

A method sees one holding and an amount that the holding covers, and nothing else: no labels, no order of
events, no other account. That is all in which the methods differ.

Layout:
    Chosen lots travel in the order taken: for `fifo` oldest first, for `lifo` newest first. The others choose
    a number of tainted and of clean units; those have no order but the one that they lay in.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Final, Protocol

from clawback.errors import ClawbackError
from clawback.tracing.lots import Holding, Lot


class Method(Protocol):
    """One way to choose."""

    @property
    def name(self) -> str:
        """Name in keys, tables and settings."""

    @property
    def conserves(self) -> bool:
        """Whether units are neither made nor lost."""

    @property
    def blends(self) -> bool:
        """Whether every unit of a holding is a mixture, so that no place in it means anything."""

    @property
    def takes_newest(self) -> bool:
        """Whether the inputs of a transaction of the UTXO model are taken last first."""

    @property
    def cuts_dust(self) -> bool:
        """Whether taint never runs out by itself, so that the settings' dust limit holds."""

    def take(self, holding: Holding, amount: int) -> list[Lot]:
        """Removes `amount` units (never more than the holding has) and returns them in the order taken."""

    def receive(self, holding: Holding, lots: Iterable[Lot]) -> None:
        """Puts lots behind those already there."""

    def compact(self, holding: Holding) -> None:
        """Forgets, after a transaction, what the method does not tell apart."""


class _Ordered:
    conserves: bool = True
    blends: bool = False
    takes_newest: bool = False
    cuts_dust: bool = False

    def receive(self, holding: Holding, lots: Iterable[Lot]) -> None:
        """Keeps the order of arrival."""
        holding.extend(lots)

    def compact(self, holding: Holding) -> None:
        """Keeps every lot: its place, hop and transfer may decide later."""


class Fifo(_Ordered):
    """Oldest first (Clayton's Case, 1816)."""

    name: Final = "fifo"

    def take(self, holding: Holding, amount: int) -> list[Lot]:
        """Takes from the old end."""
        return holding.take_oldest(amount)


class Lifo(_Ordered):
    """Newest first."""

    name: Final = "lifo"
    takes_newest: bool = True

    def take(self, holding: Holding, amount: int) -> list[Lot]:
        """Takes from the new end."""
        return holding.take_newest(amount)


class DirtyFirst(_Ordered):
    """Tainted lots first: the most that can have left a holding."""

    name: Final = "dirty_first"

    def take(self, holding: Holding, amount: int) -> list[Lot]:
        """Takes clean units only where the tainted ones do not suffice."""
        tainted = min(amount, holding.tainted)
        return holding.take_shares(tainted, amount - tainted)


class CleanFirst(_Ordered):
    """Own money first (Re Hallett, 1880): the least that can have left a holding."""

    name: Final = "clean_first"

    def take(self, holding: Holding, amount: int) -> list[Lot]:
        """Takes tainted units only where the clean ones do not suffice."""
        clean = min(amount, holding.amount - holding.tainted)
        return holding.take_shares(amount - clean, clean)


class Haircut(_Ordered):
    """Pro rata, rounded down; what is rounded off stays, and a payment of the whole balance takes all."""

    name: Final = "haircut"
    blends: bool = True
    cuts_dust: bool = True

    def take(self, holding: Holding, amount: int) -> list[Lot]:
        """Takes floor(amount x tainted / balance) tainted units."""
        tainted = amount * holding.tainted // holding.amount if amount else 0
        return holding.take_shares(tainted, amount - tainted)

    def compact(self, holding: Holding) -> None:
        """Leaves one tainted lot with the smallest hop and one clean lot: the state cannot outgrow that."""
        clean = holding.amount - holding.tainted
        unknown = holding.has_unknown()
        holding.replace_lots([Lot(holding.tainted, holding.smallest_hop()), Lot(clean, unknown=unknown)])


class Poison(_Ordered):
    """Whatever lies with a stolen unit counts as stolen, until the holding is empty: an outer bound."""

    name: Final = "poison"
    conserves: bool = False

    def take(self, holding: Holding, amount: int) -> list[Lot]:
        """Takes from the old end; which end does not matter."""
        return holding.take_oldest(amount)

    def receive(self, holding: Holding, lots: Iterable[Lot]) -> None:
        """Taints all that is there once something tainted is."""
        holding.extend(lots)
        if 0 < holding.tainted < holding.amount:
            first = min((lot for lot in holding.lots if lot.hop is not None), key=lambda lot: lot.hop or 0)
            holding.replace_lots(
                [lot if lot.tainted else replace(first, amount=lot.amount) for lot in holding.lots]
            )

    def compact(self, holding: Holding) -> None:
        """Leaves one lot with the smallest hop."""
        holding.replace_lots([Lot(holding.amount, holding.smallest_hop())])


FIFO: Final[Method] = Fifo()
METHODS: Final[dict[str, Method]] = {
    method.name: method for method in (FIFO, Lifo(), Haircut(), DirtyFirst(), CleanFirst(), Poison())
}


def method_named(name: str, where: str = "settings, tracing.methods") -> Method:
    """Finds a method by its name; `where` the name stands is told where there is none.

    Raises:
        ClawbackError: No such method.
    """
    if name not in METHODS:
        raise ClawbackError(
            f"unknown tracing method {name!r}",
            where=where,
            remedy=f"use one of: {', '.join(METHODS)}",
        )
    return METHODS[name]
