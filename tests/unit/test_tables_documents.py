"""Versions of documents: edits, returns to an older text, two sources, days fetched out of order."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from clawback.parquet import rows_to_table
from clawback.schemas import DOCUMENT_VERSIONS, DOCUMENTS
from clawback.tables.documents import Versions, content_sha256, merge_versions

Row = dict[str, Any]


def seen(text: str, hour: int | None, **changed: Any) -> tuple[str, Row]:
    row = {
        "document_id": "d1",
        "title": "T",
        "publisher": "P",
        "url": "https://e.example/1",
        "published_date": date(2026, 9, 1),
        "retrieved_at": None if hour is None else datetime(2026, 9, 2, hour, tzinfo=UTC),
        "language": "en",
        "text": text,
        "sha256": "0" * 64,
    }
    return "feed", row | changed


def days(*of_each: list[tuple[str, Row]]) -> list[Versions]:
    made: list[Versions] = []
    for found in of_each:
        made.append(merge_versions(made[-1].known if made else [], found))
    return made


def test_an_edit_is_a_new_version_and_an_older_text_that_returns_is_another() -> None:
    made = days([seen("one", 1)], [seen("one", 2)], [seen("two", 3)], [seen("one", 4)])
    assert [[row["version"] for row in day.documents] for day in made] == [[1], [], [2], [3]]
    assert [day.standing["d1"] for day in made] == [1, 1, 2, 3]
    assert [row["content_sha256"] for row in made[-1].known] == [
        content_sha256("T", text) for text in ("one", "two", "one")
    ]


def test_an_edited_headline_is_an_edit_and_the_hash_keeps_title_and_text_apart() -> None:
    made = days([seen("one", 1)], [seen("one", 2, title="U")])
    assert made[1].standing == {"d1": 2}
    assert content_sha256("a", "bc") != content_sha256("ab", "c")


def test_a_document_that_left_its_feed_stays_known() -> None:
    made = days([seen("one", 1)], [])
    assert made[1].documents == []
    assert made[1].known == made[0].known
    assert made[1].standing == {"d1": 1}


def test_two_feeds_with_one_article_make_one_version_whoever_comes_first() -> None:
    one, other = seen("one", 1), seen("one", 2, publisher="Q")
    (first,) = days([other, one])
    assert [(row["version"], row["publisher"]) for row in first.documents] == [(1, "P")]


def test_two_visits_of_one_day_are_ordered_by_their_time() -> None:
    (made,) = days([seen("late", 5), seen("early", 1)])
    assert [row["text"] for row in made.documents] == ["early", "late"]
    assert made.standing == {"d1": 2}


def test_a_past_day_that_is_fetched_after_later_ones_loses_nothing() -> None:
    # Day 1 is fetched last, after the edit; day 2 showed the old text, day 3 the edited one.
    made = days([seen("two", 9)], [seen("one", 1)], [seen("two", 9)])
    assert [day.standing["d1"] for day in made] == [1, 2, 3]
    assert [row["content_sha256"] for row in made[-1].known] == [
        content_sha256("T", text) for text in ("two", "one", "two")
    ]


def test_an_older_visit_of_a_known_text_makes_no_version() -> None:
    made = days([seen("one", 1)], [seen("two", 5)], [seen("one", 2)])
    assert made[2].documents == []
    assert made[2].standing == {"d1": 1}


def test_a_file_of_a_folder_is_a_new_version_when_it_is_edited_and_stands_once() -> None:
    made = days([seen("one", None)], [seen("two", None), seen("three", None)])
    assert [row["text"] for row in made[1].documents] == ["two"]
    assert [(source, reason) for source, _, reason in made[1].rejected] == [
        ("feed", "the document stands in another file already")
    ]


def test_rows_fit_their_tables() -> None:
    (made,) = days([seen("wörter", 1), seen("x", None, document_id="d2")])
    assert rows_to_table(made.documents, DOCUMENTS).num_rows == 2
    assert rows_to_table(made.known, DOCUMENT_VERSIONS)["text_length"].to_pylist() == [6, 1]
    assert [row["published_from"] for row in made.documents] == ["document", "document"]
