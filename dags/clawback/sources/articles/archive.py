"""One visit as a WARC file (ISO 28500): what was asked, when, and the answer's bytes or why there is none.

Layout:
    A `response` record with the page as it came (its transfer and content encoding undone) and the headers
    that matter later, unless the page was refused; then a `metadata` record, JSON: {"asked", "feed", "title",
    "published", "refused"}. Any WARC tool reads it.

Invariants:
    The same visit is the same bytes: record ids are hashes, compression has no time in it.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

from clawback.hashing import canonical_json, sha256_hex

SUFFIX: Final = ".warc.gz"
_KEPT_HEADERS: Final = ("content-type", "content-language", "etag", "last-modified")
_MAX_HEADER: Final = 500


@dataclass(frozen=True)
class Answered:
    """An answer with status 200: the address that gave it, its kept headers, its bytes."""

    address: str
    headers: dict[str, str]
    body: bytes

    @property
    def content_type(self) -> str | None:
        """The header of that name."""
        return self.headers.get("content-type")


@dataclass(frozen=True)
class Visit:
    """One request for one address: either `answered`, or `refused` with the reason."""

    asked: str
    at: datetime
    answered: Answered | None = None
    refused: str | None = None
    feed: str | None = None
    """The feed that led here, its title for the entry, and the moment that it says it was published."""
    title: str | None = None
    published: datetime | None = None


def kept_headers(headers: Any) -> dict[str, str]:
    """The headers that are kept, as plain ASCII of bounded length."""
    kept = {}
    for name in _KEPT_HEADERS:
        value = str(headers.get(name) or "")[:_MAX_HEADER]
        if value and value.isascii() and value.isprintable():
            kept[name] = value
    return kept


def write_visit(visit: Visit) -> bytes:
    """A visit as the bytes of a WARC file."""
    from warcio.statusandheaders import StatusAndHeaders
    from warcio.warcwriter import WARCWriter

    stream = io.BytesIO()
    writer = WARCWriter(stream, gzip=True)
    about = canonical_json(
        {
            "asked": visit.asked,
            "feed": visit.feed,
            "published": visit.published and visit.published.isoformat(),
            "refused": visit.refused,
            "title": visit.title,
        }
    )
    address = visit.asked
    if visit.answered is not None:
        address = visit.answered.address
        headers = StatusAndHeaders("200 OK", list(visit.answered.headers.items()), protocol="HTTP/1.1")
        content = visit.answered.body
        record = writer.create_warc_record(
            address,
            "response",
            payload=io.BytesIO(content),
            length=len(content),
            http_headers=headers,
            warc_headers_dict=_dated(visit, "response", address.encode() + content),
        )
        writer.write_record(record)
    record = writer.create_warc_record(
        address,
        "metadata",
        payload=io.BytesIO(about),
        length=len(about),
        warc_content_type="application/json",
        warc_headers_dict=_dated(visit, "metadata", about),
    )
    writer.write_record(record)
    return stream.getvalue()


def read_visit(data: bytes) -> Visit:
    """Read what `write_visit` wrote.

    Raises:
        ValueError: the bytes are no such file.
    """
    from warcio.archiveiterator import ArchiveIterator
    from warcio.exceptions import ArchiveLoadFailed

    answered: Answered | None = None
    about: dict[str, Any] | None = None
    at: datetime | None = None
    try:
        for record in ArchiveIterator(io.BytesIO(data)):
            content = record.content_stream().read()
            at = datetime.strptime(
                record.rec_headers.get_header("WARC-Date"), "%Y-%m-%dT%H:%M:%S.%fZ"
            ).replace(tzinfo=UTC)
            if record.rec_type == "response":
                headers = {name.lower(): value for name, value in record.http_headers.headers}
                answered = Answered(record.rec_headers.get_header("WARC-Target-URI"), headers, content)
            else:
                about = json.loads(content)
    except (ArchiveLoadFailed, EOFError, ValueError, AttributeError, TypeError) as error:
        raise ValueError(f"no WARC file of a visit: {type(error).__name__}") from error
    if about is None or at is None or (answered is None) == (about["refused"] is None):
        raise ValueError("no WARC file of a visit: a record is missing")
    published = about["published"]
    return Visit(
        asked=about["asked"],
        at=at,
        answered=answered,
        refused=about["refused"],
        feed=about["feed"],
        title=about["title"],
        published=published and datetime.fromisoformat(published),
    )


def _dated(visit: Visit, kind: str, content: bytes) -> dict[str, str]:
    moment = visit.at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    digest = sha256_hex(f"{kind} {moment} ".encode() + content)
    return {"WARC-Date": moment, "WARC-Record-ID": f"<urn:uuid:{UUID(digest[:32], version=4)}>"}
