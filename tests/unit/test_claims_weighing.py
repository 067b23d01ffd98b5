"""What stands around a figure, a date or a sentence decides with the rules, and where they are silent."""

from __future__ import annotations

import importlib.util
from datetime import date

import pytest

from clawback.claims import weighing_dates, weighing_figures
from clawback.claims.extract import extract_claims
from clawback.claims.figure_roles import NOTHING, Governed
from clawback.claims.finding import Finding
from clawback.claims.kind_cues import kinds_around
from clawback.claims.link_cues import may_link
from clawback.claims.points import ALWAYS, Points, points
from clawback.claims.reading import Reading, read
from clawback.claims.victims import Victims
from clawback.claims.weighing_dates import Told, theft_date_cues, told_of, weigh_dates
from clawback.claims.weighing_figures import FROM, table_of, weigh_figures
from clawback.claims.weighing_methods import UP_TO, weigh_methods

SURE = 9
TABLES = (*map(table_of, FROM), "date", "technique", "laundering_method", "made_whole", "linked_incident")


def _read(text: str) -> Reading:
    return read(text, title="Brightpool hacked", published=date(2024, 3, 6))


def _roles(reading: Reading, governed: list[Governed]) -> dict[str, str]:
    return {
        reading.text[item.figure.start : item.figure.end]: item.role
        for item in weigh_figures(reading, governed, SURE)
    }


def test_a_sum_has_the_points_of_its_cues_in_any_order_and_those_it_begins_with() -> None:
    table = Points({ALWAYS: -10, "stolen": 30, "price": -25})
    assert table.total(["stolen", "price", "moon"]) == table.total(["moon", "price", "stolen"]) == -5
    assert table.reasons(["price", "stolen"]) == "stolen"


@pytest.mark.parametrize("name", TABLES)
def test_the_verdict_of_the_rules_tells_in_each_table(name: str) -> None:
    role = next((role for role in FROM if table_of(role) == name), None)
    assert points(name).of("is found by rule" if role is None else f"is found by rule {role}") > 0


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
    assert {item.role for item in weigh_figures(reading, ruled, 1)} == {NOTHING}


def test_what_came_back_is_told_by_what_stands_around_it() -> None:
    reading = _read(
        "Hackers stole 4,100 ETH from Brightpool on Monday. The exploiter has since sent back 900 ETH to it."
    )
    assert _roles(reading, [])["900 ETH"] == "returned"


def test_a_share_that_no_rule_knows_is_nothing() -> None:
    reading = _read("Hackers stole from Brightpool and 84% and 900 ETH were recovered.")
    assert "84%" not in _roles(reading, [])


def test_a_rule_for_what_came_back_is_dropped_where_all_speaks_against_it() -> None:
    reading = _read("Hackers drained Brightpool and stole 900 ETH on Monday, the worst theft it has seen.")
    sentence = reading.sentences[0]
    ruled = [
        Governed(sentence, word, figure, "insured", None, "figure.insured:x")
        for word, figure in sentence.figures.items()
    ]
    assert _roles(reading, ruled) == {"900 ETH": "loss"}


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


def _told(reading: Reading) -> Told:
    return told_of(reading, [], {}, [])


def test_the_day_of_the_theft_is_told_from_the_day_of_a_hearing() -> None:
    reading = _read("Brightpool was hacked on 4 March 2024. The hearing in court is set for 9 March 2025.")
    assert [finding.when for finding in weigh_dates(reading, [], _told(reading), SURE)] == ["2024-03-04"]


def test_what_the_rules_read_beside_a_date_is_a_cue_for_it() -> None:
    reading = _read("Brightpool lost 900 ETH on 4 March 2024. It got 100 ETH back on 5 March 2024.")
    governed = [
        Governed(sentence, word, figure, role, None, "x")
        for sentence, role in zip(reading.sentences, ("loss", "recovered"), strict=True)
        for word, figure in sentence.figures.items()
    ]
    told = told_of(reading, governed, {0: [(1, 3)]}, [])
    first, second = reading.sentences
    cues = theft_date_cues(reading, first, min(first.dates), SURE, told, is_found=False)
    assert {"is found by rule loss", "is found by rule behind recovered", "is day 0"} <= cues
    assert "is found by rule theft" in cues
    later = theft_date_cues(reading, second, min(second.dates), SURE, told, is_found=False)
    assert {"is found by rule before theft", "is found by rule no theft", "is day 1"} <= later


def test_a_phrase_stands_before_or_behind_a_date_in_its_clause_or_not() -> None:
    reading = _read("On 4 March 2024, Brightpool said, hackers stole 900 ETH.")
    sentence = reading.sentences[0]
    around = kinds_around(sentence, min(sentence.dates))
    assert "k>| loss" in around
    assert not any(cue.startswith("k<") for cue in around)


def test_beside_a_firm_date_a_weak_one_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    reading = _read("Brightpool was hacked on 4 March 2024. A note of 9 January 2024 is about it.")
    monkeypatch.setattr(weighing_dates, "points", lambda _: Points({ALWAYS: 10, "<hacked": 300}))
    days = weigh_dates(reading, [], _told(reading), SURE)
    assert [finding.when for finding in days] == ["2024-03-04"]
    monkeypatch.setattr(weighing_dates, "points", lambda _: Points({ALWAYS: 10, "<hacked": 100}))
    days = weigh_dates(reading, [], _told(reading), SURE)
    assert [finding.when for finding in days] == ["2024-03-04", "2024-01-09"]


def test_the_role_with_most_points_is_the_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    reading = _read("Hackers broke into Brightpool, and there is a bounty of 900 ETH.")
    tables = {"loss": Points({ALWAYS: 50}), "figure_frozen": Points({ALWAYS: -60})}
    nothing = Points({ALWAYS: -900})
    monkeypatch.setattr(weighing_figures, "points", lambda name: tables.get(name, nothing))
    assert _roles(reading, []) == {"900 ETH": "loss"}
    tables["figure_frozen"] = Points({ALWAYS: 60})
    assert _roles(reading, []) == {"900 ETH": "frozen"}
    tables["loss"] = tables["figure_frozen"] = nothing
    assert _roles(reading, []) == {}


def test_a_heading_is_trusted_further_than_a_verb(monkeypatch: pytest.MonkeyPatch) -> None:
    reading = _read("310 BTC and some small change.")
    sentence = reading.sentences[0]
    ((word, figure),) = sentence.figures.items()
    against = {"loss": Points({ALWAYS: -150})}
    monkeypatch.setattr(weighing_figures, "points", lambda name: against.get(name, Points({ALWAYS: -900})))
    for rule, role in (("lead.loss", "loss"), ("figure.loss:lose", NOTHING)):
        ruled = [Governed(sentence, word, figure, "loss", None, rule)]
        assert _roles(reading, ruled) == {"310 BTC": role}


@pytest.mark.parametrize(
    "offer",
    [
        "Brightpool would pay a bounty to the hacker if he returned more than 90% of the funds.",
        "The exploiter returned nothing; the team hoped that 90% would be returned by Friday.",
        "If they returned $6 million, they could keep the rest.",
    ],
)
def test_what_is_offered_or_hoped_for_is_not_made_real_by_what_stands_around_it(offer: str) -> None:
    claims = extract_claims(
        f"The attacker drained $7.9 million from Brightpool on 3 May 2024. {offer}"
    ).claims
    assert {claim.claim_type for claim in claims if claim.value is not None} == {"loss"}


def test_a_link_that_only_points_find_needs_a_word_that_ties() -> None:
    text = "Hackers stole 900 ETH from Brightpool. {} It is a loss for all."
    tied = _read(text.format("The same group was behind the theft at Candlefi in May."))
    loose = _read(text.format("Its users are sad and want their coins."))
    victims = [Victims(reading, "Brightpool hacked", None) for reading in (tied, loose)]
    assert may_link(tied.sentences[1], victims[0])
    assert not may_link(loose.sentences[1], victims[1])


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
