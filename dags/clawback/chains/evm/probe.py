"""What the nodes are and can, asked before anything is extracted."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any, Final

import msgspec

from clawback.chains.evm.failures import Busy, Lie, NodeFailure, NotOffered, TooLarge, TooMuch
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.pace import Pace
from clawback.chains.evm.plan import TraceMethod
from clawback.chains.evm.quantities import quantity
from clawback.chains.evm.rpc import Question
from clawback.chains.evm.shapes import Header
from clawback.chains.evm.transport import Endpoint
from clawback.days import day_bounds
from clawback.errors import ClawbackError

_CHAIN_ID: Final = Question("eth_chainId", str)
_HEADER: Final = Question("eth_getBlockByNumber", Header)
_PARITY: Final = Question("trace_block", list[msgspec.Raw])
_GETH: Final = Question("debug_traceBlockByNumber", list[msgspec.Raw])
MOST_LOOKED_AT: Final = 8_192
"""Blocks in which a transaction is looked for that a node can be asked to trace."""
_HEADERS_AT_ONCE: Final = 64


@dataclass(frozen=True)
class Place:
    """A block on the chain: number and time in seconds."""

    number: int
    time: int


def same_chain(endpoints: Sequence[Endpoint], progress: Callable[[str], None]) -> tuple[int, list[Endpoint]]:
    """The chain's id, and the endpoints that answer. They must all say the same id.

    Raises:
        ClawbackError: none answers, or they are nodes of different chains.
    """
    found: dict[Endpoint, int] = {}
    reasons = []
    for endpoint in endpoints:
        try:
            found[endpoint] = _chain_id(endpoint)
        except (NodeFailure, ClawbackError) as error:
            reason = error.problem if isinstance(error, ClawbackError) else str(error)
            reasons.append(f"{endpoint.name}: {reason}")
            progress(f"left out, for it does not answer: {endpoint.name} ({reason})")
    if not found:
        raise ClawbackError(
            "no node answers",
            cause="; ".join(reasons),
            remedy="check the addresses given as --rpc, and that the node runs",
        )
    if len(set(found.values())) > 1:
        raise ClawbackError(
            "the nodes are of different chains",
            cause="; ".join(f"{endpoint.name}: chain id {number}" for endpoint, number in found.items()),
            remedy="give only nodes of one chain",
        )
    return next(iter(found.values())), list(found)


def check_still_of(endpoints: Sequence[Endpoint], number: int) -> None:
    """The endpoints that answer are still nodes of that chain; behind one address there may be several.

    Raises:
        ClawbackError: they are of another one, or none answers.
    """
    found, _ = same_chain(endpoints, lambda line: None)
    if found != number:
        raise ClawbackError(
            f"the nodes changed from chain {number} to chain {found} while they were asked",
            where=", ".join(endpoint.name for endpoint in endpoints),
            remedy="run it again; if it stays so, leave out the address behind which other chains answer",
        )


def _chain_id(endpoint: Endpoint) -> int:
    def ask(asked: Endpoint) -> int:
        return quantity(_CHAIN_ID.ask(asked, [()])[0][0], "the chain's id")

    try:
        return ask(endpoint)
    except Busy:
        # It is there. Whoever is not there is not waited for: most often the address is wrong.
        return Nodes([endpoint], Pace()).try_each("the chain's id", ask)


def newest_block(nodes: Nodes) -> Place:
    """The newest block of the chain."""
    return _place(nodes, "latest")


def final_block(nodes: Nodes, finality: str | int) -> Place:
    """The newest block that can no longer change.

    Args:
        nodes: the chain's nodes.
        finality: the tag `finalized`, or how many blocks must lie above.
    """
    if isinstance(finality, str):
        return _place(nodes, finality)
    newest = _place(nodes, "latest")
    return _place(nodes, hex(max(0, newest.number - finality)))


def blocks_of_day(nodes: Nodes, day: date, finality: str | int) -> range:
    """The blocks of a UTC day, found by their times; empty where the day has none.

    Raises:
        ClawbackError: the day is not over on this chain, or its end may still change.
    """
    start, end = (int(moment.timestamp()) for moment in day_bounds(day))
    final = final_block(nodes, finality)
    if final.time < end:
        raise ClawbackError(
            f"{day} is not over and final yet for this node",
            cause=f"its newest final block, {final.number}, is of {_utc(final.time)}",
            remedy="wait until the day is final, then extract it",
        )
    first = _first_from(nodes, start, final)
    blocks = range(first, _first_from(nodes, end, final))
    _check_ends(nodes, blocks, start, end)
    return blocks


def _check_ends(nodes: Nodes, blocks: range, start: int, end: int) -> None:
    """Asked again, each node has the day end where it was found to: one wrong time would cut it short.

    Raises:
        ClawbackError: a node says otherwise, or none says anything.
    """
    around = sorted({blocks.start - 1, blocks.start, blocks.stop - 1, blocks.stop} - {-1})
    reasons = []
    for endpoint in nodes.endpoints:
        try:
            headers = [_again(nodes, endpoint, number) for number in around]
            times = [quantity(header.timestamp, "a block's time") for header in headers]
        except (NodeFailure, ClawbackError) as error:
            reasons.append(f"{endpoint.name}: {error}")  # most often it has not come so far
            continue
        within = [start <= second < end for second in times]
        linked = all(
            after.parent_hash == before.hash
            for before, after in pairwise(headers)
            if int(after.number, 16) == int(before.number, 16) + 1
        )
        if not linked or within != [number in blocks for number in around]:
            raise ClawbackError(
                "the blocks at the day's ends are not what they were a moment ago, or with another node",
                where=endpoint.name,
                cause=f"blocks {', '.join(map(str, around))} are of {', '.join(map(_utc, times))}"
                + ("" if linked else ", and do not follow on each other"),
                remedy="run it again; if it stays so, leave out the node that is wrong",
            )
    if len(reasons) == len(nodes.endpoints):
        raise ClawbackError(
            "no node gives the blocks at the day's ends", cause="; ".join(reasons), remedy="run it again"
        )


def _again(nodes: Nodes, endpoint: Endpoint, number: int) -> Header:
    def ask(asked: Endpoint) -> Header:
        header = _HEADER.ask(asked, [(hex(number), False)])[0][0]
        if header.number != hex(number):
            raise Lie(f"asked for block {number}, the node gave {header.number[:20]}")
        return header

    try:
        return ask(endpoint)
    except Busy:
        return nodes.alone(endpoint).try_each(f"block {number}", ask)


def trace_method(
    endpoints: Sequence[Endpoint], nodes: Nodes, blocks: range
) -> tuple[TraceMethod | None, list[Endpoint]]:
    """How the nodes trace inner calls, and which of them do; None where none does.

    A node that knows the method but keeps no traces answers with an empty list: it is tried on a block that
    has a transaction. Where none is found, there is hardly anything to trace, and knowing the method must do:
    a block whose transactions are not all traced is noticed when it is read.
    """
    busy = block_with_transactions(nodes, blocks)
    tried = blocks[-1] if busy is None else busy

    def is_traced(traces: list[Any]) -> bool:
        return busy is None or bool(traces)

    for method, ask in _TRACERS.items():
        offering = [one for one in endpoints if _offers(ask, one, nodes, tried, is_traced)]
        if offering:
            return method, offering
    return None, []


def _offers(
    ask: Callable[[Endpoint, int], list[Any]],
    endpoint: Endpoint,
    nodes: Nodes,
    number: int,
    is_traced: Callable[[list[Any]], bool],
) -> bool:
    try:
        return is_traced(ask(endpoint, number))
    except Busy:
        # That it wants fewer questions is no answer: without another one, a day would lose its inner value.
        try:
            alone = nodes.alone(endpoint)
            return is_traced(alone.try_each("whether it traces", lambda one: ask(one, number)))
        except NotOffered:
            return False
    except TooLarge:
        # It does: what comes of these traces is told where they are asked for, not that there are none.
        return True
    except NodeFailure:
        return False


_TRACERS: Final[dict[TraceMethod, Callable[[Endpoint, int], list[Any]]]] = {
    "trace_block": lambda endpoint, number: _PARITY.ask(endpoint, [(hex(number),)])[0][0],
    "debug_traceBlockByNumber": lambda endpoint, number: _GETH.ask(
        endpoint, [(hex(number), {"tracer": "callTracer"})]
    )[0][0],
}


def block_with_transactions(nodes: Nodes, blocks: range) -> int | None:
    """A block that a node can be asked to trace.

    On a busy chain it is the first that is looked at. On a quiet one ever more are, evenly spread and twice
    as many each time, until all were seen, or `MOST_LOOKED_AT`.

    Returns:
        Its number; None where none that was looked at has a transaction.
    """
    most = min(len(blocks), MOST_LOOKED_AT)
    seen: set[int] = set()
    points = 1
    while len(seen) < most:
        spread = (blocks.start + (2 * place + 1) * len(blocks) // (2 * points) for place in range(points))
        several = blocks if points >= len(blocks) else spread
        new = [number for number in dict.fromkeys(several) if number not in seen][: most - len(seen)]
        seen.update(new)
        for start in range(0, len(new), _HEADERS_AT_ONCE):
            for header in _headers(nodes, new[start : start + _HEADERS_AT_ONCE]):
                if header.transactions:
                    return quantity(header.number, "a block's number")
        points *= 2
    return None


def block_hash(nodes: Nodes, number: int) -> str:
    """The hash of the chain's block of that number."""
    return _header(nodes, hex(number)).hash


def _first_from(nodes: Nodes, second: int, final: Place) -> int:
    """The first block whose time is not before a second; the final one is known to be such a one."""
    low, high = 0, final.number
    while low < high:
        middle = (low + high) // 2
        if _place(nodes, hex(middle)).time >= second:
            high = middle
        else:
            low = middle + 1
    return low


def _place(nodes: Nodes, name: str) -> Place:
    header = _header(nodes, name)
    return Place(quantity(header.number, "a block's number"), quantity(header.timestamp, "a block's time"))


def _header(nodes: Nodes, name: str) -> Header:
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


def _headers(nodes: Nodes, numbers: list[int]) -> list[Header]:
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
        return _headers(nodes, numbers[:middle]) + _headers(nodes, numbers[middle:])
    except NotOffered as error:
        raise ClawbackError(
            f"no node has {named}", cause=str(error), remedy="name a node that keeps blocks of that time"
        ) from error


def _utc(second: int) -> str:
    return datetime.fromtimestamp(second, tz=UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
