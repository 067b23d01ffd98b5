"""How a payment chooses the lots that it takes.

A method sees one holding and an amount that the holding covers, and nothing else: no labels, no order of
events, no other account. That is all in which the methods differ.
"""

from __future__ import annotations

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

    def take(self, holding: Holding, amount: int) -> list[Lot]:
        """Removes `amount` units (never more than the holding has) and returns them in the order taken."""


class Fifo:
    """Oldest first (Clayton's Case, 1816)."""

    name: Final = "fifo"
    conserves: Final = True

    def take(self, holding: Holding, amount: int) -> list[Lot]:
        """Takes from the old end."""
        return holding.take_oldest(amount)


FIFO: Final[Method] = Fifo()
METHODS: Final[dict[str, Method]] = {FIFO.name: FIFO}


def method_named(name: str) -> Method:
    """Finds a method by its name in the settings.

    Raises:
        ClawbackError: No such method.
    """
    if name not in METHODS:
        raise ClawbackError(
            f"unknown tracing method {name!r}",
            where="settings, tracing.methods",
            remedy=f"use one of: {', '.join(sorted(METHODS))}",
        )
    return METHODS[name]
