"""The engine against an independent reference, on random small chains, under every method."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from fractions import Fraction
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clawback.tracing.conservation import violations
from clawback.tracing.methods import METHODS
from clawback.tracing.nets import Nets
from clawback.tracing.order import order_by_day, order_transactions
from clawback.tracing.records import Label, Role, Transfer
from clawback.tracing.steps_back import paths_to_holding, paths_to_transfer
from clawback.tracing.whole import TraceResult, trace_transfers
from tests.unit.tracing_chain import FIRST_DAY, ZERO, moved
from tests.unit.tracing_reference import trace_slowly

ACCOUNTS = ["a", "b", "thief", "thief", "hot", "hot", "shop", "home", "pool", "pool", "weth", ZERO]
ROLES = [("theft_address", "thief"), ("source", "hot"), ("theft_address", "a")]
SINKS = {"shop": "exchange"}
DEXES = ["pool", "weth"]
LABELS = [
    Label("ethereum", "shop", "Shop", "exchange", 90, "labels_a"),
    Label("ethereum", "pool", "Pool", "dex", 90, "labels_a"),
    Label("ethereum", "weth", "Wrapped", "wrapper", 90, "labels_a"),
]
PRICES = {"native": Fraction(3), "weth": Fraction(3), "token": Fraction(2)}
METHOD_NAMES = st.sampled_from(list(METHODS))


@st.composite
def chains(draw: st.DrawFn) -> tuple[list[Transfer], list[Role]]:
    """Transfers of three days, a transaction a block, and case files of two incidents."""
    transfers: list[Transfer] = []
    roles: set[Role] = {Role("S", "ethereum", "home", "victim")}
    for number in range(draw(st.integers(1, 9))):
        day = number // 3
        if draw(st.booleans()):
            payer = draw(st.sampled_from(ACCOUNTS[:-1]))
            transfers.append(moved(number, payer, None, draw(st.integers(0, 3)), kind="fee", day=day))
        places = iter(range(100))
        if draw(st.integers(0, 2)) == 0:
            for legs in draw(st.lists(swaps(), min_size=1, max_size=3)):
                for payer, receiver, asset, amount in legs:
                    transfers.append(
                        moved(number, payer, receiver, amount, asset=asset, place=next(places), day=day)
                    )
        for _ in range(draw(st.integers(0, 4))):
            payer, receiver = draw(st.sampled_from(ACCOUNTS)), draw(st.sampled_from([*ACCOUNTS, None]))
            kind = draw(st.sampled_from(["token", "token", "token", "mint", "burn", "native"]))
            asset = draw(st.sampled_from(["native", "native", "token", "weth"]))
            transfers.append(
                moved(
                    number,
                    payer,
                    receiver,
                    draw(st.integers(0, 9)),
                    kind=kind,
                    asset=asset,
                    place=next(places),
                    day=day,
                )
            )
        for incident_id in ("S", "T"):
            for role, address in draw(st.lists(st.sampled_from(ROLES), max_size=2, unique=True)):
                roles.add(Role(incident_id, "ethereum", address, role, tx_hash=f"0x{number:04x}"))
    return draw(st.permutations(transfers)), sorted(roles, key=repr)


@st.composite
def swaps(draw: st.DrawFn) -> list[tuple[str, str, str, int]]:
    """Legs of a trade between two accounts; paid out first, in a flash swap."""
    user = draw(st.sampled_from(["a", "b", "thief"]))
    maker = draw(st.sampled_from(["pool", "pool", "weth", "hot", "b"]))
    gave, got = draw(st.permutations(["native", "token", "weth"]))[:2]
    legs = [(user, maker, gave, draw(st.integers(1, 9))), (maker, user, got, draw(st.integers(1, 9)))]
    return legs[::-1] if draw(st.booleans()) else legs


def legs_of(result: TraceResult, incident_id: str) -> dict[tuple[str, str, int], list[Any]]:
    legs = defaultdict(list)
    for row in result.flows:
        if row["incident_id"] == incident_id:
            legs[row["tx_hash"], row["kind"], row["position"]].append(
                (
                    row["tainted_amount"],
                    row["hop"],
                    row["outcome"],
                    row["theft_role"],
                    row["converted_asset"],
                    row["converted_amount"],
                )
            )
    return {key: sorted(rows, key=repr) for key, rows in legs.items()}


def assert_equal_to_reference(
    chain: tuple[list[Transfer], list[Role]], name: str, prices: dict[str, Fraction]
) -> None:
    transfers, roles = chain
    by_day = {
        FIRST_DAY + timedelta(days=day): {("ethereum", asset): price for asset, price in prices.items()}
        for day in range(3)
    }
    result = trace_transfers(transfers, roles, LABELS, METHODS[name], prices=by_day)
    assert result.violations == []
    for incident_id in ("S", "T"):
        slow = trace_slowly(transfers, roles, SINKS, incident_id, name, DEXES, prices)
        assert legs_of(result, incident_id) == slow.flows
        held = {
            (row["address"], row["asset"]): row["tainted_amount"]
            for row in result.holdings
            if row["incident_id"] == incident_id
        }
        assert held == slow.held
        sums = {
            (row["asset"], row["measure"]): row["amount"]
            for row in result.totals
            if row["incident_id"] == incident_id and row["amount"] > 0
        }
        assert sums == {key: amount for key, amount in slow.sums.items() if amount > 0}
        assert_rows_add_up(result, incident_id)


def assert_rows_add_up(result: TraceResult, incident_id: str) -> None:
    if not result.book.method.conserves:
        return
    out: dict[str, int] = defaultdict(int)
    into: dict[str, int] = defaultdict(int)
    for row in result.flows:
        if row["incident_id"] == incident_id and row["outcome"] == "converted":
            out[row["asset"]] += row["tainted_amount"]
            into[row["converted_asset"]] += row["converted_amount"]
    for measure, found in (("converted_out", out), ("converted_in", into)):
        told = {
            row["asset"]: row["amount"]
            for row in result.totals
            if row["incident_id"] == incident_id and row["measure"] == measure
        }
        assert told == {asset: amount for asset, amount in found.items() if amount}


PRICE_TABLES = st.sampled_from([{}, PRICES, {"native": Fraction(3)}])


@given(chains(), METHOD_NAMES, PRICE_TABLES)
@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_engine_equals_the_unit_by_unit_reference(
    chain: tuple[list[Transfer], list[Role]], name: str, prices: dict[str, Fraction]
) -> None:
    assert_equal_to_reference(chain, name, prices)


@pytest.mark.parametrize("name", list(METHODS))
def test_a_ring_of_exchanges_is_worked_off_in_the_order_in_which_taint_reaches_them(name: str) -> None:
    """Two conversions side by side: what the first one reaches comes before what the second one does."""
    transfers = [
        moved(1, "pool", "a", 1, asset="weth"),
        moved(4, "b", "hot", 1, asset="native", place=0),
        moved(4, "hot", "b", 1, asset="weth", place=1),
        moved(4, "a", "weth", 1, asset="weth", place=2),
        moved(4, "weth", "b", 3, asset="token", place=4),
        moved(4, "b", "weth", 1, asset="native", place=5),
    ]
    roles = [
        Role("T", "ethereum", "a", "theft_address", tx_hash="0x0001"),
        Role("T", "ethereum", "hot", "source", tx_hash="0x0004"),
    ]
    assert_equal_to_reference((transfers, roles), name, PRICES)


@pytest.mark.thorough
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("name", list(METHODS))
def test_engine_equals_the_reference_on_20_000_ledgers(name: str) -> None:
    @given(chains(), PRICE_TABLES)
    @settings(max_examples=3400, deadline=None, suppress_health_check=list(HealthCheck))
    def compare(chain: tuple[list[Transfer], list[Role]], prices: dict[str, Fraction]) -> None:
        assert_equal_to_reference(chain, name, prices)

    compare()


@given(chains(), PRICE_TABLES)
@settings(max_examples=200, deadline=None)
def test_fifo_backwards_ends_at_exactly_one_theft(
    chain: tuple[list[Transfer], list[Role]], prices: dict[str, Fraction]
) -> None:
    transfers, roles = chain
    by_day = {
        FIRST_DAY + timedelta(days=day): {("ethereum", asset): price for asset, price in prices.items()}
        for day in range(3)
    }
    plain = trace_transfers(transfers, roles, LABELS, prices=by_day)
    kept = trace_transfers(transfers, roles, LABELS, prices=by_day, keeps_ways=True)
    assert [plain.flows, plain.holdings, plain.totals] == [kept.flows, kept.holdings, kept.totals]
    thefts = {
        (row["incident_id"], row["tx_hash"], row["kind"], row["position"])
        for row in plain.flows
        if row["theft_role"] is not None
    }
    for row in plain.holdings:
        paths = paths_to_holding(kept.book, transfers, "ethereum", row["address"], row["asset"])
        mine = [path for path in paths if path.incident_id == row["incident_id"]]
        assert sum(path.amount for path in mine) == row["tainted_amount"]
        for path in mine:
            first, last = path.steps[0], path.steps[-1]
            assert (path.incident_id, first.tx_hash, first.kind, first.position) in thefts
            assert row["address"] in (last.to_address, last.from_address)
            times = [step.block_time for step in path.steps]
            assert times == sorted(times)
    carried = defaultdict(int)
    for row in plain.flows:
        # Own taint that an exchange set aside stands in a row of what it gave, and was not carried by it.
        if row["outcome"] != "converted":
            carried[row["tx_hash"], row["position"], row["kind"]] += row["tainted_amount"]
    for (tx_hash, position, kind), amount in carried.items():
        paths = paths_to_transfer(kept.book, transfers, "ethereum", tx_hash, position)
        assert sum(path.amount for path in paths if path.steps[-1].kind == kind) >= amount


@given(chains())
@settings(max_examples=60, deadline=None)
def test_poison_is_never_below_another_method_exchanges_included(
    chain: tuple[list[Transfer], list[Role]],
) -> None:
    transfers, roles = chain
    carried: dict[str, dict[tuple[str, ...], int]] = {}
    for name, method in METHODS.items():
        carried[name] = defaultdict(int)
        for row in trace_transfers(transfers, roles, LABELS, method).flows:
            transfer = (row["incident_id"], row["tx_hash"], row["kind"], str(row["position"]))
            carried[name][transfer] += row["tainted_amount"]
    for name in METHODS:
        for transfer, amount in carried[name].items():
            assert carried["poison"].get(transfer, 0) >= amount, (name, transfer)


@given(chains(), METHOD_NAMES)
@settings(max_examples=150, deadline=None)
def test_an_incident_is_what_it_is_alone(chain: tuple[list[Transfer], list[Role]], name: str) -> None:
    transfers, roles = chain
    both = trace_transfers(transfers, roles, LABELS, METHODS[name])
    for incident_id in ("S", "T"):
        mine = [role for role in roles if role.incident_id == incident_id]
        alone = trace_transfers(transfers, mine, LABELS, METHODS[name])
        for together, single in (
            (both.flows, alone.flows),
            (both.holdings, alone.holdings),
            (both.totals, alone.totals),
        ):
            assert [row for row in together if row["incident_id"] == incident_id] == single


@given(chains(), METHOD_NAMES)
@settings(max_examples=150, deadline=None)
def test_every_holding_is_as_large_as_the_running_nets_say(
    chain: tuple[list[Transfer], list[Role]], name: str
) -> None:
    # This is why a holding without taint may be forgotten.
    transfers, roles = chain
    result = trace_transfers(transfers, roles, LABELS, METHODS[name])
    nets = Nets()
    for transaction in order_by_day(transfers):
        for _, rows in transaction.assets:
            nets.add(rows)
    for ledger in result.book.ledgers.values():
        for key, holding in ledger.holdings.items():
            assert holding.amount == nets.balance(key, 0)
            assert holding.tainted == sum(lot.amount for lot in holding.lots if lot.tainted)
            assert holding.tainted > 0
            assert all(lot.amount > 0 and lot.start is None for lot in holding.lots)


@given(chains(), METHOD_NAMES)
@settings(max_examples=100, deadline=None)
def test_later_transfers_change_no_earlier_flow(chain: tuple[list[Transfer], list[Role]], name: str) -> None:
    transfers, roles = chain
    blocks = sorted({transfer.block_number or 0 for transfer in transfers})
    whole = trace_transfers(transfers, roles, LABELS, METHODS[name])
    for block in blocks[:-1]:
        known = [t for t in transfers if (t.block_number or 0) <= block]
        early = trace_transfers(known, roles, LABELS, METHODS[name])
        assert early.flows == [row for row in whole.flows if row["block_number"] <= block]
        assert violations(early.book.ordered()) == []


@given(chains())
@settings(max_examples=100, deadline=None)
def test_the_order_of_the_input_does_not_matter(chain: tuple[list[Transfer], list[Role]]) -> None:
    transfers, _ = chain
    ordered = order_transactions(transfers)
    assert ordered == order_transactions(reversed(transfers))
    assert all(one.block_time <= other.block_time for one, other in pairwise(ordered))
