"""What stands behind a figure, printed: balances, transfers, claims, events, assets."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import click

from clawback.cli.claim_text import claim_lines
from clawback.cli.doubts import SQL, doubts_of, lines_of

if TYPE_CHECKING:
    from clawback.context import RunContext

_BALANCES = "fct_incident_balances_daily"
_FLOWS = "fct_fund_flows"


@dataclass(frozen=True)
class Opened:
    """The evidence of one incident on one day in one release; at most `limit` rows a list, 0 for all.

    Balances and transfers are those of one tracing method.
    """

    ctx: RunContext
    release_id: str
    incident: str
    day: date
    limit: int
    method: str = "fifo"

    def balances(self, part: str) -> None:
        """Units and dollars of a part, by asset."""
        rows = self._query(
            [_BALANCES],
            "select chain, coalesce(asset_symbol, '?'), asset,"
            " case when $part = 'stolen' then any_value(stolen_amount) else sum(amount) end::decimal(38,0)"
            " as units,"
            " sum(usd_now)::decimal(38,2) as usd from fct_incident_balances_daily"
            " where incident_id = $incident and method = $method and day = $day"
            " and ($part = 'stolen' or part = $part)"
            " group by all having units > 0 order by usd desc nulls last, chain, asset",
            part=part,
        )
        self._title("by asset", rows)
        for chain, symbol, asset, amount, usd in self._first(rows):
            money = "no price" if usd is None else f"{usd:,} USD"
            click.echo(f"  {printable(symbol):<10} {amount:>38,} base units  {money:>24}  {chain} {asset}")
        self._more(rows)

    def transfers(self, part: str) -> None:
        """The transfers that brought the units of a part to where they are."""
        # Frozen units lie where they were held: the transfers that brought them there say `held`. So do those
        # of all other assets, which are no part of the figure.
        rows = self._query(
            [_FLOWS, _BALANCES],
            "select block_time, tx_hash, coalesce(asset_symbol, '?'), tainted_amount, from_address,"
            " to_address, hop from fct_fund_flows flows where incident_id = $incident and method = $method"
            " and flow_date <= $day"
            " and case when $part = 'stolen' then theft_role is not null else outcome = $outcome end"
            " and ($part = 'stolen' or exists (from fct_incident_balances_daily balances"
            " where balances.incident_id = $incident and balances.method = $method and balances.day = $day"
            " and balances.part = $part"
            " and balances.amount > 0 and balances.chain = flows.chain and balances.asset = flows.asset))"
            " order by block_time, tx_hash, kind, position",
            part=part,
            outcome="held" if part == "frozen" else part,
        )
        self._print_transfers(rows)

    def spread(self, figure: str) -> None:
        """What each method says of a figure, lowest first; poison, which does not conserve, last."""
        rows = self._query(
            ["rpt_method_spread_daily"],
            "select replace(name, '_usd', ''), usd from (unpivot (from rpt_method_spread_daily"
            " where incident_id = $incident and day = $day and figure = $figure) on fifo_usd, lifo_usd,"
            " haircut_usd, dirty_first_usd, clean_first_usd, poison_usd into name name value usd)"
            " order by name = 'poison_usd', usd, name",
            figure=figure,
        )
        if not rows:
            return
        self._title("by method", rows)
        for name, usd in rows:
            bound = "  an outer bound, counts units more than once" if name == "poison" else ""
            click.echo(f"  {name:<12} {usd:>22,}{bound}")

    def moved(self) -> None:
        """The transfers of the day that carried stolen units."""
        self._print_transfers(
            self._query(
                [_FLOWS],
                "select block_time, tx_hash, coalesce(asset_symbol, '?'), tainted_amount, from_address,"
                " to_address, hop from fct_fund_flows where incident_id = $incident and method = $method"
                " and flow_date = $day"
                " order by block_time, tx_hash, kind, position",
            )
        )

    def assets(self) -> None:
        """The stolen assets: units, price, or why there is no value."""
        rows = self._query(
            [_BALANCES],
            "select distinct chain, coalesce(asset_symbol, '?'), asset, stolen_amount, price_usd, usd_status"
            " from fct_incident_balances_daily"
            " where incident_id = $incident and method = $method and day = $day"
            " order by price_usd is null, chain, asset",
        )
        self._title("assets", rows)
        for chain, symbol, asset, amount, price, status in self._first(rows):
            worth = f"at {price.normalize():f} USD" if price is not None else str(status).replace("_", " ")
            click.echo(f"  {printable(symbol):<10} {amount:>38,} base units  {worth:>24}  {chain} {asset}")
        self._more(rows)

    def role_of_theft(self) -> None:
        """How much of the stolen units of each asset the case file names by the victim's side alone."""
        rows = self._by_source()
        for chain, symbol, asset, amount, stolen in rows[: self.limit or None]:
            share = int(amount) * 10_000 // int(stolen)
            click.echo(
                f"  by role source alone: {share // 100}.{share % 100:02d} % of what was stolen as"
                f" {printable(symbol)}, {amount:,} of {stolen:,} base units  {chain} {asset}"
            )

    def by_source(self) -> None:
        """Thefts that rest on the role source alone: by asset, and the transfers."""
        rows = self._by_source()
        self._title("by asset", rows)
        for chain, symbol, asset, amount, stolen in self._first(rows):
            click.echo(f"  {printable(symbol):<10} {amount:>38,} of {stolen:,} base units  {chain} {asset}")
        self._more(rows)
        self._print_transfers(
            self._query(
                [_FLOWS],
                "select block_time, tx_hash, coalesce(asset_symbol, '?'), stolen_amount, from_address,"
                " to_address, hop from fct_fund_flows where incident_id = $incident and method = $method"
                " and flow_date <= $day and theft_role = 'source'"
                " order by block_time, tx_hash, kind, position",
            )
        )

    def _by_source(self) -> list[Any]:
        if "theft_by_source_amount" not in self._columns(_BALANCES):
            return []
        return self._query(
            [_BALANCES],
            "select chain, coalesce(asset_symbol, '?'), asset, max(theft_by_source_amount) as units,"
            " max(theft_amount) from fct_incident_balances_daily"
            " where incident_id = $incident and method = $method and day = $day"
            " group by all having units > 0 order by chain, asset",
        )

    def unseen(self) -> None:
        """Unseen inflow by asset."""
        rows = self._query(
            [_BALANCES],
            "select chain, coalesce(asset_symbol, '?'), asset, max(unseen_inflow_amount) as units"
            " from fct_incident_balances_daily"
            " where incident_id = $incident and method = $method and day = $day"
            " group by all having units > 0 order by chain, asset",
        )
        self._title("by asset", rows)
        for chain, symbol, asset, amount in self._first(rows):
            click.echo(f"  {printable(symbol):<10} {amount:>38,} base units  {chain} {asset}")
        self._more(rows)

    def events(self) -> None:
        """Recovery events that were observed or stand in a case file."""
        rows = self._query(
            ["fct_recovery_events"],
            "select event_date, event_kind, basis, coalesce(asset_symbol, '?'), amount, usd, chain,"
            " asserted_by, evidence, is_in_traced_scope from fct_recovery_events"
            " where incident_id = $incident and event_date <= $day and basis <> 'reported'"
            " order by event_date, recovery_event_id",
        )
        self._title("events", rows)
        for when, kind, basis, symbol, amount, usd, chain, who, evidence, traced in self._first(rows):
            money = "no price" if usd is None else f"{usd:,} USD"
            said = f", says {printable(who)}" if who else ""
            click.echo(
                f"  {when}  {kind} ({basis}) on {chain}{'' if traced else ', not traced'}:"
                f" {amount:,} base units of {printable(symbol)}, {money}{said}\n    {printable(evidence)}"
            )
        self._more(rows)

    def claims(self, claim_types: tuple[str, ...]) -> None:
        """The claims of some types that count on the day, their quotations, and what speaks against them."""
        doubts = doubts_of(
            self._query(["fct_loss_estimates"], SQL) if self._has("fct_loss_estimates") else []
        )
        matches = self._matches()
        rows = self._query(
            ["fct_claims"],
            "select * from fct_claims"
            " where incident_id = $incident and as_of_date <= $day and list_contains($types, claim_type)"
            " order by as_of_date, claim_id",
            types=list(claim_types),
            named=True,
        )
        self._title("claims", rows)
        for row in self._first(rows):
            for line in claim_lines(row, matches.get(row["claim_id"])):
                click.echo(printable(line))
            for line in lines_of(row["claim_id"], doubts):
                click.echo(printable(line))
        self._more(rows)

    def _matches(self) -> dict[str, dict[str, Any]]:
        if not self._has("fct_claim_matches"):
            return {}
        found = self._query(
            ["fct_claim_matches"], "select * from fct_claim_matches where incident_id = $incident", named=True
        )
        return {row["claim_id"]: row for row in found}

    def _print_transfers(self, rows: list[tuple[Any, ...]]) -> None:
        self._title("transfers", rows)
        for time, tx_hash, symbol, amount, sender, receiver, hop in self._first(rows):
            click.echo(
                f"  {time:%Y-%m-%d %H:%M:%S}  hop {hop}  {amount:,} {printable(symbol)}\n"
                f"    {tx_hash}\n    {sender} -> {receiver or 'fee'}"
            )
        self._more(rows)

    def _query(self, marts: list[str], sql: str, *, named: bool = False, **values: Any) -> list[Any]:
        """Rows, as tuples or by name."""
        from clawback.release.read import mart_path, query

        files = {mart: mart_path(self.ctx.lake, self.release_id, mart) for mart in marts}
        values |= {"incident": self.incident, "day": self.day, "method": self.method}
        asked = {name: value for name, value in values.items() if f"${name}" in sql}
        names, rows = query(files, sql, asked)
        return [dict(zip(names, row, strict=True)) for row in rows] if named else rows

    def _has(self, mart: str) -> bool:
        from clawback.release.read import read_release

        # A release of an older version may lack a mart; it still opens.
        return mart in read_release(self.ctx.lake, self.release_id).marts

    def _columns(self, mart: str) -> list[str]:
        # A release of an older version may lack a column; it still opens.
        from clawback.release.read import mart_path, query

        names, _ = query(
            {"mart": mart_path(self.ctx.lake, self.release_id, mart)}, "select * from mart limit 0"
        )
        return names

    def _title(self, name: str, rows: list[Any]) -> None:
        click.secho(f"\n{name} ({len(rows)})", bold=True)

    def _first(self, rows: list[Any]) -> list[Any]:
        return rows[: self.limit] if self.limit else rows

    def _more(self, rows: list[Any]) -> None:
        if self.limit and len(rows) > self.limit:
            click.echo(f"  ... {len(rows) - self.limit} more; --limit 0 shows all")


def printable(text: str) -> str:
    """Text from outside for a terminal: token names carry escape sequences and direction marks."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
