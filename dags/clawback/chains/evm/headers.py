"""Headers of blocks, by number or by name, checked to be those that were asked for."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from clawback.chains.evm.failures import Lie, NotOffered, TooMuch
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.quantities import quantity
from clawback.chains.evm.rpc import Question
from clawback.chains.evm.shapes import Header
from clawback.chains.evm.transport import Endpoint
from clawback.errors import ClawbackError

_HEADER: Final = Question("eth_getBlockByNumber", Header)


@dataclass(frozen=True)
class Place:
    """A block on the chain: number and time in seconds."""

    number: int
    time: int


def newest_block(nodes: Nodes) -> Place:
    """The newest block of the chain."""
    return place_of(nodes, "latest")


def final_block(nodes: Nodes, finality: str | int) -> Place:
    """The newest block that can no longer change.

    Args:
        nodes: the chain's nodes.
        finality: the tag `finalized`, or how many blocks must lie above.
    """
    if isinstance(finality, str):
        return place_of(nodes, finality)
    newest = place_of(nodes, "latest")
    return place_of(nodes, hex(max(0, newest.number - finality)))


def block_hash(nodes: Nodes, number: int) -> str:
    """The hash of the chain's block of that number."""
    return header_of(nodes, hex(number)).hash


def place_of(nodes: Nodes, name: str) -> Place:
    """Number and time of the block of that number in hex, or that name. Raises ClawbackError."""
    header = header_of(nodes, name)
    return Place(quantity(header.number, "a block's number"), quantity(header.timestamp, "a block's time"))


def header_of(nodes: Nodes, name: str) -> Header:
    """The header of the block of that number in hex, or that name (`latest`, `finalized`).

    Raises:
        ClawbackError: the nodes do not know it, or give another one.
    """

    def ask(endpoint: Endpoint) -> Header:
        header = _HEADER.ask(endpoint, [(name, False)])[0][0]
        if name.startswith("0x") and header.number != name:
            raise Lie(f"asked for block {int(name, 16)}, the node gave {header.number[:20]}")
        return header

    try:
        return nodes.try_each(f"block {name}", ask)
    except NotOffered as error:
        raise ClawbackError(
            f"the node does not know the block '{name}'",
            cause=str(error),
            remedy="where it has no tag 'finalized', give the chain a depth in the settings: finality = 64",
        ) from error


def headers_of(nodes: Nodes, numbers: list[int]) -> list[Header]:
    """The headers of some blocks, asked for together; in parts where that is too much.

    Raises:
        ClawbackError: no node has them.
    """
    names = [hex(number) for number in numbers]

    def ask(endpoint: Endpoint) -> list[Header]:
        headers = _HEADER.ask(endpoint, [(name, False) for name in names])[0]
        if [header.number for header in headers] != names:
            raise Lie("the node gave other blocks than it was asked for")
        return headers

    named = f"block {numbers[0]}" if len(numbers) == 1 else f"blocks {numbers[0]} to {numbers[-1]}"
    try:
        return nodes.try_each(named, ask, divisible=len(names) > 1)
    except TooMuch:
        middle = len(numbers) // 2
        return headers_of(nodes, numbers[:middle]) + headers_of(nodes, numbers[middle:])
    except NotOffered as error:
        raise ClawbackError(
            f"no node has {named}", cause=str(error), remedy="name a node that keeps blocks of that time"
        ) from error
