"""Transactions with many exchanges, and exchanges that are thieves."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from clawback.tracing import settlement
from clawback.tracing.flows import Flow
from clawback.tracing.methods import METHODS
from clawback.tracing.parts import undivided
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


def row(count: int) -> tuple[list[Transfer], list[Role], list[Label]]:
    """Each pool gives to the next one, now one token, now another."""
    transfers = [moved(0, "victim", "thief", 100, asset="x")]
    pools = [f"pool{number:04}" for number in range(count)]
    for number, (giver, taker) in enumerate(pairwise(["thief", *pools, "last"])):
        transfers.append(moved(1, giver, taker, 100, asset="xy"[number % 2], place=number))
    return transfers, [theft_at("thief", 0)], [Label("ethereum", pool, "P", "dex", 80, "a") for pool in pools]


def back_and_forth(count: int) -> tuple[list[Transfer], list[Role], list[Label]]:
    """The thief changes one token into another and back, each time in another pool."""
    transfers = [moved(0, "victim", "thief", 100, asset="x")]
    labels = []
    for number in range(count):
        pool, given, got = f"pool{number:04}", "xy"[number % 2], "yx"[number % 2]
        transfers.append(moved(1, "thief", pool, 100, asset=given, place=2 * number))
        transfers.append(moved(1, pool, "thief", 100, asset=got, place=2 * number + 1))
        labels.append(Label("ethereum", pool, "Pool", "dex", 80, "labels_a"))
    return transfers, [theft_at("thief", 0)], labels


def held(result: TraceResult) -> dict[tuple[str, str], int]:
    return {(row["address"], row["asset"]): row["tainted_amount"] for row in result.holdings}


@pytest.mark.parametrize("name", list(METHODS))
def test_every_pool_of_a_fan_and_of_a_line_is_gone_through(name: str) -> None:
    assert held(trace_transfers(*fan(30), METHODS[name])) == {("thief", "y"): 1500}
    assert held(trace_transfers(*line(30), METHODS[name])) == {("thief", "a0030"): 100}
    assert held(trace_transfers(*row(30), METHODS[name])) == {("last", "x"): 100}
    assert held(trace_transfers(*back_and_forth(30), METHODS[name])) == {("thief", "x"): 100}


@pytest.mark.parametrize("shape", [fan, line, row, back_and_forth])
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
    chain = shape(200)
    trace_transfers(*chain)
    assert len(chain[0]) <= moves <= 7 * len(chain[0])


PARTIES = ["thief", "a", "b", "p", "q", "r", "weth"]
DEXES = [Label("ethereum", name, "Pool", "dex", 80, "labels_a") for name in ("p", "q", "r", "weth")]


@st.composite
def tangles(draw: st.DrawFn) -> tuple[list[Transfer], list[Role]]:
    """A theft or two, then transactions in which anybody may be paid, some of them twice."""
    transfers = [
        moved(0, "victim", "thief", draw(st.integers(1, 9)), asset="x", place=0),
        moved(0, "victim", draw(st.sampled_from(PARTIES)), draw(st.integers(0, 9)), asset="y", place=1),
    ]
    for number in range(1, draw(st.integers(2, 4))):
        transfers.append(
            moved(number, draw(st.sampled_from(PARTIES)), None, draw(st.integers(0, 2)), kind="fee")
        )
        for place in range(draw(st.integers(2, 16))):
            payer, receiver = draw(st.permutations(PARTIES))[:2]
            kind = draw(st.sampled_from(["token", "token", "token", "token", "mint", "burn"]))
            asset = "weth" if kind != "token" else draw(st.sampled_from(["x", "y", "weth"]))
            amount = draw(st.integers(0, 9))
            transfers.append(moved(number, payer, receiver, amount, kind=kind, asset=asset, place=place))
    roles = [theft_at("thief", 0)]
    if draw(st.booleans()):
        roles.append(Role("S", "ethereum", draw(st.sampled_from(["a", "p"])), "theft_address"))
    return transfers, roles


@pytest.mark.parametrize("name", list(METHODS))
@given(tangle=tangles())
@settings(max_examples=150, deadline=None)
def test_parts_of_an_asset_say_what_all_of_it_says(
    name: str, tangle: tuple[list[Transfer], list[Role]]
) -> None:
    transfers, roles = tangle
    found = trace_transfers(transfers, roles, DEXES, METHODS[name])
    with pytest.MonkeyPatch.context() as whole:
        whole.setattr(settlement, "divided", undivided)
        expected = trace_transfers(transfers, roles, DEXES, METHODS[name])
    assert list(found.flows) == list(expected.flows)
    assert list(found.holdings) == list(expected.holdings)


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
