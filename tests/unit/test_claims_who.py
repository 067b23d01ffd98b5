"""Who is meant by "he" and by "the defendants", labels that blame, and names of victims without capitals."""

from __future__ import annotations

from datetime import date

import pytest

from clawback.claims.agents import Agents
from clawback.claims.antecedents import are_many
from clawback.claims.called_names import called_names
from clawback.claims.culprit_clusters import one_name_each
from clawback.claims.culprits import attributions
from clawback.claims.finding import Finding
from clawback.claims.fold import fold
from clawback.claims.own_words import own_words, publisher_cues
from clawback.claims.reading import Reading, read
from clawback.claims.signed_names import signed_names
from clawback.claims.victims import Victims

LEAD = "Hackers stole $5 million from Brightpool on March 1, 2024."


def _read(text: str, language: str = "en", title: str = "Brightpool hacked") -> tuple[Reading, Agents]:
    reading = read(text, title=title, published=date(2024, 3, 6), language=language)
    return reading, Agents(reading, Victims(reading, fold(title)))


def _told(text: str) -> set[tuple[str | None, str | None]]:
    reading, agents = _read(f"{LEAD}\n\n{text}")
    return {(finding.actor, finding.stance) for finding in attributions(reading, agents)}


def test_he_is_whom_a_rule_blames_before_whom_the_text_told_of_last() -> None:
    told = _told(
        "Daniel Okafor, 25, was arrested over the theft. Tobias Renner watched. He denies any role in it."
    )
    assert ("Daniel Okafor", "denied") in told
    assert ("Tobias Renner", "denied") not in told


def test_they_are_many_and_it_is_nobody_before_is() -> None:
    reading, agents = _read(
        "Two men stole the coins. Daniel Okafor left. They had no part in it. It was dark."
    )
    assert [agent.name for agent in agents.referred(reading.sentences[2]) if agent.head == "they"] != []
    assert agents.referred(reading.sentences[3]) == []


def test_whoever_denies_for_another_is_not_cleared() -> None:
    told = _told("The chief executive denied that an employee was involved in the theft.")
    assert ("an employee", "denied") in told
    assert not any(actor is not None and "executive" in actor for actor, _ in told)


def test_who_clears_is_not_cleared() -> None:
    assert ("the operator", "denied") not in _told("The report was cleared by the operator.")


@pytest.mark.parametrize(
    ("text", "actor"),
    [
        ("Suspect: Daniel Okafor.", "Daniel Okafor"),
        ("Attribution by the police: Lazarus.", "Lazarus Group"),
        ('The culprit, who calls himself "nice guy", gave half of it back.', "nice guy"),
        ('A third suspect, an American who goes by "wrath", remains at large.', "wrath"),
    ],
)
def test_labels_and_by_names_blame(text: str, actor: str) -> None:
    assert (actor, "named") in _told(text)


@pytest.mark.parametrize(
    "text", ["Victim: Daniel Okafor.", 'The auditor, who calls himself "nice guy", left.']
)
def test_other_labels_and_by_names_do_not(text: str) -> None:
    assert _told(text) == set()


@pytest.mark.parametrize(
    ("name", "many"),
    [
        ("two men", True),
        ("the defendants", True),
        ("the man", False),
        ("Daniel Okafor", False),
        ("A and B", True),
    ],
)
def test_names_tell_of_one_or_of_many(name: str, many: bool) -> None:
    assert are_many(name) is many


def _blamed(*actors: str) -> list[Finding]:
    sentence = _read(LEAD)[0].sentences[0]
    return [
        Finding(sentence, "attribution", 0, 1, "test", actor=actor, stance="named", label=f"{actor} named")
        for actor in actors
    ]


def test_a_bare_description_is_whoever_the_text_blames_by_a_closer_name() -> None:
    found = one_name_each(_blamed("Daniel Okafor", "the defendant"))
    assert [finding.actor for finding in found] == ["Daniel Okafor", "Daniel Okafor"]
    assert found[1].label == "daniel okafor named"


def test_a_bare_description_of_another_number_tells_nothing_new() -> None:
    assert [finding.actor for finding in one_name_each(_blamed("Daniel Okafor", "both defendants"))] == [
        "Daniel Okafor"
    ]
    assert [finding.actor for finding in one_name_each(_blamed("the defendant"))] == ["the defendant"]


def test_a_code_with_a_hyphen_is_a_name() -> None:
    reading, _ = _read("We attribute the incident to UAC-0233 and to dev 12.")
    assert [agent.name for agent in called_names(reading, reading.sentences[0])] == ["UAC-0233"]


def test_a_verb_is_no_part_of_who_did_it() -> None:
    reading, agents = _read("Our investigators suspect the person behind it.")
    assert all("suspect" not in agent.name for agent in agents.of(reading.sentences[0]))


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ('Our wallet was emptied, and we are sorry. "We saw it," he said.', "en"),
        ("当社のウォレットから流出しました。当社は謝罪します。", "ja"),
        ("Nos billeteras fueron vaciadas; nuestro equipo investiga.", "es"),
    ],
)
def test_a_text_speaks_of_its_publisher_as_we(text: str, language: str) -> None:
    assert own_words(_read(text, language)[0]) == 2
    assert {"is publisher", "says we 2"} <= publisher_cues(_read(text, language)[0], "Brightpool")


def test_a_publisher_that_its_text_never_names_may_be_the_victim() -> None:
    reading = read(
        "Yesterday our hot wallet was emptied. We lost $5 million. Our team is working on it.",
        title="Update 3",
        language="en",
    )
    victims = Victims(reading, fold("Update 3"), "Tallow Protocol")
    assert "is never told" in victims.cases()["tallowprotocol"]
    assert victims.main == "Tallow Protocol"


@pytest.mark.parametrize(
    ("text", "title", "language", "name"),
    [
        ("取引所「港町」から流出した。", "流出", "ja", "港町"),
        ("ミナトエックスから約38億円相当が流出した。ハッカーは不明。", "流出", "ja", "ミナトエックス"),
        ("어제 누리렌딩에서 자산이 유출되었다.", "누리렌딩이 털렸다", "ko", "누리렌딩"),
    ],
)
def test_names_are_found_without_capitals(text: str, title: str, language: str, name: str) -> None:
    reading = read(text, title=title, language=language)
    found = signed_names(reading, fold(title))
    assert name in {own.text for own in found[0]}
    assert "ハッカー" not in {own.text for names in found.values() for own in names}


def test_a_text_without_such_signs_has_none() -> None:
    assert signed_names(_read(LEAD)[0], "Brightpool hacked") == {}
