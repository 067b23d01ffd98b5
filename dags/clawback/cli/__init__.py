"""The `clawback` command.

Each subcommand lives in a module of its own that is imported when it is called: the command answers `--help`
without loading a database, a data frame or a scheduler.
"""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import Final

import click

from clawback.errors import ClawbackError

_COMMANDS: Final = {
    "run": ("clawback.cli.run", "run", "Take days from their sources to a published release."),
    "status": ("clawback.cli.status", "status", "The recovery-status table of a release."),
    "explain": ("clawback.cli.explain", "explain", "Open one figure down to its transfers and quotations."),
    "trace": ("clawback.cli.trace", "trace", "Follow stolen units through files of transfers, and back."),
    "extract": (
        "clawback.cli.extract",
        "extract",
        "Transfers of block ranges, from a chain's nodes to Parquet.",
    ),
    "release": ("clawback.cli.release", "release", "List, show, verify, compare and roll back releases."),
    "case": ("clawback.cli.case", "case", "Write, check and read case files."),
    "claims": ("clawback.cli.claims", "claims", "Read what reports claim, word for word, and show how."),
    "config": ("clawback.cli.config", "config", "The settings and where each value came from."),
    "stack": ("clawback.cli.stack", "stack", "Airflow and PostgreSQL on this machine."),
}


class _LazyGroup(click.Group):
    """A group that knows its subcommands by name and imports only the one that is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the day's work."""
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Import one subcommand."""
        if cmd_name not in _COMMANDS:
            return None
        module, name, _ = _COMMANDS[cmd_name]
        command = getattr(importlib.import_module(module), name)
        if not isinstance(command, click.Command):
            raise TypeError(f"{module}.{name} is no command")
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the subcommands without importing any."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, _, text) in _COMMANDS.items()])


@click.group(cls=_LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--settings",
    "settings_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Settings file [default: $CLAWBACK_SETTINGS, ./clawback.toml, the packaged sample].",
)
@click.version_option(package_name="clawback")
@click.pass_context
def clawback(ctx: click.Context, settings_path: Path | None) -> None:
    """A daily warehouse of stolen crypto.

    What was taken, where it went, what came back, who says so, how sure anyone can be.
    """
    ctx.obj = settings_path


def main() -> None:
    """Run the command; an error that a person can act on is printed without a traceback."""
    try:
        # Without standalone mode an exit code is returned, not raised.
        sys.exit(clawback(standalone_mode=False))
    except ClawbackError as error:
        click.secho("error: ", fg="red", bold=True, nl=False, err=True)
        click.echo(str(error), err=True)
        sys.exit(1)
    except click.exceptions.Abort:
        click.echo("stopped", err=True)
        sys.exit(130)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # The reader (`head`, a closed pager) has seen enough; that is no error.
        sys.stderr.close()
        sys.exit(0)
