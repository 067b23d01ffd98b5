"""Feeds and the pages behind them, from a real server on loopback: what becomes a document, and versions."""

from __future__ import annotations

import gzip
import io
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from clawback.errors import ClawbackError
from clawback.lake.partition import read_part
from clawback.schemas import DOCUMENTS
from clawback.settings import SourceSettings
from clawback.sources.articles.archive import Answered, Visit, read_visit, write_visit
from clawback.sources.registry import check_source
from clawback.tables.step import make_tables
from tests.contract.article_site import (
    DAY,
    FIRST,
    KNOWN,
    Clock,
    Server,
    article,
    context,
    fetch,
    file,
    linked_data,
    rows,
    rss,
    site,
    turned_away,
)
from tests.contract.loopback import Scripted


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
