"""Fetches a day's blocks, receipts and traces from the nodes of a chain, and lands the answers that hold.

Invariants:
    Where a part ends is told by the number of blocks and the words about them, so the same answers are the
    same bytes, however many were asked for at once. An answer is checked before it is landed, against itself
    and the others: with several nodes only that tells which one to keep. A run that was killed is gone on
    with.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from functools import partial
from pathlib import Path
from typing import Final

from clawback.chains.evm.catalogue import Chain, chain_named
from clawback.chains.evm.fetch import ask_and_read, first_of
from clawback.chains.evm.heap import be_frugal
from clawback.chains.evm.lanes import fetched_in_order
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.offers import trace_method
from clawback.chains.evm.probe import check_still_of
from clawback.chains.evm.read import Wish
from clawback.chains.evm.transport import Endpoint
from clawback.errors import ClawbackError
from clawback.sources.base import Context, Extraction, Options
from clawback.sources.evm_rpc.nodes import (
    blocks_asked,
    chain_options,
    check_checks,
    check_node_options,
    expected_of,
    last_block_before,
    nodes_of,
    wish_of,
)
from clawback.sources.evm_rpc.raw import RawBlocks, parts_of, raw_blocks
from clawback.sources.evm_rpc.resume import resumed
from clawback.sources.registry import integer_option

VERSION: Final = "5"
_GROUPS_OF_A_PART: Final = 4
_INTERNAL: Final = ("auto", "off", "required")


def extract(ctx: Context, day: date) -> Extraction:
    """Land all blocks of the day with their receipts, and traces where a node offers them."""
    be_frugal()
    chain = chain_named(ctx.options["chain"], ctx.chains)
    nodes = nodes_of(ctx, chain)
    blocks = blocks_asked(ctx, nodes, chain, day)
    wish = _wish(ctx.options, nodes, chain, blocks)
    # Five full blocks of Ethereum are 3 MB of answers; larger blocks are fewer at once.
    at_once = integer_option(ctx.options, "question_blocks", chain.question_blocks)
    size = integer_option(ctx.options, "batch_blocks", _GROUPS_OF_A_PART * at_once)
    progress = resumed(
        *(ctx, nodes, wish, blocks, size, at_once, _part_name, last_block_before(ctx, day)),
    )
    missing = range(blocks.start + progress.got["blocks"], blocks.stop)
    with (
        ThreadPoolExecutor(nodes.pace.most_lanes, thread_name_prefix="lane") as lanes,
        closing(fetched_in_order(nodes, missing, partial(_fetch, nodes, wish), lanes)) as found,
    ):
        for content in parts_of(map(progress.taken, found), size, at_once):
            progress.parts.append(ctx.land(_part_name(len(progress.parts)), content))
    check_still_of(nodes.endpoints, chain.chain_id)
    last, got = progress.last, progress.got
    return Extraction(
        tuple(progress.parts),
        {
            "method": "POST",
            "nodes": sorted(endpoint.name for endpoint in nodes.endpoints),
            "blocks": [blocks.start, blocks.stop - 1] if blocks else [],
        },
        200,
        parse_options=chain_options(chain) | {"traces": wish.traces},
        expected=expected_of(wish, len(blocks), got["transactions"]),
        got=got,
        extra={"internal_value": wish.traces or "not seen"}
        | ({"last_block": {"number": last.number, "hash": last.hash}} if blocks and last is not None else {}),
    )


def check_options(options: Options, base_dir: Path, where: str) -> None:
    """Check addresses, chain, block numbers and words."""
    check_node_options(options, where)
    for name in ("batch_blocks", "question_blocks", "most_blocks", "most_questions"):
        if integer_option(options, name, 1) == 0:
            raise ClawbackError(f"the option '{name}' is 0", where=where, remedy="give a number from 1")
    if options.get("internal", "auto") not in _INTERNAL:
        raise ClawbackError(
            "the option 'internal' is no known word", where=where, remedy=", ".join(_INTERNAL)
        )
    check_checks(options, where)


def _wish(options: Options, nodes: Nodes, chain: Chain, blocks: range) -> Wish:
    traces = None
    internal = options.get("internal", "auto")
    if internal != "off" and blocks:
        traces, tracing = trace_method(nodes.endpoints, nodes, blocks)
        if traces is not None:
            nodes.keep(tracing)
        elif internal == "required":
            raise ClawbackError(
                "no node traces inner calls",
                remedy="name a node that keeps traces, or set internal = 'auto'",
            )
    return wish_of(options, chain, traces)


def _part_name(place: int) -> str:
    return f"part-{place:04d}.json.gz"


def _fetch(nodes: Nodes, wish: Wish, asked: range, alone: bool) -> tuple[list[RawBlocks], int]:
    def attempt(endpoint: Endpoint, part: range) -> list[RawBlocks]:
        return ask_and_read(nodes, endpoint, part, wish, raw_blocks)

    return first_of(nodes, asked, attempt, alone=alone)
