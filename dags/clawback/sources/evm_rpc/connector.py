"""Fetches a day's blocks and receipts from a node, in batches whose answers are landed as they came."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path
from typing import Any, Final

import httpx

from clawback.days import day_before
from clawback.errors import ClawbackError
from clawback.sources.base import Context, Extraction, Options
from clawback.sources.evm_rpc.blocks import BlockHead, check_chain, day_range_of_blocks, head_of
from clawback.sources.evm_rpc.rpc import Call, ask, results
from clawback.sources.registry import integer_option
from clawback.tables.addresses import EVM_CHAINS

VERSION: Final = "1"
_CONFIRMATIONS: Final = 64
_BATCH_BLOCKS: Final = 20


def extract(ctx: Context, day: date) -> Extraction:
    """Land all blocks of the day with their receipts; blocks must be one chain, receipts complete."""
    url, chain = ctx.options["url"], ctx.options["chain"]
    bounds = _bounds(ctx, url, day)
    request = {"method": "POST", "host": httpx.URL(url).host, "blocks": list(bounds) if bounds else []}
    heads: list[BlockHead] = []
    receipts = 0
    parts = []
    if bounds is not None:
        size = integer_option(ctx.options, "batch_blocks", _BATCH_BLOCKS) or 1
        for index, start in enumerate(range(bounds[0], bounds[1] + 1, size)):
            numbers = range(start, min(start + size - 1, bounds[1]) + 1)
            answer = ask(ctx.http, url, _calls(numbers))
            # mtime 0: the same answer must be the same bytes whenever it is landed.
            parts.append(ctx.land(f"part-{index:04d}.json.gz", gzip.compress(answer.body, mtime=0)))
            found = results(answer.body)
            heads.extend(head_of(found[f"block/{number}"]) for number in numbers)
            receipts += sum(len(found[f"receipts/{number}"]) for number in numbers)
        check_chain(heads, *bounds, _last_block(ctx, day))
    return Extraction(
        tuple(parts),
        request,
        200,
        parse_options={"chain": chain},
        expected={
            "blocks": 0 if bounds is None else bounds[1] - bounds[0] + 1,
            "receipts": sum(head.transactions for head in heads),
        },
        got={"blocks": len(heads), "receipts": receipts},
        extra={"last_block": {"number": heads[-1].number, "hash": heads[-1].hash}} if heads else {},
    )


def check_options(options: Options, base_dir: Path, where: str) -> None:
    """Check address, chain and block numbers."""
    if options.get("chain") not in EVM_CHAINS:
        raise ClawbackError(
            "the option 'chain' is no EVM chain", where=where, remedy=", ".join(sorted(EVM_CHAINS))
        )
    url = options.get("url")
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        raise ClawbackError("the option 'url' is no http address", where=where)
    if ("from_block" in options) != ("to_block" in options):
        raise ClawbackError("from_block and to_block go together", where=where)
    for name in ("from_block", "to_block", "confirmations", "batch_blocks"):
        if name in options:
            integer_option(options, name, 0)


def _bounds(ctx: Context, url: str, day: date) -> tuple[int, int] | None:
    if "from_block" in ctx.options:
        return ctx.options["from_block"], ctx.options["to_block"]
    return day_range_of_blocks(
        ctx.http, url, day, integer_option(ctx.options, "confirmations", _CONFIRMATIONS)
    )


def _calls(numbers: range) -> list[Call]:
    calls: list[Call] = []
    for number in numbers:
        calls.append((f"block/{number}", "eth_getBlockByNumber", [hex(number), True]))
        calls.append((f"receipts/{number}", "eth_getBlockReceipts", [hex(number)]))
    return calls


def _last_block(ctx: Context, day: date) -> tuple[int, str] | None:
    if "from_block" in ctx.options:
        return None  # blocks that were named by number need not follow on anything
    # A day without blocks has no last one: the link is to the last day before it that has.
    while (manifest := ctx.raw_manifest(day := day_before(day))) is not None:
        last: dict[str, Any] | None = manifest.meta["extra"].get("last_block")
        if last is not None:
            return last["number"], last["hash"]
    return None
