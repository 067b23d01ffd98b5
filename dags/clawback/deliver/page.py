"""Make the page of a release: one HTML file that asks for nothing outside itself.

Invariants:
    Self-contained: style and pictures stand inside, there is no script, and the page's own policy forbids
    any request.
    Deterministic: the same marts and audit give the same bytes; nothing on the page tells when it was
    made.
    Everything from outside is escaped by the template and cleaned by `clawback.deliver.wording`.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from markupsafe import Markup

from clawback.days import parse_day
from clawback.deliver import wording
from clawback.deliver.asset_table import AssetBalance, asset_balances
from clawback.deliver.audit_words import audit_summary
from clawback.deliver.claims_table import ClaimGroup, figure, group_claims
from clawback.deliver.figures import STATUS_COLUMNS, Status, freshness, newest_status, reported_besides
from clawback.deliver.flow_graph import FlowGraph, flow_graph
from clawback.deliver.flow_picture import draw_flows
from clawback.deliver.marts import Row, read_mart
from clawback.deliver.spread import spread_sentence
from clawback.errors import ClawbackError

if TYPE_CHECKING:
    import jinja2

_TEMPLATES: Final = Path(__file__).parent / "templates"
_FLOW_COLUMNS: Final = (
    "incident_id",
    "method",
    "chain",
    "hop",
    "flow_date",
    "from_address",
    "to_address",
    "from_entity",
    "to_entity",
    "asset",
    "asset_symbol",
    "asset_decimals",
    "tainted_amount",
    "tainted_usd",
    "outcome",
)


@dataclass(frozen=True)
class IncidentView:
    """All that the page says about one incident."""

    facts: Row
    status: Status | None
    graph: FlowGraph | None
    picture: Markup | None
    claims: tuple[ClaimGroup, ...]
    balances: tuple[AssetBalance, ...]
    recoveries: tuple[Row, ...]
    reported_recoveries: int
    links: tuple[Row, ...]
    spread: str | None


def render_page(candidate_dir: Path) -> bytes:
    """Render the page of a candidate.

    Args:
        candidate_dir: Folder with candidate.json, audit.json and marts/*.parquet.
    """
    candidate = _read_json(candidate_dir / "candidate.json")
    audit = audit_summary(_read_json(candidate_dir / "audit.json"))
    day = parse_day(str(candidate["day"]))
    marts = candidate_dir / "marts"
    status_mart = read_mart(marts / "rpt_recovery_status_daily.parquet")
    status_mart.require(*STATUS_COLUMNS)
    views = _views(marts, status_mart.rows, day)
    css = (_TEMPLATES / "page.css").read_text(encoding="utf-8")
    html = (
        _environment()
        .get_template("page.html.j2")
        .render(
            release=str(candidate["release_id"]),
            day=day,
            audit=audit,
            freshness=freshness(status_mart.rows),
            incidents=views,
            rows=_mart_rows(candidate),
            css=Markup(css),  # noqa: S704 - our own file
            policy=_policy(css),
        )
    )
    return html.encode("utf-8")


def _views(marts: Path, status_rows: Sequence[Row], day: date) -> list[IncidentView]:
    incidents = read_mart(marts / "dim_incidents.parquet")
    incidents.require("incident_id", "title", "victim", "occurred_at", "chains_affected")
    methods = sorted({str(row["method"]) for row in status_rows}) or ["fifo"]
    flow_mart = read_mart(marts / "fct_fund_flows.parquet", {"method": methods})
    flow_mart.require(*_FLOW_COLUMNS)
    flows = _by_incident(flow_mart.rows)
    claims = _by_incident(read_mart(marts / "fct_claims.parquet").rows)
    recoveries = _by_incident(read_mart(marts / "fct_recovery_events.parquet").rows)
    links = _by_incident(read_mart(marts / "fct_incident_links.parquet").rows)
    balances = _by_incident(read_mart(marts / "fct_incident_balances_daily.parquet").rows)
    spread = _by_incident(_spread_rows(marts))
    views = []
    for facts in incidents.rows:
        incident = str(facts["incident_id"])
        status = newest_status(status_rows, incident, day)
        method = status.row["method"] if status else "fifo"
        graph = flow_graph([row for row in flows[incident] if row["method"] == method])
        picture = draw_flows(graph, f"Where the funds of {facts['title']} went") if graph else None
        views.append(
            IncidentView(
                facts=facts,
                status=status,
                graph=graph,
                picture=picture,
                claims=group_claims(claims[incident]),
                balances=asset_balances(balances[incident], status.row["day"], method) if status else (),
                recoveries=_seen_or_filed(recoveries[incident]),
                reported_recoveries=sum(row["basis"] == "reported" for row in recoveries[incident]),
                links=tuple(links[incident]),
                spread=spread_sentence(spread[incident], status.row["day"]) if status else None,
            )
        )
    # The largest loss first; an incident without figures is not dropped.
    return sorted(
        views, key=lambda view: (-(view.status.total if view.status else Decimal(-1)), _title(view))
    )


def _spread_rows(marts: Path) -> Sequence[Row]:
    """Rows of the spread; a candidate of before there was one has none."""
    file = marts / "rpt_method_spread_daily.parquet"
    return read_mart(file).rows if file.is_file() else ()


def _seen_or_filed(events: Sequence[Row]) -> tuple[Row, ...]:
    """Leaves out what claims report: the claims stand on the page with their words."""
    kept = [row for row in events if row["basis"] != "reported"]
    return tuple(
        sorted(kept, key=lambda row: (row["event_date"], str(row["event_kind"]), str(row["evidence"])))
    )


def _title(view: IncidentView) -> str:
    return str(view.facts["title"])


def _by_incident(rows: Sequence[Row]) -> defaultdict[str, list[Row]]:
    grouped: defaultdict[str, list[Row]] = defaultdict(list)
    for row in rows:
        if row["incident_id"] is not None:
            grouped[str(row["incident_id"])].append(row)
    return grouped


def _mart_rows(candidate: Mapping[str, Any]) -> list[tuple[str, int]]:
    return [(name, int(facts["rows"])) for name, facts in sorted(candidate.get("marts", {}).items())]


def _read_json(path: Path) -> dict[str, Any]:
    try:
        found = json.loads(path.read_bytes())
    except FileNotFoundError:
        raise ClawbackError(
            f"{path.name} is missing", where=str(path), remedy="build and audit the day first"
        ) from None
    except ValueError as error:
        raise ClawbackError(f"{path.name} is no JSON", where=str(path), cause=str(error)) from None
    if not isinstance(found, dict):
        raise ClawbackError(f"{path.name} holds no object", where=str(path))
    return found


def _policy(css: str) -> str:
    """Allows our one style sheet by its hash and nothing else."""
    digest = base64.b64encode(hashlib.sha256(css.encode("utf-8")).digest()).decode("ascii")
    return (
        f"default-src 'none'; style-src 'sha256-{digest}'; img-src data:; base-uri 'none'; form-action 'none'"
    )


def _environment() -> jinja2.Environment:
    import jinja2

    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    for name in (
        "plain",
        "safe_url",
        "usd",
        "usd_short",
        "usd_change",
        "pct",
        "share",
        "units",
        "units_short",
        "short_address",
        "words",
        "counted",
    ):
        environment.filters[name] = getattr(wording, name)
    environment.filters["figure"] = figure
    environment.filters["reported_besides"] = reported_besides
    environment.filters["names"] = _names
    return environment


def _names(listed: object) -> list[str]:
    """Takes a list of names apart, which the marts write with commas between."""
    return [wording.plain(name.strip(), 40) for name in str(listed or "").split(",") if name.strip()]
