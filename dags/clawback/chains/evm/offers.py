"""Whether and how nodes trace inner calls, tried on a block that has a transaction."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Final

import msgspec

from clawback.chains.evm.failures import Busy, NodeFailure, NotOffered, TooLarge
from clawback.chains.evm.headers import headers_of
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.plan import TraceMethod
from clawback.chains.evm.quantities import quantity
from clawback.chains.evm.rpc import Question
from clawback.chains.evm.transport import Endpoint

_PARITY: Final = Question("trace_block", list[msgspec.Raw])
_GETH: Final = Question("debug_traceBlockByNumber", list[msgspec.Raw])
MOST_LOOKED_AT: Final = 8_192
"""Blocks in which a transaction is looked for that a node can be asked to trace."""
_HEADERS_AT_ONCE: Final = 64


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
            for header in headers_of(nodes, new[start : start + _HEADERS_AT_ONCE]):
                if header.transactions:
                    return quantity(header.number, "a block's number")
        points *= 2
    return None
