"""Visits feeds and the pages behind their entries, and lands every answer, or why there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final

import httpx

from clawback.documents.addresses import plain_address
from clawback.documents.bounded import shared_reader
from clawback.documents.feeds import MAX_BYTES as MAX_FEED
from clawback.documents.feeds import Entry
from clawback.documents.reading import Unreadable
from clawback.errors import ClawbackError
from clawback.hashing import sha256_hex
from clawback.lake.partition import Part
from clawback.sources.articles.archive import (
    SUFFIX,
    Answered,
    Visit,
    kept_headers,
    read_visit,
    write_visit,
)
from clawback.sources.articles.manners import Manners
from clawback.sources.base import Context, Extraction, Options
from clawback.sources.http import Asked, HttpFailure
from clawback.sources.reach import Unreachable
from clawback.sources.registry import integer_option

VERSION: Final = "1"
FEED: Final = "feed-"
PAGE: Final = "page-"
MAX_PAGE: Final = 32 << 20
_ACCEPT_FEED: Final = (
    "application/rss+xml, application/atom+xml, application/xml;q=0.9, text/xml;q=0.9, */*;q=0.1"
)
_ACCEPT_PAGE: Final = "text/html, application/xhtml+xml, application/pdf;q=0.9, */*;q=0.1"
NOT_ASKED: Final = "not asked: this run has asked for as many pages as it may; a later one will"
_MAX_FEEDS: Final = 200
_MAX_PAGES: Final = 200
_PAUSE: Final = 2
_DAYS_BACK: Final = 7
_RUN_SECONDS: Final = 2_700.0


@dataclass(frozen=True)
class _Held:
    """Visits of the newest day that has any, by name of their part."""

    parts: dict[str, Part]
    fresh: bool
    """They were made for an earlier day by a run of this very day (a backfill): nobody is asked again."""


def extract(ctx: Context, day: date) -> Extraction:
    """Land the feeds as they are, and the pages behind what was published by the end of the day."""
    feeds = list(ctx.options["feeds"])
    visitor = _Visitor(ctx, _held(ctx, day))
    parts: dict[str, Part] = {}
    entries: list[tuple[str, Entry]] = []
    reasons: list[str] = []
    for feed in feeds:
        name = f"{FEED}{_key(feed)}{SUFFIX}"
        parts[name] = visitor.visit(name, Visit(feed, ctx.clock()), _ACCEPT_FEED, MAX_FEED)
        try:
            entries += [(feed, entry) for entry in entries_of(read_visit(ctx.read(parts[name])))]
        except Unreadable as error:
            reasons.append(f"{httpx.URL(feed).host}: {error}")
    if len(reasons) == len(feeds):
        raise ClawbackError(
            "none of the feeds can be read",
            where=f"source '{ctx.source}'",
            cause=reasons[0],
            remedy="look at the addresses in the settings; if they are right, run the ingest again later",
        )
    for feed, entry, address in _wanted(entries, day, ctx.clock()):
        name = f"{PAGE}{_key(address)}{SUFFIX}"
        if name not in parts:
            about = Visit(
                address, ctx.clock(), feed=feed, title=entry.title or None, published=entry.published
            )
            parts[name] = visitor.visit(name, about, _ACCEPT_PAGE, MAX_PAGE)
    return Extraction(
        tuple(parts.values()),
        {"method": "GET", "hosts": sorted({httpx.URL(feed).host for feed in feeds})},
        200,
        # Also keeps feeds with a key in their address out: a reference to the environment is refused here.
        parse_options={"feeds": feeds},
    )


def entries_of(visit: Visit) -> list[Entry]:
    """The entries of a visited feed. Raises Unreadable."""
    if visit.answered is None:
        raise Unreadable(visit.refused or "")
    found = visit.answered
    return shared_reader().feed(found.body, found.address, found.content_type)


def check_options(options: Options, base_dir: Path, where: str) -> None:
    """Check addresses and numbers."""
    feeds = options.get("feeds")
    if not isinstance(feeds, list) or not feeds or len(feeds) > _MAX_FEEDS:
        raise ClawbackError(
            "the option 'feeds' is no list of addresses", where=where, remedy="name one or more"
        )
    for feed in feeds:
        try:
            plain_address(feed if isinstance(feed, str) else "")
        except ValueError as error:
            raise ClawbackError(f"the option 'feeds': {error}", where=where) from error
    if len(set(feeds)) != len(feeds):
        raise ClawbackError("the option 'feeds' names an address twice", where=where)
    for name in ("max_pages", "pause_seconds"):
        integer_option(options, name, 0)


class _Visitor:
    """Visits addresses, or takes what is held where that is as good."""

    def __init__(self, ctx: Context, held: _Held) -> None:
        self._ctx = ctx
        self._held = held
        pause = integer_option(ctx.options, "pause_seconds", _PAUSE)
        self._manners = Manners(ctx.http, float(pause))
        self._left = integer_option(ctx.options, "max_pages", _MAX_PAGES) + len(ctx.options["feeds"])
        self._ends = ctx.http.moment() + _RUN_SECONDS

    def visit(self, name: str, visit: Visit, accept: str, max_bytes: int) -> Part:
        """Ask for an address; `visit` says which and why."""
        held_part = self._held.parts.get(name)
        if held_part is not None and self._held.fresh:
            return held_part
        held = None if held_part is None else read_visit(self._ctx.read(held_part))
        made = self._ask(visit, held, accept, max_bytes)
        # The same answer is the same part: the day on which it was first seen stays.
        if held is not None and held_part is not None and (made is None or _same(made, held)):
            return held_part
        assert made is not None  # noqa: S101 - None says that the held answer still stands
        return self._ctx.land(name, write_visit(made), shared=True)

    def _ask(self, visit: Visit, held: Visit | None, accept: str, max_bytes: int) -> Visit | None:
        answered = None if held is None else held.answered
        if self._left <= 0 or self._ctx.http.moment() > self._ends:
            return None if answered is not None else _refused(visit, NOT_ASKED)
        self._left -= 1
        headers = {} if answered is None else answered.headers
        asked = Asked(
            accept=accept,
            etag=headers.get("etag"),
            last_modified=headers.get("last-modified"),
            max_bytes=max_bytes,
            before=self._manners.before,
        )
        try:
            answer = self._ctx.http.get(visit.asked, asked)
        except (HttpFailure, Unreachable) as failure:
            cause = "" if failure.cause is None else f": {failure.cause}"
            return _refused(visit, f"{failure.problem}{cause}")
        except (httpx.InvalidURL, ValueError) as error:
            return _refused(visit, f"no address that can be asked: {error}")
        if answer.status == httpx.codes.NOT_MODIFIED:
            return None
        found = Answered(answer.address, kept_headers(answer.headers), answer.body)
        return Visit(
            visit.asked,
            self._ctx.clock(),
            found,
            feed=visit.feed,
            title=visit.title,
            published=visit.published,
        )


def _refused(visit: Visit, reason: str) -> Visit:
    return Visit(
        visit.asked,
        visit.at,
        refused=reason,
        feed=visit.feed,
        title=visit.title,
        published=visit.published,
    )


def _same(one: Visit, other: Visit) -> bool:
    if one.answered is None or other.answered is None:
        return one.refused == other.refused
    return (one.answered.address, one.answered.body) == (other.answered.address, other.answered.body)


def _wanted(entries: list[tuple[str, Entry]], day: date, now: datetime) -> Iterator[tuple[str, Entry, str]]:
    """Entries with an address that this day asks for: those that a later day will ask for are left to it."""
    for feed, entry in entries:
        published = entry.published
        # A date in the future is no date: the page is there, so it has been published.
        later = published is not None and day < published.date() and published <= now
        if entry.address is not None and not later:
            yield feed, entry, entry.address


def _held(ctx: Context, day: date) -> _Held:
    for back in range(_DAYS_BACK + 1):
        manifest = ctx.raw_manifest(day - timedelta(days=back))
        if manifest is not None:
            parts = {part.key.rpartition("/")[2]: part for part in manifest.parts}
            return _Held(parts, back > 0 and manifest.meta["known"] == ctx.known.isoformat())
    return _Held({}, False)


def _key(address: str) -> str:
    return sha256_hex(address.encode())[:16]
