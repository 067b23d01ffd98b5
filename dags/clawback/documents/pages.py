"""HTML to the article in it: main text, title, date, canonical address; or why there is no article in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any, Final, cast

from clawback.documents.charset import decode
from clawback.documents.plain import MAX_TEXT, one_line, plain_text
from clawback.documents.reading import PlainDocument, Unreadable
from clawback.documents.walls import why_no_article

if TYPE_CHECKING:
    from trafilatura.settings import Document

MAX_BYTES: Final = 8 << 20
MAX_ELEMENTS: Final = 40_000
_FIRST_DAY: Final = date(2009, 1, 1)
_DATE_NAMES: Final = ("article:published_time", "datepublished", "date", "dc.date.issued", "parsely-pub-date")
_DATE_PATHS: Final = "//meta[@content and (@property or @name or @itemprop)]"
_MOMENT = re.compile(
    r"(\d{4}-\d{2}-\d{2})(?:[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?)?"
)
_MOST_SCRIPTS: Final = 50
_MOST_SCRIPT: Final = 500_000


def read_page(data: bytes, content_type: str | None, today: date) -> PlainDocument:
    """Read a page.

    Args:
        data: its bytes.
        content_type: its header of that name.
        today: a page cannot have been published after this day; a later date is not believed.

    Raises:
        Unreadable: too large, no HTML, or no article: a consent page, a paywall, a bot check, nothing.
    """
    if len(data) > MAX_BYTES:
        raise Unreadable(f"the page has {len(data)} bytes, at most {MAX_BYTES} are read")
    from trafilatura import bare_extraction
    from trafilatura.utils import load_html

    tree = load_html(decode(data, content_type).replace("\x00", ""))
    if tree is None:
        raise Unreadable("the page is no HTML")
    for count, _ in enumerate(tree.iter()):
        if count >= MAX_ELEMENTS:
            raise Unreadable(f"the page has more than {MAX_ELEMENTS} elements")
    declared = tree.xpath("string((//link[@rel='canonical']/@href)[1])").strip() or None
    linked = list(_linked_data(tree))
    free = not any(_says_paid(item) for item in linked)
    published = _published(tree, linked, today)
    found = bare_extraction(
        tree,
        with_metadata=True,
        include_comments=False,
        # Its date is not used, since it guesses which number is the month; without a limit it asks the clock.
        date_extraction_params={"extensive_search": False, "max_date": today.isoformat()},
    )
    fields = {} if found is None else cast("Document", found).as_dict()
    title = one_line(fields.get("title") or "", 500)
    text = plain_text(fields.get("text") or "")
    if len(text) > MAX_TEXT:
        raise Unreadable(f"the page's text has {len(text)} characters, at most {MAX_TEXT} are kept")
    if (reason := why_no_article(title, text, free=free)) is not None:
        raise Unreadable(reason)
    return PlainDocument(
        title=title or one_line(text.partition("\n")[0], 200),
        text=text,
        publisher=one_line(fields.get("sitename") or "", 200) or None,
        url=declared,
        published=published,
    )


def _published(tree: Any, linked: list[Any], today: date) -> date | None:
    """The UTC day of the moment that the page states for machines, in order of trust."""
    stated = [str(item["datePublished"]) for item in linked if item.get("datePublished")]
    by_name: dict[str, str] = {}
    for element in tree.xpath(_DATE_PATHS):
        for attribute in ("property", "name", "itemprop"):
            by_name.setdefault((element.get(attribute) or "").lower(), element.get("content"))
    stated += [by_name[name] for name in _DATE_NAMES if name in by_name]
    return next((day for text in stated if (day := _day(text, today)) is not None), None)


def _day(text: str, today: date) -> date | None:
    found = _MOMENT.match(text.strip())
    if found is None:
        return None
    day, time, zone = found.groups()
    try:
        moment = datetime.fromisoformat(f"{day}T{time or '00:00'}{zone or 'Z'}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return moment.date() if _FIRST_DAY <= moment.date() <= today else None


def _linked_data(tree: Any) -> Iterator[dict[str, Any]]:
    """Objects of the page's JSON-LD (schema.org), those of a graph one by one."""
    for element in tree.xpath("//script[@type='application/ld+json']")[:_MOST_SCRIPTS]:
        text = element.text or ""
        try:
            value = json.loads(text) if len(text) <= _MOST_SCRIPT else None
        except (ValueError, RecursionError):
            continue
        for item in value if isinstance(value, list) else [value]:
            if isinstance(item, dict):
                yield item
                graph = item.get("@graph")
                yield from (
                    (node for node in graph if isinstance(node, dict)) if isinstance(graph, list) else ()
                )


def _says_paid(item: dict[str, Any]) -> bool:
    return str(item.get("isAccessibleForFree", True)).lower() == "false"
