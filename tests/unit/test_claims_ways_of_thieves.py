"""Ways of theft are those of thieves: not of rescuers, not what is advised, feared or done about it after."""

from __future__ import annotations

from datetime import date

import pytest

from clawback.claims.finding import Finding
from clawback.claims.reading import Reading, read
from clawback.claims.ways import ways_of
from clawback.claims.ways_of_thieves import ways_of_thieves

PUBLISHED = date(2024, 3, 14)


def _way(reading: Reading, first: int, *, rule: str = "technique.x") -> Finding:
    sentence = reading.sentences[0]
    return Finding(sentence, "technique", first, len(sentence.words), rule, label="x")


def _kept(text: str, word: str, *, rule: str = "technique.x") -> bool:
    reading = read(text, published=PUBLISHED)
    way = _way(reading, reading.sentences[0].words.index(word), rule=rule)
    return ways_of_thieves([way]) == [way]


@pytest.mark.parametrize(
    ("text", "word", "is_kept"),
    [
        ("The thief used the leaked key of a signer.", "used", True),
        ("The recovery was made possible by a key that agents copied from his laptop.", "copied", False),
        ("In a counter-hack, engineers used the flaw once more to take over his vault.", "used", False),
        ("The thief copied the recovery phrase of the owner.", "copied", True),
        ("The thief later advised the bridge to change the keys of its hot wallet.", "change", False),
        ("Poor training on phishing may have left clerks open to malware.", "phishing", False),
        ("Brightpool has not yet disclosed how the thief used its keys.", "used", False),
        ("The identity of the thief is unknown, but he used a leaked key.", "used", False),
        ("The clerks fell for phishing and installed malware.", "phishing", True),
    ],
)
def test_a_way_is_that_of_a_thief(text: str, word: str, is_kept: bool) -> None:
    assert _kept(text, word) is is_kept


def test_what_a_firm_does_about_a_theft_is_no_way_where_points_alone_found_it() -> None:
    text = "Brightpool works with two firms that assist it with the server."
    assert not _kept(text, "works", rule="weighed.technique: x")
    assert _kept(text, "works")


def test_a_breach_that_is_looked_into_is_no_verb() -> None:
    broke = read("Thieves breached the hot wallet.", published=PUBLISHED).sentences[0]
    noun = read("Outflows from the hot wallet led to a probe into the security breach.").sentences[0]
    assert any(way.rule.startswith("break") for way in ways_of(broke))
    assert not any(way.rule.startswith("break") for way in ways_of(noun))
