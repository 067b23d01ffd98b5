"""A folder of reports: HTML, text and PDF beside curated JSON, and what people say about them."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from clawback.context import RunContext
from clawback.errors import ClawbackError
from clawback.lake.partition import Manifest, read_manifest, read_part
from clawback.parquet import read_table
from clawback.schemas import TABLES
from clawback.sources.ingest import ingest
from clawback.sources.reading import read_day
from clawback.tables.step import make_tables
from tests.contract.loopback import context_for
from tests.unit.test_documents import page, pdf

DAY, KNOWN = date(2020, 9, 25), date(2026, 9, 15)
TEXT = "Borealis robbed\n\nAbout $41 million left the hot wallets of Borealis, the firm said on Monday.\n"
ABOUT = {"publisher": "Desk", "published": "2020-09-26"}


def folder(tmp_path: Path, **files: bytes | str | dict[str, Any]) -> RunContext:
    """A context whose reports folder holds these files; `__` in a name stands for a dot."""
    place = tmp_path / "reports"
    place.mkdir(exist_ok=True)
    for name, content in files.items():
        data = json.dumps(content) if isinstance(content, dict) else content
        data = data.encode() if isinstance(data, str) else data
        (place / name.replace("__", ".")).write_bytes(data)
    source = {"name": "it", "connector": "report_files", "options": {"path": "reports"}}
    return context_for(tmp_path, source)


def fetch(ctx: RunContext, day: date = DAY) -> Manifest:
    return read_manifest(ctx.lake, ingest(ctx, "it", day, KNOWN))


def rows(ctx: RunContext, table: str = "documents", day: date = DAY) -> list[dict[str, Any]]:
    record = json.loads(ctx.lake.read(make_tables(ctx, day)))
    part = read_manifest(ctx.lake, record["tables"][table]["manifest"]).parts[0]
    found: list[dict[str, Any]] = read_table(read_part(ctx.lake, part), TABLES[table]).to_pylist()
    return found


def reasons(ctx: RunContext, manifest: Manifest) -> list[str]:
    found = read_day(ctx.lake, "report_files", manifest.parts, DAY)
    return [item.record.reason for item in found.quarantined]


def test_each_kind_of_file_is_a_document(tmp_path: Path) -> None:
    published = '<meta property="article:published_time" content="2020-09-27T01:00:00Z">'
    ctx = folder(
        tmp_path,
        a__txt=TEXT,
        a__txt__about__json=ABOUT | {"url": "https://e.example/a", "retrieved": "2020-10-01T08:00:00Z"},
        b__html=page(published, canonical="https://constructed.example/b?utm_source=x"),
        c__pdf=pdf("The panel found that 281 million dollars were stolen by persons who are not known."),
        c__pdf__about__json=ABOUT | {"title": "Report of the panel, part two"},
    )
    manifest = fetch(ctx)
    assert (reasons(ctx, manifest), manifest.meta["rows"]["reports"]) == ([], 3)
    assert {row["document_version"] for row in rows(ctx, "claims")} == {1}
    documents = rows(ctx)
    found = {row["title"]: row for row in documents}
    assert found["Report of the panel, part two"]["text"].startswith("The panel found that 281 million")
    by_url = {row["url"]: row for row in documents}
    assert by_url["https://e.example/a"]["text"] == TEXT.strip()
    assert by_url["https://e.example/a"]["retrieved_at"] == datetime(2020, 10, 1, 8, tzinfo=UTC)
    page_row = by_url["https://constructed.example/b"]
    assert (page_row["publisher"], page_row["published_date"]) == ("Constructed Ledger", date(2020, 9, 27))
    assert {row["language"] for row in documents} == {"en"}


def test_an_edited_file_is_a_version_and_claims_name_theirs(tmp_path: Path) -> None:
    claim = {"claim_type": "loss", "value": "41000000", "unit": "USD", "incident": None, "victim": "Borealis",
             "actor": None, "asserted_by": "Borealis", "hedge": None, "as_of": "2020-09-25",
             "quotation": "$41 million", "note": None}  # fmt: skip
    report = {"document_id": "own-id", "title": "T", "publisher": "P", "url": None, "published": "2020-09-26",
              "language": "en", "text": TEXT, "claims": [claim]}  # fmt: skip
    ctx = folder(tmp_path, a__json=report)
    fetch(ctx)
    assert [row["document_version"] for row in rows(ctx, "claims")] == [1]
    edited = report | {"text": "Correction. " + TEXT}
    folder(tmp_path, a__json=edited)
    later = date(2020, 9, 26)
    fetch(ctx, later)
    (version,) = rows(ctx, "documents", later)
    (claimed,) = rows(ctx, "claims", later)
    assert (version["version"], claimed["document_version"]) == (2, 2)
    assert version["text"][claimed["quote_start"] : claimed["quote_end"]] == "$41 million"
    # Another claim about the same text is no edit of the document.
    folder(tmp_path, a__json=edited | {"claims": [claim | {"asserted_by": "its CEO"}]})
    last = date(2020, 9, 27)
    fetch(ctx, last)
    assert rows(ctx, "documents", last) == []
    assert [row["document_version"] for row in rows(ctx, "claims", last)] == [2]


def test_captures_of_one_page_are_versions_in_the_order_of_their_retrieval(tmp_path: Path) -> None:
    about = ABOUT | {"url": "https://e.example/a"}
    ctx = folder(
        tmp_path,
        late__txt=TEXT + "Corrected.",
        late__txt__about__json=about | {"retrieved": "2020-10-02T00:00:00Z"},
        early__txt=TEXT,
        early__txt__about__json=about | {"retrieved": "2020-10-01T00:00:00Z"},
    )
    fetch(ctx)
    assert [(row["version"], row["text"][-10:]) for row in rows(ctx)] == [
        (1, "on Monday."),
        (2, "Corrected."),
    ]


@pytest.mark.parametrize(
    ("about", "says"),
    [
        ({}, "does not say publisher and published: write it into a.txt.about.json"),
        ({"publisher": "P"}, "does not say published"),
        (ABOUT | {"published": "26 September"}, "'published'"),
        (ABOUT | {"url": "javascript:x"}, "'url' is no http address"),
        (ABOUT | {"retrieved": "yesterday"}, "'retrieved' is no moment"),
        (ABOUT | {"retrieved": "2020-13-01T00:00:00Z"}, "month"),
        (ABOUT | {"mood": "good"}, "unknown fields: 'mood'"),
        ("[1", "a.txt.about.json"),
        ("[" * 90_000, "a.txt.about.json"),
        ("{" + " " * 200_000, "more than 100000 bytes"),
    ],
)
def test_a_file_without_a_day_or_with_a_wrong_word_about_it_is_turned_away(
    tmp_path: Path, about: dict[str, str] | str, says: str
) -> None:
    ctx = folder(tmp_path, a__txt=TEXT, a__txt__about__json=about, b__txt=TEXT, b__txt__about__json=ABOUT)
    manifest = fetch(ctx)
    (reason,) = reasons(ctx, manifest)
    assert says in reason
    assert manifest.meta["rows"]["reports"] == 1


def test_files_that_hold_no_text_are_turned_away_and_the_others_go_on(tmp_path: Path) -> None:
    ctx = folder(
        tmp_path,
        a__pdf=pdf("secret", locked=True),
        b__pdf=b"no pdf",
        c__txt=b"\x00\x01\n",
        d__html=b"<html><title>404 Not Found</title><body>" + b"<p>Nothing is here. </p>" * 50,
        e__txt=TEXT,
        **{f"{name}__about__json": ABOUT for name in ("a__pdf", "b__pdf", "c__txt", "d__html", "e__txt")},
    )
    manifest = fetch(ctx)
    assert [reason[:20] for reason in reasons(ctx, manifest)] == [
        "the PDF is encrypted",
        "the file is no PDF",
        "the file has 0 chara",
        "an error page: '404 ",
    ]
    assert manifest.meta["rows"]["reports"] == 1


def test_a_word_about_no_file_is_told(tmp_path: Path) -> None:
    ctx = folder(tmp_path, a__txt=TEXT, a__txt__about__json=ABOUT, gone__pdf__about__json=ABOUT)
    with pytest.raises(ClawbackError, match=r"'gone\.pdf\.about\.json' describes no file"):
        fetch(ctx)


def test_the_same_folder_gives_the_same_bytes_and_adds_nothing(tmp_path: Path) -> None:
    ctx = folder(
        tmp_path, a__txt=TEXT, a__txt__about__json=ABOUT, b__pdf=pdf("words"), b__pdf__about__json=ABOUT
    )
    first = fetch(ctx)
    before = {key: ctx.lake.read(key) for key in ctx.lake.list("raw/")}
    assert fetch(ctx).key == first.key
    assert {key: ctx.lake.read(key) for key in ctx.lake.list("raw/")} == before
    # A corrected word about a file is another snapshot; the file itself is not landed again.
    folder(tmp_path, a__txt__about__json=ABOUT | {"publisher": "Another desk"})
    second = fetch(ctx)
    assert second.key != first.key
    assert {part.key for part in first.parts if part.key.endswith(".txt")} <= {
        part.key for part in second.parts
    }
