"""`clawback release`: list, show, verify, compare and roll back releases, and list runs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

import click

from clawback.cli.options import DAY


@click.group()
def release() -> None:
    """List, show, verify, compare and roll back releases; list runs."""


@release.command("list")
@click.pass_obj
def list_(settings_path: Path | None) -> None:
    """Every publication, newest last."""
    from clawback.context import open_context
    from clawback.release.read import latest_release, list_publications

    lake = open_context(settings_path).lake
    latest = latest_release(lake)
    for entry in list_publications(lake):
        mark = "*" if entry.release == latest else " "
        told = f"known {entry.known}  {entry.verdict}  {entry.published_at}"
        click.echo(f"{mark} {entry.seq:>4}  {entry.release}  {told}")


@release.command()
@click.option("--newest", "-n", type=click.IntRange(min=1), default=20, show_default=True, help="How many.")
@click.pass_obj
def runs(settings_path: Path | None, newest: int) -> None:
    """The newest run records, newest last: published, unchanged, blocked, failed, and why."""
    from clawback.context import open_context
    from clawback.release.runs import list_runs

    for record in list_runs(open_context(settings_path).lake, newest):
        told = f"{record['seq']:>6}  {record['day']}  {record['step']:<16} {record['outcome']:<10}"
        click.echo(f"{told} {_why(record)}".rstrip())


@release.command()
@click.argument("release_id", required=False)
@click.pass_obj
def show(settings_path: Path | None, release_id: str | None) -> None:
    """The manifest of a release (the latest by default), as JSON."""
    from clawback.context import open_context
    from clawback.release.read import require_release, show_release

    lake = open_context(settings_path).lake
    click.echo(
        json.dumps(show_release(lake, require_release(lake, release_id)), indent=2, ensure_ascii=False)
    )


@release.command()
@click.argument("release_id", required=False)
@click.option("--all", "every", is_flag=True, help="Verify every release.")
@click.pass_context
def verify(ctx: click.Context, release_id: str | None, every: bool) -> None:
    """Hash every file of a release again; exit 1 when one is missing, extra or changed."""
    from clawback.context import open_context
    from clawback.release.read import list_publications, require_release
    from clawback.release.verify import verify_release

    lake = open_context(ctx.obj).lake
    ids = (
        sorted({entry.release for entry in list_publications(lake)})
        if every
        else [require_release(lake, release_id)]
    )
    bad = False
    for name in ids:
        report = verify_release(lake, name)
        click.echo(f"{name}: {report.files} files, {report.bytes} bytes, {'ok' if report.ok else 'DAMAGED'}")
        for problem in report.problems:
            click.echo(f"  {problem}", err=True)
        bad = bad or not report.ok
    if bad:
        ctx.exit(1)


@release.command()
@click.argument("older")
@click.argument("newer")
@click.pass_obj
def diff(settings_path: Path | None, older: str, newer: str) -> None:
    """What changed between two releases, mart by mart."""
    from clawback.context import open_context
    from clawback.release.diff import diff_releases

    click.echo(diff_releases(open_context(settings_path).lake, older, newer))


@release.command()
@click.argument("release_id")
@click.option("--why", required=True, help="Reason, kept in the publication.")
@click.option("--known", type=DAY, help="Known day of the publication [default: today, UTC].")
@click.pass_obj
def rollback(settings_path: Path | None, release_id: str, why: str, known: date | None) -> None:
    """Publish an old release again: the only way back."""
    from clawback.context import open_context
    from clawback.release.step import rollback as roll

    ctx = open_context(settings_path)
    roll(ctx, release_id, known or ctx.clock().date(), why)
    click.echo(f"latest is {release_id} again; the next run starts from its day")


def _why(record: Mapping[str, Any]) -> str:
    """The reason on one line: a failure's text, an audit's blocking checks, or the release it ended with."""
    reason = record.get("reason") or record.get("why") or record.get("release") or ""
    lines = reason if isinstance(reason, list) else [reason]
    return "; ".join(" ".join(str(line).split()) for line in lines)
