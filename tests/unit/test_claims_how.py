"""Sentences of many hands and nine other languages: how, by what ways, when, and what tells nothing.

The tables stand in `tests/fixtures/claims_sentences`. A stretch in [[ ]] must be quoted as answers of the
corpus must: half of it in a quotation that is at most three times as long.
"""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from clawback.claims.claim import Claim
from clawback.claims.extract import extract_claims

TABLES = Path(__file__).parents[1] / "fixtures" / "claims_sentences"
PUBLISHED = date(2024, 3, 14)
MARKED = re.compile(r"\[\[(.*?)\]\]")


def lines(name: str) -> list[str]:
    text = (TABLES / f"{name}.txt").read_text("utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def of_type(text: str, claim_type: str, language: str = "en") -> list[Claim]:
    found = extract_claims(text, published=PUBLISHED, language=language).claims
    return [claim for claim in found if claim.claim_type == claim_type]


def tells_its_method(claim_type: str, line: str) -> bool:
    found = of_type(line.replace("[[", "").replace("]]", ""), claim_type)
    stretch = MARKED.search(line)
    if stretch is None:
        return not found
    start, length = stretch.start(), len(stretch.group(1))
    return any(
        2 * (min(start + length, claim.end) - max(start, claim.start)) >= length
        and claim.end - claim.start <= 3 * length
        for claim in found
    )


def tells_its_day(line: str) -> bool:
    text, wanted = line.rsplit("|", 1)
    return [claim.when for claim in of_type(text.strip(), "date")] == wanted.split()


@pytest.mark.parametrize(
    ("name", "claim_type"), [("technique", "technique"), ("laundering", "laundering_method")]
)
def test_sentences_tell_their_method_or_none(name: str, claim_type: str) -> None:
    """Points weigh what rules find, so that a sentence without a text around it may go the other way."""
    wrong = [line for line in lines(name) if not tells_its_method(claim_type, line)]
    assert 20 * len(wrong) <= len(lines(name)), wrong


def test_sentences_tell_the_day_of_the_theft_or_none() -> None:
    wrong = [line for line in lines("dates") if not tells_its_day(line)]
    assert 10 * len(wrong) <= len(lines("dates")), wrong


@pytest.mark.parametrize("line", lines("languages"))
def test_a_sentence_of_another_language_gives_its_claims_and_no_others(line: str) -> None:
    language, text, wanted = (part.strip() for part in line.split("|"))
    found = extract_claims(text, published=PUBLISHED, language=language).claims
    assert {_told(claim) for claim in found} == {part.strip() for part in wanted.split(";") if part.strip()}


def _told(claim: Claim) -> str:
    if claim.value is not None:
        return f"{claim.claim_type} {claim.value} {claim.unit}"
    if claim.claim_type == "date":
        return f"date {claim.when}"
    if claim.claim_type == "attribution":
        return f"attribution {claim.actor or claim.actor_stance}"
    return claim.claim_type


def test_a_list_of_possible_causes_tells_none() -> None:
    text = (
        "Thieves took $5 million from the exchange Brightpool on Monday.\n\nSeveral possible reasons:\n\n"
        "- Staff: it could have been carried out by a member of staff with a leaked private key.\n"
        "- Servers: the thieves may have exploited a flaw in the servers.\n"
    )
    types = ("technique", "attribution")
    assert [claim for claim in extract_claims(text).claims if claim.claim_type in types] == []
    told = text.replace("Several possible reasons", "What we know").replace("could have been", "was")
    assert [claim.quote for claim in extract_claims(told).claims if claim.claim_type in types] != []
