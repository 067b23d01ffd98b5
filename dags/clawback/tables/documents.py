"""The tables `documents` and `document_versions`: every text that a document ever had.

Invariants:
    A document's versions count from 1 in the order in which the days of the chain saw them. `documents` of a
    day holds the versions that this day saw first, with their text; `document_versions` knows all versions of
    that day and before, without text. Equal title and text in a row are one version; a text that comes back
    after another one is a new version, so nothing that was ever said is lost. Each version is read by the
    rules once, on the day that shows it first; where people gave its claims, or its file is gone from the
    folder, those of the rules are gone too.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from clawback.hashing import sha256_hex

Row = dict[str, Any]

STATED: Final = "document"
"""Where a publication date comes from: the document itself; else the feed, else the day of retrieval."""

SOURCE: Final = "source"
"""Claims come with the document: people wrote them down, or its feed is made of them."""
RULES: Final = "rules"
"""Claims are read out of the text."""
NOBODY: Final = "nobody"
"""The file is gone from its folder: the rules' claims went with it."""


@dataclass(frozen=True)
class Versions:
    """What a day makes of the documents that it saw."""

    documents: list[Row]
    """Versions that are new on this day."""
    known: list[Row]
    """All versions up to this day, rows of `document_versions`."""
    standing: dict[str, int]
    """By document: the version that this day shows, else the newest that is known."""
    rejected: list[tuple[str, Row, str]]
    """Source, row and reason."""
    to_read: list[tuple[str, Row]]
    """Source and row, with its version, of what the rules have not read yet."""


def content_sha256(title: str, text: str) -> str:
    """What tells two versions apart: the SHA-256 of title, a line feed and text in UTF-8."""
    return sha256_hex(f"{title}\n{text}".encode())


def merge_versions(before: Sequence[Row], found: Iterable[tuple[str, Row]]) -> Versions:
    """Compare what a day's sources show with the versions that are known.

    Args:
        before: `document_versions` of the day before.
        found: source and row, in rank order; `_claims_from` of a row is SOURCE or RULES. Where a row says
            when it was retrieved, a document may stand in several (two feeds, two addresses); of files that
            people keep, each document has one.
    """
    chains: dict[str, list[Row]] = {}
    for row in before:
        chains.setdefault(row["document_id"], []).append(dict(row))
    new: list[Row] = []
    standing = {document: len(chain) for document, chain in chains.items()}
    rejected: list[tuple[str, Row, str]] = []
    kept: set[str] = set()
    shown: set[str] = set()
    to_read: list[tuple[str, Row]] = []
    for source, row in _in_time(found):
        document = row["document_id"]
        shown.add(document)
        if row.get("retrieved_at") is None:
            if document in kept:
                rejected.append((source, row, "the document stands in another file already"))
                continue
            kept.add(document)
        chain = chains.setdefault(document, [])
        digest = content_sha256(row["title"], row["text"])
        version = _known_version(chain, digest, row.get("retrieved_at"))
        claims_from = row.get("_claims_from", SOURCE)
        if claims_from == RULES and (version is None or chain[version - 1]["claims_from"] != RULES):
            to_read.append((source, {**row, "version": version or len(chain) + 1}))
        if version is None:
            version = len(chain) + 1
            about = {
                "document_id": document,
                "version": version,
                "content_sha256": digest,
                "retrieved_at": row.get("retrieved_at"),
                "published_date": row["published_date"],
                "text_length": len(row["text"]),
            }
            chain.append({**about, "claims_from": claims_from})
            new.append({"published_from": STATED, **row, **about, "source": source})
        chain[version - 1]["claims_from"] = claims_from
        standing[document] = version
    for document, chain in chains.items():
        if document not in shown and chain[-1]["retrieved_at"] is None:
            for about in chain:
                about["claims_from"] = NOBODY if about["claims_from"] == RULES else about["claims_from"]
    known = sorted((row for chain in chains.values() for row in chain), key=_key)
    return Versions(sorted(new, key=_key), known, standing, rejected, to_read)


def _in_time(found: Iterable[tuple[str, Row]]) -> list[tuple[str, Row]]:
    """Files first, in their order; then visits in the order of their time."""
    rows = list(found)
    files = [item for item in rows if item[1].get("retrieved_at") is None]
    visits = [item for item in rows if item[1].get("retrieved_at") is not None]
    return files + sorted(visits, key=lambda item: item[1]["retrieved_at"])


def _known_version(chain: list[Row], digest: str, retrieved: Any) -> int | None:
    """The version that this is: the newest; of a visit that is no newer than it, any with this content."""
    if not chain:
        return None
    newest = chain[-1]
    if newest["content_sha256"] == digest:
        return int(newest["version"])
    if retrieved is None or newest["retrieved_at"] is None or retrieved > newest["retrieved_at"]:
        return None
    # A past day that is fetched again shows an older visit: what it saw is known already.
    return next((int(row["version"]) for row in chain if row["content_sha256"] == digest), None)


def _key(row: Row) -> tuple[str, int]:
    return row["document_id"], row["version"]
