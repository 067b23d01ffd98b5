"""Typed tables that steps hand to each other.

Layout:
    Every table is Parquet with exactly these columns, in this order. Amounts are DECIMAL(38,0) base units:
    the widest exact integer that Parquet, DuckDB, Arrow and PostgreSQL all hold. Times are UTC microseconds.
    A nullable column says so in its field; everything else is never null.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

AMOUNT: Final = pa.decimal128(38, 0)
PRICE: Final = pa.decimal128(38, 18)
FIGURE: Final = pa.decimal128(38, 8)
TIME: Final = pa.timestamp("us", tz="UTC")

MAX_AMOUNT: Final = 10**38 - 1
"""Widest amount that DECIMAL(38,0) holds; hostile tokens carry up to 2**256 - 1."""

NATIVE: Final = "native"
"""Asset name of a chain's own coin."""


def _required(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=False)


def _optional(name: str, kind: pa.DataType) -> pa.Field:
    return pa.field(name, kind, nullable=True)


TRANSFERS: Final = pa.schema(
    [
        _required("chain", pa.string()),
        _optional("block_number", pa.int64()),
        _required("block_time", TIME),
        _optional("block_hash", pa.string()),
        _required("tx_hash", pa.string()),
        _optional("tx_index", pa.int32()),
        _required("position", pa.int64()),
        _required("kind", pa.string()),  # native internal token fee mint burn utxo_in utxo_out
        _required("from_address", pa.string()),
        _optional("to_address", pa.string()),  # a fee has none
        _required("asset", pa.string()),  # 'native' or the contract
        _required("amount", AMOUNT),
        _optional("outpoint", pa.string()),
        _required("source", pa.string()),
        _required("order_quality", pa.string()),  # exact | time
        _required("known_date", pa.date32()),
    ]
)

ASSETS: Final = pa.schema(
    [
        _required("chain", pa.string()),
        _required("asset", pa.string()),
        _optional("symbol", pa.string()),
        _optional("decimals", pa.int32()),
        _required("source", pa.string()),
    ]
)

PRICES: Final = pa.schema(
    [
        _required("chain", pa.string()),
        _required("asset", pa.string()),
        _required("day", pa.date32()),
        _required("close_usd", PRICE),
        _required("source", pa.string()),
    ]
)

LABELS: Final = pa.schema(
    [
        _required("chain", pa.string()),
        _required("address", pa.string()),
        _required("entity", pa.string()),
        _required("category", pa.string()),  # see LABEL_CATEGORIES
        _required("confidence", pa.int32()),  # percent, 0..100
        _optional("incident_id", pa.string()),  # set where a label serves one incident only (victim)
        _optional("valid_from", pa.date32()),
        _optional("valid_to", pa.date32()),
        _required("source", pa.string()),
        _optional("source_url", pa.string()),
    ]
)

LABEL_CATEGORIES: Final = frozenset(
    [
        "exchange",
        "mixer",
        "bridge",
        "issuer",
        "victim",
        "broker",
        "dex",
        "router",
        "wrapper",
        "theft",
        "sanctioned",
        "other",
    ]
)

REPORTS: Final = pa.schema(
    [
        _required("document_id", pa.string()),
        _required("source", pa.string()),
        _required("title", pa.string()),
        _required("publisher", pa.string()),
        _optional("url", pa.string()),
        _required("published_date", pa.date32()),
        _required("language", pa.string()),
        _required("text", pa.string()),
        _required("sha256", pa.string()),
    ]
)

CLAIMS: Final = pa.schema(
    [
        _required("claim_id", pa.string()),
        _required("document_id", pa.string()),
        _optional("incident_id", pa.string()),
        _required("claim_type", pa.string()),  # see CLAIM_TYPES
        _optional("value", FIGURE),
        _optional("unit", pa.string()),  # USD, BTC, pct, token symbol
        _optional("actor", pa.string()),
        _required("asserted_by", pa.string()),
        _optional("hedge_phrase", pa.string()),
        _required("hedge_level", pa.string()),  # confirmed likely suspected alleged denied retracted
        _required("as_of_date", pa.date32()),
        _required("quotation", pa.string()),
        _required("quote_start", pa.int32()),  # offset in characters in the document's text
        _required("quote_end", pa.int32()),
        _required("rule", pa.string()),
        _optional("note", pa.string()),
    ]
)

CLAIM_TYPES: Final = frozenset(
    [
        "loss",
        "recovered",
        "frozen",
        "returned",
        "seized",
        "insured",
        "made_whole",
        "attribution",
        "date",
        "technique",
        "laundering_method",
        "linked_incident",
        "actor_total",
    ]
)

HEDGE_LEVELS: Final = frozenset(["confirmed", "likely", "suspected", "alleged", "denied", "retracted"])

INCIDENTS: Final = pa.schema(
    [
        _required("incident_id", pa.string()),
        _required("title", pa.string()),
        _required("victim", pa.string()),
        _required("victim_kind", pa.string()),
        _required("occurred_at", TIME),
        _required("occurred_precision", pa.string()),  # minute | day | month
        _required("chains_affected", pa.list_(pa.string())),
        _required("source_url", pa.string()),
    ]
)

INCIDENT_ROLES: Final = pa.schema(
    [
        _required("incident_id", pa.string()),
        _required("chain", pa.string()),
        _required("address", pa.string()),
        _required("role", pa.string()),  # source | theft_address | victim | recovery
        _optional("tx_hash", pa.string()),
        _optional("from_time", TIME),
        _optional("to_time", TIME),
        _required("source_url", pa.string()),
    ]
)

INCIDENT_LINKS: Final = pa.schema(
    [
        _required("incident_id", pa.string()),
        _required("linked_incident_id", pa.string()),
        _required("link_kind", pa.string()),  # same_actor | same_funds | same_victim
        _required("strength", pa.string()),  # certain | strong | weak
        _required("evidence", pa.string()),
        _required("asserted_by", pa.string()),
        _required("source_url", pa.string()),
    ]
)

RECOVERIES: Final = pa.schema(
    [
        _required("incident_id", pa.string()),
        _required("event_kind", pa.string()),  # freeze burn reissue return seizure insurance
        _required("event_date", pa.date32()),
        _required("chain", pa.string()),
        _optional("address", pa.string()),
        _optional("tx_hash", pa.string()),
        _required("asset", pa.string()),
        _optional("asset_symbol", pa.string()),
        _required("amount", AMOUNT),
        _required("decimals", pa.int32()),
        _required("asserted_by", pa.string()),
        _required("source_url", pa.string()),
        _optional("note", pa.string()),
    ]
)

QUARANTINE: Final = pa.schema(
    [
        _required("source", pa.string()),
        _required("table", pa.string()),
        _required("part", pa.string()),  # lake key of the file
        _required("row", pa.int64()),  # 1-based data row, 0 when the file itself is wrong
        _required("reason", pa.string()),
        _required("sample", pa.string()),  # the record as text, cut at 500 characters
    ]
)

DAY_TABLES: Final = {"transfers": TRANSFERS, "prices": PRICES}
SNAPSHOT_TABLES: Final = {
    "assets": ASSETS,
    "labels": LABELS,
    "reports": REPORTS,
    "claims": CLAIMS,
    "incidents": INCIDENTS,
    "incident_roles": INCIDENT_ROLES,
    "incident_links": INCIDENT_LINKS,
    "recoveries": RECOVERIES,
}
TABLES: Final = {**DAY_TABLES, **SNAPSHOT_TABLES, "quarantine": QUARANTINE}

FLOWS: Final = pa.schema(
    [
        _required("incident_id", pa.string()),
        _required("method", pa.string()),
        _required("hop", pa.int32()),  # smallest of the lots taken; the theft is 0
        _required("chain", pa.string()),
        _optional("block_number", pa.int64()),
        _optional("tx_index", pa.int32()),
        _required("position", pa.int64()),
        _required("block_time", TIME),
        _required("tx_hash", pa.string()),
        _required("kind", pa.string()),
        _required("from_address", pa.string()),
        _optional("to_address", pa.string()),
        _required("asset", pa.string()),
        _required("amount", AMOUNT),  # the whole transfer
        _required("tainted_amount", AMOUNT),  # the stolen units in it
        _required("outcome", pa.string()),  # held passed converted exchange_unproven or a sink's name
        _optional("theft_role", pa.string()),  # source | theft_address on hop 0
        _optional("label_entity", pa.string()),  # of the receiver, where a label decided the outcome
        _optional("label_source", pa.string()),
        _optional("label_confidence", pa.int32()),
        _optional("converted_asset", pa.string()),
        _optional("converted_amount", AMOUNT),
        _optional("basis", pa.string()),
        _required("order_quality", pa.string()),
    ]
)

HOLDINGS: Final = pa.schema(
    [
        _required("incident_id", pa.string()),
        _required("method", pa.string()),
        _required("chain", pa.string()),
        _required("address", pa.string()),
        _required("asset", pa.string()),
        _required("tainted_amount", AMOUNT),
        _required("category", pa.string()),  # held | frozen, see tracing
        _required("hop", pa.int32()),
    ]
)

TOTALS: Final = pa.schema(
    [
        _required("incident_id", pa.string()),
        _required("method", pa.string()),
        _required("chain", pa.string()),
        _required("asset", pa.string()),
        _required("measure", pa.string()),  # stolen held frozen converted_in/_out, sinks, unseen_inflow
        _required("amount", AMOUNT),  # since the theft, at the end of the day
    ]
)

SINKS: Final = (
    "exchange",
    "broker",
    "mixer",
    "bridge",
    "issuer",
    "victim",
    "burned",
    "fee",
    "dust",
    "unseen_outflow",
)
"""Where a trail ends. `victim` is a return."""
