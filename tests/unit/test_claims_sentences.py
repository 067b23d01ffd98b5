"""What is said of a figure, sentence by sentence, in the words of many kinds of authors."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

from clawback.claims.claim import Claim
from clawback.claims.extract import extract_claims

SENTENCES = Path(__file__).parents[1] / "fixtures" / "claims_sentences" / "figures.txt"
BEFORE = "Attackers broke into the lending protocol Brightpool on Monday.\n\n"
DAY = date(2024, 3, 6)
AMOUNTS = {"loss", "recovered", "returned", "frozen", "seized", "insured", "made_whole"}


def figures_of(claims: tuple[Claim, ...]) -> set[str]:
    """The amounts as the file writes them."""
    return {_written(claim) for claim in claims if claim.claim_type in AMOUNTS}


def _written(claim: Claim) -> str:
    if claim.value is None and claim.low is None:
        return f"{claim.claim_type} -"
    value = str(claim.value) if claim.value is not None else f"{claim.low}..{claim.high}"
    return f"{claim.claim_type} {value} {claim.unit}"


def wrong_sentences() -> tuple[int, list[str]]:
    """How many sentences there are, and those whose figures are read otherwise."""
    wrong = []
    lines = [line for line in SENTENCES.read_text("utf-8").splitlines() if line and line[0] != "#"]
    for line in lines:
        wanted, _, sentence = line.partition(" | ")
        expected = {part.strip() for part in wanted.split(";")} - {"-"}
        found = figures_of(extract_claims(BEFORE + sentence, title="Brightpool hacked", published=DAY).claims)
        if found != expected:
            wrong.append(f"{sentence} -> {sorted(found)}")
    return len(lines), wrong


def test_the_figures_of_sentences_mean_what_their_file_says() -> None:
    count, wrong = wrong_sentences()
    assert count >= 200
    assert wrong == []


def test_a_figure_is_exact_as_it_is_written() -> None:
    claims = extract_claims(BEFORE + "They stole $1.005 million.", title="Brightpool hacked").claims
    assert [claim.value for claim in claims if claim.claim_type == "loss"] == [Decimal(1_005_000)]
