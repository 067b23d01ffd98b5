"""The tables `claims` and `sentences_for_review`: what sources say, and what rules read out of each version.

Invariants:
    What rules read is carried from day to day: a version is read once. A claim that the next version says as
    well moves on to it; one that it no longer says stays with the version that it stands in and names the
    first version without it. What comes with a source is what the source shows on the day.
    No claim is in the table whose quotation does not stand in the stored text of its version.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from clawback.claims.reader import NOT_IN_TEXT, read_version, stands_in
from clawback.tables.documents import RULES, Versions, content_sha256

Row = dict[str, Any]


@dataclass(frozen=True)
class Claims:
    """Rows of both tables, without the incidents of the claims, and what was turned away."""

    claims: list[Row]
    sentences: list[Row]
    rejected: list[tuple[str, Row, str]]
    """Source, row and reason."""


def merge_claims(
    before: Sequence[Row],
    sentences_before: Sequence[Row],
    versions: Versions,
    shown: Iterable[tuple[str, Row]],
    stated: Iterable[tuple[str, Row]],
) -> Claims:
    """Claims of a day.

    Args:
        before: `claims` of the day before.
        sentences_before: `sentences_for_review` of the day before.
        versions: what the day makes of its documents.
        shown: source and row of the documents that the day shows.
        stated: source and row of the claims that come with them.
    """
    read_by_rules = {
        (row["document_id"], row["version"]) for row in versions.known if row["claims_from"] == RULES
    }
    newest = {row["document_id"]: row["version"] for row in versions.known}
    # Which incident it is about is asked anew every day: a later case file may know more.
    kept = {
        row["claim_id"]: {**row, "incident_id": None} for row in before if _version_of(row) in read_by_rules
    }
    sentences = {row["sentence_id"]: row for row in sentences_before if _version_of(row) in read_by_rules}
    rejected: list[tuple[str, Row, str]] = []
    for source, document in sorted(versions.to_read, key=lambda item: item[1]["version"]):
        found = read_version(document, document["version"])
        rejected += [(source, row, reason) for row, reason in found.rejected]
        kept |= {row["claim_id"]: {**row, "incident_id": None} for row in found.claims}
        sentences |= {row["sentence_id"]: row for row in found.sentences}
    for row in kept.values():
        # What the next version says as well has moved on to it.
        version = row["document_version"]
        row["withdrawn_in_version"] = version + 1 if version < newest[row["document_id"]] else None
    standing = _standing_texts(versions, shown)
    for source, row in stated:
        problem = None
        if row["claim_id"] in kept:
            problem = "the claim stands in another file already"
        elif row["document_id"] not in standing:
            problem = "its document is not there"
        elif not stands_in(row, standing[row["document_id"]]):
            problem = NOT_IN_TEXT
        if problem is not None:
            rejected.append((source, row, problem))
            continue
        kept[row["claim_id"]] = {**row, "document_version": versions.standing[row["document_id"]]}
    left = [row for row in sentences.values() if row["document_version"] == newest[row["document_id"]]]
    return Claims(
        [kept[name] for name in sorted(kept)], sorted(left, key=lambda row: row["sentence_id"]), rejected
    )


def _version_of(row: Row) -> tuple[str, int]:
    return row["document_id"], row["document_version"]


def _standing_texts(versions: Versions, shown: Iterable[tuple[str, Row]]) -> dict[str, str]:
    """By document the text that the day shows last, the one of its standing version."""
    hashes = {(row["document_id"], row["version"]): row["content_sha256"] for row in versions.known}
    texts = {}
    for _, row in shown:
        document = row["document_id"]
        if content_sha256(row["title"], row["text"]) == hashes[document, versions.standing[document]]:
            texts[document] = row["text"]
    return texts
