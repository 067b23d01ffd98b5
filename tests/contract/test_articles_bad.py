"""Pages and feeds that are broken, hostile or gone: each is turned away with its reason, the others go on."""

from __future__ import annotations

import gzip
import socket
import threading
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from clawback.errors import ClawbackError
from tests.contract.article_site import (
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
    to,
    turned_away,
)
from tests.contract.loopback import Scripted


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
