"""Lines that begin with their date: what the line says first is what happened on that day."""

from __future__ import annotations

from datetime import date

import pytest

from clawback.claims.event_places import counts_back, thefts_in
from clawback.claims.events import theft_dates
from clawback.claims.extract import extract_claims
from clawback.claims.reading import Sentence, read
from clawback.claims.timeline import entry_of, theft_of_entry

PUBLISHED = date(2024, 3, 14)


def _sentence(text: str) -> Sentence:
    return read(text, published=PUBLISHED).sentences[0]


def _days(text: str) -> list[str | None]:
    found = extract_claims(text, title="Brightpool hacked", published=PUBLISHED).claims
    return [claim.when for claim in found if claim.claim_type == "date"]


@pytest.mark.parametrize(
    ("line", "begins"),
    [
        ("- March 3, 2024: Thieves came.", "thieves"),
        ("- March 3, 2024, 04:10 PM UTC: Thieves came.", "thieves"),
        ("3 March 2024 14:20 (CET) \u2014 Thieves came.", "thieves"),
        ("March 3, 2024 was the day: thieves came.", None),
        ("On March 3, 2024: thieves came.", None),
        ("Thieves came.", None),
    ],
)
def test_an_entry_begins_with_its_date_and_a_mark(line: str, begins: str | None) -> None:
    sentence = _sentence(line)
    entry = entry_of(sentence)
    assert (None if entry is None else sentence.words[entry[1]]) == begins


@pytest.mark.parametrize(
    ("told", "word"),
    [
        ("An attacker drained the vault of Brightpool.", "drained"),
        ("The attack began with a small transfer.", "attack"),
        ("Brightpool's engineers detected an unauthorised withdrawal.", "unauthorised"),
        ("Brightpool reported the hack and called the police.", None),
        ("The hack was disclosed on the project's blog.", None),
        ("The team came up with a reward for the amount stolen.", None),
        ("Leaked minutes reveal that the vault was drained.", None),
        ("Half of the staff lost access to the back office before the attack.", None),
        ("Brightpool refunded everyone who was robbed.", None),
        ("A firm of analysts, hired by Brightpool, retrieved $4 million through a counter-exploit.", None),
        ("Regulators wrote a letter.", None),
    ],
)
def test_the_first_predicate_of_an_entry_tells_what_its_day_is(told: str, word: str | None) -> None:
    sentence = _sentence(f"- March 3, 2024: {told}")
    entry = entry_of(sentence)
    assert entry is not None
    place = theft_of_entry(sentence, entry[1], thefts_in(sentence), [])
    assert (None if place is None else sentence.words[place[0]]) == word


def test_of_a_timeline_only_the_days_of_thefts_are_claims() -> None:
    text = (
        "Timeline\n\n"
        "- March 2, 2024, 11:05 PM UTC: The attacker gained access to the hot wallet and withdrew 900 ETH.\n"
        "- March 4, 2024, 08:00 AM UTC: The Brightpool team said that 900 ETH were stolen from it.\n"
        "- March 5, 2024, 09:30 AM UTC: An analyst tweeted about the hack with a loss of $3 million.\n"
        "- March 9, 2024: Brightpool paid its users for the stolen coins.\n"
    )
    assert _days(text) == ["2024-03-02T23:05Z"]


def test_the_first_line_of_a_timeline_is_not_taken_for_the_day_where_no_line_tells_a_theft() -> None:
    line = "January 5, 2023: Brightpool's chairman left his post. Hackers stole 900 ETH."
    prose = "January 5, 2023 was when Brightpool's alarm went off. Hackers stole 900 ETH."
    assert [finding.rule for finding in theft_dates(read(prose), {})] == ["date.first"]
    assert theft_dates(read(line), {}) == []


def test_how_long_before_a_theft_something_was_is_no_day_of_the_theft() -> None:
    text = "It was 9 March 2024. Staff lost their keys seven days before the attack."
    told = read(text)
    sentence = told.sentences[1]
    assert counts_back(told, sentence, next(iter(sentence.dates)))
    assert {finding.sentence.number for finding in theft_dates(told, {1: [(1, 2)]})} <= {0}
    after = read("It was 9 March 2024. Two days before, the attack had begun.")
    assert not counts_back(after, after.sentences[0], next(iter(after.sentences[0].dates)))
