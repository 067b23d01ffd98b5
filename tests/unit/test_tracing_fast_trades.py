"""Swaps that the kernel works off itself, against the plain engine, flow by flow."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clawback.tracing.records import Label, Role
from tests.unit.fast_tracing import FastResult, hold_to_plain
from tests.unit.test_tracing_fast_swaps import (
    DEXES,
    HOT,
    OTHER_POOL,
    OWN_LOTS,
    POOL,
    THIEF,
    TOKEN,
    WRAPPED,
    A,
    B,
    case,
    held,
)
from tests.unit.tracing_chain import FIRST_DAY, ZERO, moved
from tests.unit.trade_ledgers import ASSETS, Ledger, trade_ledger

SEEDS = st.integers(0, 2**32)


def compare(
    ledger: Ledger,
    *,
    sources: bool,
    method: str = "fifo",
    folder: Path | None = None,
    dust: dict[str, int] | None = None,
) -> FastResult:
    """Holds the compiled engine to the plain one."""
    transfers, roles, labels, max_hops, prices, created_by = ledger
    market: dict[str, Any] = {"prices": prices, "created_by": created_by, "method": method, "dust": dust}
    return hold_to_plain((transfers, roles, labels, max_hops), market, sources=sources, folder=folder)


@pytest.mark.slow
@given(SEEDS, st.integers(8, 40))
@settings(max_examples=150, deadline=None)
def test_trades_of_one_incident_equal_the_plain_engine_lot_by_lot(seed: int, transactions: int) -> None:
    compare(trade_ledger(seed, transactions, ("S",)), sources=True)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fifo", "lifo"])
@given(seed=SEEDS, transactions=st.integers(8, 40))
@settings(max_examples=150, deadline=None)
def test_trades_of_several_incidents_equal_the_plain_engine(
    method: str, seed: int, transactions: int
) -> None:
    compare(trade_ledger(seed, transactions, ("S", "T", "U")), sources=False, method=method)


@pytest.mark.slow
@pytest.mark.parametrize("method", OWN_LOTS)
@given(seed=SEEDS, transactions=st.integers(8, 40), limit=st.sampled_from([0, 5, 100]))
@settings(max_examples=60, deadline=None)
def test_trades_under_methods_with_lots_of_their_own(
    method: str, seed: int, transactions: int, limit: int
) -> None:
    dust = dict.fromkeys(ASSETS, limit) if method == "haircut" else {}
    compare(trade_ledger(seed, transactions, ("S", "T", "U")), sources=True, method=method, dust=dust)


@pytest.mark.slow
@given(seed=SEEDS, transactions=st.integers(8, 40))
@settings(
    max_examples=50,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
def test_trades_with_a_state_saved_and_loaded_each_day(tmp_path: Path, seed: int, transactions: int) -> None:
    compare(trade_ledger(seed, transactions, ("S", "T", "U")), sources=False, folder=tmp_path)


def compare_many(transactions: int, method: str, seed: int) -> None:
    """Holds the engines to each other on one long ledger, of which both ways take a good part."""
    ledger = trade_ledger(seed, transactions, ("S", "T", "U", "V", "W"), users=20, pools=6)
    result = compare(ledger, sources=False, method=method)
    assert result.tracer.exchanged > 50
    assert result.handed_over > 20
    assert Counter(row["outcome"] for row in result.flows)["converted"] > 50


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("method", "seed"), [("fifo", 27), ("lifo", 8)])
def test_five_thousand_trades_equal_the_plain_engine(method: str, seed: int) -> None:
    compare_many(5_000, method, seed)


@pytest.mark.thorough
@pytest.mark.timeout(7200)
@pytest.mark.parametrize(("method", "seed"), [("fifo", 27), ("lifo", 8)])
def test_a_hundred_thousand_trades_equal_the_plain_engine(method: str, seed: int) -> None:
    compare_many(100_000, method, seed)


COIN = "native"
Legs = list[tuple[str, str, str, int]]


def one_trade(legs: Legs, labels: Sequence[Label] = DEXES, **more: Any) -> tuple[FastResult, list[Any]]:
    """The thief takes ten tokens, then moves the legs in one transaction: what both engines say."""
    given = case(legs, list(labels))
    rows = [
        replace(
            row, kind="mint" if row.from_address == ZERO else "burn" if row.to_address == ZERO else "token"
        )
        for row in given.transfers
    ]
    ledger = Ledger(rows, given.roles, given.labels, 0, more.get("prices", {}), more.get("created_by", {}))
    result = compare(ledger, sources=True)
    told = [
        (row["outcome"], row["tainted_amount"], row["converted_amount"])
        for row in result.flows
        if row["tx_hash"] == rows[-1].tx_hash
    ]
    return result, told


WRAPPER = [*DEXES, Label("ethereum", WRAPPED, "Wrapper", "wrapper", 90, "a")]
PLAIN: Legs = [(THIEF, POOL, TOKEN, 10), (POOL, THIEF, WRAPPED, 21)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("legs", "has", "told"),
    [
        pytest.param(PLAIN, {(THIEF, WRAPPED): 21}, [("converted", 10, 21), ("held", 21, None)], id="plain"),
        pytest.param(
            PLAIN[::-1], {(THIEF, WRAPPED): 21}, [("converted", 10, 21), ("held", 21, None)], id="flash"
        ),
        # The thief's ten are the first of fifteen that the pool received.
        pytest.param(
            [(THIEF, POOL, TOKEN, 10), (A, POOL, TOKEN, 5), (POOL, A, WRAPPED, 4), (POOL, THIEF, WRAPPED, 4)],
            {(A, WRAPPED): 4, (THIEF, WRAPPED): 1},
            [("converted", 10, 5), ("exchange_unproven", 4, None), ("held", 1, None)],
            id="cut",
        ),
        pytest.param(
            [(THIEF, POOL, TOKEN, 10), (A, POOL, TOKEN, 5), (POOL, THIEF, WRAPPED, 1)],
            {},
            [("converted", 10, 0)],
            id="nothing left by rounding",
        ),
        # Of four that arrived the pool passes one on, so it kept the last three.
        pytest.param(
            [
                (THIEF, POOL, TOKEN, 4),
                (POOL, B, TOKEN, 1),
                (POOL, THIEF, WRAPPED, 6),
            ],
            {(THIEF, TOKEN): 6, (B, TOKEN): 1, (THIEF, WRAPPED): 6},
            [("passed", 1, None), ("converted", 3, 6), ("held", 1, None), ("held", 6, None)],
            id="passed on in part",
        ),
        # It pays one of its own first: of four that arrive, the first one makes up for it.
        pytest.param(
            [(POOL, B, TOKEN, 1), (THIEF, POOL, TOKEN, 4), (POOL, THIEF, WRAPPED, 6)],
            {(THIEF, TOKEN): 6, (POOL, TOKEN): 1, (THIEF, WRAPPED): 6},
            [("held", 1, None), ("converted", 3, 6), ("held", 6, None)],
            id="kept in part",
        ),
        # The pool pays two of its own that come back to it; the two after those are what it gives.
        pytest.param(
            [
                (THIEF, POOL, TOKEN, 10),
                (POOL, B, WRAPPED, 2),
                (POOL, THIEF, WRAPPED, 2),
                (B, POOL, WRAPPED, 2),
            ],
            {(THIEF, WRAPPED): 2},
            [("converted", 10, 2), ("held", 2, None)],
            id="own units first",
        ),
        pytest.param(
            [(THIEF, POOL, TOKEN, 10), (POOL, OTHER_POOL, COIN, 7), (OTHER_POOL, THIEF, WRAPPED, 30)],
            {(THIEF, WRAPPED): 30},
            [("converted", 10, 7), ("held", 30, None), ("converted", 7, 30)],
            id="two pools",
        ),
        pytest.param(
            [
                (THIEF, POOL, TOKEN, 3),
                (THIEF, OTHER_POOL, TOKEN, 7),
                (POOL, THIEF, WRAPPED, 30),
                (OTHER_POOL, THIEF, WRAPPED, 69),
            ],
            {(THIEF, WRAPPED): 99},
            [("converted", 3, 30), ("converted", 7, 69), ("held", 30, None), ("held", 69, None)],
            id="split",
        ),
        pytest.param(
            [(THIEF, B, TOKEN, 10), (B, POOL, TOKEN, 10), (POOL, B, WRAPPED, 8), (B, THIEF, WRAPPED, 7)],
            {(THIEF, WRAPPED): 7, (B, WRAPPED): 1},
            [
                ("passed", 10, None),
                ("converted", 10, 8),
                ("held", 8, None),
                ("held", 7, None),
            ],
            id="routed",
        ),
    ],
)
def test_a_trade_that_the_kernel_works_off(
    legs: Legs, has: dict[tuple[str, str], int], told: list[Any]
) -> None:
    result, said = one_trade(legs)
    assert (result.tracer.exchanged, result.handed_over) == (1, 0)
    assert {key: units for key, units in held(result).items() if units} == has
    assert said == told


@pytest.mark.slow
def test_what_proves_a_trade_to_the_kernel() -> None:
    made = {(THIEF, WRAPPED): 21}
    kept = {(POOL, TOKEN): 10}
    price = {("ethereum", TOKEN): Fraction(2, 10**6), ("ethereum", WRAPPED): Fraction(1, 10**6)}
    half = price | {("ethereum", WRAPPED): Fraction(2, 10**6)}
    below = price | {("ethereum", WRAPPED): Fraction(1, 4 * 10**6)}
    # The two sides are worth one to two, exactly, and a little more: numbers of several digits.
    unit = 2**33 + 15 * 10**6
    twice = {("ethereum", TOKEN): Fraction(21 * unit), ("ethereum", WRAPPED): Fraction(20 * unit)}
    more = twice | {("ethereum", WRAPPED): Fraction(20 * unit + 1)}
    widest = {("ethereum", TOKEN): Fraction(2**127), ("ethereum", WRAPPED): Fraction(2**127)}
    for has, labels, prices, created_by in (
        (made, [], twice, {}),
        (kept, [], more, {}),
        (kept, [], widest, {}),
        (made, DEXES, {}, {}),
        (kept, [], {}, {}),
        (made, [], price, {}),
        # 20 against 42: more than twice as much; and against 5.25: less than half.
        (kept, [], half, {}),
        (kept, [], below, {}),
        (made, DEXES, half, {}),
        (kept, [], {("ethereum", TOKEN): Fraction(2)}, {}),
        (made, [replace(DEXES[0], address=B)], {}, {("ethereum", POOL): B}),
        (made, [replace(DEXES[0], address=B)], {}, {("ethereum", POOL): (A, B)}),
        (kept, [replace(DEXES[0], address=B)], {}, {("ethereum", POOL): (A,), ("bsc", POOL): (B,)}),
    ):
        days = {FIRST_DAY: prices}
        result, _ = one_trade(PLAIN, labels, prices=days, created_by=created_by)
        assert (result.tracer.exchanged, result.handed_over) == (1, 0)
        assert {key: units for key, units in held(result).items() if units} == has


@pytest.mark.slow
def test_wrapping_and_unwrapping_are_for_the_kernel() -> None:
    wrap: Legs = [(THIEF, WRAPPED, TOKEN, 10), (ZERO, THIEF, WRAPPED, 10)]
    result, told = one_trade(wrap, WRAPPER)
    assert (result.tracer.exchanged, result.handed_over) == (1, 0)
    assert told == [("converted", 10, 10), ("held", 10, None)]
    # Back in the same transaction: what is burned is the contract's, and it gives the last six of its own.
    unwrap: Legs = [(THIEF, POOL, TOKEN, 10), (POOL, THIEF, WRAPPED, 8), (THIEF, ZERO, WRAPPED, 8)]
    unwrap += [(WRAPPED, B, COIN, 8)]
    result, told = one_trade(unwrap, WRAPPER)
    assert (result.tracer.exchanged, result.handed_over) == (1, 0)
    assert told == [("converted", 10, 8), ("passed", 8, None), ("converted", 8, 8), ("held", 8, None)]
    # Three are minted meanwhile, so the contract received the last five: the first three are burned for good.
    both = [*unwrap[:-1], (ZERO, A, WRAPPED, 3), (WRAPPED, B, COIN, 5)]
    result, told = one_trade(both, WRAPPER)
    assert (result.tracer.exchanged, result.handed_over) == (1, 0)
    assert told[2:] == [("burned", 3, None), ("converted", 5, 5), ("held", 5, None)]
    # Without a word on the contract, it is a burn.
    result, told = one_trade(unwrap)
    assert told == [("converted", 10, 8), ("passed", 8, None), ("burned", 8, None)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("legs", "labels"),
    [
        pytest.param([*PLAIN, (POOL, B, COIN, 1)], DEXES, id="several assets given"),
        pytest.param(
            [*PLAIN, (THIEF, OTHER_POOL, WRAPPED, 21), (OTHER_POOL, THIEF, TOKEN, 9)], DEXES, id="in a circle"
        ),
        pytest.param(PLAIN, [*DEXES, Label("ethereum", POOL, "No", "other", 99, "a", "S")], id="for whom"),
        pytest.param([*PLAIN, (A, POOL, COIN, 1), (POOL, A, COIN, 10**37)], DEXES, id="too large"),
        pytest.param([*PLAIN, *[(A, B, COIN, 1)] * 31], DEXES, id="too many"),
    ],
)
def test_a_trade_that_is_handed_over(legs: Legs, labels: list[Label]) -> None:
    result, _ = one_trade(legs, labels)
    assert (result.tracer.exchanged, result.handed_over) == (0, 1)


@pytest.mark.slow
def test_a_pool_with_taint_of_its_own_is_handed_over() -> None:
    given = case(PLAIN, DEXES)
    theft = moved(0, HOT, POOL, 30, asset=WRAPPED, place=1, tx_hash=given.transfers[0].tx_hash)
    for roles in ([], [Role("S", "ethereum", POOL, "theft_address", theft.tx_hash)]):
        ledger = Ledger(
            [given.transfers[0], theft, *given.transfers[1:]], given.roles + roles, DEXES, 0, {}, {}
        )
        result = compare(ledger, sources=True)
        assert (result.tracer.exchanged, result.handed_over) == ((0, 1) if roles else (1, 0))
    # The pool's own stolen units move to the tokens that it keeps, and the image of the thief's comes out.
    assert (held(result)[POOL, TOKEN], held(result)[THIEF, WRAPPED]) == (10, 21)
