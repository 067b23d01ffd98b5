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


@case.command()
@click.argument("rows", type=click.Path(path_type=Path, exists=True, dir_okay=False))
@click.option(
    "--overrides",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="Pairs that were decided by hand; those that come with clawback by default.",
)
@click.option("--evidence", is_flag=True, help="Say of every match why it was made.")
@click.option("--only", metavar="WORD", default="", help="Only thefts one of whose names holds this word.")
def match(rows: Path, overrides: Path | None, evidence: bool, only: str) -> None:
    """Say which rows of feeds are about one theft.

    ROWS is CSV or Parquet with the columns source, name, date and loss_usd. One theft a line: first and last
    day, lowest and highest loss, number of rows, names, sources.

    Example: clawback case match feeds.csv --evidence --only kucoin
    """
    from clawback.thefts.aliases import load_aliases
    from clawback.thefts.grouping import group
    from clawback.thefts.overrides import FILE, load_overrides
    from clawback.thefts.rows import read_rows
    from clawback.thefts.text import describe

    read = read_rows(rows)
    for number, reason in read.refused:
        click.echo(f"{rows} row {number} was left out: {reason}", err=True)
    groups = group(read.mentions, load_aliases(), load_overrides(overrides or FILE))
    by_key = {mention.key: mention for mention in read.mentions}
    shown = 0
    for found in groups:
        members = [by_key[key] for key in found.keys]
        if only.casefold() in " ".join(member.name or "" for member in members).casefold():
            shown += 1
            for line in describe(found, members, evidence):
                click.echo(line)
    click.echo(f"{len(read.mentions)} rows, {len(groups)} thefts, {shown} shown", err=True)
