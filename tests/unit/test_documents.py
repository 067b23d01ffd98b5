"""Documents as plain text: encodings, addresses, walls, feeds, PDF, and bytes that mean harm."""

from __future__ import annotations

import io
import sys
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from pypdf import PdfWriter
from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

from clawback.documents.addresses import canonical_address, plain_address
from clawback.documents.bounded import BoundedReader, shared_reader
from clawback.documents.charset import decode
from clawback.documents.feeds import read_feed
from clawback.documents.pages import read_page
from clawback.documents.plain import one_line, plain_text
from clawback.documents.reading import Unreadable
from clawback.documents.walls import why_no_article

PAGES = Path(__file__).parents[1] / "fixtures" / "articles"
TODAY = date(2026, 9, 15)
BODY = "About $41 million in ether and tokens left the hot wallets of Borealis on Monday. " * 4


def page(head: str = "", first: str = BODY, title: str = "Borealis robbed", canonical: str = "") -> bytes:
    text = (PAGES / "constructed_article.html").read_text()
    for name, value in {"head": head, "first": first, "title": title, "canonical": canonical}.items():
        text = text.replace(f"{{{name}}}", value)
    return text.encode()


def linked_data(text: str) -> str:
    return f'<script type="application/ld+json">{text}</script>'


@pytest.mark.parametrize(
    ("data", "content_type", "text"),
    [
        ("Börse für 5 €".encode(), "text/html; charset=iso-8859-1", "Börse für 5 €"),  # the header is wrong
        ("Börse für 5 €".encode("cp1252"), "text/html; charset=utf-8", "Börse für 5 €"),
        ("Börse für 5 €".encode("cp1252"), "text/html; charset=latin-1", "Börse für 5 €"),
        ("Börse".encode("utf-16"), None, "Börse"),
        (b"\xef\xbb\xbfB\xc3\xb6rse", "text/html; charset=koi8-r", "Börse"),
        ('<meta charset="koi8-r">Биржа'.encode("koi8-r"), None, '<meta charset="koi8-r">Биржа'),
        ("取引所".encode("iso2022_jp"), "text/html; charset=ISO-2022-JP", "取引所"),
        ("取引所".encode("euc_jp"), "text/html; charset='euc-jp'", "取引所"),
        (b"+ADw-script+AD4-", "text/html; charset=utf-7", "+ADw-script+AD4-"),
        (b"abc", "text/html; charset=rot13", "abc"),
        (b"\x81\x8d ok", "text/html; charset=utf-8", "\ufffd\ufffd ok"),
    ],
)
def test_bytes_are_read_as_what_they_are(data: bytes, content_type: str | None, text: str) -> None:
    assert decode(data, content_type) == text


@pytest.mark.parametrize(
    ("address", "plain"),
    [
        ("HTTP://WWW.Example.org:80/a?utm_source=x&id=7&fbclid=y#top", "http://www.example.org/a?id=7"),
        ("https://e.example?mc_cid=1&mc_eid=2", "https://e.example/"),
        (
            "https://e.example:8443/A%20b?Ref=1&eid=5&gallery=2",
            "https://e.example:8443/A%20b?Ref=1&eid=5&gallery=2",
        ),
        (" https://e.example/a\n/b ", "https://e.example/a/b"),
        ("http://[::1]:80/x", "http://[::1]/x"),
    ],
)
def test_only_what_tells_where_a_reader_came_from_is_removed(address: str, plain: str) -> None:
    assert plain_address(address) == plain
    assert plain_address(plain) == plain


@pytest.mark.parametrize(
    "address",
    ["", "javascript:alert(1)", "file:///etc/passwd", "https://", "http://user:pw@e.example/",
     "http://e.example:99999/", "http://e.example/\x00", "http://e.example/" + "a" * 3000],
)  # fmt: skip
def test_what_is_no_public_address_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match=r"address|port|Port"):
        plain_address(address)


@pytest.mark.parametrize(
    ("declared", "canonical"),
    [
        ("https://example.org/a", "https://example.org/a"),
        ("/a?utm_medium=x", "https://www.example.org/a"),
        ("https://amp.example.org/a", "https://amp.example.org/a"),
        ("https://another.example/a", "https://www.example.org/b"),
        ("https://example.org.evil.example/a", "https://www.example.org/b"),
        ("javascript:x", "https://www.example.org/b"),
        (None, "https://www.example.org/b"),
    ],
)
def test_a_page_speaks_of_its_own_site_only(declared: str | None, canonical: str) -> None:
    assert canonical_address("https://www.example.org/b?utm_source=x", declared) == canonical


def test_plain_text_has_line_feeds_only_and_keeps_its_letters() -> None:
    text = plain_text("a\r\nb\x00\x1b[31m c \n\n\n\n\ud800d\u2028é e\u0301\ufeff\n")
    assert text == "a\nb[31m c\n\nd\né e\u0301"
    assert plain_text(text) == text
    assert one_line(" a\n b\x00", 3) == "a b"


def test_a_page_gives_its_article_and_not_what_stands_around_it() -> None:
    found = shared_reader().page(page(canonical="https://e.example/a"), "text/html", TODAY)
    assert found.title == "Borealis robbed"
    assert (found.publisher, found.url, found.language) == ("Constructed Ledger", "https://e.example/a", "en")
    assert "hot wallets had been emptied" in found.text
    assert "Investigators follow the coins" in found.text
    assert "About us" not in found.text
    assert "Privacy" not in found.text


def test_the_language_is_that_of_the_text() -> None:
    german = "Die Börse teilte am Montag mit, dass Unbekannte etwa 41 Millionen Dollar entwendet haben. " * 4
    assert shared_reader().page(page(first=german * 3), None, TODAY).language == "de"
    assert shared_reader().language("$41") == "und"


def test_a_page_is_read_alike_whatever_was_read_before() -> None:
    pages = [page(first=BODY + str(number)) for number in range(6)]
    one = [read_page(data, None, TODAY) for data in pages]
    other = [read_page(data, None, TODAY) for data in reversed(pages)]
    assert other[::-1] == one


@pytest.mark.parametrize(
    ("head", "published"),
    [
        ('<meta property="article:published_time" content="2026-09-12T02:30:00+08:00">', date(2026, 9, 11)),
        ('<meta itemprop="datePublished" content="2026-09-12">', date(2026, 9, 12)),
        (
            linked_data('{"@type": "NewsArticle", "datePublished": "2026-09-10T23:30:00-02:00"}'),
            date(2026, 9, 11),
        ),
        (linked_data('{"@graph": [{"datePublished": "2026-09-10"}]}'), date(2026, 9, 10)),
        (linked_data("{broken"), None),
        ('<meta property="article:published_time" content="2031-01-01">', None),
        ('<meta property="article:published_time" content="2 days ago">', None),
        ('<meta name="date" content="03/04/2026">', None),
        ("</head><body><time>3 September 2026</time>", None),
        ('<meta property="article:published_time" content="0001-01-01T00:00:00+14:00">', None),
        ("", None),
    ],
)
def test_the_day_of_publication_is_a_utc_day_and_never_a_guess(head: str, published: date | None) -> None:
    assert read_page(page(head), None, TODAY).published == published


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ((PAGES / "constructed_consent.html").read_bytes(), "a consent page"),
        (page(linked_data('{"isAccessibleForFree": "False"}')), "paywalled: the page says"),
        (b"<html><title>Just a moment...</title><body><p>" + b"Wait. " * 50, "a check for robots"),
        (b"<html><title>404 Not Found</title><body><p>" + b"Nothing is here. " * 50, "an error page"),
        (b"<html><title>T</title><body><article><p>Some words.</p></article>", "no main text: 11 characters"),
        (b"", "no HTML"),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "no HTML"),
    ],
)
def test_what_is_no_article_is_turned_away_with_the_reason(data: bytes, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        shared_reader().page(data, "text/html", TODAY)


def test_an_article_about_a_wall_is_none() -> None:
    about = "Regulators fined the firm over its cookie consent page. " + BODY * 3
    assert why_no_article("Access to cookies", about) is None
    assert why_no_article("Theft", BODY + "Subscribe now to our letter. " + BODY * 2) is None
    assert why_no_article("Theft", BODY[:300] + "Subscribe to continue reading.") is not None


@pytest.mark.parametrize(
    "data",
    [
        b"<html><body>" + b"<div>" * 200_000 + b"x",
        b"<html><body>" + b"<p><b>" * 40_000 + b"x",
        b"<html><body><p " + b"a" * 4_000_000,
        b"<" * 4_000_000,
        b"<html><body><article>" + b"<p>w</p>" * 200_000,
        b"<html>" + b" " * (9 << 20),
    ],
)
def test_a_hostile_page_ends_with_a_reason(data: bytes) -> None:
    with pytest.raises(Unreadable):
        shared_reader().page(data, "text/html", TODAY)


RSS = '<?xml version="1.0"?>{doctype}<rss version="2.0"><channel><title>t</title>{items}</channel></rss>'


def feed(items: str, doctype: str = "") -> bytes:
    return RSS.format(items=items, doctype=doctype).encode()


def test_entries_come_with_plain_addresses_and_utc_times() -> None:
    items = (
        "<item><title>A &amp; B</title><link>/a?utm_source=x</link>"
        "<pubDate>Mon, 14 Sep 2026 21:30:00 -0500</pubDate></item>"
        "<item><title>C</title><link>https://e.example/c</link><pubDate>yesterday</pubDate></item>"
        "<item><title>D</title><link>javascript:alert(1)</link></item><item><title>E</title></item>"
    )
    one, other, third, last = read_feed(feed(items), "https://e.example/feed", "application/rss+xml")
    assert (one.title, one.address) == ("A & B", "https://e.example/a")
    assert one.published == datetime(2026, 9, 15, 2, 30, tzinfo=UTC)
    assert (other.address, other.published) == ("https://e.example/c", None)
    assert third.address is None
    assert last.problem == "the entry has no link"


BOMB = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10 if n else "lol"}">' for n in range(10))


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (feed("<item><title>&e9;</title></item>", f"<!DOCTYPE r [{BOMB}]>"), "declares entities"),
        (
            feed("<item><title>&x;</title></item>", '<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
            "entities",
        ),
        (feed("", '<!doctype r [<!entity x "y">]>').decode().encode("utf-16"), "declares entities"),
        (b"<!DOCTYPE html><html><body><h1>503</h1></body></html>", "it begins with '<!DOCTYPE html"),
        (b"/etc/passwd", "it begins with '/etc/passwd'"),
        (b'{"error": "gone"}', "no RSS or Atom feed"),
        (b"", "no RSS or Atom feed"),
        (feed("<item><link>https://e.example/</link></item>" * 1_001), "1001 entries"),
        (b" " * (17 << 20), "at most"),
    ],
)
def test_what_is_no_feed_is_refused(data: bytes, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        shared_reader().feed(data, "https://e.example/feed", None)


def pdf(*texts: str, locked: bool = False) -> bytes:
    """A real PDF whose pages show these texts."""
    writer = PdfWriter()
    font = DictionaryObject(
        {NameObject("/Type"): NameObject("/Font"), NameObject("/Subtype"): NameObject("/Type1"),
         NameObject("/BaseFont"): NameObject("/Helvetica")}
    )  # fmt: skip
    for text in texts:
        sheet = writer.add_blank_page(width=600, height=800)
        stream = DecodedStreamObject()
        lines = " T* ".join(f"({line}) Tj" for line in text.split("\n"))
        stream.set_data(f"BT /F1 12 Tf 14 TL 50 700 Td {lines} ET".encode("latin-1"))
        sheet[NameObject("/Contents")] = writer._add_object(stream)
        sheet[NameObject("/Resources")] = DictionaryObject(
            {NameObject("/Font"): DictionaryObject({NameObject("/F1"): font})}
        )
    writer.add_metadata({"/Title": "Report of the panel", "/CreationDate": "D:20300101000000Z"})
    if locked:
        writer.encrypt("x", algorithm="RC4-128")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def test_a_pdf_gives_its_text_page_by_page_and_no_date_of_publication() -> None:
    found = shared_reader().pdf(pdf("The panel found that 281 million dollars\nwere stolen.", "Second page."))
    assert found.title == "Report of the panel"
    assert "281 million dollars" in found.text
    assert found.text.endswith("\n\nSecond page.")
    assert found.published is None


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (pdf("secret", locked=True), "encrypted"),
        (pdf("abc")[:300], "broken"),
        (b"%PDF-1.7\n" + b"\x00\xff" * 5000, "broken"),
        (pdf(""), "no text"),
        (b"GIF89a", "no PDF"),
    ],
)
def test_a_pdf_without_text_is_turned_away(data: bytes, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        shared_reader().pdf(data)


def child(code: str) -> tuple[str, ...]:
    return (sys.executable, "-c", code)


def test_a_parser_that_hangs_or_dies_costs_one_document() -> None:
    hangs = BoundedReader(wait=0.5, command=child("import time; time.sleep(60)"))
    with pytest.raises(Unreadable, match="too long"):
        hangs.language("x" * 1_000_000)
    for code in ("raise SystemExit", "import os; os.abort()", "input(); raise SystemExit"):
        dies = BoundedReader(command=child(code))
        with pytest.raises(Unreadable, match=r"limits|ended before"):
            dies.language("x" * 1_000_000)
        dies.close()
    hangs.close()


def test_a_child_knows_none_of_our_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hush")
    tells = BoundedReader(
        command=child("import json, os; print(json.dumps({'ok': ' '.join(os.environ)}), flush=True); input()")
    )
    names = tells.language("x")
    tells.close()
    assert "PATH" in names
    assert "AWS" not in names


def test_the_limits_on_time_and_memory_hold_and_the_next_document_is_read() -> None:
    start = "import clawback.documents.child as c; c.SECONDS = 1; c.MEMORY = 300 << 20; "
    spin = "c.detect_language = lambda text: exec('while True: pass') if text == 'spin' else text; "
    swell = "c.detect_language = lambda text: len(bytearray(1 << 30)) if text == 'swell' else text; "
    spinning = BoundedReader(command=child(start + spin + "c.main()"))
    with pytest.raises(Unreadable, match="limits on time"):
        spinning.language("spin")
    assert spinning.language("fine") == "fine"
    spinning.close()
    swelling = BoundedReader(command=child(start + swell + "c.main()"))
    with pytest.raises(Unreadable, match="300 MiB of memory"):
        swelling.language("swell")
    assert swelling.language("fine") == "fine"
    swelling.close()
