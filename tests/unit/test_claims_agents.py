"""Who may have done it in an English sentence, and the cues of the clause he stands in."""

from __future__ import annotations

from datetime import date

import pytest

from clawback.claims.agent import Agent, Who
from clawback.claims.agents import Agents
from clawback.claims.culprit_clauses import clause_cues
from clawback.claims.culprits import attributions
from clawback.claims.fold import fold
from clawback.claims.reading import Reading, read
from clawback.claims.victims import Victims


def _read(text: str) -> tuple[Reading, Agents]:
    reading = read(text, title="Brightpool hacked", published=date(2024, 3, 6))
    return reading, Agents(reading, Victims(reading, fold("Brightpool hacked")))


def _agents(text: str) -> dict[str, Agent]:
    reading, agents = _read(text)
    return {agent.name: agent for sentence in reading.sentences for agent in agents.of(sentence)}


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("The account @quietbadger emptied the vault.", "quietbadger"),
        ("The coins went to whoever owns lanternfish.eth that night.", "lanternfish.eth"),
        ('A crew styling itself "Velvet Anvil" drained the pool.', "Velvet Anvil"),
        ("Analysts blame UNC9182 for it.", "UNC9182"),
        ("Unit 61419 is behind the theft.", "Unit 61419"),
    ],
)
def test_handles_quoted_names_and_codes_can_be_culprits(text: str, name: str) -> None:
    assert _agents(text)[name].who is Who.HANDLE


def test_a_quotation_is_no_name() -> None:
    assert all(agent.who is not Who.HANDLE for agent in _agents('He said "sorry" and left.').values())


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("Police point to a criminal organisation.", "a criminal organisation"),
        ("They believe that a group from Iran did it.", "a group from Iran"),
        ("The wallet was emptied by outsiders.", "outsiders"),
        ("It was a patient and well funded attacker.", "a patient and well funded attacker"),
        ("There is no sign of a state.", "a state"),
    ],
)
def test_bodies_are_told_of_in_general_words(text: str, name: str) -> None:
    found = _agents(text)
    assert any(agent.who in {Who.BODY, Who.DESCRIBED} and agent.name in name for agent in found.values())


def test_the_attacker_alone_is_nobody_in_particular() -> None:
    assert _agents("The attacker drained the pool and the hackers left.") == {}


def test_no_rule_reads_whoever_is_told_of_in_general_words() -> None:
    reading, agents = _read("The wallet was emptied by outsiders, who stole 40 BTC.")
    assert [agent.who for agent in agents.of(reading.sentences[0])] == [Who.BODY]
    assert attributions(reading, agents) == []


@pytest.mark.parametrize(
    ("text", "cue"),
    [
        ("Lazarus Group stole the coins.", "reaches steal"),
        ("Lazarus Group did not steal the coins, but it stole others.", "not behind"),
        ("Investigators blame Lazarus Group.", "reached blame_before sure"),
        ("The pool was drained by Lazarus Group.", "by theft"),
        ("The page was run by Lazarus Group.", "by passive"),
        ("Lazarus Group said on Monday that it sleeps.", "reaches say"),
    ],
)
def test_a_predicate_is_a_cue_of_whose_it_is(text: str, cue: str) -> None:
    reading, agents = _read(text)
    (agent,) = agents.of(reading.sentences[0])
    assert cue in clause_cues(reading.sentences[0], agent, [agent])


def test_a_predicate_of_another_is_no_cue() -> None:
    reading, agents = _read("Lazarus Group was quiet while Daniel Okafor stole the coins.")
    group = agents.of(reading.sentences[0])[0]
    assert "reaches steal" not in clause_cues(reading.sentences[0], group, agents.of(reading.sentences[0]))


def test_a_suspicion_stands_for_whom_it_is_about() -> None:
    reading, agents = _read("Some suspect Lazarus Group. We consider this attribution wrong.")
    (back,) = agents.referred(reading.sentences[1])
    assert (back.name, back.who) == ("Lazarus Group", Who.REFERRED)


def test_a_text_tells_how_often_it_names_somebody_and_whether_he_speaks() -> None:
    reading, agents = _read("Daniel Okafor said he was robbed. Daniel Okafor left. Lazarus Group stole it.")
    person, group = agents.of(reading.sentences[0])[0], agents.of(reading.sentences[2])[0]
    first, _, last = reading.sentences
    told, other = agents.standing(first, person), agents.standing(last, group)
    assert (told.told, told.speaks_or_was_robbed) == (2, True)
    assert (other.told, other.speaks_or_was_robbed) == (1, False)
