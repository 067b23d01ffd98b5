"""Typed tables that steps hand to each other.

Layout:
    Every table is Parquet with exactly these columns, in this order. Amounts are DECIMAL(38,0) base units:
    the widest exact integer that Parquet, DuckDB, Arrow and PostgreSQL all hold. Times are UTC microseconds.
    A nullable column says so in its field; everything else is never null. Addresses, hashes and assets of
    chain data are bytes (`IDENTIFIER`). Rows, views and marts show their text; so do the small tables that
    people judge by (labels, assets, prices, cases) and those of the trace.
"""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from clawback.schemas.chain import (
    ASSETS,
    BALANCES,
    CHAIN_EVENTS,
    EVENT_KINDS,
    LABEL_CATEGORIES,
    LABELS,
    PRICES,
    TRANSFERS,
)
from clawback.schemas.columns import (
    AMOUNT,
    FIGURE,
    IDENTIFIER,
    MAX_AMOUNT,
    NATIVE,
    PRICE,
    TIME,
    required,
    shown,
)
from clawback.schemas.documents import (
    CLAIM_MATCHES,
    CLAIM_TYPES,
    CLAIMS,
    DOCUMENT_VERSIONS,
    DOCUMENTS,
    HEDGE_LEVELS,
    QUALIFIERS,
    SENTENCES_FOR_REVIEW,
)
from clawback.schemas.incidents import INCIDENT_LINKS, INCIDENT_ROLES, INCIDENTS, RECOVERIES
from clawback.schemas.numbered import NFT_TRANSFERS
from clawback.schemas.trace import DAY_FLOWS, FLOWS, HOLDINGS, SINKS, TOTALS

__all__ = [
    "AMOUNT",
    "ASSETS",
    "BALANCES",
    "CHAIN_EVENTS",
    "CHAIN_FACTS",
    "CLAIMS",
    "CLAIM_MATCHES",
    "CLAIM_TYPES",
    "DAY_FLOWS",
    "DAY_TABLES",
    "DOCUMENTS",
    "DOCUMENT_VERSIONS",
    "EVENT_KINDS",
    "FIGURE",
    "FLOWS",
    "HEDGE_LEVELS",
    "HOLDINGS",
    "IDENTIFIER",
    "INCIDENTS",
    "INCIDENT_LINKS",
    "INCIDENT_ROLES",
    "LABELS",
    "LABEL_CATEGORIES",
    "MAX_AMOUNT",
    "NATIVE",
    "NFT_TRANSFERS",
    "PRICE",
    "PRICES",
    "QUALIFIERS",
    "QUARANTINE",
    "RECOVERIES",
    "SENTENCES_FOR_REVIEW",
    "SINKS",
    "SNAPSHOT_TABLES",
    "TABLES",
    "TIME",
    "TOTALS",
    "TRANSFERS",
    "shown",
]

QUARANTINE: Final = pa.schema(
    [
        required("source", pa.string()),
        required("table", pa.string()),
        required("part", pa.string()),  # lake key of the file
        required("row", pa.int64()),  # 1-based data row, 0 when the file itself is wrong
        required("reason", pa.string()),
        required("sample", pa.string()),  # the record as text, cut at 500 characters
    ]
)

DAY_TABLES: Final = {
    "transfers": TRANSFERS,
    "nft_transfers": NFT_TRANSFERS,
    "prices": PRICES,
    "documents": DOCUMENTS,
}
CHAIN_FACTS: Final = {"chain_events": CHAIN_EVENTS, "balances": BALANCES}
"""Cut by day as well; the tracer and the audit read them, no mart does."""
SNAPSHOT_TABLES: Final = {
    "assets": ASSETS,
    "labels": LABELS,
    "document_versions": DOCUMENT_VERSIONS,
    "claims": CLAIMS,
    "claim_matches": CLAIM_MATCHES,
    "sentences_for_review": SENTENCES_FOR_REVIEW,
    "incidents": INCIDENTS,
    "incident_roles": INCIDENT_ROLES,
    "incident_links": INCIDENT_LINKS,
    "recoveries": RECOVERIES,
}
TABLES: Final = {**DAY_TABLES, **CHAIN_FACTS, **SNAPSHOT_TABLES, "quarantine": QUARANTINE}
