"""The compiled engine against the plain one under every method, on random ledgers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings

from clawback.tracing.records import Label, Role, Transfer
from tests.unit.fast_tracing import FastResult, PlainResult
from tests.unit.test_tracing_fast import ledgers

Ledgers = tuple[list[Transfer], list[Role], list[Label], int]
METHODS = ["lifo"]


def compare(method: str, ledger: Ledgers, folder: Path | None = None) -> None:
    """Holds the compiled engine to the plain one under a method."""
    transfers, roles, labels, max_hops = ledger
    plain = PlainResult(transfers, roles, labels, max_hops, method)
    fast = FastResult(transfers, roles, labels, max_hops, folder, method)
    assert fast.flows == plain.flows
    assert fast.lots() == plain.lots()
    assert fast.sums() == plain.sums()
    assert fast.refused() == plain.refused()


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
@given(ledger=ledgers())
@settings(max_examples=300, deadline=None)
def test_every_method_equals_the_plain_engine(method: str, ledger: Ledgers) -> None:
    compare(method, ledger)


@pytest.mark.slow
@pytest.mark.parametrize("method", METHODS)
@given(ledger=ledgers())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_state_saved_and_loaded_each_day_changes_nothing_under_any_method(
    tmp_path: Path, method: str, ledger: Ledgers
) -> None:
    compare(method, ledger, tmp_path)
