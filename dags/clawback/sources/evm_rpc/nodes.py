"""The nodes that a source names, and the blocks of its day."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from clawback.chains.evm.catalogue import Chain
from clawback.chains.evm.day_blocks import blocks_of_day
from clawback.chains.evm.nodes import Nodes
from clawback.chains.evm.pace import Pace
from clawback.chains.evm.plan import BLOOM, CHECKS, RECEIPTS_ROOT, TRACES, TRANSACTIONS_ROOT, TraceMethod
from clawback.chains.evm.probe import same_chain
from clawback.chains.evm.read import Wish
from clawback.chains.evm.transport import Endpoint, Limits
from clawback.days import day_before
from clawback.errors import ClawbackError
from clawback.sources.base import Context, Options
from clawback.sources.evm_rpc.links import LastBlock
from clawback.sources.registry import integer_option
from clawback.tables.addresses import EVM_CHAINS

MAX_MEGABYTES: Final = 52
"""Of answers about one block, so that a process which lands or reads them takes 200 MiB at most."""


def check_node_options(options: Options, where: str) -> None:
    """Check the addresses of the nodes, the chain, and block numbers. Raises ClawbackError."""
    if options.get("chain") not in EVM_CHAINS:
        raise ClawbackError(
            "the option 'chain' is no EVM chain", where=where, remedy=", ".join(sorted(EVM_CHAINS))
        )
    check_nodes(options, where)
    if ("from_block" in options) != ("to_block" in options):
        raise ClawbackError("from_block and to_block go together", where=where)
    for name in ("from_block", "to_block", "confirmations"):
        if name in options:
            integer_option(options, name, 0)


def check_nodes(options: Options, where: str) -> None:
    """Check the addresses of the nodes. Raises ClawbackError."""
    urls = [options.get("url"), *texts_option(options, "more_urls", where)]
    if not all(isinstance(url, str) and url.startswith(("http://", "https://")) for url in urls):
        raise ClawbackError("the option 'url' or 'more_urls' is no http address", where=where)


def check_checks(options: Options, where: str) -> None:
    """Check the names of further checks. Raises ClawbackError."""
    if unknown := sorted(set(texts_option(options, "checks", where)) - set(CHECKS)):
        raise ClawbackError(
            f"no check is named {', '.join(unknown)}", where=where, remedy=f"known: {', '.join(CHECKS)}"
        )


def wish_of(options: Options, chain: Chain, traces: TraceMethod | None) -> Wish:
    """What is asked for full blocks of a chain, and how answers are checked."""
    checks = options.get("checks", [])
    return Wish(
        traces=traces,
        check_bloom=BLOOM in checks,
        check_receipts_root=RECEIPTS_ROOT in checks,
        check_traces=TRACES in checks,
        check_transactions_root=TRANSACTIONS_ROOT in checks,
        check_odd_blocks=chain.receipts_root,
        gas_adds_up=chain.gas_adds_up,
        filters_add_up=chain.filters_add_up,
        wrapped=frozenset(chain.wrapped),
    )


def expected_of(wish: Wish, blocks: int, transactions: int) -> dict[str, int]:
    """What must have come of so many blocks, which say that they have so many transactions."""
    whole = {"whole_blocks": blocks} if wish.proves_whole else {}
    return {"blocks": blocks, "receipts": transactions, **whole}


def nodes_of(ctx: Context, chain: Chain) -> Nodes:
    """The nodes that answer; all must be of the chain. Raises ClawbackError."""
    options = ctx.options
    limits = Limits(
        timeout=float(integer_option(options, "timeout_seconds", 30)),
        max_bytes=integer_option(options, "max_megabytes", MAX_MEGABYTES) << 20,
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
    pace = Pace(integer_option(options, "most_blocks", 100), integer_option(options, "most_questions", 4))
    return Nodes(answering, pace)


def chain_options(chain: Chain) -> dict[str, Any]:
    """What of a chain's row its landed blocks are read with."""
    own = {
        "chain": chain.name,
        "native": chain.native,
        "wrapped": list(chain.wrapped),
        "gas_adds_up": chain.gas_adds_up,
    }
    return own | ({"events": [dict(row) for row in chain.events]} if chain.events else {})


def blocks_asked(ctx: Context, nodes: Nodes, chain: Chain, day: date) -> range:
    """The blocks of the day, or those that the options name. Raises ClawbackError."""
    if "from_block" in ctx.options:
        return range(ctx.options["from_block"], ctx.options["to_block"] + 1)
    finality = ctx.options.get("confirmations", chain.finality)
    return blocks_of_day(nodes, day, finality)


def last_block_before(ctx: Context, day: date) -> LastBlock | None:
    """The last block that this source has landed for days before; None where it has none."""
    if "from_block" in ctx.options:
        return None  # blocks that were named by number need not follow on anything
    # A day without blocks has no last one: the link is to the last day before it that has.
    while (manifest := ctx.raw_manifest(day := day_before(day))) is not None:
        last: dict[str, Any] | None = manifest.meta["extra"].get("last_block")
        if last is not None:
            return LastBlock(last["number"], last["hash"], landed=day)
    return None


def texts_option(options: Options, name: str, where: str) -> list[str]:
    """A list of texts of the options; empty where there is none. Raises ClawbackError."""
    value = options.get(name, [])
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise ClawbackError(f"the option '{name}' is no list of texts", where=where)
    return value
