"""For each check, what spoils the sound candidate so that this check alone turns red.

Statements run on the scratch database (see clawback/audit/scratch.py), every view of it made a table. Where a
fault would be seen by two checks, both sides of the other one are spoiled alike: so that only one is left.
"""
# ruff: noqa: S608 - every statement is put together from names of this file

from __future__ import annotations

_D1, _D2, _D3 = "date '2020-09-25'", "date '2020-09-26'", "date '2020-09-27'"
_LATER = "timestamptz '2021-01-01 00:00:00+00'"


def _copy(table: str, where: str, **replaced: str) -> str:
    changes = ", ".join(f"{value} as {column}" for column, value in replaced.items())
    picked = f"* replace ({changes})" if changes else "*"
    return f"insert into {table} select {picked} from {table} where {where} limit 1"


def _both(change: str) -> list[str]:
    return [f"update {table} {change}" for table in ("fct_fund_flows", "lake.flows")]


def _total(measure: str, amount: int, day: str = _D3) -> str:
    return (
        "insert into lake.totals by name select 'kucoin' as incident_id, 'fifo' as method,"
        f" 'ethereum' as chain, 'native' as asset, '{measure}' as measure, {amount} as amount, {day} as day"
    )


def _spread(figure: str, usd: str, day: str = _D3) -> str:
    columns = ", ".join(f"{name}_usd = {usd}" for name in ("status", "lowest", "highest", "fifo"))
    return (
        f"update rpt_method_spread_daily set {columns}"
        f" where incident_id = 'kucoin' and day = {day} and figure = '{figure}'"
    )


def _status(change: str) -> str:
    return f"update rpt_recovery_status_daily set {change} where incident_id = 'kucoin' and day = {_D3}"


SPOILS: dict[str, list[str]] = {
    "candidate_days.no_missing_day": [
        f"delete from candidate_days where chain = 'trace fifo' and day = {_D2}"
    ],
    "candidate_inputs.rows_as_declared": [
        "update candidate_inputs set read_rows = read_rows - 1 where table_name = 'claims'"
    ],
    "candidate_inputs.every_day_has_its_tables": [
        f"delete from candidate_inputs where table_name = 'transfers' and day = {_D1}"
    ],
    "candidate_inputs.events_stand_once": [_copy("lake.chain_events", "kind = 'freeze'")],
    "candidate_inputs.balances_stand_once": [_copy("lake.balances", "true")],
    "candidate_inputs.issuer_burns_are_transfers": [
        f"delete from lake.transfers where tx_hash = 'burn-{_D1[6:-1]}'",
        _copy("lake.transfers", f"tx_hash = 'burn-{_D2[6:-1]}'", position="1000003", kind="'token'"),
    ],
    "candidate_marts.rows_as_declared": [
        "update candidate_marts set declared_rows = declared_rows + 1 where mart = 'fct_claims'"
    ],
    "candidate_marts.served_rows_equal": [
        "update candidate_marts set missing_rows = 1 where mart = 'fct_claims'"
    ],
    "candidate_marts.served_release_named": [
        "update candidate_marts set misnamed_rows = 1 where mart = 'fct_claims'"
    ],
    # ------------------------------------------------------------------ dim_incidents
    "dim_incidents.key_not_null": [_copy("dim_incidents", "true", incident_id="null")],
    "dim_incidents.key_unique": [_copy("dim_incidents", "incident_id = 'zaif'")],
    "dim_incidents.not_empty": [
        "delete from dim_incidents",
        "delete from lake.incidents",
        "delete from previous.dim_incidents",
    ],
    "dim_incidents.rows_match_lake": [
        _copy("lake.incidents", "true", incident_id="'unread'", occurred_at=_LATER)
    ],
    "dim_incidents.volume_no_incident_lost": [_copy("previous.dim_incidents", "true", incident_id="'gone'")],
    "dim_incidents.volume_growth_plausible": [
        statement
        for n in range(8)
        for statement in (
            _copy("lake.incidents", "true", incident_id=f"'new{n}'", occurred_at=_LATER),
            _copy("dim_incidents", "true", incident_id=f"'new{n}'"),
        )
    ],
    # ------------------------------------------------------------------ fct_claims
    "fct_claims.key_not_null": [_copy("fct_claims", "claim_id = 'c1'", claim_id="null")],
    "fct_claims.key_unique": [_copy("fct_claims", "claim_id = 'c1'")],
    "fct_claims.rows_match_lake": ["delete from lake.claims where claim_id = 'c1'"],
    "fct_claims.values_match_lake": ["update fct_claims set value = 1200 where claim_id = 'c1'"],
    "fct_claims.quotation_is_in_document": [
        "update fct_claims set quotation = 'lost 1,101 USD' where claim_id = 'c1'"
    ],
    "fct_claims.freshness_not_older": ["update previous.fct_claims set published_date = date '2020-10-01'"],
    "fct_claims.volume_in_band": ["insert into previous.fct_claims from previous.fct_claims"],
    "fct_claims.withdrawn_by_the_next_version": [
        _copy("lake.document_versions", "true", version="2"),
    ],
    # ------------------------------------------------------------------ fct_claim_matches
    "fct_claim_matches.key_not_null": [_copy("fct_claim_matches", "claim_id = 'c1'", claim_id="null")],
    "fct_claim_matches.key_unique": [_copy("fct_claim_matches", "claim_id = 'c1'")],
    "fct_claim_matches.rows_match_lake": [
        "update fct_claim_matches set days_apart = 3 where claim_id = 'c1'"
    ],
    "fct_claim_matches.agrees_with_claims": [
        f"update {table} set {change} where claim_id = 'c1'"
        for table, change in (
            ("fct_claim_matches", "match_method = 'stated'"),
            ("lake.claim_matches", "method = 'stated'"),
        )
    ],
    # ------------------------------------------------------------------ fct_sentences_for_review
    "fct_sentences_for_review.key_not_null": [
        _copy("fct_sentences_for_review", "sentence_id = 's1'", sentence_id="null")
    ],
    "fct_sentences_for_review.key_unique": [_copy("fct_sentences_for_review", "sentence_id = 's1'")],
    "fct_sentences_for_review.rows_match_lake": [
        "update fct_sentences_for_review set reason = 'another' where sentence_id = 's1'"
    ],
    "fct_sentences_for_review.sentence_is_in_document": [
        "update fct_sentences_for_review set sentence = 'lost nothing' where sentence_id = 's1'"
    ],
    # ------------------------------------------------------------------ rpt_claim_coverage
    "rpt_claim_coverage.key_not_null": [_copy("rpt_claim_coverage", "true", source="null")],
    "rpt_claim_coverage.key_unique": [
        _copy("rpt_claim_coverage", "true", claims_count="0", matched_count="0", review_count="0")
    ],
    "rpt_claim_coverage.counts_match_marts": ["update rpt_claim_coverage set unmatched_count = 1"],
    "rpt_claim_coverage.more_claims_turned_away": [
        "update rpt_claim_coverage set claims_quarantined_count = 1"
    ],
    "rpt_claim_coverage.much_more_to_review": ["update previous.rpt_claim_coverage set review_count = -7"],
    # ------------------------------------------------------------------ fct_fund_flows
    "fct_fund_flows.key_not_null": [
        _copy("fct_fund_flows", "tx_hash = 'tx3'", position="null", outcome="'held'")
    ],
    "fct_fund_flows.key_unique": [_copy("fct_fund_flows", "tx_hash = 'tx3'")],
    "fct_fund_flows.rows_match_lake": ["delete from lake.flows where tx_hash = 'tx3'"],
    "fct_fund_flows.units_match_lake": ["update lake.flows set hop = 3 where tx_hash = 'tx3'"],
    "fct_fund_flows.flows_are_transfers": ["update lake.transfers set amount = 99 where tx_hash = 'tx3'"],
    "fct_fund_flows.theft_equals_stolen": _both("set stolen_amount = 999 where tx_hash = 'tx1'"),
    "fct_fund_flows.sinks_cover_their_flows": _both("set tainted_amount = 101 where tx_hash = 'tx3'"),
    "fct_fund_flows.poison_bounds_the_others": [
        _copy(table, "tx_hash = 'tx2' and kind = 'native'", method="'poison'", tainted_amount="599")
        for table in ("fct_fund_flows", "lake.flows")
    ]
    + [
        statement
        for table in ("fct_fund_flows", "lake.flows")
        for statement in (
            f"insert into {table} select * replace ('poison' as method) from {table}"
            " where method = 'fifo' and tx_hash <> 'tx2'",
            f"insert into {table} select * replace ('poison' as method) from {table}"
            " where method = 'fifo' and tx_hash = 'tx2' and kind = 'fee'",
        )
    ]
    + ["insert into lake.totals select * replace ('poison' as method) from lake.totals"]
    + [
        "insert into fct_incident_balances_daily"
        " select * replace ('poison' as method) from fct_incident_balances_daily",
        "update rpt_method_spread_daily set poison_usd = fifo_usd",
    ],
    "fct_fund_flows.freshness_days_in_chain": [
        "update fct_fund_flows set block_time = timestamp '2020-09-29 00:00:00' where tx_hash = 'tx3'"
    ],
    "fct_fund_flows.conversions_cover_the_ledger": [
        *_both("set outcome = 'converted', converted_asset = 'token' where tx_hash = 'tx3'"),
    ],
    "fct_fund_flows.frozen_rows_unchanged": [
        f"update previous.fct_fund_flows set hop = 2 where flow_date = {_D2} and kind = 'native'"
    ],
    "fct_fund_flows.volume_frozen_days_kept": [
        _copy("previous.fct_fund_flows", "true", incident_id="'gone'", flow_date="date '2020-09-24'")
    ],
    "fct_fund_flows.volume_frozen_days_exact": [
        f"delete from facts.unchanged_days where day = {_D2}",
        f"update previous.fct_fund_flows set hop = 2 where flow_date = {_D2} and kind = 'native'",
    ],
    # ------------------------------------------------------------------ fct_loss_estimates
    "fct_loss_estimates.key_not_null": [_copy("fct_loss_estimates", "claim_id = 'c1'", claim_id="null")],
    "fct_loss_estimates.key_unique": [_copy("fct_loss_estimates", "claim_id = 'c1'")],
    "fct_loss_estimates.rows_match_claims": [
        "update fct_loss_estimates set as_of_date = date '2020-09-20' where claim_id = 'c1'"
    ],
    "fct_loss_estimates.range_covers_its_claims": [
        "update fct_loss_estimates set chosen_usd = 1050 where claim_id = 'c1'",
        "update dim_incidents set reported_loss_chosen_usd = 1050 where incident_id = 'kucoin'",
    ],
    "fct_loss_estimates.flags_name_their_reason": [
        "update fct_loss_estimates set is_factor_of_ten = true where claim_id = 'c1'"
    ],
    "fct_loss_estimates.loss_is_that_of_the_incident": [
        "update dim_incidents set reported_loss_chosen_usd = 1050 where incident_id = 'kucoin'"
    ],
    # ------------------------------------------------------------------ fct_recovery_events
    "fct_recovery_events.key_not_null": [
        _copy("fct_recovery_events", "recovery_event_id = 'f1'", recovery_event_id="null")
    ],
    "fct_recovery_events.key_unique": [_copy("fct_recovery_events", "recovery_event_id = 'f1'")],
    "fct_recovery_events.observed_match_lake": [
        "update fct_recovery_events set amount = 51 where basis = 'observed'"
    ],
    "fct_recovery_events.case_files_match_lake": [
        "update fct_recovery_events set amount = 8 where basis = 'case_file'"
    ],
    "fct_recovery_events.reported_match_claims": [
        "update fct_recovery_events set claim_id = 'c9' where basis = 'reported'"
    ],
    "fct_recovery_events.freshness_observed_in_chain": [
        "update fct_recovery_events set event_date = date '2020-09-29' where basis = 'observed'"
    ],
    "fct_recovery_events.volume_not_shrunk": [
        "insert into previous.fct_recovery_events from previous.fct_recovery_events"
    ],
    # ------------------------------------------------------------------ fct_incident_links
    "fct_incident_links.key_not_null": [_copy("fct_incident_links", "true", evidence="null")],
    "fct_incident_links.key_unique": [_copy("fct_incident_links", "true")],
    "fct_incident_links.rows_match_lake": ["update fct_incident_links set strength = 'certain'"],
    "fct_incident_links.volume_not_shrunk": [_copy("previous.fct_incident_links", "true")],
    # ------------------------------------------------------------------ fct_incident_balances_daily
    "fct_incident_balances_daily.key_not_null": [
        _copy("fct_incident_balances_daily", f"day = {_D3}", part="null", usd_now="null")
    ],
    "fct_incident_balances_daily.key_unique": [_copy("fct_incident_balances_daily", f"day = {_D3}")],
    "fct_incident_balances_daily.parts_equal_whole": [
        f"update fct_incident_balances_daily set amount = 844 where part = 'held' and day = {_D3}",
        f"update lake.totals set amount = 844 where measure = 'held' and day = {_D3}",
    ],
    "fct_incident_balances_daily.conservation": [
        f"update fct_incident_balances_daily set converted_in_amount = 1 where day = {_D3}",
        _total("converted_in", 1),
    ],
    "fct_incident_balances_daily.units_match_lake": [
        f"update lake.totals set amount = 844 where measure = 'held' and day = {_D3}",
        f"update lake.totals set amount = 6 where measure = 'fee' and day = {_D3}",
    ],
    "fct_incident_balances_daily.theft_matches_lake": [_total("unseen_inflow", 3)],
    "fct_incident_balances_daily.freshness_no_missing_day": [
        f"delete from {table} where day = {_D2}"
        for table in (
            "fct_incident_balances_daily",
            "lake.totals",
            "previous.fct_incident_balances_daily",
        )
    ],
    "fct_incident_balances_daily.role_of_theft_matches_lake": [
        f"update fct_incident_balances_daily set theft_by_source_amount = 1 where day = {_D3}"
    ],
    "fct_incident_balances_daily.frozen_rows_unchanged": [
        f"update previous.fct_incident_balances_daily set amount = 4 where day = {_D2} and part = 'fee'"
    ],
    "fct_incident_balances_daily.volume_frozen_days_kept": [
        _copy("previous.fct_incident_balances_daily", "true", incident_id="'gone'", day="date '2020-09-24'")
    ],
    "fct_incident_balances_daily.volume_frozen_days_exact": [
        f"delete from facts.unchanged_days where day = {_D2}",
        f"update previous.fct_incident_balances_daily set amount = 4 where day = {_D2} and part = 'fee'",
    ],
    # ------------------------------------------------------------------ rpt_recovery_status_daily
    "rpt_recovery_status_daily.key_not_null": [
        _copy("rpt_recovery_status_daily", "incident_id = 'zaif'", incident_id="null")
    ],
    "rpt_recovery_status_daily.key_unique": [_copy("rpt_recovery_status_daily", "incident_id = 'zaif'")],
    "rpt_recovery_status_daily.parts_equal_whole": [
        _status("stolen_usd_now = 1000.01"),
        _spread("stolen_usd_now", "1000.01"),
    ],
    "rpt_recovery_status_daily.agrees_with_balances": [
        f"update fct_incident_balances_daily set usd_now = 844.99 where part = 'held' and day = {_D3}",
        f"update rpt_method_spread_daily set fifo_usd = 844.99, lowest_usd = 844.99, highest_usd = 844.99"
        f" where figure = 'held_usd' and day = {_D3}",
    ],
    "rpt_recovery_status_daily.units_conserved": [_status("verification_status = 'not_conserved'")],
    "rpt_recovery_status_daily.parts_not_negative": [
        _status("held_usd = -5, mixed_usd = 950"),
        _spread("held_usd", "-5"),
        _spread("mixed_usd", "950"),
        f"update fct_incident_balances_daily set usd_now = -5 where part = 'held' and day = {_D3}",
        f"update fct_incident_balances_daily set usd_now = 950 where part = 'mixer' and day = {_D3}",
    ],
    "rpt_recovery_status_daily.every_incident_has_its_day": [
        _copy("lake.incidents", "true", incident_id="'unseen'"),
        _copy("dim_incidents", "true", incident_id="'unseen'"),
    ],
    "rpt_recovery_status_daily.freshness_no_missing_day": [
        f"delete from {table} where incident_id = 'zaif' and day = {_D2}"
        for table in ("rpt_recovery_status_daily", "previous.rpt_recovery_status_daily")
    ],
    "rpt_recovery_status_daily.freshness_of_transfers": [_status("newest_transfer_day = date '2020-09-20'")],
    "rpt_recovery_status_daily.freshness_of_prices": [_status("newest_price_day = null")],
    "rpt_recovery_status_daily.observed_above_reported": [_status("reported_loss_high_usd = 500")],
    "rpt_recovery_status_daily.observed_far_above_reported": [_status("reported_loss_high_usd = 100")],
    "rpt_recovery_status_daily.recovered_above_loss": [_status("reported_recovered_high_usd = 1200")],
    "rpt_recovery_status_daily.volume_frozen_days_kept": [
        _copy("previous.rpt_recovery_status_daily", "true", day="date '2020-09-24'")
    ],
    "rpt_recovery_status_daily.volume_frozen_days_exact": [
        f"delete from previous.rpt_recovery_status_daily where incident_id = 'zaif' and day = {_D1}"
    ],
    "rpt_recovery_status_daily.frozen_theft_value_steady": [
        "update previous.rpt_recovery_status_daily set stolen_usd_at_theft = 2000"
        f" where incident_id = 'kucoin' and day = {_D2}"
    ],
    # ------------------------------------------------------------------ rpt_method_spread_daily
    "rpt_method_spread_daily.key_not_null": [
        _copy("rpt_method_spread_daily", f"day = {_D3} and figure = 'held_usd'", figure="null")
    ],
    "rpt_method_spread_daily.key_unique": [_copy("rpt_method_spread_daily", f"day = {_D3}")],
    "rpt_method_spread_daily.status_figure_is_the_status_table": [
        f"update rpt_method_spread_daily set status_usd = 844 where figure = 'held_usd' and day = {_D3}"
    ],
    "rpt_method_spread_daily.methods_agree_with_balances": [
        f"update rpt_method_spread_daily set poison_usd = 1 where figure = 'held_usd' and day = {_D3}"
    ],
    "rpt_method_spread_daily.spread_covers_its_methods": [
        f"update rpt_method_spread_daily set lowest_usd = 844 where figure = 'held_usd' and day = {_D3}"
    ],
    "rpt_method_spread_daily.volume_frozen_days_kept": [
        _copy("previous.rpt_method_spread_daily", f"day = {_D2}", figure="'gone_usd'")
    ],
}
