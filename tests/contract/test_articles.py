"""Feeds and the pages behind them, from a real server on loopback: the good answers and the bad ones."""

from __future__ import annotations

import gzip
import io
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clawback.context import RunContext
from clawback.errors import ClawbackError
from clawback.lake.partition import Manifest, read_manifest, read_part
from clawback.parquet import read_table
from clawback.schemas import DOCUMENTS, TABLES
from clawback.settings import SourceSettings
from clawback.sources.articles.archive import Answered, Visit, read_visit, write_visit
from clawback.sources.http import HttpClient
from clawback.sources.ingest import ingest
from clawback.sources.reading import read_day
from clawback.sources.registry import check_source
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


@pytest.fixture
def clock() -> Clock:
    return Clock()


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


def test_an_article_is_a_document_with_all_that_is_known_of_it(tmp_path: Path, clock: Clock) -> None:
    with Server(site()) as server:
        ctx = context(tmp_path, server, clock)
        manifest = fetch(ctx, clock)
        # The first entry was published on the 15th, UTC: a later day asks for it.
        (document,) = rows(ctx, "documents")
        assert manifest.meta["rows"] == {"reports": 1}
        assert turned_away(ctx, manifest) == ["the entry has no link"]
        assert document["url"] == f"{server.base}/2026/09/returns"
    assert document["title"] == "Thief of Borealis returns a tenth"
    assert document["publisher"] == "Constructed Ledger"
    assert (document["published_date"], document["published_from"]) == (DAY, "feed")
    assert document["retrieved_at"] == clock.now
    assert (document["language"], document["version"]) == ("en", 1)
    assert "hot wallets had been emptied" in document["text"]
    assert document["text_length"] == len(document["text"])
    assert set(document) == set(DOCUMENTS.names)


def test_bytes_lie_in_raw_as_they_came(tmp_path: Path, clock: Clock) -> None:
    with Server(site()) as server:
        ctx = context(tmp_path, server, clock)
        manifest = fetch(ctx, clock)
        visits = {part.key.rpartition("/")[2][:5]: read_visit(read_part(ctx.lake, part))
                  for part in manifest.parts if part.key.endswith(".warc.gz")}  # fmt: skip
        expected = site()["/2026/09/returns"]
        assert isinstance(expected, Scripted)
        page = visits["page-"].answered
        assert page is not None
        assert page.body == expected.body
        assert page.headers == {"content-type": "text/html; charset=utf-8", "last-modified": "then"}
        feed = visits["feed-"].answered
        assert feed is not None
        assert feed.body == file("constructed_rss.xml").replace(b"{base}", server.base.encode())
    assert manifest.meta["request"] == {"method": "GET", "hosts": ["127.0.0.1"]}


def test_the_agent_says_who_asks_and_robots_are_asked_first(tmp_path: Path, clock: Clock) -> None:
    with Server(site()) as server:
        fetch(context(tmp_path, server, clock), clock)
        assert server.paths == ["/robots.txt", "/rss.xml", "/2026/09/returns"]
        agent = server.headers_of("/2026/09/returns")["user-agent"]
    assert agent.startswith("clawback/")
    assert "desk@example.org" in agent


def test_a_second_fetch_asks_conditionally_and_adds_nothing(tmp_path: Path, clock: Clock) -> None:
    with Server(site()) as server:
        ctx = context(tmp_path, server, clock)
        first = fetch(ctx, clock)
        before = ctx.lake.list("raw/")
        server.site["/rss.xml"] = Scripted(status=304)
        server.site["/2026/09/returns"] = Scripted(status=304)
        clock.now += timedelta(hours=3)
        assert fetch(ctx, clock).key == first.key
        assert ctx.lake.list("raw/") == before
        assert server.headers_of("/rss.xml")["if-none-match"] == '"f1"'
        assert server.headers_of("/2026/09/returns")["if-modified-since"] == "then"


def test_equal_bytes_without_an_etag_add_nothing_either(tmp_path: Path, clock: Clock) -> None:
    with Server(site()) as server:
        ctx = context(tmp_path, server, clock)
        first = fetch(ctx, clock)
        clock.now += timedelta(days=1)
        later = fetch(ctx, clock, DAY, KNOWN + timedelta(days=1))
    assert later.key == first.key


def test_the_same_answers_are_the_same_bytes(tmp_path: Path, clock: Clock) -> None:
    made = []
    with Server(site()) as server:
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            ctx = context(tmp_path / name, server, clock, "/rss.xml", "/atom.xml")
            fetch(ctx, clock)
            make_tables(ctx, DAY)
            made.append({key: ctx.lake.read(key) for key in ctx.lake.list("")})
    assert made[0] == made[1]


def days_of(tmp_path: Path, clock: Clock, *firsts: str) -> list[list[dict[str, Any]]]:
    """Documents of each day, on each of which the article reads otherwise."""
    made = []
    with Server(site()) as server:
        ctx = context(tmp_path, server, clock)
        for number, first in enumerate(firsts):
            server.site["/2026/09/returns"] = article("Thief of Borealis returns a tenth", first)
            server.site["/rss.xml"] = rss(f"{server.base}/2026/09/returns")
            clock.now = datetime(2026, 9, 15 + number, 2, 15, tzinfo=UTC)
            day = DAY + timedelta(days=number)
            fetch(ctx, clock, day, day + timedelta(days=1))
            made.append(rows(ctx, "documents", day))
    return made


def test_an_edit_is_a_version_and_a_return_to_the_old_text_is_not_lost(tmp_path: Path, clock: Clock) -> None:
    edited = FIRST.replace("41", "47")
    made = days_of(tmp_path, clock, FIRST, edited, edited, FIRST)
    assert [[row["version"] for row in day] for day in made] == [[1], [2], [], [3]]
    assert "$47 million" in made[1][0]["text"]
    assert made[3][0]["text"] == made[0][0]["text"]
    assert made[3][0]["content_sha256"] == made[0][0]["content_sha256"]
    assert len({row["document_id"] for day in made for row in day}) == 1
    assert made[1][0]["retrieved_at"] == datetime(2026, 9, 16, 2, 15, tzinfo=UTC)


def test_bytes_that_change_around_the_same_text_are_no_version(tmp_path: Path, clock: Clock) -> None:
    with Server(site()) as server:
        ctx = context(tmp_path, server, clock)
        fetch(ctx, clock)
        server.site["/2026/09/returns"] = article(
            "Thief of Borealis returns a tenth", head='<meta name="nonce" content="77">'
        )
        clock.now += timedelta(days=1)
        fetch(ctx, clock, KNOWN, KNOWN + timedelta(days=1))
        assert [row["title"][:8] for row in rows(ctx, "documents", KNOWN)] == ["Exchange"]
        (returns, _) = sorted(rows(ctx, "document_versions", KNOWN), key=lambda row: row["retrieved_at"])
    assert returns["version"] == 1


def test_one_article_behind_two_feeds_is_one_document(tmp_path: Path, clock: Clock) -> None:
    with Server(site()) as server:
        ctx = context(tmp_path, server, clock, "/rss.xml", "/atom.xml")
        fetch(ctx, clock)
        assert server.paths.count("/2026/09/returns") == 1
        assert len(rows(ctx, "documents")) == 1


def test_two_addresses_of_one_article_are_one_document(tmp_path: Path, clock: Clock) -> None:
    told = article("Told twice", canonical="{base}/told")
    with Server({"/rss.xml": rss("/go", "/print/told", "/told?utm_source=x")}) as server:
        server.site |= {
            "/go": Scripted(status=301, headers={"Location": "/told?fbclid=1"}),
            "/print/told": told,
            "/told": told,
        }
        ctx = context(tmp_path, server, clock)
        fetch(ctx, clock)
        (document,) = rows(ctx, "documents")
        assert document["url"] == f"{server.base}/told"
        assert (document["version"], len(rows(ctx, "document_versions"))) == (1, 1)


def test_a_backfill_asks_once_and_files_each_article_under_its_days(tmp_path: Path, clock: Clock) -> None:
    with Server(site()) as server:
        ctx = context(tmp_path, server, clock)
        clock.now = datetime(2026, 9, 20, 12, tzinfo=UTC)
        for number in range(3):
            fetch(ctx, clock, DAY + timedelta(days=number), date(2026, 9, 20))
        assert server.paths == [
            "/robots.txt",
            "/rss.xml",
            "/2026/09/returns",
            "/robots.txt",
            "/2026/09/borealis",
        ]
        made = [rows(ctx, "documents", DAY + timedelta(days=number)) for number in range(3)]
    assert [[row["title"][:8] for row in day] for day in made] == [["Thief of"], ["Exchange"], []]
    assert made[1][0]["published_date"] == date(2026, 9, 15)


def test_dates_that_are_missing_or_in_the_future_are_those_of_retrieval(tmp_path: Path, clock: Clock) -> None:
    undated = rss("/a").body.replace(b"<pubDate>Mon, 14 Sep 2026 09:00:00 GMT</pubDate>", b"")
    with Server({"/undated": Scripted(undated), "/a": article("A")}) as server:
        server.site["/future"] = rss("/b", dates="Tue, 01 Jan 2030 00:00:00 GMT")
        server.site["/b"] = article("B", head='<meta property="article:published_time" content="2031-01-01">')
        ctx = context(tmp_path, server, clock, "/undated", "/future")
        fetch(ctx, clock)
        found = rows(ctx, "documents")
    assert {(row["title"], row["published_date"], row["published_from"]) for row in found} == {
        ("A", KNOWN, "retrieval"),
        ("B", KNOWN, "retrieval"),
    }


def test_the_page_knows_its_date_better_than_the_feed(tmp_path: Path, clock: Clock) -> None:
    head = linked_data('{"datePublished": "2026-09-11T23:00:00Z"}')
    with Server({"/rss.xml": rss("/a"), "/a": article("A", head=head)}) as server:
        ctx = context(tmp_path, server, clock)
        fetch(ctx, clock)
        (found,) = rows(ctx, "documents")
    assert (found["published_date"], found["published_from"]) == (date(2026, 9, 11), "document")


ROBOTS = "User-agent: clawback\nDisallow: /private\nCrawl-delay: 7\n\nUser-agent: *\nDisallow: /\n"


def test_robots_are_obeyed_and_their_pauses_kept(tmp_path: Path, clock: Clock) -> None:
    with Server({"/robots.txt": Scripted(ROBOTS.encode()), "/a": article("A"), "/b": article("B")}) as server:
        server.site["/rss.xml"] = rss("/a", "/private/x", "/b", "/hop")
        server.site["/hop"] = to("/private/y")
        ctx = context(tmp_path, server, clock)
        manifest = fetch(ctx, clock)
        assert server.paths == ["/robots.txt", "/rss.xml", "/a", "/b", "/hop"]
        assert turned_away(ctx, manifest) == ["robots.txt does not allow it"] * 2
    assert clock.pauses == [7.0] * 4


def test_our_own_pause_is_kept_where_robots_ask_for_none(tmp_path: Path, clock: Clock) -> None:
    with Server({"/rss.xml": rss("/a"), "/a": article("A")}) as server:
        fetch(context(tmp_path, server, clock, pause_seconds=3), clock)
    assert clock.pauses == [3.0, 3.0]


@pytest.mark.parametrize(
    ("robots", "says"),
    [
        (Scripted(b"User-agent: *\nDisallow: /"), "robots.txt does not allow it"),
        (Scripted(b"User-agent: *\nCrawl-delay: 86400"), "longer than 60 s"),
        (Scripted(b"User-agent: *\nRequest-rate: 1/1h"), "longer than 60 s"),
        (Scripted(status=503), "it cannot be read"),
        (Scripted(b"#" * 600_000), "it cannot be read"),
        (to("http://169.254.169.254/robots.txt"), "cannot be read"),
    ],
)
def test_a_site_that_wants_no_visit_gets_none(
    tmp_path: Path, clock: Clock, robots: Scripted, says: str
) -> None:
    with Server({"/robots.txt": robots, "/rss.xml": rss()}) as server:
        with pytest.raises(ClawbackError, match="none of the feeds") as caught:
            fetch(context(tmp_path, server, clock), clock)
        assert "/rss.xml" not in server.paths
    assert says in str(caught.value)


def test_retry_after_is_kept(tmp_path: Path, clock: Clock) -> None:
    answers = iter([Scripted(status=429, headers={"Retry-After": "11"}), article("A")])
    with Server({"/rss.xml": rss("/a"), "/a": lambda: next(answers)}) as server:
        ctx = context(tmp_path, server, clock)
        assert fetch(ctx, clock).meta["rows"] == {"reports": 1}
    assert 11.0 in clock.pauses


def cut_gzip() -> Scripted:
    packed = gzip.compress(article("A").body, mtime=0)
    return Scripted(packed[:-20], headers={"Content-Encoding": "gzip", "Content-Type": "text/html"})


@pytest.mark.parametrize(
    ("page", "says"),
    [
        (cut_gzip(), "the source did not answer: the gzip answer ends too early"),
        (Scripted(b"0" * (100 << 20)), "larger than 33554432 bytes"),
        (to("http://169.254.169.254/latest/meta-data/"), "inside address"),
        (to("http://[::1"), "redirects to no address"),
        (to("file:///etc/passwd"), "only http and https"),
        (to("/a"), "more than 5 redirects"),
        (Scripted(status=404), "status 404"),
        (Scripted(status=451), "status 451"),
        (Scripted(b"abc", length=9_000), "did not answer"),
        (Scripted(b"\x89PNG", headers={"Content-Type": "image/png"}), "neither HTML nor PDF: 'image/png'"),
        (Scripted(b"%PDF-1.4 nothing"), "the PDF is broken"),
        (Scripted(file("constructed_consent.html")), "a consent page"),
        (article("Just a moment...", ""), "a check for robots"),
        (article("A", head=linked_data('{"isAccessibleForFree": false}')), "paywalled"),
        (Scripted(b"<html><title>A</title><body>Hello"), "no main text"),
        (Scripted(b""), "no HTML"),
    ],
)
def test_a_page_that_cannot_be_read_is_turned_away_and_the_others_go_on(
    tmp_path: Path, clock: Clock, page: Scripted, says: str
) -> None:
    with Server({"/rss.xml": rss("/a", "/good"), "/a": page, "/good": article("Good")}) as server:
        ctx = context(tmp_path, server, clock)
        manifest = fetch(ctx, clock)
        (reason,) = turned_away(ctx, manifest)
        assert says in reason
        assert [row["title"] for row in rows(ctx, "documents")] == ["Good"]
        (kept,) = rows(ctx, "quarantine")
        assert kept["sample"] == f"{server.base}/a"
        # The refusal is written down once, however often it is repeated.
        clock.now += timedelta(hours=1)
        assert fetch(ctx, clock).key == manifest.key


BOMB = b'<!DOCTYPE r [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>' + rss("/x").body
XXE = b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>' + rss("/&x;").body


@pytest.mark.parametrize(
    ("feed", "says"),
    [
        (Scripted(b"<!DOCTYPE html><html><body>We are down</body></html>"), "no RSS or Atom feed"),
        (Scripted(BOMB), "the feed declares entities"),
        (Scripted(XXE), "the feed declares entities"),
        (Scripted(status=404), "status 404"),
        (Scripted(b""), "no RSS or Atom feed"),
        (Scripted(b"\x1f\x8b" + b"x" * 50, headers={"Content-Encoding": "gzip"}), "no valid gzip"),
    ],
)
def test_a_bad_feed_is_turned_away_and_fails_the_day_only_when_all_are(
    tmp_path: Path, clock: Clock, feed: Scripted, says: str
) -> None:
    with Server({"/bad": feed, "/rss.xml": rss("/a"), "/a": article("A")}) as server:
        ctx = context(tmp_path, server, clock, "/bad", "/rss.xml")
        manifest = fetch(ctx, clock)
        (reason,) = turned_away(ctx, manifest)
        assert says in reason
        assert [row["title"] for row in rows(ctx, "documents")] == ["A"]
        (tmp_path / "alone").mkdir()
        with pytest.raises(ClawbackError, match="none of the feeds") as caught:
            fetch(context(tmp_path / "alone", server, clock, "/bad"), clock)
    assert says in str(caught.value)


def test_a_good_version_outlives_the_page(tmp_path: Path, clock: Clock) -> None:
    with Server({"/rss.xml": rss("/a"), "/a": article("A")}) as server:
        ctx = context(tmp_path, server, clock)
        fetch(ctx, clock)
        server.site["/a"] = Scripted(status=410)
        clock.now += timedelta(days=1)
        fetch(ctx, clock, KNOWN, KNOWN + timedelta(days=1))
        assert rows(ctx, "documents", KNOWN) == []
        assert len(rows(ctx, "document_versions", KNOWN)) == 1
        assert [row["reason"] for row in rows(ctx, "quarantine", KNOWN)] == [
            "the source answered with status 410"
        ]


def test_a_slow_drip_costs_one_page(tmp_path: Path, clock: Clock) -> None:
    def drip(stop: threading.Event, listener: socket.socket) -> None:
        while not stop.is_set():
            with suppress(OSError):
                connection, _ = listener.accept()
                with connection:
                    asked = connection.recv(4096)
                    if b"robots.txt" in asked:
                        connection.sendall(
                            b"HTTP/1.1 404 No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
                        )
                        continue
                    connection.sendall(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n")
                    while not stop.wait(0.02):
                        clock.seconds += 5
                        connection.sendall(b"x")

    stop = threading.Event()
    with socket.create_server(("127.0.0.1", 0)) as listener, Server({"/good": article("Good")}) as server:
        dripping = threading.Thread(target=drip, args=(stop, listener), daemon=True)
        dripping.start()
        server.site["/rss.xml"] = rss(f"http://127.0.0.1:{listener.getsockname()[1]}/a", "/good")
        ctx = context(tmp_path, server, clock)
        manifest = fetch(ctx, clock)
        stop.set()
        listener.close()
        assert turned_away(ctx, manifest) == ["the answer takes too long"]
        assert [row["title"] for row in rows(ctx, "documents")] == ["Good"]


def test_a_wrong_charset_and_a_page_without_one_are_read(tmp_path: Path, clock: Clock) -> None:
    body = article(
        "Börse beraubt", "Die Börse in Zürich verlor etwa 41 Millionen Dollar an Unbekannte. " * 9
    ).body
    latin = body.decode().replace('<meta charset="utf-8">', "").encode("cp1252")
    with Server({"/rss.xml": rss("/a", "/b")}) as server:
        server.site["/a"] = Scripted(body, headers={"Content-Type": "text/html; charset=iso-8859-1"})
        server.site["/b"] = Scripted(latin, headers={"Content-Type": "text/html"})
        ctx = context(tmp_path, server, clock)
        fetch(ctx, clock)
        found = rows(ctx, "documents")
    assert {row["title"] for row in found} == {"Börse beraubt"}
    assert len({row["content_sha256"] for row in found}) == 1


def test_more_pages_than_a_run_may_ask_are_left_to_the_next(tmp_path: Path, clock: Clock) -> None:
    with Server({"/rss.xml": rss("/a", "/b", "/c")}) as server:
        server.site |= {f"/{name}": article(name.upper()) for name in "abc"}
        ctx = context(tmp_path, server, clock, max_pages=2)
        manifest = fetch(ctx, clock)
        assert "/c" not in server.paths
        assert turned_away(ctx, manifest) == []
        (issue,) = manifest.meta["issues"]
        assert (issue["code"], issue["where"]) == ("not_asked", f"{server.base}/c")
        (tmp_path / "clawback.toml").unlink()
        ctx = context(tmp_path, server, clock, max_pages=3)
        assert fetch(ctx, clock).meta["rows"] == {"reports": 3}


def test_a_run_that_has_taken_long_leaves_the_rest_to_the_next(tmp_path: Path, clock: Clock) -> None:
    def slow() -> Scripted:
        clock.seconds += 3_000
        return article("A")

    with Server({"/rss.xml": rss("/a", "/b"), "/a": slow, "/b": article("B")}) as server:
        ctx = context(tmp_path, server, clock)
        assert [issue["code"] for issue in fetch(ctx, clock, deadline=1e9).meta["issues"]] == ["not_asked"]
        assert "/b" not in server.paths
        # What is held is not lost to a run that has no time for it.
        server.site["/a"] = article("A")
        fetch(ctx, clock)
        server.site["/rss.xml"] = lambda: (slow(), rss("/a", "/b"))[1]
        again = fetch(ctx, clock, deadline=1e9)
        assert (again.meta["rows"], again.meta["issues"]) == ({"reports": 2}, [])


def test_a_kill_at_any_moment_leaves_nothing_and_the_next_run_completes(tmp_path: Path, clock: Clock) -> None:
    entered, leave = threading.Event(), threading.Event()

    def slow() -> Scripted:
        entered.set()
        leave.wait(30)
        return article("B")

    with Server({"/rss.xml": rss("/a", "/b"), "/a": article("A"), "/b": slow}) as server:
        ctx = context(tmp_path, server, clock, pause_seconds=0)
        code = (
            "import sys; from datetime import date, datetime, UTC; from dataclasses import replace\n"
            "from pathlib import Path; from clawback.context import open_context\n"
            "from clawback.sources.ingest import ingest\n"
            "now = datetime(2026, 9, 15, 2, 15, tzinfo=UTC)\n"
            "ctx = open_context(Path(sys.argv[1]), clock=lambda: now)\n"
            "ingest(ctx, 'news', date(2026, 9, 14), date(2026, 9, 15))\n"
        )
        running = subprocess.Popen(
            [sys.executable, "-c", code, str(tmp_path / "clawback.toml")], cwd=tmp_path
        )
        assert entered.wait(60)
        os.kill(running.pid, signal.SIGKILL)
        running.wait()
        leave.set()
        left = ctx.lake.list("raw/")
        assert any("/page-" in key for key in left)
        assert not any(key.endswith("_manifest.json") for key in left)
        manifest = fetch(ctx, clock)
        assert manifest.meta["rows"] == {"reports": 2}
        assert set(left) <= {part.key for part in manifest.parts}


def test_a_visit_reads_back_and_is_a_file_that_any_warc_tool_reads() -> None:
    from warcio.archiveiterator import ArchiveIterator

    moment = datetime(2026, 9, 15, 2, 15, 7, 250_000, tzinfo=UTC)
    answered = Answered(
        "http://e.example/a", {"content-type": "text/html", "etag": '"x"'}, b"\x00\xffbody\r\n"
    )
    good = Visit("http://e.example/b", moment, answered, None, "http://e.example/f", "Ü", moment)
    bad = Visit("http://e.example/b", moment, refused="robots.txt does not allow it")
    for visit in (good, bad):
        data = write_visit(visit)
        assert read_visit(data) == visit
        assert write_visit(visit) == data
    records = [(record.rec_type, record.rec_headers.get_header("WARC-Date"), record.content_stream().read())
               for record in ArchiveIterator(io.BytesIO(write_visit(good)), check_digests=True)]  # fmt: skip
    assert [kind for kind, _, _ in records] == ["response", "metadata"]
    assert records[0][1:] == ("2026-09-15T02:15:07.250000Z", b"\x00\xffbody\r\n")
    for broken in (b"", b"abc", write_visit(good)[:-40], gzip.compress(b"WARC/1.0\r\n\r\n")):
        with pytest.raises(ValueError, match="no WARC"):
            read_visit(broken)


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({}, "no list of addresses"),
        ({"feeds": []}, "no list of addresses"),
        ({"feeds": "http://e.example/"}, "no list of addresses"),
        ({"feeds": ["ftp://e.example/"]}, "no http address"),
        ({"feeds": [3]}, "no http address"),
        ({"feeds": ["http://e.example/"] * 2}, "names an address twice"),
        ({"feeds": ["http://e.example/"], "max_pages": -1}, "max_pages is not a whole number"),
    ],
)
def test_settings_are_checked(tmp_path: Path, options: dict[str, Any], says: str) -> None:
    with pytest.raises(ClawbackError, match=says):
        check_source(SourceSettings(name="it", connector="articles", options=options), tmp_path)


def test_a_feed_with_a_secret_in_its_address_is_refused(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    with Server(site()) as server:
        monkeypatch.setenv("SECRET_FEED", f"{server.base}/rss.xml")
        ctx = context(tmp_path, server, clock, **{"feeds": ["env:SECRET_FEED"]})
        with pytest.raises(ClawbackError, match="reference to the environment"):
            fetch(ctx, clock)


def test_pages_of_another_site_are_not_rewritten(tmp_path: Path, clock: Clock) -> None:
    hijack = article("Hijack", canonical="https://example.org/the-real-one")
    with Server({"/rss.xml": rss("/a"), "/a": hijack}) as server:
        ctx = context(tmp_path, server, clock)
        fetch(ctx, clock)
        (document,) = rows(ctx, "documents")
        assert document["url"] == f"{server.base}/a"
