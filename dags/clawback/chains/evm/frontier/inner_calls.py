"""Which transactions moved value from or to an address in inner calls, of nodes that keep an index of them.

`trace_filter` spares tracing every block of a day. Not every node that traces has it.

Invariants:
    Nothing that moved is missing; some of it may not have moved, for whether a call around it failed does not
    stand in its own trace. Whoever reads the transaction sees it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from clawback.chains.evm.failures import Lie, NodeFailure
from clawback.chains.evm.frontier.by_address import ByAddress
from clawback.chains.evm.frontier.values import Hit
from clawback.chains.evm.rpc import Question
from clawback.chains.evm.shapes import TraceAction, TraceResult
from clawback.chains.evm.transport import Endpoint


class FoundTrace(msgspec.Struct, rename="camel", gc=False):
    """One trace of `trace_filter`."""

    action: TraceAction
    type: str
    block_number: int
    transaction_position: int | None = None
    error: str | None = None
    result: TraceResult | None = None


_FILTER: Final = Question("trace_filter", list[FoundTrace])


def offers_filter(endpoint: Endpoint, block: int) -> bool:
    """Whether a node finds traces by filter; tried on a block that has a transaction."""
    try:
        return bool(_FILTER.ask(endpoint, [({"fromBlock": hex(block), "toBlock": hex(block)},)])[0][0])
    except NodeFailure:
        return False


@dataclass
class InnerCalls(ByAddress):
    """Asks for traces from and to addresses."""

    def attempt(self, endpoint: Endpoint, addresses: list[str], blocks: range) -> list[tuple[str, Hit]]:
        """Ask for traces of these addresses. Raises NodeFailure."""
        bounds = {"fromBlock": hex(blocks.start), "toBlock": hex(blocks.stop - 1)}
        asked = frozenset(addresses)
        found: list[tuple[str, Hit]] = []
        for side in ("fromAddress", "toAddress"):
            traces = _FILTER.ask(endpoint, [({**bounds, side: addresses},)])[0][0]
            found += [(address, hit) for trace in traces for address, hit in _hits(trace, asked, blocks)]
        return found


def _hits(trace: FoundTrace, asked: frozenset[str], blocks: range) -> list[tuple[str, Hit]]:
    parties = _parties(trace)
    if trace.block_number not in blocks or asked.isdisjoint(parties):
        raise Lie("the node gave traces that were not asked for")
    if trace.transaction_position is None or trace.error is not None or not _moves(trace):
        return []  # a reward, a failure, or a call that moved nothing
    hit = (trace.block_number, trace.transaction_position)
    return [(address, hit) for address in sorted(asked.intersection(parties))]


def _parties(trace: FoundTrace) -> Sequence[str]:
    action = trace.action
    made = None if trace.result is None else trace.result.address
    named = (action.sender, action.to, action.address, action.refund_address, action.author, made)
    return [text.lower() for text in named if text]


def _moves(trace: FoundTrace) -> bool:
    action = trace.action
    if trace.type == "call" and action.call_type != "call":
        return False  # a delegate call repeats its caller's value
    return (action.balance if trace.type == "suicide" else action.value) not in (None, "0x0")
