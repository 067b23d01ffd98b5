"""Which incident a claim is about."""

from __future__ import annotations

from datetime import date

import pytest

from clawback.cases.model import Case
from clawback.claims.matching import incident_of, match_incident
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
    day = date(2020, 10, 31)
    second = "unnamed-exchange-2020-10"
    assert incident_of(second, "KuCoin", day, CASES) == second
    assert incident_of("invented", "KuCoin", day, CASES) == "kucoin-2020"
    assert incident_of(None, "KuCoin", day, CASES) == "kucoin-2020"
    assert incident_of("invented", None, day, CASES) is None
