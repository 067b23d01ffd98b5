"""`clawback case`: write, check and read case files."""

from __future__ import annotations

from pathlib import Path

import click


@click.group()
def case() -> None:
    """Write, check and read case files."""


@case.command()
@click.argument("incident_id")
@click.option("--victim", required=True, help="Who was robbed, as reports name them.")
@click.option(
    "--folder", type=click.Path(path_type=Path, file_okay=False), default=Path("cases"), show_default=True
)
def new(incident_id: str, victim: str, folder: Path) -> None:
    """Write a new case file to fill in."""
    from clawback.cases.text import new_case_text
    from clawback.errors import ClawbackError

    # Checks the id, which becomes a file name, before anything is written.
    text = new_case_text(incident_id, victim)
    path = folder / f"{incident_id}.yml"
    folder.mkdir(parents=True, exist_ok=True)
    try:
        with path.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise ClawbackError("the case file exists already", where=str(path)) from None
    click.echo(f"wrote {path}: fill it in, then `clawback case check {path}`")


@case.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path, exists=True))
@click.pass_context
def check(ctx: click.Context, paths: tuple[Path, ...]) -> None:
    """Check case files (or all of a folder); exit 1 when something is wrong."""
    from clawback.cases.check import check_cases
    from clawback.cases.load import case_paths

    given = list(paths) or [Path("cases")]
    files = [file for path in given for file in (case_paths(path) if path.is_dir() else [path])]
    if not files:
        raise click.UsageError(f"no case file in {', '.join(map(str, given))}")
    problems = check_cases(files)
    for problem in problems:
        click.echo(str(problem), err=True)
    if problems:
        ctx.exit(1)
    click.echo(f"{len(files)} case files: all good")


@case.command()
@click.argument("path", type=click.Path(path_type=Path, exists=True, dir_okay=False))
def show(path: Path) -> None:
    """Print a case file as clawback understands it."""
    from clawback.cases.load import load_case
    from clawback.cases.text import show_case

    click.echo(show_case(load_case(path)))
