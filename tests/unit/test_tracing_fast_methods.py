"""The compiled engine against the plain one under every method, on random ledgers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clawback.schemas import MAX_AMOUNT
from clawback.tracing.fast.conserved import violations
from clawback.tracing.fast.sums import write_sum
from clawback.tracing.records import Label, Role, Transfer
from tests.unit.fast_tracing import FastResult, PlainResult
from tests.unit.test_tracing_fast import COIN, OTHER, POOL, THIEF, TOKEN, A, B, ledgers
from tests.unit.tracing_chain import moved

Ledgers = tuple[list[Transfer], list[Role], list[Label], int]
METHODS = ["lifo", "haircut", "dirty_first", "clean_first", "poison"]


LIMITS = st.dictionaries(st.sampled_from([COIN, TOKEN]), st.sampled_from([1, 3, 2**64, 2**70, MAX_AMOUNT]))


def compare(method: str, ledger: Ledgers, dust: dict[str, int], folder: Path | None = None) -> None:
    """Holds the compiled engine to the plain one under a method."""
    transfers, roles, labels, max_hops = ledger
    plain = PlainResult(transfers, roles, labels, max_hops, method, dust)
    fast = FastResult(transfers, roles, labels, max_hops, folder, method, dust)
    assert fast.flows == plain.flows
    assert fast.lots() == plain.lots()
    assert fast.sums() == plain.sums()
    assert fast.refused() == plain.refused()
    assert violations(fast.tracer) == []


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
@given(ledger=ledgers(), dust=LIMITS)
@settings(max_examples=400, deadline=None)
def test_every_method_equals_the_plain_engine(method: str, ledger: Ledgers, dust: dict[str, int]) -> None:
    compare(method, ledger, dust)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
@given(ledger=ledgers(), dust=LIMITS)
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_state_saved_and_loaded_each_day_changes_nothing_under_any_method(
    tmp_path: Path, method: str, ledger: Ledgers, dust: dict[str, int]
) -> None:
    compare(method, ledger, dust, tmp_path)


@pytest.mark.slow
@pytest.mark.parametrize("method", ["fifo", "lifo", "haircut", "dirty_first", "clean_first"])
def test_a_unit_that_is_lost_is_told(method: str) -> None:
    incoming = moved(1, A, THIEF, 10)
    roles = [Role("S", "ethereum", THIEF, "theft_address", tx_hash=incoming.tx_hash)]
    tracer = FastResult([incoming], roles, [], 0, None, method).tracer
    assert violations(tracer) == []
    tracer.sums = write_sum(tracer.sums, 0, 0, "stolen", 11)
    assert [(found.came, found.accounted) for found in violations(tracer)] == [(11, 10)]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("method", "passed_on"),
    [("fifo", 1), ("lifo", 4), ("haircut", 2), ("dirty_first", 4), ("clean_first", 1), ("poison", 6)],
)
def test_units_of_days_before_lie_below_what_arrives(method: str, passed_on: int) -> None:
    before = moved(1, A, B, 5)
    theft = moved(2, A, THIEF, 10, day=1)
    later = [moved(3, THIEF, B, 4, day=1), moved(4, B, OTHER, 6, day=1), moved(5, B, POOL, 3, day=2)]
    roles = [Role("S", "ethereum", THIEF, "theft_address", tx_hash=theft.tx_hash)]
    compare(method, ([before, theft, *later], roles, [], 0), {})
    fast = FastResult([before, theft, *later], roles, [], 0, None, method)
    assert fast.flows[2]["tainted_amount"] == passed_on


@pytest.mark.slow
def test_dust_is_cut_off_where_it_is_left_and_where_it_arrives() -> None:
    theft = moved(1, A, THIEF, 10)
    # 2 are left behind with the thief, 2 arrive at OTHER; 6 go on.
    later = [moved(2, THIEF, B, 8), moved(3, B, OTHER, 2), moved(4, B, POOL, 6)]
    roles = [Role("S", "ethereum", THIEF, "theft_address", tx_hash=theft.tx_hash)]
    compare("haircut", ([theft, *later], roles, [], 0), {COIN: 3})
    fast = FastResult([theft, *later], roles, [], 0, None, "haircut", {COIN: 3})
    assert [flow["outcome"] for flow in fast.flows] == ["held", "held", "dust", "held"]
    assert fast.sums() == {("S", bytes(20), "stolen"): 10, ("S", bytes(20), "dust"): 4}
    assert [key[1].hex()[:1] for key in fast.lots()] == [POOL[2]]


@pytest.mark.thorough
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("method", METHODS)
@given(ledger=ledgers(), dust=LIMITS)
@settings(max_examples=20_000, deadline=None)
def test_every_method_equals_the_plain_engine_twenty_thousand_times(
    method: str, ledger: Ledgers, dust: dict[str, int]
) -> None:
    compare(method, ledger, dust)
