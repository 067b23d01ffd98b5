"""The rules one by one: gas, passing on, sinks, thefts, openings, freezes, limits."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from clawback.errors import ClawbackError
from clawback.schemas import MAX_AMOUNT
from clawback.tracing.conservation import require_conserved
from clawback.tracing.methods import method_named
from clawback.tracing.records import Freeze, Label, Role
from clawback.tracing.whole import TraceResult, trace_transfers
from tests.unit.tracing_chain import FIRST_DAY, NOON, ZERO, fee, moved, theft_at


def totals(result: TraceResult, asset: str = "native") -> dict[str, int]:
    assert result.violations == []
    return {row["measure"]: row["amount"] for row in result.totals if row["asset"] == asset}


def outcomes(result: TraceResult) -> list[tuple[Any, ...]]:
    return [(row["to_address"], row["tainted_amount"], row["outcome"]) for row in result.flows]


def label(address: str, category: str, **more: Any) -> Label:
    values = {"entity": "E", "confidence": 80, "source": "labels_a", **more}
    return Label(chain="ethereum", address=address, category=category, **values)


STOLEN_TEN = [moved(0, "hot", "thief", 10)]
CASE = [theft_at("thief", 0)]


def test_gas_is_paid_first_and_ends_in_the_fee_sink() -> None:
    result = trace_transfers([*STOLEN_TEN, moved(1, "thief", "b", 8), fee(1, "thief", 2)], CASE)
    assert outcomes(result) == [("thief", 10, "held"), (None, 2, "fee"), ("b", 8, "held")]
    assert totals(result) == {"stolen": 10, "held": 8, "fee": 2}


def test_gas_goes_first_whatever_its_place() -> None:
    late_gas = replace(fee(1, "thief", 2), position=2_000_000)
    result = trace_transfers(
        [*STOLEN_TEN, moved(1, "b", "thief", 1), moved(1, "thief", "b", 9), late_gas], CASE
    )
    assert outcomes(result)[1:] == [(None, 2, "fee"), ("b", 8, "held")]


def test_a_router_passes_on_what_it_received_before_its_own() -> None:
    transfers = [
        moved(0, "x", "router", 50),
        moved(1, "hot", "thief", 10),
        moved(2, "thief", "router", 10, place=0),
        moved(2, "router", "b", 10, place=1),
    ]
    result = trace_transfers(transfers, [theft_at("thief", 1)])
    assert outcomes(result) == [("thief", 10, "held"), ("router", 10, "passed"), ("b", 10, "held")]


def test_what_a_router_keeps_joins_its_holding_behind_its_own() -> None:
    transfers = [
        moved(0, "x", "router", 50),
        moved(1, "hot", "thief", 10),
        moved(2, "thief", "router", 10, place=0),
        moved(2, "router", "b", 4, place=1),
        moved(3, "router", "c", 50),
        moved(4, "router", "d", 6),
    ]
    result = trace_transfers(transfers, [theft_at("thief", 1)])
    assert outcomes(result)[1:] == [("router", 10, "held"), ("b", 4, "held"), ("d", 6, "held")]


def test_without_an_order_receipts_come_before_payments() -> None:
    transfers = [
        *STOLEN_TEN,
        moved(1, "b", "c", 10, place=0, quality="time"),
        moved(1, "router", "b", 10, place=1, quality="time"),
        moved(1, "thief", "router", 10, place=2, quality="time"),
    ]
    result = trace_transfers(transfers, CASE)
    assert outcomes(result)[1:] == [("router", 10, "passed"), ("b", 10, "passed"), ("c", 10, "held")]


def test_a_circle_without_an_order_is_still_worked_off() -> None:
    transfers = [
        *STOLEN_TEN,
        moved(1, "thief", "b", 4, place=0, quality="time"),
        moved(1, "b", "thief", 3, place=1, quality="time"),
    ]
    assert totals(trace_transfers(transfers, CASE)) == {"stolen": 10, "held": 10}


@pytest.mark.parametrize("category", ["exchange", "mixer", "bridge", "issuer", "broker"])
def test_a_labelled_service_ends_the_trail(category: str) -> None:
    transfers = [*STOLEN_TEN, moved(1, "thief", "s", 7), moved(2, "s", "c", 7)]
    result = trace_transfers(transfers, CASE, [label("s", category, entity="Shop", confidence=70)])
    assert totals(result) == {"stolen": 10, "held": 3, category: 7}
    row = result.flows[-1]
    assert (row["outcome"], row["label_entity"], row["label_source"], row["label_confidence"]) == (
        category,
        "Shop",
        "labels_a",
        70,
    )


@pytest.mark.parametrize("category", ["dex", "router", "wrapper", "theft", "sanctioned", "other"])
def test_other_labels_and_no_label_do_not(category: str) -> None:
    transfers = [*STOLEN_TEN, moved(1, "thief", "s", 7), moved(2, "s", "c", 7)]
    unlabelled = trace_transfers(transfers, CASE)
    assert trace_transfers(transfers, CASE, [label("s", category)]).flows == unlabelled.flows
    assert totals(unlabelled) == {"stolen": 10, "held": 10}


def test_the_highest_confidence_decides_then_the_first_label() -> None:
    transfers = [*STOLEN_TEN, moved(1, "thief", "s", 7)]
    weak, strong = label("s", "exchange", confidence=40), label("s", "mixer", confidence=60)
    assert totals(trace_transfers(transfers, CASE, [weak, strong]))["mixer"] == 7
    even = label("s", "exchange", confidence=60)
    assert totals(trace_transfers(transfers, CASE, [even, strong]))["exchange"] == 7
    assert "mixer" not in totals(
        trace_transfers(transfers, CASE, [strong, label("s", "other", confidence=90)])
    )


def test_a_label_counts_only_while_it_is_valid() -> None:
    transfers = [*STOLEN_TEN, moved(1, "thief", "s", 3), moved(2, "thief", "s", 3, day=1)]
    late = label("s", "exchange", valid_from=FIRST_DAY + timedelta(days=1))
    # From the day on, what lay there already has ended too.
    result = trace_transfers(transfers, CASE, [late])
    assert [row["outcome"] for row in result.flows] == ["held", "held", "exchange"]
    assert totals(result) == {"stolen": 10, "held": 4, "exchange": 6}
    over = label("s", "exchange", valid_to=FIRST_DAY)
    assert totals(trace_transfers(transfers, CASE, [over])) == {"stolen": 10, "held": 7, "exchange": 3}


def test_a_return_is_one_only_for_its_own_incident() -> None:
    transfers = [
        moved(0, "hot", "thief", 10),
        moved(1, "hot2", "thief2", 10),
        moved(2, "thief", "home", 4),
        moved(3, "thief2", "home", 4),
    ]
    roles = [theft_at("thief", 0, "S"), theft_at("thief2", 1, "T")]
    by_label = trace_transfers(transfers, roles, [label("home", "victim", incident_id="S")])
    by_case_file = trace_transfers(transfers, [*roles, Role("S", "ethereum", "home", "victim")])
    for result in (by_label, by_case_file):
        by_incident = {(r["incident_id"], r["measure"]): r["amount"] for r in result.totals}
        assert by_incident["S", "victim"] == 4
        assert ("T", "victim") not in by_incident
        assert by_incident["T", "held"] == 10


def test_a_victim_label_without_incident_returns_nothing() -> None:
    transfers = [*STOLEN_TEN, moved(1, "thief", "home", 4)]
    assert totals(trace_transfers(transfers, CASE, [label("home", "victim")])) == {"stolen": 10, "held": 10}


def test_the_theft_address_is_never_a_sink_of_its_own_incident() -> None:
    result = trace_transfers(STOLEN_TEN, CASE, [label("thief", "exchange")])
    assert totals(result) == {"stolen": 10, "held": 10}


def test_burns_and_unknown_receivers_are_sinks_and_mints_are_clean() -> None:
    transfers = [
        *STOLEN_TEN,
        moved(1, "thief", ZERO, 2),
        moved(2, "thief", "contract", 3, kind="burn"),
        moved(3, "thief", None, 1, kind="native"),
        moved(4, ZERO, "thief", 100, kind="mint"),
        moved(5, "thief", "b", 5),
    ]
    result = trace_transfers(transfers, CASE)
    assert totals(result) == {"stolen": 10, "held": 4, "burned": 5, "unseen_outflow": 1}


def test_a_theft_is_the_net_amount_that_enters() -> None:
    transfers = [
        moved(0, "hot", "thief", 10, place=0),
        moved(0, "thief", "b", 3, place=1),
        moved(0, "hot", "thief", 5, asset="token", place=2),
    ]
    result = trace_transfers(transfers, CASE)
    assert totals(result) == {"stolen": 7, "held": 7}
    assert totals(result, "token") == {"stolen": 5, "held": 5}
    assert outcomes(result)[0] == ("thief", 7, "held")


def test_of_several_payments_the_last_units_are_the_net_amount() -> None:
    transfers = [
        moved(0, "hot", "thief", 6, place=0),
        moved(0, "hot2", "thief", 6, place=1),
        moved(0, "thief", "b", 4, place=2),
    ]
    result = trace_transfers(transfers, CASE)
    assert outcomes(result) == [("thief", 2, "held"), ("thief", 6, "held")]
    assert {row["address"] for row in result.holdings} == {"thief"}


def test_tainted_units_that_reach_a_theft_again_keep_their_hop() -> None:
    transfers = [*STOLEN_TEN, moved(1, "thief", "b", 10), moved(2, "b", "thief", 10)]
    result = trace_transfers(transfers, [*CASE, theft_at("thief", 2)])
    assert totals(result) == {"stolen": 10, "held": 10}
    assert [(row["hop"], row["theft_role"]) for row in result.flows] == [
        (0, "theft_address"),
        (1, None),
        (2, None),
    ]


def test_what_is_returned_by_one_transaction_only_lies_there_clean() -> None:
    transfers = [
        *STOLEN_TEN,
        moved(1, "thief", "home", 3),
        moved(2, "thief", "home", 4),
        moved(3, "home", "b", 4),
        moved(4, "home", "c", 3),
    ]
    back = Role("S", "ethereum", "home", "recovery", tx_hash="0x0002")
    result = trace_transfers(transfers, [*CASE, back])
    assert totals(result) == {"stolen": 10, "held": 6, "victim": 4}
    assert outcomes(result)[3:] == [("b", 3, "held")]


def test_source_steals_what_leaves_untainted_but_not_gas() -> None:
    role = Role("S", "ethereum", "hot", "source", from_time=NOON, to_time=NOON + timedelta(seconds=1))
    transfers = [
        moved(0, "hot", "b", 10, place=0),
        moved(0, "b", "hot", 3, place=1),
        fee(0, "hot", 2),
        moved(1, "b", "hot", 4),
        moved(2, "hot", "c", 9),
    ]
    result = trace_transfers(transfers, [role])
    # The window closes before the last payment, and what came back is not stolen again.
    assert totals(result)["stolen"] == 7
    assert [row["theft_role"] for row in result.flows] == ["source", None, None]


def test_a_unit_is_not_stolen_twice_and_both_roles_name_the_address() -> None:
    roles = [
        *CASE,
        Role("S", "ethereum", "hot", "source", tx_hash="0x0000"),
        theft_at("thief2", 1),
    ]
    transfers = [*STOLEN_TEN, moved(0, "hot", "b", 2, place=1), moved(1, "thief", "thief2", 12)]
    result = trace_transfers(transfers, roles)
    assert (
        totals(result)["stolen"] == 14
    )  # 10 to the thief, 2 by source alone, 2 that thief was not seen to have
    assert [row["theft_role"] for row in result.flows] == ["theft_address", "source", "theft_address"]
    assert result.flows[-1]["tainted_amount"] == 12
    assert result.flows[-1]["hop"] == 0


def test_a_window_includes_both_its_ends() -> None:
    second = timedelta(seconds=1)
    transfers = [moved(number, "hot", "thief", 1) for number in range(4)]
    role = Role("S", "ethereum", "thief", "theft_address", from_time=NOON + second, to_time=NOON + 2 * second)
    assert totals(trace_transfers(transfers, [role])) == {"stolen": 2, "held": 2}


def test_minted_units_can_be_the_theft() -> None:
    result = trace_transfers([moved(0, ZERO, "thief", 9, kind="mint")], CASE)
    assert totals(result) == {"stolen": 9, "held": 9}


def test_the_opening_balance_is_the_oldest_lot_and_never_negative() -> None:
    transfers = [
        moved(0, "w", "x", 100),  # more than it was seen to have: the balance is 0, not -100
        moved(1, "x", "w", 7),
        moved(2, "hot", "w", 10),
        moved(3, "w", "b", 8),
    ]
    result = trace_transfers(transfers, [theft_at("w", 2)])
    assert outcomes(result) == [("w", 10, "held"), ("b", 1, "held")]
    assert "unseen_inflow" not in totals(result)


def test_a_named_opening_counts_too() -> None:
    transfers = [moved(2, "hot", "w", 10), moved(3, "w", "b", 8)]
    opening = {("ethereum", "w", "native"): 5}
    result = trace_transfers(transfers, [theft_at("w", 2)], opening=opening)
    assert outcomes(result)[-1] == ("b", 3, "held")


def test_paying_more_than_was_seen_is_unseen_inflow_the_newest_lot() -> None:
    result = trace_transfers([*STOLEN_TEN, moved(1, "thief", "b", 25), moved(2, "b", "c", 10)], CASE)
    assert outcomes(result)[1:] == [("b", 10, "held"), ("c", 10, "held")]
    assert totals(result) == {"stolen": 10, "held": 10, "unseen_inflow": 15}


def test_self_transfers_and_zero_amounts_break_nothing() -> None:
    transfers = [
        *STOLEN_TEN,
        moved(1, "thief", "thief", 4),
        moved(2, "thief", "b", 0),
        fee(2, "thief", 0),
        moved(3, "thief", "thief", 50),
    ]
    result = trace_transfers(transfers, [*CASE, theft_at("thief", 1), theft_at("thief", 3)])
    assert totals(result) == {"stolen": 10, "held": 10, "unseen_inflow": 40}
    assert [row["hop"] for row in result.flows] == [0, 1, 1]


def test_a_freeze_reclassifies_from_its_day_on_and_moves_nothing() -> None:
    transfers = [*STOLEN_TEN, moved(1, "thief", "b", 4)]
    freeze = Freeze("ethereum", "thief", "native", FIRST_DAY)
    result = trace_transfers(transfers, CASE, freezes=[freeze])
    assert totals(result) == {"stolen": 10, "held": 4, "frozen": 6}
    assert {row["address"]: row["category"] for row in result.holdings} == {"b": "held", "thief": "frozen"}
    later = Freeze("ethereum", "thief", "native", FIRST_DAY + timedelta(days=1))
    assert totals(trace_transfers(transfers, CASE, freezes=[later])) == {"stolen": 10, "held": 10}


def test_taint_beyond_the_hop_limit_is_dust() -> None:
    transfers = [*STOLEN_TEN, moved(1, "thief", "b", 10), moved(2, "b", "c", 6), moved(3, "c", "d", 6)]
    result = trace_transfers(transfers, CASE, max_hops=1)
    assert totals(result) == {"stolen": 10, "held": 4, "dust": 6}
    assert outcomes(result)[-1] == ("c", 6, "dust")


def test_a_service_just_beyond_the_hop_limit_still_shows() -> None:
    transfers = [*STOLEN_TEN, moved(1, "thief", "b", 10), moved(2, "b", "s", 6)]
    result = trace_transfers(transfers, CASE, [label("s", "exchange")], max_hops=1)
    assert totals(result) == {"stolen": 10, "held": 4, "exchange": 6}


def test_a_hostile_token_cannot_overflow_the_stolen_sum() -> None:
    transfers = [moved(number, "hot", "thief", MAX_AMOUNT) for number in range(2)]
    result = trace_transfers(transfers, [Role("S", "ethereum", "thief", "theft_address")])
    assert totals(result) == {"stolen": MAX_AMOUNT, "held": MAX_AMOUNT}
    assert result.book.ledgers["S"].too_wide == MAX_AMOUNT


def test_a_lost_unit_is_refused_by_name() -> None:
    result = trace_transfers(STOLEN_TEN, CASE)
    ledger = result.book.ledgers["S"]
    require_conserved([ledger], "here")
    ledger.holdings["ethereum", "thief", "native"].take_oldest(1)
    with pytest.raises(ClawbackError, match="lost or made units") as caught:
        require_conserved([ledger], "here")
    assert "S ethereum native: stolen and converted in 10" in str(caught.value)


def test_an_unknown_method_is_refused() -> None:
    with pytest.raises(ClawbackError, match="unknown tracing method 'newest'"):
        method_named("newest")


def test_blocks_whose_clock_runs_backwards_keep_their_order() -> None:
    late, early = moved(0, "hot", "thief", 10), moved(1, "thief", "b", 10)
    back = replace(early, block_time=NOON - timedelta(hours=13))
    result = trace_transfers([back, late], CASE)
    assert outcomes(result) == [("thief", 10, "held"), ("b", 10, "held")]
