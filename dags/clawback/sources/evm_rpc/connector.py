"""Fetches a day's blocks, receipts and traces from the nodes of a chain, and lands the answers that hold.

Invariants:
    A part is a fixed number of blocks, so the same answers are the same bytes. An answer is checked before it
    is landed, against itself and the others: with several nodes only that tells which one to keep.
"""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path
from typing import Any, Final

from clawback.chains.evm.blocks import Batch
from clawback.chains.evm.catalogue import Chain, chain_named
from clawback.chains.evm.fetch import in_parts
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.pace import Pace
from clawback.chains.evm.plan import CHECKS
from clawback.chains.evm.probe import blocks_of_day, same_chain, trace_method
from clawback.chains.evm.read import Answers, Wish, ask_blocks, read_answers
from clawback.chains.evm.transport import Endpoint, Limits
from clawback.days import day_before
from clawback.errors import ClawbackError
from clawback.sources.base import Context, Extraction, Options
from clawback.sources.evm_rpc.links import LastBlock, check_link
from clawback.sources.registry import integer_option
from clawback.tables.addresses import EVM_CHAINS

VERSION: Final = "2"
_BATCH_BLOCKS: Final = 20
_INTERNAL: Final = ("auto", "off", "required")


def extract(ctx: Context, day: date) -> Extraction:
    """Land all blocks of the day with their receipts, and traces where a node offers them."""
    chain = chain_named(ctx.options["chain"])
    nodes = _nodes(ctx, chain)
    blocks = _blocks(ctx, nodes, chain, day)
    wish = _wish(ctx.options, nodes, chain, blocks)
    last = _last_block(ctx, day)
    parts = []
    got = {"blocks": 0, "transactions": 0, "receipts": 0}
    size = integer_option(ctx.options, "batch_blocks", _BATCH_BLOCKS) or 1
    for index, start in enumerate(range(blocks.start, blocks.stop, size)):
        asked = range(start, min(start + size, blocks.stop))
        found = in_parts(nodes, asked, lambda endpoint, part: _ask(endpoint, part, wish))
        for _, batch in found:
            last = check_link(last, batch)
            got["blocks"] += len(batch.headers)
            got["transactions"] += len(batch.transactions)
            got["receipts"] += len(batch.receipts)
        # mtime 0: the same answer must be the same bytes whenever it is landed.
        content = gzip.compress(_joined([answers for answers, _ in found]), compresslevel=6, mtime=0)
        parts.append(ctx.land(f"part-{index:04d}.json.gz", content))
    return Extraction(
        tuple(parts),
        {
            "method": "POST",
            "nodes": sorted(endpoint.name for endpoint in nodes.endpoints),
            "blocks": [blocks.start, blocks.stop - 1] if blocks else [],
        },
        200,
        parse_options={"chain": chain.name, "wrapped": list(chain.wrapped), "traces": wish.traces},
        expected={"blocks": len(blocks), "receipts": got["transactions"]},
        got=got,
        extra={"internal_value": wish.traces or "not seen"}
        | ({"last_block": {"number": last.number, "hash": last.hash}} if blocks and last is not None else {}),
    )


def check_options(options: Options, base_dir: Path, where: str) -> None:
    """Check addresses, chain, block numbers and words."""
    if options.get("chain") not in EVM_CHAINS:
        raise ClawbackError(
            "the option 'chain' is no EVM chain", where=where, remedy=", ".join(sorted(EVM_CHAINS))
        )
    urls = [options.get("url"), *_texts(options, "more_urls", where)]
    if not all(isinstance(url, str) and url.startswith(("http://", "https://")) for url in urls):
        raise ClawbackError("the option 'url' or 'more_urls' is no http address", where=where)
    if ("from_block" in options) != ("to_block" in options):
        raise ClawbackError("from_block and to_block go together", where=where)
    for name in ("from_block", "to_block", "confirmations", "batch_blocks"):
        if name in options:
            integer_option(options, name, 0)
    if options.get("internal", "auto") not in _INTERNAL:
        raise ClawbackError(
            "the option 'internal' is no known word", where=where, remedy=", ".join(_INTERNAL)
        )
    if unknown := sorted(set(_texts(options, "checks", where)) - set(CHECKS)):
        raise ClawbackError(
            f"no check is named {', '.join(unknown)}", where=where, remedy=f"known: {', '.join(CHECKS)}"
        )


def _nodes(ctx: Context, chain: Chain) -> Nodes:
    options = ctx.options
    limits = Limits(
        timeout=float(integer_option(options, "timeout_seconds", 30)),
        max_bytes=integer_option(options, "max_megabytes", 64) << 20,
    )
    urls = [options["url"], *options.get("more_urls", [])]
    named = [Endpoint(url, limits, options.get("allow_hosts", []), options.get("contact")) for url in urls]
    number, answering = same_chain(named, lambda line: None)
    if number != chain.chain_id:
        raise ClawbackError(
            f"the nodes are not of {chain.name}",
            where=f"source '{ctx.source}'",
            cause=f"they say chain id {number}, {chain.name} has {chain.chain_id}",
            remedy="mend the option url or chain",
        )
    return Nodes(answering, Pace())


def _blocks(ctx: Context, nodes: Nodes, chain: Chain, day: date) -> range:
    if "from_block" in ctx.options:
        return range(ctx.options["from_block"], ctx.options["to_block"] + 1)
    finality = ctx.options.get("confirmations", chain.finality)
    return blocks_of_day(nodes, day, finality)


def _wish(options: Options, nodes: Nodes, chain: Chain, blocks: range) -> Wish:
    traces = None
    internal = options.get("internal", "auto")
    if internal != "off" and blocks:
        traces, tracing = trace_method(nodes.endpoints, nodes, blocks)
        if traces is not None:
            nodes.keep(tracing)
        elif internal == "required":
            raise ClawbackError(
                "no node traces inner calls, or the day has no transaction to try it on",
                remedy="name a node that keeps traces, or set internal = 'auto'",
            )
    checks = options.get("checks", [])
    return Wish(
        traces=traces,
        check_bloom="bloom" in checks,
        check_receipts_root="receipts-root" in checks,
        wrapped=frozenset(chain.wrapped),
    )


def _ask(endpoint: Endpoint, asked: range, wish: Wish) -> tuple[Answers, Batch]:
    answers = ask_blocks(endpoint, asked, wish.traces)
    return answers, read_answers(answers, wish, asked).batch


def _joined(answers: list[Answers]) -> bytes:
    """The answers as they came, as one JSON list of [blocks, receipts, traces or null]."""
    triples = [b",".join((one.blocks, one.receipts, one.traces or b"null")) for one in answers]
    return b"[" + b",".join(b"[" + triple + b"]" for triple in triples) + b"]"


def _last_block(ctx: Context, day: date) -> LastBlock | None:
    if "from_block" in ctx.options:
        return None  # blocks that were named by number need not follow on anything
    # A day without blocks has no last one: the link is to the last day before it that has.
    while (manifest := ctx.raw_manifest(day := day_before(day))) is not None:
        last: dict[str, Any] | None = manifest.meta["extra"].get("last_block")
        if last is not None:
            return LastBlock(last["number"], last["hash"], landed=day)
    return None


def _texts(options: Options, name: str, where: str) -> list[str]:
    value = options.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ClawbackError(f"the option '{name}' is no list of texts", where=where)
    return value
