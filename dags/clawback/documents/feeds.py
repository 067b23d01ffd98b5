"""RSS and Atom to the entries of a feed."""

from __future__ import annotations

import io
from calendar import timegm
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from clawback.documents.addresses import plain_address
from clawback.documents.plain import one_line
from clawback.documents.reading import Unreadable

MAX_BYTES: Final = 16 << 20
MAX_ENTRIES: Final = 1_000
_FIRST_SECOND: Final = 1_230_768_000  # 2009-01-01
_LAST_SECOND: Final = 4_102_444_800  # 2100-01-01


@dataclass(frozen=True)
class Entry:
    """One entry; `address` is None where it has no usable link, `problem` then says why."""

    number: int
    title: str
    address: str | None
    published: datetime | None
    problem: str | None = None


def read_feed(data: bytes, address: str, content_type: str | None) -> list[Entry]:
    """Read a feed's entries in its order.

    Args:
        data: its bytes.
        address: where it was found; links may be relative to it.
        content_type: its header of that name.

    Raises:
        Unreadable: too large, no RSS or Atom, or one that declares entities.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable(f"the feed has {len(data)} bytes, at most {MAX_BYTES} are read")
    # No feed needs its own entities; they are how bombs and file inclusions are built. The parser replaces
    # the document type and asks for nothing outside as well. Zero bytes: UTF-16 hides the word.
    if b"<!entity" in data.replace(b"\x00", b"").lower():
        raise Unreadable("the feed declares entities")
    import feedparser

    headers = {"content-location": address}
    if content_type is not None:
        headers["content-type"] = content_type
    # A stream, never bytes: those would be tried as a path first.
    parsed = feedparser.parse(io.BytesIO(data), response_headers=headers)
    if not parsed.get("version"):
        start = one_line(data[:200].decode("utf-8", "replace"), 60)
        raise Unreadable(f"no RSS or Atom feed; it begins with '{start}'")
    if len(parsed.entries) > MAX_ENTRIES:
        raise Unreadable(f"the feed has {len(parsed.entries)} entries, at most {MAX_ENTRIES} are read")
    return [_entry(number, item, address) for number, item in enumerate(parsed.entries, start=1)]


def _entry(number: int, item: Any, base: str) -> Entry:
    title = one_line(str(item.get("title") or ""), 500)
    published = _moment(item)
    link = item.get("link")
    if not isinstance(link, str) or not link.strip():
        return Entry(number, title, None, published, "the entry has no link")
    try:
        return Entry(number, title, plain_address(link, base), published)
    except ValueError as error:
        return Entry(number, title, None, published, f"the entry's link: {error}")


def _moment(item: Any) -> datetime | None:
    # Plain keys: the library gives `updated` for a missing `published` when asked as an attribute.
    for name in ("published_parsed", "updated_parsed"):
        found = dict.get(item, name)
        if found is not None:
            seconds = timegm(found)
            if _FIRST_SECOND <= seconds < _LAST_SECOND:
                return datetime.fromtimestamp(seconds, tz=UTC)
    return None
