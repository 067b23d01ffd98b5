"""Coins that move are proceeds only behind a theft, and where they do not come to pay for one."""

from __future__ import annotations

from datetime import date

import pytest

from clawback.claims.extract import extract_claims
from clawback.claims.finding import Finding
from clawback.claims.proceeds import of_proceeds
from clawback.claims.reading import Reading, read

PUBLISHED = date(2024, 3, 14)


def _read(text: str) -> Reading:
    return read(text, published=PUBLISHED)


def _move(reading: Reading, number: int = 0) -> Finding:
    sentence = reading.sentences[number]
    return Finding(sentence, "laundering_method", 0, len(sentence.words), "laundering.move:x", label="x")


def _theft(reading: Reading, label: str) -> Finding:
    return Finding(reading.sentences[0], "date", 0, 1, "date.x", when=label, label=label)


@pytest.mark.parametrize(
    ("text", "is_kept"),
    [
        ("The coins went through Tornado Cash.", True),
        ("The exploiter's first ether came from Tornado Cash.", False),
        ("He received 9 ETH from Tornado Cash and sent 900 ETH to Tornado Cash.", True),
        ("They took a flash loan and swapped it on Uniswap.", False),
        ("Analysts verify whether coins are sent to Tornado Cash.", False),
        ("On 1 March 2024 the coins went through Tornado Cash.", False),
        ("On 10 March 2024 the coins went through Tornado Cash.", True),
    ],
)
def test_coins_that_pay_for_an_attack_or_moved_before_it_are_no_proceeds(text: str, is_kept: bool) -> None:
    reading = _read(text)
    kept = of_proceeds(reading, [_move(reading)], [_theft(reading, "2024-03-09")])
    assert bool(kept) is is_kept


def test_without_a_theft_nothing_is_laundered() -> None:
    reading = _read("Traders moved $7 billion through a mixer. The stolen coins went through a mixer.")
    moves = [_move(reading, 0), _move(reading, 1)]
    assert of_proceeds(reading, moves, []) == moves[1:]
    assert of_proceeds(reading, moves, [_theft(reading, "2024-03-09")]) == moves


def test_a_text_about_trades_in_coins_that_hide_gives_no_laundering() -> None:
    text = (
        "Spikes in the volume of Zcash hint at bots that trade on a schedule. After three exchanges dropped"
        " Monero, volume went to Kraken. Privacy coins are used in darknet markets."
    )
    found = extract_claims(text, title="Odd trades in privacy coins", published=PUBLISHED).claims
    assert [claim.quote for claim in found if claim.claim_type == "laundering_method"] == []
