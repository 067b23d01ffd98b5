"""The shared vectors and the worked cases under the compiled engine, each with who did the work.

The UTXO vectors are for the plain engine alone: the compiled one refuses outpoints (see
`test_cli_trace_compiled.py`), so nothing of them is traced twice.
"""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest

from clawback.tracing.fast.conserved import violations
from clawback.tracing.methods import METHODS
from clawback.tracing.records import Label, Role, Transfer
from tests.unit.fast_tracing import FastResult, hold_to_plain
from tests.unit.test_tracing_fifo import Event
from tests.unit.test_tracing_methods import LOWEST_BALANCES
from tests.unit.tracing_chain import ZERO, fee, moved

pytestmark = pytest.mark.slow
USDT, SAT = (f"0x{digit * 40}" for digit in "ab")


def address(name: str) -> str:
    return "0x" + hashlib.sha256(name.encode()).hexdigest()[:40]


def tx(number: int) -> str:
    return f"0x{number:064x}"


def play(events: list[Event], incident: str, method: str) -> tuple[FastResult, list[int]]:
    """Traces a ledger of `in` and `pay` events under both engines, held to each other."""
    transfers: list[Transfer] = []
    roles: list[Role] = []
    payments: list[int] = []
    for number, event in enumerate(events):
        if event[0] == "in":
            _, holding, amount, stolen_by = event
            transfers.append(moved(number, ZERO, address(holding), amount, kind="mint", tx_hash=tx(number)))
            if stolen_by == incident:
                roles.append(Role("S", "ethereum", address(holding), "theft_address", tx(number)))
        else:
            _, payer, receiver, amount, gas = event
            payments.append(number)
            whom = address(receiver) if receiver is not None else None
            transfers.append(moved(number, address(payer), whom, amount, tx_hash=tx(number)))
            if gas:
                gone = fee(number, address(payer), gas)
                transfers.append(Transfer(**{**_fields(gone), "tx_hash": tx(number)}))
    fast = hold_to_plain((transfers, roles, [], 0), {"method": method}, sources=True)
    assert fast.handed_over == 0, "plain payments are for the compiled engine"
    if METHODS[method].conserves:
        assert violations(fast.tracer) == []
    return fast, payments


def _fields(row: Transfer) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__dataclass_fields__}


def tainted(fast: FastResult, number: int, kind: str = "token") -> int:
    return sum(
        row["tainted_amount"] for row in fast.flows if (row["tx_hash"], row["kind"]) == (tx(number), kind)
    )


def held(fast: FastResult) -> dict[str, int]:
    """Stolen units by address."""
    found = {
        "0x" + who.hex(): sum(amount for amount, hop, *_ in lots if hop is not None)
        for (_, who, _), lots in fast.lots().items()
    }
    return {who: amount for who, amount in found.items() if amount}


@pytest.mark.parametrize("method", METHODS)
def test_all_account_vectors_hold_under_the_compiled_engine(shared_facts: Path, method: str) -> None:
    text = (shared_facts / "data" / "vectors" / "taint_vectors.json").read_text(encoding="utf-8")
    vectors: list[dict[str, Any]] = json.loads(text)["account"]
    assert len(vectors) >= 14
    for vector in vectors:
        for incident, expected in vector["expected"][method].items():
            fast, payments = play(vector["events"], incident, method)
            where = (vector["name"], incident)
            assert [tainted(fast, number) for number in payments] == expected["payments"], where
            assert [tainted(fast, number, "fee") for number in payments] == expected["fees"], where
            remaining = {address(who): amount for who, amount in expected["remaining"].items() if amount}
            assert held(fast) == remaining, where


STOLEN_THEN_FRESH: list[Event] = [("in", "W", 3, "S"), ("in", "W", 7, None)]
FRESH_THEN_STOLEN: list[Event] = [("in", "W", 2, None), ("in", "W", 3, "S")]
SUSPECT: list[Event] = [
    ("in", "suspect", 10, "S"), ("pay", "suspect", "I", 10, 0), ("in", "I", 5, None), ("pay", "I", "X", 8, 0),
]  # fmt: skip
FAN_OUT: list[Event] = [("in", "W", 1, "S"), ("in", "W", 9, None)]
ONES: list[Event] = [("pay", "W", "X", 1, 0)]
WORKED: list[tuple[list[Event], dict[str, list[int]]]] = [
    # lightbluetouchpaper.org, 2018-03-26
    (
        STOLEN_THEN_FRESH + ONES * 10,
        {
            "fifo": [1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
            "lifo": [0, 0, 0, 0, 0, 0, 0, 1, 1, 1],
            "dirty_first": [1, 1, 1, 0, 0, 0, 0, 0, 0, 0],
            "clean_first": [0, 0, 0, 0, 0, 0, 0, 1, 1, 1],
            "poison": [1] * 10,
        },
    ),
    ([*STOLEN_THEN_FRESH, ("pay", "W", "X", 10, 0)], {"haircut": [3], "poison": [10]}),
    # the discussion below it
    (
        FRESH_THEN_STOLEN + ONES * 5,
        {"fifo": [0, 0, 1, 1, 1], "lifo": [1, 1, 1, 0, 0], "dirty_first": [1, 1, 1, 0, 0],
         "clean_first": [0, 0, 1, 1, 1], "poison": [1] * 5},
    ),
    # published test of a student tracer
    (
        SUSPECT,
        {"fifo": [10, 8], "lifo": [10, 3], "haircut": [10, 5], "dirty_first": [10, 8], "clean_first": [10, 3],
         "poison": [10, 8]},
    ),
]  # fmt: skip


@pytest.mark.parametrize("method", METHODS)
def test_worked_cases_hold_under_the_compiled_engine(method: str) -> None:
    for events, expected in WORKED:
        fast, payments = play(events, "S", method)
        if method in expected:
            assert [tainted(fast, number) for number in payments] == expected[method], events
    fan_out: list[Event] = [*FAN_OUT, *(("pay", "W", f"X{place}", 1, 0) for place in range(10))]
    fast, payments = play(fan_out, "S", method)
    whole = sum(tainted(fast, number) for number in payments)
    assert whole == (10 if method == "poison" else 1)


@pytest.mark.parametrize(("events", "left"), LOWEST_BALANCES)
def test_clean_first_keeps_the_lowest_intermediate_balance(events: list[Event], left: int) -> None:
    assert held(play(events, "S", "clean_first")[0])[address("W")] == left


@pytest.mark.parametrize(
    ("method", "given", "image", "handed_over"),
    [
        ("fifo", 100, 3_333_333, 0),
        ("lifo", 50, 1_666_667, 0),
        # Under these each incident has stakes of its own: a swap that taint reaches goes to the plain engine.
        ("haircut", 75, 2_500_000, 1),
        ("dirty_first", 100, 3_333_333, 1),
        ("clean_first", 50, 1_666_666, 1),
        ("poison", 150, 5_000_000, 1),
    ],
)
def test_the_cut_of_a_swap_is_rounded_down_whoever_works_it_off(
    method: str, given: int, image: int, handed_over: int
) -> None:
    thief, pool, hot, other = (address(name) for name in ("thief", "pool", "hot", "other"))
    transfers = [
        moved(0, hot, thief, 100, asset=USDT, tx_hash=tx(0)),
        moved(1, other, thief, 100, asset=USDT, tx_hash=tx(1)),
        moved(2, thief, pool, 150, asset=USDT, place=0, tx_hash=tx(2)),
        moved(2, pool, thief, 5_000_000, asset=SAT, place=1, tx_hash=tx(2)),
    ]
    roles = [Role("S", "ethereum", thief, "theft_address", tx(0))]
    labels = [Label("ethereum", pool, "Pool", "dex", 90, "a")]
    fast = hold_to_plain((transfers, roles, labels, 0), {"method": method}, sources=True)
    (turned,) = [row for row in fast.flows if row["outcome"] == "converted"]
    assert (turned["tainted_amount"], turned["converted_amount"]) == (given, image)
    assert fast.handed_over == handed_over
