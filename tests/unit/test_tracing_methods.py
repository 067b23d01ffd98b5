"""The six methods: shared vectors, cases from the literature, and what holds between them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clawback.tracing.methods import METHODS
from clawback.tracing.records import Transfer
from clawback.tracing.whole import trace_transfers
from tests.unit.test_tracing_fifo import Event, held, play, tainted_paid
from tests.unit.tracing_chain import ZERO, fee, moved, theft_at

NAMES = list(METHODS)
CONSERVING = [name for name, method in METHODS.items() if method.conserves]


def paid(events: list[Event], name: str) -> list[int]:
    """The tainted part of each payment of a ledger of incident S."""
    result, payments = play(events, "S", METHODS[name])
    assert result.violations == []
    return [tainted_paid(result, number) for number in payments]


def test_all_account_vectors_hold_under_every_method(shared_facts: Path) -> None:
    text = (shared_facts / "data" / "vectors" / "taint_vectors.json").read_text(encoding="utf-8")
    vectors: list[dict[str, Any]] = json.loads(text)["account"]
    assert len(vectors) >= 14
    for vector in vectors:
        assert set(vector["expected"]) == set(NAMES)
        for name, incidents in vector["expected"].items():
            for incident_id, expected in incidents.items():
                result, payments = play(vector["events"], incident_id, METHODS[name])
                where = (vector["name"], name, incident_id)
                assert result.violations == [], where
                assert [tainted_paid(result, n) for n in payments] == expected["payments"], where
                assert [tainted_paid(result, n, "fee") for n in payments] == expected["fees"], where
                remaining = {who: amount for who, amount in expected["remaining"].items() if amount > 0}
                assert held(result) == remaining, where


def test_three_stolen_then_seven_fresh() -> None:
    # lightbluetouchpaper.org, 2018-03-26: poison 10; haircut 10 at 30 %; FIFO the first 3 paid.
    events: list[Event] = [("in", "W", 3, "S"), ("in", "W", 7, None)]
    ones = events + [("pay", "W", "X", 1, 0)] * 10
    assert paid(ones, "poison") == [1] * 10
    assert sum(paid(ones, "haircut")) == 3
    assert paid([*events, ("pay", "W", "X", 10, 0)], "haircut") == [3]
    assert paid(ones, "dirty_first") == [1, 1, 1] + [0] * 7
    assert paid(ones, "clean_first") == paid(ones, "lifo") == [0] * 7 + [1, 1, 1]


LOWEST_BALANCES: list[tuple[list[Event], int]] = [
    ([("in", "W", 100, "S"), ("pay", "W", "X", 90, 0), ("in", "W", 500, None)], 10),
    ([("in", "W", 100, "S"), ("pay", "W", "X", 80, 0), ("in", "W", 50, "S")], 70),
    ([("in", "W", 100, "S"), ("in", "W", 50, None), ("pay", "W", "X", 80, 0)], 70),
    ([("in", "W", 100, "S"), ("pay", "W", "X", 80, 0), ("in", "W", 50, None)], 20),
]
"""Of libr-state-machine-demo: what stays of the stolen units is the lowest intermediate balance."""


@pytest.mark.parametrize(("events", "left"), LOWEST_BALANCES)
def test_clean_first_keeps_the_lowest_intermediate_balance(events: list[Event], left: int) -> None:
    result, _ = play(events, "S", METHODS["clean_first"])
    assert held(result)["W"] == left


def test_haircut_loses_nothing_when_one_tainted_unit_fans_out() -> None:
    events: list[Event] = [("in", "W", 1, "S"), ("in", "W", 9, None)]
    assert sum(paid(events + [("pay", "W", f"X{n}", 1, 0) for n in range(10)], "haircut")) == 1


def test_suspect_first_under_every_method() -> None:
    events: list[Event] = [
        ("in", "suspect", 10, "S"),
        ("pay", "suspect", "I", 10, 0),
        ("in", "I", 5, None),
        ("pay", "I", "X", 8, 0),
    ]
    assert {name: paid(events, name)[1] for name in NAMES} == {
        "fifo": 8, "lifo": 3, "haircut": 5, "dirty_first": 8, "clean_first": 3, "poison": 8,
    }  # fmt: skip


def test_dust_is_cut_off_under_haircut_alone() -> None:
    transfers = [
        moved(0, "hot", "w", 100),
        moved(1, "x", "w", 900),
        moved(2, "w", "b", 31),
        moved(3, "w", "c", 500),
    ]
    limits = {("ethereum", "native"): 3}
    for name in NAMES:
        result = trace_transfers(transfers, [theft_at("w", 0)], method=METHODS[name], dust=limits)
        totals = {row["measure"]: row["amount"] for row in result.totals}
        assert result.violations == []
        assert totals.get("dust", 0) == (3 if name == "haircut" else 0), name
        if name == "haircut":
            assert [row["outcome"] for row in result.flows] == ["held", "dust", "held"]


def test_poison_ends_when_the_holding_is_empty_and_taints_what_was_not_seen() -> None:
    transfers = [moved(0, "hot", "w", 3), moved(1, "w", "b", 5), moved(2, "x", "w", 4), moved(3, "w", "c", 4)]
    result = trace_transfers(transfers, [theft_at("w", 0)], method=METHODS["poison"])
    assert [(row["to_address"], row["tainted_amount"]) for row in result.flows] == [("w", 3), ("b", 5)]


@st.composite
def ledgers(draw: st.DrawFn) -> list[Transfer]:
    """Random mints, payments and fees among few accounts; every third mint is stolen."""
    rows: list[Transfer] = []
    for number in range(draw(st.integers(2, 14))):
        who, whom = draw(st.sampled_from("abcd")), draw(st.sampled_from("abcd"))
        amount = draw(st.integers(1, 12))
        if number == 0 or draw(st.integers(0, 2)) == 0:
            rows.append(moved(number, ZERO, who, amount, kind="mint"))
        else:
            rows.append(moved(number, who, whom, amount))
            if draw(st.integers(0, 3)) == 0:
                rows.append(fee(number, who, draw(st.integers(1, 3))))
    return rows


def thefts_in(rows: list[Transfer]) -> list[Any]:
    mints = [row for row in rows if row.kind == "mint"]
    return [theft_at(row.to_address or "", row.block_number - 1000) for row in mints[::2] if row.block_number]


@given(ledgers())
@settings(max_examples=300, deadline=None)
def test_poison_is_never_below_another_method(rows: list[Transfer]) -> None:
    by_name = {}
    for name in NAMES:
        result = trace_transfers(rows, thefts_in(rows), method=METHODS[name])
        assert result.violations == []
        by_name[name] = {(r["tx_hash"], r["kind"], r["position"]): r["tainted_amount"] for r in result.flows}
    for name in CONSERVING:
        for transfer, amount in by_name[name].items():
            assert by_name["poison"].get(transfer, 0) >= amount, (name, transfer)


@given(st.lists(st.tuples(st.sampled_from(["stolen", "clean", "pay"]), st.integers(1, 20)), max_size=14))
@settings(max_examples=300, deadline=None)
def test_the_bounds_hold_for_one_holding(steps: list[tuple[str, int]]) -> None:
    events: list[Event] = []
    balance = 0
    for kind, amount in steps:
        if kind == "pay":
            amount = min(amount, balance)
            balance -= amount
            if amount:
                events.append(("pay", "W", "X", amount, 0))
        else:
            balance += amount
            events.append(("in", "W", amount, "S" if kind == "stolen" else None))
    running = {name: [sum(paid(events, name)[: n + 1]) for n in range(len(events))] for name in NAMES}
    for name in ("fifo", "lifo", "haircut"):
        assert all(a <= b for a, b in zip(running["clean_first"], running[name], strict=True)), name
        assert all(a <= b for a, b in zip(running[name], running["dirty_first"], strict=True)), name


@given(st.integers(1, 20), st.integers(1, 20), st.integers(2, 40), st.data())
@settings(max_examples=200, deadline=None)
def test_splitting_a_payment_changes_nothing_but_haircuts_rounding(
    stolen: int, clean: int, paid_out: int, data: st.DataObject
) -> None:
    paid_out = min(paid_out, stolen + clean)
    cut = data.draw(st.integers(1, max(1, paid_out - 1)))
    start: list[Event] = [("in", "W", clean, None), ("in", "W", stolen, "S"), ("in", "W", 5, None)]
    end: list[Event] = [("pay", "X", "Y", max(1, paid_out // 2), 0)]
    for name in NAMES:
        whole, _ = play([*start, ("pay", "W", "X", paid_out, 0), *end], "S", METHODS[name])
        parts = [("pay", "W", "X", cut, 0), ("pay", "W", "X", paid_out - cut, 0)]
        split, _ = play([*start, *parts, *end], "S", METHODS[name])
        if name == "haircut":
            assert all(abs(held(whole).get(a, 0) - held(split).get(a, 0)) <= 2 for a in "WXY")
        else:
            assert held(whole) == held(split), name
