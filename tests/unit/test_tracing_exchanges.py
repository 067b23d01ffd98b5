"""What happens inside one transaction: proven and unproven exchanges, cuts, mint and burn legs."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from clawback.schemas import MAX_AMOUNT
from clawback.tracing.methods import METHODS
from clawback.tracing.records import Label, Role, Transfer
from clawback.tracing.whole import TraceResult, trace_transfers
from tests.unit.tracing_chain import FIRST_DAY, ZERO, fee, moved, theft_at


def label(address: str, category: str) -> Label:
    return Label("ethereum", address, f"The {address}", category, 80, "labels_a")


POOL = [label("pool", "dex")]
CASE = [theft_at("thief", 0)]


def swap(
    number: int, payer: str, maker: str, gave: tuple[str, int], got: tuple[str, int], *, flash: bool = False
) -> list[Transfer]:
    legs = [(payer, maker, *gave), (maker, payer, *got)]
    return [
        moved(number, one, other, amount, asset=asset, place=place)
        for place, (one, other, asset, amount) in enumerate(legs[::-1] if flash else legs)
    ]


def rows(result: TraceResult) -> list[tuple[Any, ...]]:
    assert result.violations == []
    return [
        (
            row["from_address"],
            row["to_address"],
            row["asset"],
            row["tainted_amount"],
            row["outcome"],
            row["converted_asset"],
            row["converted_amount"],
        )
        for row in result.flows
    ]


def held(result: TraceResult) -> dict[tuple[str, str], int]:
    return {(row["address"], row["asset"]): row["tainted_amount"] for row in result.holdings}


def totals(result: TraceResult) -> dict[tuple[str, str], int]:
    return {(row["asset"], row["measure"]): row["amount"] for row in result.totals if row["amount"]}


@pytest.mark.parametrize("flash", [False, True])
@pytest.mark.parametrize("category", ["dex", "router", "wrapper"])
def test_a_labelled_exchange_turns_the_taint_whatever_the_order(category: str, flash: bool) -> None:
    transfers = [
        moved(0, "hot", "thief", 10, asset="x"),
        *swap(1, "thief", "pool", ("x", 10), ("y", 25), flash=flash),
    ]
    result = trace_transfers(transfers, CASE, [label("pool", category)])
    assert ("thief", "pool", "x", 10, "converted", "y", 25) in rows(result)
    assert ("pool", "thief", "y", 25, "held", None, None) in rows(result)
    assert held(result) == {("thief", "y"): 25}
    assert totals(result) == {
        ("x", "stolen"): 10,
        ("x", "converted_out"): 10,
        ("y", "converted_in"): 25,
        ("y", "held"): 25,
    }
    assert {row["hop"] for row in result.flows if row["asset"] == "y"} == {2}
    assert [row["basis"] for row in result.flows if row["outcome"] == "converted"] == ["amount"]


def test_ten_thousand_ether_for_a_worthless_token_changes_nothing() -> None:
    # Even if the second address emits the event of a swap: an event is no transfer and no proof.
    transfers = [
        moved(0, "hot", "thief", 10_000),
        *swap(1, "thief", "thief2", ("native", 10_000), ("junk", 1)),
        moved(2, "thief2", "b", 10_000),
    ]
    prices = {FIRST_DAY: {("ethereum", "native"): Fraction(350)}}
    result = trace_transfers(transfers, CASE, prices=prices)
    assert rows(result) == [
        ("hot", "thief", "native", 10_000, "held", None, None),
        ("thief", "thief2", "native", 10_000, "exchange_unproven", None, None),
        ("thief2", "b", "native", 10_000, "held", None, None),
    ]


@pytest.mark.parametrize(
    ("worth_of_y", "proven"), [("0.19", False), ("0.2", True), ("0.4", True), ("0.8", True), ("0.81", False)]
)
def test_prices_prove_between_half_and_twice(worth_of_y: str, proven: bool) -> None:
    transfers = [
        moved(0, "hot", "thief", 10, asset="x"),
        *swap(1, "thief", "maker", ("x", 10), ("y", 25)),
    ]
    prices = {FIRST_DAY: {("ethereum", "x"): Fraction(1), ("ethereum", "y"): Fraction(worth_of_y)}}
    result = trace_transfers(transfers, CASE, prices=prices)
    assert held(result) == ({("thief", "y"): 25} if proven else {("maker", "x"): 10})


def test_a_pool_made_by_a_labelled_factory_is_proven() -> None:
    transfers = [moved(0, "hot", "thief", 10, asset="x"), *swap(1, "thief", "pair", ("x", 10), ("y", 25))]
    created_by = {("ethereum", "pair"): "factory"}
    made = trace_transfers(transfers, CASE, [label("factory", "dex")], created_by=created_by)
    assert held(made) == {("thief", "y"): 25}
    assert held(trace_transfers(transfers, CASE, [label("factory", "dex")])) == {("pair", "x"): 10}


@pytest.mark.parametrize(
    ("name", "given", "image"),
    [("fifo", 100, 3_333_333), ("haircut", 75, 2_500_000), ("clean_first", 50, 1_666_666)],
)
def test_the_cut_is_rounded_down(name: str, given: int, image: int) -> None:
    transfers = [
        moved(0, "hot", "thief", 100, asset="usdt"),
        moved(1, "x", "thief", 100, asset="usdt"),
        *swap(2, "thief", "pool", ("usdt", 150), ("sat", 5_000_000)),
    ]
    result = trace_transfers(transfers, CASE, POOL, METHODS[name])
    assert ("thief", "pool", "usdt", given, "converted", "sat", image) in rows(result)
    assert held(result)["thief", "sat"] == image


def test_several_exchanges_through_one_pool_in_one_transaction() -> None:
    # The thief and somebody else swap x for y, a third one swaps z for y: the pool's net amounts count.
    transfers = [
        moved(0, "hot", "thief", 10, asset="x"),
        moved(1, "bystander", "pool", 30, asset="x", place=0),
        moved(1, "pool", "bystander", 60, asset="y", place=1),
        moved(1, "thief", "pool", 10, asset="x", place=2),
        moved(1, "pool", "thief", 20, asset="y", place=3),
        moved(1, "third", "pool", 40, asset="z", place=4),
        moved(1, "pool", "third", 80, asset="y", place=5),
    ]
    result = trace_transfers(transfers, CASE, POOL)
    # Without prices x and z stand for half of the 160 y each: x for the first 80. Of its 40 the last ten
    # are stolen: places 60 to 80 of what was given, which is exactly what the thief got.
    assert rows(result)[1:] == [
        ("thief", "pool", "x", 10, "converted", "y", 20),
        ("pool", "thief", "y", 20, "held", None, None),
    ]
    assert [row["basis"] for row in result.flows if row["outcome"] == "converted"] == ["equal"]
    prices = {FIRST_DAY: {("ethereum", asset): Fraction(worth) for asset, worth in [("x", 3), ("z", 1)]}}
    priced = trace_transfers(transfers, CASE, POOL, prices=prices)
    # x is worth 120, z 40: x stands for 120 of 160, and the stolen quarter of it for places 90 to 120.
    assert rows(priced)[1:] == [
        ("thief", "pool", "x", 10, "converted", "y", 30),
        # The third one gave z for them, unproven: so it says.
        ("pool", "third", "y", 30, "exchange_unproven", None, None),
    ]
    assert [row["basis"] for row in priced.flows if row["outcome"] == "converted"] == ["price"]


def test_a_flash_swap_whose_repayment_comes_out_of_a_second_pool() -> None:
    # pool pays y first; the thief swaps part of y at pool2 for x and repays the pool in stolen x and that x.
    transfers = [
        moved(0, "hot", "thief", 10, asset="x"),
        moved(1, "pool", "thief", 40, asset="y", place=0),
        moved(1, "thief", "pool2", 20, asset="y", place=1),
        moved(1, "pool2", "thief", 10, asset="x", place=2),
        moved(1, "thief", "pool", 20, asset="x", place=3),
    ]
    result = trace_transfers(transfers, CASE, [*POOL, label("pool2", "dex")])
    # The thief passes on the 10 x of pool2 first, then its own 10 stolen ones: they stand for the last 20 y
    # given. Of its 40 y it pays the first 20 to pool2; the last 20 stay.
    assert held(result) == {("thief", "y"): 20}
    assert totals(result)["y", "converted_in"] == 20
    assert totals(result)["x", "converted_out"] == 10


def test_each_exchange_turns_an_asset_once_in_a_transaction() -> None:
    # x to y at pool, y to x at pool2, x to y at pool again: the second x is part of the pool's net amount.
    transfers = [
        moved(0, "hot", "thief", 10, asset="x"),
        moved(1, "thief", "pool", 10, asset="x", place=0),
        moved(1, "pool", "thief", 10, asset="y", place=1),
        moved(1, "thief", "pool2", 10, asset="y", place=2),
        moved(1, "pool2", "thief", 10, asset="x", place=3),
        moved(1, "thief", "pool", 10, asset="x", place=4),
        moved(1, "pool", "thief", 10, asset="y", place=5),
    ]
    result = trace_transfers(transfers, CASE, [*POOL, label("pool2", "dex")])
    assert result.violations == []
    assert totals(result)["x", "converted_out"] == 10
    assert totals(result)["y", "converted_out"] == totals(result)["y", "converted_in"] == 10
    # The 10 x that came back to the pool stay there: it was worked off already.
    assert held(result) == {("pool", "x"): 10}


def test_own_taint_of_the_pool_moves_to_what_it_keeps() -> None:
    transfers = [
        moved(0, "hot", "thief", 10, asset="x"),
        moved(1, "hot", "pool", 6, asset="y"),
        *swap(2, "thief", "pool", ("x", 10), ("y", 5)),
    ]
    result = trace_transfers(transfers, [*CASE, theft_at("pool", 1)], POOL)
    # A theft address is no exchange by label; by price it is.
    prices = {FIRST_DAY: {("ethereum", "x"): Fraction(1), ("ethereum", "y"): Fraction(2)}}
    priced = trace_transfers(transfers, [*CASE, theft_at("pool", 1)], POOL, prices=prices)
    assert held(result) == {("pool", "x"): 10, ("pool", "y"): 1, ("thief", "y"): 5}
    assert priced.violations == []
    assert held(priced) == {("pool", "x"): 10, ("pool", "y"): 1, ("thief", "y"): 5}
    assert totals(priced)["x", "converted_in"] == 10
    assert totals(priced)["y", "converted_out"] == 5


def test_a_user_whose_own_taint_starts_the_path_is_no_exchange_of_itself() -> None:
    prices = {FIRST_DAY: {("ethereum", "x"): Fraction(1), ("ethereum", "y"): Fraction(1)}}
    transfers = [moved(0, "hot", "thief", 10, asset="x"), *swap(1, "thief", "pool", ("x", 10), ("y", 10))]
    result = trace_transfers(transfers, CASE, POOL, prices=prices)
    assert held(result) == {("thief", "y"): 10}


def test_gas_is_not_giving() -> None:
    transfers = [
        moved(0, "hot", "thief", 10, asset="x"),
        moved(1, "thief", "b", 10, asset="x"),
        fee(1, "b", 1),
    ]
    assert rows(trace_transfers(transfers, CASE, [label("b", "dex")]))[-1][4] == "held"


def test_wrapping_and_unwrapping_are_the_contracts_legs_only_where_proven() -> None:
    transfers = [
        moved(0, "hot", "thief", 10),
        moved(1, "thief", "weth", 10, place=0, kind="native"),
        moved(1, ZERO, "thief", 10, asset="weth", place=1, kind="mint"),
        moved(2, "thief", ZERO, 4, asset="weth", place=0, kind="burn"),
        moved(2, "weth", "thief", 4, place=1, kind="internal"),
    ]
    result = trace_transfers(transfers, CASE, [label("weth", "wrapper")])
    assert held(result) == {("thief", "weth"): 6, ("thief", "native"): 4}
    assert ("thief", ZERO, "weth", 4, "converted", "native", 4) in rows(result)
    assert totals(result)["weth", "converted_out"] == 4
    unproven = trace_transfers(transfers, CASE)
    # Minted units are clean, and the ether stays where it was sent, until the contract pays it out again.
    assert rows(unproven)[1] == ("thief", "weth", "native", 10, "exchange_unproven", None, None)
    assert held(unproven) == {("weth", "native"): 6, ("thief", "native"): 4}


def test_several_assets_given_are_cut_each_and_their_rows_add_up() -> None:
    # A share of a pool, burned for both its assets.
    transfers = [
        moved(0, "hot", "thief", 10, asset="pool"),
        moved(1, "thief", "pool", 10, asset="pool", place=0),
        moved(1, "pool", ZERO, 10, asset="pool", place=1, kind="burn"),
        moved(1, "pool", "thief", 70, asset="x", place=2),
        moved(1, "pool", "thief", 7, asset="y", place=3),
    ]
    result = trace_transfers(transfers, CASE, POOL)
    assert held(result) == {("thief", "x"): 70, ("thief", "y"): 7}
    converted = [row for row in rows(result) if row[4] == "converted"]
    assert [(row[3], row[5], row[6]) for row in converted] == [(5, "x", 70), (5, "y", 7)]


def test_a_tainted_input_without_image_is_still_a_row() -> None:
    transfers = [
        moved(0, "x", "thief", 1, asset="x"),
        moved(1, "hot", "thief", 10, asset="x"),
        *swap(2, "thief", "pool", ("x", 3), ("y", 1)),
    ]
    result = trace_transfers(transfers, [theft_at("thief", 1)], POOL)
    # Clean 1, stolen 2: cuts at 0 and 1; the clean unit stands for nothing.
    assert ("thief", "pool", "x", 2, "converted", "y", 1) in rows(result)
    none = trace_transfers(
        [
            *transfers[:2],
            *swap(2, "thief", "pool", ("x", 3), ("y", 1)),
            moved(2, "z", "pool", 9, asset="x", place=9),
        ],
        [theft_at("thief", 1)],
        POOL,
    )
    assert ("thief", "pool", "x", 2, "converted", "y", 0) in rows(none)
    assert totals(none)["x", "converted_out"] == 2


def test_a_service_is_never_an_exchange() -> None:
    transfers = [moved(0, "hot", "thief", 10, asset="x"), *swap(1, "thief", "shop", ("x", 10), ("y", 10))]
    prices = {FIRST_DAY: {("ethereum", "x"): Fraction(1), ("ethereum", "y"): Fraction(1)}}
    result = trace_transfers(transfers, CASE, [label("shop", "exchange")], prices=prices)
    assert rows(result)[-1] == ("thief", "shop", "x", 10, "exchange", None, None)


def test_a_label_of_another_incident_proves_nothing() -> None:
    transfers = [moved(0, "hot", "thief", 10, asset="x"), *swap(1, "thief", "pool", ("x", 10), ("y", 10))]
    other = Label("ethereum", "pool", "Pool", "dex", 80, "labels_a", incident_id="T")
    assert held(trace_transfers(transfers, CASE, [other])) == {("pool", "x"): 10}


def test_what_a_router_passes_on_reaches_the_pool() -> None:
    transfers = [
        moved(0, "hot", "thief", 10, asset="x"),
        moved(1, "thief", "router", 10, asset="x", place=0),
        moved(1, "router", "pool", 10, asset="x", place=1),
        moved(1, "pool", "router", 30, asset="y", place=2),
        moved(1, "router", "thief", 30, asset="y", place=3),
    ]
    result = trace_transfers(transfers, CASE, [*POOL, label("router", "router")])
    assert [row[4] for row in rows(result)[1:]] == ["passed", "converted", "passed", "held"]
    assert held(result) == {("thief", "y"): 30}


def test_an_open_role_steals_no_image_twice() -> None:
    # What comes back to the thief out of a swap carries the taint already.
    roles = [Role("S", "ethereum", "thief", "theft_address")]
    transfers = [moved(0, "hot", "thief", 10, asset="x"), *swap(1, "thief", "pool", ("x", 10), ("y", 30))]
    result = trace_transfers(transfers, roles, POOL)
    assert totals(result) == {
        ("x", "stolen"): 10,
        ("x", "converted_out"): 10,
        ("y", "converted_in"): 30,
        ("y", "held"): 30,
    }


def test_a_hostile_token_in_a_pool_cannot_overflow_a_sum() -> None:
    transfers = [
        moved(0, "hot", "thief", 20, asset="x"),
        *swap(1, "thief", "pool", ("x", 10), ("spam", MAX_AMOUNT)),
        *swap(2, "thief", "pool", ("x", 10), ("spam", MAX_AMOUNT)),
    ]
    result = trace_transfers(transfers, CASE, POOL)
    # What does not fit stays what it was.
    assert totals(result)["spam", "converted_in"] == MAX_AMOUNT
    assert held(result) == {("pool", "x"): 10, ("thief", "spam"): MAX_AMOUNT}
    assert result.violations == []
    assert result.book.ledgers["S"].too_wide > 0
