"""Claims from day to day: edits, texts that come back, files that go, claims of people."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from clawback.parquet import rows_to_table
from clawback.schemas import CLAIMS, DOCUMENT_VERSIONS, SENTENCES_FOR_REVIEW
from clawback.tables.claims import Claims, merge_claims
from clawback.tables.documents import NOBODY, RULES, Versions, merge_versions

Row = dict[str, Any]

LOSS = "Borealis was hacked on 12 September 2026. Hackers stole $41 million, the firm said."
MORE = " A tenth came back: the thief returned $4 million to Borealis."
UNREAD = " Hackers stole " + "$5 million ETH " * 45 + "in the heist."
"""A table that lost its lines: no rule reads it."""


def seen(text: str, hour: int | None = 1, **changed: Any) -> Row:
    return {
        "document_id": "d1",
        "title": "Exchange Borealis hacked",
        "publisher": "P",
        "url": "https://e.example/1",
        "published_date": date(2026, 9, 13),
        "retrieved_at": None if hour is None else datetime(2026, 9, 14, hour, tzinfo=UTC),
        "language": "en",
        "text": text,
        "sha256": "0" * 64,
        "_claims_from": RULES,
    } | changed


class Days:
    """A chain of days: each is compared with the one before."""

    def __init__(self) -> None:
        self.versions = Versions([], [], {}, [], [])
        self.made = Claims([], [], [])

    def add(self, *shown: Row, claims: tuple[Row, ...] = ()) -> Claims:
        found = [("news", row) for row in shown]
        self.versions = merge_versions(self.versions.known, found)
        stated = [("people", row) for row in claims]
        self.made = merge_claims(self.made.claims, self.made.sentences, self.versions, found, stated)
        assert rows_to_table(self.versions.known, DOCUMENT_VERSIONS).num_rows == len(self.versions.known)
        assert rows_to_table(self.made.claims, CLAIMS).num_rows == len(self.made.claims)
        assert rows_to_table(self.made.sentences, SENTENCES_FOR_REVIEW).num_rows == len(self.made.sentences)
        return self.made


def told(made: Claims) -> dict[tuple[str, Any], tuple[int, int | None]]:
    """Version and withdrawal by type and value."""
    return {
        (row["claim_type"], row["value"]): (row["document_version"], row["withdrawn_in_version"])
        for row in made.claims
    }


def test_a_version_is_read_once_and_its_claims_are_carried() -> None:
    days = Days()
    first = days.add(seen(LOSS + MORE))
    assert told(first)["loss", 41_000_000] == told(first)["returned", 4_000_000] == (1, None)
    assert [document["version"] for _, document in days.versions.to_read] == [1]
    # The feed shows it no more: nothing is read, nothing is lost.
    assert days.add().claims == first.claims
    assert days.versions.to_read == []
    assert days.add(seen(LOSS + MORE, 5)).claims == first.claims


def test_an_edit_moves_what_it_keeps_and_withdraws_what_it_drops() -> None:
    days = Days()
    first = {row["claim_id"]: row for row in days.add(seen(LOSS + MORE)).claims}
    made = days.add(seen("Corrected. " + LOSS, 2))
    assert told(made)["loss", 41_000_000] == (2, None)
    assert told(made)["returned", 4_000_000] == (1, 2)
    (loss,) = [row for row in made.claims if row["claim_type"] == "loss"]
    assert loss["quote_start"] == first[loss["claim_id"]]["quote_start"] + len("Corrected. ")
    (gone,) = [row for row in made.claims if row["value"] == 4_000_000]
    assert {**gone, "withdrawn_in_version": None} == first[gone["claim_id"]]


def test_a_text_that_comes_back_says_again_what_it_said() -> None:
    days = Days()
    days.add(seen(LOSS + MORE))
    days.add(seen(LOSS, 2))
    made = days.add(seen(LOSS + MORE, 3))
    assert told(made)["returned", 4_000_000] == told(made)["loss", 41_000_000] == (3, None)


def test_two_edits_of_one_day_are_both_read() -> None:
    days = Days()
    made = days.add(seen(LOSS + MORE, 1), seen(LOSS, 2))
    assert (told(made)["loss", 41_000_000], told(made)["returned", 4_000_000]) == ((2, None), (1, 2))


def test_what_an_older_visit_says_does_not_stand_for_the_newest() -> None:
    days = Days()
    days.add(seen(LOSS + MORE, 5))
    days.add(seen(LOSS, 7))
    made = days.add(seen(LOSS + MORE, 5))
    assert told(made)["returned", 4_000_000] == (1, 2)


def test_the_claims_of_a_file_go_with_it_and_come_back_with_it() -> None:
    days = Days()
    first = days.add(seen(LOSS + UNREAD, None))
    assert first.sentences
    gone = days.add()
    assert (gone.claims, gone.sentences) == ([], [])
    assert [row["claims_from"] for row in days.versions.known] == [NOBODY]
    assert days.add(seen(LOSS + UNREAD, None)) == first


def test_claims_of_people_replace_those_of_the_rules_about_the_same_text() -> None:
    days = Days()
    days.add(seen(LOSS, None))
    own = {
        "claim_id": "own", "document_id": "d1", "incident_id": "borealis", "claim_type": "loss",
        "value": 40, "unit": "USD", "is_part": False, "asserted_by": "P", "hedge_level": "confirmed",
        "as_of_date": date(2026, 9, 12), "quotation": "Borealis", "quote_start": 0, "quote_end": 8,
        "rule": "curated",
    }  # fmt: skip
    by_people = {key: value for key, value in seen(LOSS, None).items() if key != "_claims_from"}
    made = days.add(by_people, claims=(own,))
    assert [(row["claim_id"], row["document_version"]) for row in made.claims] == [("own", 1)]
    assert told(days.add(seen(LOSS, None)))["loss", 41_000_000] == (1, None)


def test_sentences_for_review_are_those_of_the_newest_version() -> None:
    days = Days()
    (one,) = days.add(seen(LOSS + UNREAD)).sentences
    assert one["sentence"] in LOSS + UNREAD
    assert days.add().sentences == [one]
    (moved,) = days.add(seen("Corrected. " + LOSS + UNREAD, 2)).sentences
    assert (moved["document_version"], moved["sentence"]) == (2, one["sentence"])
    assert days.add(seen(LOSS, 3)).sentences == []


def test_what_the_rules_cannot_read_is_turned_away_and_the_rest_goes_on() -> None:
    days = Days()
    made = days.add(seen("x" * 500_001), seen(LOSS, document_id="d2"))
    assert [(source, row["document_id"]) for source, row, _ in made.rejected] == [("news", "d1")]
    assert {row["document_id"] for row in made.claims} == {"d2"}
