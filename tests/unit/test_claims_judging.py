"""What a reader says of a claim counts for that claim as it stands, and for no other."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest

from clawback.claims.claim import Claim
from clawback.claims.extract import extract_claims
from tests.evaluate.corpus import Document, Label
from tests.evaluate.judging import Verdicts, judged, questions, verdicts
from tests.evaluate.score import Aliases, Score, score_document

TEXT = "Brightpool was hacked on Monday. The thief stole $5 million in USDC. Lendfold lost $3 million in May."
LABEL = Label(
    claim_type="loss",
    value="5000000",
    unit="USD",
    low=None,
    high=None,
    qualifier=None,
    victim=None,
    actor=None,
    stance=None,
    asserted_by="author",
    hedge=None,
    level=None,
    as_of=None,
    spans=((43, 59),),
    optional=False,
    quote=TEXT[43:59],
)
DOCUMENT = Document(
    name="001.json",
    kind="report",
    text=TEXT,
    title="",
    published=date(2024, 3, 6),
    publisher=None,
    language="en",
    is_theft=True,
    labels=[LABEL],
)
ALIASES = Aliases("")
DAY = date(2024, 3, 7)


def _claims() -> list[Claim]:
    return list(extract_claims(TEXT, published=DOCUMENT.published).claims)


def _judged(right: bool) -> Verdicts:
    key = questions([DOCUMENT], Verdicts([]), ALIASES, seed=3)
    sheet = [{"id": row["id"], "right": right, "reason": "as the text says"} for row in key]
    return Verdicts(verdicts(sheet, key, "a reader", DAY))


def _lendfold() -> Claim:
    return next(claim for claim in _claims() if claim.value == 3_000_000)


def test_only_claims_without_an_answer_are_asked_and_the_labelled_one_among_them() -> None:
    key = questions([DOCUMENT], Verdicts([]), ALIASES, seed=3)
    assert [row["value"] for row in key if row["labelled"]] == ["5000000"]
    assert "3000000" in [row["value"] for row in key if not row["labelled"]]
    assert "5000000" not in [row["value"] for row in key if not row["labelled"]]


def test_a_claim_judged_right_is_not_asked_again_and_counts_as_right() -> None:
    known = _judged(True)
    assert questions([DOCUMENT], known, ALIASES, seed=3) == []
    score = Score()
    score_document(DOCUMENT, [_lendfold()], score, ALIASES, known.right)
    assert score.precision({"loss"}) == (1, 1)
    assert known.mixed_in == [1, 1]


def test_a_claim_judged_wrong_counts_as_wrong_and_measures_the_reader() -> None:
    known = _judged(False)
    score = Score()
    score_document(DOCUMENT, [_lendfold()], score, ALIASES, known.right)
    assert score.precision({"loss"}) == (0, 1)
    assert score.unjudged == 0
    assert known.mixed_in == [0, 1]


@pytest.mark.parametrize("change", [{"quote": "lost $3 million in"}, {"value": 4_000_000}, {"unit": "EUR"}])
def test_a_claim_that_changes_has_no_verdict_and_counts_as_wrong(change: dict[str, object]) -> None:
    known = _judged(True)
    score = Score()
    score_document(DOCUMENT, [replace(_lendfold(), **change)], score, ALIASES, known.right)  # type: ignore[arg-type]  # fields of a claim by name
    assert score.precision({"loss"}) == (0, 1)
    assert score.unjudged == 1


def test_a_sheet_with_an_open_question_is_refused() -> None:
    key = questions([DOCUMENT], Verdicts([]), ALIASES, seed=3)
    sheet = [{"id": row["id"], "right": True, "reason": "said"} for row in key]
    sheet[0]["right"] = None
    with pytest.raises(ValueError, match=f"question {key[0]['id']} has no verdict"):
        verdicts(sheet, key, "a reader", DAY)


@pytest.mark.parametrize("part", ["shared", "heldout"])
def test_kept_verdicts_say_who_when_and_why_and_hold_no_text(part: str) -> None:
    rows = [json.loads(line) for line in judged(part).read_text("utf-8").splitlines()]
    assert rows
    for row in rows:
        assert row["judge"]
        assert row["reason"]
        assert date.fromisoformat(row["date"]) <= date.max
        assert sorted(row) == [
            "claim",
            "claim_type",
            "date",
            "document",
            "judge",
            "labelled",
            "reason",
            "right",
        ]
