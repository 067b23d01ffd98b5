"""`clawback status`: the recovery-status table of a release."""

from __future__ import annotations

import csv
import json
import sys
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from clawback.cli.figures import PARTS, REPORTED, STOLEN, Figure
from clawback.cli.options import DAY

if TYPE_CHECKING:
    from clawback.context import RunContext

_MART: Final = "rpt_recovery_status_daily"

Spread = tuple[str, Decimal, Decimal]
"""Figure, and the lowest and the highest that a method which conserves units gives for it."""


@click.command()
@click.option("--incident", help="Only this incident.")
@click.option("--day", type=DAY, help="The row of this day [default: the release's newest].")
@click.option("--as-of", type=DAY, help="The release that was the latest as known on this day.")
@click.option("--release", "release_id", help="A release by its name.")
@click.option(
    "--format", "form", type=click.Choice(["table", "json", "csv"]), default="table", show_default=True
)
@click.pass_obj
def status(
    settings_path: Path | None,
    incident: str | None,
    day: date | None,
    as_of: date | None,
    release_id: str | None,
    form: str,
) -> None:
    """Print the recovery-status table of the latest (or another) release."""
    from clawback.context import open_context

    print_status(
        open_context(settings_path), release_id=release_id, as_of=as_of, incident=incident, day=day, form=form
    )


def print_status(
    ctx: RunContext,
    *,
    release_id: str | None = None,
    as_of: date | None = None,
    incident: str | None = None,
    day: date | None = None,
    form: str = "table",
) -> None:
    """Print the table of one release.

    Raises:
        ClawbackError: no such release, incident or day.
    """
    from clawback.deliver.render import csv_cell
    from clawback.release.read import require_release

    chosen = require_release(ctx.lake, release_id, as_of=as_of)
    columns, rows = _read(ctx, chosen, incident, day)
    spread = _spread(ctx, chosen) if form == "table" else {}
    if form == "json":
        click.echo(json.dumps(rows, default=str, indent=2, ensure_ascii=False))
    elif form == "csv":
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(["release_id", *columns])
        writer.writerows([[chosen, *(csv_cell(row[name]) for name in columns)] for row in rows])
    else:
        for row in rows:
            click.echo()
            click.echo("\n".join(_lines(chosen, row, spread.get((row["incident_id"], row["day"]), []))))


def _read(
    ctx: RunContext, release_id: str, incident: str | None, day: date | None
) -> tuple[list[str], list[dict[str, Any]]]:
    from clawback.errors import ClawbackError
    from clawback.release.read import mart_path, query

    path = mart_path(ctx.lake, release_id, _MART)
    columns, rows = query(
        {"mart": path},
        "select * from mart where day = coalesce(?, (select max(day) from mart))"
        " and incident_id = coalesce(?, incident_id) order by incident_id, method",
        [day, incident],
    )
    if not rows:
        _, known = query(
            {"mart": path}, "select incident_id, min(day), max(day) from mart group by 1 order by 1", []
        )
        raise ClawbackError(
            "the release has no such row",
            where=f"release {release_id}, incident {incident or 'any'}, day {day or 'newest'}",
            remedy="it has: " + "; ".join(f"{name} from {first} to {last}" for name, first, last in known),
        )
    return columns, [dict(zip(columns, row, strict=True)) for row in rows]


def _spread(ctx: RunContext, release_id: str) -> dict[tuple[str, date], list[Spread]]:
    """Figures on which the methods disagree, by incident and day; empty where a release has no such mart."""
    from clawback.errors import ClawbackError
    from clawback.release.read import mart_path, query

    try:
        path = mart_path(ctx.lake, release_id, "rpt_method_spread_daily")
    except ClawbackError:
        return {}
    _, rows = query(
        {"mart": path},
        "select incident_id, day, figure, lowest_usd, highest_usd from mart where lowest_usd < highest_usd",
        [],
    )
    found: dict[tuple[str, date], list[Spread]] = {}
    for incident, day, figure, lowest, highest in rows:
        found.setdefault((incident, day), []).append((figure, lowest, highest))
    return found


def _lines(release_id: str, row: dict[str, Any], spread: list[Spread]) -> list[str]:
    from clawback.deliver.wording import plain

    title = f"{plain(row['victim'])} ({row['incident_id']})"
    lines = [
        click.style(f"{title:<58}", bold=True) + f"{row['day']}   release {release_id}",
        _rule("reported", "USD"),
        *(_figure(figure, row) for figure in REPORTED if row.get(figure.column) is not None),
    ]
    if row["verification_status"] == "reported_only":
        return [*lines, "  nothing of it is traced: no address of this incident is known to the warehouse"]
    lines.append(_rule("observed on chain", "USD", "share", "change"))
    lines.extend(_figure(figure, row) for figure in STOLEN)
    lines.extend(_figure(figure, row) for figure in PARTS if row.get(figure.column))
    if spread:
        lines.append(_rule("methods disagree", "lowest", "", "highest"))
        titles = {figure.column: figure.title for figure in (*STOLEN, *PARTS)}
        lines.extend(
            f"  {titles[figure]:<24}{_money(lowest):>22}{_money(highest):>32}"
            for column in titles
            for figure, lowest, highest in spread
            if figure == column
        )
    lines.append(_rule("coverage"))
    lines.append(
        f"  {row['assets_priced_count']} of {row['assets_stolen_count']} stolen assets have a price;"
        f" {row['chains_traced_count']} of {row['chains_affected_count']} affected chains are traced"
    )
    if row.get("stolen_by_source_pct"):
        lines.append(
            f"  {row['stolen_by_source_pct'].normalize():f} % of the theft rests on the role source alone:"
            " who got it is not named"
        )
    if row.get("traced_loss_pct") is not None:
        lines.append(f"  traced at theft prices: {row['traced_loss_pct'].normalize():f} % of the chosen loss")
    if row.get("parts_unvalued"):
        lines.append(f"  also hold assets without a price, worth more than is shown: {row['parts_unvalued']}")
    lines.append(
        f"  newest transfer {row['newest_transfer_day']}, price {row['newest_price_day']},"
        f" report {row['newest_report_date']}; {row['verification_status']}, method {row['method']}"
    )
    return lines


def _rule(title: str, *heads: str) -> str:
    cells = "".join(f"{head:>{width}}" for head, width in zip(heads, (22, 12, 20), strict=False))
    return click.style(f"  {title:<24}{cells}".rstrip(), dim=True)


def _figure(figure: Figure, row: dict[str, Any]) -> str:
    share = row.get(figure.share) if figure.share else None
    change = row.get(figure.change) if figure.change else None
    cells = [
        f"{_money(row.get(figure.column)):>22}",
        f"{'' if share is None else f'{share:.2f} %':>12}",
        f"{'' if change is None else _signed(change):>20}",
    ]
    return f"  {figure.title:<24}{''.join(cells)}".rstrip()


def _money(value: Decimal | None) -> str:
    return "unknown" if value is None else f"{value:,.2f}"


def _signed(value: Decimal) -> str:
    return "no change" if value == 0 else f"{value:+,.2f}"
