"""The engine against an independent reference, on random small chains."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from clawback.tracing.conservation import violations
from clawback.tracing.engine import trace_transfers
from clawback.tracing.nets import Nets
from clawback.tracing.order import order_by_day, order_transactions
from clawback.tracing.records import Label, Role, Transfer
from tests.unit.tracing_chain import ZERO, moved
from tests.unit.tracing_reference import trace_slowly

ACCOUNTS = ["a", "b", "thief", "thief", "hot", "hot", "shop", "home", ZERO]
ROLES = [("theft_address", "thief"), ("source", "hot"), ("theft_address", "a")]
SINKS = {"shop": "exchange"}
LABELS = [Label("ethereum", "shop", "Shop", "exchange", 90, "labels_a")]


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
        for place in range(draw(st.integers(1, 5))):
            payer, receiver = draw(st.sampled_from(ACCOUNTS)), draw(st.sampled_from([*ACCOUNTS, None]))
            kind = draw(st.sampled_from(["token", "token", "token", "mint", "burn", "native"]))
            asset = draw(st.sampled_from(["native", "native", "token"]))
            amount = draw(st.integers(0, 9))
            transfers.append(
                moved(number, payer, receiver, amount, kind=kind, asset=asset, place=place, day=day)
            )
        for incident_id in ("S", "T"):
            for role, address in draw(st.lists(st.sampled_from(ROLES), max_size=2, unique=True)):
                roles.add(Role(incident_id, "ethereum", address, role, tx_hash=f"0x{number:04x}"))
    return draw(st.permutations(transfers)), sorted(roles, key=repr)


@given(chains())
@settings(max_examples=250, deadline=None)
def test_engine_equals_the_unit_by_unit_reference(chain: tuple[list[Transfer], list[Role]]) -> None:
    transfers, roles = chain
    result = trace_transfers(transfers, roles, LABELS)
    assert result.violations == []
    for incident_id in ("S", "T"):
        slow = trace_slowly(transfers, roles, SINKS, incident_id)
        flows = {
            (row["tx_hash"], row["kind"], row["position"]): (
                row["tainted_amount"],
                row["hop"],
                row["outcome"],
                row["theft_role"],
            )
            for row in result.flows
            if row["incident_id"] == incident_id
        }
        assert flows == slow.flows
        held = {
            (row["address"], row["asset"]): row["tainted_amount"]
            for row in result.holdings
            if row["incident_id"] == incident_id
        }
        assert held == slow.held
        sums = {
            (row["asset"], row["measure"]): row["amount"]
            for row in result.totals
            if row["incident_id"] == incident_id
        }
        assert sums == {key: amount for key, amount in slow.sums.items() if amount > 0}


@given(chains())
@settings(max_examples=150, deadline=None)
def test_an_incident_is_what_it_is_alone(chain: tuple[list[Transfer], list[Role]]) -> None:
    transfers, roles = chain
    both = trace_transfers(transfers, roles, LABELS)
    for incident_id in ("S", "T"):
        alone = trace_transfers(transfers, [r for r in roles if r.incident_id == incident_id], LABELS)
        for together, single in (
            (both.flows, alone.flows),
            (both.holdings, alone.holdings),
            (both.totals, alone.totals),
        ):
            assert [row for row in together if row["incident_id"] == incident_id] == single


@given(chains())
@settings(max_examples=150, deadline=None)
def test_every_holding_is_as_large_as_the_running_nets_say(
    chain: tuple[list[Transfer], list[Role]],
) -> None:
    # This is why a holding without taint may be forgotten.
    transfers, roles = chain
    result = trace_transfers(transfers, roles, LABELS)
    nets = Nets()
    for transaction in order_by_day(transfers):
        for _, rows in transaction.assets:
            nets.add(rows)
    for ledger in result.book.ledgers.values():
        for key, holding in ledger.holdings.items():
            assert holding.amount == nets.balance(key, 0)
            assert holding.tainted == sum(lot.amount for lot in holding.lots if lot.tainted)
            assert holding.tainted > 0
            assert all(lot.amount > 0 for lot in holding.lots)


@given(chains())
@settings(max_examples=100, deadline=None)
def test_later_transfers_change_no_earlier_flow(chain: tuple[list[Transfer], list[Role]]) -> None:
    transfers, roles = chain
    blocks = sorted({transfer.block_number or 0 for transfer in transfers})
    whole = trace_transfers(transfers, roles, LABELS)
    for block in blocks[:-1]:
        early = trace_transfers([t for t in transfers if (t.block_number or 0) <= block], roles, LABELS)
        assert early.flows == [row for row in whole.flows if row["block_number"] <= block]
        assert violations(early.book.ordered()) == []


@given(chains())
@settings(max_examples=100, deadline=None)
def test_the_order_of_the_input_does_not_matter(chain: tuple[list[Transfer], list[Role]]) -> None:
    transfers, _ = chain
    ordered = order_transactions(transfers)
    assert ordered == order_transactions(reversed(transfers))
    assert all(one.block_time <= other.block_time for one, other in pairwise(ordered))
