"""Case files as rows of the tables `incidents`, `incident_roles`, `incident_links` and `recoveries`."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any, Final

from clawback.cases.model import Case

Rows = list[dict[str, Any]]

_BEGINNING: Final = datetime(1, 1, 1, tzinfo=UTC)


def case_rows(cases: Iterable[Case]) -> dict[str, Rows]:
    """Rows of the four tables, in an order that does not depend on the order of the files.

    A role with several transactions becomes a row for each.
    """
    ordered = sorted(cases, key=lambda case: case.incident.id)
    return {
        "incidents": [_incident(case) for case in ordered],
        "incident_roles": [row for case in ordered for row in _roles(case)],
        "incident_links": [row for case in ordered for row in _links(case)],
        "recoveries": [row for case in ordered for row in _recoveries(case)],
    }


def _incident(case: Case) -> dict[str, Any]:
    incident = case.incident
    return {
        "incident_id": incident.id,
        "title": incident.title,
        "victim": incident.victim,
        "victim_kind": incident.victim_kind,
        "occurred_at": incident.occurred_at,
        "occurred_precision": incident.occurred_precision,
        "chains_affected": sorted(set(incident.chains_affected)),
        "source_url": incident.source_url,
    }


def _roles(case: Case) -> Rows:
    rows = [
        {
            "incident_id": case.incident.id,
            "chain": role.chain,
            "address": role.address,
            "role": role.role,
            "tx_hash": tx_hash,
            "from_time": role.from_time,
            "to_time": role.to_time,
            "source_url": role.source_url,
        }
        for role in case.roles
        for tx_hash in role.tx_hashes or (None,)
    ]
    return sorted(
        rows,
        key=lambda row: (
            row["role"],
            row["chain"],
            row["address"],
            row["tx_hash"] or "",
            row["from_time"] or _BEGINNING,
        ),
    )


def _links(case: Case) -> Rows:
    rows = [
        {
            "incident_id": case.incident.id,
            "linked_incident_id": link.incident,
            "link_kind": link.kind,
            "strength": link.strength,
            "evidence": link.evidence,
            "asserted_by": link.asserted_by,
            "source_url": link.source_url,
        }
        for link in case.links
    ]
    return sorted(rows, key=lambda row: (row["linked_incident_id"], row["link_kind"], row["asserted_by"]))


def _recoveries(case: Case) -> Rows:
    rows = [
        {
            "incident_id": case.incident.id,
            "event_kind": recovery.kind,
            "event_date": recovery.date,
            "chain": recovery.chain,
            "address": recovery.address,
            "tx_hash": recovery.tx_hash,
            "asset": recovery.asset,
            "asset_symbol": recovery.symbol,
            "amount": recovery.amount,
            "decimals": recovery.decimals,
            "asserted_by": recovery.asserted_by,
            "source_url": recovery.source_url,
            "note": recovery.note,
        }
        for recovery in case.recoveries
    ]
    return sorted(
        rows,
        key=lambda row: (
            row["event_date"],
            row["event_kind"],
            row["chain"],
            row["asset"],
            row["address"] or "",
            row["tx_hash"] or "",
        ),
    )
