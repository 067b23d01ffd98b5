"""Culprits and victims that no rule's phrase names are found by what stands around them."""

from __future__ import annotations

from datetime import date

import pytest

from clawback.claims.agent import Who
from clawback.claims.agents import Agents
from clawback.claims.claim import Claim
from clawback.claims.extract import extract_claims
from clawback.claims.fold import fold
from clawback.claims.reading import Reading, read
from clawback.claims.victims import Victims
from clawback.claims.weighing_culprits import UP_TO, weigh_culprits

LEAD = "Hackers stole $5 million from Brightpool on March 1, 2024."
SURE = 8


def _claims(text: str, title: str = "Brightpool hacked") -> list[Claim]:
    return list(extract_claims(f"{LEAD}\n\n{text}", title=title, published=date(2024, 3, 6)).claims)


def _agents(text: str) -> tuple[Reading, Agents]:
    reading = read(text, title="Brightpool hacked", published=date(2024, 3, 6))
    return reading, Agents(reading, Victims(reading, fold("Brightpool hacked")))


def test_words_that_point_back_stand_for_whom_the_text_told_of_last() -> None:
    reading, agents = _agents("Police arrested Daniel Okafor, 25, over the theft. He denies it.")
    (back,) = agents.referred(reading.sentences[1])
    assert (back.name, back.who, back.head) == ("Daniel Okafor", Who.REFERRED, "he")
    assert agents.referred(reading.sentences[0]) == []


def test_a_band_is_not_whom_he_points_at() -> None:
    reading, agents = _agents("Lazarus Group drained the pool. He denies it.")
    assert all(agent.head != "he" for agent in agents.referred(reading.sentences[1]))


@pytest.mark.parametrize(
    "text", ["Police arrested Daniel Okafor, 25, over the theft. He denies any role in it."]
)
def test_a_pronoun_denies(text: str) -> None:
    told = {(claim.actor, claim.actor_stance) for claim in _claims(text) if claim.claim_type == "attribution"}
    assert ("Daniel Okafor", "denied") in told


def test_points_blame_where_no_rule_does_and_name_their_reasons() -> None:
    reading, agents = _agents(f"{LEAD} Investigators blame Lazarus Group, named as the culprit of the theft.")
    found = weigh_culprits(reading, agents, [], SURE)
    assert [(item.actor, item.stance) for item in found] == [("Lazarus Group", "named")]
    assert found[0].rule.startswith("weighed.attribution: ")


def test_a_comparison_blames_nobody() -> None:
    reading, agents = _agents(f"{LEAD} It was the largest theft since Lazarus Group stole from Ronin.")
    assert weigh_culprits(reading, agents, [], SURE) == []
    assert all(points <= 0 for points in UP_TO.values())


def test_a_paragraph_has_the_victim_that_it_begins_with() -> None:
    text = (
        "The lending protocol Candlefi was hacked on March 2, 2024, and lost $3 million.\n\n"
        "Brightpool will reopen in April."
    )
    victims = {claim.victim for claim in _claims(text) if claim.value == 3_000_000}
    assert victims == {"Candlefi"}


def test_the_words_of_a_name_are_no_cue_of_it() -> None:
    reading = read(LEAD, title="Brightpool hacked")
    other = read(LEAD.replace("Brightpool", "Stormvale"), title="Stormvale hacked")
    one = Victims(reading, fold("Brightpool hacked")).cases()["brightpool"]
    assert one == Victims(other, fold("Stormvale hacked")).cases()["stormvale"]


def test_who_stole_it_did_not_lose_it() -> None:
    for claim in _claims("Daniel Okafor, 25, was charged with stealing the coins."):
        assert claim.actor is None or claim.victim == "Brightpool"


def test_a_judge_is_nobody_that_a_text_blames() -> None:
    text = "Okafor pleaded guilty to the theft before United States District Judge Paul Gardner."
    blamed = {claim.actor for claim in _claims(text) if claim.claim_type == "attribution"}
    assert "Paul Gardner" not in blamed


def test_the_house_is_robbed_and_not_its_chief() -> None:
    text = "The exchange lost $5 million. KuCoin CEO Johnny Lyu said $2 million was recovered. Lyu is sorry."
    claims = extract_claims(text, published=date(2024, 3, 6)).claims
    assert {claim.victim for claim in claims if claim.claim_type == "recovered"} == {"KuCoin"}
