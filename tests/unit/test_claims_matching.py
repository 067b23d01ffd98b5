"""Which incident a claim is about."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from clawback.cases.model import Case
from clawback.claims.documents import ParsedReport
from clawback.claims.matching import assign_incidents, match_incident
from tests.unit.sample_files import sample_cases

CASES = sample_cases()


@pytest.mark.parametrize(
    ("victim", "day", "incident"),
    [
        ("KuCoin", date(2020, 9, 29), "kucoin-2020"),
        ("  kucoin ", date(2020, 9, 25), "kucoin-2020"),
        ("KuCoin Global", date(2021, 12, 31), "kucoin-2020"),
        ("KuCoin", date(2020, 9, 24), None),
        ("KuCoin", date(2022, 1, 1), None),
        ("KuCoin clone", date(2020, 9, 29), None),
        ("unnamed", date(2020, 10, 1), None),
        ("", date(2020, 9, 29), None),
        (None, date(2020, 9, 29), None),
        ("KuCoin", None, None),
    ],
)
def test_name_and_day(victim: str | None, day: date | None, incident: str | None) -> None:
    assert match_incident(victim, day, CASES) == incident


def test_two_incidents_that_fit_match_neither() -> None:
    kucoin = next(case for case in CASES if case.incident.id == "kucoin-2020")
    twin: Case = kucoin.model_copy(
        update={"incident": kucoin.incident.model_copy(update={"id": "kucoin-second"})}
    )
    assert match_incident("KuCoin", date(2020, 9, 29), [kucoin, twin]) is None


def test_a_known_id_goes_before_a_name_and_an_unknown_id_counts_like_none() -> None:
    claim = {"incident_id": "unnamed-exchange-2020-10", "as_of_date": date(2020, 10, 31)}
    parsed = ParsedReport({}, claims=[claim], victims=["KuCoin"])
    assert assign_incidents(parsed, CASES)[0]["incident_id"] == "unnamed-exchange-2020-10"
    unknown = replace(parsed, claims=[{**claim, "incident_id": "invented"}])
    assert assign_incidents(unknown, CASES)[0]["incident_id"] == "kucoin-2020"
    assert assign_incidents(replace(unknown, victims=[None]), CASES)[0]["incident_id"] is None
    assert claim["incident_id"] == "unnamed-exchange-2020-10"
