"""Which texts are about a theft, and what speaks for it."""

from __future__ import annotations

import pytest

from clawback.claims.extract import extract_claims
from clawback.claims.points import ALWAYS, Points
from clawback.claims.reading import read
from clawback.claims.scope import points_of, ruled_strength, theft_strength


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Bridge robbed", "A bot relieved the bridge of 3,996 ETH on Tuesday. Its owner sent it back."),
        ("Notice", "An intruder withdrew 214 bitcoin from our hot wallet. Withdrawals are paused."),
        ("Three men charged", "They are accused of having stolen $8.5 million from an exchange."),
    ],
)
def test_a_theft_is_seen(title: str, text: str) -> None:
    assert theft_strength(read(text, title=title), "en") >= 2


@pytest.mark.parametrize(
    ("title", "text"),
    [
        ("Bitcoin slips", "Bitcoin lost 4% as traders took profits. Liquidations came to $410 million."),
        ("Lender owes $3 billion", "The bankrupt lender owes its creditors $3.1 billion, liquidators say."),
        (
            "Exchange denies hack talk",
            "The rumour of a hack is false, the exchange said. No funds were lost.",
        ),
        (
            "Fund raises $40 million",
            "The startup has raised $40 million from investors for its app.",
        ),
        ("Town pays", "The town paid a ransom of $450,000 to unlock its encrypted files."),
    ],
)
def test_other_news_is_none(title: str, text: str) -> None:
    assert theft_strength(read(text, title=title), "en") == 0


def test_every_reason_has_its_points() -> None:
    points = points_of(read("Hackers stole $5 million. The exchange denied the hack at first.", title="Hack"))
    assert points["headline"] > 0
    assert points["thieves"] > 0
    assert points["denied"] < 0


def test_another_language_is_judged_by_its_words() -> None:
    assert theft_strength(read("Hacker haben 5 Millionen Euro gestohlen.", language="de"), "de") >= 2
    assert theft_strength(read("Der Kurs stieg auf 37.000 Dollar.", language="de"), "de") < 2


FUND = (
    "The key-management firm Ferrolane said on Tuesday that it had raised $38 million in a round led by two"
    " venture funds. The company sells software with which exchanges sign their withdrawals. Its founder said"
    " demand had grown since hackers stole $235 million from an Indian exchange last summer, and that she"
    " would hire forty engineers in Lisbon. The money values the firm at $210 million, up from $90 million"
    " two years ago. Investors in the round include a bank and the fund of a former minister. Revenue grew to"
    " $11 million last year, the company said, and it expects a first profit next year. It will open a branch"
    " in Singapore and wants to sell to insurers as well, who ask exchanges more and more how keys are held."
)


def test_all_words_of_a_longer_text_tell_that_a_theft_is_only_mentioned() -> None:
    reading = read(FUND, title="Ferrolane raises $38 million", language="en")
    assert ruled_strength(points_of(reading)) >= 2
    assert theft_strength(reading, "en") == 0
    assert theft_strength(reading, "en", Points({ALWAYS: 300})) > 2


def test_what_is_not_read_for_its_words_goes_to_review() -> None:
    extraction = extract_claims(FUND, title="Ferrolane raises $38 million")
    assert extraction.claims == ()
    assert ["hackers stole $235 million" in FUND[one.start : one.end] for one in extraction.unread] == [True]


def test_a_short_text_is_judged_by_the_rules() -> None:
    reading = read("Hackers stole $5 million from Brightpool on Monday.")
    assert theft_strength(reading, "en", Points({ALWAYS: -900})) >= 2
