"""`clawback run`: days from their sources to a published release, without Airflow."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import click

from clawback.cli.options import DAY


@click.command()
@click.option("--from", "first", type=DAY, help="First UTC day [default: the first day of the settings].")
@click.option(
    "--to", "last", type=DAY, help="Last UTC day [default: last_day of the settings, or yesterday]."
)
@click.option("--known", type=DAY, help="Day as of which all this is known [default: today, UTC].")
@click.option("--release-each-day", is_flag=True, help="Publish after every day: a history of releases.")
@click.pass_obj
def run(
    settings_path: Path | None,
    first: date | None,
    last: date | None,
    known: date | None,
    release_each_day: bool,
) -> None:
    """Take days from their sources to a published release.

    Fetches each day, makes tables, traces, builds the marts, audits them and publishes one release at
    the end. What is there already is not made again: a run that was killed goes on where it stopped.
    """
    from clawback.context import open_context
    from clawback.run.pipeline import run_days

    ctx = open_context(settings_path)
    today = ctx.clock().date()
    result = run_days(
        ctx,
        first or ctx.settings.first_day,
        last or ctx.settings.last_day or today - timedelta(days=1),
        known or today,
        release_each_day=release_each_day,
    )
    print_release(settings_path, result.release_id, result.is_new)


def print_release(settings_path: Path | None, release_id: str, is_new: bool) -> None:
    """Show the status table of a release, its name, and where its files lie."""
    from clawback.cli.status import print_status
    from clawback.context import open_context
    from clawback.release.read import file_path, mart_path

    ctx = open_context(settings_path)
    print_status(ctx, release_id=release_id)
    click.echo()
    click.echo(
        f"release   {release_id} ({'new' if is_new else 'unchanged: the same content is the same release'})"
    )
    click.echo(f"DuckDB    {file_path(ctx.lake, release_id, 'clawback.duckdb')}")
    click.echo(f"Parquet   {mart_path(ctx.lake, release_id, 'rpt_recovery_status_daily').parent}")
    click.echo(f"page      {file_path(ctx.lake, release_id, 'page.html')}")
