"""Robots, pauses and limits of a visit; and a visit that is cut off."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from clawback.errors import ClawbackError
from tests.contract.article_site import (
    Clock,
    Server,
    article,
    context,
    fetch,
    rss,
    to,
    turned_away,
)
from tests.contract.loopback import Scripted

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
