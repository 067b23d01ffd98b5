"""Reports as rows of `reports` and `claims`."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from clawback.claims.documents import MAX_BYTES, ParsedReport, document_id, parse_report
from clawback.documents.addresses import plain_address
from clawback.documents.bounded import shared_reader
from clawback.documents.charset import decode
from clawback.documents.pdf import MAX_BYTES as MAX_PDF
from clawback.documents.plain import MAX_TEXT, one_line, plain_text
from clawback.documents.reading import PlainDocument, Unreadable
from clawback.hashing import sha256_hex
from clawback.sources.base import WHOLE_FILE, Options, ParsedPart, QuarantinedRow, Row, cut_sample, read_bytes
from clawback.sources.report_files.about import PROBLEM, SUFFIX
from clawback.tables.documents import RULES, SOURCE

_LAST_DAY: Final = date(2099, 12, 31)
"""A file of a folder has no day of retrieval before which it must have been published."""


def parse(data: bytes | Path, options: Options, part: str, day: date | None) -> ParsedPart:
    """Read one report; see `clawback.sources.base`. `_claims_from` says who reads its claims."""
    parsed = ParsedPart()
    curated = part.lower().endswith(".json")
    try:
        content = read_bytes(data, MAX_BYTES if curated else MAX_PDF)
        if not curated:
            row = _row(content, part, options.get("about", {}).get(part, {}))
            report = ParsedReport(row, has_claims=False)
    except ValueError as error:
        parsed.quarantined.append(QuarantinedRow("reports", WHOLE_FILE, str(error), cut_sample(part)))
        return parsed
    if curated:
        # Source and part are set where the tables are made; here the same bytes must give the same rows.
        report = parse_report(content, source="")
    if report.report_row is not None:
        parsed.add("reports", {**report.report_row, "_claims_from": SOURCE if report.has_claims else RULES})
    for claim in report.claims:
        parsed.add("claims", claim)
    for reject in report.rejected:
        table = "reports" if reject.row == WHOLE_FILE else "claims"
        parsed.quarantined.append(QuarantinedRow(table, reject.row, reject.reason, reject.sample))
    return parsed


def _row(content: bytes, part: str, about: Mapping[str, str]) -> Row:
    if PROBLEM in about:
        raise Unreadable(about[PROBLEM])
    found = _read(content, part.lower())
    url = about.get("url") or _own_address(found.url)
    publisher = about.get("publisher", found.publisher) or (url and urlsplit(url).hostname)
    published = date.fromisoformat(about["published"]) if "published" in about else found.published
    missing = [name for name, value in (("publisher", publisher), ("published", published)) if not value]
    if publisher is None or published is None or missing:
        raise Unreadable(f"the file does not say {' and '.join(missing)}: write it into {part}{SUFFIX}")
    title = about.get("title", found.title)
    retrieved = about.get("retrieved")
    return {
        "document_id": about.get("document_id") or document_id(publisher, url, title, published),
        "title": title,
        "publisher": publisher,
        "url": url,
        "published_date": published,
        "retrieved_at": retrieved and datetime.fromisoformat(retrieved),
        "language": about.get("language", found.language),
        "text": found.text,
        "sha256": sha256_hex(content),
    }


def _own_address(declared: str | None) -> str | None:
    try:
        return None if declared is None else plain_address(declared)
    except ValueError:
        return None


def _read(content: bytes, name: str) -> PlainDocument:
    if name.endswith(".pdf"):
        return shared_reader().pdf(content)
    if not name.endswith(".txt"):
        return shared_reader().page(content, None, _LAST_DAY)
    text = plain_text(decode(content, None))
    if not text or len(text) > MAX_TEXT:
        raise Unreadable(f"the file has {len(text)} characters of text, 1 to {MAX_TEXT} are read")
    title = one_line(text.partition("\n")[0], 200)
    return PlainDocument(title=title, text=text, language=shared_reader().language(text))
