"""Fetches what touches the watched addresses of a chain on a day, and the balances that taint met there.

Invariants:
    What is watched decides which blocks are landed and which transactions become rows, never what a row says.
    A day that is asked for again asks the node only about addresses that are new, and lands only blocks that
    are new; the same watched set gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import msgspec

from clawback.chain_events.signatures import signatures_with
from clawback.chains.evm.blocks import Batch, batch_of_blocks
from clawback.chains.evm.catalogue import Chain, chain_named
from clawback.chains.evm.fetch import in_parts
from clawback.chains.evm.frontier.balances import HoldingAt, ask_balances
from clawback.chains.evm.frontier.inner_calls import InnerCalls, offers_filter
from clawback.chains.evm.frontier.reach import Reach, Watched
from clawback.chains.evm.frontier.token_logs import TokenLogs
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.plan import TraceMethod
from clawback.chains.evm.probe import block_with_transactions, trace_method
from clawback.chains.evm.quantities import quantity
from clawback.chains.evm.read import Wish
from clawback.chains.evm.rpc import Question
from clawback.chains.evm.shapes import Block
from clawback.chains.evm.transport import Endpoint
from clawback.errors import ClawbackError
from clawback.sources.base import Context, Extraction, Options
from clawback.sources.evm_frontier.issuers import issuer_topics, words_of_issuers
from clawback.sources.evm_frontier.kept import (
    BALANCES_NAME,
    SEARCH_NAME,
    Earlier,
    SearchRecord,
    SeenBalance,
    earlier_search,
)
from clawback.sources.evm_frontier.search import Bounds, Search
from clawback.sources.evm_frontier.told import FILTERED, NO_BLOCK, TOUCHED, WHOLE, hash_of, told
from clawback.sources.evm_rpc.links import LastBlock, check_link
from clawback.sources.evm_rpc.nodes import (
    blocks_asked,
    chain_options,
    check_node_options,
    last_block_before,
    nodes_of,
)
from clawback.sources.registry import integer_option

VERSION: Final = "2"
_DEFAULTS: Final = {
    "batch_blocks": 20,
    "log_addresses": 100,
    "log_blocks": 2_000,
    "most_addresses": 5_000,
    "most_transactions": 1_000,
    "recheck_days": 30,
}
_INTERNAL: Final = ("auto", "touched", "whole", "off", "required")
_BLOCK: Final = Question("eth_getBlockByNumber", Block)


def extract(ctx: Context, day: date) -> Extraction:
    """Land the blocks that hold touching transactions, the balances, and a record of the search."""
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
        hash_of(watched),
        {},
        [],
    )
    earlier = earlier_search(ctx, day, record)
    search = _search_of(ctx, chain, nodes, blocks, tracing, earlier, before)
    reach = search.grow(watched) if blocks else Reach({}, {}, (), {})
    seen = _balances(ctx, nodes, blocks, watched, reach, earlier, day)
    record = msgspec.structs.replace(
        record,
        addresses=dict(sorted(search.asked_about.items())),
        issuers=[(address, asset, hits) for (address, asset), hits in search.issuers.items()],
    )
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
        extra=told(watched, record, reach, seen)
        | ({"last_block": {"number": last.number, "hash": last.hash}} if blocks and last is not None else {}),
    )


def check_options(options: Options, base_dir: Path, where: str) -> None:
    """Check addresses, chain, block numbers, bounds and words."""
    check_node_options(options, where)
    for name in _DEFAULTS:
        if _number(options, name) == 0 and name != "recheck_days":
            raise ClawbackError(f"the option '{name}' is 0", where=where, remedy="give a number from 1")
    if options.get("internal", "auto") not in _INTERNAL:
        raise ClawbackError(
            "the option 'internal' is no known word", where=where, remedy=", ".join(_INTERNAL)
        )


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
    logs = TokenLogs(nodes, most, *sizes, chain.wrapped)
    issuers = earlier.issuers
    if issuers is None:
        table = signatures_with(chain.events)
        issuers = words_of_issuers(chain.name, logs.with_first_topics(issuer_topics(table), blocks), table)
    return Search(
        ctx,
        nodes,
        blocks,
        Wish(
            traces=tracing.touched,
            check_odd_blocks=chain.receipts_root,
            wrapped=frozenset(chain.wrapped),
        ),
        tracing.whole,
        InnerCalls(nodes, most, *sizes) if tracing.has_index else None,
        logs,
        Bounds(_number(ctx.options, "most_addresses"), most, _number(ctx.options, "batch_blocks")),
        earlier,
        issuers,
        follows,
    )


def _last_block(nodes: Nodes, blocks: range, before: LastBlock | None) -> LastBlock | None:
    """The last block of the day, whose first must follow on the day before; the one before where it has none.

    Raises:
        Rewritten: it does not follow.
    """
    last = before
    for number in sorted({blocks[0], blocks[-1]}) if blocks else ():
        (batch,) = in_parts(nodes, range(number, number + 1), _one_block)
        last = check_link(last if number == blocks[0] else None, batch)
    return last


def _one_block(endpoint: Endpoint, asked: range) -> Batch:
    return batch_of_blocks(asked, _BLOCK.ask(endpoint, [(hex(number), True) for number in asked])[0])


def _balances(
    ctx: Context,
    nodes: Nodes,
    blocks: range,
    watched: Watched,
    reach: Reach,
    earlier: Earlier,
    day: date,
) -> list[SeenBalance]:
    """Balances at the end of the block before the first arrival; now and then of all that is held."""
    asked = {HoldingAt(address, asset, max(block - 1, 0)) for (address, asset), block in reach.first.items()}
    every = _number(ctx.options, "recheck_days")
    if blocks and every and day.toordinal() % every == 0:
        asked |= {HoldingAt(address, asset, blocks[-1]) for address, asset in watched.holdings}
    new = sorted(one for one in asked if one not in earlier.balances)
    times = _times(nodes, {one.block for one in new})
    answers = ask_balances(nodes, new)
    found = [earlier.balances[one] for one in asked if one in earlier.balances]
    for one, answer in zip(new, answers, strict=True):
        found.append(SeenBalance(one.address, one.asset, one.block, times[one.block], answer))
    return sorted(found, key=lambda one: (one.address, one.asset, one.block))


def _times(nodes: Nodes, numbers: Collection[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for number in sorted(numbers):
        (batch,) = in_parts(nodes, range(number, number + 1), _one_block)
        found[number] = quantity(batch.headers[0].timestamp, "a block's time")
    return found
