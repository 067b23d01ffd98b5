"""`clawback trace`: where stolen units are, out of files alone; `clawback trace back`: how they got there."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clawback.cli.settings_chains import chains_of
from clawback.cli.trace_options import CommandWithLists, TakesLists, inputs

if TYPE_CHECKING:
    from clawback.tracing.given_input import Given


@click.group(
    cls=TakesLists,
    invoke_without_command=True,
    subcommand_metavar="[back ...]",
    epilog="Example: clawback trace --transfers transfers.csv --thefts THEFTS.csv --labels labels.csv"
    " --method all --out traced",
)
@inputs
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
    given = _given(ctx.obj, options)
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
    cls=CommandWithLists,
    epilog="Example: clawback trace back --transfers transfers.csv --thefts THEFTS.csv"
    " --address 0x34a17418cec67b82d08cf77a987941f99dc87c6b --asset native",
)
@inputs
@click.option(
    "--address", help="Where units lie at the end, or a service where they ended.  E.g. --address 0x34a1.."
)
@click.option("--asset", help="Of the holding, this asset alone.  E.g. --asset native")
@click.option("--tx", "tx_hash", help="A transfer: its transaction.  E.g. --tx 0xbe32..")
@click.option("--position", type=int, help="Of the transaction, the transfer at this position alone.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per step instead of text.")
@click.option("--limit", type=int, default=20, show_default=True, help="Most paths to show; 0 for all.")
@click.pass_obj
def back(
    settings_path: Path | None,
    /,
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

    from clawback.cli.opened import printable
    from clawback.errors import ClawbackError
    from clawback.tables.addresses import normalise_address, normalise_tx_hash
    from clawback.tracing.given_run import trace_given
    from clawback.tracing.methods import FIFO
    from clawback.tracing.steps_back import path_rows, paths_to_holding, paths_to_service, paths_to_transfer

    if (address is None) == (tx_hash is None):
        raise click.UsageError("give either --address (a holding) or --tx (a transfer)")
    chain = options["chain"]
    _chains(settings_path)
    try:
        address = None if address is None else normalise_address(address, chain)
        tx_hash = None if tx_hash is None else normalise_tx_hash(tx_hash, chain)
    except ValueError as error:
        raise ClawbackError(str(error), where="--address or --tx", remedy=f"--chain is {chain}") from error
    given = _given(settings_path, options)
    with trace_given(given, [FIFO], keeps_ways=True) as ((traced,), touched):
        if address is not None:
            paths = paths_to_holding(traced.book, touched, chain, address, asset)
            paths = paths or paths_to_service(traced.book, touched, chain, address, asset)
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
            incident = printable(row["incident"])
            click.secho(f"path {row['path']}: {int(row['units']):,} units of {incident}", bold=True)
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


def _chains(settings_path: Path | None) -> dict[str, dict[str, Any]]:
    """Rows of chains that the settings add or change; what reads addresses knows them from now on."""
    from clawback.chains.names import EVM_CHAINS

    chains = chains_of(settings_path)
    EVM_CHAINS.of_settings(chains)
    return chains


def _given(settings_path: Path | None, options: dict[str, Any]) -> Given:
    from clawback.tracing.given_input import read_given

    if not options["transfers"]:
        raise click.UsageError("--transfers is missing: the files to follow")
    if options["thefts"] is None:
        raise click.UsageError("--thefts is missing: what is stolen")
    return read_given(
        **options, chains=_chains(settings_path), progress=lambda line: click.echo(line, err=True)
    )


def _print_summary(summary: dict[str, Any], out: Path) -> None:
    from clawback.cases.text import decimal_text
    from clawback.cli.opened import printable

    for figure in summary["figures"]:
        asset = f"{figure['chain']}/{figure['asset']}"
        decimals = summary["decimals"].get(asset)
        click.secho(f"{printable(figure['incident'])}  {figure['method']}  {asset}", bold=True)
        for name, amount in figure.items():
            if isinstance(amount, str) and amount.isdecimal() and amount != "0":
                told = decimal_text(int(amount), decimals or 0)
                unit = "base units" if decimals is None else ""
                click.echo(f"  {name.replace('_', ' '):<24} {told:>40} {unit}".rstrip())
    stolen_from = {figure["incident"] for figure in summary["figures"] if figure["stolen"] != "0"}
    for incident in sorted(set(summary["incidents"]) - stolen_from):
        click.echo(
            f"{printable(incident)}: the transfers show nothing stolen"
            " (a theft_address gets it, a source pays it)",
            err=True,
        )
    for method, counts in summary["counts"].items():
        if counts["units_too_wide"] != "0":
            click.echo(
                f"{method}: {counts['units_too_wide']} units would make a sum of 10^38 or more;"
                " they are left out, as not stolen or not converted",
                err=True,
            )
    click.echo(f"wrote {out}/flows.parquet, {out}/holdings.parquet, {out}/summary.json")
