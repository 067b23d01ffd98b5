"""Claims read out of texts: who did what to whom, who says so, how firmly, and what hostile text does."""

from __future__ import annotations

import json
import sys
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clawback.claims.claim import Claim
from clawback.claims.documents import parse_report
from clawback.claims.extract import extract_claims
from clawback.claims.fold import fold
from clawback.claims.layout import MAX_SENTENCE, sentences
from clawback.schemas import CLAIM_TYPES, HEDGE_LEVELS

PUBLISHED = date(2024, 3, 6)


def claims(text: str, **changes: Any) -> list[Claim]:
    return list(extract_claims(text, **{"published": PUBLISHED, **changes}).claims)


def of_type(text: str, claim_type: str, **changes: Any) -> Claim:
    (claim,) = [claim for claim in claims(text, **changes) if claim.claim_type == claim_type]
    return claim


@pytest.mark.parametrize(
    ("text", "claim_type", "value", "unit"),
    [
        ("Hackers stole $5 million from Brightpool.", "loss", 5_000_000, "USD"),
        ("The thief walked off with 4,120 ETH of ours.", "loss", 4_120, "ETH"),
        ("The exploiter made away with $7m in the hack.", "loss", 7_000_000, "USD"),
        ("Brightpool was drained of roughly $18.4 million.", "loss", 18_400_000, "USD"),
        ("The $1.5 billion Bybit crypto theft shook the market.", "loss", 1_500_000_000, "USD"),
        ("After the hack KuCoin recovered $204 million.", "recovered", 204_000_000, "USD"),
        ("More than $30 million of crypto stolen by hackers has been seized.", "seized", 30_000_000, "USD"),
        ("Tether froze 33 million USDT after the theft.", "frozen", 33_000_000, "USDT"),
        ("The attacker returned 1,000.9 ETH.", "returned", Decimal("1000.9"), "ETH"),
        ("The hacker sent 2,879 ETH back to the pool.", "returned", 2_879, "ETH"),
        ("After the hack its insurance fund covered $45.55 million.", "insured", 45_550_000, "USD"),
        ("The exchange will reimburse users $4 million after the hack.", "made_whole", 4_000_000, "USD"),
    ],
)  # fmt: skip
def test_what_happened_to_a_figure(text: str, claim_type: str, value: Decimal | int, unit: str) -> None:
    claim = of_type(text, claim_type)
    assert (claim.value, claim.unit) == (value, unit)
    assert claim.rule.startswith("figure.")
    assert claim.why[0] == f"{claim_type}: {claim.rule}"


@pytest.mark.parametrize(
    "text",
    [
        "After the hack the team offered a bounty of $1 million.",
        "If the attacker returns 90% of the funds, no charges follow the hack.",
        "The exchange owes its creditors $3.1 billion.",
        "The token lost 94% of its value after the exploit.",
        "The hackers tried to steal $9 million but failed.",
        "The startup raised $85 million from investors.",
    ],
)
def test_other_money_is_no_claim(text: str) -> None:
    assert [claim for claim in claims(text) if claim.value is not None] == []


def test_two_figures_of_one_sentence_keep_their_own_verbs() -> None:
    found = claims("It has recovered $236 million of the $280 million that was stolen.")
    assert [(claim.claim_type, claim.value) for claim in found] == [
        ("recovered", 236_000_000),
        ("loss", 280_000_000),
    ]


def test_items_of_a_list_have_the_verb_of_the_line_above_and_are_parts() -> None:
    found = claims("The stolen assets included:\n\n- 185,000 ETH\n- 250 BTC ($1 million)\n")
    assert [(claim.value, claim.unit) for claim in found] == [
        (185_000, "ETH"),
        (250, "BTC"),
        (1_000_000, "USD"),
    ]
    assert all(claim.claim_type == "loss" and claim.is_part for claim in found)


def test_speaker_and_hedge_of_a_claim() -> None:
    claim = of_type(
        "KuCoin CEO Johnny Lyu claimed that $204 million had been recovered after the hack.", "recovered"
    )
    assert claim.asserted_by == "KuCoin CEO Johnny Lyu"
    assert (claim.hedge, claim.hedge_level) == ("claimed", "alleged")
    claim = of_type("Hackers are believed to have stolen about $4 million from Brightpool.", "loss")
    assert (claim.asserted_by, claim.hedge_level, claim.qualifier) == ("author", "likely", "about")
    claim = of_type("Hackers stole about $4 million.", "loss")
    assert (claim.hedge, claim.hedge_level) == ("about", None)


@pytest.mark.parametrize(
    ("text", "hedge", "level"),
    [
        ("On 3 March we wrote that hackers stole 4,200 BTC. That was wrong.", "That was wrong", "retracted"),
        (
            "Hackers stole 450 BTC, we reported; that figure was incorrect.",
            "that figure was incorrect",
            "retracted",
        ),
        (
            "Papers wrote that hackers stole $80 million. These reports are false.",
            "These reports are false",
            "denied",
        ),
        ("Hackers stole 94 BTC from the so-called hot wallet.", None, None),
        ("Hackers stole 94 BTC. That was the end of the company.", None, None),
    ],
)
def test_what_stands_behind_a_figure_takes_it_back(text: str, hedge: str | None, level: str | None) -> None:
    claim = of_type(text, "loss")
    assert (claim.hedge, claim.hedge_level) == (hedge, level)


def test_not_knowing_who_did_it_is_said_firmly() -> None:
    claim = of_type("Hackers stole 450 BTC. We do not know who did it.", "attribution")
    assert (claim.actor, claim.hedge) == (None, None)
    claim = of_type("Hackers stole 450 BTC. The thief remains unidentified.", "attribution")
    assert (claim.actor, claim.hedge) == (None, "remains unidentified")


@pytest.mark.parametrize(
    ("text", "actor", "stance"),
    [
        ("The FBI said North Korea was behind the theft.", "DPRK", "named"),
        (
            "Analysts attributed the hack to Lazarus Group, a North Korean syndicate.",
            "Lazarus Group",
            "named",
        ),
        ("The identity of the attackers remains unknown.", None, "unknown"),
        ("We do not know who did it; the hack is under investigation.", None, "unknown"),
    ],
)
def test_who_did_it(text: str, actor: str | None, stance: str) -> None:
    claim = of_type(text, "attribution")
    assert (claim.actor, claim.actor_stance) == (actor, stance)


def test_a_sum_over_many_thefts_is_the_actors_total() -> None:
    claim = of_type(
        "In 2019 a UN report stated that the North Korean regime had stolen up to $2 billion from exchanges.",
        "actor_total",
    )
    assert (claim.value, claim.actor, claim.asserted_by, claim.as_of) == (
        2_000_000_000,
        "DPRK",
        "UN report",
        "2019",
    )
    assert claim.victim is None


def test_another_theft_in_passing_belongs_to_its_own_victim() -> None:
    text = "Brightpool was hacked on Tuesday and lost $5 million. "
    text += "It is smaller than the $100 million theft from Harmony."
    found = {claim.value: claim.victim for claim in claims(text, title="Brightpool hacked") if claim.value}
    assert found[Decimal(5_000_000)] == "Brightpool"
    assert found[Decimal(100_000_000)] == "Harmony"


def test_the_day_of_the_theft_is_not_that_of_its_report() -> None:
    text = "Brightpool said on Monday that it was hacked on March 2."
    found = [claim for claim in claims(text) if claim.claim_type == "date"]
    assert [claim.when for claim in found] == ["2024-03-02"]


def test_money_and_theft_that_no_rule_reads_go_to_review() -> None:
    table = ", ".join(f"${millions} million" for millions in range(1, 60))
    extraction = extract_claims(f"Hackers broke into Brightpool. Stolen in the hack of each chain: {table}.")
    assert not any(claim.claim_type == "loss" for claim in extraction.claims)
    assert [unread.reason for unread in extraction.unread] == ["money and a word of theft, and no rule fits"]


_WORDS = st.sampled_from(
    ["Hackers", "stole", "lost", "$5 million", "1,008 BTC", "84%", "KuCoin", "said", "that", "the",
     "North Korea", "was", "behind", "on May 4", "2020", ",", ".", "\n", "- ", ":", '"', "\u201c", "(", ")",
     "recovered", "returned", "\u202e", "\x00", "\U0001f9e8", "Tornado Cash", "laundered", "allegedly",
     "from", "of", "and", "\u0130", "\ud800"]
)  # fmt: skip


@settings(max_examples=300)
@given(st.lists(_WORDS, max_size=60), st.booleans())
def test_every_quotation_stands_in_the_text_at_its_place(words: list[str], spaced: bool) -> None:
    text = (" " if spaced else "").join(words)
    found = claims(text)
    for claim in found:
        assert text[claim.start : claim.end] == claim.quote != ""
        assert all(0 <= start < end <= len(text) for start, end in claim.also)
        assert claim.claim_type in CLAIM_TYPES
        assert claim.hedge_level is None or claim.hedge_level in HEDGE_LEVELS
        assert claim.hedge is None or claim.hedge in text
        assert claim.value is None or claim.value.is_finite()
        assert claim.rule
    assert found == claims(text)


@given(st.text(max_size=300))
def test_folding_keeps_every_place_and_sentences_cover_the_text(text: str) -> None:
    folded = fold(text)
    assert len(folded) == len(text)
    spans = sentences(folded)
    places = [(span.start, span.end) for span in spans]
    assert places == sorted(places)
    outside = [True] * len(text)
    for start, end in places:
        assert 0 < end - start <= MAX_SENTENCE
        outside[start:end] = [False] * (end - start)
    left = "".join(sign for sign, is_out in zip(folded, outside, strict=True) if is_out)
    # What is left out is white space and the signs of lists, quotations and headings.
    assert not any(sign.isalpha() for sign in left if sign not in "abcdefghijklmnopqrstuvwxyz")


_HOSTILE = {
    "digits": "9",
    "commas": "1,111",
    "dollars": "$1 ",
    "quotes": '"',
    "nested": '"(\u201c[',
    "stops": "a. ",
    "verbs": "stole ",
    "figures": "stole $5 million and ",
    "lines": "\n",
    "bullets": "- $5 million stolen\n",
    "bidi": "\u202e\u2066$5 million stolen\u2069 ",
    "nulls": "\x00",
    "months": "may ",
    "said": "he said ",
    "same": "the same attackers ",
    "words": "one hundred ",
    "apostrophes": "'t n't 's ",
    "names": "Kraken Lost ",
}


def calls_for(text: str) -> int:
    """How many functions, compiled ones too, the extraction of a text calls."""
    count = 0

    def counter(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event in ("call", "c_call")

    sys.setprofile(counter)
    try:
        found = extract_claims(text, published=PUBLISHED).claims
    finally:
        sys.setprofile(None)
    assert all(text[claim.start : claim.end] == claim.quote for claim in found)
    return count


@pytest.mark.parametrize("name", sorted(_HOSTILE))
def test_hostile_text_costs_work_in_proportion_to_its_length(name: str) -> None:
    unit = _HOSTILE[name]
    small, large = (calls_for(unit * (size // len(unit))) for size in (6_000, 24_000))
    # Four times the text; a quadratic rule would call sixteen times as often.
    assert large <= 6 * small + 500


@pytest.mark.timeout(120)
def test_a_quarter_of_a_million_of_one_sign_ends() -> None:
    # What patterns do inside the compiled code cannot be counted; a quadratic one would never get here.
    for unit in ("9", '"', "1,1", "$1", "a-", "\x00", "(", "\u202e", "not ", "e.g. "):
        assert claims(unit * (250_000 // len(unit))) == []


def test_a_table_that_lost_its_lines_goes_to_review() -> None:
    text = "Hackers stole " + "$5 million ETH " * 45 + "in the heist."
    extraction = extract_claims(text)
    assert [claim for claim in extraction.claims if claim.value is not None] == []
    assert len(extraction.unread) == 1


def test_an_empty_list_of_claims_stays_empty() -> None:
    report = {
        "title": "x",
        "publisher": "y",
        "url": None,
        "published": "2024-03-06",
        "language": "en",
        "text": "Hackers stole $5 million.",
        "claims": [],
    }
    assert parse_report(json.dumps(report).encode(), source="reports").claims == []


def test_a_sentence_that_ends_without_a_full_stop_is_read() -> None:
    found = claims("Hackers Tornado Cash laundered")
    assert all(claim.quote == "Hackers Tornado Cash laundered"[claim.start : claim.end] for claim in found)
