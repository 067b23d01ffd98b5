"""What stands around a figure, a date or a sentence decides with the rules, and where they are silent."""

from __future__ import annotations

import importlib.util
from datetime import date

import pytest

from clawback.claims import weighing
from clawback.claims.extract import extract_claims
from clawback.claims.figure_roles import NOTHING, Governed
from clawback.claims.finding import Finding
from clawback.claims.points import ALWAYS, Points, points
from clawback.claims.reading import Reading, read
from clawback.claims.weighing import weigh_dates, weigh_losses
from clawback.claims.weighing_methods import UP_TO, weigh_methods

SURE = 9
TABLES = ("loss", "date", "technique", "laundering_method")


def _read(text: str) -> Reading:
    return read(text, title="Brightpool hacked", published=date(2024, 3, 6))


def _roles(reading: Reading, governed: list[Governed]) -> dict[str, str]:
    return {
        reading.text[item.figure.start : item.figure.end]: item.role
        for item in weigh_losses(reading, governed, SURE)
    }


def test_a_sum_has_the_points_of_its_cues_in_any_order_and_those_it_begins_with() -> None:
    table = Points({ALWAYS: -10, "stolen": 30, "price": -25})
    assert table.total(["stolen", "price", "moon"]) == table.total(["moon", "price", "stolen"]) == -5
    assert table.reasons(["price", "stolen"]) == "stolen"


@pytest.mark.parametrize("name", TABLES)
def test_the_verdict_of_the_rules_tells_in_each_table(name: str) -> None:
    table = points(name)
    assert table.of("is found by rule" if name != "loss" else "is found by rule loss") > 0


def test_a_loss_that_no_rule_found_is_found_by_what_stands_around_it() -> None:
    reading = _read("Hackers broke into Brightpool on Monday, and 4,100 ETH were stolen from its hot wallet.")
    assert _roles(reading, []) == {"4,100 ETH": "loss"}


def test_other_sums_of_a_report_are_no_losses() -> None:
    text = (
        "Hackers broke into Brightpool and stole $5 million. The company raised $43 million in a round that"
        " values it at $2 billion. Daily trading volume is $300 million, and the token trades at $1.20."
    )
    claims = extract_claims(text, title="Brightpool hacked", published=date(2024, 3, 6)).claims
    assert [claim.value for claim in claims if claim.claim_type == "loss"] == [5_000_000]


def test_a_loss_by_rule_is_dropped_where_all_around_speaks_against_it() -> None:
    reading = _read(
        "The team offers a bounty of $50,000 if the funds are returned, and pays rewards up to $40,000."
    )
    sentence = reading.sentences[0]
    ruled = [
        Governed(sentence, word, figure, "loss", None, "figure.loss:x")
        for word, figure in sentence.figures.items()
    ]
    assert ruled
    assert {item.role for item in weigh_losses(reading, ruled, 1)} == {NOTHING}


def test_what_came_back_and_shares_are_not_weighed() -> None:
    reading = _read("Hackers stole from Brightpool and 84% and 900 ETH were recovered.")
    sentence = reading.sentences[0]
    ruled = [
        Governed(sentence, word, figure, "recovered", None, "figure.recovered:recover")
        for word, figure in sentence.figures.items()
    ]
    assert weigh_losses(reading, ruled, SURE) == ruled


def test_a_way_of_theft_that_no_rule_found_is_quoted_with_its_clause() -> None:
    text = (
        "Hackers hit Brightpool. The attacker exploited a reentrancy vulnerability in the withdraw function."
    )
    found = weigh_methods(_read(text), [], "technique", SURE)
    assert [finding.sentence.number for finding in found] == [1]
    words = found[0].sentence.words[found[0].first : found[0].last]
    assert "reentrancy" in words
    assert found[0].rule.startswith("weighed.technique: ")


def test_what_a_rule_takes_for_laundering_against_all_that_stands_there_is_dropped() -> None:
    reading = _read(
        "Hackers hit Brightpool. The company will not hold a meeting with customers today at noon, and it"
        " said that we were told of no attack that a contract has a bug which users had been warned of."
    )
    wrong = Finding(reading.sentences[1], "laundering_method", 0, 3, "laundering.move:x", label="x")
    right_text = _read("Hackers hit Brightpool. The stolen funds were laundered through Tornado Cash.")
    right = Finding(right_text.sentences[1], "laundering_method", 0, 3, "laundering.move:x", label="x")
    assert UP_TO["laundering_method"] < 0
    assert weigh_methods(reading, [wrong], "laundering_method", 0) == []
    assert len(weigh_methods(right_text, [right], "laundering_method", SURE)) == 1


def test_the_day_of_the_theft_is_told_from_the_day_of_a_hearing() -> None:
    text = "Brightpool was hacked on 4 March 2024. The hearing in court is set for 9 March 2025."
    assert [finding.when for finding in weigh_dates(_read(text), [], SURE)] == ["2024-03-04"]


def test_what_a_rule_takes_for_something_else_needs_more_than_its_surroundings(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reading = _read("Hackers broke into Brightpool, and there is a bounty of 900 ETH.")
    sentence = reading.sentences[0]
    ruled = [
        Governed(sentence, word, figure, NOTHING, None, "figure.nothing:bounty")
        for word, figure in sentence.figures.items()
    ]
    monkeypatch.setattr(weighing, "points", lambda _: Points({ALWAYS: 50}))
    assert _roles(reading, ruled) == {"900 ETH": NOTHING}
    assert _roles(reading, []) == {"900 ETH": "loss"}
    monkeypatch.setattr(weighing, "points", lambda _: Points({ALWAYS: 500}))
    assert _roles(reading, ruled) == {"900 ETH": "loss"}


def test_beside_a_firm_date_a_weak_one_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    reading = _read("Brightpool was hacked on 4 March 2024. A note of 9 January 2024 is about it.")
    monkeypatch.setattr(weighing, "points", lambda _: Points({ALWAYS: 10, "<hacked": 300}))
    assert [finding.when for finding in weigh_dates(reading, [], SURE)] == ["2024-03-04"]
    monkeypatch.setattr(weighing, "points", lambda _: Points({ALWAYS: 10, "<hacked": 100}))
    assert [finding.when for finding in weigh_dates(reading, [], SURE)] == ["2024-03-04", "2024-01-09"]


def test_a_quotation_grows_to_its_clause_and_keeps_its_speaker() -> None:
    text = (
        "Hackers hit Brightpool. Halborn said the attacker abused a flash loan to bend the price of the pool."
    )
    reading = _read(text)
    words = reading.sentences[1].words
    first = words.index("flash")
    finding = Finding(reading.sentences[1], "technique", first, first + 2, "technique.x", label="x")
    (grown,) = weigh_methods(reading, [finding], "technique", SURE)
    assert grown.first <= first
    assert grown.last > first + 2
    assert grown.anchor == first


def test_other_languages_are_left_to_their_rules() -> None:
    text = "Hacker haben bei Brightpool 5 Millionen Dollar gestohlen. Der Kurs liegt bei 43.000 Dollar."
    claims = extract_claims(text, published=date(2024, 3, 6), language="de").claims
    assert [claim.value for claim in claims if claim.claim_type == "loss"] == [5_000_000]
    assert not any(claim.rule.startswith("weighed") for claim in claims if claim.claim_type != "loss")


def test_learning_again_makes_the_same_tables() -> None:
    if importlib.util.find_spec("sklearn") is None:
        pytest.skip("scikit-learn is not installed (uv sync --group learn)")
    from tests.evaluate.corpus import CORPUS, load
    from tests.evaluate.learn import cases, learn

    known = cases(load(CORPUS / "dev"))
    for name in TABLES:
        learned = learn(name, known[name])
        assert all(abs(worth - points(name).of(cue)) <= 1 for cue, worth in learned.items())
