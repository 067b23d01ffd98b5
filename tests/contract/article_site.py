"""A site with feeds and articles on loopback, a clock that waits for nobody, and a fetch of a day from it."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from clawback.context import RunContext
from clawback.lake.partition import Manifest, read_manifest, read_part
from clawback.parquet import read_table
from clawback.schemas import TABLES
from clawback.sources.http import HttpClient
from clawback.sources.ingest import ingest
from clawback.sources.reading import read_day
from clawback.tables.step import make_tables
from tests.contract.loopback import LoopbackServer, Scripted, context_for

PAGES = Path(__file__).parents[1] / "fixtures" / "articles"
DAY, KNOWN = date(2026, 9, 14), date(2026, 9, 15)
FIRST = (
    "About $41 million in ether and tokens left the hot wallets of Borealis on Monday, the firm said. " * 3
)
Site = dict[str, Scripted | Callable[[], Scripted]]


class Server:
    """A site by path; `{base}` in a body becomes the server's address; 404 for what it has not."""

    def __init__(self, site: Site) -> None:
        self.site = site
        self.loopback = LoopbackServer(answering=self._answer)
        self.base = self.loopback.url

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self.loopback.__exit__(None, None, None)

    @property
    def paths(self) -> list[str]:
        """What was asked so far."""
        return [path for _, path, _ in self.loopback.requests]

    def headers_of(self, path: str) -> dict[str, str]:
        """Headers of the newest request for a path."""
        return [headers for _, asked, headers in self.loopback.requests if asked == path][-1]

    def _answer(self, path: str, body: bytes) -> Scripted:
        found = self.site.get(path.partition("?")[0], Scripted(status=404))
        answer = found if isinstance(found, Scripted) else found()
        headers = {name: value.replace("{base}", self.base) for name, value in answer.headers.items()}
        return replace(answer, body=answer.body.replace(b"{base}", self.base.encode()), headers=headers)


class Clock:
    """Stands at a moment until it is moved; no pause takes time."""

    def __init__(self) -> None:
        self.now = datetime(2026, 9, 15, 2, 15, tzinfo=UTC)
        self.seconds = 0.0
        self.pauses: list[float] = []

    def __call__(self) -> datetime:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.pauses.append(seconds)
        self.seconds += seconds

    def monotonic(self) -> float:
        return self.seconds


def file(name: str) -> bytes:
    return (PAGES / name).read_bytes()


def article(title: str, first: str = FIRST, head: str = "", canonical: str = "", **headers: str) -> Scripted:
    text = file("constructed_article.html").decode()
    for name, value in {"title": title, "first": first, "head": head, "canonical": canonical}.items():
        text = text.replace(f"{{{name}}}", value)
    return Scripted(text.encode(), headers={"Content-Type": "text/html; charset=utf-8", **headers})


def rss(*links: str, dates: str = "Mon, 14 Sep 2026 09:00:00 GMT") -> Scripted:
    items = "".join(
        f"<item><title>Entry {number}</title><link>{link}</link><pubDate>{dates}</pubDate></item>"
        for number, link in enumerate(links)
    )
    return Scripted(f'<rss version="2.0"><channel><title>F</title>{items}</channel></rss>'.encode())


def linked_data(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


def to(location: str) -> Scripted:
    return Scripted(status=302, headers={"Location": location})


def site() -> Site:
    return {
        "/rss.xml": Scripted(file("constructed_rss.xml"), headers={"ETag": '"f1"'}),
        "/atom.xml": Scripted(file("constructed_atom.xml")),
        "/2026/09/borealis": article(
            "Exchange Borealis loses 41 million dollars", canonical="{base}/2026/09/borealis"
        ),
        "/2026/09/returns": article("Thief of Borealis returns a tenth", **{"Last-Modified": "then"}),
    }


def context(folder: Path, server: Server, clock: Clock, *feeds: str, **options: Any) -> RunContext:
    source = {
        "name": "news",
        "connector": "articles",
        "options": {
            "feeds": [f"{server.base}{feed}" for feed in feeds or ("/rss.xml",)],
            "allow_hosts": ["127.0.0.1"],
            "contact": "desk@example.org",
            **options,
        },
    }
    return replace(context_for(folder, source, first_day=DAY.isoformat()), clock=clock)


def fetch(ctx: RunContext, clock: Clock, day: date = DAY, known: date = KNOWN, **options: Any) -> Manifest:
    http = HttpClient(
        allow_hosts=["127.0.0.1"],
        contact="desk@example.org",
        sleep=clock.sleep,
        clock=clock,
        **{"monotonic": clock.monotonic, **options},
    )
    with http:
        return read_manifest(ctx.lake, ingest(ctx, "news", day, known, http))


def turned_away(ctx: RunContext, manifest: Manifest) -> list[str]:
    found = read_day(ctx.lake, "articles", manifest.parts, DAY)
    return sorted(item.record.reason for item in found.quarantined)


def rows(ctx: RunContext, table: str, day: date = DAY) -> list[dict[str, Any]]:
    record = json.loads(ctx.lake.read(make_tables(ctx, day)))
    part = read_manifest(ctx.lake, record["tables"][table]["manifest"]).parts[0]
    found: list[dict[str, Any]] = read_table(read_part(ctx.lake, part), TABLES[table]).to_pylist()
    return found
