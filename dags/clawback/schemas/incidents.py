"""What case files hold: incidents, roles, links, recoveries."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from clawback.schemas.columns import AMOUNT, TIME, optional, required

INCIDENTS: Final = pa.schema(
    [
        required("incident_id", pa.string()),
        required("title", pa.string()),
        required("victim", pa.string()),
        required("victim_kind", pa.string()),
        required("occurred_at", TIME),
        required("occurred_precision", pa.string()),  # minute | day | month
        required("chains_affected", pa.list_(pa.string())),
        required("source_url", pa.string()),
    ]
)

INCIDENT_ROLES: Final = pa.schema(
    [
        required("incident_id", pa.string()),
        required("chain", pa.string()),
        required("address", pa.string()),
        required("role", pa.string()),  # source | theft_address | victim | recovery
        optional("tx_hash", pa.string()),
        optional("from_time", TIME),
        optional("to_time", TIME),
        required("source_url", pa.string()),
    ]
)

INCIDENT_LINKS: Final = pa.schema(
    [
        required("incident_id", pa.string()),
        required("linked_incident_id", pa.string()),
        required("link_kind", pa.string()),  # same_actor | same_funds | same_victim
        required("strength", pa.string()),  # certain | strong | weak
        required("evidence", pa.string()),
        required("asserted_by", pa.string()),
        required("source_url", pa.string()),
    ]
)

RECOVERIES: Final = pa.schema(
    [
        required("incident_id", pa.string()),
        required("event_kind", pa.string()),  # freeze burn reissue return seizure insurance
        required("event_date", pa.date32()),
        required("chain", pa.string()),
        optional("address", pa.string()),
        optional("tx_hash", pa.string()),
        required("asset", pa.string()),
        optional("asset_symbol", pa.string()),
        required("amount", AMOUNT),
        required("decimals", pa.int32()),
        required("asserted_by", pa.string()),
        required("source_url", pa.string()),
        optional("note", pa.string()),
    ]
)
