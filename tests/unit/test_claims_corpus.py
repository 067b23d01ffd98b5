"""The hand-annotated documents say what their texts say, in the form that their guide describes."""

from __future__ import annotations

import hashlib
import json
import re
import subprocess
import sys
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
SIDE_FIELDS: Final = frozenset(["name", "date", "loss", "unit", "chain", "source", "text"])
UNDECIDED: Final = ("same amount", 2148, 2528)
SHORT_EXCERPT: Final = 180
EXACT: Final = re.compile(r"\d+(\.\d*[1-9])?")
DAY: Final = r"\d{4}(-\d\d(-\d\d(T\d\d:\d\dZ)?)?)?"
Record = dict[str, Any]


def documents(part: str) -> list[Record]:
    return [json.loads(path.read_text(encoding="utf-8")) for path in sorted((CORPUS / part).glob("*.json"))]


def claims(part: str) -> Iterator[tuple[Record, Record]]:
    for document in documents(part):
        for claim in document["claims"]:
            yield document, claim


def pair_records() -> list[Record]:
    lines = (CORPUS / "pairs.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


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


def test_pairs_have_the_form_of_the_guide() -> None:
    pairs = pair_records()
    assert [pair["id"] for pair in pairs] == [f"p{number:03d}" for number in range(1, len(pairs) + 1)]
    assert Counter(pair["same"] for pair in pairs)[False] >= 100
    sides = [json.dumps([pair["left"], pair["right"]], sort_keys=True) for pair in pairs]
    assert len(set(sides)) == len(pairs) >= 200
    for pair in pairs:
        assert pair["trap"], pair["id"]
        assert pair["why"], pair["id"]
        for side in (pair["left"], pair["right"]):
            assert set(side) in ({"row", "sha256"}, SIDE_FIELDS), pair["id"]
            assert (pair["drawn"] == "written") == (set(side) == SIDE_FIELDS), pair["id"]


def test_pairs_name_the_rows_that_were_read(shared_facts: Path) -> None:
    rows = shared_facts / "data" / "reports" / "incidents_by_source.csv"
    lines = rows.read_text(encoding="utf-8").splitlines()
    sides = [pair[side] for pair in pair_records() for side in ("left", "right") if "row" in pair[side]]
    assert len(sides) >= 400
    for side in sides:
        digest = hashlib.sha256(lines[side["row"] - 1].encode()).hexdigest()
        assert digest.startswith(side["sha256"]), side


def test_drawn_pairs_are_those_of_the_seed(shared_facts: Path) -> None:
    rows = shared_facts / "data" / "reports" / "incidents_by_source.csv"
    printed = subprocess.run(
        [sys.executable, str(CORPUS / "draw_pairs.py"), str(rows)], check=True, capture_output=True, text=True
    ).stdout
    drawn = {
        (row["kind"], row["left"]["row"], row["right"]["row"])
        for row in map(json.loads, printed.splitlines())
    }
    judged = {
        (pair["drawn"], pair["left"]["row"], pair["right"]["row"])
        for pair in pair_records()
        if pair["drawn"] not in ("named", "written")
    }
    assert drawn - judged == {UNDECIDED}
    assert judged <= drawn


def test_answers_for_the_shared_reports_stand_in_their_texts(shared_facts: Path) -> None:
    answers = json.loads((CORPUS / "shared_reports.json").read_text(encoding="utf-8"))
    assert len(answers) >= 80
    for name, answer in answers.items():
        path = shared_facts / "data" / "reports" / name
        content = path.read_bytes()
        assert hashlib.sha256(content).hexdigest() == answer["sha256"], name
        text = json.loads(content)["text"] if path.suffix == ".json" else content.decode()
        for claim in answer["claims"]:
            # The texts are not ours to pass on: a quotation stands here as its place and its digest.
            assert set(claim) == CLAIM_FIELDS - {"quote"} | {"quote_sha256"}
            quote = text[claim["start"] : claim["end"]]
            assert hashlib.sha256(quote.encode()).hexdigest()[:16] == claim["quote_sha256"], name
            assert len(quote) <= SHORT_EXCERPT, name
            check_claim(f"{name}: {quote!r}", text, claim | {"quote": quote})
