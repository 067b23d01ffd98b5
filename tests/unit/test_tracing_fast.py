"""The compiled engine against the plain one, flow by flow, on random ledgers."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clawback.errors import ClawbackError
from clawback.schemas import MAX_AMOUNT
from clawback.tracing.records import Label, Role, Transfer
from tests.unit.fast_tracing import FastResult, PlainResult
from tests.unit.tracing_chain import NOON, ZERO, moved

ACCOUNTS = [f"0x{digit * 40}" for digit in "123456789"]
A, B, THIEF, OTHER, HOT, SHOP, HOME, POOL, ODD = ACCOUNTS
COIN, TOKEN = "native", "0x" + "ef" * 20
INCIDENTS = ("S", "T", "U")
NAMES = [A, B, A, B, THIEF, THIEF, OTHER, HOT, HOT, SHOP, HOME, POOL, ODD, ZERO]
THEFTS = [("theft_address", THIEF), ("source", HOT), ("theft_address", OTHER), ("theft_address", A)]


def amounts() -> st.SearchStrategy[int]:
    """Small, so that queues empty; and as wide as an amount can be."""
    limb = 2**64
    edges = st.sampled_from([0, limb - 1, limb, limb + 1, 2**126, MAX_AMOUNT - 1, MAX_AMOUNT])
    return st.one_of(st.integers(0, 9), st.integers(0, 9), st.integers(0, MAX_AMOUNT), edges)


@st.composite
def ledgers(draw: st.DrawFn) -> tuple[list[Transfer], list[Role], list[Label], int]:
    """Transfers of up to seven days, several to a transaction, and what is said of three incidents."""
    size = draw(st.sampled_from([amounts(), st.integers(0, 9)]))
    transfers: list[Transfer] = []
    roles: set[Role] = {Role(name, "ethereum", HOT, "other") for name in INCIDENTS}
    quality = draw(st.sampled_from(["exact", "exact", "time"]))
    for number in range(draw(st.integers(1, 24))):
        day = number * draw(st.sampled_from([1, 1, 2])) // 4
        if draw(st.booleans()):
            payer = draw(st.sampled_from(NAMES[:-1]))
            transfers.append(moved(number, payer, None, draw(st.integers(0, 3)), kind="fee", day=day))
        # One asset to a transaction: those of several have tests of their own.
        asset = draw(st.sampled_from([COIN, COIN, COIN, TOKEN]))
        legs = draw(st.sampled_from([1, 1, 1, 2, 3, 6]))
        for place in range(legs):
            transfers.append(
                moved(
                    number,
                    draw(st.sampled_from(NAMES)),
                    draw(st.sampled_from([*NAMES, None])),
                    draw(size),
                    kind=draw(st.sampled_from(["token"] * 6 + ["mint", "burn", "native"])),
                    asset=asset,
                    place=place,
                    day=day,
                    quality=quality,
                    tx_hash=f"0x{number:064x}",
                )
            )
        for name in INCIDENTS:
            for role, address in draw(st.lists(st.sampled_from(THEFTS), max_size=2, unique=True)):
                roles.add(Role(name, "ethereum", address, role, tx_hash=f"0x{number:064x}"))
            if draw(st.integers(0, 9)) == 0:
                roles.add(Role(name, "ethereum", HOME, "victim", tx_hash=f"0x{number:064x}"))
    if draw(st.booleans()):
        roles.add(Role("T", "ethereum", OTHER, "theft_address", from_time=NOON))
    if draw(st.booleans()):
        roles.add(Role("S", "ethereum", ODD, "recovery"))
    transfers = [
        row if row.kind != "fee" else moved_fee(row, f"0x{row.block_number - 1000:064x}")
        for row in transfers
        if row.block_number is not None
    ]
    return transfers, sorted(roles, key=repr), draw(label_lists()), draw(st.sampled_from([0, 0, 0, 1, 2]))


def moved_fee(row: Transfer, tx_hash: str) -> Transfer:
    """The same fee in a transaction of that hash."""
    number = (row.block_number or 0) - 1000
    day = (row.block_time - NOON).days
    return moved(number, row.from_address, None, row.amount, kind="fee", day=day, tx_hash=tx_hash)


@st.composite
def label_lists(draw: st.DrawFn) -> list[Label]:
    """Labels of services, some from a day on, some for one incident only."""
    day = NOON.date().replace(day=NOON.day + draw(st.integers(0, 4)))
    choice = [
        Label("ethereum", SHOP, "Shop", "exchange", 90, "a"),
        Label("ethereum", POOL, "Pool", "mixer", 90, "a", valid_from=day),
        Label("ethereum", POOL, "Pool", "dex", 50, "b"),
        Label("ethereum", B, "Bee", "bridge", 70, "a", incident_id="T", valid_from=day),
        Label("ethereum", A, "Home", "victim", 60, "a", incident_id="S"),
        Label("ethereum", THIEF, "Thief", "exchange", 99, "a"),
        Label("ethereum", ODD, "Odd", "other", 99, "a"),
    ]
    return draw(st.lists(st.sampled_from(choice), unique=True))


def compare(
    transfers: list[Transfer],
    roles: list[Role],
    labels: list[Label],
    max_hops: int = 0,
    folder: Path | None = None,
) -> None:
    """Holds the compiled engine to the plain one."""
    plain = PlainResult(transfers, roles, labels, max_hops)
    fast = FastResult(transfers, roles, labels, max_hops, folder)
    assert fast.flows == plain.flows
    assert fast.lots() == plain.lots()
    assert fast.sums() == plain.sums()
    assert fast.refused() == plain.refused()


@pytest.mark.parametrize(
    ("row", "wrong"),
    [
        (
            moved(1, "T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwc", A, 5),
            "'T9yD14Nj9j7xAB4dbGeiX9h8unkKHxuWwc' is not 20",
        ),
        (moved(1, A, "0x1234", 5), "'0x1234' is not 20 bytes"),
        (moved(1, A, B, 5, asset="usd"), "'usd' is not 20 bytes"),
        (moved(1, A, B, 5, kind="utxo_out"), "UTXO model"),
    ],
)
def test_what_the_compiled_engine_cannot_hold_is_refused(row: Transfer, wrong: str) -> None:
    with pytest.raises(ClawbackError, match=wrong) as refused:
        FastResult([row], [], [])
    assert "transaction 0x0001" in str(refused.value)
    assert "plain engine" in str(refused.value)


@pytest.mark.slow
@given(ledgers())
@settings(max_examples=200, deadline=None)
def test_compiled_engine_equals_the_plain_one(
    ledger: tuple[list[Transfer], list[Role], list[Label], int],
) -> None:
    compare(*ledger)


@pytest.mark.slow
@given(ledgers())
@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_state_saved_and_loaded_each_day_changes_nothing(
    tmp_path: Path, ledger: tuple[list[Transfer], list[Role], list[Label], int]
) -> None:
    compare(*ledger, folder=tmp_path)


@pytest.mark.thorough
@pytest.mark.timeout(3600)
@given(ledgers())
@settings(max_examples=20_000, deadline=None)
def test_compiled_engine_equals_the_plain_one_twenty_thousand_times(
    ledger: tuple[list[Transfer], list[Role], list[Label], int],
) -> None:
    compare(*ledger)
