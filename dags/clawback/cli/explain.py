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
@click.option(
    "--method",
    default="fifo",
    show_default=True,
    metavar="NAME",
    help="Show the balances and transfers that this tracing method found, for example haircut.",
)
@click.pass_obj
def explain(
    settings_path: Path | None,
    incident: str,
    figure: str,
    day: date | None,
    release_id: str | None,
    limit: int,
    method: str,
) -> None:
    r"""Open FIGURE of INCIDENT: its formula, each method's figure, balances, transfers, quotations.

    \b
    Examples: clawback explain kucoin-2020 mixed_usd --day 2020-10-26
              clawback explain kucoin-2020 held_usd --method haircut
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
    opened = Opened(ctx, chosen, incident, row["day"], limit, _method(ctx, chosen, incident, method))
    opened.spread(figure)
    if entry.parts and method != "fifo":
        click.echo(f"\nas {_safe(method)} followed the units:")
    if entry.parts:
        opened.role_of_theft()
        opened.balances(entry.parts[0])
        opened.transfers(entry.parts[0])
    if entry.lists is not None:
        {
            "assets": opened.assets,
            "by_source": opened.by_source,
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


def _method(ctx: RunContext, release_id: str, incident: str, method: str) -> str:
    from clawback.errors import ClawbackError
    from clawback.release.read import mart_path, query

    _, rows = query(
        {"mart": mart_path(ctx.lake, release_id, "fct_incident_balances_daily")},
        "select distinct method from mart where incident_id = ? order by 1",
        [incident],
    )
    known = [str(name) for (name,) in rows]
    if known and method not in known:
        raise ClawbackError(
            f"the release was not traced by '{_safe(method)}'",
            where=f"release {release_id}, incident {incident}",
            remedy="methods: " + ", ".join(known),
        )
    return method


def _figure(value: Any) -> str:
    return "unknown" if value is None else f"{value:,}"
