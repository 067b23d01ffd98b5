"""`clawback extract evm`: transfers of a range of blocks or of a day, from nodes to Parquet."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clawback.cli.options import DAY
from clawback.cli.settings_chains import chains_of

if TYPE_CHECKING:
    from clawback.chains.evm.catalogue import Chain

_EXAMPLES = """\b
Examples:
  clawback extract evm --rpc http://127.0.0.1:8545 --from-block 19000000 --to-block 19000999 --out a
  clawback extract evm --rpc http://127.0.0.1:8545 --chain ethereum --day 2024-01-11 --out b
  clawback extract evm --rpc http://127.0.0.1:8545 --rpc https://node.example \\
      --from-block 1 --to-block 500 --only token-transfers --out c
"""


@click.group(epilog=_EXAMPLES)
def extract() -> None:
    """Transfers of whole block ranges, from a chain's nodes to Parquet."""


@extract.command(epilog=_EXAMPLES)
@click.option(
    "--rpc",
    "urls",
    multiple=True,
    required=True,
    metavar="URL",
    help="JSON-RPC address of a node; given again, another one that is asked when the first fails.",
)
@click.option("--from-block", type=click.IntRange(min=0), help="First block.  E.g. --from-block 19000000")
@click.option("--to-block", type=click.IntRange(min=0), help="Last block, itself included.")
@click.option("--day", type=DAY, help="All blocks of a UTC day, once they are final.  E.g. --day 2024-01-11")
@click.option(
    "--chain", help="Which chain the nodes must be of [default: what they say].  E.g. --chain ethereum"
)
@click.option(
    "--out",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path, file_okay=False),
    help="Where the tables go. A run that was stopped goes on there.",
)
@click.option(
    "--only",
    type=click.Choice(["token-transfers"]),
    help="Token transfers alone, by their logs: a quarter of the bytes, no fees and no native value. A node "
    "that leaves out all logs of a block is noticed by the block's filter, one that leaves out some of them "
    "only with --check receipts-root.",
)
@click.option(
    "--internal",
    type=click.Choice(["auto", "off", "required"]),
    default="auto",
    show_default=True,
    help="Value moved in inner calls: where a node traces, never, or fail where none does.",
)
@click.option(
    "--check",
    "checks",
    multiple=True,
    type=click.Choice(["bloom", "receipts-root", "traces", "transactions-root"]),
    help="More checks than the default ones: logs against bloom filters, receipts against the block's root, "
    "traces of trace_block against what each says of those inside it, transactions against the block's root.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="Processes; each takes one core and at most 200 MiB.",
)
@click.option(
    "--max-batch",
    type=click.IntRange(1, 1000),
    default=100,
    show_default=True,
    help="Most blocks in one question; how many it is in fact follows the node.",
)
@click.option(
    "--max-answer",
    type=click.IntRange(1, 1024),
    default=64,
    show_default=True,
    metavar="MIB",
    help="Most of the answers about one block together; a node that sends more is asked for fewer blocks.",
)
@click.pass_obj
def evm(
    settings_path: Path | None,
    urls: tuple[str, ...],
    from_block: int | None,
    to_block: int | None,
    day: date | None,
    chain: str | None,
    out: Path,
    only: str | None,
    internal: Any,
    checks: tuple[str, ...],
    workers: int,
    max_batch: int,
    max_answer: int,
) -> None:
    """Extract an EVM chain: fees, native and internal value, tokens, mints and burns.

    Blocks must be one chain, receipts and logs complete and of their blocks; an answer that is not so is
    asked of the next node, or fails. A day must follow on the day before, where that lies in a folder beside
    DIR. Writes Parquet with addresses and hashes as bytes, views.sql that shows
    them as text, and manifest.json last.
    """
    import gc
    from urllib.parse import urlsplit

    from clawback.chains.evm.catalogue import chain_named, chain_with_id
    from clawback.chains.evm.plan import OF_FULL_BLOCKS, Access
    from clawback.chains.evm.run import extract as run
    from clawback.chains.evm.settle import Order
    from clawback.chains.evm.transport import Limits
    from clawback.errors import ClawbackError

    if (day is None) == (from_block is None) or (from_block is None) != (to_block is None):
        raise click.UsageError("give either --from-block and --to-block, or --day")
    if from_block is not None and to_block is not None and to_block < from_block:
        raise click.UsageError(f"--to-block {to_block} lies before --from-block {from_block}")
    if only and internal == "required":
        raise click.UsageError("--only token-transfers sees no inner calls: leave out --internal required")
    if only and (unfit := sorted(OF_FULL_BLOCKS.intersection(checks))):
        raise click.UsageError(f"--only token-transfers has nothing for --check {unfit[0]}: leave one out")
    changes = chains_of(settings_path)

    def row(number: int) -> Chain:
        if chain is None:
            return chain_with_id(number, changes)
        named = chain_named(chain, changes)
        if named.chain_id != number:
            raise ClawbackError(
                f"the nodes are not of {chain}",
                cause=f"they say chain id {number}, {chain} has {named.chain_id}",
                remedy="name a node of that chain, or the chain of this node",
            )
        return named

    def blocks(nodes: Any, found: Chain) -> range:
        from clawback.chains.evm.day_blocks import blocks_of_day
        from clawback.chains.evm.headers import newest_block

        if day is not None:
            return blocks_of_day(nodes, day, found.finality)
        newest = newest_block(nodes).number
        if from_block is None or to_block is None or to_block > newest:
            raise ClawbackError(
                f"block {to_block} is not there yet",
                cause=f"the newest block of the node is {newest}",
                remedy="choose --to-block up to that, or wait",
            )
        return range(from_block, to_block + 1)

    # Whoever names an address on the command line means it, inside the network or not.
    hosts = tuple(sorted({urlsplit(url).hostname or "" for url in urls}))
    manifest = run(
        Order(row, blocks, out, only is not None, internal, checks, workers, day),
        Access(urls, hosts, Limits(max_bytes=max_answer << 20), max_batch),
        lambda line: click.echo(line, err=True),
    )
    _print_summary(manifest, out)
    # Nothing is left to be collected: looking for it takes a fiftieth of a second.
    gc.freeze()


def _print_summary(manifest: dict[str, Any], out: Path) -> None:
    blocks = f"blocks {manifest['first_block']} to {manifest['last_block']} of {manifest['chain']}"
    click.secho(blocks, bold=True)
    for table, told in manifest["tables"].items():
        size = sum(file["bytes"] for file in told["files"])
        click.echo(f"  {table:<14} {told['rows']:>12,} rows {size / (1 << 20):>9.1f} MiB")
    click.echo(f"  internal value: {manifest['internal_value']}")
    click.echo(f"wrote {out}/manifest.json; as text: cd {out} && duckdb -init views.sql")
