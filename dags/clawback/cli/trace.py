"""`clawback trace`: where stolen units are, out of files alone; `clawback trace back`: how they got there."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

if TYPE_CHECKING:
    from clawback.tracing.given_run import Given

_FILE = click.Path(path_type=Path, exists=True, dir_okay=False)
_LISTS: Final = frozenset({"--transfers", "--labels", "--balances", "--events", "--prices", "--mapping"})


class _TakesLists(click.Group):
    """Lets an option take several files in a row: `--transfers a.csv b.csv`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeats the option before each of its files."""
        return super().parse_args(ctx, spread_lists(args))


class _CommandWithLists(click.Command):
    """The same for a subcommand."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Repeats the option before each of its files."""
        return super().parse_args(ctx, spread_lists(args))


def spread_lists(args: list[str]) -> list[str]:
    """Repeats an option that takes several files before each of them."""
    spread: list[str] = []
    option: str | None = None
    taken = 0
    for word in args:
        if word.startswith("-"):
            option, taken = (word, 0) if word in _LISTS else (None, 0)
            spread.append(word)
            continue
        if option is not None and taken > 0:
            spread.append(option)
        spread.append(word)
        taken += 1
    return spread


def _inputs(command: Callable[..., Any]) -> Callable[..., Any]:
    options = [
        click.option(
            "--transfers", type=_FILE, multiple=True, metavar="FILE...",
            help="Transfers, CSV or Parquet: with a --mapping, or with the columns of the transfers table "
            "(amounts in base units), or with timestamp, block_number, tx_hash, from_address, to_address, "
            "value_usd.  Long files are kept in a temporary folder, day by day; those that need a --mapping "
            "are read into memory first.  E.g. --transfers eth.csv tokens.csv",
        ),
        click.option(
            "--thefts", type=_FILE, metavar="THEFTS.csv",
            help="What is stolen: incident, chain, address, role (source, theft_address; also victim, "
            "recovery), and where known tx_hash, from_time, to_time.  E.g. a row "
            "kucoin,ethereum,0xeb31..,theft_address,,2020-09-25,2020-09-26",
        ),
        click.option(
            "--labels", type=_FILE, multiple=True, metavar="FILE...",
            help="Labels: chain, address, category, entity, and where known incident, confidence (80, or "
            "0.8), source, valid_from, valid_to (days).  E.g. --labels exchanges.csv mixers.csv",
        ),
        click.option(
            "--labels-map", type=_FILE, metavar="WORDS.yml",
            help="What a source's words mean, one a line.  E.g. exchange_wallet: exchange",
        ),
        click.option(
            "--balances", type=_FILE, multiple=True, metavar="FILE...",
            help="Balances that were seen: chain, address, asset, block_number (at its end), amount in base "
            "units.  With them all transfers are kept in memory.  E.g. --balances balances.csv",
        ),
        click.option(
            "--events", type=_FILE, multiple=True, metavar="FILE...",
            help="What contracts say beside transfers: chain, block_number, block_time, tx_hash, log_index, "
            "kind (freeze, unfreeze, burn, wrap, unwrap, created, ..), emitter, address, amount; or raw "
            "logs: address, topics, data and the same places.  E.g. --events freezes.csv pools.csv",
        ),
        click.option(
            "--prices", type=_FILE, multiple=True, metavar="FILE...",
            help="Daily prices, which prove exchanges beside labels: chain, asset, day, close_usd, and where "
            "the transfers do not say them decimals.  E.g. --prices prices.csv",
        ),
        click.option(
            "--mapping", type=_FILE, multiple=True, metavar="MAP.yml",
            help="How to read --transfers: one for all files, or one per file in their order.  Lines: "
            "version, chain, rows (native_transactions, internal_transfers, token_transfers, transfers), "
            "columns, amount_unit (base, decimal), time_format, address_form, and more in docs/mappings.md.  "
            "E.g. columns: {tx_hash: Transaction Hash, amount: Value_IN(ETH), ..}",
        ),
        click.option(
            "--chain", default="ethereum", show_default=True,
            help="Chain of transfers files that have no column chain.",
        ),
        click.option(
            "--max-hops", type=click.IntRange(min=0), default=0, show_default=True,
            help="Taint that travelled further is booked as dust; 0 for no limit.",
        ),
        click.option(
            "--dust", "dust", multiple=True, metavar="CHAIN/ASSET=UNITS",
            help="Under haircut, taint of a holding that is not worth following.  "
            "E.g. --dust ethereum/native=1000000000",
        ),
        click.option("--strict", is_flag=True, help="Refuse labels with unmapped words or unreadable rows."),
        click.option("--skip-bad-rows", is_flag=True, help="Leave out transfers that cannot be read."),
    ]  # fmt: skip
    for option in reversed(options):
        command = option(command)
    return command


@click.group(
    cls=_TakesLists,
    invoke_without_command=True,
    subcommand_metavar="[back ...]",
    epilog="Example: clawback trace --transfers transfers.csv --thefts THEFTS.csv --labels labels.csv"
    " --method all --out traced",
)
@_inputs
@click.option(
    "--method",
    default="fifo",
    show_default=True,
    help="fifo, lifo, haircut, dirty_first, clean_first, poison, or all.  E.g. --method all",
)
@click.option(
    "--engine",
    type=click.Choice(["plain", "compiled"]),
    default="plain",
    show_default=True,
    help="plain traces everything.  compiled writes the same flows and holdings, quicker where taint spreads "
    "wide (haircut, poison, many thefts): for one EVM chain whose rows all have block_number, tx_index and "
    "position, without --balances and --events.  What it cannot trace it refuses before it begins.  Its "
    "first run compiles for some minutes.",
)
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), metavar="DIR", help="Where the results go."
)
@click.pass_context
def trace(ctx: click.Context, /, method: str, engine: str, out: Path | None, **options: Any) -> None:
    """Follow stolen units through files of transfers.

    Writes flows.parquet, holdings.parquet and summary.json to DIR.
    """
    if ctx.invoked_subcommand is not None:
        return
    if out is None:
        raise click.UsageError("--out is missing: the folder for the results")
    from tempfile import TemporaryFile

    from clawback.errors import ClawbackError
    from clawback.tracing.given_run import trace_given
    from clawback.tracing.methods import METHODS, method_named
    from clawback.tracing.report import write_report
    from clawback.tracing.said import said_by

    if engine == "compiled":
        _refuse_for_compiled(options)
    methods = list(METHODS.values()) if method == "all" else [method_named(method, where="--method")]
    # Tried before the work, for a long trace must not end at a folder that cannot be written.
    try:
        out.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=out):
            pass
    except OSError as error:
        raise ClawbackError(
            "the folder cannot be written",
            where=f"--out {out}",
            cause=str(error),
            remedy="name a folder in which you may write",
        ) from error
    given = _given(options)
    if engine == "compiled":
        from clawback.tracing.given_compiled import trace_compiled

        with trace_compiled(given, methods, out) as compiled:
            summary = write_report(out, compiled, given.facts())
    else:
        with trace_given(given, methods) as (traces, _):
            summary = write_report(out, [said_by(one) for one in traces], given.facts())
    _print_summary(summary, out)
    if not summary["conserved"]:
        raise ClawbackError(
            "figures do not add up",
            cause="; ".join(summary["violations"][:5]),
            remedy="this is a fault of the tracer: keep the input files and report it",
        )


@trace.command(
    cls=_CommandWithLists,
    epilog="Example: clawback trace back --transfers transfers.csv --thefts THEFTS.csv"
    " --address 0x34a17418cec67b82d08cf77a987941f99dc87c6b --asset native",
)
@_inputs
@click.option("--address", help="A holding: where units lie at the end.  E.g. --address 0x34a1..")
@click.option("--asset", help="Of the holding, this asset alone.  E.g. --asset native")
@click.option("--tx", "tx_hash", help="A transfer: its transaction.  E.g. --tx 0xbe32..")
@click.option("--position", type=int, help="Of the transaction, the transfer at this position alone.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per step instead of text.")
@click.option("--limit", type=int, default=20, show_default=True, help="Most paths to show; 0 for all.")
def back(
    address: str | None,
    asset: str | None,
    tx_hash: str | None,
    position: int | None,
    as_json: bool,
    limit: int,
    **options: Any,
) -> None:
    """Show the way back to the theft, under FIFO, of a holding or a transfer."""
    import json

    from clawback.errors import ClawbackError
    from clawback.tables.addresses import normalise_address, normalise_tx_hash
    from clawback.tracing.given_run import trace_given
    from clawback.tracing.methods import FIFO
    from clawback.tracing.steps_back import path_rows, paths_to_holding, paths_to_transfer

    if (address is None) == (tx_hash is None):
        raise click.UsageError("give either --address (a holding) or --tx (a transfer)")
    chain = options["chain"]
    try:
        address = None if address is None else normalise_address(address, chain)
        tx_hash = None if tx_hash is None else normalise_tx_hash(tx_hash, chain)
    except ValueError as error:
        raise ClawbackError(str(error), where="--address or --tx", remedy=f"--chain is {chain}") from error
    given = _given(options)
    with trace_given(given, [FIFO], keeps_ways=True) as ((traced,), touched):
        if address is not None:
            paths = paths_to_holding(traced.book, touched, chain, address, asset)
        else:
            paths = paths_to_transfer(traced.book, touched, chain, tx_hash or "", position)
    if not paths:
        raise ClawbackError(
            "no stolen units lie there, or were carried by that transfer, under fifo",
            where=address or tx_hash,
            remedy="`clawback trace` lists holdings and flows",
        )
    shown = paths[:limit] if limit else paths
    for row in path_rows(shown):
        if as_json:
            click.echo(json.dumps(row, sort_keys=True))
            continue
        if row["step"] == 0:
            click.secho(f"path {row['path']}: {int(row['units']):,} units of {row['incident']}", bold=True)
        note = "  (converted here: back from this step pro rata)" if row["converted"] else ""
        click.echo(
            f"  {row['step']:>3}  {row['block_time']}  {row['from_address']} -> {row['to_address'] or 'fee'}"
            f"\n       {row['tx_hash']}  {int(row['amount']):,} {row['asset']}{note}"
        )
    if len(shown) < len(paths):
        click.echo(f"... {len(paths) - len(shown)} more paths; --limit 0 shows all", err=True)


def _refuse_for_compiled(options: dict[str, Any]) -> None:
    from clawback.errors import ClawbackError

    for name in ("balances", "events"):
        if options[name]:
            raise ClawbackError(
                f"the compiled engine knows nothing of --{name}",
                where="--engine compiled",
                remedy=f"trace with --engine plain, or leave --{name} away",
            )


def _given(options: dict[str, Any]) -> Given:
    from clawback.tracing.given_run import read_given

    if not options["transfers"]:
        raise click.UsageError("--transfers is missing: the files to follow")
    if options["thefts"] is None:
        raise click.UsageError("--thefts is missing: what is stolen")
    return read_given(**options, progress=lambda line: click.echo(line, err=True))


def _print_summary(summary: dict[str, Any], out: Path) -> None:
    from clawback.cases.text import decimal_text

    for figure in summary["figures"]:
        asset = f"{figure['chain']}/{figure['asset']}"
        decimals = summary["decimals"].get(asset)
        click.secho(f"{figure['incident']}  {figure['method']}  {asset}", bold=True)
        for name, amount in figure.items():
            if isinstance(amount, str) and amount.isdecimal() and amount != "0":
                told = decimal_text(int(amount), decimals or 0)
                unit = "base units" if decimals is None else ""
                click.echo(f"  {name.replace('_', ' '):<24} {told:>40} {unit}".rstrip())
    stolen_from = {figure["incident"] for figure in summary["figures"] if figure["stolen"] != "0"}
    for incident in sorted(set(summary["incidents"]) - stolen_from):
        click.echo(
            f"{incident}: the transfers show nothing stolen (a theft_address gets it, a source pays it)",
            err=True,
        )
    click.echo(f"wrote {out}/flows.parquet, {out}/holdings.parquet, {out}/summary.json")
