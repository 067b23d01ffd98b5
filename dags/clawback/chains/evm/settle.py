"""What an extraction will be: the nodes are asked, the plan is made, and the folder holds no other one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from clawback.chains.evm.catalogue import Chain
from clawback.chains.evm.files import PLAN, read_json, write_json
from clawback.chains.evm.plan import Access, Plan, TraceMethod
from clawback.errors import ClawbackError

Internal = Literal["auto", "off", "required"]
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Order:
    """What somebody wants extracted. `find_blocks` is asked once the nodes are known."""

    chain: Callable[[int], Chain]
    """The row of a chain by the id that the nodes say; raises where another one was named."""
    find_blocks: Callable[[Any, Chain], range]
    """Blocks to extract, given the nodes and the chain; raises where they are not there or not final."""
    out: Path
    only_token_transfers: bool = False
    internal: Internal = "auto"
    checks: tuple[str, ...] = ()
    workers: int = 2
    day: date | None = None
    """The UTC day that the blocks are, where they are a whole one."""


def settled(order: Order, access: Access, progress: Progress) -> tuple[Plan, Access]:
    """The plan of an order, written into its folder, and the nodes that can answer it.

    Raises:
        ClawbackError: no node gives what is asked for, or the folder holds something else.
    """
    from clawback.chains.evm.nodes import Nodes
    from clawback.chains.evm.offers import trace_method
    from clawback.chains.evm.pace import Pace
    from clawback.chains.evm.probe import same_chain
    from clawback.chains.evm.transport import Endpoint

    named = [Endpoint(url, access.limits, access.allow_hosts) for url in access.urls]
    number, endpoints = same_chain(named, progress)
    chain = order.chain(number)
    nodes = Nodes(endpoints, Pace())
    blocks = order.find_blocks(nodes, chain)
    if not blocks:
        raise ClawbackError(
            "there is no block to extract", remedy="check the day, or --from-block, --to-block"
        )
    traces: TraceMethod | None = None
    if not order.only_token_transfers and order.internal != "off":
        traces, tracing = trace_method(endpoints, nodes, blocks)
        # Only who traces can answer a whole batch.
        endpoints = tracing or endpoints
        if traces is None and order.internal == "required":
            raise ClawbackError(
                "no node traces inner calls",
                cause="neither trace_block nor debug_traceBlockByNumber gives traces of these blocks",
                remedy="name a node that keeps traces, or leave out --internal required",
            )
        progress(f"internal value: {traces or 'not seen, for the node offers no traces'}")
    plan = Plan(
        chain=chain.name,
        chain_id=number,
        day=None if order.day is None else order.day.isoformat(),
        first_block=blocks.start,
        last_block=blocks.stop - 1,
        only_token_transfers=order.only_token_transfers,
        traces=traces,
        checks=tuple(sorted(order.checks)),
        wrapped=chain.wrapped,
        log_topics=chain.log_topics,
        log_addresses=chain.log_addresses,
        chunk_blocks=chain.chunk_blocks,
        gas_adds_up=chain.gas_adds_up,
        filters_add_up=chain.filters_add_up,
    )
    _settle(order.out, plan)
    answering = tuple(access.urls[named.index(endpoint)] for endpoint in endpoints)
    return plan, Access(answering, access.allow_hosts, access.limits, access.most_blocks)


def _settle(out: Path, plan: Plan) -> None:
    wanted = plan.as_json()
    present = read_json(out / PLAN)
    if present is None:
        write_json(out / PLAN, wanted)
    elif present != wanted:
        differing = sorted(
            name for name in present.keys() | wanted.keys() if present.get(name) != wanted.get(name)
        )
        raise ClawbackError(
            "the folder holds another extraction",
            where=f"--out {out}",
            cause="; ".join(
                f"{name}: {present.get(name)} there, {wanted.get(name)} now" for name in differing
            ),
            remedy="name another folder, or ask for what was begun there",
        )
