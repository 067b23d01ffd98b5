"""The score of claims against the corpus counts what the guide calls right, and nothing else."""

from __future__ import annotations

import importlib.util
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

import pytest

CORPUS: Final = Path(__file__).parents[1] / "fixtures" / "claims_corpus"
Record = dict[str, Any]


@pytest.fixture(scope="module")
def scorer() -> Any:
    spec = importlib.util.spec_from_file_location("claims_corpus_score", CORPUS / "score.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def documents(scorer: Any) -> list[Record]:
    read: list[Record] = scorer.read_documents("dev")
    return read


def own_answers(documents: list[Record]) -> dict[str, list[Record]]:
    """The firm labels as answers."""
    return {
        f"{document['id']}.json": [dict(claim) for claim in document["claims"] if not claim["optional"]]
        for document in documents
    }


def test_the_labels_themselves_score_full(scorer: Any, documents: list[Record]) -> None:
    counts = scorer.score(documents, own_answers(documents))["all"]
    assert counts["labels"] == counts["found"] == counts["right"] == counts["answers"] > 300
    assert counts["speaker"] == counts["hedge"] == counts["level"] == counts["victim"] == counts["labels"]
    assert counts["negatives with a loss"] == 0
    assert counts["negatives"] >= 5


@pytest.mark.parametrize(
    ("factor", "found"), [("1.009", True), ("0.991", True), ("1.02", False), ("10", False)]
)
def test_an_amount_within_one_percent_is_found(
    scorer: Any, documents: list[Record], factor: str, found: bool
) -> None:
    answers = own_answers(documents)
    given = answers["dev-032.json"]
    loss = next(claim for claim in given if claim["claim_type"] == "loss")
    loss["value"] = str(Decimal(loss["value"]) * Decimal(factor))
    counts = scorer.score(documents, answers)["all"]
    assert counts["labels"] - counts["found"] == (0 if found else 1)
    assert counts["answers"] - counts["right"] == (0 if found else 1)


@pytest.mark.parametrize(
    ("kind", "change"),
    [
        ("loss", {"unit": "EUR"}),
        ("loss", {"claim_type": "recovered"}),
        ("date", {"value": "2001-01-01"}),
        ("attribution", {"actor": "Nobody Else"}),
        ("technique", {"start": 0, "end": 1}),
        ("technique", {"start": 0, "end": 1, "claim_type": "laundering_method"}),
    ],
)
def test_a_changed_claim_is_missed_and_wrong(
    scorer: Any, documents: list[Record], kind: str, change: Record
) -> None:
    answers = own_answers(documents)
    claim = next(
        claim for claim in answers["dev-010.json"] + answers["dev-001.json"] if claim["claim_type"] == kind
    )
    before = scorer.score(documents, answers)["all"]
    claim.update(change)
    after = scorer.score(documents, answers)["all"]
    assert before["found"] - after["found"] == 1
    assert before["right"] - after["right"] == 1
    assert len(scorer.wrong_answers(documents, answers)) == 1


def test_a_label_is_found_once_and_a_repeated_answer_is_right(scorer: Any, documents: list[Record]) -> None:
    answers = own_answers(documents)
    answers["dev-032.json"].append(dict(answers["dev-032.json"][0]))
    counts = scorer.score(documents, answers)["all"]
    assert counts["found"] == counts["labels"]
    assert counts["right"] == counts["answers"] == counts["labels"] + 1


def test_a_loss_on_a_document_without_a_theft_is_counted(scorer: Any, documents: list[Record]) -> None:
    answers = own_answers(documents)
    negative = next(document["id"] for document in documents if not document["is_theft"])
    answers[f"{negative}.json"] = [dict(answers["dev-032.json"][0], value="999")]
    counts = scorer.score(documents, answers)["all"]
    assert counts["negatives with a loss"] == 1
    assert counts["answers"] - counts["right"] == 1


@pytest.mark.parametrize(
    ("left", "right", "same"),
    [
        ("DPRK", "hackers affiliated with North Korea", True),
        ("Republic of Korea", "North Korea", False),
        ("Lazarus", "Lazarus Group", True),
        ("KuCoin CEO Johnny Lyu", "Johnny Lyu", True),
        ("author", "KuCoin", False),
        ("author", None, False),
        ("the FBI", "FBI", True),
        ("PeckShield", "CertiK", False),
    ],
)
def test_names_of_one_speaker(scorer: Any, left: str, right: str | None, same: bool) -> None:
    assert scorer.same_name(left, right) is same


def test_a_part_of_a_described_method_is_right_but_not_found(scorer: Any, documents: list[Record]) -> None:
    answers = own_answers(documents)
    claim = next(claim for claim in answers["dev-010.json"] if claim["claim_type"] == "laundering_method")
    claim["end"] = claim["start"] + 6
    counts = scorer.score(documents, answers)["all"]
    assert counts["labels"] - counts["found"] == 1
    assert counts["right"] == counts["answers"]
