"""Which texts are about a theft, and what speaks for it."""

from __future__ import annotations

import pytest

from clawback.claims.reading import read
from clawback.claims.scope import points_of, theft_strength


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
