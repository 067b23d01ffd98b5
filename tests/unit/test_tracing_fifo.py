"""FIFO on ledgers whose answer is known from the literature."""

from __future__ import annotations

from typing import Any

from clawback.tracing.methods import FIFO, Method
from clawback.tracing.records import Role, Transfer
from clawback.tracing.whole import TraceResult, trace_transfers
from tests.unit.tracing_chain import ZERO, fee, moved, theft_at

Event = tuple[Any, ...]


def play(events: list[Event], incident_id: str, method: Method = FIFO) -> tuple[TraceResult, list[int]]:
    """Traces a ledger of `in` and `pay` events, one transaction each; gives the numbers of the payments."""
    transfers: list[Transfer] = []
    roles: list[Role] = []
    payments: list[int] = []
    for number, event in enumerate(events):
        if event[0] == "in":
            _, holding, amount, incident = event
            transfers.append(moved(number, ZERO, holding, amount, kind="mint"))
            if incident is not None:
                roles.append(theft_at(holding, number, incident))
        else:
            _, payer, receiver, amount, gas = event
            payments.append(number)
            transfers.append(moved(number, payer, receiver, amount))
            if gas:
                transfers.append(fee(number, payer, gas))
    mine = [role for role in roles if role.incident_id == incident_id]
    return trace_transfers(transfers, mine, method=method), payments


def tainted_paid(result: TraceResult, number: int, kind: str = "token") -> int:
    """Tainted units in the payment (or fee) of a transaction."""
    return sum(
        row["tainted_amount"]
        for row in result.flows
        if row["tx_hash"] == f"0x{number:04x}" and row["kind"] == kind
    )


def held(result: TraceResult) -> dict[str, int]:
    """Tainted units by address."""
    return {row["address"]: row["tainted_amount"] for row in result.holdings}


def stolen_units(events: list[Event]) -> list[int]:
    """Plays a ledger of incident S and gives the tainted part of each payment."""
    result, payments = play(events, "S")
    assert result.violations == []
    return [tainted_paid(result, number) for number in payments]


def test_three_stolen_then_seven_fresh_pays_the_stolen_three_first() -> None:
    # lightbluetouchpaper.org, 2018-03-26
    events: list[Event] = [("in", "W", 3, "S"), ("in", "W", 7, None)]
    assert stolen_units(events + [("pay", "W", "X", 1, 0)] * 10) == [1, 1, 1, 0, 0, 0, 0, 0, 0, 0]


def test_two_clean_then_three_stolen_pays_them_third_to_fifth() -> None:
    # the discussion below that article
    events: list[Event] = [("in", "W", 2, None), ("in", "W", 3, "S")]
    assert stolen_units(events + [("pay", "W", "X", 1, 0)] * 5) == [0, 0, 1, 1, 1]


def test_suspect_first_then_clean_pays_the_suspects_units() -> None:
    # published test of a student tracer
    events: list[Event] = [
        ("in", "suspect", 10, "S"),
        ("pay", "suspect", "I", 10, 0),
        ("in", "I", 5, None),
        ("pay", "I", "X", 8, 0),
    ]
    assert stolen_units(events) == [10, 8]


def test_one_tainted_unit_of_ten_stays_one_when_it_fans_out() -> None:
    events: list[Event] = [("in", "W", 1, "S"), ("in", "W", 9, None)]
    fan: list[Event] = [("pay", "W", f"X{number}", 1, 0) for number in range(10)]
    assert sum(stolen_units(events + fan)) == 1


def test_splitting_a_payment_in_two_changes_nothing() -> None:
    start: list[Event] = [("in", "W", 4, None), ("in", "W", 6, "S"), ("in", "W", 5, None)]
    whole, _ = play([*start, ("pay", "W", "X", 12, 0), ("pay", "X", "Y", 7, 0)], "S")
    parts, _ = play([*start, ("pay", "W", "X", 5, 0), ("pay", "W", "X", 7, 0), ("pay", "X", "Y", 7, 0)], "S")
    assert held(whole) == held(parts) == {"X": 3, "Y": 3}


def test_hops_count_from_the_theft_and_the_shortest_way_is_named() -> None:
    result, _ = play(
        [
            ("in", "A", 10, "S"),
            ("pay", "A", "B", 10, 0),
            ("in", "A", 5, "S"),
            ("pay", "A", "B", 5, 0),
            ("pay", "B", "A", 12, 0),
            ("pay", "A", "C", 12, 0),
        ],
        "S",
    )
    assert [row["hop"] for row in result.flows] == [0, 1, 0, 1, 2, 3]
    assert [row["theft_role"] for row in result.flows] == ["theft_address", None] * 2 + [None, None]
    assert {row["address"]: row["hop"] for row in result.holdings} == {"B": 1, "C": 3}
