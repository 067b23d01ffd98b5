"""`clawback explain`: one figure of the status table, down to its transfers and quotations."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clawback.cli.figures import FIGURES
from clawback.cli.opened import Opened
from clawback.cli.opened import printable as _safe
from clawback.cli.options import DAY

if TYPE_CHECKING:
    from clawback.context import RunContext


@click.command(epilog="Figures: " + ", ".join(FIGURES))
@click.argument("incident")
@click.argument("figure", metavar="FIGURE")
@click.option("--day", type=DAY, help="The row of this day [default: the release's newest].")
@click.option("--release", "release_id", help="A release by its name [default: the latest].")
@click.option(
    "--limit",
    type=click.IntRange(0),
    default=20,
    show_default=True,
    help="Most rows to show of each list; 0 for all.",
)
@click.pass_obj
def explain(
    settings_path: Path | None,
    incident: str,
    figure: str,
    day: date | None,
    release_id: str | None,
    limit: int,
) -> None:
    """Open FIGURE of INCIDENT: its formula, its balances, its transfers, its quotations.

    Example: clawback explain kucoin-2020 mixed_usd --day 2020-10-26
    """
    from clawback.context import open_context
    from clawback.errors import ClawbackError
    from clawback.release.read import require_release

    if figure not in FIGURES:
        raise ClawbackError(f"'{figure}' is no figure that opens", remedy="figures: " + ", ".join(FIGURES))
    ctx = open_context(settings_path)
    chosen = require_release(ctx.lake, release_id)
    row = _row(ctx, chosen, incident, day)
    entry = FIGURES[figure]
    click.secho(f"{_safe(incident)}  {figure}  {row['day']}  release {chosen}", bold=True)
    click.echo(f"{_figure(row[figure])} {entry.unit}: {entry.formula}")
    for operand in entry.operands:
        click.echo(f"  {operand} = {_figure(row[operand])}")
    opened = Opened(ctx, chosen, incident, row["day"], limit)
    if entry.parts:
        opened.balances(entry.parts[0])
        opened.transfers(entry.parts[0])
    if entry.lists is not None:
        {
            "assets": opened.assets,
            "events": opened.events,
            "moved": opened.moved,
            "unseen": opened.unseen,
        }[entry.lists]()
    if entry.claim_types:
        opened.claims(entry.claim_types)


def _row(ctx: RunContext, release_id: str, incident: str, day: date | None) -> dict[str, Any]:
    from clawback.errors import ClawbackError
    from clawback.release.read import mart_path, query

    names, rows = query(
        {"mart": mart_path(ctx.lake, release_id, "rpt_recovery_status_daily")},
        "select * from mart where incident_id = ? and day = coalesce(?, (select max(day) from mart))"
        " order by method limit 1",
        [incident, day],
    )
    if not rows:
        raise ClawbackError(
            "the release has no such row",
            where=f"release {release_id}, incident {incident}, day {day or 'newest'}",
            remedy="`clawback status` lists the incidents",
        )
    return dict(zip(names, rows[0], strict=True))


def _figure(value: Any) -> str:
    return "unknown" if value is None else f"{value:,}"
