"""`clawback explain`: one figure of the status table, down to its transfers and quotations."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from clawback.cli.figures import FIGURES, Figure
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
    row_day, value = _value(ctx, chosen, incident, figure, day)
    entry = FIGURES[figure]
    click.secho(f"{incident}  {figure}  {row_day}  release {chosen}", bold=True)
    click.echo(f"{'unknown' if value is None else f'{value:,}'} USD: {entry.formula}")
    if entry.parts:
        _print_balances(ctx, chosen, incident, entry, row_day, limit)
        _print_transfers(ctx, chosen, incident, entry, row_day, limit)
    if entry.claim_types:
        _print_claims(ctx, chosen, incident, entry, row_day, limit)


def _value(
    ctx: RunContext, release_id: str, incident: str, column: str, day: date | None
) -> tuple[date, Any]:
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
    row = dict(zip(names, rows[0], strict=True))
    return row["day"], row[column]


def _print_balances(
    ctx: RunContext, release_id: str, incident: str, entry: Figure, day: date, limit: int
) -> None:
    part = entry.parts[0]
    rows = _query(
        ctx,
        release_id,
        "fct_incident_balances_daily",
        "select chain, coalesce(asset_symbol, '?'), asset,"
        " case when $part = 'stolen' then any_value(stolen_amount) else sum(amount) end::decimal(38,0)"
        " as units,"
        " sum(usd_now)::decimal(38,2) as usd from mart"
        " where incident_id = $incident and day = $day and ($part = 'stolen' or part = $part)"
        " group by all having units > 0 order by usd desc nulls last, chain, asset",
        {"incident": incident, "day": day, "part": part},
    )
    click.secho(f"\nby asset ({len(rows)})", bold=True)
    for chain, symbol, asset, amount, usd in _first(rows, limit):
        money = "no price" if usd is None else f"{usd:,} USD"
        click.echo(f"  {_safe(symbol):<10} {amount:>38,} base units  {money:>24}  {chain} {asset}")
    _more(rows, limit)


def _print_transfers(
    ctx: RunContext, release_id: str, incident: str, entry: Figure, day: date, limit: int
) -> None:
    from clawback.release.read import mart_path, query

    # Frozen units lie where they were held: the transfers that brought them there say `held`. So do those of
    # all other assets, which are no part of the figure.
    part = "held" if entry.parts[0] == "frozen" else entry.parts[0]
    _, rows = query(
        {
            "flows": mart_path(ctx.lake, release_id, "fct_fund_flows"),
            "balances": mart_path(ctx.lake, release_id, "fct_incident_balances_daily"),
        },
        "select block_time, tx_hash, coalesce(asset_symbol, '?'), tainted_amount, from_address, to_address,"
        " hop from flows where incident_id = $incident and flow_date <= $day"
        " and case when $part = 'stolen' then theft_role is not null else outcome = $part end"
        " and ($figure = 'stolen' or exists (from balances where balances.incident_id = $incident"
        " and balances.day = $day and balances.part = $figure and balances.amount > 0"
        " and balances.chain = flows.chain and balances.asset = flows.asset))"
        " order by block_time, tx_hash, kind, position",
        {"incident": incident, "day": day, "part": part, "figure": entry.parts[0]},
    )
    click.secho(f"\ntransfers ({len(rows)})", bold=True)
    for time, tx_hash, symbol, amount, sender, receiver, hop in _first(rows, limit):
        click.echo(
            f"  {time:%Y-%m-%d %H:%M:%S}  hop {hop}  {amount:,} {_safe(symbol)}\n"
            f"    {tx_hash}\n    {sender} -> {receiver or 'fee'}"
        )
    _more(rows, limit)


def _print_claims(
    ctx: RunContext, release_id: str, incident: str, entry: Figure, day: date, limit: int
) -> None:
    rows = _query(
        ctx,
        release_id,
        "fct_claims",
        "select as_of_date, claim_type, value, unit, asserted_by, hedge_level, hedge_phrase, quotation,"
        " publisher, published_date, url from mart"
        " where incident_id = $incident and as_of_date <= $day and list_contains($types, claim_type)"
        " order by as_of_date, claim_id",
        {"incident": incident, "day": day, "types": list(entry.claim_types)},
    )
    click.secho(f"\nclaims ({len(rows)})", bold=True)
    for as_of, kind, value, unit, who, level, phrase, quotation, publisher, published, url in _first(
        rows, limit
    ):
        figure = "" if value is None else f" {value.normalize():,f} {_safe(unit or '')}"
        hedge = f"{level} ('{phrase}')" if phrase else level
        click.echo(
            f"  {as_of}  {kind}{figure}, asserted by {_safe(who)}, {_safe(hedge)}\n"
            f'    "{_safe(quotation)}"\n    {_safe(publisher)}, {published}  {_safe(url or "")}'
        )
    _more(rows, limit)


def _query(
    ctx: RunContext, release_id: str, mart: str, sql: str, values: dict[str, Any]
) -> list[tuple[Any, ...]]:
    from clawback.release.read import mart_path, query

    return query({"mart": mart_path(ctx.lake, release_id, mart)}, sql, values)[1]


def _first(rows: list[tuple[Any, ...]], limit: int) -> list[tuple[Any, ...]]:
    return rows[:limit] if limit else rows


def _more(rows: list[tuple[Any, ...]], limit: int) -> None:
    if limit and len(rows) > limit:
        click.echo(f"  ... {len(rows) - limit} more; --limit 0 shows all")


def _safe(text: str) -> str:
    """Text from outside for a terminal: token names carry escape sequences and direction marks."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
