"""What one version of a document becomes: rows of claims, sentences for review, and what is turned away."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from clawback.claims.reader import MAX_TEXT, Found, read_version, stands_in
from clawback.parquet import rows_to_table
from clawback.schemas import CLAIMS, SENTENCES_FOR_REVIEW

TEXT = (
    "Brightpool was hacked on 2 March 2024. Hackers stole about $5 million, the exchange said. "
    "Another firm put the loss at between $6 million and $8 million."
)


def read(text: str, **changed: Any) -> Found:
    document = {
        "document_id": "d1",
        "title": "Brightpool hacked",
        "publisher": "A paper",
        "published_date": date(2024, 3, 6),
        "language": "en",
        "text": text,
    }
    return read_version(document | changed, 3)


def one(found: Found, kind: str, **wanted: Any) -> dict[str, Any]:
    (row,) = [
        row
        for row in found.claims
        if row["claim_type"] == kind and all(row[name] == value for name, value in wanted.items())
    ]
    return row


def test_claims_are_rows_of_the_table_that_quote_their_text() -> None:
    found = read(TEXT)
    assert found.rejected == []
    assert rows_to_table(found.claims, CLAIMS).num_rows == len(found.claims) >= 3
    assert all(stands_in(row, TEXT) and row["document_version"] == 3 for row in found.claims)
    loss = one(found, "loss", value=Decimal(5_000_000))
    assert (loss["unit"], loss["qualifier"], loss["hedge_phrase"], loss["hedge_level"]) == (
        "USD", "about", "about", "confirmed",
    )  # fmt: skip
    assert loss["rule"].startswith("figure.loss")
    assert loss["victim"] == "Brightpool"
    day = one(found, "date")
    assert (day["asserted_by"], day["as_of_date"], day["note"]) == (
        "A paper", date(2024, 3, 2), "theft on 2024-03-02",
    )  # fmt: skip


def test_a_range_keeps_both_ends_and_has_no_value() -> None:
    row = one(read(TEXT), "loss", value=None)
    assert (row["low"], row["high"], row["unit"]) == (Decimal(6_000_000), Decimal(8_000_000), "USD")
    assert row["qualifier"] == "range"


def test_every_claim_about_a_victim_knows_the_days_of_its_theft() -> None:
    days = {(row["theft_first_date"], row["theft_last_date"]) for row in read(TEXT).claims}
    assert days == {(date(2024, 3, 2), date(2024, 3, 2))}
    two = read(TEXT + " In an earlier case, Brightpool was hacked on 7 July 2022.")
    assert one(two, "loss", value=Decimal(5_000_000))["theft_first_date"] is None


def test_ids_are_made_of_what_is_said_and_not_of_its_place() -> None:
    before = {row["claim_id"]: row["quote_start"] for row in read(TEXT).claims}
    after = {row["claim_id"]: row["quote_start"] for row in read("A note of the editor. " + TEXT).claims}
    assert before.keys() == after.keys()
    assert all(after[name] == start + 22 for name, start in before.items())
    firmer = {row["claim_id"] for row in read(TEXT.replace("about ", "")).claims}
    assert len(before.keys() - firmer) == 1


def test_a_sentence_that_no_rule_reads_is_kept_for_a_person() -> None:
    # A table that lost its lines.
    text = TEXT + " Hackers stole " + "$5 million ETH " * 45 + "in the heist."
    found = read(text)
    (row,) = [row for row in found.sentences if "$5 million ETH" in row["sentence"]]
    assert text[row["sentence_start"] : row["sentence_end"]] == row["sentence"]
    assert row["reason"] == "money and a word of theft, and no rule fits"
    assert rows_to_table(found.sentences, SENTENCES_FOR_REVIEW).num_rows == len(found.sentences)


def test_a_figure_that_the_table_cannot_hold_is_turned_away() -> None:
    found = read("Hackers stole 5.123456789 ETH and $5 million.")
    assert [reason for _, reason in found.rejected] == ["the figure has too many digits"]
    assert [row["value"] for row in found.claims] == [5_000_000]


def test_a_text_that_is_too_long_is_turned_away_with_the_reason() -> None:
    found = read("x" * (MAX_TEXT + 1))
    assert (found.claims, found.sentences) == ([], [])
    assert [reason for _, reason in found.rejected] == [
        f"the text has {MAX_TEXT + 1} characters, at most {MAX_TEXT} are read"
    ]
