"""Which sources and which days before every table of a day is made of."""

from __future__ import annotations

from typing import Final

_CASES: Final = frozenset({"incidents"})
_CHAIN: Final = frozenset({"transfers", "chain_events"})
_REPORTS: Final = frozenset({"reports", "claims"})
MADE_OF: Final[dict[str, frozenset[str]]] = {
    "transfers": _CHAIN,
    "nft_transfers": frozenset({"transfers"}),
    "chain_events": _CHAIN,
    "balances": frozenset({"transfers", "balances"}),
    "prices": frozenset({"prices"}),
    "assets": frozenset({"assets", "prices", "transfers"}),
    "labels": frozenset({"labels"}),
    "incidents": _CASES,
    "incident_roles": _CASES,
    "incident_links": _CASES,
    "recoveries": _CASES,
    "documents": _REPORTS,
    "document_versions": _REPORTS,
    "claims": _REPORTS | _CASES,
    "claim_matches": _REPORTS | _CASES,
    "sentences_for_review": _REPORTS,
}
"""Per table the sources that it is made of, by the table of their connector; `quarantine` is made of all.

What connectors call `reports`, documents as they stand, becomes `documents`, their versions.
"""

GOES_INTO: Final = {"_cases": "incidents", "_matches": "claim_matches", "reports": "documents"}
"""Tables that rows end up in, where they have another name on the way."""

CARRIED: Final[dict[str, frozenset[str]]] = {
    "assets": frozenset({"assets"}),
    "document_versions": frozenset(
        {"documents", "document_versions", "claims", "claim_matches", "sentences_for_review"}
    ),
    "claims": frozenset({"claims", "claim_matches"}),
    "sentences_for_review": frozenset({"sentences_for_review"}),
}
"""Tables that a day makes from those of the day before, and which tables are made of each."""

READ_BY_RULES: Final = frozenset({"claims", "claim_matches", "sentences_for_review"})
"""Tables that change when the rules do."""
