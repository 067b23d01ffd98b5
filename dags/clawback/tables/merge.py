"""What several sources say about a day, merged into the rows of every table.

Invariants:
    Sources are given in rank order. What is turned away here is written down like what parsing turned away:
    nothing disappears without a row in `quarantine`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from clawback.cases.model import Case
from clawback.cases.tables import case_rows
from clawback.chain_events.transfers import WrappedCoin, event_transfers
from clawback.claims.matching import match_claims
from clawback.schemas import TABLES
from clawback.sources.reading import DayOfSource
from clawback.tables.chain_facts import merge_balances, merge_events
from clawback.tables.claims import merge_claims
from clawback.tables.documents import merge_versions
from clawback.tables.numbered import merge_numbered_rows
from clawback.tables.references import merge_assets, merge_labels, merge_prices
from clawback.tables.rejected import quarantine_row, rejected_row
from clawback.tables.transfers import in_order, merge_transfers, public
from clawback.thefts.overrides import Overrides

Row = dict[str, Any]


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

    def accepted(self, table: str, merged: tuple[list[Row], list[tuple[str, Row, str]]]) -> list[Row]:
        """Rows of a table, after those that were turned away are written down."""
        rows, rejected = merged
        for source, row, reason in rejected:
            self.reject(table, source, row, reason)
        return rows


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
        "prices": merge.accepted("prices", merge_prices(merge.rows("prices"))),
        "assets": merge.accepted("assets", merge_assets(merge.rows("assets"), before.get("assets", []))),
        "labels": merge_labels(merge.rows("labels")),
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
    rows = merge.accepted("transfers", merge_transfers(by_source))
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
