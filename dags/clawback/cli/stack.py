"""`clawback stack`: Airflow and PostgreSQL on this machine."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import click

from clawback.cli.options import DAY


@click.group()
def stack() -> None:
    """Airflow and PostgreSQL on this machine, on loopback, with authentication."""


@stack.command()
@click.pass_obj
def up(settings_path: Path | None) -> None:
    """Start the stack and leave it serving."""
    from clawback.stack.commands import stack_up

    stack_up(settings_path, click.echo)


@stack.command()
@click.pass_obj
def down(settings_path: Path | None) -> None:
    """Stop the stack."""
    from clawback.stack.commands import stack_down

    stack_down(settings_path, click.echo)


@stack.command()
@click.pass_context
def status(ctx: click.Context) -> None:
    """Tell which parts run, and where; exit 1 when not all do."""
    from clawback.stack.commands import stack_status

    if not stack_status(ctx.obj, click.echo):
        ctx.exit(1)


@stack.command()
@click.option("--from", "first", type=DAY, required=True, help="First UTC day.")
@click.option("--to", "last", type=DAY, required=True, help="Last UTC day.")
@click.pass_obj
def run(settings_path: Path | None, first: date, last: date) -> None:
    """Take days through the scheduler and wait for their releases."""
    from clawback.stack.commands import stack_run

    stack_run(settings_path, first, last, click.echo)
