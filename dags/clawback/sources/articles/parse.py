"""Visited pages as rows of `reports`; what is no article is turned away with the reason."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from clawback.documents.addresses import canonical_address
from clawback.documents.bounded import shared_reader
from clawback.documents.pdf import MAGIC
from clawback.documents.reading import PlainDocument, Unreadable
from clawback.hashing import sha256_hex, short_hash
from clawback.sources.articles.archive import Answered, Visit, read_visit
from clawback.sources.articles.connector import FEED, MAX_PAGE, NOT_ASKED, entries_of
from clawback.sources.base import (
    WHOLE_FILE,
    Issue,
    Options,
    ParsedPart,
    QuarantinedRow,
    Row,
    cut_sample,
    read_bytes,
)
from clawback.tables.documents import RULES

_PAGES: Final = ("text/html", "application/xhtml+xml")


def parse(data: bytes | Path, options: Options, part: str, day: date | None) -> ParsedPart:
    """Read one visit; see `clawback.sources.base`."""
    parsed = ParsedPart()
    visit: Visit | None = None
    try:
        visit = read_visit(read_bytes(data, 2 * MAX_PAGE))
        if part.startswith(FEED):
            for entry in entries_of(visit):
                if entry.problem is not None:
                    parsed.quarantined.append(
                        QuarantinedRow("reports", entry.number, entry.problem, cut_sample(entry.title))
                    )
        elif visit.refused == NOT_ASKED:
            # Nothing is wrong with this page, so it must not count among those that are turned away.
            parsed.issues.append(Issue("warning", "not_asked", cut_sample(visit.asked), visit.refused))
        else:
            parsed.add("reports", _row(visit))
    except ValueError as error:
        sample = cut_sample("" if visit is None else visit.asked)
        parsed.quarantined.append(QuarantinedRow("reports", WHOLE_FILE, str(error), sample))
    return parsed


def _row(visit: Visit) -> Row:
    if visit.answered is None:
        raise Unreadable(visit.refused or "")
    today = visit.at.date()
    found = _read(visit.answered, today)
    address = canonical_address(visit.answered.address, found.url)
    stated = None if visit.published is None else visit.published.date()
    if found.published is not None:
        published, published_from = found.published, "document"
    elif stated is not None and stated <= today:
        published, published_from = stated, "feed"
    else:
        published, published_from = today, "retrieval"
    return {
        "document_id": short_hash({"url": address}),
        "title": found.title or visit.title or address,
        "publisher": found.publisher or urlsplit(address).hostname,
        "url": address,
        "published_date": published,
        "published_from": published_from,
        "retrieved_at": visit.at,
        "language": found.language,
        "text": found.text,
        "sha256": sha256_hex(visit.answered.body),
        "_claims_from": RULES,
    }


def _read(answered: Answered, today: date) -> PlainDocument:
    if MAGIC in answered.body[:1024]:
        return shared_reader().pdf(answered.body)
    kind = (answered.content_type or _PAGES[0]).partition(";")[0].strip().lower()
    if kind not in _PAGES:
        raise Unreadable(f"the page is neither HTML nor PDF: '{kind[:60]}'")
    return shared_reader().page(answered.body, answered.content_type, today)
