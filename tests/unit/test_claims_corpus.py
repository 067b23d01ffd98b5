"""The hand-annotated documents say what their texts say, in the form that their guide describes."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

CORPUS: Final = Path(__file__).parents[1] / "fixtures" / "claims_corpus"
PARTS: Final = ("dev", "heldout")
AMOUNTS: Final = ("loss", "recovered", "frozen", "returned", "seized", "insured", "made_whole", "actor_total")
CLAIM_TYPES: Final = (
    *AMOUNTS,
    "attribution",
    "date",
    "technique",
    "laundering_method",
    "linked_incident",
)
QUALIFIERS: Final = ("exact", "at_least", "up_to", "about", "range")
LEVELS: Final = ("confirmed", "likely", "suspected", "alleged", "denied", "retracted")
STANCES: Final = ("named", "denied", "unknown")
CLAIM_FIELDS: Final = frozenset(
    [
        "claim_type",
        "value",
        "value_text",
        "unit",
        "qualifier",
        "low",
        "high",
        "incident",
        "victim",
        "victim_named",
        "actor",
        "actor_stance",
        "asserted_by",
        "via",
        "hedge",
        "hedge_level",
        "as_of",
        "as_of_phrase",
        "part",
        "written",
        "optional",
        "quote",
        "start",
        "end",
        "also",
    ]
)
DOCUMENT_FIELDS: Final = frozenset(
    [
        "id",
        "kind",
        "lang",
        "publisher",
        "title",
        "published",
        "url",
        "is_theft",
        "version_of",
        "text",
        "incidents",
        "claims",
    ]
)
EXACT: Final = re.compile(r"\d+(\.\d*[1-9])?")
DAY: Final = r"\d{4}(-\d\d(-\d\d(T\d\d:\d\dZ)?)?)?"
Record = dict[str, Any]


def documents(part: str) -> list[Record]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted((CORPUS / part).glob("*.json"))]


def claims(part: str) -> Iterator[tuple[Record, Record]]:
    for document in documents(part):
        for claim in document["claims"]:
            yield document, claim


def check_claim(where: str, text: str, claim: Record) -> None:
    """Fail where one claim contradicts its text or the form of its type."""
    kind = claim["claim_type"]
    assert kind in CLAIM_TYPES, where
    assert text[claim["start"] : claim["end"]] == claim["quote"] != "", where
    assert claim["quote"] == claim["quote"].strip(), where
    assert all(0 <= start < end <= len(text) for start, end in claim["also"]), where
    assert claim["hedge"] is None or claim["hedge"] in text, where
    assert claim["hedge_level"] is None or claim["hedge"] is not None, where
    assert claim["hedge_level"] in (None, *LEVELS), where
    assert claim["as_of_phrase"] is None or claim["as_of_phrase"] in text, where
    assert claim["as_of"] is None or re.fullmatch(f"{DAY}(/{DAY})?", claim["as_of"]), where
    assert claim["asserted_by"], where
    assert (claim["actor_stance"] in STANCES) == (kind == "attribution"), where
    if kind in AMOUNTS:
        check_amount(where, claim)
    elif kind == "date":
        assert re.fullmatch(DAY, claim["value"]), where
        date.fromisoformat((claim["value"][:10] + "-01-01")[:10])
    elif kind == "attribution":
        assert (claim["actor"] is None) == (claim["actor_stance"] == "unknown"), where
    else:
        assert claim["value_text"], where
        assert claim["value"] is None, where


def check_amount(where: str, claim: Record) -> None:
    """Fail where an amount is neither one exact figure, nor a range, nor words."""
    ways = [claim["value"] is not None, claim["low"] is not None, claim["value_text"] is not None]
    assert ways.count(True) == 1, where
    if claim["value_text"] is not None:
        assert claim["unit"] is None, where
        return
    assert claim["unit"], where
    assert claim["qualifier"] in QUALIFIERS, where
    assert (claim["qualifier"] == "range") == (claim["low"] is not None), where
    if claim["low"] is None:
        assert EXACT.fullmatch(claim["value"]), where
    else:
        assert Decimal(claim["low"]) < Decimal(claim["high"]), where


@pytest.mark.parametrize("part", PARTS)
def test_every_claim_stands_in_its_text(part: str) -> None:
    for document, claim in claims(part):
        assert set(claim) == CLAIM_FIELDS
        check_claim(f"{document['id']}: {claim['quote']!r}", document["text"], claim)
        assert claim["incident"] in document["incidents"] or claim["claim_type"] == "actor_total"


@pytest.mark.parametrize("part", PARTS)
def test_documents_have_the_form_of_the_guide(part: str) -> None:
    found = documents(part)
    names = [path.stem for path in sorted((CORPUS / part).glob("*.json"))]
    assert [document["id"] for document in found] == names
    by_id = {document["id"]: document for document in found}
    for document in found:
        assert set(document) == DOCUMENT_FIELDS
        assert document["text"] == document["text"].strip()
        assert document["published"] is None or re.fullmatch(DAY, document["published"])
        starts = [claim["start"] for claim in document["claims"]]
        assert starts == sorted(starts)
        if document["version_of"] is not None:
            earlier = by_id[document["version_of"]]
            assert earlier["url"] == document["url"]
            assert earlier["text"] != document["text"]


@pytest.mark.parametrize("part", PARTS)
def test_no_theft_document_holds_a_firm_loss_or_attribution(part: str) -> None:
    negatives = [document for document in documents(part) if not document["is_theft"]]
    assert len(negatives) >= 5
    for document in negatives:
        firm = {claim["claim_type"] for claim in document["claims"] if not claim["optional"]}
        assert firm.isdisjoint({"loss", "attribution"}), document["id"]


@pytest.mark.parametrize("part", PARTS)
def test_no_claim_is_labelled_twice(part: str) -> None:
    for document in documents(part):
        places = Counter(
            (claim["claim_type"], claim["value"], claim["unit"], claim["actor"], claim["start"], claim["end"])
            for claim in document["claims"]
        )
        assert max(places.values(), default=1) == 1, document["id"]


@pytest.mark.parametrize("part", PARTS)
def test_every_type_and_level_occurs(part: str) -> None:
    firm = [claim for _, claim in claims(part) if not claim["optional"]]
    assert {claim["claim_type"] for claim in firm} == set(CLAIM_TYPES)
    assert {claim["hedge_level"] for claim in firm} >= {"confirmed", "likely", "suspected", "alleged"}
