"""Curated reports: quotations that must stand in the text, and everything hostile that a file can hold."""

from __future__ import annotations

import json
from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from clawback.claims.documents import MAX_BYTES, ParsedReport, parse_report
from clawback.parquet import rows_to_table
from clawback.schemas import CLAIMS, DOCUMENTS
from clawback.tables.documents import merge_versions

CLAIM: dict[str, Any] = {
    "claim_type": "loss", "value": "281000000", "unit": "USD", "incident": None, "victim": "KuCoin",
    "actor": None, "asserted_by": "someone", "hedge": {"phrase": "so he says", "level": "alleged"},
    "as_of": "2020-09-25", "quotation": "281 million", "note": None,
}  # fmt: skip
DOCUMENT: dict[str, Any] = {
    "title": "A report", "publisher": "A paper", "url": "https://example.com/x", "published": "2020-10-01",
    "language": "en", "summarised_by": "clawback",
    "text": "Ein Dieb \U0001f9e8 nahm, so he says, 281 million; 281 million it was.", "claims": [CLAIM],
}  # fmt: skip


def document(**changes: Any) -> dict[str, Any]:
    return {**deepcopy(DOCUMENT), **changes}


def parse(value: Any) -> ParsedReport:
    data = value if isinstance(value, bytes) else json.dumps(value).encode()
    return parse_report(data, source="reports")


def with_claim(**changes: Any) -> ParsedReport:
    return parse(document(claims=[{**CLAIM, **changes}, {**CLAIM, "asserted_by": "another"}]))


def test_a_claim_carries_its_quotation_with_offsets_in_characters() -> None:
    parsed = parse(DOCUMENT)
    (claim,) = parsed.claims
    assert parsed.rejected == []
    # The firecracker is one character, though four bytes and two UTF-16 units.
    assert claim["quote_start"] == 29
    assert DOCUMENT["text"][claim["quote_start"] : claim["quote_end"]] == claim["quotation"] == "281 million"
    assert claim["value"] == Decimal(281_000_000)
    assert (claim["hedge_phrase"], claim["hedge_level"]) == ("so he says", "alleged")
    assert claim["as_of_date"] == date(2020, 9, 25)
    assert claim["victim"] == "KuCoin"
    assert (claim["low"], claim["high"], claim["qualifier"]) == (None, None, "exact")
    assert parsed.report_row is not None
    versions = merge_versions([], [("reports", parsed.report_row)])
    assert rows_to_table(versions.documents, DOCUMENTS).num_rows == 1
    assert rows_to_table([{**claim, "document_version": 1}], CLAIMS).num_rows == 1


def test_a_range_has_two_ends_and_no_value() -> None:
    ends = {"value": None, "low": "270000000", "high": "281000000"}
    found = with_claim(**ends).claims[0]
    assert (found["value"], found["low"], found["high"]) == (None, 270_000_000, 281_000_000)
    assert (found["unit"], found["qualifier"]) == ("USD", "range")
    other = with_claim(**ends | {"high": "282000000"}).claims[0]
    assert found["claim_id"] != other["claim_id"]
    assert with_claim(qualifier="up_to").claims[0]["qualifier"] == "up_to"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"low": "1"}, "a range has 'low' and 'high' and no 'value'"),
        ({"low": "1", "high": "2"}, "a range has 'low' and 'high' and no 'value'"),
        ({"value": None, "low": "2", "high": "1"}, "'low' is above 'high'"),
        ({"qualifier": "range"}, "the qualifier does not fit the figure"),
        ({"qualifier": "roughly"}, "'qualifier' is 'roughly', not one of"),
        (
            {"value": None, "low": "1", "high": "2", "unit": None},
            "value and unit go together: both or neither",
        ),
    ],
)
def test_a_range_that_is_none_is_rejected(changes: dict[str, Any], reason: str) -> None:
    assert with_claim(**changes).rejected[0].reason.startswith(reason)


def test_ids_depend_on_source_keys_only() -> None:
    one = parse(DOCUMENT)
    renamed = parse(
        document(title="Another headline", claims=[{**CLAIM, "incident": "some-id", "note": "x"}])
    )
    assert one.report_row is not None
    assert renamed.report_row is not None
    assert one.report_row["document_id"] == renamed.report_row["document_id"]
    assert one.claims[0]["claim_id"] == renamed.claims[0]["claim_id"]
    assert with_claim(value="281000000.00").claims[0]["claim_id"] == one.claims[0]["claim_id"]
    assert with_claim(value="281000001").claims[0]["claim_id"] != one.claims[0]["claim_id"]
    keyed = parse(document(document_id="paper:2020-10-01:7"))
    assert keyed.report_row is not None
    assert keyed.report_row["document_id"] == "paper:2020-10-01:7"
    unlinked = [parse(document(url=None, title=title)).report_row for title in ("A", "B")]
    assert len({row["document_id"] for row in unlinked if row is not None}) == 2


def test_a_claim_without_hedge_is_stated_firmly() -> None:
    claim = with_claim(hedge=None).claims[0]
    assert (claim["hedge_phrase"], claim["hedge_level"]) == (None, "confirmed")


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"quotation": "282 million"}, "does not stand in the text"),
        ({"quotation": "281  million"}, "does not stand in the text"),
        ({"quotation": ""}, "'quotation' is empty"),
        ({"quotation": "x" * 501}, "at most 500"),
        ({"hedge": {"phrase": "perhaps", "level": "alleged"}}, "hedge phrase does not stand"),
        ({"hedge": {"phrase": None, "level": "maybe"}}, "not one of"),
        ({"hedge": "alleged"}, "no JSON object"),
        ({"claim_type": "lost"}, "not one of"),
        ({"value": 281000000}, "not written as text"),
        ({"value": 2.81e8}, "not written as text"),
        ({"value": "9" * 31}, "at most 30 digits"),
        ({"value": "1e400"}, "plain decimal"),
        ({"value": "NaN"}, "plain decimal"),
        ({"value": "-5"}, "plain decimal"),
        ({"value": "281,000,000"}, "plain decimal"),
        ({"value": "1.123456789"}, "8 decimals"),
        ({"value": "٢٨١"}, "plain decimal"),
        ({"value": None}, "needs a value"),
        ({"unit": None}, "go together"),
        ({"unit": "US dollars"}, "letters, digits"),
        ({"as_of": "2020-10-02"}, "after the document was published"),
        ({"as_of": "2020-02-30"}, "is not a day"),
        ({"as_of": None}, "'as_of' is no text"),
        ({"asserted_by": "  "}, "'asserted_by' is empty"),
        ({"actor": "a\x00b"}, "control character"),
        ({"note": "\ud800"}, "half a character"),
        ({"surprise": "x"}, "unknown fields: 'surprise'"),
    ],
)
def test_a_bad_claim_is_rejected_and_the_rest_goes_on(changes: dict[str, Any], reason: str) -> None:
    parsed = with_claim(**changes)
    assert [claim["asserted_by"] for claim in parsed.claims] == ["another"]
    (reject,) = parsed.rejected
    assert reject.row == 1
    assert reason in reject.reason
    assert len(reject.sample) <= 500


def test_a_missing_field_and_a_claim_that_is_no_object() -> None:
    claim = dict(CLAIM)
    del claim["as_of"]
    parsed = parse(document(claims=[claim, "x", None, CLAIM]))
    assert [reject.reason for reject in parsed.rejected] == [
        "'as_of' is missing",
        "this is no JSON object",
        "this is no JSON object",
    ]
    assert len(parsed.claims) == 1


def test_the_same_claim_twice_counts_once() -> None:
    parsed = parse(document(claims=[CLAIM, CLAIM]))
    assert len(parsed.claims) == 1
    assert "twice" in parsed.rejected[0].reason


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (b"\xff\xfe", "no JSON"),
        (b"{", "no JSON"),
        (b"[]", "no JSON object"),
        (b"[" * 200_000, "no JSON"),
        (b'{"title": "a", "title": "b"}', "stands twice"),
        (b" " * (MAX_BYTES + 1), "bytes"),
        (json.dumps(document(claims={})).encode(), "'claims' is no list"),
        (json.dumps(document(claims=[CLAIM] * 1001)).encode(), "at most 1000"),
        (json.dumps(document(published="1 October 2020")).encode(), "is not a day"),
        (json.dumps(document(url="file:///etc/passwd")).encode(), "no http address"),
        (json.dumps(document(title=5)).encode(), "'title' is no text"),
        (json.dumps(document(language="english please")).encode(), "language tag"),
        (json.dumps(document(extra=1)).encode(), "unknown fields"),
        (json.dumps(document(text="x" * 500_001)).encode(), "at most 500000"),
    ],
)
def test_a_broken_document_is_rejected_whole(value: bytes, reason: str) -> None:
    parsed = parse(value)
    assert parsed.report_row is None
    assert parsed.claims == []
    (reject,) = parsed.rejected
    assert reject.row == 0
    assert reason in reject.reason


def test_a_huge_integer_costs_nothing() -> None:
    text = json.dumps(document()).replace('"281000000"', "9" * 1_000_000)
    (reject,) = parse(text.encode()).rejected
    assert "not written as text" in reject.reason


def test_same_bytes_same_result() -> None:
    assert parse(DOCUMENT) == parse(DOCUMENT)
