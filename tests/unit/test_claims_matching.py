"""Which incident a claim is about, by which method, and on what evidence."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from clawback.cases.load import parse_case
from clawback.cases.model import Case
from clawback.claims.matching import METHODS, match_claims
from clawback.parquet import rows_to_table
from clawback.schemas import CLAIM_MATCHES
from clawback.thefts.overrides import parse_overrides
from tests.unit.sample_files import sample_cases

Row = dict[str, Any]

CASE = """version: 1
incident:
  id: {id}
  title: Theft
  victim: {victim}
  victim_kind: protocol
  occurred_at: {day}T00:00:00Z
  occurred_precision: day
  chains_affected: [ethereum]
  source_url: https://example.com/a
{matching}"""
WINDOW = """matching:
  aliases: [{alias}]
  from: {first}
  to: {last}
"""


def case(incident: str, victim: str, day: str, matching: str = "") -> Case:
    return parse_case(CASE.format(id=incident, victim=victim, day=day, matching=matching).encode(), where="c")


UWU = [case("uwu-2024-06-10", "UwU Lend", "2024-06-10"), case("uwu-2024-06-13", "UwU Lend", "2024-06-13")]
YEARN = [
    case("yearn-2025-11-30", "Yearn Finance", "2025-11-30"),
    case("yearn-2025-12-16", "Yearn Finance", "2025-12-16"),
]


def claim(
    document: str, victim: str | None, day: str | None = None, value: int | None = None, **more: Any
) -> Row:
    theft = None if day is None else date.fromisoformat(day)
    row = {
        "claim_id": f"{document}/{victim}/{day}/{value}", "document_id": document, "incident_id": None,
        "claim_type": "loss", "value": None if value is None else Decimal(value), "unit": "USD",
        "is_part": False, "victim": victim, "theft_first_date": theft, "theft_last_date": theft,
        "as_of_date": theft or date(2026, 1, 1),
    }  # fmt: skip
    return row | more


def feed(name: str, day: str, value: int | None, listing: str = "defillama") -> Row:
    return claim(f"all of {listing}", name, day, value, _listed_by=listing)


def matched(
    *claims: Row, cases: list[Case], published: dict[str, date] | None = None, decided: str = ""
) -> dict[str, Row]:
    """Rows of `claim_matches` by claim; the same whatever the order of the claims."""
    overrides = parse_overrides(decided.encode(), "matches.yml") if decided else None
    rows = match_claims(claims, cases, published or {}, overrides)
    backwards = match_claims(claims[::-1], cases[::-1], published or {}, overrides)
    assert backwards == rows[::-1]
    assert rows_to_table(rows, CLAIM_MATCHES).num_rows == len(claims)
    assert {row["method"] for row in rows} <= METHODS
    assert all((row["incident_id"] is None) == (row["method"] == "none") for row in rows)
    return {row["claim_id"]: row for row in rows}


def test_two_thefts_of_uwu_lend_three_days_apart_stay_two() -> None:
    claims = [
        feed("UwU Lend", "2024-06-10", 19_300_000),
        feed("UwU Lend", "2024-06-13", 3_700_000),
        claim("morning", "UwuLend", "2024-06-10", 20_000_000),
        claim("later", "UwU Lend", "2024-06-13", 3_699_999),
        claim("recap", "UwU Lend", None, 23_000_000, as_of_date=date(2024, 6, 14)),
    ]
    published = {"recap": date(2024, 6, 14)}
    found = matched(*claims, cases=UWU, published=published)
    assert [row["incident_id"] for row in found.values()] == [
        "uwu-2024-06-10", "uwu-2024-06-13", "uwu-2024-06-10", "uwu-2024-06-13", None,
    ]  # fmt: skip
    recap = list(found.values())[-1]
    assert recap["rule"] == "the victim is known, the day of the theft is not given"


def test_two_thefts_of_yearn_sixteen_days_apart_stay_two_in_every_spelling() -> None:
    claims = [
        feed("Yearn", "2025-11-30", 9_000_000),
        feed("Yearn V1", "2025-12-16", 300_000),
        feed("yearn.finance", "2025-12-01", 8_900_000, listing="other"),
        claim("post", "yearnFinance", "2025-12-17", 293_000),
    ]
    found = list(matched(*claims, cases=YEARN).values())
    assert [row["incident_id"] for row in found] == [
        "yearn-2025-11-30", "yearn-2025-12-16", "yearn-2025-11-30", "yearn-2025-12-16",
    ]  # fmt: skip
    assert {row["method"] for row in found} == {"rule"}


def test_the_evidence_of_a_match_is_kept() -> None:
    woofi = [case("woofi-2024", "WOOFi", "2024-03-05")]
    found = matched(
        claim("post", "WOOFi", "2024-03-06", 8_500_000), feed("Woofi", "2024-03-05", 85_000_000), cases=woofi
    )
    post, row = found.values()
    assert (row["incident_id"], row["method"], row["rule"]) == ("woofi-2024", "rule", "same name, same day")
    assert (row["mention"], row["matched_with"], row["days_apart"]) == (
        "defillama:Woofi:2024-03-05", "woofi-2024", 0,
    )  # fmt: skip
    assert row["evidence"] == "names 100 of 100; 0 days apart; figures not comparable"
    assert (post["days_apart"], post["score"]) == (1, 95)


def test_what_is_joined_through_another_report_names_it_and_both_figures() -> None:
    alpha = [case("alpha-2021", "Alpha", "2021-02-13")]
    named = claim("one", "Alpha", "2021-02-13", 37_512_345)
    other = claim("two", "Homora", "2021-02-13", 37_512_345)
    row = matched(named, other, cases=alpha)[other["claim_id"]]
    assert (row["incident_id"], row["rule"]) == ("alpha-2021", "same odd figure on the same day")
    assert (row["matched_with"], row["amount_ratio"]) == ("one:Alpha:2021-02-13", Decimal("1.0000"))


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (claim("d", None), "it names no victim"),
        (claim("d", "unnamed", "2024-06-10"), "the victim is not named"),
        (claim("d", "Borealis", "2024-06-10", 5), "no incident of this victim is known"),
        (claim("d", "UwU Lend"), "the victim is known, the day of the theft is not given"),
        (claim("d", "UwU Lend", "2023-01-01", 5), "another day: 526 days from uwu-2024-06-10"),
        (claim("d", "UwU Lend", "2024-06-10", as_of_date=date(2022, 1, 1)),
         "it speaks of a day before the theft of uwu-2024-06-10"),
        (claim("d", "UwU Lend", "2024-06-01", theft_last_date=date(2024, 6, 30)),
         "incidents fit alike: uwu-2024-06-10, uwu-2024-06-13"),
    ],
)  # fmt: skip
def test_what_matches_no_incident_says_why(row: Row, reason: str) -> None:
    (found,) = matched(row, cases=UWU).values()
    assert (found["incident_id"], found["method"], found["rule"]) == (None, "none", reason)


def test_news_without_a_day_is_about_the_one_theft_of_the_week_before() -> None:
    news = claim("news", "UwU Lend", None, 20_000_000, as_of_date=date(2024, 6, 12))
    (found,) = matched(news, cases=UWU[:1], published={"news": date(2024, 6, 12)}).values()
    assert (found["incident_id"], found["rule"]) == (
        "uwu-2024-06-10", "same name, published within a week of it",
    )  # fmt: skip
    for cases, day in ((UWU, date(2024, 6, 14)), (UWU[:1], date(2024, 6, 18))):
        (missed,) = matched(news, cases=cases, published={"news": day}).values()
        assert missed["incident_id"] is None


def test_a_document_that_names_an_incident_is_believed_and_an_unknown_id_is_none() -> None:
    cases = sample_cases()
    second = "unnamed-exchange-2020-10"
    stated = claim("d", "KuCoin", None, as_of_date=date(2020, 10, 31), incident_id=second)
    beside = claim("d", "KuCoin", None, 7, as_of_date=date(2020, 10, 31))
    invented = claim("e", "KuCoin", None, as_of_date=date(2020, 10, 31), incident_id="invented")
    found = matched(stated, beside, invented, cases=cases)
    assert [(row["incident_id"], row["method"]) for row in found.values()] == [
        (second, "stated"), (second, "stated"), ("kucoin-2020", "case_window"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("victim", "day", "incident"),
    [
        ("KuCoin", date(2020, 9, 29), "kucoin-2020"),
        ("  kucoin ", date(2020, 9, 25), "kucoin-2020"),
        ("KuCoin Global", date(2021, 12, 31), "kucoin-2020"),
        ("KuCoin", date(2022, 1, 1), None),
        ("Bluebird", date(2020, 9, 29), None),
        ("", date(2020, 9, 29), None),
    ],
)
def test_a_case_file_lists_names_and_days(victim: str, day: date, incident: str | None) -> None:
    (found,) = matched(claim("d", victim, as_of_date=day), cases=sample_cases()).values()
    assert found["incident_id"] == incident


def test_a_window_joins_neither_two_incidents_nor_another_theft() -> None:
    window = WINDOW.format(alias="UwU", first="2024-06-01", last="2025-12-31")
    two = [case(name, "UwU Lend", day, window) for name, day in (("a", "2024-06-10"), ("b", "2024-06-13"))]
    (found,) = matched(claim("d", "UwU", as_of_date=date(2024, 8, 1)), cases=two).values()
    assert found["incident_id"] is None
    (found,) = matched(claim("d", "UwU", as_of_date=date(2024, 8, 1)), cases=two[:1]).values()
    assert (found["incident_id"], found["method"]) == ("a", "case_window")
    # It lies in the window, and its own day says that it is another theft.
    (found,) = matched(claim("d", "UwU", "2025-03-01", 5), cases=two[:1]).values()
    assert found["incident_id"] is None


DECIDED = "- left: '{}'\n  right: {}\n  same: '{}'\n  by: ana\n  reason: read both pages\n"


def test_what_a_person_decided_goes_before_every_rule() -> None:
    row = claim("d", "UwU Lend", "2023-01-01", 5)
    decided = DECIDED.format("d:UwU Lend:2023-01-01", "uwu-2024-06-13", "true")
    (found,) = matched(row, cases=UWU, decided=decided).values()
    assert (found["incident_id"], found["method"]) == ("uwu-2024-06-13", "override")
    assert found["evidence"] == "ana: read both pages"
    same_day = claim("d", "KuCoin", "2020-09-25", 5)
    assert matched(same_day, cases=sample_cases())[same_day["claim_id"]]["incident_id"] == "kucoin-2020"
    apart = DECIDED.format("d:KuCoin:2020-09-25", "kucoin-2020", "false")
    (found,) = matched(same_day, cases=sample_cases(), decided=apart).values()
    assert found["incident_id"] is None


def test_a_like_figure_does_not_join_another_theft_of_the_same_victim() -> None:
    first = claim("d", "UwU Lend", None, 19_312_345, incident_id="uwu-2024-06-10")
    later = feed("UwU Lend", "2025-05-01", 19_312_345)
    assert matched(first, later, cases=UWU)[later["claim_id"]]["incident_id"] is None


def test_two_case_files_of_one_day_stay_two() -> None:
    cases = [case(name, "Curve", "2023-07-30") for name in ("curve-a", "curve-b")]
    (found,) = matched(claim("d", "Curve", "2023-07-30", 5), cases=cases).values()
    assert found["rule"] == "incidents fit alike: curve-a, curve-b"


def test_hostile_names_and_keys_that_look_alike_harm_nobody() -> None:
    rows = [
        claim("a:b", "c", "2024-06-10"), claim("a", "b:c", "2024-06-10"),
        claim("d", "'; drop table claims; --", "2024-06-10"), claim("e", "=1+1" * 500, "2024-06-10"),
        claim("f", "\u202e\x00", "2024-06-10"),
    ]  # fmt: skip
    found = list(matched(*rows, cases=UWU).values())
    assert {row["incident_id"] for row in found} == {None}
    assert {row["mention"] for row in found[:2]} == {"a:b:c:2024-06-10", "a:b:c:2024-06-10#2"}
