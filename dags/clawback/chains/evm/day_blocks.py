"""Which blocks are of a UTC day: found by their times, and asked again at both ends."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Final

from clawback.chains.evm.failures import Busy, Lie, NodeFailure
from clawback.chains.evm.headers import Place, final_block, place_of
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.quantities import quantity
from clawback.chains.evm.rpc import Question
from clawback.chains.evm.shapes import Header
from clawback.chains.evm.transport import Endpoint
from clawback.days import day_bounds
from clawback.errors import ClawbackError

_HEADER: Final = Question("eth_getBlockByNumber", Header)


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


def _first_from(nodes: Nodes, second: int, final: Place) -> int:
    """The first block whose time is not before a second; the final one is known to be such a one."""
    low, high = 0, final.number
    while low < high:
        middle = (low + high) // 2
        if place_of(nodes, hex(middle)).time >= second:
            high = middle
        else:
            low = middle + 1
    return low


def _utc(second: int) -> str:
    return datetime.fromtimestamp(second, tz=UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
