"""What several sources say about a day, merged into the rows of every table.

Invariants:
    Sources are given in rank order. What is turned away here is written down like what parsing turned away:
    nothing disappears without a row in `quarantine`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from clawback.cases.model import Case
from clawback.cases.tables import case_rows
from clawback.chain_events.transfers import WrappedCoin, event_transfers
from clawback.claims.matching import match_claims
from clawback.schemas import TABLES
from clawback.sources.base import QuarantinedRow, cut_sample
from clawback.sources.reading import DayOfSource
from clawback.tables.chain_facts import merge_balances, merge_events
from clawback.tables.claims import merge_claims
from clawback.tables.documents import merge_versions
from clawback.tables.numbered import merge_numbered_rows
from clawback.tables.transfers import in_order, merge_transfers, public
from clawback.thefts.overrides import Overrides

Row = dict[str, Any]

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

CONFLICT: Final = "conflict"
"""Source of an asset about whose decimals sources disagree: they stay unknown from then on."""


@dataclass(frozen=True)
class SourceDay:
    """One source's rows of a day, and the day they became known."""

    source: str
    known: date
    found: DayOfSource


@dataclass
class _Merge:
    days: list[SourceDay]
    quarantine: list[Row] = field(default_factory=list)

    def rows(self, table: str) -> list[tuple[str, Row]]:
        """All rows of a table with their source, in rank order."""
        return [(day.source, row) for day in self.days for row in day.found.rows.get(table, [])]

    def reject(self, table: str, source: str, row: Row, reason: str) -> None:
        """Write down a row that the merge turned away."""
        self.quarantine.append(rejected_row(table, source, row, reason))


def rejected_row(table: str, source: str, row: Row, reason: str) -> Row:
    """Row of `quarantine` about a row that the merge turned away; it has no file of its own any more."""
    shown = {name: str(value) for name, value in row.items() if value is not None and name[0] != "_"}
    return {
        "source": source,
        "table": table,
        "part": "merge",
        "row": 0,
        "reason": reason,
        "sample": cut_sample(shown),
    }


def quarantine_row(source: str, part: str, record: QuarantinedRow) -> Row:
    """Row of `quarantine` about a record that parsing turned away."""
    return {
        "source": source,
        "table": record.table,
        "part": part,
        "row": record.row,
        "reason": cut_sample(record.reason),
        "sample": record.sample,
    }


def merge_day(
    days: list[SourceDay],
    before: Mapping[str, list[Row]] | None = None,
    wrapped: Collection[WrappedCoin] | None = None,
) -> dict[str, list[Row]]:
    """Rows of every table of `clawback.schemas`, in the order in which they are written.

    Args:
        days: the sources' rows, in rank order.
        before: tables of the day before, those of `CARRIED`; what is known about an asset stays known, and
            so do the versions of a document and what rules read out of them.
        wrapped: contracts of chains' own coins in token form; those of the package by default.
    """
    merge, before = _Merge(days), before or {}
    known = {day.source: day.known for day in days}
    events = _chain_facts(merge, known, "chain_events", merge_events)
    tables: dict[str, list[Row]] = {
        "transfers": _transfers(merge, known, events, wrapped),
        "nft_transfers": _chain_facts(merge, known, "nft_transfers", merge_numbered_rows),
        "chain_events": events,
        "balances": _chain_facts(merge, known, "balances", merge_balances),
        "prices": _prices(merge),
        "assets": _assets(merge, before.get("assets", [])),
        "labels": _labels(merge),
    }
    cases = _cases(merge)
    tables |= _incidents(merge, cases)
    tables |= _documents(merge, cases, before)
    for day in days:
        merge.quarantine += [
            quarantine_row(day.source, item.part, item.record) for item in day.found.quarantined
        ]
    order = ("source", "table", "part", "row", "reason", "sample")
    tables["quarantine"] = sorted(merge.quarantine, key=lambda row: tuple(row[name] for name in order))
    return {name: [public(row) for row in tables[name]] for name in TABLES}


def _transfers(
    merge: _Merge, known: dict[str, date], events: list[Row], wrapped: Collection[WrappedCoin] | None
) -> list[Row]:
    by_source = [
        (
            day.source,
            [
                {**row, "source": day.source, "known_date": known[day.source]}
                for row in day.found.rows.get("transfers", [])
            ],
        )
        for day in merge.days
    ]
    rows, rejected = merge_transfers(by_source)
    for source, row, reason in rejected:
        merge.reject("transfers", source, row, reason)
    told, contradicting = event_transfers(events, rows, wrapped)
    for row, reason in contradicting:
        merge.reject("transfers", row["source"], row, reason)
    return in_order(rows + told) if told else rows


def _chain_facts(
    merge: _Merge,
    known: dict[str, date],
    table: str,
    put_together: Callable[[list[Row]], tuple[list[Row], list[tuple[Row, str]]]],
) -> list[Row]:
    found = [{**row, "source": source, "known_date": known[source]} for source, row in merge.rows(table)]
    rows, rejected = put_together(found)
    for row, reason in rejected:
        merge.reject(table, row["source"], row, reason)
    return rows


def _prices(merge: _Merge) -> list[Row]:
    kept: dict[tuple[Any, ...], Row] = {}
    for source, row in merge.rows("prices"):
        key = (row["chain"], row["asset"], row["day"])
        present = kept.setdefault(key, {**row, "source": source})
        # Two feeds may differ, that is what rank is for; one feed that contradicts itself is wrong.
        if present["source"] == source and present["close_usd"] != row["close_usd"]:
            merge.reject("prices", source, row, f"the source gives {present['close_usd']} for it too")
    return [kept[key] for key in sorted(kept)]


def _assets(merge: _Merge, before: list[Row]) -> list[Row]:
    kept: dict[tuple[str, str], Row] = {(row["chain"], row["asset"]): dict(row) for row in before}
    for source, found in merge.rows("assets"):
        row = {**public(found), "source": source}
        key = (row["chain"], row["asset"])
        present = kept.get(key)
        if present is None:
            kept[key] = row
            continue
        if present["symbol"] is None:
            present["symbol"] = row["symbol"]
        if row["decimals"] is None or present["source"] == CONFLICT:
            continue
        if present["decimals"] is None:
            present["decimals"] = row["decimals"]
        elif present["decimals"] != row["decimals"]:
            reason = f"decimals {row['decimals']} where {present['source']} says {present['decimals']}"
            merge.reject("assets", source, row, f"{reason}: unknown from now on")
            present |= {"decimals": None, "source": CONFLICT}
    return [kept[key] for key in sorted(kept)]


def _labels(merge: _Merge) -> list[Row]:
    rank = {day.source: place for place, day in enumerate(merge.days)}
    kept: dict[tuple[Any, ...], Row] = {}
    for source, found in merge.rows("labels"):
        row = {**found, "source": source}
        key = (
            row["chain"],
            row["address"],
            -row["confidence"],
            rank[source],
            row["entity"],
            row["category"],
            row["incident_id"] or "",
            row["valid_from"] or date.min,
            row["valid_to"] or date.max,
            row["source_url"] or "",
        )
        kept.setdefault(key, row)
    return [kept[key] for key in sorted(kept)]


def _incidents(merge: _Merge, cases: dict[str, Case]) -> dict[str, list[Row]]:
    tables = case_rows(cases.values())
    links = []
    for row in tables["incident_links"]:
        if row["linked_incident_id"] in cases:
            links.append(row)
        else:
            reason = f"no case file describes '{row['linked_incident_id']}'"
            merge.reject("incident_links", "cases", row, reason)
    return {**tables, "incident_links": links}


def _cases(merge: _Merge) -> dict[str, Case]:
    kept: dict[str, Case] = {}
    for source, row in merge.rows("_cases"):
        case: Case = row["case"]
        if case.incident.id in kept:
            reason = f"the incident '{case.incident.id}' has a case file already"
            merge.reject("incidents", source, {"title": case.incident.title}, reason)
        else:
            kept[case.incident.id] = case
    return kept


def _documents(
    merge: _Merge, cases: dict[str, Case], before: Mapping[str, list[Row]]
) -> dict[str, list[Row]]:
    shown = merge.rows("reports")
    versions = merge_versions(before.get("document_versions", []), shown)
    for source, row, reason in versions.rejected:
        merge.reject("reports", source, row, reason)
    found = merge_claims(
        before.get("claims", []),
        before.get("sentences_for_review", []),
        versions,
        shown,
        merge.rows("claims"),
    )
    for source, row, reason in found.rejected:
        merge.reject("claims", source, row, reason)
    published = {row["document_id"]: row["published_date"] for row in versions.known}
    decided = {
        pair: judgement
        for _, row in merge.rows("_matches")
        for pair, judgement in row["decided"].decided.items()
    }
    matches = match_claims(found.claims, list(cases.values()), published, Overrides(decided))
    incidents = {row["claim_id"]: row["incident_id"] for row in matches}
    return {
        "documents": versions.documents,
        "document_versions": versions.known,
        "claims": [{**row, "incident_id": incidents[row["claim_id"]]} for row in found.claims],
        "claim_matches": matches,
        "sentences_for_review": found.sentences,
    }
