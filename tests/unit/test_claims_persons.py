"""Who did it, who says it and which thefts belong together, in tables of written sentences.

Many of them must give nothing: rescuers, finders, launderers, customers and speakers are no culprits, and a
theft that is larger, later or alike is no link.
"""

from __future__ import annotations

from collections import Counter
from datetime import date
from pathlib import Path

import pytest

from clawback.claims.claim import Claim
from clawback.claims.extract import extract_claims
from tests.evaluate.corpus import ROOT
from tests.evaluate.score import Aliases

TABLES = ROOT / "tests" / "fixtures"
PUBLISHED = date(2024, 3, 6)
LEAD = "Hackers stole $5 million from Brightpool on March 1, 2024.\n\n"
ALIASES = Aliases((ROOT / "tests" / "evaluate" / "aliases.txt").read_text("utf-8"))


def rows(name: str) -> list[list[str]]:
    lines = (TABLES / name).read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if line and not line.startswith("#")]


def claims(text: str, claim_type: str) -> list[Claim]:
    found = extract_claims(text, title="Brightpool hacked", published=PUBLISHED).claims
    return [claim for claim in found if claim.claim_type == claim_type]


def same_hedge(wanted: str, got: str | None) -> bool:
    if wanted == "-" or got is None:
        return (wanted == "-") == (got is None)
    return wanted.lower() in got.lower() or got.lower() in wanted.lower()


@pytest.mark.parametrize("row", rows("culprit_sentences.tsv"), ids=lambda row: str(row[4])[:60])
def test_who_is_held_responsible(row: list[str]) -> None:
    actors, stance, speaker, hedge, sentence = row
    found = claims(LEAD + sentence, "attribution")
    if stance == "-":
        assert found == []
        return
    assert {claim.actor_stance for claim in found} == {stance}
    if stance == "unknown":
        assert [claim.actor for claim in found] == [None]
    else:
        assert len(found) == len(actors.split(";"))
        for actor in actors.split(";"):
            assert any(ALIASES.same(actor, claim.actor) for claim in found)
    for claim in found:
        assert speaker == "?" or ALIASES.same(speaker, claim.asserted_by)
        assert hedge == "?" or same_hedge(hedge, claim.hedge)
        assert stance != "denied" or claim.hedge_level == "denied"


@pytest.mark.parametrize("row", rows("speaker_sentences.tsv"), ids=lambda row: str(row[3])[:60])
def test_who_says_it_and_how_firmly(row: list[str]) -> None:
    claim_type, speaker, hedge, text = row
    claim = claims(text, claim_type)[0]
    assert ALIASES.same(speaker, claim.asserted_by)
    assert hedge == "?" or same_hedge(hedge, claim.hedge)


@pytest.mark.parametrize("row", rows("link_sentences.tsv"), ids=lambda row: str(row[1])[:60])
def test_which_thefts_are_one_hands_work(row: list[str]) -> None:
    answer, sentence = row
    found = claims(LEAD + sentence, "linked_incident")
    assert len(found) == (1 if answer == "yes" else 0)
    assert all(claim.victim == "Brightpool" for claim in found)


def test_the_tables_hold_sentences_that_must_give_nothing() -> None:
    stances = Counter(row[1] for row in rows("culprit_sentences.tsv"))
    answers = Counter(row[0] for row in rows("link_sentences.tsv"))
    assert stances["-"] >= 80
    assert answers["no"] >= 20


@pytest.mark.parametrize(
    ("text", "actor", "value"),
    [
        (
            "North Korea has stolen more than $3 billion since 2017 in dozens of heists.",
            "DPRK",
            3_000_000_000,
        ),
        (
            "Lazarus Group stole a total of $1.3 billion in 47 hacks last year.",
            "Lazarus Group",
            1_300_000_000,
        ),
    ],
)
def test_what_one_hand_took_in_all(text: str, actor: str, value: int) -> None:
    (claim,) = claims(LEAD + text, "actor_total")
    assert (claim.actor, claim.value) == (actor, value)
    assert claim.victim is None


def test_coins_taken_across_chains_are_no_total() -> None:
    text = "Lazarus Group took $41 million from the platform's hot wallets across Ethereum and Polygon."
    assert claims(LEAD + text, "actor_total") == []


def test_one_theft_of_a_group_is_no_total() -> None:
    assert (
        claims("Lazarus Group stole $41 million from an exchange last year in a hack.", "actor_total") == []
    )


def test_what_a_text_says_of_all_its_charges_hedges_each() -> None:
    text = LEAD + "Daniel Okafor stole the coins.\n\nThe charges are merely allegations."
    (claim,) = claims(text, "attribution")
    assert (claim.hedge, claim.hedge_level) == ("merely allegations", "alleged")


def test_he_who_denies_is_the_culprit_named_before() -> None:
    text = LEAD + "Daniel Okafor was charged with the theft. He denies the charges."
    found = claims(text, "attribution")
    assert [(claim.actor, claim.actor_stance) for claim in found] == [
        ("Daniel Okafor", "named"),
        ("Daniel Okafor", "denied"),
    ]
    assert found[1].asserted_by == "Daniel Okafor"


def test_the_tables_are_where_the_tests_look() -> None:
    assert {path.name for path in Path(TABLES).glob("*_sentences.tsv")} == {
        "culprit_sentences.tsv",
        "speaker_sentences.tsv",
        "link_sentences.tsv",
    }
