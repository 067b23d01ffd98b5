"""Transactions with many exchanges, and exchanges that are thieves."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest

from clawback.tracing.flows import Flow
from clawback.tracing.methods import METHODS
from clawback.tracing.records import Label, Role, Transfer
from clawback.tracing.thefts import Claim
from clawback.tracing.transaction import Passage
from clawback.tracing.whole import TraceResult, trace_transfers
from tests.unit.tracing_chain import moved, theft_at


def fan(count: int) -> tuple[list[Transfer], list[Role], list[Label]]:
    """The thief swaps in so many pools of the same two tokens, in one transaction."""
    transfers = [moved(0, "victim", "thief", 100 * count, asset="x")]
    labels = []
    for number in range(count):
        pool = f"pool{number:04}"
        transfers.append(moved(1, "thief", pool, 100, asset="x", place=2 * number))
        transfers.append(moved(1, pool, "thief", 50, asset="y", place=2 * number + 1))
        labels.append(Label("ethereum", pool, "Pool", "dex", 80, "labels_a"))
    return transfers, [theft_at("thief", 0)], labels


def line(count: int) -> tuple[list[Transfer], list[Role], list[Label]]:
    """Each pool gives what the next one takes."""
    transfers = [moved(0, "victim", "thief", 100, asset="a0000")]
    labels = []
    for number in range(count):
        pool = f"pool{number:04}"
        transfers.append(moved(1, "thief", pool, 100, asset=f"a{number:04}", place=2 * number))
        transfers.append(moved(1, pool, "thief", 100, asset=f"a{number + 1:04}", place=2 * number + 1))
        labels.append(Label("ethereum", pool, "Pool", "dex", 80, "labels_a"))
    return transfers, [theft_at("thief", 0)], labels


def held(result: TraceResult) -> dict[tuple[str, str], int]:
    return {(row["address"], row["asset"]): row["tainted_amount"] for row in result.holdings}


@pytest.mark.parametrize("name", list(METHODS))
def test_every_pool_of_a_fan_and_of_a_line_is_gone_through(name: str) -> None:
    assert held(trace_transfers(*fan(30), METHODS[name])) == {("thief", "y"): 1500}
    assert held(trace_transfers(*line(30), METHODS[name])) == {("thief", "a0030"): 100}


@pytest.mark.parametrize("shape", [fan, line])
def test_more_exchanges_do_not_move_each_transfer_more_often(
    shape: Callable[[int], tuple[list[Transfer], list[Role], list[Label]]], monkeypatch: pytest.MonkeyPatch
) -> None:
    moves = 0
    move = Passage._move

    def counted(passage: Passage, row: Transfer, claim: Claim | None) -> Flow | None:
        nonlocal moves
        moves += 1
        return move(passage, row, claim)

    monkeypatch.setattr(Passage, "_move", counted)
    given = shape(200)
    trace_transfers(*given)
    assert len(given[0]) <= moves <= 5 * len(given[0])


def test_a_theft_address_is_no_exchange_of_its_own_incident() -> None:
    transfers = [
        moved(0, "victim", "b", 40, asset="x"),
        # The open theft address takes stolen units, and gives others of the same worth.
        moved(1, "b", "thief", 40, asset="x", place=0),
        moved(1, "thief", "b", 40, asset="y", place=1),
    ]
    roles = [theft_at("b", 0), Role("S", "ethereum", "thief", "theft_address")]
    prices = {("ethereum", "x"): Fraction(1), ("ethereum", "y"): Fraction(1)}
    days = {transfers[0].block_time.date(): prices}
    assert held(trace_transfers(transfers, roles, prices=days)) == {("thief", "x"): 40}
    # For another incident it is an exchange like any other.
    others = [theft_at("b", 0), Role("T", "ethereum", "thief", "theft_address")]
    mine = [
        row for row in trace_transfers(transfers, others, prices=days).holdings if row["incident_id"] == "S"
    ]
    assert [(row["address"], row["asset"]) for row in mine] == [("b", "y")]
