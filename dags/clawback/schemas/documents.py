"""What is said: reports and the claims in them."""

from __future__ import annotations

from typing import Final

import pyarrow as pa

from clawback.schemas.columns import FIGURE, optional, required

REPORTS: Final = pa.schema(
    [
        required("document_id", pa.string()),
        required("source", pa.string()),
        required("title", pa.string()),
        required("publisher", pa.string()),
        optional("url", pa.string()),
        required("published_date", pa.date32()),
        required("language", pa.string()),
        required("text", pa.string()),
        required("sha256", pa.string()),
    ]
)

CLAIMS: Final = pa.schema(
    [
        required("claim_id", pa.string()),
        required("document_id", pa.string()),
        optional("incident_id", pa.string()),
        required("claim_type", pa.string()),  # see CLAIM_TYPES
        optional("value", FIGURE),
        optional("unit", pa.string()),  # USD, BTC, pct, token symbol
        optional("actor", pa.string()),
        required("asserted_by", pa.string()),
        optional("hedge_phrase", pa.string()),
        required("hedge_level", pa.string()),  # confirmed likely suspected alleged denied retracted
        required("as_of_date", pa.date32()),
        required("quotation", pa.string()),
        required("quote_start", pa.int32()),  # offset in characters in the document's text
        required("quote_end", pa.int32()),
        required("rule", pa.string()),
        optional("note", pa.string()),
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
