"""Fetches what touches the watched addresses of a chain on a day, and the balances that taint met there.

Invariants:
    What is watched decides which blocks are landed and which transactions become rows, never what a row says.
    A day that is asked for again asks the node only about addresses that are new, and lands only blocks that
    are new; the same watched set gives the same bytes.
"""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from clawback.chain_events.signatures import signatures_with
from clawback.chains.evm.blocks import Batch
from clawback.chains.evm.catalogue import Chain, chain_named
from clawback.chains.evm.fetch import in_parts
from clawback.chains.evm.frontier.inner_calls import InnerCalls, offers_filter
from clawback.chains.evm.frontier.proven_logs import ProvenLogs
from clawback.chains.evm.frontier.reach import Holding, Reach
from clawback.chains.evm.frontier.token_logs import TokenLogs
from clawback.chains.evm.frontier.values import Hit
from clawback.chains.evm.heap import be_frugal
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.offers import block_with_transactions, trace_method
from clawback.chains.evm.plan import RECEIPTS_ROOT, TraceMethod
from clawback.chains.evm.probe import check_still_of
from clawback.errors import ClawbackError
from clawback.sources.base import Context, Extraction, Options
from clawback.sources.evm_frontier.balances import balances_of_day, one_block
from clawback.sources.evm_frontier.issuers import issuer_topics, words_of_issuers
from clawback.sources.evm_frontier.kept import (
    BALANCES_NAME,
    SEARCH_NAME,
    Earlier,
    SearchRecord,
    earlier_search,
)
from clawback.sources.evm_frontier.search import Bounds, Search
from clawback.sources.evm_frontier.told import (
    BELIEVED,
    BY_FILTERS,
    BY_ROOTS,
    FILTERED,
    NO_BLOCK,
    TOUCHED,
    WHOLE,
    counted,
    hash_of,
    told,
)
from clawback.sources.evm_rpc.links import LastBlock, check_link
from clawback.sources.evm_rpc.nodes import (
    blocks_asked,
    chain_options,
    check_checks,
    check_node_options,
    last_block_before,
    nodes_of,
    wish_of,
)
from clawback.sources.registry import integer_option

VERSION: Final = "3"
_DEFAULTS: Final = {
    "batch_blocks": 20,
    "log_addresses": 100,
    "log_blocks": 2_000,
    "most_addresses": 5_000,
    "most_transactions": 1_000,
    "recheck_days": 30,
}
_INTERNAL: Final = ("auto", "touched", "whole", "off", "required")


def extract(ctx: Context, day: date) -> Extraction:
    """Land the blocks that hold touching transactions, the balances, and a record of the search."""
    be_frugal()
    chain = chain_named(ctx.options["chain"], ctx.chains)
    nodes = nodes_of(ctx, chain)
    blocks = blocks_asked(ctx, nodes, chain, day)
    watched = ctx.watched(chain.name)
    tracing = _tracing(ctx, nodes, blocks)
    before = last_block_before(ctx, day)
    last = _last_block(nodes, blocks, before)
    record = SearchRecord(
        blocks.start,
        blocks.stop - 1,
        "" if last is None else last.hash,
        tracing.touched,
        tracing.found_in,
        _number(ctx.options, "most_transactions"),
        _held_to(ctx.options),
        hash_of(watched),
        0,
        {},
        None,
    )
    earlier = earlier_search(ctx, day, record)
    with closing(_search_of(ctx, chain, nodes, blocks, tracing, earlier, before)) as search:
        reach = search.grow(watched) if blocks else Reach({}, {}, (), {})
    every = _number(ctx.options, "recheck_days")
    seen = balances_of_day(nodes, blocks, watched, reach, earlier, day, every)
    check_still_of(nodes.endpoints, chain.chain_id)
    scanned = (search.scanned or earlier.scanned) if search.asked_about else 0
    record = msgspec.structs.replace(
        record,
        scanned=scanned,
        addresses=dict(sorted(search.asked_about.items())),
        issuers=None
        if search.issuers is None
        else [(address, asset, hits) for (address, asset), hits in search.issuers.items()],
    )
    expected, got = counted(search, scanned)
    kept = set(reach.kept)
    holding = sorted({block for (block, _), moved in search.moved.items() if moved.tx_hash in kept})
    parts = [search.parts[number] for number in holding]
    parts.append(ctx.land(SEARCH_NAME, msgspec.json.encode(record)))
    parts.append(ctx.land(BALANCES_NAME, msgspec.json.encode(seen)))
    return Extraction(
        tuple(parts),
        {
            "method": "POST",
            "nodes": sorted(endpoint.name for endpoint in nodes.endpoints),
            "blocks": [blocks.start, blocks.stop - 1] if blocks else [],
        },
        200,
        parse_options=chain_options(chain)
        | {
            "traces": tracing.touched,
            "transactions": sorted(kept),
            "day": day.isoformat(),
        },
        expected=expected,
        got=got,
        extra=told(watched, record, reach, seen)
        | ({"last_block": {"number": last.number, "hash": last.hash}} if blocks and last is not None else {}),
    )


def check_options(options: Options, base_dir: Path, where: str) -> None:
    """Check addresses, chain, block numbers, bounds and words."""
    check_node_options(options, where)
    check_checks(options, where)
    if not isinstance(options.get("believe_logs", False), bool):
        raise ClawbackError("the option 'believe_logs' is neither true nor false", where=where)
    for name in _DEFAULTS:
        if _number(options, name) == 0 and name != "recheck_days":
            raise ClawbackError(f"the option '{name}' is 0", where=where, remedy="give a number from 1")
    if options.get("internal", "auto") not in _INTERNAL:
        raise ClawbackError(
            "the option 'internal' is no known word", where=where, remedy=", ".join(_INTERNAL)
        )


def _held_to(options: Options) -> str:
    if options.get("believe_logs", False):
        return BELIEVED
    return BY_ROOTS if RECEIPTS_ROOT in options.get("checks", []) else BY_FILTERS


def _number(options: Options, name: str) -> int:
    return integer_option(options, name, _DEFAULTS[name])


@dataclass(frozen=True)
class _Tracing:
    """How touched blocks are traced, how all blocks are to find what else touches, and who has an index."""

    touched: TraceMethod | None = None
    whole: TraceMethod | None = None
    has_index: bool = False

    @property
    def found_in(self) -> str:
        """Where inner value is looked for."""
        if self.touched is None:
            return NO_BLOCK
        if self.has_index:
            return FILTERED
        return TOUCHED if self.whole is None else WHOLE


def _tracing(ctx: Context, nodes: Nodes, blocks: range) -> _Tracing:
    internal = ctx.options.get("internal", "auto")
    if internal == "off" or not blocks:
        return _Tracing()
    traces, tracing = trace_method(nodes.endpoints, nodes, blocks)
    if traces is None:
        if internal == "required":
            raise ClawbackError(
                "no node traces inner calls",
                remedy="name a node that keeps traces, or set internal = 'auto'",
            )
        return _Tracing()
    nodes.keep(tracing)
    if internal == "touched":
        return _Tracing(traces)
    busy = block_with_transactions(nodes, blocks)
    if internal != "whole" and busy is not None and all(offers_filter(one, busy) for one in tracing):
        return _Tracing(traces, has_index=True)
    return _Tracing(traces, whole=traces)


def _search_of(
    ctx: Context,
    chain: Chain,
    nodes: Nodes,
    blocks: range,
    tracing: _Tracing,
    earlier: Earlier,
    before: LastBlock | None,
) -> Search:
    links = [before]

    def follows(batch: Batch) -> None:
        links.append(check_link(links[-1], batch))

    most = _number(ctx.options, "most_transactions")
    sizes = _number(ctx.options, "log_addresses"), _number(ctx.options, "log_blocks")
    wish = wish_of(ctx.options, chain, tracing.touched)
    table = signatures_with(chain.events)
    topics, at_once = issuer_topics(table), _number(ctx.options, "batch_blocks")
    proven = None
    if _held_to(ctx.options) != BELIEVED:
        proven = ProvenLogs(nodes, blocks, at_once, chain.wrapped, topics, wish.proof)
    logs = TokenLogs(nodes, most, *sizes, wrapped=chain.wrapped, proven=proven)

    def ask_issuers() -> dict[Holding, list[Hit]]:
        return words_of_issuers(chain.name, logs.with_first_topics(topics, blocks), table)

    return Search(
        ctx,
        nodes,
        blocks,
        wish,
        tracing.whole,
        InnerCalls(nodes, most, *sizes) if tracing.has_index else None,
        logs,
        Bounds(_number(ctx.options, "most_addresses"), most, at_once),
        earlier,
        earlier.issuers,
        ask_issuers,
        follows,
    )


def _last_block(nodes: Nodes, blocks: range, before: LastBlock | None) -> LastBlock | None:
    """The last block of the day, whose first must follow on the day before; the one before where it has none.

    Raises:
        Rewritten: it does not follow.
    """
    last = before
    for number in sorted({blocks[0], blocks[-1]}) if blocks else ():
        (batch,) = in_parts(nodes, range(number, number + 1), one_block)
        last = check_link(last if number == blocks[0] else None, batch)
    return last
