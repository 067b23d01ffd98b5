"""The figures of the fixture warehouse, worked out by hand."""

# ruff: noqa: S608 - the SQL is made of names of the project and of this test

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal as D
from typing import Any

import duckdb
import pytest

from tests.dbt.fixture_inputs import DAYS, ETHER, HOSTILE

pytestmark = pytest.mark.slow

REPORTED = ", ".join(
    f"reported_loss_{name} as {name}" for name in ("low_usd", "high_usd", "chosen_usd", "rule")
)
"""The columns of the loss that was chosen, wherever it is shown."""


def row(marts: duckdb.DuckDBPyConnection, sql: str) -> dict[str, Any]:
    (found,) = rows(marts, sql)
    return found


def rows(marts: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Any]]:
    relation = marts.sql(sql)
    return [dict(zip(relation.columns, values, strict=True)) for values in relation.fetchall()]


def status(marts: duckdb.DuckDBPyConnection, incident: str, day: date) -> dict[str, Any]:
    return row(marts, f"from rpt_recovery_status_daily where incident_id = '{incident}' and day = '{day}'")


def test_the_theft_day_is_valued_at_its_own_prices(marts: duckdb.DuckDBPyConnection) -> None:
    # 10 ether at 350.125, three tokens at 1.005 (3.015, rounded half up); the other three have no value.
    first = status(marts, "alpha", DAYS[0])
    assert first["stolen_usd_at_theft"] == first["stolen_usd_now"] == first["held_usd"] == D("3504.27")
    assert (first["assets_stolen_count"], first["assets_priced_count"]) == (5, 2)
    assert first["assets_priced_pct"] == D("40.0000")
    assert first["assets_out_of_range_count"] == 1
    # The unvalued assets lie in a part whose USD figure is therefore a lower bound.
    assert first["parts_unvalued"] == "held"
    assert first["held_usd_change"] is None
    assert first["moved_today_usd"] == D("0.00")


def test_a_missing_close_is_carried_three_days_and_no_longer(marts: duckdb.DuckDBPyConnection) -> None:
    # Ether: no close on the second day, 350.125 is carried. 5.999 held, 4 mixed, 0.001 paid as gas.
    second = status(marts, "alpha", DAYS[1])
    assert second["held_usd"] == D("2100.40") + D("3.02")
    assert second["mixed_usd"] == D("1400.50")
    assert second["fees_usd"] == D("0.35")
    assert second["stolen_usd_now"] == D("3504.27")
    assert second["unseen_inflow_usd"] == D("87.53")
    assert second["held_usd_change"] == D("-1400.85")
    assert second["mixed_usd_change"] == D("1400.50")
    # The token's only close is of the first day: worth 3.02 on the fourth day, nothing known on the fifth.
    assert status(marts, "alpha", DAYS[3])["assets_priced_count"] == 2
    last = status(marts, "alpha", DAYS[4])
    assert last["assets_priced_count"] == 1
    assert last["stolen_usd_now"] == D("3555.00")
    assert last["newest_price_day"] == DAYS[4]


def test_parts_of_each_asset_add_up(marts: duckdb.DuckDBPyConnection) -> None:
    parts = rows(
        marts,
        "select part, amount, usd_now, stolen_amount, usd_status from fct_incident_balances_daily"
        f" where incident_id = 'alpha' and asset = 'native' and day = '{DAYS[2]}' order by part",
    )
    assert [(part["part"], part["amount"], part["usd_now"]) for part in parts] == [
        ("fee", ETHER // 1000, D("0.36")),
        ("held", 6 * ETHER - ETHER // 1000, D("2159.64")),
        ("mixer", 4 * ETHER, D("1440.00")),
    ]
    assert {part["stolen_amount"] for part in parts} == {10 * ETHER}


def test_a_hostile_amount_is_left_out_and_counted(marts: duckdb.DuckDBPyConnection) -> None:
    found = row(
        marts,
        "select amount, usd_now, usd_status from fct_incident_balances_daily"
        f" where asset = '0xhostile' and day = '{DAYS[0]}'",
    )
    assert found == {"amount": HOSTILE, "usd_now": None, "usd_status": "out_of_range"}


def test_why_assets_have_no_value(marts: duckdb.DuckDBPyConnection) -> None:
    found = rows(
        marts,
        "select asset, usd_status from fct_incident_balances_daily"
        f" where incident_id = 'alpha' and day = '{DAYS[4]}' and part = 'held' order by asset",
    )
    assert [(item["asset"], item["usd_status"]) for item in found] == [
        ("0xhostile", "out_of_range"),
        ("0xknc", "no_price"),
        ("0xnodecimals", "no_decimals"),
        ("0xnoprice", "no_price"),
        ("native", "valued"),
    ]


def test_a_conversion_moves_the_whole_from_asset_to_asset(marts: duckdb.DuckDBPyConnection) -> None:
    # 100 DAI stolen, 60 of them became half an ether at 360: 40 + 180.
    first = status(marts, "gamma", DAYS[2])
    assert (first["stolen_usd_now"], first["held_usd"]) == (D("220.00"), D("220.00"))
    assert first["stolen_usd_at_theft"] == D("100.00")
    # The case file names whom gamma's units left and not who got them; of alpha's it names the thief.
    assert (first["stolen_by_source_usd_at_theft"], first["stolen_by_source_pct"]) == (D("100.00"), D("100"))
    assert marts.execute(
        "select distinct incident_id, asset, theft_by_source_amount from fct_incident_balances_daily"
        " where incident_id = 'gamma' or (asset = 'native' and day = ?) order by all",
        [DAYS[3]],
    ).fetchall() == [("alpha", "native", 0), ("gamma", "0xdai", 100), ("gamma", "native", 0)]
    other = status(marts, "alpha", DAYS[0])
    assert (other["stolen_by_source_usd_at_theft"], other["stolen_by_source_pct"]) == (D("0.00"), D("0"))
    # A day later ether is at 355.5 and 25 DAI went back: 15 + 177.75 held.
    second = status(marts, "gamma", DAYS[3])
    assert (second["returned_usd"], second["held_usd"]) == (D("25.00"), D("192.75"))
    assert second["returned_pct"] == D("11.4811")
    assert second["returned_usd_change"] == D("25.00")


def test_reported_figures_count_from_their_as_of(marts: duckdb.DuckDBPyConnection) -> None:
    by_day = [status(marts, "alpha", day) for day in DAYS]
    assert [item["reported_loss_chosen_usd"] for item in by_day] == [150, 281, 281, 281, 281]
    assert [item["reported_loss_rule"] for item in by_day[:3]] == [
        "only_figure", "most_asserted_then_latest", "most_asserted"
    ]  # fmt: skip
    assert [item["reported_loss_low_usd"] for item in by_day] == [150, 150, 150, 45, 45]
    # The denied 9,000 counts nowhere.
    assert by_day[-1]["reported_loss_high_usd"] == 281
    assert [item["reported_recovered_latest_usd"] for item in by_day[1:3]] == [None, 204]
    assert [item["reported_recovered_latest_pct"] for item in by_day[2:4]] == [None, 84]
    assert by_day[2]["reported_insured_usd"] == 30


def test_the_loss_that_is_chosen_is_one_wherever_it_stands(marts: duckdb.DuckDBPyConnection) -> None:
    compared = rows(
        marts, "from fct_loss_estimates where incident_id = 'gamma' and measure = 'loss' order by claim_id"
    )
    assert [(item["is_part"], item["is_ahead"], item["is_chosen"]) for item in compared] == [
        (True, False, False), (True, False, False), (False, False, True), (False, True, False),
    ]  # fmt: skip
    expected = (D("100.00"), D("100.00"), D("100.00"), "only_figure")
    assert {(*(item[f"{name}_usd"] for name in ("low", "high", "chosen")), item["chosen_rule"])
            for item in compared} == {expected}  # fmt: skip
    for incident in ("alpha", "beta", "gamma"):
        figures = [
            rows(marts, sql)
            for sql in (
                "select distinct low_usd, high_usd, chosen_usd, chosen_rule as rule from fct_loss_estimates"
                f" where measure = 'loss' and incident_id = '{incident}'",
                f"select {REPORTED} from dim_incidents where incident_id = '{incident}'",
                f"select {REPORTED} from rpt_recovery_status_daily"
                f" where incident_id = '{incident}' and day = '{DAYS[-1]}'",
            )
        ]
        assert figures[0] == figures[1] == figures[2]
        assert len(figures[0]) == 1


def test_an_untraced_incident_is_reported_only(marts: duckdb.DuckDBPyConnection) -> None:
    days = rows(marts, "from rpt_recovery_status_daily where incident_id = 'beta' order by day")
    assert [item["day"] for item in days] == DAYS[3:]
    assert {item["verification_status"] for item in days} == {"reported_only"}
    assert days[0]["stolen_usd_now"] is None
    assert days[0]["chains_traced_pct"] == 0
    assert status(marts, "alpha", DAYS[0])["verification_status"] == "observed"


def test_coverage_of_chains_order_and_loss(marts: duckdb.DuckDBPyConnection) -> None:
    last = status(marts, "alpha", DAYS[4])
    assert (last["chains_traced_count"], last["chains_affected_count"]) == (1, 2)
    assert last["chains_traced_pct"] == 50
    assert last["time_ordered_pct"] == D("12.5000")
    # 3,504.27 of 281.
    assert last["traced_loss_pct"] == D("1247.0712")
    assert last["frozen_elsewhere_usd"] == D("999.00")
    assert last["newest_transfer_day"] == DAYS[3]
    assert last["newest_report_date"] == DAYS[3]


def test_flows_show_labels_times_and_values(marts: duckdb.DuckDBPyConnection) -> None:
    mixed = row(marts, "from fct_fund_flows where tx_hash = '0xm1' and outcome = 'mixer'")
    assert (mixed["to_entity"], mixed["to_category"]) == ("Pool", "mixer")
    assert mixed["from_entity"] == "Alpha's thief"
    assert mixed["tainted_usd"] == D("1400.50")
    assert (mixed["price_day"], mixed["flow_date"]) == (DAYS[0], DAYS[1])
    assert mixed["block_time"] == datetime(2020, 9, 26, 18, 48, 59)  # noqa: DTZ001 - marts hold plain UTC timestamps
    assert row(marts, "from fct_fund_flows where tx_hash = '0xm2'")["to_entity"] == "Strong"


def test_incidents_know_their_attribution_and_chains(marts: duckdb.DuckDBPyConnection) -> None:
    alpha = row(marts, "from dim_incidents where incident_id = 'alpha'")
    assert (alpha["attributed_to"], alpha["attribution_level"]) == ("Group Y", "likely")
    assert (alpha["chains_affected"], alpha["chains_traced"]) == ("bitcoin,ethereum", "ethereum")
    assert alpha["reported_loss_chosen_usd"] == 281
    assert alpha["loss_claim_count"] == 4
    beta = row(marts, "from dim_incidents where incident_id = 'beta'")
    assert (beta["chains_traced"], beta["loss_claim_count"]) == ("", 2)
    # The range of a claim widens the figures; a part and a withdrawn claim count nowhere.
    assert [beta[f"reported_loss_{name}_usd"] for name in ("low", "high", "chosen")] == [20, 30, 23]


def test_recovery_events_say_what_they_rest_on(marts: duckdb.DuckDBPyConnection) -> None:
    events = rows(marts, "from fct_recovery_events order by basis, event_kind, event_date")
    assert [(event["basis"], event["event_kind"], event["usd"]) for event in events] == [
        ("case_file", "freeze", D("999.00")),
        ("observed", "return", D("25.00")),
        ("reported", "insurance", D("30.00")),
        ("reported", "made_whole", D("7.00")),
        ("reported", "recovery", D("204.00")),
        ("reported", "recovery", None),
    ]
    assert events[-1]["share_pct"] == 84
    assert len({event["recovery_event_id"] for event in events}) == 6


def test_a_claim_of_no_incident_is_kept(marts: duckdb.DuckDBPyConnection) -> None:
    assert row(marts, "select value_usd from fct_claims where incident_id is null")["value_usd"] == 2000


def test_what_sources_say_is_counted_and_sentences_for_review_are_a_table(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    coverage = row(marts, "from rpt_claim_coverage")
    claims = row(marts, "select count(*) as n, count(incident_id) as matched from fct_claims")
    assert (coverage["source"], coverage["claims_count"]) == ("reports", claims["n"])
    assert (coverage["matched_count"], coverage["unmatched_count"]) == (claims["matched"], 1)
    assert (coverage["withdrawn_count"], coverage["review_count"]) == (1, 1)
    sentence = row(marts, "from fct_sentences_for_review")
    assert (sentence["sentence"], sentence["publisher"]) == ("words", "one")


def test_a_claim_shows_its_range_and_what_became_of_it(marts: duckdb.DuckDBPyConnection) -> None:
    found = {item["claim_id"]: item for item in rows(marts, "from fct_claims where incident_id = 'beta'")}
    assert (found["c18"]["low"], found["c18"]["high"], found["c18"]["value"]) == (20, 30, None)
    assert (found["c18"]["qualifier"], found["c18"]["is_counted"]) == ("range", True)
    assert [found[name]["is_counted"] for name in ("c11", "c19", "c20")] == [True, False, False]
    assert found["c20"]["withdrawn_in_version"] == 2
    compared = rows(marts, "from fct_loss_estimates where incident_id = 'beta' order by claim_id")
    assert [(item["claim_id"], item["is_chosen"], item["is_part"]) for item in compared] == [
        ("c11", True, False), ("c18", False, False), ("c19", False, True), ("c20", False, False),
    ]  # fmt: skip
    assert {(item["low_usd"], item["high_usd"], item["chosen_usd"]) for item in compared} == {(20, 30, 23)}
