"""Reads documents from files for extraction: JSON with `text`, plain text, pages and PDF.

Layout of a JSON document: `{"text", "title": optional, "published": optional, "url": optional,
"publisher": optional, "language" or "lang": optional}`; other fields are ignored.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Final

from clawback.claims.fields import ClaimRejected, Number
from clawback.claims.relative_dates import month_end

MAX_FILE_BYTES: Final = 8_000_000
MAX_TEXT: Final = 500_000
SUFFIXES: Final = (".json", ".txt", ".md", ".html", ".htm", ".pdf")
_PAGES: Final = frozenset({".html", ".htm", ".pdf"})
_MONTH = re.compile(r"(?:19|20)[0-9]{2}-(?:0[1-9]|1[0-2])")
_LAST_DAY: Final = date(2099, 12, 31)
"""A file has no day of retrieval before which it must have been published."""


@dataclass(frozen=True)
class TextDocument:
    """A text to extract claims from, and what is known about it."""

    name: str
    text: str
    title: str
    published: date | None
    publisher: str | None
    language: str
    latest: date | None = None
    """Last day on which it may have been published, where only a month is known."""


def read_document(path: Path) -> TextDocument:
    """Read one document.

    Raises:
        ClaimRejected: the file is too large, no text, or not what its ending says.
    """
    if path.suffix not in SUFFIXES:
        raise ClaimRejected(f"'{path.suffix}' is none of {', '.join(SUFFIXES)}")
    try:
        size = path.stat().st_size
        if size > MAX_FILE_BYTES:
            raise ClaimRejected(f"the file has {size} bytes, at most {MAX_FILE_BYTES} are read")
        if path.suffix in _PAGES:
            return _checked(_from_page(path))
        content = path.read_bytes().decode("utf-8-sig")
    except OSError as error:
        raise ClaimRejected(f"the file cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ClaimRejected(f"the file is no UTF-8: byte {error.start}") from error
    if path.suffix == ".json":
        return _from_json(path.name, content)
    return _checked(TextDocument(path.name, content.replace("\r\n", "\n"), "", None, None, "en"))


def found_files(path: Path) -> list[Path]:
    """The file itself, or a folder's files in the order of their names; hidden ones are left out."""
    if path.is_dir():
        return sorted(child for child in path.iterdir() if child.is_file() and child.name[0] != ".")
    return [path]


def _from_page(path: Path) -> TextDocument:
    # Only pages and PDF need the reader, which is a process of its own.
    from clawback.documents.bounded import shared_reader
    from clawback.documents.reading import Unreadable

    reader, content = shared_reader(), path.read_bytes()
    try:
        found = reader.pdf(content) if path.suffix == ".pdf" else reader.page(content, None, _LAST_DAY)
    except Unreadable as error:
        raise ClaimRejected(str(error)) from error
    return TextDocument(path.name, found.text, found.title, found.published, found.publisher, found.language)


def _from_json(name: str, content: str) -> TextDocument:
    try:
        # Numbers stay text: none is needed, and a huge one would cost time.
        data = json.loads(content, parse_int=Number, parse_float=Number, parse_constant=Number)
    except (ValueError, RecursionError) as error:
        raise ClaimRejected(f"the file is no JSON: {error}") from error
    if not isinstance(data, dict):
        raise ClaimRejected("the file holds no JSON object")
    text = data.get("text")
    if not isinstance(text, str) or isinstance(text, Number):
        raise ClaimRejected("'text' is missing or no text")
    return _checked(
        TextDocument(
            name,
            text,
            _string(data, "title") or "",
            _day(_string(data, "published")),
            _string(data, "publisher"),
            (_string(data, "language") or _string(data, "lang") or "en")[:10],
            last_day_of(_string(data, "published")),
        )
    )


def _string(data: dict[str, Any], field: str) -> str | None:
    value = data.get(field)
    return value if isinstance(value, str) and not isinstance(value, Number) else None


def _day(text: str | None) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        # A month or a year of publication resolves no relative date.
        return None


def last_day_of(month: str | None) -> date | None:
    """The last day of a month written YYYY-MM; None for anything else."""
    if month is None or _MONTH.fullmatch(month) is None:
        return None
    return month_end(date(int(month[:4]), int(month[5:]), 1))


def _checked(document: TextDocument) -> TextDocument:
    if not document.text.strip():
        raise ClaimRejected("the text is empty")
    if len(document.text) > MAX_TEXT:
        raise ClaimRejected(f"the text has {len(document.text)} characters, at most {MAX_TEXT} are read")
    return document
